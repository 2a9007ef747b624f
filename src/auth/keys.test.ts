import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { systemRandom } from "../core/random";
import { hashKey, isModelAllowed, isSameHash, keyState, newKeyId, newKeyText, readKeyId } from ".";

const PEPPER = "a pepper of enough characters";

describe("key text", () => {
  test("holds its id and a 256-bit secret", () => {
    const id = newKeyId(systemRandom);
    const text = newKeyText(id, systemRandom);
    expect(id).toMatch(/^key_[0-9a-hjkmnp-tv-z]{12}$/);
    expect(text).toMatch(/^sk-sluice-[0-9a-z]{12}-[A-Za-z0-9_-]{43}$/);
    expect(readKeyId(text)).toBe(id);
    expect(newKeyText(id, () => new Uint8Array(32).fill(255)).endsWith(`-${"_".repeat(42)}8`)).toBe(true);
  });

  test("two keys of one id share nothing but the id", () => {
    const id = newKeyId(systemRandom);
    expect(newKeyText(id, systemRandom)).not.toBe(newKeyText(id, systemRandom));
  });

  test.each(["", "sk-sluice-", "sk-proj-abc", `sk-sluice-0123456789ab-${"x".repeat(42)}`, `sk-sluice-0123456789ab-${"x".repeat(44)}`])(
    "%j is no key",
    (text) => expect(readKeyId(text)).toBeNull(),
  );

  test("any text is read without an error", async () => {
    await fc.assert(fc.property(fc.string(), (text) => readKeyId(text) === null));
  });
});

describe("hash", () => {
  test("is HMAC-SHA-256 under the pepper (RFC 4231-like check against node's)", async () => {
    const { createHmac } = await import("node:crypto");
    expect(await hashKey("sk-sluice-x", PEPPER)).toBe(createHmac("sha256", PEPPER).update("sk-sluice-x").digest("hex"));
    expect(await hashKey("sk-sluice-x", `${PEPPER}!`)).toBe(createHmac("sha256", `${PEPPER}!`).update("sk-sluice-x").digest("hex"));
  });

  test.each([undefined, ""])("refuses the pepper %j and says what to set", async (pepper) => {
    await expect(hashKey("x", pepper)).rejects.toMatchObject({ kind: "unavailable", message: expect.stringContaining("KEY_PEPPER") });
  });

  test("compares equal only to itself", async () => {
    await fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        expect(isSameHash(a, a)).toBe(true);
        expect(isSameHash(a, b)).toBe(a === b);
      }),
    );
  });
});

describe("policy", () => {
  test.each([
    [undefined, "anything", true],
    [["gpt-4o"], "gpt-4o", true],
    [["gpt-4o"], "gpt-4o-mini", false],
    [["gpt-4o"], "GPT-4o", false],
    [["gpt-4o*"], "gpt-4o-mini", true],
    [["anthropic/*"], "anthropic/claude-haiku-4-5", true],
    [["anthropic/*"], "openai/gpt-4o", false],
    [["*"], "anything", true],
    [["a*b"], "a*b", true],
    [["a*b"], "axb", false],
    [[], "anything", false],
  ])("models %j allow %s: %j", (models, asked, allowed) => {
    expect(isModelAllowed(models === undefined ? {} : { models }, asked)).toBe(allowed);
  });

  const live = { revokedAtMs: null, expiresAtMs: null, disabled: false };
  test.each([
    ["live", live],
    ["live", { ...live, expiresAtMs: 1001 }],
    ["expired", { ...live, expiresAtMs: 1000 }],
    ["revoked", { ...live, revokedAtMs: 5000, expiresAtMs: 9999 }],
    ["disabled", { ...live, disabled: true }],
  ] as const)("a key is %s at 1000 with %j", (state, key) => expect(keyState(key, 1000)).toBe(state));
});
