import { beforeEach, describe, expect, test, vi } from "vitest";
import { Isolate, KeyWorld, makeKey } from "../../test/support/keys";
import { GatewayError } from "../core/errors";
import { authenticate } from ".";

let world: KeyWorld;
let isolate: Isolate;

beforeEach(() => {
  world = new KeyWorld();
  isolate = new Isolate(world);
});

async function addKey(change: Parameters<typeof makeKey>[0] = {}) {
  const made = await makeKey(change);
  world.keys.set(made.key.id, made.key);
  return made;
}

async function refusal(headers: Record<string, string>): Promise<GatewayError> {
  const error = await authenticate(new Headers(headers), isolate).catch((thrown: unknown) => thrown);
  if (error instanceof GatewayError) return error;
  throw new Error("not refused");
}

describe("refuses", () => {
  test("every bad credential with one and the same answer", async () => {
    const { text } = await addKey();
    const wrongSecret = `${text.slice(0, -1)}${text.endsWith("A") ? "B" : "A"}`;
    const { text: unknown } = await makeKey();
    const { text: expired } = await addKey({ expiresAtMs: world.nowMs });
    const { text: revoked } = await addKey({ revokedAtMs: world.nowMs - 1 });
    const { text: disabled } = await addKey({ disabled: true });
    const all: Record<string, string>[] = [
      {},
      { authorization: "" },
      { authorization: "Basic YTpi" },
      { authorization: text },
      { authorization: "Bearer " },
      { authorization: "Bearer sk-proj-something" },
      { "x-api-key": "sk-ant-something" },
      { authorization: `Bearer ${"x".repeat(100_000)}` },
      ...[wrongSecret, unknown, expired, revoked, disabled].flatMap((key) => [{ authorization: `Bearer ${key}` }, { "x-api-key": key }]),
    ];
    const shapes = new Set<string>();
    for (const headers of all) {
      const { kind, status, message, code, param, retryAfterSeconds } = await refusal(headers);
      shapes.add(JSON.stringify({ kind, status, message, code, param, retryAfterSeconds }));
    }
    expect([...shapes]).toEqual([expect.stringMatching(/^{"kind":"unauthenticated","status":401,.*"code":"invalid_api_key"}$/)]);
  });

  test("a wrong secret and an unknown id at the same cost, one HMAC and one read; a malformed key after one HMAC", async () => {
    const sign = vi.spyOn(crypto.subtle, "sign");
    const { key } = await addKey();
    const costs = [];
    for (const { text } of [await makeKey({ id: key.id }), await makeKey(), { text: "sk-other" }]) {
      sign.mockClear();
      world.sourceReads = 0;
      await refusal({ "x-api-key": text });
      costs.push([sign.mock.calls.length, world.sourceReads]);
    }
    sign.mockRestore();
    expect(costs).toEqual([
      [1, 1],
      [1, 1],
      [1, 0],
    ]);
  });

  test("without putting the key into the error or the log, also when stores fail", async () => {
    const { text, key } = await addKey({ revokedAtMs: 1 });
    const error = await refusal({ "x-api-key": text });
    world.nowMs += 9000;
    world.sourceState = "down";
    const outage = await refusal({ "x-api-key": text });
    expect(outage.status).toBe(503);
    const said = [error, outage].map((one) => `${one.message} ${one.detail} ${one.stack}`).join() + world.lines.join();
    expect(said).not.toContain(text.slice(-43));
    expect(said).not.toContain(key.hash);
  });

  test.each([
    ["too long", "u".repeat(257)],
    ["with a control character", "a\tb"],
  ])("a user name that is %s, naming the header", async (_, user) => {
    const { text } = await addKey();
    expect(await refusal({ "x-api-key": text, "x-sluice-user": user })).toMatchObject({ status: 400, param: "x-sluice-user" });
  });

  test("everything while no pepper is set, saying so", async () => {
    const { text } = await addKey();
    const headers = new Headers({ "x-api-key": text });
    await expect(authenticate(headers, { ...isolate, pepper: undefined })).rejects.toMatchObject({ status: 503, code: "not_configured" });
  });
});

describe("accepts", () => {
  test("Bearer in any case and x-api-key, with the user", async () => {
    const { text, key } = await addKey();
    const expected = { key, user: "ann@example.com" };
    for (const headers of [{ authorization: `bearer ${text}` }, { authorization: `Bearer  ${text}` }, { "x-api-key": text }]) {
      expect(await authenticate(new Headers({ ...headers, "x-sluice-user": " ann@example.com " }), isolate)).toEqual(expected);
    }
    expect(await authenticate(new Headers({ "x-api-key": text, "x-sluice-user": " " }), isolate)).toEqual({ key });
  });

  test("the one that looks like ours when both are there", async () => {
    const { text, key } = await addKey();
    for (const headers of [
      { authorization: "Bearer sk-placeholder", "x-api-key": text },
      { authorization: `Bearer ${text}`, "x-api-key": "sk-placeholder" },
    ]) {
      expect((await authenticate(new Headers(headers), isolate)).key.id).toBe(key.id);
    }
  });
});

describe("changes", () => {
  test("a revoked key is refused within 10 s in an isolate that used it all along", async () => {
    const { text, key } = await addKey();
    const headers = new Headers({ "x-api-key": text });
    await authenticate(headers, isolate);
    world.keys.set(key.id, { ...key, revokedAtMs: world.nowMs });
    const revokedAtMs = world.nowMs;
    for (;;) {
      world.nowMs += 500;
      const refused = await authenticate(headers, isolate).then(
        () => false,
        () => true,
      );
      await isolate.settle();
      if (refused) break;
      expect(world.nowMs - revokedAtMs).toBeLessThan(10_000);
    }
  });

  test("a key expires on the millisecond, without a read", async () => {
    const { text } = await addKey({ expiresAtMs: world.nowMs + 1000 });
    const headers = { "x-api-key": text };
    world.nowMs += 999;
    await authenticate(new Headers(headers), isolate);
    world.nowMs += 1;
    expect((await refusal(headers)).status).toBe(401);
    expect(world.sourceReads).toBe(1);
  });

  test("after a rotation the new key works within a second, the old one no longer than 8 s", async () => {
    const { text: oldText, key } = await addKey();
    await authenticate(new Headers({ "x-api-key": oldText }), isolate);
    const { text: newText, key: rotated } = await makeKey({ id: key.id });
    world.keys.set(key.id, rotated);
    world.nowMs += 1000;
    expect((await authenticate(new Headers({ "x-api-key": newText }), isolate)).key.hash).toBe(rotated.hash);
    expect((await refusal({ "x-api-key": oldText })).status).toBe(401);
  });

  test("guessing at a known id costs at most one read per second", async () => {
    const { text, key } = await addKey();
    await authenticate(new Headers({ "x-api-key": text }), isolate);
    const { text: guess } = await makeKey({ id: key.id });
    for (let at = 0; at < 50; at++) {
      world.nowMs += 100;
      await refusal({ "x-api-key": guess });
    }
    expect(world.sourceReads).toBeLessThanOrEqual(1 + 5);
  });

  test("while the database is down the snapshot decides, revocation included", async () => {
    const live = await makeKey();
    const dead = await makeKey({ revokedAtMs: 1 });
    for (const { key } of [live, dead]) world.copies.set(key.id, { key, writtenAtMs: world.nowMs });
    world.sourceState = "down";
    expect((await authenticate(new Headers({ "x-api-key": live.text }), isolate)).key).toEqual(live.key);
    expect((await refusal({ "x-api-key": dead.text })).status).toBe(401);
  });
});
