import * as z from "zod";
import { authenticate } from "../auth";
import { readJsonText } from "../core/body";
import { badRequest, GatewayError } from "../core/errors";
import { parseObject } from "../core/json";
import type { Endpoint } from "./endpoint";

const BODY_BYTES_MAX = 16 * 1024;
const NESTING_MAX = 4;

const feedbackSchema = z.strictObject({
  /** The `x-request-id` of the reply. */
  request_id: z.string().regex(/^req_[0-9a-z]{26}$/),
  rating: z.enum(["up", "down"]),
});

/**
 * `POST /v1/feedback {request_id, rating: "up" | "down"}`: what the client thinks of a reply of its own. A bad one that came from the cache, or went into
 * it, is taken out, together with those to questions that are near to it.
 */
export const giveFeedback: Endpoint = async (c) => {
  const { authentication, usageRows, caching, cachedKeyOf } = c.var.ports;
  const { key } = await authenticate(c.req.raw.headers, { ...authentication, background: c.var.background });
  const body = feedbackSchema.safeParse(parseObject(await readJsonText(c.req.raw, BODY_BYTES_MAX), NESTING_MAX).value);
  if (!body.success) {
    throw badRequest(
      "request_id",
      'Send `{"request_id": "req_…", "rating": "up"}` or `"down"`; the id is the reply\'s header `x-request-id`.',
      "invalid_value",
    );
  }
  const { request_id: id, rating } = body.data;
  const row = await usageRows.get(id);
  if (row?.keyId !== key.id) {
    throw new GatewayError(
      "not-found",
      "There is no such request of this key, or its row is not stored yet. Rows appear within some seconds.",
      {
        code: "request_not_found",
      },
    );
  }
  const entry = rating === "down" ? await cachedKeyOf(id) : null;
  const removed = entry === null ? 0 : await caching.cache.forget(entry);
  return c.json({ request_id: id, rating, removed_from_cache: removed });
};
