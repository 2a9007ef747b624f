import type { Endpoint } from "./endpoint";

/** `GET /health`: 200 once requests can be answered. Needs no key, tells nothing else. */
export const getHealth: Endpoint = async (c) => {
  const isReady = await c.var.ports.isReady();
  return c.json({ status: isReady ? "ok" : "starting" }, isReady ? 200 : 503, {
    "cache-control": "no-store",
    ...(isReady ? {} : { "retry-after": "1" }),
  });
};
