import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { admit, type Meters, type Permit, type Scope, settle } from "./admission";
import { emptyMeter, give, headroom, type Meter, notified, obstacle, softCrossings, take, type Wanted } from "./meter";
import { type Budget, budgetsSchema, rateLimitsSchema } from "./policy";
import { windowEndMs, windowKey } from "./window";

const T0 = Date.parse("2026-11-27T12:00:00Z");
const want = (change: Partial<Wanted> = {}): Wanted => ({ requests: 1, tokens: 0, nanoUsd: 0, leastNanoUsd: 0, isBound: true, ...change });
const total = (limitNanoUsd: number): Budget => ({ window: "total", limitNanoUsd, timeZone: "UTC", softRatio: 0.8, onSoft: "warn" });

describe("a token bucket", () => {
  it("gives a client that is steadily over its limit exactly its rate, and takes nothing for what it denies", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 10, max: 2000 }), (rpm, everyMs) => {
        fc.pre(60_000 / everyMs > rpm);
        const limits = { rates: { requestsPerMinute: rpm }, budgets: [] };
        let meter = emptyMeter();
        let admitted = 0;
        const minutes = 5;
        for (let nowMs = T0; nowMs < T0 + minutes * 60_000; nowMs += everyMs) {
          if (obstacle(meter, nowMs, limits, want())) continue;
          meter = take(meter, nowMs, limits, want());
          admitted += 1;
        }
        // A full bucket at first, then the rate; one less where the last one is just not there yet.
        const expected = Math.min(rpm + rpm * minutes, Math.ceil((minutes * 60_000) / everyMs));
        expect(admitted).toBeLessThanOrEqual(expected);
        expect(admitted).toBeGreaterThanOrEqual(expected - 1 - Math.ceil((rpm * everyMs) / 60_000));
      }),
      { numRuns: 40 },
    );
  });

  it("says when a denied call may come again, and it may then", () => {
    const limits = { rates: { requestsPerMinute: 7, tokensPerMinute: 1000 }, budgets: [] };
    let meter = emptyMeter();
    for (let calls = 0; calls < 7; calls++) meter = take(meter, T0, limits, want({ tokens: 100 }));
    const denied = obstacle(meter, T0, limits, want({ tokens: 400 }));
    expect(denied).toMatchObject({ kind: "rate", name: "requestsPerMinute", limit: 7, opensAtMs: T0 + 8572 });
    expect(obstacle(meter, denied?.opensAtMs ?? 0, limits, want({ tokens: 400 }))).toBeNull();
    expect(obstacle(meter, (denied?.opensAtMs ?? 0) - 2, limits, want({ tokens: 400 }))).not.toBeNull();
  });

  it("is of the new size at once when its limit changes, and no clock that jumps back fills or empties it", () => {
    const of = (requestsPerMinute: number) => ({ rates: { requestsPerMinute }, budgets: [] });
    let meter = emptyMeter();
    for (let calls = 0; calls < 5; calls++) meter = take(meter, T0, of(5), want());
    expect(obstacle(meter, T0, of(5), want())).not.toBeNull();
    expect(obstacle(meter, T0, of(6), want())).toBeNull();
    expect(obstacle(meter, T0, of(3), want())).not.toBeNull();
    expect(headroom(meter, T0 - 3_600_000, of(6), "requests")).toMatchObject({ limit: 6, remaining: 1 });
    expect(obstacle(take(meter, T0 - 3_600_000, of(6), want()), T0, of(6), want())).not.toBeNull();
  });
});

describe("a budget", () => {
  it("counts by the calendar of its zone, over clock changes and months' ends", () => {
    expect(windowKey("day", "Asia/Seoul", Date.parse("2026-11-27T15:00:00Z"))).toBe("2026-11-28");
    expect(windowEndMs("day", "Asia/Seoul", T0)).toBe(Date.parse("2026-11-27T15:00:00Z"));
    // Berlin: 25 hours on the last Sunday of October, 23 in March.
    expect(windowEndMs("day", "Europe/Berlin", Date.parse("2026-10-25T00:00:00+02:00"))).toBe(Date.parse("2026-10-26T00:00:00+01:00"));
    expect(windowEndMs("day", "Europe/Berlin", Date.parse("2026-03-29T00:00:00+01:00"))).toBe(Date.parse("2026-03-30T00:00:00+02:00"));
    expect(windowEndMs("month", "UTC", Date.parse("2028-02-10T00:00:00Z"))).toBe(Date.parse("2028-03-01T00:00:00Z"));
    expect(windowEndMs("month", "America/New_York", Date.parse("2026-12-31T23:00:00-05:00"))).toBe(Date.parse("2027-01-01T00:00:00-05:00"));
    expect(windowEndMs("total", "UTC", T0)).toBeNull();
  });

  it("opens again with the next window; a total never does", () => {
    const spent = { nanoUsd: 100, requests: 1, tokens: 0 };
    const day: Budget = { ...total(100), window: "day" };
    for (const [budget, opens] of [
      [day, true],
      [total(100), false],
    ] as const) {
      const limits = { rates: {}, budgets: [budget] };
      const meter = give(take(emptyMeter(), T0, limits, spent), T0, limits, {
        reserved: spent,
        used: spent,
        admittedAtMs: T0,
        isLate: false,
      });
      expect(obstacle(meter, T0, limits, want({ nanoUsd: 1 }))).toMatchObject({ kind: "budget", isContended: false });
      expect(obstacle(meter, T0 + 86_400_000, limits, want({ nanoUsd: 1 })) === null).toBe(opens);
    }
  });

  /** A meter after a call for so much. */
  const spentAt = (nowMs: number, nanoUsd: number, limits: { rates: object; budgets: Budget[] }, before = emptyMeter()) => {
    const used = { nanoUsd, requests: 1, tokens: 0 };
    return give(take(before, nowMs, limits, used), nowMs, limits, { reserved: used, used, admittedAtMs: nowMs, isLate: false });
  };

  it("counts by its own zone's calendar beside one of another zone, whichever is written first", () => {
    const [utc, seoul]: [Budget, Budget] = [
      { ...total(100), window: "day" },
      { ...total(100), window: "day", timeZone: "Asia/Seoul" },
    ];
    for (const budgets of [
      [utc, seoul],
      [seoul, utc],
    ]) {
      const limits = { rates: {}, budgets };
      // 11:00 and 16:00 in London are 20:00, and 01:00 of the next day, in Seoul.
      const early = spentAt(Date.parse("2026-11-27T11:00:00Z"), 60, limits);
      const late = spentAt(Date.parse("2026-11-27T16:00:00Z"), 30, limits, early);
      const over = (nowMs: number, nanoUsd: number) => obstacle(late, nowMs, limits, want({ nanoUsd }))?.opensAtMs ?? null;
      // London has had 90 of its day, Seoul 30.
      expect(over(Date.parse("2026-11-27T17:00:00Z"), 11)).toBe(Date.parse("2026-11-28T00:00:00Z"));
      expect(over(Date.parse("2026-11-28T01:00:00Z"), 71)).toBe(Date.parse("2026-11-28T15:00:00Z"));
      expect(over(Date.parse("2026-11-28T01:00:00Z"), 70)).toBeNull();
    }
  });

  it("finds what was spent in its window before it was set, or before its zone was", () => {
    const day: Budget = { ...total(100), window: "day" };
    const before = spentAt(T0, 100, { rates: {}, budgets: [total(1000)] });
    for (const timeZone of ["UTC", "Asia/Seoul"]) {
      const limits = { rates: {}, budgets: [{ ...day, timeZone }] };
      expect(obstacle(before, T0, limits, want({ nanoUsd: 1 }))).toMatchObject({ kind: "budget", name: "day" });
      expect(obstacle(spentAt(T0, 0, limits, before), T0, limits, want({ nanoUsd: 1 }))).toMatchObject({ kind: "budget", name: "day" });
    }
    // What was spent while a budget had another zone is not forgotten when it gets its own back.
    const seoul = { rates: {}, budgets: [{ ...day, timeZone: "Asia/Seoul" }] };
    const between = spentAt(T0, 60, { rates: {}, budgets: [day] }, spentAt(T0, 30, seoul));
    expect(obstacle(between, T0, seoul, want({ nanoUsd: 11 }))).toMatchObject({ kind: "budget", name: "day" });
  });

  it("tells of each soft threshold once, though several budgets have the same window", () => {
    const limits = { rates: {}, budgets: [total(100), total(200)] };
    const crossed = (meter: Meter) => softCrossings(meter, T0, limits).map(({ budget, isNew }) => [budget.limitNanoUsd, isNew]);
    const first = spentAt(T0, 80, limits);
    expect(crossed(first)).toEqual([[100, true]]);
    const told = notified(first, [total(100)]);
    expect(crossed(told)).toEqual([[100, false]]);
    const second = spentAt(T0, 80, limits, told);
    expect(crossed(second)).toEqual([
      [100, false],
      [200, true],
    ]);
    expect(crossed(spentAt(T0, 1, limits, notified(second, limits.budgets)))).toEqual([
      [100, false],
      [200, false],
    ]);
  });

  it("tells of its soft threshold", () => {
    const limits = { rates: {}, budgets: [total(100)] };
    const used = { nanoUsd: 80, requests: 1, tokens: 0 };
    const meter = give(take(emptyMeter(), T0, limits, used), T0, limits, { reserved: used, used, admittedAtMs: T0, isLate: false });
    expect(softCrossings(meter, T0, limits)).toMatchObject([{ usedNanoUsd: 80, isNew: true }]);
    expect(softCrossings(emptyMeter(), T0, limits)).toEqual([]);
  });
});

describe("any interleaving of admissions, ends, crashes and late ends", () => {
  const scopes: Scope[] = [
    { id: "key", limits: { rates: { concurrency: 6 }, budgets: [total(1000)] } },
    { id: "team", limits: { rates: {}, budgets: [{ ...total(1500), window: "month" }] } },
  ];
  const step = fc.record({
    kind: fc.constantFrom("admit", "admit", "settle", "expire", "late"),
    pick: fc.nat(20),
    estimate: fc.integer({ min: 1, max: 200 }),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
  });

  it("never overshoots a budget, books everything once, and leaves nothing reserved", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        let meters: Meters = new Map();
        const open: Permit[] = [];
        const lost: Permit[] = [];
        let booked = 0;
        let nowMs = T0;
        for (const { kind, pick, estimate, share } of steps) {
          nowMs += 10;
          if (kind === "admit") {
            const before = JSON.stringify([...meters]);
            const [after, admission] = admit(meters, nowMs, {
              id: String(nowMs),
              leaseUntilMs: nowMs + 1000,
              scopes,
              models: [],
              want: want({ nanoUsd: estimate, leastNanoUsd: 1 }),
            });
            if (admission.kind === "admitted") open.push(admission.permit);
            // A denied call takes nothing anywhere.
            else expect(JSON.stringify([...after])).toBe(before);
            meters = after;
          }
          if (kind === "settle" || kind === "expire") {
            const [permit] = open.splice(pick % Math.max(1, open.length), 1);
            if (!permit) continue;
            const used = kind === "expire" ? permit.reserved : { ...permit.reserved, nanoUsd: Math.floor(permit.reserved.nanoUsd * share) };
            meters = settle(meters, nowMs, permit, used, false);
            booked += used.nanoUsd;
            if (kind === "expire") lost.push(permit);
          }
          if (kind === "late") {
            const [permit] = lost.splice(pick % Math.max(1, lost.length), 1);
            if (!permit) continue;
            const used = { ...permit.reserved, nanoUsd: Math.floor(permit.reserved.nanoUsd * share) };
            meters = settle(meters, nowMs, permit, used, true);
            booked += used.nanoUsd - permit.reserved.nanoUsd;
          }
          const reserved = open.reduce((sum, permit) => sum + permit.reserved.nanoUsd, 0);
          expect(open.length).toBeLessThanOrEqual(6);
          expect(booked + reserved).toBeLessThanOrEqual(1000);
          const key = meters.get("key");
          if (key) expect([key.reservedNanoUsd, key.underWay, key.spent.total?.nanoUsd ?? 0]).toEqual([reserved, open.length, booked]);
          meters = new Map(JSON.parse(JSON.stringify([...meters])));
        }
        for (const permit of open) meters = settle(meters, nowMs, permit, permit.reserved, false);
        for (const { reservedNanoUsd, underWay } of meters.values()) expect([reservedNanoUsd, underWay]).toEqual([0, 0]);
      }),
      { numRuns: 300 },
    );
  });

  it("denies nobody while half of it is free", () => {
    let meters: Meters = new Map();
    const one: Scope[] = [{ id: "key", limits: { rates: {}, budgets: [total(1000)] } }];
    for (let calls = 0; calls < 50; calls++) {
      const [after, admission] = admit(meters, T0, {
        id: String(calls),
        leaseUntilMs: T0,
        scopes: one,
        models: [],
        want: want({ nanoUsd: 10, leastNanoUsd: 1 }),
      });
      expect(admission.kind).toBe("admitted");
      meters = after;
    }
  });
});

describe("what operators write", () => {
  it.each([
    [
      { rpm: 5, tokensPerMinute: 10 },
      { requestsPerMinute: 5, tokensPerMinute: 10 },
    ],
    [
      { requests_per_day: 5, rpd: 3, concurrency: 2 },
      { requestsPerDay: 3, concurrency: 2 },
    ],
  ])("limits %o", (said, meant) => {
    expect(rateLimitsSchema.parse(said)).toEqual(meant);
  });

  it.each([
    [5, [["total", 5e9, "UTC"]]],
    [
      { day: 1, monthly_usd: 20 },
      [
        ["day", 1e9, "UTC"],
        ["month", 20e9, "UTC"],
      ],
    ],
    [{ usd: 0.1, per: "month", time_zone: "Asia/Seoul" }, [["month", 1e8, "Asia/Seoul"]]],
    [
      [{ limit_usd: 1, window: "daily" }, { total: 3 }],
      [
        ["day", 1e9, "UTC"],
        ["total", 3e9, "UTC"],
      ],
    ],
  ])("budget %o", (said, meant) => {
    expect(budgetsSchema.parse(said).map(({ window, limitNanoUsd, timeZone }) => [window, limitNanoUsd, timeZone])).toEqual(meant);
  });

  it.each([{ rpm: 0 }, { rpm: "5" }, { rqm: 5 }])("refuses limits %o", (said) =>
    expect(rateLimitsSchema.safeParse(said).success).toBe(false),
  );
  it.each([-1, "5", { usd: 1, per: "week" }, { day: 1, zone: "UTC" }, { total: 1, timeZone: "Mars/Base" }])("refuses budget %o", (said) =>
    expect(budgetsSchema.safeParse(said).success).toBe(false),
  );
});
