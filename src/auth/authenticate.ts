import { badRequest, GatewayError } from "../core/errors";
import { type EndUserToken, isToken, readToken, type TokenSettings } from "./end-user-token";
import { hashKey, isSameHash } from "./key-hash";
import { keyState } from "./key-policy";
import { readKeyId } from "./key-text";
import { type KeyLookup, lookUpKey } from "./look-up-key";
import type { Principal, VirtualKey } from "./principal";

/** A mismatch against a reading older than this is checked once more: the key may have been made or rotated a moment ago. */
const MISMATCH_AGE_MS_MAX = 1000;
/** Longest credential looked at. */
const CREDENTIAL_CHARS_MAX = 512;
/** Longest end-user name. */
export const USER_CHARS_MAX = 256;
/** Stands in for the hash of a key that does not exist, so that both ways compare one. */
const NO_HASH = "0".repeat(64);

export interface Authentication extends KeyLookup {
  /** How end users' tokens are checked; absent where none are taken. */
  tokens?: TokenSettings;
  /** The secret KEY_PEPPER; refused with `unavailable` when absent or short. */
  pepper: string | undefined;
}

/**
 * Who calls. Reads `Authorization: Bearer` or `x-api-key` (either, on every endpoint) and `x-sluice-user`. Throws `unauthenticated`,
 * with one and the same message and code whatever is wrong with the key; `bad-request` for an unusable user name; `unavailable` when
 * no store can tell.
 */
export async function authenticate(headers: Headers, authentication: Authentication): Promise<Principal> {
  const credential = readCredential(headers);
  if (credential === null) throw unauthenticated("no credential");
  if (authentication.tokens && isToken(credential)) return authenticateToken(credential, authentication, authentication.tokens);
  const id = readKeyId(credential);
  // A malformed credential costs an HMAC too; an unknown id and a wrong secret take the same path below.
  const presented = await hashKey(credential, authentication.pepper);
  if (id === null) throw unauthenticated("malformed key");
  const key = await verify(id, presented, authentication);
  const state = keyState(key, authentication.clock());
  if (state !== "live") throw unauthenticated(`${id} is ${state}`);
  const user = readUser(headers);
  return user === undefined ? { key } : { key, user };
}

/** A token that the client app's own backend signed: it names a virtual key and the end user, whom no header may change. */
async function authenticateToken(token: string, authentication: Authentication, tokens: TokenSettings): Promise<Principal> {
  let read: EndUserToken;
  try {
    read = await readToken(token, authentication.clock(), tokens);
  } catch (error) {
    if (error instanceof GatewayError) throw error;
    throw unauthenticated(`end-user token: ${error instanceof Error ? error.message : "unreadable"}`);
  }
  const { key } = await lookUpKey(read.keyId, authentication);
  const state = key ? keyState(key, authentication.clock()) : "unknown";
  if (!key || state !== "live") throw unauthenticated(`the token's ${read.keyId} is ${state}`);
  return {
    key,
    user: read.user,
    isUserProven: true,
    ...(read.models ? { models: read.models } : {}),
    ...(read.limits ? { limits: read.limits } : {}),
  };
}

/** Bearer or x-api-key; when both are there, the one that looks like ours (SDKs send a placeholder in the other). */
function readCredential(headers: Headers): string | null {
  const bearer = /^bearer +(\S+) *$/i.exec(headers.get("authorization") ?? "")?.[1];
  const apiKey = headers.get("x-api-key")?.trim();
  const credentials = [bearer, apiKey].filter(
    (text) => text !== undefined && text !== "" && (text.length <= CREDENTIAL_CHARS_MAX || isToken(text)),
  );
  return credentials.find((text) => text !== undefined && readKeyId(text) !== null) ?? credentials[0] ?? null;
}

async function verify(id: string, presented: string, authentication: Authentication): Promise<VirtualKey> {
  let reading = await lookUpKey(id, authentication);
  if (!matches(reading.key, presented) && authentication.clock() - reading.readAtMs >= MISMATCH_AGE_MS_MAX) {
    reading = await lookUpKey(id, authentication, MISMATCH_AGE_MS_MAX);
  }
  const isMatch = matches(reading.key, presented);
  if (reading.key === null || !isMatch) throw unauthenticated(reading.key ? `wrong secret for ${id}` : `unknown key ${id}`);
  return reading.key;
}

function matches(key: VirtualKey | null, presented: string): boolean {
  return isSameHash(key?.hash ?? NO_HASH, presented);
}

function unauthenticated(detail: string): GatewayError {
  return new GatewayError(
    "unauthenticated",
    "No valid API key was given. Send a Sluice key as `Authorization: Bearer sk-sluice-…` or `x-api-key: sk-sluice-…`; if yours no longer works, ask the operator of this gateway for a new one.",
    { code: "invalid_api_key", detail },
  );
}

function readUser(headers: Headers): string | undefined {
  const user = headers.get("x-sluice-user")?.trim();
  if (user === undefined || user === "") return undefined;
  if (user.length > USER_CHARS_MAX) {
    throw badRequest("x-sluice-user", `The header \`x-sluice-user\` is longer than ${USER_CHARS_MAX} characters.`, "invalid_header");
  }
  if (/\p{Cc}/u.test(user)) {
    throw badRequest("x-sluice-user", "The header `x-sluice-user` holds a control character.", "invalid_header");
  }
  return user;
}
