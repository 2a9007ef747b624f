import { Hono } from "hono";
import { readJsonText } from "../core/body";
import { parseObject } from "../core/json";
import type { JsonObject } from "../inference";
import { protocolOfBody, protocols } from "../protocols";
import { onlyMethods } from "./methods";
import type { AdminServices } from "./ports";

const NESTING_MAX = 128;
const CAP_UNSAID = 1024;

/** `POST /routing/explain`: what would become of this chat request, in either protocol; nothing is sent. Request headers count as they would. */
export function routingRoutes({ explain, requestBytesMax }: AdminServices): Hono {
  const app = new Hono();

  app.post("/explain", async (c) => {
    const { value } = parseObject<JsonObject>(await readJsonText(c.req.raw, requestBytesMax), NESTING_MAX);
    const id = protocolOfBody(value, c.req.raw.headers);
    // A cap is nothing that an explanation needs, though the one wire demands it.
    const body: JsonObject = id === "anthropic-messages" ? { max_tokens: CAP_UNSAID, ...value } : value;
    return c.json(await explain(c.req.raw, protocols[id].decodeRequest(body)));
  });

  app.all("/explain", onlyMethods("POST"));
  return app;
}
