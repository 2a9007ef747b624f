import { expect, test } from "vitest";
import { makeKey } from "../../../test/support/keys";
import { KvKeySnapshots } from "./key-snapshots";

/** KV in memory that refuses the first `refusals` writes. */
function openKv(refusals = 0) {
  const values = new Map<string, string>();
  const puts: unknown[][] = [];
  const kv = {
    get: async (name: string) => JSON.parse(values.get(name) ?? "null"),
    put: async (name: string, text: string, options: unknown) => {
      puts.push([name, options]);
      if (puts.length <= refusals) throw new Error("KV PUT failed: 429 Too Many Requests");
      values.set(name, text);
    },
  };
  return { kv: kv as unknown as KVNamespace, values, puts };
}

test("a snapshot comes back as it was put, vanishes after a day, and holds no key text", async () => {
  const { kv, values, puts } = openKv();
  const { key, text } = await makeKey({ revokedAtMs: 5 });
  const snapshots = new KvKeySnapshots(kv);
  await snapshots.put({ key, writtenAtMs: 9 });
  expect(puts).toEqual([[`key:${key.id}`, { expirationTtl: 86_400 }]]);
  expect(await snapshots.find(key.id)).toEqual({ key, writtenAtMs: 9 });
  expect([...values.values()].join()).not.toContain(text);
});

test("what is not there, or of a version unknown here, is null", async () => {
  const { kv, values } = openKv();
  values.set("key:key_b", JSON.stringify({ v: 2, key: {}, writtenAtMs: 9 }));
  const snapshots = new KvKeySnapshots(kv);
  expect([await snapshots.find("key_a"), await snapshots.find("key_b")]).toEqual([null, null]);
});

test("a second change within a second waits for KV and is written; a lasting refusal is passed on", async () => {
  const { key } = await makeKey();
  const waits: number[] = [];
  const wait = async (ms: number) => void waits.push(ms);
  const once = openKv(1);
  await new KvKeySnapshots(once.kv, wait).put({ key, writtenAtMs: 9 });
  expect([once.values.size, waits]).toEqual([1, [1100]]);
  const always = openKv(9);
  await expect(new KvKeySnapshots(always.kv, wait).put({ key, writtenAtMs: 9 })).rejects.toThrow("429");
  expect(always.puts).toHaveLength(2);
});
