import { describe, expect, test } from "vitest";
import { collectLog, makeKey } from "../../test/support/keys";
import { announceKey, type KeySnapshot, refreshSnapshots, type VirtualKey } from ".";

const HOUR_MS = 3_600_000;

/** Keys in a table, with what a test wants to happen between two reads. */
function table(keys: VirtualKey[]) {
  const written: KeySnapshot[] = [];
  return {
    written,
    keys: {
      async between(from: string, to: string, limit: number) {
        return keys
          .filter(({ id }) => id > from && id < to)
          .sort((a, b) => (a.id < b.id ? -1 : 1))
          .slice(0, limit);
      },
      async changedSince(): Promise<VirtualKey[]> {
        return [];
      },
    },
    snapshots: {
      async put(snapshot: KeySnapshot) {
        written.push(snapshot);
      },
    },
  };
}

describe("refresh", () => {
  test("sixteen hourly runs write every live key, and no dead one", async () => {
    const live = await Promise.all(Array.from({ length: 300 }, () => makeKey()));
    const dead = await Promise.all([makeKey({ revokedAtMs: 1 }), makeKey({ expiresAtMs: 1 })]);
    const { written, ...stores } = table([...live, ...dead].map(({ key }) => key));
    for (let hour = 0; hour < 16; hour++) {
      await refreshSnapshots({ ...stores, clock: () => (500_000 + hour) * HOUR_MS, log: collectLog().log });
    }
    expect(written.map(({ key }) => key.id).sort()).toEqual(live.map(({ key }) => key.id).sort());
  });

  test("a key that is revoked during the run ends up revoked in its snapshot", async () => {
    const { key } = await makeKey({ id: "key_0aaaaaaaaaaa" });
    const { written, keys, snapshots } = table([key]);
    const changedSince = async () => [{ ...key, revokedAtMs: 7 }];
    await refreshSnapshots({ keys: { ...keys, changedSince }, snapshots, clock: () => 0, log: collectLog().log });
    expect(written.map((snapshot) => snapshot.key.revokedAtMs)).toEqual([null, 7]);
  });

  test("more keys than one run may write are said to be left out", async () => {
    const { key } = await makeKey();
    const many = Array.from({ length: 1000 }, (_, at) => ({ ...key, id: `key_0${String(at).padStart(11, "0")}` }));
    const { written, ...stores } = table(many);
    const { log, lines } = collectLog();
    await refreshSnapshots({ ...stores, clock: () => 0, log });
    expect(written.length).toBe(800);
    expect(lines.join()).toContain("key-snapshots-incomplete");
  });

  test("a write that fails is logged and does not stop the others", async () => {
    const made = [await makeKey({ id: "key_0aaaaaaaaaaa" }), await makeKey({ id: "key_0bbbbbbbbbbb" })];
    const { written, keys, snapshots } = table(made.map(({ key }) => key));
    const { log, lines } = collectLog();
    const put = async (snapshot: KeySnapshot) => {
      if (snapshot.key.id === "key_0aaaaaaaaaaa") throw new Error("429");
      await snapshots.put(snapshot);
    };
    expect(await refreshSnapshots({ keys, snapshots: { put }, clock: () => 0, log })).toBe(1);
    expect(written).toHaveLength(1);
    expect(lines).toHaveLength(1);
  });
});

describe("announce", () => {
  test("forgets the key here, writes its snapshot, and turns a failure into a warning and a log line", async () => {
    const { key } = await makeKey();
    const forgotten: string[] = [];
    const memory = { forget: (id: string) => void forgotten.push(id) };
    const { written, snapshots } = table([]);
    const { log, lines } = collectLog();
    expect(await announceKey(key, { memory, snapshots, clock: () => 9, log })).toEqual([]);
    expect(written).toEqual([{ key, writtenAtMs: 9 }]);
    const failing = { put: () => Promise.reject(new Error("429")) };
    expect(await announceKey(key, { memory, snapshots: failing, clock: () => 9, log })).toHaveLength(1);
    expect(forgotten).toEqual([key.id, key.id]);
    expect(lines.join()).toContain("key-snapshot-not-written");
    expect(lines.join()).not.toContain(key.hash);
  });
});
