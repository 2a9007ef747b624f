import { type Context, Hono } from "hono";
import * as z from "zod";
import { announceKey, hashKey, keyState, newKeyId, newKeyText } from "../auth";
import { badRequest, GatewayError } from "../core/errors";
import { readBody, readQuery } from "./check";
import { applyPolicy, keyChangeSchema, type NewKey, newKeySchema } from "./key-body";
import { onlyMethods } from "./methods";
import type { AdminServices, StoredKey } from "./ports";

const PAGE_DEFAULT = 50;
const PAGE_MAX = 200;
const DAY_MS = 24 * 60 * 60 * 1000;

const listSchema = z.strictObject({
  limit: z.coerce
    .number("expected a number")
    .int("expected a whole number")
    .min(1, "expected at least 1")
    .max(PAGE_MAX, `expected at most ${PAGE_MAX}`)
    .default(PAGE_DEFAULT),
  cursor: z
    .string()
    .regex(/^\d{1,15}\.key_[0-9a-z]{12}$/, "expected the `next` of an earlier reply")
    .optional(),
});

/** Virtual keys: `/keys`, `/keys/{id}`, `/keys/{id}/rotate`. A key's text is in the reply that makes it, its hash in none. */
export function keyRoutes(services: AdminServices): Hono {
  const { keys, clock, random } = services;
  const app = new Hono();

  app.post("/", async (c) => {
    const body = await readBody(c.req.raw, newKeySchema);
    const nowMs = clock();
    const id = newKeyId(random);
    const keyText = newKeyText(id, random);
    const key: StoredKey = {
      id,
      name: body.name,
      hash: await hashKey(keyText, services.pepper),
      policy: applyPolicy({}, body),
      disabled: false,
      createdAtMs: nowMs,
      updatedAtMs: nowMs,
      expiresAtMs: expiryOf(body, nowMs),
      revokedAtMs: null,
    };
    await keys.insert(key);
    return reply(c, services, key, { status: 201, keyText });
  });

  app.get("/", async (c) => {
    const { limit, cursor } = readQuery(c.req.url, listSchema);
    const [createdAtMs, id] = cursor?.split(".") ?? [];
    const page = await keys.list(limit + 1, id === undefined ? undefined : { createdAtMs: Number(createdAtMs), id });
    const shown = page.slice(0, limit);
    const last = page.length > limit ? shown.at(-1) : undefined;
    return c.json({ data: shown.map((key) => present(key, clock())), next: last ? `${last.createdAtMs}.${last.id}` : null });
  });

  app.get("/:id", async (c) => c.json(present(found(await keys.get(c.req.param("id"))), clock())));

  app.patch("/:id", async (c) => {
    const body = await readBody(c.req.raw, keyChangeSchema);
    if (Object.keys(body).length === 0) throw badRequest(undefined, "The body changes nothing; give at least one field.", "invalid_value");
    const nowMs = clock();
    const expiresAtMs = body.expires_at === undefined || body.expires_at === null ? body.expires_at : inFuture(body.expires_at, nowMs);
    const past: { key?: StoredKey } = {};
    const key = await keys.update(c.req.param("id"), (before) => {
      past.key = before;
      return {
        ...notRevoked(before),
        name: body.name ?? before.name,
        policy: applyPolicy(before.policy, body),
        disabled: body.disabled ?? before.disabled ?? false,
        expiresAtMs: expiresAtMs === undefined ? before.expiresAtMs : expiresAtMs,
        updatedAtMs: nowMs,
      };
    });
    return reply(c, services, found(key), { before: past.key });
  });

  app.delete("/:id", async (c) => {
    const nowMs = clock();
    const revoke = (before: StoredKey) => (before.revokedAtMs === null ? { ...before, revokedAtMs: nowMs, updatedAtMs: nowMs } : before);
    return reply(c, services, found(await keys.update(c.req.param("id"), revoke)));
  });

  // A grace period would need a second hash in every look-up; a client that must not notice gets a second key instead.
  app.post("/:id/rotate", async (c) => {
    await readBody(c.req.raw, z.strictObject({}), { optional: true });
    const id = c.req.param("id");
    found(await keys.get(id));
    const nowMs = clock();
    const keyText = newKeyText(id, random);
    const hash = await hashKey(keyText, services.pepper);
    const key = await keys.update(id, (before) => ({ ...notRevoked(before), hash, updatedAtMs: nowMs }));
    return reply(c, services, found(key), { keyText });
  });

  app.all("/", onlyMethods("GET", "POST"));
  app.all("/:id", onlyMethods("GET", "PATCH", "DELETE"));
  app.all("/:id/rotate", onlyMethods("POST"));
  return app;
}

/** Announces a changed key and shows it, with its text if it is new. */
async function reply(
  c: Context,
  { announcement, clock, log }: AdminServices,
  key: StoredKey,
  { status = 200, keyText, before }: { status?: 200 | 201; keyText?: string; before?: StoredKey | undefined } = {},
): Promise<Response> {
  const all = await announceKey(key, { ...announcement, clock, log }, before);
  const { id, ...rest } = present(key, clock());
  return c.json({ id, ...(keyText === undefined ? {} : { key: keyText }), ...rest, ...(all.length > 0 ? { warnings: all } : {}) }, status);
}

/** A key as operators see it: everything but the hash. */
function present(key: StoredKey, nowMs: number) {
  const { models = null, tags = {}, limits = null, budget = null, rules: _meaning, ...more } = key.policy;
  const state = keyState(key, nowMs);
  return {
    id: key.id,
    name: key.name,
    status: state === "live" ? "active" : state,
    models,
    tags,
    limits,
    budget,
    ...more,
    disabled: key.disabled ?? false,
    created_at: iso(key.createdAtMs),
    updated_at: iso(key.updatedAtMs),
    expires_at: iso(key.expiresAtMs),
    revoked_at: iso(key.revokedAtMs),
  };
}

function iso(atMs: number | null): string | null {
  return atMs === null ? null : new Date(atMs).toISOString();
}

function found(key: StoredKey | null): StoredKey {
  if (key) return key;
  throw new GatewayError("not-found", "There is no key with this id. GET /admin/v1/keys lists them.", { code: "key_not_found" });
}

function notRevoked(key: StoredKey): StoredKey {
  if (key.revokedAtMs === null) return key;
  throw new GatewayError("bad-request", "This key is revoked for good. Make a new one with POST /admin/v1/keys.", {
    status: 409,
    code: "key_revoked",
  });
}

function expiryOf({ expires_at: atMs, expires_in_days: days }: NewKey, nowMs: number): number | null {
  if (atMs !== undefined && atMs !== null) {
    if (days !== undefined && days !== null) {
      throw badRequest("expires_in_days", "Give `expires_at` or `expires_in_days`, not both.", "invalid_value");
    }
    return inFuture(atMs, nowMs);
  }
  return days === undefined || days === null ? null : Math.round(nowMs + days * DAY_MS);
}

function inFuture(atMs: number, nowMs: number): number {
  if (atMs > nowMs) return atMs;
  throw badRequest("expires_at", "`expires_at` is in the past; use DELETE to end a key now.", "invalid_value");
}
