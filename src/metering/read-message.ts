import * as z from "zod";
import type { UsageRecord } from "./record";

const count = z.int().min(0);
const durationMs = z.int();

const attemptSchema = z.object({
  provider: z.string(),
  model: z.string(),
  status: z.enum(["ok", "error", "interrupted", "aborted", "unsettled"]),
  errorClass: z.string().nullable(),
  startedMs: durationMs,
  latencyMs: durationMs,
  beside: z.boolean(),
  inputTokens: count,
  outputTokens: count,
  estimated: z.boolean(),
  costNanoUsd: count.nullable(),
});

/** The shape of a queued record. What an older or newer version adds is ignored, what the table needs must be there. */
const recordSchema = z.object({
  id: z.string().min(1).max(64),
  atMs: z.int(),
  keyId: z.string(),
  user: z.string().nullable(),
  tags: z.record(z.string(), z.string()),
  endpoint: z.string(),
  protocol: z.string(),
  stream: z.boolean(),
  modelAsked: z.string(),
  modelServed: z.string().nullable(),
  provider: z.string().nullable(),
  task: z.string().nullable(),
  status: z.enum(["ok", "error", "interrupted", "aborted", "unsettled"]),
  httpStatus: z.int(),
  errorClass: z.string().nullable(),
  finish: z.string().nullable(),
  inputTokens: count,
  cacheReadTokens: count,
  cacheWrite5mTokens: count,
  cacheWrite1hTokens: count,
  outputTokens: count,
  reasoningTokens: count,
  estimated: z.boolean(),
  costNanoUsd: count.nullable(),
  priceVersion: z.string().nullable(),
  latencyMs: durationMs,
  ttfbMs: durationMs.nullable(),
  ttftMs: durationMs.nullable(),
  attempts: count,
  // Absent in records of before there were retries.
  otherAttempts: z.array(attemptSchema).default([]),
  upstreamId: z.string().nullable(),
  warnings: z.array(z.string()),
  // Absent in records of before there was a cache.
  cache: z.string().nullable().default(null),
  cacheKey: z.string().nullable().default(null),
  savedTokens: count.default(0),
  savedNanoUsd: count.default(0),
  savedMs: count.default(0),
  shadow: z.enum(["agree", "differ"]).nullable().default(null),
  guardrails: z.array(z.object({ guard: z.string(), direction: z.string(), action: z.string(), count })).default([]),
  route: z.string().nullable().default(null),
  promptCacheNanoUsd: z.int().nullable().default(null),
  leftOutTokens: count.default(0),
  leftOutNanoUsd: count.default(0),
  routingNanoUsd: count.default(0),
  usageRaw: z.record(z.string(), z.unknown()).nullable(),
});

const messageSchema = z.object({ v: z.literal(1), record: recordSchema });

/** The record in a queue message, or the names of the fields at fault (never their values). */
export function readUsageMessage(body: unknown): { record: UsageRecord } | { faults: string[] } {
  const result = messageSchema.safeParse(body);
  // The schema is UsageRecord with `protocol` as any text (a newer version's is kept) and `usageRaw` as any JSON object.
  if (result.success) return { record: result.data.record as UsageRecord };
  return { faults: result.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.code}`) };
}
