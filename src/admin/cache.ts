import { Hono } from "hono";
import * as z from "zod";
import { type PurgeSelector, verifyPair } from "../cache";
import { badRequest } from "../core/errors";
import { readBody } from "./check";
import { onlyMethods } from "./methods";
import type { AdminServices } from "./ports";

const TEXT_CHARS_MAX = 20_000;
const NAME_CHARS_MAX = 256;

const text = z.string("expected a text").max(TEXT_CHARS_MAX, `expected at most ${TEXT_CHARS_MAX} characters`);
const name = z.string("expected a name").min(1, "expected a name").max(NAME_CHARS_MAX, `expected at most ${NAME_CHARS_MAX} characters`);

const verifySchema = z.strictObject({
  a: text,
  b: text,
  setting: z.enum(["lenient", "balanced", "strict"], "expected lenient, balanced or strict").default("balanced"),
});

const purgeSchema = z
  .strictObject({
    key: name,
    user: name,
    model: name,
    tag: z.strictObject({ name, value: name }),
    everything: z.literal(true, "expected true"),
  })
  .partial();

/** `POST /cache/verify {a, b}`: whether one stored reply would answer both. `POST /cache/purge`: takes entries away. */
export function cacheRoutes({ cache }: AdminServices): Hono {
  const app = new Hono();

  app.post("/verify", async (c) => {
    const { a, b, setting } = await readBody(c.req.raw, verifySchema);
    const { similarity, same, reason } = verifyPair(a, b, setting);
    return c.json({ similarity, same, reason });
  });

  app.post("/purge", async (c) => {
    const { everything, key, user, model, tag } = await readBody(c.req.raw, purgeSchema);
    const selector: PurgeSelector = {
      ...(key === undefined ? {} : { key }),
      ...(user === undefined ? {} : { user }),
      ...(model === undefined ? {} : { model }),
      ...(tag === undefined ? {} : { tag }),
    };
    if ((Object.keys(selector).length === 0) !== (everything === true)) {
      throw badRequest(
        "everything",
        "Say what to purge: `key`, `user`, `model`, `tag`, or nothing of these and `everything: true`.",
        "invalid_value",
      );
    }
    return c.json({ purged: await cache.purge(selector) });
  });

  for (const path of ["/verify", "/purge"]) app.all(path, onlyMethods("POST"));
  return app;
}
