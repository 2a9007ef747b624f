import { beforeEach, describe, expect, test } from "vitest";
import { openD1, type SqliteD1 } from "../../../test/support/sqlite-d1";
import type { StoredKey } from "../../admin";
import { D1Keys } from "./keys";

let fake: SqliteD1;
let keys: D1Keys;

beforeEach(() => {
  const opened = openD1();
  fake = opened.fake;
  keys = new D1Keys(opened.db);
});

function stored(change: Partial<StoredKey> = {}): StoredKey {
  return {
    id: "key_0aaaaaaaaaaa",
    name: "first",
    hash: "ab".repeat(32),
    policy: { models: ["gpt-4o*"], tags: { team: "a'b\"" }, limits: { rpm: 60 }, budget: { usd: 5, zone: "UTC" } },
    disabled: false,
    createdAtMs: 1000,
    updatedAtMs: 2000,
    expiresAtMs: null,
    revokedAtMs: null,
    ...change,
  };
}

test("a key comes back as it was put, unknown ids as null", async () => {
  for (const key of [stored(), stored({ id: "key_1", disabled: true, expiresAtMs: 5, revokedAtMs: 6, policy: {} })]) {
    await keys.insert(key);
    expect(await keys.get(key.id)).toEqual(key);
    expect(await keys.find(key.id)).toEqual(key);
  }
  expect(await keys.get("key_none")).toBeNull();
  expect(await keys.get("' OR 1=1 --")).toBeNull();
});

test("an id is given once", async () => {
  await keys.insert(stored());
  await expect(keys.insert(stored({ name: "second" }))).rejects.toMatchObject({ status: 503 });
  expect((await keys.get(stored().id))?.name).toBe("first");
});

describe("update", () => {
  test("changes every field there is", async () => {
    await keys.insert(stored());
    const after = stored({ name: "n", hash: "cd".repeat(32), policy: {}, disabled: true, updatedAtMs: 3, expiresAtMs: 4, revokedAtMs: 5 });
    expect(await keys.update(after.id, () => after)).toEqual(after);
    expect(await keys.get(after.id)).toEqual(after);
  });

  test("of an unknown key is null, of no change writes nothing, of a refusal changes nothing", async () => {
    expect(await keys.update("key_none", (key) => ({ ...key, name: "x" }))).toBeNull();
    await keys.insert(stored());
    const before = fake.statements;
    expect(await keys.update(stored().id, (key) => key)).toEqual(stored());
    expect(fake.statements - before).toBe(1);
    const refuse = () => {
      throw new Error("revoked");
    };
    await expect(keys.update(stored().id, refuse)).rejects.toThrow("revoked");
    expect(await keys.get(stored().id)).toEqual(stored());
  });

  test("two at once both hold: a revocation is never undone by a change that was read before it", async () => {
    await keys.insert(stored());
    await Promise.all([
      keys.update(stored().id, (key) => ({ ...key, name: "renamed" })),
      keys.update(stored().id, (key) => ({ ...key, revokedAtMs: 7 })),
      keys.update(stored().id, (key) => ({ ...key, disabled: true })),
    ]);
    expect(await keys.get(stored().id)).toMatchObject({ name: "renamed", revokedAtMs: 7, disabled: true });
  });

  test("gives up with 409 when others never let it through", async () => {
    await keys.insert(stored());
    const contended = keys.update(stored().id, (key) => {
      fake.sqlite.exec("UPDATE virtual_keys SET version = version + 1");
      return { ...key, name: "mine" };
    });
    await expect(contended).rejects.toMatchObject({ status: 409, code: "conflict" });
  });
});

test("lists newest first, each key once, across pages and equal times", async () => {
  for (let at = 0; at < 25; at++) await keys.insert(stored({ id: `key_${String(at).padStart(2, "0")}`, createdAtMs: Math.floor(at / 4) }));
  const seen: string[] = [];
  let before: { createdAtMs: number; id: string } | undefined;
  for (;;) {
    const page = await keys.list(7, before);
    seen.push(...page.map(({ id }) => id));
    before = page.at(-1);
    if (page.length < 7) break;
  }
  expect(seen).toEqual(Array.from({ length: 25 }, (_, at) => `key_${String(24 - at).padStart(2, "0")}`));
});

test("reads ranges of ids and recent changes", async () => {
  for (const id of ["key_0a", "key_0b", "key_1a", "key_2a"]) await keys.insert(stored({ id, updatedAtMs: id.charCodeAt(4) }));
  expect((await keys.between("key_0", "key_2", 10)).map(({ id }) => id)).toEqual(["key_0a", "key_0b", "key_1a"]);
  expect((await keys.between("key_0a", "key_2", 1)).map(({ id }) => id)).toEqual(["key_0b"]);
  expect((await keys.changedSince("1".charCodeAt(0), 10)).map(({ id }) => id)).toEqual(["key_1a", "key_2a"]);
});

test("a database that is down is `unavailable` with a time to retry; why is for the log only", async () => {
  fake.failure = new Error("D1_ERROR: overloaded at internal.host");
  const error = await keys.get("key_0").catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ status: 503, retryAfterSeconds: 5, cause: fake.failure });
  expect(String(error)).not.toContain("internal.host");
});
