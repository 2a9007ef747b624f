import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { amountAt, type Bucket, hold, putBack, takeOut } from "./bucket";

const PER_MINUTE = 1000;
const PER_MS = PER_MINUTE / 60_000;
const empty: Bucket = { amount: 0, atMs: 0 };

/** What the bucket holds if everybody had taken just what is known of them by now, at the moment they started. */
function replayed(takes: { atMs: number; amount: number }[], nowMs: number): number {
  let bucket = empty;
  for (const { atMs, amount } of takes) bucket = takeOut(bucket, atMs, PER_MS, amount);
  return amountAt(bucket, nowMs, PER_MS);
}

const step = fc.record({
  waitMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 40_000 })),
  kind: fc.constantFrom("hold", "hold", "end", "spend"),
  amount: fc.integer({ min: 0, max: 900 }),
  pick: fc.nat(50),
  share: fc.double({ min: 0, max: 1, noNaN: true }),
});

describe("a bucket whose takes may shrink", () => {
  it("does not give back what time has let flow back: no burst beyond its size", () => {
    let bucket = hold(empty, 0, PER_MS, 1000);
    bucket = hold(bucket, 30_000, PER_MS, 500);
    bucket = putBack(bucket, 30_000, PER_MS, 0, 1000);
    // The 500 of the second call are out, and nothing else ever was.
    expect(amountAt(bucket, 30_000, PER_MS)).toBeCloseTo(500);
  });

  it("gives all of it back to a call that ends at once", () => {
    expect(putBack(hold(empty, 5, PER_MS, 900), 5, PER_MS, 5, 900).amount).toBe(0);
  });

  it("stands, whatever the order of starts and ends, as if each call had taken what it used when it started", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let bucket = empty;
        let nowMs = 1000;
        const takes: { atMs: number; amount: number; isOpen: boolean }[] = [];
        for (const { waitMs, kind, amount, pick, share } of steps) {
          nowMs += waitMs;
          const open = takes.filter(({ isOpen }) => isOpen);
          const ending = open[pick % Math.max(1, open.length)];
          if (kind === "hold") {
            bucket = hold(bucket, nowMs, PER_MS, amount);
            takes.push({ atMs: nowMs, amount, isOpen: true });
          } else if (kind === "spend") {
            bucket = takeOut(bucket, nowMs, PER_MS, amount);
            takes.push({ atMs: nowMs, amount, isOpen: false });
          } else if (ending) {
            const surplus = ending.amount * share;
            bucket = putBack(bucket, nowMs, PER_MS, ending.atMs, surplus);
            ending.amount -= surplus;
            ending.isOpen = false;
          }
          expect(amountAt(bucket, nowMs, PER_MS)).toBeCloseTo(replayed(takes, nowMs), 5);
          bucket = JSON.parse(JSON.stringify(bucket));
        }
      }),
      { numRuns: 500 },
    );
  });

  it("remembers a bounded number of stretches, and then errs on the side of the limit", () => {
    fc.assert(
      fc.property(fc.infiniteStream(step), (steps) => {
        let bucket = empty;
        let nowMs = 1000;
        const takes: { atMs: number; amount: number }[] = [];
        const open: { atMs: number; amount: number }[] = [];
        for (const { waitMs, amount } of steps) {
          nowMs += 1 + (waitMs % 2000);
          bucket = hold(bucket, nowMs, PER_MS, amount);
          open.push({ atMs: nowMs, amount });
          takes.push(...open.slice(-1));
          if (takes.length === 150) break;
        }
        for (const { atMs, share, waitMs } of open.map((call, at) => ({ ...call, share: (at % 7) / 7, waitMs: at * 10 }))) {
          nowMs += waitMs;
          const take = takes.find((one) => one.atMs === atMs);
          if (!take) throw new Error("a call that never started");
          const surplus = take.amount * share;
          bucket = putBack(bucket, nowMs, PER_MS, atMs, surplus);
          take.amount -= surplus;
          expect(bucket.marks?.length ?? 0).toBeLessThanOrEqual(64);
          expect(amountAt(bucket, nowMs, PER_MS)).toBeGreaterThanOrEqual(replayed(takes, nowMs) - 1e-6);
        }
        expect(bucket.marks).toBeUndefined();
      }),
      { numRuns: 30 },
    );
  });

  it("keeps to what it knows when a limit is younger than the call, or a clock is set back", () => {
    expect(putBack({ amount: 300, atMs: 50 }, 60, 0, 10, 200)).toEqual({ amount: 300, atMs: 60 });
    const back = hold(hold(empty, 1000, PER_MS, 100), 500, PER_MS, 100);
    expect(back).toMatchObject({ amount: 200, atMs: 1000 });
    expect(putBack(back, 400, PER_MS, 500, 100).amount).toBeGreaterThanOrEqual(100);
  });
});
