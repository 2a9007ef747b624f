import type { JsonObject, ProtocolId } from "../inference";

/**
 * How a request ended. `interrupted`: the upstream failed after output began. `aborted`: the client left. `unsettled`: nobody knows, the figures
 * are those that were reserved.
 */
export type UsageStatus = "ok" | "error" | "interrupted" | "aborted" | "unsettled";

/** A call upstream that did not give the client its reply: it failed, another overtook it, or it broke off and was continued elsewhere. */
export interface AttemptRecord {
  provider: string;
  model: string;
  status: UsageStatus;
  errorClass: string | null;
  /** From the request coming in to the call, in milliseconds. */
  startedMs: number;
  latencyMs: number;
  /** Started while another was still silent. */
  beside: boolean;
  inputTokens: number;
  outputTokens: number;
  estimated: boolean;
  /** Part of the row's cost. null: the price is unknown. */
  costNanoUsd: number | null;
}

/** What a guard did in a request. */
export interface GuardRecord {
  guard: string;
  direction: string;
  action: string;
  count: number;
}

/** One row per admitted request. Times in Unix milliseconds, durations in milliseconds, money in integer nano-dollars. */
export interface UsageRecord {
  /** The request id; rows are idempotent by it. */
  id: string;
  atMs: number;
  keyId: string;
  user: string | null;
  tags: Record<string, string>;
  /** Path of the endpoint: "/v1/chat/completions". */
  endpoint: string;
  protocol: ProtocolId;
  stream: boolean;
  /** As the client asked. */
  modelAsked: string;
  /** As sent upstream; null when no attempt was made. */
  modelServed: string | null;
  provider: string | null;
  task: string | null;
  status: UsageStatus;
  httpStatus: number;
  /** Error kind or class when status is not "ok". */
  errorClass: string | null;
  /** The unified finish kind. */
  finish: string | null;
  /** Whole prompt, cached parts included. */
  inputTokens: number;
  cacheReadTokens: number;
  cacheWrite5mTokens: number;
  cacheWrite1hTokens: number;
  /** Reasoning included. */
  outputTokens: number;
  reasoningTokens: number;
  /** The upstream never said; the figures are estimated. */
  estimated: boolean;
  /** Of all calls upstream together. null: a price is unknown. Never 0 for want of a price. */
  costNanoUsd: number | null;
  /** Which price list gave the cost. */
  priceVersion: string | null;
  latencyMs: number;
  /** Request in → first upstream byte. */
  ttfbMs: number | null;
  /** Request in → first output token. */
  ttftMs: number | null;
  /** Calls upstream. */
  attempts: number;
  /** Those that did not give the reply; the figures above are of the one that did. */
  otherAttempts: AttemptRecord[];
  /** The upstream's own id of the request or reply, for its support desk. */
  upstreamId: string | null;
  warnings: string[];
  /** What the cache did: `miss`, `bypass`, the tier of a hit, `stale`. null: nobody asked it. */
  cache: string | null;
  /** The entry that was served or made. */
  cacheKey: string | null;
  /** What a stored reply cost when it was made, and how long it took: that was not spent again. */
  savedTokens: number;
  savedNanoUsd: number;
  savedMs: number;
  /** What the semantic cache would have served, compared with the real reply. */
  shadow: "agree" | "differ" | null;
  /** What the router chose: `small`, `strong`, a route, an experiment's arm. null: the client chose. */
  route: string | null;
  /** What the provider's prompt cache saved: reads minus what writes cost more. null: nothing was read or written. */
  promptCacheNanoUsd: number | null;
  /** Of turns that were left out of a conversation, and what they would have cost. */
  leftOutTokens: number;
  leftOutNanoUsd: number;
  /** What the task's own model would have cost more. */
  routingNanoUsd: number;
  /** What guards did: names and counts, never text. */
  guardrails: GuardRecord[];
  /** The usage object as the upstream sent it. */
  usageRaw: JsonObject | null;
}

/** A queue message: one record and the version of its shape. */
export interface UsageMessage {
  v: 1;
  record: UsageRecord;
}
