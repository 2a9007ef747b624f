import type { JsonObject } from "../inference";
import type { UsageRecord } from "./record";
import type { UsageReader } from "./usage-report";

/**
 * The row of a request of the caller's own key, as `GET /v1/generations/{id}` shows it, or null: unknown, another key's, or not yet
 * stored (rows come through the queue and take some seconds).
 */
export async function findGeneration(id: string, keyId: string, usage: Pick<UsageReader, "get">): Promise<JsonObject | null> {
  const record = await usage.get(id);
  return record && record.keyId === keyId ? describeGeneration(record) : null;
}

/**
 * In the shape of OpenRouter's generation object (https://openrouter.ai/docs/api-reference/get-a-generation), so that clients which
 * know it can read it; durations in milliseconds, money in dollars. Below the blank line: what that shape has no name for.
 */
export function describeGeneration(record: UsageRecord): JsonObject {
  const costUsd = record.costNanoUsd === null ? null : record.costNanoUsd / 1e9;
  return {
    data: {
      id: record.id,
      upstream_id: record.upstreamId,
      created_at: new Date(record.atMs).toISOString(),
      model: record.modelServed ?? record.modelAsked,
      provider_name: record.provider,
      streamed: record.stream,
      cancelled: record.status === "aborted",
      finish_reason: record.finish,
      latency: record.latencyMs,
      generation_time: record.ttftMs === null ? null : Math.max(0, record.latencyMs - record.ttftMs),
      tokens_prompt: record.inputTokens,
      tokens_completion: record.outputTokens,
      native_tokens_prompt: record.inputTokens,
      native_tokens_completion: record.outputTokens,
      native_tokens_reasoning: record.reasoningTokens,
      native_tokens_cached: record.cacheReadTokens,
      total_cost: costUsd,
      usage: costUsd,
      external_user: record.user,

      model_asked: record.modelAsked,
      status: record.status,
      http_status: record.httpStatus,
      error_class: record.errorClass,
      cache_write_tokens: record.cacheWrite5mTokens + record.cacheWrite1hTokens,
      estimated: record.estimated,
      price_version: record.priceVersion,
      time_to_first_byte: record.ttfbMs,
      time_to_first_token: record.ttftMs,
      attempts: record.attempts,
      cache: record.cache,
      saved_cost: record.savedNanoUsd / 1e9,
      tags: record.tags,
      warnings: record.warnings,
    },
  };
}
