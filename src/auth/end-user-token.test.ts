import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import { collectLog, Isolate, KeyWorld, makeKey } from "../../test/support/keys";
import { authenticate } from "./authenticate";
import { isToken, keySetAt, readToken, type TokenSettings } from "./end-user-token";
import { mayUseModel } from "./key-policy";

const NOW = 1_795_000_000_000;
const SECRET = "a secret of the app's own backend, long enough";
const CLAIMS = { sub: "ann", key_id: "key_0123456789ab" };
const settings = (change: Partial<TokenSettings> = {}): TokenSettings => ({
  secret: SECRET,
  keySet: undefined,
  readLimits: (said) => (typeof said === "object" && said !== null && "rpm" in said ? { requestsPerMinute: Number(said.rpm) } : undefined),
  ...change,
});

function sign(claims: JWTPayload, { secret = SECRET, seconds = 600 } = {}): Promise<string> {
  const exp = NOW / 1000 + seconds;
  return new SignJWT({ ...claims, iat: NOW / 1000, exp }).setProtectedHeader({ alg: "HS256" }).sign(new TextEncoder().encode(secret));
}

describe("a token", () => {
  it("says for whom, on which key, and what less it may", async () => {
    const token = await sign({ ...CLAIMS, models: ["fast"], limits: { rpm: 3 } });
    expect(isToken(token)).toBe(true);
    expect(await readToken(token, NOW, settings())).toEqual({
      user: "ann",
      keyId: CLAIMS.key_id,
      models: ["fast"],
      limits: { requestsPerMinute: 3 },
    });
  });

  it.each([
    ["is signed by another", () => sign(CLAIMS, { secret: "somebody else's secret, as long as ours" })],
    ["has expired", () => sign(CLAIMS, { seconds: -60 })],
    ["lives for more than a day", () => sign(CLAIMS, { seconds: 90_000 })],
    ["names no user", () => sign({ key_id: CLAIMS.key_id })],
    ["names no key", () => sign({ sub: "ann" })],
    ["has limits that make no sense", () => sign({ ...CLAIMS, limits: { many: 1 } })],
    ["is not signed at all", async () => `${btoa('{"alg":"none"}')}.${btoa(JSON.stringify({ ...CLAIMS, exp: NOW }))}.x`.replace(/=/g, "")],
  ])("that %s is refused", async (_, make) => {
    await expect(readToken(await make(), NOW, settings())).rejects.toThrow();
  });
});

describe("a key set", () => {
  let pair: Awaited<ReturnType<typeof generateKeyPair>>;
  let keys: object[] = [];
  let reads = 0;
  let isUp = true;
  let nowMs = NOW;
  const fetch = async () => {
    reads += 1;
    if (!isUp) throw new Error("down");
    return Response.json({ keys });
  };
  const reader = keySetAt("https://issuer.example/jwks", fetch, () => nowMs, collectLog().log);
  const es = (kid: string) =>
    new SignJWT({ ...CLAIMS, iat: nowMs / 1000, exp: nowMs / 1000 + 60 }).setProtectedHeader({ alg: "ES256", kid }).sign(pair.privateKey);
  const read = async (token: string) => readToken(token, nowMs, settings({ secret: undefined, keySet: reader }));

  beforeAll(async () => {
    pair = await generateKeyPair("ES256", { extractable: true });
    keys = [{ ...(await exportJWK(pair.publicKey)), kid: "one", alg: "ES256" }];
  });

  it("is read once, again for a key it does not hold, and serves on while its issuer is down", async () => {
    expect(await read(await es("one"))).toMatchObject({ user: "ann" });
    await read(await es("one"));
    expect(reads).toBe(1);
    nowMs += 31_000;
    keys = [...keys, { ...(await exportJWK(pair.publicKey)), kid: "two", alg: "ES256" }];
    expect(await read(await es("two"))).toMatchObject({ user: "ann" });
    expect(reads).toBe(2);
    // A key that nobody has costs the issuer no more than one look in a while.
    await expect(read(await es("three"))).rejects.toThrow();
    await expect(read(await es("three"))).rejects.toThrow();
    expect(reads).toBe(2);
    isUp = false;
    nowMs += 3_600_000;
    expect(await read(await es("one"))).toMatchObject({ user: "ann" });
  });

  it("does not let a public key pass for a secret", async () => {
    const token = await sign(CLAIMS, { secret: JSON.stringify(keys) });
    await expect(readToken(token, NOW, settings({ secret: undefined, keySet: reader }))).rejects.toThrow();
  });
});

describe("authentication by a token", () => {
  it("is its user's on its key, whatever headers say, for models that both allow; a revoked key ends it", async () => {
    const world = new KeyWorld();
    world.nowMs = NOW;
    const { key } = await makeKey({ policy: { models: ["openai/*", "fast"] } });
    world.keys.set(key.id, key);
    const isolate = Object.assign(new Isolate(world), { tokens: settings() });
    const token = await sign({ sub: "ann", key_id: key.id, models: ["openai/gpt-4o", "smart"] });
    const headers = new Headers({ authorization: `Bearer ${token}`, "x-sluice-user": "bob" });
    const principal = await authenticate(headers, isolate);
    expect(principal).toMatchObject({ user: "ann", key: { id: key.id } });
    expect(["openai/gpt-4o", "openai/o3", "smart", "fast"].map((model) => mayUseModel(principal, model))).toEqual([
      true,
      false,
      false,
      false,
    ]);
    world.keys.set(key.id, { ...key, revokedAtMs: NOW });
    isolate.memory.forget(key.id);
    await expect(authenticate(headers, isolate)).rejects.toMatchObject({ kind: "unauthenticated", code: "invalid_api_key" });
  });
});
