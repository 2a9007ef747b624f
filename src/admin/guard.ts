import { GatewayError } from "../core/errors";

/** A secret shorter than this can be guessed; it works, and every reply of the admin API says so. */
export const SECRET_CHARS_ADVISED = 16;

const encoder = new TextEncoder();

/**
 * Lets an operator through. Throws `unauthenticated`, the same for a missing and a wrong token, or `unavailable` as long as no
 * ADMIN_TOKEN is set. Digests are compared, in constant time, so that not even the token's length shows.
 */
export async function requireOperator(authorization: string | undefined, adminToken: string | undefined): Promise<void> {
  if (!adminToken) {
    throw new GatewayError(
      "unavailable",
      `The admin API is off until the secret ADMIN_TOKEN is set, to ${SECRET_CHARS_ADVISED} random characters or more: \`wrangler secret put ADMIN_TOKEN\`, or ADMIN_TOKEN=… in .dev.vars for local development.`,
      { code: "admin_token_not_set", retryAfterSeconds: 60 },
    );
  }
  const presented = /^bearer +(\S+) *$/i.exec(authorization ?? "")?.[1] ?? "";
  const [expected, given] = await Promise.all([digest(adminToken), digest(presented)]);
  let difference = 0;
  for (let at = 0; at < expected.length; at++) difference |= (expected[at] ?? 0) ^ (given[at] ?? 0);
  if (difference !== 0) {
    throw new GatewayError(
      "unauthenticated",
      "The admin API needs the header `Authorization: Bearer <ADMIN_TOKEN>` with this gateway's admin token.",
      {
        code: "invalid_admin_token",
      },
    );
  }
}

async function digest(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", encoder.encode(text)));
}
