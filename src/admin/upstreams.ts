import { Hono } from "hono";
import * as z from "zod";
import { readQuery } from "./check";
import { onlyMethods } from "./methods";
import type { AdminServices } from "./ports";

const querySchema = z.strictObject({
  region: z
    .string()
    .regex(/^[A-Za-z]{2,12}$/, "expected a region such as EU, or local")
    .optional(),
});

/** `GET /health/upstreams`: circuit breaker, queue and latency of every deployment, in the region of the caller or the one asked for. */
export function upstreamRoutes({ upstreams, clock }: AdminServices): Hono {
  const app = new Hono();

  app.get("/", async (c) => {
    const asked = readQuery(c.req.url, querySchema).region;
    const { region, deployments } = await upstreams(c.req.raw, asked);
    const iso = (atMs: number | undefined) => (atMs !== undefined && atMs > clock() ? new Date(atMs).toISOString() : null);
    return c.json({
      region,
      data: deployments.map(({ id, breaker, blockedUntilMs, waiting, underWay, p95TtftMs, p95WholeMs }) => ({
        deployment: id,
        state: breaker?.phase ?? "unknown",
        open_until: iso(breaker?.untilMs),
        rate_limited_until: iso(blockedUntilMs),
        waiting,
        under_way: underWay,
        p95_ttft_ms: p95TtftMs,
        p95_latency_ms: p95WholeMs,
      })),
    });
  });

  app.all("/", onlyMethods("GET"));
  return app;
}
