import { amountAt, type Bucket, hold, putBack, takeOut } from "./bucket";
import { BUDGET_WINDOWS, type Budget, type RateLimits } from "./policy";
import { windowEndMs, windowKey } from "./window";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** Sums of decayed amounts stray from the exact ones by no more than this. */
const EPSILON = 1e-6;

type RateName = Exclude<keyof RateLimits, "concurrency">;
const RATES = {
  requestsPerMinute: { unit: "requests", spanMs: MINUTE_MS },
  tokensPerMinute: { unit: "tokens", spanMs: MINUTE_MS },
  requestsPerDay: { unit: "requests", spanMs: DAY_MS },
  tokensPerDay: { unit: "tokens", spanMs: DAY_MS },
} as const satisfies Record<RateName, { unit: "requests" | "tokens"; spanMs: number }>;
const RATE_NAMES = Object.keys(RATES) as RateName[]; // its own keys

/** What a scope (a key, a user of it, a team, a model) has used. Plain data; times in Unix milliseconds. */
export interface Meter {
  /** What is taken out of each rate's token bucket: that flows back at the limit's rate. */
  taken: Partial<Record<RateName, Bucket>>;
  /**
   * Money settled, by calendar window, and by the zone behind it where that is another than UTC: `month`, `day Asia/Seoul`. `key`: which
   * window it is. `notified`: the highest soft threshold that was told of; `true` in meters of before: all of them.
   */
  spent: Partial<Record<string, Spent>>;
  /** Of calls under way. */
  reservedNanoUsd: number;
  underWay: number;
}

/** Money settled in one calendar window. */
export interface Spent {
  key: string;
  nanoUsd: number;
  notified?: number | true;
}

export function emptyMeter(): Meter {
  return { taken: {}, spent: {}, reservedNanoUsd: 0, underWay: 0 };
}

/** What one call takes. */
export interface Amounts {
  requests: number;
  tokens: number;
  nanoUsd: number;
}

export interface ScopeLimits {
  rates: RateLimits;
  budgets: Budget[];
}

/** A limit that stands in the way. */
export interface Obstacle {
  kind: "rate" | "concurrency" | "budget";
  /** `requestsPerMinute`, `concurrency`, or a budget's window. */
  name: string;
  limit: number;
  /** When it will let this call through; null when nobody knows (concurrency) or never (a total that is spent). */
  opensAtMs: number | null;
  /** Only calls under way stand in the way: their ends may make room. */
  isContended: boolean;
}

/** What still fits under a rate. */
export interface Headroom {
  limit: number;
  remaining: number;
  /** When all of it is there again. */
  resetAtMs: number;
}

/** What a call wants, and how sure that is. */
export interface Wanted extends Amounts {
  /** What it costs at the least. */
  leastNanoUsd: number;
  /** `nanoUsd` is the most that it may cost, as the client capped its output; else it is what is expected. */
  isBound: boolean;
}

/** The first limit that a call runs into; null when it may go. Takes nothing. */
export function obstacle(meter: Meter, nowMs: number, { rates, budgets }: ScopeLimits, want: Wanted): Obstacle | null {
  for (const name of RATE_NAMES) {
    const limit = rates[name];
    if (limit === undefined) continue;
    const { unit, spanMs } = RATES[name];
    // A call that is larger than the whole bucket goes when that is full; it then has to be paid back.
    const amount = Math.min(want[unit], limit);
    const over = takenNow(meter, name, limit, nowMs) + amount - limit;
    if (over > EPSILON) return { kind: "rate", name, limit, opensAtMs: nowMs + Math.ceil((over * spanMs) / limit), isContended: false };
  }
  if (rates.concurrency !== undefined && meter.underWay >= rates.concurrency) {
    return { kind: "concurrency", name: "concurrency", limit: rates.concurrency, opensAtMs: null, isContended: true };
  }
  for (const budget of budgets) {
    const left = budget.limitNanoUsd - spentNow(meter, budget, nowMs);
    const isSpent = left < Math.max(1, want.isBound ? want.nanoUsd : want.leastNanoUsd);
    // Where nobody knows what a call will cost, the last of a budget is for one call at a time: it may go beyond by its own excess, no more.
    const fits = meter.reservedNanoUsd + want.nanoUsd <= left || meter.underWay === 0;
    if (!isSpent && fits) continue;
    const opensAtMs = windowEndMs(budget.window, budget.timeZone, nowMs);
    return { kind: "budget", name: budget.window, limit: budget.limitNanoUsd, opensAtMs, isContended: !isSpent };
  }
  return null;
}

/** Money that is neither spent nor reserved, in the tightest budget; infinite without one. */
export function freeNanoUsd(meter: Meter, nowMs: number, { budgets }: ScopeLimits): number {
  return Math.min(
    Number.POSITIVE_INFINITY,
    ...budgets.map((budget) => budget.limitNanoUsd - spentNow(meter, budget, nowMs) - meter.reservedNanoUsd),
  );
}

/** A call takes its estimate. `isOffer`: it may turn out not to be of this scope at all; then its request comes back, too. */
export function take(meter: Meter, nowMs: number, { rates }: ScopeLimits, amounts: Amounts, isOffer = false): Meter {
  const taken = eachRate(meter, rates, (bucket, perMs, unit) =>
    unit === "tokens" || isOffer ? hold(bucket, nowMs, perMs, amounts[unit]) : takeOut(bucket, nowMs, perMs, amounts.requests),
  );
  return {
    ...meter,
    taken,
    reservedNanoUsd: meter.reservedNanoUsd + amounts.nanoUsd,
    underWay: meter.underWay + 1,
  };
}

/**
 * A call is over: what it took beyond what it used comes back (of rates: what time has not let flow back already), what it used beyond is
 * booked. `isOffer`: as it was taken. `isLate`: its reservation was booked when its lease ran out, so only the difference of money is left.
 * `admittedAtMs` tells whose window pays.
 */
export function give(
  meter: Meter,
  nowMs: number,
  limits: ScopeLimits,
  call: { reserved: Amounts; used: Amounts; admittedAtMs: number; isLate: boolean; isOffer?: boolean },
): Meter {
  const { reserved, used, admittedAtMs, isLate, isOffer = false } = call;
  const taken = eachRate(meter, limits.rates, (bucket, perMs, unit) => {
    if (unit === "requests" && !isOffer) return bucket;
    const excess = used[unit] - reserved[unit];
    const left = isLate ? bucket : putBack(bucket, nowMs, perMs, admittedAtMs, Math.max(0, -excess));
    return excess > 0 ? takeOut(left, nowMs, perMs, excess) : left;
  });
  const after = { ...meter, taken };
  const spent: Meter["spent"] = {};
  for (const [slot, { window, timeZone }] of slotsOf(limits.budgets)) {
    const key = windowKey(window, timeZone, nowMs);
    spent[slot] = after.spent[slot];
    // A call of yesterday is yesterday's; that window is over.
    if (windowKey(window, timeZone, admittedAtMs) !== key) continue;
    const held = spentIn(after, { window, timeZone });
    const before = held?.key === key ? held : { key, nanoUsd: 0 };
    spent[slot] = { ...before, nanoUsd: before.nanoUsd + used.nanoUsd - (isLate ? reserved.nanoUsd : 0) };
  }
  if (isLate) return { ...after, spent };
  return {
    ...after,
    spent,
    reservedNanoUsd: Math.max(0, after.reservedNanoUsd - reserved.nanoUsd),
    underWay: Math.max(0, after.underWay - 1),
  };
}

/** What is left under the rates of a unit, the tightest of them; null without one. */
export function headroom(meter: Meter, nowMs: number, { rates }: ScopeLimits, unit: "requests" | "tokens"): Headroom | null {
  const all = RATE_NAMES.flatMap((name): Headroom[] => {
    const limit = rates[name];
    if (limit === undefined || RATES[name].unit !== unit) return [];
    const taken = takenNow(meter, name, limit, nowMs);
    return [
      {
        limit,
        remaining: Math.max(0, Math.floor(limit - taken + EPSILON)),
        resetAtMs: nowMs + Math.ceil((taken * RATES[name].spanMs) / limit),
      },
    ];
  });
  return all.sort((a, b) => a.remaining / a.limit - b.remaining / b.limit)[0] ?? null;
}

/** A budget beyond its soft threshold. */
export interface SoftCrossing {
  budget: Budget;
  usedNanoUsd: number;
  /** Nobody was told of it in this window yet. */
  isNew: boolean;
}

export function softCrossings(meter: Meter, nowMs: number, { budgets }: ScopeLimits): SoftCrossing[] {
  return budgets.flatMap((budget) => {
    const usedNanoUsd = spentNow(meter, budget, nowMs);
    if (usedNanoUsd < softNanoUsd(budget)) return [];
    return [{ budget, usedNanoUsd, isNew: softNanoUsd(budget) > toldNanoUsd(spentIn(meter, budget)) }];
  });
}

/** The soft thresholds of these budgets have been told of. */
export function notified(meter: Meter, budgets: readonly Budget[]): Meter {
  const spent = { ...meter.spent };
  for (const budget of budgets) {
    const held = spentIn({ spent }, budget);
    if (held) spent[slotOf(budget)] = { ...held, notified: Math.max(toldNanoUsd(held), softNanoUsd(budget)) };
  }
  return { ...meter, spent };
}

function softNanoUsd({ limitNanoUsd, softRatio }: Budget): number {
  return limitNanoUsd * softRatio;
}

/** The highest threshold told of; below all of them where there is none. */
function toldNanoUsd({ notified: told = -1 }: Partial<Spent> = {}): number {
  return told === true ? Number.MAX_SAFE_INTEGER : told;
}

/** The buckets of the rates that are limited, changed; those of others are left as they are. */
function eachRate(
  { taken }: Meter,
  rates: RateLimits,
  change: (bucket: Bucket, perMs: number, unit: "requests" | "tokens") => Bucket,
): Meter["taken"] {
  const after = { ...taken };
  for (const name of RATE_NAMES) {
    const limit = rates[name];
    const { unit, spanMs } = RATES[name];
    if (limit !== undefined) after[name] = change(taken[name] ?? { amount: 0, atMs: 0 }, limit / spanMs, unit);
  }
  return after;
}

function takenNow(meter: Meter, name: RateName, limit: number, nowMs: number): number {
  const bucket = meter.taken[name];
  return bucket ? amountAt(bucket, nowMs, limit / RATES[name].spanMs) : 0;
}

function spentNow(meter: Meter, budget: Budget, nowMs: number): number {
  const held = spentIn(meter, budget);
  return held && held.key === windowKey(budget.window, budget.timeZone, nowMs) ? held.nanoUsd : 0;
}

type Calendar = Pick<Budget, "window" | "timeZone">;

/** What was spent in such a window. A zone that is new finds UTC's, as far as that is of the same name: it is the nearest that is known. */
export function spentIn({ spent }: Pick<Meter, "spent">, calendar: Calendar): Spent | undefined {
  return spent[slotOf(calendar)] ?? spent[calendar.window];
}

function slotOf({ window, timeZone }: Calendar): string {
  return window === "total" || timeZone === "UTC" ? window : `${window} ${timeZone}`;
}

/**
 * Money is kept for every window by UTC, whatever budgets there are: a new limit finds what was spent. And for those that have a zone of
 * their own.
 */
export function slotsOf(budgets: readonly Budget[]): Map<string, Calendar> {
  const calendars = [...BUDGET_WINDOWS.map((window) => ({ window, timeZone: "UTC" })), ...budgets];
  return new Map(calendars.map((calendar) => [slotOf(calendar), calendar]));
}
