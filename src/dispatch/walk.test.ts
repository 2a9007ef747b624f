import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { backoffMs } from "./backoff";
import { beginWalk, ended, nextStep, type Pace, started, type Walk } from "./walk";

const pace: Pace = { besideAfterMs: 1200, backoffMs: (round) => 1000 * 2 ** (round - 1), waitMsMax: 10_000, deadlineMs: 100_000 };
const walkFirst = { failover: "walk-first", retry: { roundsMax: 3, baseMs: 1000, waitMsMax: 10_000 } } as const;
const afterRetries = { ...walkFirst, failover: "after-retries" } as const;

/** Walks on while every call fails at once; returns who was asked when. */
function allFail(walk: Walk, notBeforeMs: number | undefined = 0): { asked: [candidate: number, atMs: number][]; endMs: number } {
  const asked: [number, number][] = [];
  let state = walk;
  let nowMs = 0;
  for (;;) {
    const step = nextStep(state, nowMs, pace);
    if (step.do === "give-up") return { asked, endMs: nowMs };
    if (step.do === "wait") {
      nowMs = step.untilMs;
      continue;
    }
    asked.push([step.candidate, nowMs]);
    state = ended(started(state, step.candidate, nowMs), step.candidate, nowMs, notBeforeMs);
  }
}

describe("the order of a walk", () => {
  it("is the whole chain once without waiting, then again after 1 s, 2 s and 4 s", () => {
    const { asked } = allFail(beginWalk(2, walkFirst, 0));
    expect(asked).toEqual([
      [0, 0],
      [1, 0],
      [0, 1000],
      [1, 1000],
      [0, 3000],
      [1, 3000],
      [0, 7000],
      [1, 7000],
    ]);
  });

  it("keeps to the first until its retries are used up, where the policy says so", () => {
    const { asked } = allFail(beginWalk(3, afterRetries, 0));
    expect(asked.map(([candidate]) => candidate)).toEqual([0, 0, 0, 0, 1, 2]);
    expect(asked.at(-1)).toEqual([2, 7000]);
  });

  it("asks nobody again who is out for good", () => {
    const walk = beginWalk(1, walkFirst, 0);
    const out = ended(started(walk, 0, 0), 0, 0);
    expect(nextStep(out, 0, pace)).toEqual({ do: "give-up", retryAtMs: undefined });
  });

  it("obeys a provider's own time, and gives up where that is too long (PITFALLS A 9)", () => {
    const walk = started(beginWalk(1, walkFirst, 0), 0, 0);
    expect(nextStep(ended(walk, 0, 0, 5000), 0, pace)).toEqual({ do: "wait", untilMs: 5000 });
    expect(nextStep(ended(walk, 0, 0, 20_000), 0, pace)).toEqual({ do: "give-up", retryAtMs: 20_000 });
    expect(nextStep(ended(walk, 0, 0, 5000), 0, { ...pace, deadlineMs: 4000 })).toEqual({ do: "give-up", retryAtMs: 5000 });
  });
});

describe("a deployment that is silent", () => {
  const asking = started(beginWalk(3, walkFirst, 0), 0, 0);

  it("has the next one started beside it", () => {
    expect(nextStep(asking, 0, pace)).toEqual({ do: "wait", untilMs: 1200 });
    expect(nextStep(asking, 1200, pace)).toEqual({ do: "start", candidate: 1, beside: true });
    const two = started(asking, 1, 1200);
    expect(nextStep(two, 1300, pace)).toEqual({ do: "wait", untilMs: 2400 });
    expect(nextStep(two, 2400, pace)).toEqual({ do: "start", candidate: 2, beside: true });
  });

  it("is waited for to the end where nobody is left to ask", () => {
    const alone = started(beginWalk(1, walkFirst, 0), 0, 0);
    expect(nextStep(alone, 5000, pace)).toEqual({ do: "wait", untilMs: pace.deadlineMs });
    expect(nextStep(alone, pace.deadlineMs, pace)).toMatchObject({ do: "give-up" });
  });

  it("has no second call made to itself", () => {
    const others = ended(started(ended(started(asking, 1, 1200), 1, 1300, 0), 2, 1300), 2, 1400, 0);
    expect(nextStep(others, 60_000, pace)).toMatchObject({ do: "wait" });
  });
});

describe("any walk", () => {
  const events = fc.array(fc.record({ kind: fc.constantFrom("fail", "out", "later", "time"), pick: fc.nat(7), ms: fc.nat(4000) }), {
    maxLength: 80,
  });

  it("ends by its deadline, asks nobody twice at once and nobody more often than its rounds", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.boolean(), events, (count, isAfter, happenings) => {
        let walk = beginWalk(count, isAfter ? afterRetries : walkFirst, 0);
        let nowMs = 0;
        const calls = new Map<number, number>();
        const left = [...happenings];
        for (let turns = 0; turns < 1000; turns++) {
          const step = nextStep(walk, nowMs, pace);
          if (step.do === "give-up") break;
          if (step.do === "start") {
            expect(walk.candidates[step.candidate]?.state).toBe("idle");
            calls.set(step.candidate, (calls.get(step.candidate) ?? 0) + 1);
            walk = started(walk, step.candidate, nowMs);
            continue;
          }
          expect(step.untilMs).toBeGreaterThan(nowMs);
          const running = walk.candidates.flatMap(({ state }, at) => (state === "running" ? [at] : []));
          const event = left.shift();
          const candidate = running[(event?.pick ?? 0) % Math.max(1, running.length)];
          if (event && event.kind !== "time" && candidate !== undefined) {
            nowMs = Math.min(step.untilMs, nowMs + event.ms);
            const later = event.kind === "out" ? undefined : event.kind === "later" ? nowMs + event.ms * 4 : nowMs;
            walk = ended(walk, candidate, nowMs, later);
          } else {
            nowMs = step.untilMs;
          }
        }
        expect(nextStep(walk, nowMs, pace).do).toBe("give-up");
        for (const made of calls.values()) expect(made).toBeLessThanOrEqual(4);
      }),
      { numRuns: 500 },
    );
  });
});

describe("backoffMs", () => {
  it("is 1 s, 2 s, 4 s, ± 25 %", () => {
    const random = (value: number) => () => value;
    expect([1, 2, 3].map((round) => backoffMs(round, random(0.5), 1000))).toEqual([1000, 2000, 4000]);
    expect([backoffMs(1, random(0), 1000), backoffMs(3, random(1), 1000)]).toEqual([750, 5000]);
  });
});
