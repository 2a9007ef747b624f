import type { UsageRecord, UsageStatus } from "./record";

/** What usage can be grouped by. `model` is the one that answered, or where none did, the one asked for; `day` is in UTC. */
export const USAGE_GROUPS = ["model", "key", "user", "day", "provider", "task", "cache"] as const;
export type UsageGroup = (typeof USAGE_GROUPS)[number];

/** A stretch of time, `fromMs` included, `toMs` not; Unix milliseconds. */
export interface UsageSpan {
  fromMs: number;
  toMs: number;
}

export interface UsageTotals {
  requests: number;
  /** Ended in an error, before or after output began. */
  errors: number;
  /** The client left. */
  aborted: number;
  inputTokens: number;
  cacheReadTokens: number;
  cacheWriteTokens: number;
  outputTokens: number;
  reasoningTokens: number;
  /** Rows whose figures are estimates. */
  estimatedRequests: number;
  /** null when no row has a price. */
  costNanoUsd: number | null;
  unpricedRequests: number;
  /** Replies given from the cache, and what those did not cost again. */
  cacheHits: number;
  savedTokens: number;
  savedNanoUsd: number;
  savedMs: number;
  /** Requests for which the semantic cache, in its shadow mode, would have served something; and how often that was another answer. */
  shadowHits: number;
  shadowFalseHits: number;
  /** What the other measures saved; that of the provider's prompt cache may be negative. */
  promptCacheNanoUsd: number;
  leftOutNanoUsd: number;
  routingNanoUsd: number;
}

export interface UsageSums extends UsageTotals {
  /** null: the rows have no such thing (no user, no task). */
  group: string | null;
}

export interface UsageReport {
  /** By cost, highest first; days in order of time. */
  groups: UsageSums[];
  /** There were more groups than are shown; the totals count them all. */
  truncated: boolean;
  totals: UsageTotals;
}

export interface UsageFilter extends UsageSpan {
  keyId?: string;
}

export interface RequestFilter extends UsageFilter {
  status?: UsageStatus;
  /** The model that answered or was asked for. */
  model?: string;
  /** Only rows older than this one (a request id). */
  before?: string;
  limit: number;
}

/** Reads usage rows. All throw when the table does not answer. */
export interface UsageReader {
  report(groupBy: UsageGroup, filter: UsageFilter): Promise<UsageReport>;
  /** Newest first. */
  list(filter: RequestFilter): Promise<UsageRecord[]>;
  get(id: string): Promise<UsageRecord | null>;
}
