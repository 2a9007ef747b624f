import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Isolate, KeyWorld, makeKey } from "../../test/support/keys";
import { KeyMemory, lookUpKey } from ".";

let world: KeyWorld;
let isolate: Isolate;

beforeEach(() => {
  world = new KeyWorld();
  isolate = new Isolate(world);
});

async function hold(): Promise<string> {
  const { key } = await makeKey();
  world.keys.set(key.id, key);
  await lookUpKey(key.id, isolate);
  return key.id;
}

describe("age of a reading", () => {
  test("up to 3 s it is used as it is", async () => {
    const id = await hold();
    world.nowMs += 2999;
    expect((await lookUpKey(id, isolate)).key?.id).toBe(id);
    expect(isolate.pending).toHaveLength(0);
    expect(world.sourceReads).toBe(1);
  });

  test("from 3 to 8 s it is used, and read anew in the background, once", async () => {
    const id = await hold();
    world.nowMs += 3000;
    world.sourceState = "silent";
    expect((await lookUpKey(id, isolate)).key?.id).toBe(id);
    await lookUpKey(id, isolate);
    await lookUpKey(id, isolate);
    expect(isolate.pending).toHaveLength(1);
    expect(world.sourceReads).toBe(2);
  });

  test("a background read that was lost is done again after a second", async () => {
    const id = await hold();
    world.nowMs += 3000;
    world.sourceState = "silent";
    await lookUpKey(id, isolate);
    world.nowMs += 999;
    await lookUpKey(id, isolate);
    expect(world.sourceReads).toBe(2);
    world.nowMs += 1;
    world.sourceState = "up";
    await lookUpKey(id, isolate);
    expect(world.sourceReads).toBe(3);
    await isolate.pending.at(-1);
    world.nowMs += 2999;
    await lookUpKey(id, isolate);
    expect(world.sourceReads).toBe(3);
  });

  test("from 8 s on the request waits for the truth", async () => {
    const id = await hold();
    world.nowMs += 8000;
    world.keys.delete(id);
    expect((await lookUpKey(id, isolate)).key).toBeNull();
  });

  test("a clock that jumped back makes nothing fresh", async () => {
    const id = await hold();
    world.nowMs -= 60_000;
    world.keys.delete(id);
    expect((await lookUpKey(id, isolate)).key).toBeNull();
    await lookUpKey(id, isolate);
    expect(world.sourceReads).toBe(2);
  });

  test("a failed background read changes nothing and is logged", async () => {
    const id = await hold();
    world.nowMs += 5000;
    world.sourceState = "down";
    await lookUpKey(id, isolate);
    await isolate.settle();
    expect((await lookUpKey(id, isolate)).key?.id).toBe(id);
    expect(world.lines.join()).toContain("key-refresh-failed");
  });

  test("whatever the rhythm of requests, a revoked key is never served 10 s after it was revoked", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 4000 }), { minLength: 1, maxLength: 25 }),
        fc.array(fc.integer({ min: 1, max: 4000 }), { minLength: 1, maxLength: 25 }),
        fc.boolean(),
        async (before, after, refreshesFinish) => {
          world = new KeyWorld();
          isolate = new Isolate(world);
          const id = await hold();
          for (const step of before) {
            world.nowMs += step;
            await lookUpKey(id, isolate);
            if (refreshesFinish) await isolate.settle();
          }
          const revokedAtMs = world.nowMs;
          const { key } = await makeKey({ id, revokedAtMs });
          world.keys.set(id, key);
          for (const step of after) {
            world.nowMs += step;
            const reading = await lookUpKey(id, isolate);
            if (world.nowMs - revokedAtMs >= 10_000) expect(reading.key?.revokedAtMs).toBe(revokedAtMs);
            if (refreshesFinish) await isolate.settle();
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe("unknown ids", () => {
  test("are remembered for a second, so that a new key works at once and a flood costs little", async () => {
    const { key } = await makeKey();
    await lookUpKey(key.id, isolate);
    world.nowMs += 999;
    await lookUpKey(key.id, isolate);
    expect(world.sourceReads).toBe(1);
    world.keys.set(key.id, key);
    world.nowMs += 1;
    expect((await lookUpKey(key.id, isolate)).key?.id).toBe(key.id);
  });

  test("a flood of them is bounded and pushes no real key out", async () => {
    const id = await hold();
    for (let at = 0; at < 3000; at++) await lookUpKey(`key_${at}`, isolate);
    expect(isolate.memory.size).toBe(1001);
    world.sourceState = "down";
    expect((await lookUpKey(id, isolate)).key?.id).toBe(id);
  });
});

describe("memory", () => {
  test("drops the least recently used key first", async () => {
    const memory = new KeyMemory(2);
    const { key } = await makeKey();
    for (const id of ["a", "b"]) memory.set(id, { key, readAtMs: 1 });
    memory.get("a");
    memory.set("c", { key, readAtMs: 1 });
    expect(["a", "b", "c"].map((id) => memory.get(id) !== undefined)).toEqual([true, false, true]);
  });

  test("an older reading that arrives late does not replace a newer one", async () => {
    const memory = new KeyMemory();
    const { key } = await makeKey();
    memory.set("a", { key: null, readAtMs: 5 });
    memory.set("a", { key, readAtMs: 4 });
    expect(memory.get("a")?.key).toBeNull();
  });
});

describe("when the source of truth fails", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
  afterEach(() => void vi.useRealTimers());

  test.each(["down", "silent"] as const)("(%s) the snapshot serves, and the log says so", async (state) => {
    const { key } = await makeKey();
    world.copies.set(key.id, { key, writtenAtMs: world.nowMs - 5000 });
    world.sourceState = state;
    const reading = lookUpKey(key.id, isolate);
    await vi.advanceTimersByTimeAsync(400);
    expect((await reading).key).toEqual(key);
    expect(world.lines.join()).toContain("key-source-failed");
    expect(world.lines.join()).toContain("key-from-snapshot");
  });

  test("an outage costs the deadline once in a while, not on every request", async () => {
    const { key } = await makeKey();
    world.copies.set(key.id, { key, writtenAtMs: world.nowMs });
    world.sourceState = "down";
    for (let at = 0; at < 20; at++) await lookUpKey(key.id, isolate);
    expect(world.sourceReads).toBe(1);
  });

  test.each([
    ["there is none", null, "up"],
    ["it is older than a day", 24 * 3_600_000 + 1, "up"],
    ["its store is down", 0, "down"],
    ["its store is silent", 0, "silent"],
  ] as const)("and no snapshot can tell because %s: 503 with a time to retry, not 401", async (_, ageMs, state) => {
    const { key } = await makeKey();
    if (ageMs !== null) world.copies.set(key.id, { key, writtenAtMs: world.nowMs - ageMs });
    world.snapshotState = state;
    world.sourceState = "down";
    const outcome = expect(lookUpKey(key.id, isolate)).rejects.toMatchObject({ kind: "unavailable", status: 503, retryAfterSeconds: 5 });
    await vi.advanceTimersByTimeAsync(1000);
    await outcome;
  });

  test("without a snapshot store: 503", async () => {
    world.sourceState = "down";
    const { snapshots: _, ...lookup } = isolate;
    await expect(lookUpKey("key_0", lookup)).rejects.toMatchObject({ status: 503 });
  });
});
