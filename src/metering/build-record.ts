import type { Principal } from "../auth";
import { inputTokensTotal, type ProtocolId, type Usage } from "../inference";
import { type PricedProvider, price } from "./price";
import type { GuardRecord, UsageRecord, UsageStatus } from "./record";
import { mergeTags } from "./tags";

/** Bounds that keep a record well below a queue message (128 KB) and a row. */
const NAME_CHARS_MAX = 256;
const WARNINGS_MAX = 32;
const WARNING_CHARS_MAX = 300;
const USAGE_RAW_CHARS_MAX = 16_384;

/** What the cache did for a request. */
export type CacheFacts = Pick<UsageRecord, "cache" | "cacheKey" | "savedTokens" | "savedNanoUsd" | "savedMs" | "shadow">;
export const NOT_CACHED: CacheFacts = { cache: null, cacheKey: null, savedTokens: 0, savedNanoUsd: 0, savedMs: 0, shadow: null };

/** What routing and shaping did for a request. */
export type SavingsFacts = Pick<UsageRecord, "route" | "promptCacheNanoUsd" | "leftOutTokens" | "leftOutNanoUsd" | "routingNanoUsd">;
export const NO_SAVINGS: SavingsFacts = { route: null, promptCacheNanoUsd: null, leftOutTokens: 0, leftOutNanoUsd: 0, routingNanoUsd: 0 };

/** What the pipeline knows of a request when it is over. Times in Unix milliseconds, durations in milliseconds. */
export interface RequestFacts {
  /** The request id (`newRequestId`), made from the clock when the request came in; `atMs` is that moment. */
  id: string;
  atMs: number;
  principal: { key: Pick<Principal["key"], "id" | "policy">; user?: string };
  endpoint: string;
  protocol: ProtocolId;
  stream: boolean;
  modelAsked: string;
  task?: string | null;
  /** As `readTags` gives them. */
  requestTags: Record<string, string>;
  /** Who answered, or the last one that was tried; null when no attempt was made. */
  deployment: { provider: PricedProvider & { id: string }; model: string } | null;
  outcome: {
    status: UsageStatus;
    httpStatus: number;
    errorClass?: string | null;
    finish?: string | null;
  };
  /**
   * As the upstream said, or estimated (`estimated: true`). Leave it out only when nothing was generated: a refused or failed attempt is
   * not billed, so the row then costs 0. A stream that broke or was left must bring an estimate if the upstream had not spoken yet.
   */
  usage?: Usage | undefined;
  /** Nobody was paid for this reply. */
  isFree?: boolean;
  timing: { latencyMs: number; ttfbMs: number | null; ttftMs: number | null };
  attempts: number;
  upstreamId?: string | null;
  cache?: CacheFacts;
  savings?: SavingsFacts;
  guardrails?: readonly GuardRecord[];
  warnings: readonly string[];
}

/** The usage row of a request, priced. Pure. */
export function buildRecord(facts: RequestFacts): UsageRecord {
  const { principal, deployment, outcome, usage, timing } = facts;
  const warnings = facts.warnings.slice(0, WARNINGS_MAX).map((warning) => warning.slice(0, WARNING_CHARS_MAX));
  const usageRaw = usage?.raw && JSON.stringify(usage.raw).length <= USAGE_RAW_CHARS_MAX ? usage.raw : null;
  if (usage?.raw && usageRaw === null) warnings.push("the upstream's usage object was too large to keep");
  return {
    id: facts.id,
    atMs: facts.atMs,
    keyId: principal.key.id,
    user: principal.user?.slice(0, NAME_CHARS_MAX) ?? null,
    tags: mergeTags(principal.key.policy.tags, facts.requestTags),
    endpoint: facts.endpoint,
    protocol: facts.protocol,
    stream: facts.stream,
    modelAsked: facts.modelAsked.slice(0, NAME_CHARS_MAX),
    modelServed: deployment?.model.slice(0, NAME_CHARS_MAX) ?? null,
    provider: deployment?.provider.id ?? null,
    task: facts.task ?? null,
    status: outcome.status,
    httpStatus: outcome.httpStatus,
    errorClass: outcome.errorClass ?? null,
    finish: outcome.finish ?? null,
    inputTokens: tokens(usage && inputTokensTotal(usage)),
    cacheReadTokens: tokens(usage?.cacheReadTokens),
    cacheWrite5mTokens: tokens(usage?.cacheWrite5mTokens),
    cacheWrite1hTokens: tokens(usage?.cacheWrite1hTokens),
    outputTokens: tokens(usage?.outputTokens),
    reasoningTokens: tokens(usage?.reasoningTokens),
    estimated: usage?.estimated ?? false,
    ...costOf(facts),
    latencyMs: Math.round(timing.latencyMs),
    ttfbMs: timing.ttfbMs === null ? null : Math.round(timing.ttfbMs),
    ttftMs: timing.ttftMs === null ? null : Math.round(timing.ttftMs),
    attempts: facts.attempts,
    otherAttempts: [],
    ...(facts.cache ?? NOT_CACHED),
    ...(facts.savings ?? NO_SAVINGS),
    guardrails: [...(facts.guardrails ?? [])],
    upstreamId: facts.upstreamId?.slice(0, NAME_CHARS_MAX) ?? null,
    warnings,
    usageRaw,
  };
}

/** A figure fit for the table. One that cannot be (negative, no number) is priced as unknown and kept in `usageRaw`. */
function tokens(figure: number | undefined): number {
  return figure !== undefined && Number.isFinite(figure) && figure > 0 ? Math.round(figure) : 0;
}

function costOf({ deployment, outcome, usage, atMs, isFree, attempts }: RequestFacts): Pick<UsageRecord, "costNanoUsd" | "priceVersion"> {
  if (usage && deployment) {
    const priced = price(usage, deployment.provider, deployment.model, new Date(atMs));
    return { costNanoUsd: priced?.costNanoUsd ?? null, priceVersion: priced?.version ?? null };
  }
  // Without figures only a request that got no reply, or one that nobody was paid for, is known to cost nothing.
  return { costNanoUsd: outcome.status === "error" || deployment === null || attempts === 0 || isFree ? 0 : null, priceVersion: null };
}
