import type { JsonObject, ProtocolId } from "../../inference";
import type { AttemptRecord, UsageRecord, UsageStatus } from "../../metering";

export interface UsageRow {
  id: string;
  at_ms: number;
  key_id: string;
  user: string | null;
  endpoint: string;
  protocol: string;
  stream: number;
  model_asked: string;
  model_served: string | null;
  provider: string | null;
  task: string | null;
  status: string;
  http_status: number;
  error_class: string | null;
  finish: string | null;
  input_tokens: number;
  cache_read_tokens: number;
  cache_write_5m_tokens: number;
  cache_write_1h_tokens: number;
  output_tokens: number;
  reasoning_tokens: number;
  estimated: number;
  cost_nano_usd: number | null;
  price_version: string | null;
  latency_ms: number;
  ttfb_ms: number | null;
  ttft_ms: number | null;
  attempts: number;
  other_attempts: string | null;
  upstream_id: string | null;
  tags: string;
  warnings: string;
  usage_raw: string | null;
  cache: string | null;
  cache_key: string | null;
  saved_tokens: number;
  saved_nano_usd: number;
  saved_ms: number;
  shadow: string | null;
  route: string | null;
  prompt_cache_nano_usd: number | null;
  left_out_tokens: number;
  left_out_nano_usd: number;
  routing_nano_usd: number;
  guardrails: string | null;
}

export function rowOf(record: UsageRecord): UsageRow {
  return {
    id: record.id,
    at_ms: record.atMs,
    key_id: record.keyId,
    user: record.user,
    endpoint: record.endpoint,
    protocol: record.protocol,
    stream: record.stream ? 1 : 0,
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
    estimated: record.estimated ? 1 : 0,
    cost_nano_usd: record.costNanoUsd,
    price_version: record.priceVersion,
    latency_ms: record.latencyMs,
    ttfb_ms: record.ttfbMs,
    ttft_ms: record.ttftMs,
    attempts: record.attempts,
    other_attempts: record.otherAttempts.length === 0 ? null : JSON.stringify(record.otherAttempts),
    upstream_id: record.upstreamId,
    tags: JSON.stringify(record.tags),
    warnings: JSON.stringify(record.warnings),
    usage_raw: record.usageRaw === null ? null : JSON.stringify(record.usageRaw),
    cache: record.cache,
    cache_key: record.cacheKey,
    saved_tokens: record.savedTokens,
    saved_nano_usd: record.savedNanoUsd,
    saved_ms: record.savedMs,
    shadow: record.shadow,
    guardrails: record.guardrails.length === 0 ? null : JSON.stringify(record.guardrails),
    route: record.route,
    prompt_cache_nano_usd: record.promptCacheNanoUsd,
    left_out_tokens: record.leftOutTokens,
    left_out_nano_usd: record.leftOutNanoUsd,
    routing_nano_usd: record.routingNanoUsd,
  };
}

/** The inverse of `rowOf`; the casts hold because rows are written by it and by nothing else. */
export function recordOf(row: UsageRow): UsageRecord {
  return {
    id: row.id,
    atMs: row.at_ms,
    keyId: row.key_id,
    user: row.user,
    endpoint: row.endpoint,
    protocol: row.protocol as ProtocolId, // see above
    stream: row.stream !== 0,
    modelAsked: row.model_asked,
    modelServed: row.model_served,
    provider: row.provider,
    task: row.task,
    status: row.status as UsageStatus, // see above
    httpStatus: row.http_status,
    errorClass: row.error_class,
    finish: row.finish,
    inputTokens: row.input_tokens,
    cacheReadTokens: row.cache_read_tokens,
    cacheWrite5mTokens: row.cache_write_5m_tokens,
    cacheWrite1hTokens: row.cache_write_1h_tokens,
    outputTokens: row.output_tokens,
    reasoningTokens: row.reasoning_tokens,
    estimated: row.estimated !== 0,
    costNanoUsd: row.cost_nano_usd,
    priceVersion: row.price_version,
    latencyMs: row.latency_ms,
    ttfbMs: row.ttfb_ms,
    ttftMs: row.ttft_ms,
    attempts: row.attempts,
    otherAttempts: row.other_attempts === null ? [] : (JSON.parse(row.other_attempts) as AttemptRecord[]), // see above
    upstreamId: row.upstream_id,
    tags: JSON.parse(row.tags) as Record<string, string>, // see above
    cache: row.cache,
    cacheKey: row.cache_key,
    savedTokens: row.saved_tokens,
    savedNanoUsd: row.saved_nano_usd,
    savedMs: row.saved_ms,
    shadow: row.shadow as UsageRecord["shadow"], // see above
    guardrails: row.guardrails === null ? [] : (JSON.parse(row.guardrails) as UsageRecord["guardrails"]), // see above
    route: row.route,
    promptCacheNanoUsd: row.prompt_cache_nano_usd,
    leftOutTokens: row.left_out_tokens,
    leftOutNanoUsd: row.left_out_nano_usd,
    routingNanoUsd: row.routing_nano_usd,
    warnings: JSON.parse(row.warnings) as string[], // see above
    usageRaw: row.usage_raw === null ? null : (JSON.parse(row.usage_raw) as JsonObject), // see above
  };
}
