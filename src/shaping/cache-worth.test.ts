import { describe, expect, it } from "vitest";
import { type CacheHistory, type CacheObservation, NO_CACHE_HISTORY, netSaving, observeCache, shouldMark } from "./cache-worth";

const MINUTE = 60_000;
const SONNET = { input: 3000, cacheRead: 300, cacheWrite5m: 3750, cacheWrite1h: 6000 };

/** Tokens written and never read, when a prompt of 5,000 tokens comes every `everyMs`, changed every time or not. */
function replay(everyMs: number, requests: number, changes: boolean): { writes: number; reads: number } {
  let history: CacheHistory = NO_CACHE_HISTORY;
  const seen = { writes: 0, reads: 0 };
  let cachedUntilMs = -1;
  for (let at = 0; at < requests; at += 1) {
    const nowMs = at * everyMs;
    const prefix = changes ? `v${at}` : "v";
    if (!shouldMark(history, ["key"], nowMs, prefix)) continue;
    const hit = !changes && nowMs < cachedUntilMs;
    cachedUntilMs = nowMs + 5 * MINUTE;
    seen[hit ? "reads" : "writes"] += 1;
    history = observeCache(history, nowMs, { prefixKeys: ["key"], prefix, read: hit ? 5000 : 0, written: hit ? 0 : 5000 });
  }
  return seen;
}

describe("prompt caching that does not pay", () => {
  it("PITFALLS C 29: stops after one write where the prompt changes every time, and tries again ever more seldom", () => {
    expect(replay(MINUTE, 29, true)).toEqual({ writes: 1, reads: 0 });
    // 24 hours of a request a minute: 30 min, 1 h, 2 h, 4 h, 8 h, then once more.
    expect(replay(MINUTE, 1440, true).writes).toBeLessThanOrEqual(6);
  });

  it("stops where requests are too far apart for the entry to live", () => {
    expect(replay(10 * MINUTE, 144, false).writes).toBeLessThanOrEqual(6);
  });

  it("asks every kind of traffic that a request belongs to", () => {
    let history: CacheHistory = NO_CACHE_HISTORY;
    let writes = 0;
    for (let user = 0; user < 29; user += 1) {
      const nowMs = user * MINUTE;
      const [prefixKeys, prefix] = [["tools", `tools, a prompt for user ${user}`], `v${user}`];
      if (!shouldMark(history, prefixKeys, nowMs, prefix)) continue;
      writes += 1;
      history = observeCache(history, nowMs, { prefixKeys, prefix, read: 0, written: 5000 });
    }
    expect(writes).toBe(1);
  });

  it("goes on where what was written is read", () => {
    expect(replay(MINUTE, 100, false)).toEqual({ writes: 1, reads: 99 });
  });

  it("takes reads that save less than the writes cost for a loss", () => {
    const seen = (read: number, written: number): CacheObservation => ({ prefixKeys: ["key"], read, written });
    let history = observeCache(NO_CACHE_HISTORY, 0, seen(1000, 20_000));
    history = observeCache(history, MINUTE, seen(1000, 20_000));
    expect(shouldMark(history, ["key"], 2 * MINUTE)).toBe(false);
    history = observeCache(history, 3 * MINUTE, seen(10_000, 500));
    expect(shouldMark(history, ["key"], 4 * MINUTE)).toBe(true);
  });

  it("does not count requests that were too short to be cached, and knows keys apart", () => {
    const history = observeCache(NO_CACHE_HISTORY, 0, { prefixKeys: ["a"], read: 0, written: 0 });
    expect(history).toBe(NO_CACHE_HISTORY);
    const other = observeCache(history, 0, { prefixKeys: ["a"], read: 0, written: 9 });
    expect([shouldMark(other, ["a"], 20 * MINUTE), shouldMark(other, ["b"], 20 * MINUTE)]).toEqual([false, true]);
  });

  it("waits an hour for what was written for an hour", () => {
    const history = observeCache(NO_CACHE_HISTORY, 0, { prefixKeys: ["a"], read: 0, written: 0, written1h: 5000 });
    expect(shouldMark(history, ["a"], 50 * MINUTE)).toBe(true);
  });

  it("remembers a bounded number of prefixes", () => {
    let history: CacheHistory = NO_CACHE_HISTORY;
    for (let at = 0; at < 2000; at += 1) history = observeCache(history, at, { prefixKeys: [`k${at}`], read: 0, written: 1 });
    expect(history.size).toBe(512);
    expect(history.has("k1999")).toBe(true);
  });
});

describe("the net saving", () => {
  it("is the discount of reads minus the premium of writes", () => {
    expect(netSaving({ cacheRead: 1000, write5m: 0, write1h: 0 }, SONNET)).toBe(2_700_000);
    expect(netSaving({ cacheRead: 0, write5m: 1000, write1h: 0 }, SONNET)).toBe(-750_000);
    expect(netSaving({ cacheRead: 1000, write5m: 1000, write1h: 1000 }, SONNET)).toBe(2_700_000 - 750_000 - 3_000_000);
  });
});
