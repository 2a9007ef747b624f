import { Hono } from "hono";
import * as z from "zod";
import { USAGE_GROUPS, type UsageTotals } from "../metering";
import { readQuery } from "./check";
import { onlyMethods } from "./methods";
import type { AdminServices } from "./ports";
import { readSpan, spanFields } from "./span";

const usageSchema = z.strictObject({
  ...spanFields,
  group_by: z.enum(USAGE_GROUPS, `expected one of ${USAGE_GROUPS.join(", ")}`).default("model"),
});

/** `GET /usage`: what was used and what it cost, grouped. */
export function usageRoutes({ usage, clock }: AdminServices): Hono {
  const app = new Hono();

  app.get("/", async (c) => {
    const query = readQuery(c.req.url, usageSchema);
    const filter = readSpan(query, clock());
    const { groups, truncated, totals } = await usage.report(query.group_by, filter);
    return c.json({
      from: new Date(filter.fromMs).toISOString(),
      to: new Date(filter.toMs).toISOString(),
      group_by: query.group_by,
      data: groups.map(({ group, ...sums }) => ({ group, ...presentTotals(sums) })),
      totals: presentTotals(totals),
      truncated,
    });
  });

  app.all("/", onlyMethods("GET"));
  return app;
}

function presentTotals(totals: UsageTotals) {
  return {
    requests: totals.requests,
    errors: totals.errors,
    aborted: totals.aborted,
    input_tokens: totals.inputTokens,
    cache_read_tokens: totals.cacheReadTokens,
    cache_write_tokens: totals.cacheWriteTokens,
    output_tokens: totals.outputTokens,
    reasoning_tokens: totals.reasoningTokens,
    estimated_requests: totals.estimatedRequests,
    cost_usd: totals.costNanoUsd === null ? null : totals.costNanoUsd / 1e9,
    unpriced_requests: totals.unpricedRequests,
    cache_hits: totals.cacheHits,
    saved_tokens: totals.savedTokens,
    saved_usd: totals.savedNanoUsd / 1e9,
    saved_latency_ms: totals.savedMs,
    saved_by: {
      reply_cache_usd: totals.savedNanoUsd / 1e9,
      prompt_cache_usd: totals.promptCacheNanoUsd / 1e9,
      context_usd: totals.leftOutNanoUsd / 1e9,
      routing_usd: totals.routingNanoUsd / 1e9,
    },
    semantic_shadow: { would_have_served: totals.shadowHits, wrongly: totals.shadowFalseHits },
  };
}
