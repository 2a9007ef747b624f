import { createLocalJWKSet, type JSONWebKeySet, type JWTPayload, jwtVerify } from "jose";
import * as z from "zod";
import { withDeadline } from "../core/deadline";
import { GatewayError } from "../core/errors";
import { errorFacts, type Log } from "../core/log";
import type { RateLimits } from "../limits";

/** Longest token looked at. */
const TOKEN_CHARS_MAX = 8192;
/** A token that lives longer is refused: it is meant for a browser. */
const LIFETIME_SECONDS_MAX = 24 * 60 * 60;
const CLOCK_TOLERANCE_SECONDS = 30;
/** A key set is read anew after this long, and when a token names a key that is not in it, though not more often than the second figure. */
const KEY_SET_MS = 10 * 60_000;
const KEY_SET_RETRY_MS = 30_000;
const KEY_SET_DEADLINE_MS = 2000;

/** What a token says: for whom, on which virtual key, and what less than the key may do it may. */
export interface EndUserToken {
  user: string;
  keyId: string;
  /** Model names or patterns, within the key's own. */
  models?: string[];
  /** Of this user, within the key's own. */
  limits?: RateLimits;
}

export interface TokenSettings {
  /** The secret JWT_SECRET: tokens signed with HS256. */
  secret: string | undefined;
  /** Public keys of JWKS_URL: tokens signed with ES256 or RS256. */
  keySet: KeySetReader | undefined;
  /** What a token's `limits` mean. */
  readLimits: (said: unknown) => RateLimits | undefined;
}

/** Reads the key set of an issuer. */
export type KeySetReader = (isStale: boolean) => Promise<JSONWebKeySet>;

const claimsSchema = z.object({
  sub: z.string().min(1).max(256),
  key_id: z.string().regex(/^key_[0-9a-z]{12}$/),
  models: z.array(z.string().min(1).max(256)).max(200).optional(),
  limits: z.unknown().optional(),
});

/** Three parts of base64url with dots between: a JWT, and no key of ours. */
export function isToken(credential: string): boolean {
  return credential.length <= TOKEN_CHARS_MAX && /^[\w-]+\.[\w-]+\.[\w-]+$/.test(credential);
}

/** Checks a token's signature, its life and its claims; throws with the reason for the log. */
export async function readToken(token: string, nowMs: number, { secret, keySet, readLimits }: TokenSettings): Promise<EndUserToken> {
  const payload = await verified(token, nowMs, secret, keySet);
  const nowSeconds = nowMs / 1000;
  if (payload.exp === undefined) throw new Error("the token has no `exp`");
  if (payload.exp - (payload.iat ?? nowSeconds) > LIFETIME_SECONDS_MAX) throw new Error("the token lives for more than a day");
  const { sub, key_id: keyId, models, limits } = claimsSchema.parse(payload);
  const read = limits === undefined ? undefined : readLimits(limits);
  if (limits !== undefined && read === undefined) throw new Error("the token's `limits` make no sense");
  return { user: sub, keyId, ...(models ? { models } : {}), ...(read ? { limits: read } : {}) };
}

async function verified(token: string, nowMs: number, secret: string | undefined, keySet: KeySetReader | undefined): Promise<JWTPayload> {
  const options = { currentDate: new Date(nowMs), clockTolerance: CLOCK_TOLERANCE_SECONDS };
  // Which algorithm holds is decided by what the operator set, never by the token: a public key is no secret.
  if (secret) {
    try {
      return (await jwtVerify(token, new TextEncoder().encode(secret), { ...options, algorithms: ["HS256"] })).payload;
    } catch (error) {
      if (!keySet) throw error;
    }
  }
  if (!keySet) throw new Error("no end-user tokens are configured");
  const check = async (isStale: boolean): Promise<JWTPayload> =>
    (await jwtVerify(token, createLocalJWKSet(await keySet(isStale)), { ...options, algorithms: ["ES256", "RS256"] })).payload;
  try {
    return await check(false);
  } catch (error) {
    // A key that was rotated in is not in the set that is held.
    if (error instanceof Error && "code" in error && error.code === "ERR_JWKS_NO_MATCHING_KEY") return check(true);
    throw error;
  }
}

/** A key set at `url`, held for a while: plain data, so that requests may share it. */
export function keySetAt(url: string, fetch: (request: Request) => Promise<Response>, now: () => number, log: Log): KeySetReader {
  let held: { keys: JSONWebKeySet; readAtMs: number } | undefined;
  return async (isStale) => {
    const ageMs = held ? now() - held.readAtMs : Number.POSITIVE_INFINITY;
    if (held && ageMs < (isStale ? KEY_SET_RETRY_MS : KEY_SET_MS)) return held.keys;
    try {
      const response = await withDeadline(fetch(new Request(url)), KEY_SET_DEADLINE_MS, "the key set");
      if (!response.ok) throw new Error(`status ${response.status}`);
      const keys = keySetSchema.parse(await withDeadline(response.json(), KEY_SET_DEADLINE_MS, "the key set"));
      held = { keys, readAtMs: now() };
      return keys;
    } catch (error) {
      log("error", "key-set-not-read", errorFacts(error));
      if (held) return held.keys;
      throw new GatewayError("unavailable", "The gateway cannot check end-user tokens at the moment. Try again in a few seconds.", {
        code: "key_set_unavailable",
        retryAfterSeconds: 5,
      });
    }
  };
}

const keySetSchema = z.object({ keys: z.array(z.looseObject({ kty: z.string() })) });
