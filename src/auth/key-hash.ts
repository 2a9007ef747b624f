import { GatewayError } from "../core/errors";

const encoder = new TextEncoder();
/** The pepper's key, imported once per isolate. It is plain data: sharing it between requests is allowed, sharing a promise is not. */
let imported: { pepper: string; key: CryptoKey } | undefined;

/**
 * HMAC-SHA-256 of a virtual key under the pepper, 64 lower-case hex digits. Throws `unavailable` when the operator set no pepper.
 */
export async function hashKey(keyText: string, pepper: string | undefined): Promise<string> {
  const digest = await crypto.subtle.sign("HMAC", await pepperKey(pepper), encoder.encode(keyText));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Compares two hashes in a time that does not tell where they differ. */
export function isSameHash(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let at = 0; at < a.length; at++) difference |= a.charCodeAt(at) ^ b.charCodeAt(at);
  return difference === 0;
}

async function pepperKey(pepper: string | undefined): Promise<CryptoKey> {
  if (!pepper) {
    throw new GatewayError("unavailable", "This gateway is not set up: its operator must set the secret KEY_PEPPER to a random text.", {
      code: "not_configured",
      retryAfterSeconds: 60,
    });
  }
  if (imported?.pepper === pepper) return imported.key;
  const key = await crypto.subtle.importKey("raw", encoder.encode(pepper), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  imported = { pepper, key };
  return key;
}
