import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Arrival, advance, arrive, depart, idlePacing, isTight, learn, type PacingState } from "./pacing";

const T0 = 1_795_000_000_000;
const call = (id: string, principal: string, waitMsMax = 30_000, tokens = 0): Arrival => ({ id, principal, tokens, waitMsMax });

/** Everybody's fate, once nobody waits any more. */
function play(arrivals: readonly Arrival[], limits: Parameters<typeof arrive>[3], start: PacingState = idlePacing()) {
  const gone = new Map<string, number>();
  const refused = new Map<string, { atMs: number; retryAtMs: number }>();
  let state = start;
  for (const arrival of arrivals) {
    const [after, reception] = arrive(state, T0, arrival, limits);
    state = after;
    if (reception.kind === "go") gone.set(arrival.id, T0);
    if (reception.kind === "refused") refused.set(arrival.id, { atMs: T0, retryAtMs: reception.retryAtMs });
  }
  let nowMs = T0;
  for (let turns = 0; turns < 10_000; turns++) {
    const [after, { granted, expired, nextAtMs }] = advance(state, nowMs, limits);
    state = after;
    for (const id of granted) gone.set(id, nowMs);
    for (const { id, retryAtMs } of expired) refused.set(id, { atMs: nowMs, retryAtMs });
    if (nextAtMs === null) return { gone, refused, state };
    nowMs = nextAtMs;
  }
  throw new Error("it never came to rest");
}

describe("50 clients against 10 requests per minute", () => {
  const limits = { requestsPerMinute: 10 };
  const arrivals = Array.from({ length: 50 }, (_, at) => call(`c${at}`, `client-${at % 5}`));
  const { gone, refused } = play(arrivals, limits);

  it("loses no request: every one goes or is refused", () => {
    expect(gone.size + refused.size).toBe(50);
  });

  it("lets through what the limit lets through, in fair shares", () => {
    // Ten at once, one more every 6 s for as long as anybody waits.
    expect(gone.size).toBe(15);
    const shares = [0, 1, 2, 3, 4].map((client) => [...gone.keys()].filter((id) => Number(id.slice(1)) % 5 === client).length);
    expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
  });

  it("keeps nobody waiting longer than they would, and tells the others a time at which it is their turn", () => {
    for (const atMs of gone.values()) expect(atMs - T0).toBeLessThanOrEqual(30_000);
    for (const { atMs, retryAtMs } of refused.values()) {
      expect(atMs - T0).toBeLessThanOrEqual(30_000);
      expect(retryAtMs).toBeGreaterThan(T0 + 30_000);
    }
  });
});

describe("fairness", () => {
  it("gives a newcomer the next turn, not the one after everybody who queued before", () => {
    const limits = { requestsPerMinute: 60 };
    const drained = play(
      Array.from({ length: 60 }, (_, at) => call(`warm${at}`, "hog", 0)),
      limits,
    ).state;
    const many = Array.from({ length: 10 }, (_, at) => call(`hog${at}`, "hog"));
    const { gone } = play([...many, call("newcomer", "other")], limits, drained);
    const order = [...gone].sort((a, b) => a[1] - b[1]).map(([id]) => id);
    expect(order.indexOf("newcomer")).toBeLessThanOrEqual(1);
  });
});

describe("limits", () => {
  it("of tokens count, and a call larger than the whole bucket goes when that is full", () => {
    const limits = { tokensPerMinute: 6000 };
    const { gone } = play([call("a", "x", 30_000, 6000), call("b", "x", 30_000, 1000), call("c", "x", 90_000, 99_000)], limits);
    expect([gone.get("a"), gone.get("b"), gone.get("c")]).toEqual([T0, T0 + 10_000, T0 + 70_000]);
  });

  it("of concurrency hold, and a place comes free when a call is over or its lease ran out", () => {
    const limits = { concurrency: 1 };
    let [state, first] = arrive(idlePacing(), T0, call("a", "x"), limits);
    expect(first.kind).toBe("go");
    [state] = arrive(state, T0, call("b", "y"), limits);
    expect(advance(state, T0 + 1000, limits)[1].granted).toEqual([]);
    expect(advance(depart(state, "a"), T0 + 1000, limits)[1].granted).toEqual(["b"]);
    const patient = arrive(arrive(idlePacing(), T0, call("a", "x"), limits)[0], T0, call("b", "y", 3_600_000), limits)[0];
    expect(advance(patient, T0 + 16 * 60_000, limits)[1].granted).toEqual(["b"]);
  });

  it("are learned from what the provider says, down to nothing left until its reset", () => {
    const state = learn(idlePacing(), T0, { requests: { limit: 100, remaining: 0, resetAtMs: T0 + 20_000 } });
    expect(isTight(state, T0)).toBe(true);
    const [, reception] = arrive(state, T0, call("a", "x", 0), {});
    expect(reception).toEqual({ kind: "refused", retryAtMs: T0 + 200 });
    expect(arrive(learn(idlePacing(), T0, { retryAtMs: T0 + 3000 }), T0, call("a", "x", 0), {})[1]).toEqual({
      kind: "refused",
      retryAtMs: T0 + 3000,
    });
  });
});

describe("any crowd", () => {
  const arrivals = fc.array(
    fc.record({ principal: fc.constantFrom("a", "b", "c", "d"), waitMsMax: fc.integer({ min: 0, max: 90_000 }), tokens: fc.nat(3000) }),
    { maxLength: 80 },
  );

  it("is served within the limits, nobody twice, nobody never", () => {
    fc.assert(
      fc.property(
        arrivals,
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 500, max: 20_000 }),
        (crowd, requestsPerMinute, tokensPerMinute) => {
          const calls = crowd.map((one, at) => ({ id: String(at), ...one }));
          const { gone, refused, state } = play(calls, { requestsPerMinute, tokensPerMinute });
          expect(gone.size + refused.size).toBe(calls.length);
          for (const { id, waitMsMax } of calls) {
            expect(gone.has(id) && refused.has(id)).toBe(false);
            const atMs = gone.get(id) ?? refused.get(id)?.atMs ?? Number.NaN;
            expect(atMs - T0).toBeLessThanOrEqual(waitMsMax + 1);
          }
          const times = [...gone.values()].sort((a, b) => a - b);
          for (const [at, fromMs] of times.entries()) {
            const within = times.slice(at).filter((atMs) => atMs < fromMs + 60_000).length;
            // A full bucket, and what flows in within the minute.
            expect(within).toBeLessThanOrEqual(2 * requestsPerMinute + 1);
          }
          expect(JSON.parse(JSON.stringify(state))).toEqual(state);
        },
      ),
      { numRuns: 200 },
    );
  });
});
