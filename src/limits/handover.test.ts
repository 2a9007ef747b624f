import { describe, expect, it } from "vitest";
import { adopted, handedOver } from "./handover";
import { emptyMeter, give, type Meter, obstacle, type ScopeLimits, take, type Wanted } from "./meter";
import type { Budget } from "./policy";

const T0 = Date.parse("2026-11-27T12:00:00Z");
const DAY_MS = 86_400_000;
const day: Budget = { window: "day", limitNanoUsd: 100, timeZone: "UTC", softRatio: 0.8, onSoft: "warn" };
const limits: ScopeLimits = { rates: { requestsPerMinute: 10 }, budgets: [day, { ...day, window: "total", limitNanoUsd: 150 }] };
const amounts = (nanoUsd: number) => ({ requests: 1, tokens: 0, nanoUsd });
const want = (nanoUsd: number): Wanted => ({ ...amounts(nanoUsd), leastNanoUsd: nanoUsd, isBound: true });

/** After a call that cost so much. */
function spending(meter: Meter, nowMs: number, nanoUsd: number): Meter {
  const call = { reserved: amounts(nanoUsd), used: amounts(nanoUsd), admittedAtMs: nowMs, isLate: false };
  return give(take(meter, nowMs, limits, amounts(nanoUsd)), nowMs, limits, call);
}

/** The most that a call may cost now. */
const left = (meter: Meter, nowMs: number): number =>
  Array.from({ length: 200 }, (_, at) => 200 - at).find((nanoUsd) => obstacle(meter, nowMs, limits, want(nanoUsd)) === null) ?? 0;

describe("a meter that is handed over", () => {
  it("holds what was spent, and what calls under way have reserved: they end where they began", () => {
    const underWay = take(spending(emptyMeter(), T0, 30), T0, limits, amounts(20));
    const carried = handedOver(underWay, T0, limits.budgets);
    const there = adopted(emptyMeter(), carried);
    expect(there).toMatchObject({ reservedNanoUsd: 0, underWay: 0 });
    expect([left(there, T0), left(there, T0 + DAY_MS)]).toEqual([50, 100]);
    expect(there.taken.requestsPerMinute?.amount).toBe(2);
  });

  it("leaves behind what is over", () => {
    const yesterday = spending(emptyMeter(), T0 - DAY_MS, 60);
    expect(left(adopted(emptyMeter(), handedOver(yesterday, T0, limits.budgets)), T0)).toBe(90);
  });

  it("is put to what was spent here already, window by window", () => {
    const carried = handedOver(spending(emptyMeter(), T0, 30), T0, limits.budgets);
    const here = adopted(spending(emptyMeter(), T0, 25), carried);
    expect(left(here, T0)).toBe(45);
    // Midnight came between: today is what was spent here alone, the total is both.
    const later = adopted(spending(emptyMeter(), T0 + DAY_MS, 70), carried);
    expect(left(later, T0 + DAY_MS)).toBe(30);
    expect(left(spending(later, T0 + DAY_MS, 25), T0 + 2 * DAY_MS)).toBe(25);
    const before = adopted(spending(emptyMeter(), T0 - DAY_MS, 70), carried);
    expect(left(before, T0)).toBe(50);
  });
});
