import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BREAKER_DEFAULTS, type BreakerConfig, type BreakerState, closedBreaker, enter, glanceAt, report, settleProbe } from "./breaker";

const config: BreakerConfig = {
  ...BREAKER_DEFAULTS,
  samplesMin: 4,
  openMs: 1000,
  openMsMax: 8000,
  probesMax: 2,
  probesToClose: 2,
  probeLeaseMs: 500,
};
const T0 = 1_795_000_000_000;
const failed = (count: number) => ({ succeeded: 0, failed: count, slow: 0 });
const succeeded = (count: number) => ({ succeeded: count, failed: 0, slow: 0 });

function tripped(nowMs = T0): BreakerState {
  return report(closedBreaker(), nowMs, failed(4), config);
}

describe("a closed breaker", () => {
  it("opens at the failure ratio, not before the minimum sample", () => {
    expect(report(closedBreaker(), T0, failed(3), config).phase).toBe("closed");
    expect(report(report(closedBreaker(), T0, failed(3), config), T0, succeeded(4), config).phase).toBe("closed");
    expect(report(report(closedBreaker(), T0, succeeded(4), config), T0, failed(4), config).phase).toBe("open");
  });

  it("opens when most calls are too slow", () => {
    const slow = { succeeded: 1, failed: 0, slow: 4 };
    expect(report(closedBreaker(), T0, slow, config).phase).toBe("open");
    expect(report(closedBreaker(), T0, { succeeded: 2, failed: 0, slow: 3 }, config).phase).toBe("closed");
  });

  it("forgets what slid out of the window", () => {
    const before = report(closedBreaker(), T0, failed(3), config);
    expect(report(before, T0 + config.windowMs + 1, failed(1), config).phase).toBe("closed");
    expect(report(before, T0 + config.windowMs / 2, failed(1), config).phase).toBe("open");
  });
});

describe("an open breaker", () => {
  it("refuses until its time is over, then hands out as many probes as it may", () => {
    const open = tripped();
    expect(enter(open, T0 + 999, "a", config)[1]).toEqual({ kind: "refused", untilMs: T0 + 1000 });
    const [one, first] = enter(open, T0 + 1000, "a", config);
    const [two, second] = enter(one, T0 + 1000, "b", config);
    expect([first.kind, second.kind, enter(two, T0 + 1000, "c", config)[1].kind]).toEqual(["probe", "probe", "refused"]);
  });

  it("stays open longer for late failures, never shorter (PITFALLS A 8)", () => {
    const open = tripped();
    const extended = report(open, T0 + 600, failed(1), config);
    expect(glanceAt(extended, T0 + 600)).toEqual({ phase: "open", untilMs: T0 + 1600 });
    expect(glanceAt(report(extended, T0 + 100, failed(1), config), T0 + 700)).toEqual({ phase: "open", untilMs: T0 + 1600 });
    expect(report(extended, T0 + 700, succeeded(50), config)).toEqual(extended);
  });

  it("doubles its time with every probe that fails, up to the cap", () => {
    let state = tripped();
    let nowMs = T0;
    const openTimes: number[] = [];
    for (let trips = 0; trips < 5; trips++) {
      if (state.phase !== "open") throw new Error("not open");
      openTimes.push(state.untilMs - nowMs);
      nowMs = state.untilMs;
      const [halfOpen] = enter(state, nowMs, "p", config);
      state = settleProbe(halfOpen, nowMs, "p", "failed", config);
    }
    expect(openTimes).toEqual([1000, 2000, 4000, 8000, 8000]);
  });
});

describe("a half-open breaker", () => {
  const halfOpen = () => enter(tripped(), T0 + 1000, "a", config)[0];

  it("closes after enough probes succeeded", () => {
    const one = settleProbe(halfOpen(), T0 + 1100, "a", "succeeded", config);
    expect(one.phase).toBe("half-open");
    const [probing] = enter(one, T0 + 1100, "b", config);
    expect(settleProbe(probing, T0 + 1200, "b", "succeeded", config).phase).toBe("closed");
  });

  it("frees the place of a probe that was never settled, and of one that says nothing", () => {
    const [full] = enter(halfOpen(), T0 + 1000, "b", config);
    expect(enter(full, T0 + 1400, "c", config)[1].kind).toBe("refused");
    expect(enter(full, T0 + 1501, "c", config)[1].kind).toBe("probe");
    expect(enter(settleProbe(full, T0 + 1100, "a", "unknown", config), T0 + 1100, "c", config)[1].kind).toBe("probe");
  });

  it("does not heed a probe that it does not know", () => {
    const state = halfOpen();
    expect(settleProbe(state, T0 + 1100, "x", "failed", config)).toEqual(state);
  });
});

describe("whatever happens", () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant("report" as const), succeeded: fc.nat(5), failed: fc.nat(5), slow: fc.nat(5) }),
    fc.record({ kind: fc.constant("enter" as const), id: fc.constantFrom("a", "b", "c", "d") }),
    fc.record({
      kind: fc.constant("settle" as const),
      id: fc.constantFrom("a", "b", "c", "d"),
      result: fc.constantFrom("succeeded" as const, "failed" as const, "unknown" as const),
    }),
  );
  const steps = fc.array(fc.tuple(fc.integer({ min: -2000, max: 3000 }), step), { maxLength: 60 });

  it("keeps its promises, over clocks that jump and states that were stored", () => {
    fc.assert(
      fc.property(steps, (all) => {
        let state = closedBreaker();
        let nowMs = T0;
        for (const [byMs, what] of all) {
          nowMs += byMs;
          const before = state;
          if (what.kind === "report") state = report(state, nowMs, what, config);
          if (what.kind === "settle") state = settleProbe(state, nowMs, what.id, what.result, config);
          if (what.kind === "enter") {
            const [after, passage] = enter(state, nowMs, what.id, config);
            // A closed breaker refuses nobody, an open one whose time is not over everybody.
            if (before.phase === "closed") expect(passage.kind).toBe("pass");
            if (before.phase === "open" && nowMs < before.untilMs) expect(passage.kind).toBe("refused");
            if (passage.kind === "refused") expect(passage.untilMs).toBeGreaterThan(nowMs);
            state = after;
          }
          if (before.phase === "open" && state.phase === "open") expect(state.untilMs).toBeGreaterThanOrEqual(before.untilMs);
          if (state.phase === "half-open") {
            const live = state.probes.filter(({ untilMs }) => untilMs > nowMs);
            expect(live.length).toBeLessThanOrEqual(config.probesMax);
          }
          expect(JSON.parse(JSON.stringify(state))).toEqual(state);
        }
      }),
      { numRuns: 500 },
    );
  });
});
