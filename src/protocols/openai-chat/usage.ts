import { inputTokensTotal, type JsonObject, type Usage } from "../../inference";
import { isObject } from "../reader";
import type { WireUsage } from "./wire";

/**
 * Token counts as the wire tells them; undefined when they hold no count at all. `prompt_tokens` includes what was read from and written
 * to the cache. A figure that is null or no number counts as not said: some vendors send the object on every chunk and fill it in later.
 *
 * `serviceTier` is the reply's own `service_tier`, which wins over the one that Mistral puts within usage.
 */
export function decodeUsage(raw: JsonObject, serviceTier?: string): Usage | undefined {
  const prompt = count(raw.prompt_tokens);
  const completion = count(raw.completion_tokens);
  if (prompt === undefined && completion === undefined) return undefined;
  const inDetails = isObject(raw.prompt_tokens_details) ? raw.prompt_tokens_details : {};
  const outDetails = isObject(raw.completion_tokens_details) ? raw.completion_tokens_details : {};

  // OpenAI; DeepSeek; Databricks, Copilot and Vercel in Anthropic's words; Together and Moonshot.
  const cacheRead =
    count(inDetails.cached_tokens) ?? count(raw.prompt_cache_hit_tokens) ?? count(raw.cache_read_input_tokens) ?? count(raw.cached_tokens);
  const cacheWrite = count(inDetails.cache_write_tokens) ?? count(raw.cache_creation_input_tokens);
  const reasoning = count(outDetails.reasoning_tokens) ?? count(raw.reasoning_tokens);

  const usage: Usage = {
    uncachedInputTokens: Math.max(0, (prompt ?? 0) - (cacheRead ?? 0) - (cacheWrite ?? 0)),
    outputTokens: outputTokens(prompt ?? 0, completion ?? 0, reasoning ?? 0, count(raw.total_tokens)),
    raw,
  };
  if (cacheRead !== undefined) usage.cacheReadTokens = cacheRead;
  if (cacheWrite !== undefined) usage.cacheWrite5mTokens = cacheWrite;
  if (reasoning !== undefined) usage.reasoningTokens = reasoning;
  const audioInput = count(inDetails.audio_tokens);
  if (audioInput !== undefined) usage.audioInputTokens = audioInput;
  const audioOutput = count(outDetails.audio_tokens);
  if (audioOutput !== undefined) usage.audioOutputTokens = audioOutput;
  const searches =
    (isObject(raw.server_tool_use) ? count(raw.server_tool_use.web_search_requests) : undefined) ?? count(raw.num_search_queries);
  if (searches !== undefined) usage.webSearches = searches;
  const tier = serviceTier || raw.service_tier;
  if (typeof tier === "string" && tier !== "") usage.serviceTier = tier;
  return usage;
}

/**
 * OpenAI counts reasoning within `completion_tokens`; xAI's chat API counts it apart. `total_tokens` tells which: it is the sum of all
 * three only where reasoning is counted apart.
 */
function outputTokens(prompt: number, completion: number, reasoning: number, total: number | undefined): number {
  return reasoning > 0 && total === prompt + completion + reasoning ? completion + reasoning : completion;
}

/**
 * Usage as a client of this wire sees it. Figures that an upstream of the same wire sent beyond ours (cost, predicted tokens, timings)
 * stay in it. `tierShown`: the reply itself names the service tier, so that usage need not.
 */
export function encodeUsage(usage: Usage, tierShown: boolean): WireUsage {
  const { raw } = usage;
  const native = raw && count(raw.prompt_tokens) !== undefined ? raw : undefined;
  const promptTokens = inputTokensTotal(usage);
  const encoded: WireUsage = {
    ...native,
    prompt_tokens: promptTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: promptTokens + usage.outputTokens,
  };
  const inDetails: NonNullable<WireUsage["prompt_tokens_details"]> = {};
  if (usage.cacheReadTokens !== undefined) inDetails.cached_tokens = usage.cacheReadTokens;
  if (usage.cacheWrite5mTokens !== undefined || usage.cacheWrite1hTokens !== undefined) {
    inDetails.cache_write_tokens = (usage.cacheWrite5mTokens ?? 0) + (usage.cacheWrite1hTokens ?? 0);
  }
  if (usage.audioInputTokens !== undefined) inDetails.audio_tokens = usage.audioInputTokens;
  if (Object.keys(inDetails).length > 0) encoded.prompt_tokens_details = { ...object(native?.prompt_tokens_details), ...inDetails };

  const outDetails: NonNullable<WireUsage["completion_tokens_details"]> = {};
  if (usage.reasoningTokens !== undefined) outDetails.reasoning_tokens = usage.reasoningTokens;
  if (usage.audioOutputTokens !== undefined) outDetails.audio_tokens = usage.audioOutputTokens;
  if (Object.keys(outDetails).length > 0)
    encoded.completion_tokens_details = { ...object(native?.completion_tokens_details), ...outDetails };

  if (usage.webSearches !== undefined)
    encoded.server_tool_use = { ...object(native?.server_tool_use), web_search_requests: usage.webSearches };
  // Another wire's word for a tier ("standard") is none of this one's, and OpenAI itself has no such field here.
  const tierForeign = raw !== undefined && native === undefined;
  if (usage.serviceTier !== undefined && !tierShown && !tierForeign) encoded.service_tier = usage.serviceTier;
  return encoded;
}

function count(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : undefined;
}

function object(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}
