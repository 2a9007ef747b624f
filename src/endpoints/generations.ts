import { authenticate } from "../auth";
import { GatewayError } from "../core/errors";
import { findGeneration } from "../metering";
import type { Endpoint } from "./endpoint";

/** `GET /v1/generations/{request id}`: what a request of the caller's own key used and cost, once its row is stored. */
export const getGeneration: Endpoint = async (c) => {
  const { authentication, usageRows } = c.var.ports;
  const { key } = await authenticate(c.req.raw.headers, { ...authentication, background: c.var.background });
  const generation = await findGeneration(c.req.param("id") ?? "", key.id, usageRows);
  if (generation) return c.json(generation);
  throw new GatewayError(
    "not-found",
    "There is no such request of this key, or its row is not stored yet. Rows appear within some seconds.",
    {
      code: "generation_not_found",
    },
  );
};
