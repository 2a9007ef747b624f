/** When a breaker opens, how long, and how it is probed. Durations in milliseconds. */
export interface BreakerConfig {
  windowMs: number;
  /** The window slides by one of so many buckets. */
  buckets: number;
  /** Calls in the window before it may open. */
  samplesMin: number;
  failureRatioMax: number;
  slowRatioMax: number;
  /** First open time; doubles with every probe that fails, up to `openMsMax`. */
  openMs: number;
  openMsMax: number;
  /** Probes at the same time, and successes needed to close. */
  probesMax: number;
  probesToClose: number;
  /** A probe that was never settled counts no longer than this. */
  probeLeaseMs: number;
}

export const BREAKER_DEFAULTS: BreakerConfig = {
  windowMs: 30_000,
  buckets: 10,
  samplesMin: 10,
  failureRatioMax: 0.5,
  slowRatioMax: 0.8,
  openMs: 5000,
  openMsMax: 300_000,
  probesMax: 1,
  probesToClose: 2,
  probeLeaseMs: 120_000,
};

/** After being closed for so many times its last open time, a breaker that trips starts from the first open time again. */
const FORGIVEN_AFTER = 2;

interface Bucket {
  startMs: number;
  succeeded: number;
  failed: number;
  slow: number;
}

interface Probe {
  id: string;
  untilMs: number;
}

/** Plain data. `openMs` is how long it was open last; times in Unix milliseconds. */
export type BreakerState =
  | { phase: "closed"; window: Bucket[]; closedAtMs: number; openMs: number }
  | { phase: "open"; untilMs: number; openMs: number }
  | { phase: "half-open"; probes: Probe[]; succeeded: number; openMs: number };

/** How calls went: a batch. `slow` ones did not fail, but took too long. */
export interface Outcomes {
  succeeded: number;
  failed: number;
  slow: number;
}

export type Passage =
  | { kind: "pass" }
  | { kind: "probe"; probeId: string; untilMs: number }
  /** Until then at the least nobody is let through. */
  | { kind: "refused"; untilMs: number };

export function closedBreaker(): BreakerState {
  return { phase: "closed", window: [], closedAtMs: 0, openMs: 0 };
}

/**
 * Takes note of how calls went. A closed breaker opens when the share of failed or slow ones in the window is too large; an open one that
 * hears of further failures (of calls that began earlier) stays open longer, never shorter; a half-open one heeds its probes alone.
 */
export function report(state: BreakerState, nowMs: number, outcomes: Outcomes, config: BreakerConfig): BreakerState {
  if (state.phase === "half-open") return state;
  if (state.phase === "open") {
    return outcomes.failed > 0 ? { ...state, untilMs: Math.max(state.untilMs, nowMs + Math.min(state.openMs, config.openMs)) } : state;
  }
  const window = counted(state.window, nowMs, outcomes, config);
  const sum = window.reduce((all, { succeeded, failed, slow }) => add(all, { succeeded, failed, slow }), {
    succeeded: 0,
    failed: 0,
    slow: 0,
  });
  const calls = sum.succeeded + sum.failed + sum.slow;
  const isBad = sum.failed / calls >= config.failureRatioMax || (sum.slow + sum.failed) / calls >= config.slowRatioMax;
  if (calls < config.samplesMin || !isBad) return { ...state, window };
  const isForgiven = nowMs - state.closedAtMs > FORGIVEN_AFTER * state.openMs;
  return opened(nowMs, isForgiven ? 0 : state.openMs, config);
}

/** Asks for passage. An open breaker whose time is over becomes half-open and hands out probes. */
export function enter(state: BreakerState, nowMs: number, probeId: string, config: BreakerConfig): [BreakerState, Passage] {
  if (state.phase === "closed") return [state, { kind: "pass" }];
  if (state.phase === "open" && nowMs < state.untilMs) return [state, { kind: "refused", untilMs: state.untilMs }];
  const halfOpen = state.phase === "half-open" ? state : ({ phase: "half-open", probes: [], succeeded: 0, openMs: state.openMs } as const);
  const live = halfOpen.probes.filter(({ untilMs }) => untilMs > nowMs && untilMs <= nowMs + config.probeLeaseMs);
  if (live.length >= config.probesMax) {
    const untilMs = Math.min(nowMs + config.openMs, ...live.map((probe) => probe.untilMs));
    return [
      { ...halfOpen, probes: live },
      { kind: "refused", untilMs },
    ];
  }
  const probe = { id: probeId, untilMs: nowMs + config.probeLeaseMs };
  return [
    { ...halfOpen, probes: [...live, probe] },
    { kind: "probe", probeId, untilMs: probe.untilMs },
  ];
}

/** How a probe went; one that nobody knows of (any more) says nothing. `unknown` frees its place. */
export function settleProbe(
  state: BreakerState,
  nowMs: number,
  probeId: string,
  result: "succeeded" | "failed" | "unknown",
  config: BreakerConfig,
): BreakerState {
  if (state.phase !== "half-open" || !state.probes.some(({ id }) => id === probeId)) return state;
  const probes = state.probes.filter(({ id }) => id !== probeId);
  if (result === "failed") return opened(nowMs, state.openMs, config);
  if (result === "unknown") return { ...state, probes };
  const succeeded = state.succeeded + 1;
  if (succeeded < config.probesToClose) return { ...state, probes, succeeded };
  return { phase: "closed", window: [], closedAtMs: nowMs, openMs: state.openMs };
}

/** What isolates need to know: the phase, and until when an open breaker stays so. */
export interface BreakerGlance {
  phase: BreakerState["phase"];
  untilMs?: number;
}

export function glanceAt(state: BreakerState, nowMs: number): BreakerGlance {
  if (state.phase !== "open") return { phase: state.phase };
  return nowMs < state.untilMs ? { phase: "open", untilMs: state.untilMs } : { phase: "half-open" };
}

function opened(nowMs: number, lastOpenMs: number, config: BreakerConfig): BreakerState {
  const openMs = lastOpenMs === 0 ? config.openMs : Math.min(config.openMsMax, lastOpenMs * 2);
  return { phase: "open", untilMs: nowMs + openMs, openMs };
}

/** The window with these outcomes in its newest bucket, and without what is older than it (or in the future: the clock was set back). */
function counted(window: readonly Bucket[], nowMs: number, outcomes: Outcomes, { windowMs, buckets }: BreakerConfig): Bucket[] {
  const widthMs = windowMs / buckets;
  const startMs = Math.floor(nowMs / widthMs) * widthMs;
  const live = window.filter((bucket) => bucket.startMs > nowMs - windowMs && bucket.startMs <= startMs);
  const newest = live.find((bucket) => bucket.startMs === startMs) ?? { startMs, succeeded: 0, failed: 0, slow: 0 };
  return [...live.filter((bucket) => bucket !== newest), { startMs, ...add(newest, outcomes) }];
}

function add(a: Outcomes, b: Outcomes): Outcomes {
  return { succeeded: a.succeeded + b.succeeded, failed: a.failed + b.failed, slow: a.slow + b.slow };
}
