import { Hono } from "hono";
import * as z from "zod";
import { GatewayError } from "../core/errors";
import type { UsageRecord } from "../metering";
import { readQuery } from "./check";
import { onlyMethods } from "./methods";
import type { AdminServices } from "./ports";
import { readSpan, spanFields } from "./span";

const PAGE_DEFAULT = 50;
const PAGE_MAX = 200;

const listSchema = z.strictObject({
  ...spanFields,
  limit: z.coerce
    .number("expected a number")
    .int("expected a whole number")
    .min(1, "expected at least 1")
    .max(PAGE_MAX, `expected at most ${PAGE_MAX}`)
    .default(PAGE_DEFAULT),
  before: z
    .string()
    .regex(/^req_[0-9a-z]{26}$/, "expected a request id, such as the `next` of an earlier reply")
    .optional(),
  status: z
    .enum(["ok", "error", "interrupted", "aborted", "unsettled"], "expected one of ok, error, interrupted, aborted, unsettled")
    .optional(),
  model: z.string().min(1, "expected a model name").max(256, "expected a model name").optional(),
});

/** `GET /requests` (newest first) and `GET /requests/{id}`: the usage rows themselves. They hold no prompt and no reply. */
export function requestRoutes({ usage, clock }: AdminServices): Hono {
  const app = new Hono();

  app.get("/", async (c) => {
    const { from, to, key, limit, ...filter } = readQuery(c.req.url, listSchema);
    const span = readSpan({ from, to, key }, clock());
    const { before, status, model } = filter;
    const page = await usage.list({
      ...span,
      ...(before === undefined ? {} : { before }),
      ...(status === undefined ? {} : { status }),
      ...(model === undefined ? {} : { model }),
      limit: limit + 1,
    });
    const shown = page.slice(0, limit);
    return c.json({
      from: new Date(span.fromMs).toISOString(),
      to: new Date(span.toMs).toISOString(),
      data: shown.map(presentRequest),
      next: page.length > limit ? (shown.at(-1)?.id ?? null) : null,
    });
  });

  app.get("/:id", async (c) => {
    const record = await usage.get(c.req.param("id"));
    if (record) return c.json({ ...presentRequest(record), usage_raw: record.usageRaw });
    throw new GatewayError("not-found", "There is no request with this id (a request appears here some seconds after it ended).", {
      code: "request_not_found",
    });
  });

  app.all("/", onlyMethods("GET"));
  app.all("/:id", onlyMethods("GET"));
  return app;
}

function presentRequest(record: UsageRecord) {
  return {
    id: record.id,
    at: new Date(record.atMs).toISOString(),
    key_id: record.keyId,
    user: record.user,
    tags: record.tags,
    endpoint: record.endpoint,
    protocol: record.protocol,
    stream: record.stream,
    model_asked: record.modelAsked,
    model_served: record.modelServed,
    provider: record.provider,
    task: record.task,
    status: record.status,
    http_status: record.httpStatus,
    error_class: record.errorClass,
    finish: record.finish,
    input_tokens: record.inputTokens,
    cache_read_tokens: record.cacheReadTokens,
    cache_write_5m_tokens: record.cacheWrite5mTokens,
    cache_write_1h_tokens: record.cacheWrite1hTokens,
    output_tokens: record.outputTokens,
    reasoning_tokens: record.reasoningTokens,
    estimated: record.estimated,
    cost_usd: record.costNanoUsd === null ? null : record.costNanoUsd / 1e9,
    price_version: record.priceVersion,
    latency_ms: record.latencyMs,
    ttfb_ms: record.ttfbMs,
    ttft_ms: record.ttftMs,
    attempts: record.attempts,
    other_attempts: record.otherAttempts.map((attempt) => ({
      provider: attempt.provider,
      model: attempt.model,
      status: attempt.status,
      error_class: attempt.errorClass,
      started_ms: attempt.startedMs,
      latency_ms: attempt.latencyMs,
      beside: attempt.beside,
      input_tokens: attempt.inputTokens,
      output_tokens: attempt.outputTokens,
      estimated: attempt.estimated,
      cost_usd: attempt.costNanoUsd === null ? null : attempt.costNanoUsd / 1e9,
    })),
    cache: record.cache,
    cache_key: record.cacheKey,
    saved_tokens: record.savedTokens,
    saved_usd: record.savedNanoUsd / 1e9,
    saved_ms: record.savedMs,
    semantic_shadow: record.shadow,
    guardrails: record.guardrails,
    route: record.route,
    prompt_cache_saved_usd: record.promptCacheNanoUsd === null ? null : record.promptCacheNanoUsd / 1e9,
    left_out_tokens: record.leftOutTokens,
    left_out_saved_usd: record.leftOutNanoUsd / 1e9,
    routing_saved_usd: record.routingNanoUsd / 1e9,
    upstream_id: record.upstreamId,
    warnings: record.warnings,
  };
}
