import * as z from "zod";

const durationMs = z.int().min(1).max(86_400_000);

const deadlines = z.strictObject({
  /** To the response headers of a whole reply (which has them only when it is done). */
  headersMs: durationMs,
  /** To the first output of a stream, headers included. */
  ttftMs: durationMs,
  /** Longest silence within a stream that has begun. */
  idleMs: durationMs,
  /** The whole request, all attempts and waiting included; the client may ask for less with `x-sluice-timeout-ms`. */
  totalMs: durationMs,
});

const retry = z.strictObject({
  /** Rounds after the first walk of the chain. */
  roundsMax: z.int().min(0).max(3),
  /** Wait before the first further round; it doubles with each, ± 25 %. */
  baseMs: durationMs,
  /** A provider that asks for a longer wait is not waited for. */
  waitMsMax: durationMs,
});

const hedge = z.union([
  z.literal("off"),
  z.strictObject({
    /** Silence before the next deployment is started as well; absent: the rolling 95th percentile of the time to first output. */
    afterMs: durationMs.optional(),
    /** Largest share of requests that may be hedged. */
    shareMax: z.number().min(0).max(1).default(0.05),
  }),
]);

const policy = z.strictObject({
  /** In milliseconds, each from the attempt's start but `idleMs` (silence) and `totalMs` (the request). */
  deadlines,
  retry,
  /** `walk-first`: the whole chain once without waiting, then again after a pause. `after-retries`: the first deployment until its retries are used up. */
  failover: z.enum(["walk-first", "after-retries"]),
  /**
   * A stream that is silent for this long before its first output has the next deployment started beside it; the first output wins. Keeps a
   * hanging provider from costing the client more than 2 s to its first byte. A deployment that is known to take longer is given 1.5 times its
   * 95th percentile.
   */
  switchAfterMs: durationMs,
  /** The same for whole replies, whose first byte comes last. */
  switchWholeAfterMs: durationMs,
  hedge,
  /** A stream that breaks after its output began ends in an error event, or is continued by the next deployment where that is safe. */
  midStream: z.enum(["error", "continue"]),
  /** A request that a provider's content policy refuses is returned, or tried elsewhere. */
  onContentPolicy: z.enum(["return", "fallback"]),
  /** When all fails, the newest stored reply to the same request is served, marked as stale. */
  storedReply: z.boolean(),
  /** Silence after which a stream's client is sent a comment, so that no proxy between takes the connection for dead. */
  keepAliveMs: durationMs,
  /** Longest wait for a place where a deployment is near its provider's limits. */
  queueMsMax: z.int().min(0).max(60_000),
});

/** How the failures of a chain's deployments are met. */
export type FailoverPolicy = z.output<typeof policy>;

/** What an operator writes: only what differs. */
export const failoverOverrides = policy.partial().extend({ deadlines: deadlines.partial().optional(), retry: retry.partial().optional() });
export type FailoverOverrides = z.output<typeof failoverOverrides>;

export const FAILOVER_DEFAULTS: FailoverPolicy = {
  deadlines: { headersMs: 600_000, ttftMs: 300_000, idleMs: 120_000, totalMs: 1_800_000 },
  retry: { roundsMax: 3, baseMs: 1000, waitMsMax: 10_000 },
  failover: "walk-first",
  switchAfterMs: 1200,
  switchWholeAfterMs: 20_000,
  hedge: "off",
  midStream: "error",
  onContentPolicy: "return",
  storedReply: true,
  keepAliveMs: 15_000,
  queueMsMax: 5000,
};

/** A policy with some of it said otherwise. */
export function overridden(base: FailoverPolicy, { deadlines, retry, ...rest }: FailoverOverrides): FailoverPolicy {
  return {
    ...base,
    ...said(rest),
    deadlines: { ...base.deadlines, ...said(deadlines ?? {}) },
    retry: { ...base.retry, ...said(retry ?? {}) },
  };
}

type Said<Fields> = { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> };

/** Without the fields that are undefined. */
function said<Fields extends object>(fields: Fields): Said<Fields> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Said<Fields>; // the same fields, fewer of them
}

/** What a provider grants this account for one deployment. */
export const deploymentLimits = z.strictObject({
  requestsPerMinute: z.number().positive().optional(),
  tokensPerMinute: z.number().positive().optional(),
  /** Calls at the same time. */
  concurrency: z.int().positive().optional(),
});
export type DeploymentLimits = z.output<typeof deploymentLimits>;

/** When a deployment's circuit breaker opens, and for how long. */
export const breakerOverrides = z
  .strictObject({
    /** Calls within the window before it may open. */
    samplesMin: z.int().positive(),
    failureRatioMax: z.number().positive().max(1),
    slowRatioMax: z.number().positive().max(1),
    /** First open time; doubles each time a probe fails. */
    openMs: durationMs,
    openMsMax: durationMs,
  })
  .partial();
