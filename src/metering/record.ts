import type { JsonObject, ProtocolId } from "../inference";

/** How a request ended. `interrupted`: the upstream failed after output began. `aborted`: the client left. */
export type UsageStatus = "ok" | "error" | "interrupted" | "aborted";

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
  /** null: the price is unknown. Never 0 for want of a price. */
  costNanoUsd: number | null;
  /** Which price list gave the cost. */
  priceVersion: string | null;
  latencyMs: number;
  /** Request in → first upstream byte. */
  ttfbMs: number | null;
  /** Request in → first output token. */
  ttftMs: number | null;
  attempts: number;
  /** The upstream's own id of the request or reply, for its support desk. */
  upstreamId: string | null;
  warnings: string[];
  /** The usage object as the upstream sent it. */
  usageRaw: JsonObject | null;
}

/** A queue message: one record and the version of its shape. */
export interface UsageMessage {
  v: 1;
  record: UsageRecord;
}
