import { inputTokensTotal, type JsonObject, type JsonValue, type Usage } from "../../inference";
import { isObject } from "../reader";
import type { WireUsage } from "./wire";

/**
 * The figures of a reply. `input_tokens` leaves out what was read from or written to the prompt cache; a write whose lifetime is not
 * said was for 5 minutes, the default. https://platform.claude.com/docs/en/build-with-claude/prompt-caching
 */
export function decodeUsage(raw: JsonObject): Usage {
  const cacheReadTokens = count(raw.cache_read_input_tokens);
  const reasoningTokens = isObject(raw.output_tokens_details) ? count(raw.output_tokens_details.thinking_tokens) : undefined;
  const webSearches = isObject(raw.server_tool_use) ? count(raw.server_tool_use.web_search_requests) : undefined;
  return {
    uncachedInputTokens: count(raw.input_tokens) ?? 0,
    ...(cacheReadTokens === undefined ? {} : { cacheReadTokens }),
    ...decodeCacheWrites(raw),
    outputTokens: count(raw.output_tokens) ?? 0,
    ...(reasoningTokens === undefined ? {} : { reasoningTokens }),
    ...(webSearches === undefined ? {} : { webSearches }),
    ...(typeof raw.service_tier === "string" ? { serviceTier: raw.service_tier } : {}),
    raw,
  };
}

/** The total has the last word: in a stream it may have been corrected after the breakdown was given. */
function decodeCacheWrites(raw: JsonObject): Pick<Usage, "cacheWrite5mTokens" | "cacheWrite1hTokens"> {
  const total = count(raw.cache_creation_input_tokens);
  const split = isObject(raw.cache_creation) ? raw.cache_creation : {};
  const oneHour = count(split.ephemeral_1h_input_tokens);
  const fiveMinutes = count(split.ephemeral_5m_input_tokens);
  const cacheWrite1hTokens = oneHour !== undefined && total !== undefined ? Math.min(oneHour, total) : oneHour;
  const cacheWrite5mTokens = total === undefined ? fiveMinutes : total - (cacheWrite1hTokens ?? 0);
  return {
    ...(cacheWrite5mTokens === undefined ? {} : { cacheWrite5mTokens }),
    ...(cacheWrite1hTokens === undefined ? {} : { cacheWrite1hTokens }),
  };
}

const PROMPT_FIGURES = ["input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"];

/**
 * The usage of a stream so far. Figures are cumulative: later ones replace earlier ones, and are never added. What is absent or `null`
 * says nothing new, and neither do figures by which the whole prompt were empty: some Anthropic-shaped upstreams fill in zeros.
 */
export function mergeUsageRaw(earlier: JsonObject | undefined, later: JsonObject): JsonObject {
  if (!earlier) return later;
  const saysPrompt = PROMPT_FIGURES.some((key) => (count(later[key]) ?? 0) > 0);
  const merged: JsonObject = { ...earlier };
  for (const [key, value] of Object.entries(later)) {
    const saysNothing = value === null || value === undefined || (!saysPrompt && PROMPT_FIGURES.includes(key));
    if (!saysNothing) merged[key] = value;
  }
  return merged;
}

/**
 * Every figure that the wire demands. A prompt that nobody counted yet is shown as estimated, never as 0: some upstreams begin with
 * figures by which it were empty.
 */
export function encodeUsage(usage: Usage | undefined, inputTokensEstimate: number): WireUsage {
  const own = nativeRaw(usage);
  const writes = sum(usage?.cacheWrite5mTokens, usage?.cacheWrite1hTokens);
  return {
    ...own,
    input_tokens: usage && inputTokensTotal(usage) > 0 ? usage.uncachedInputTokens : inputTokensEstimate,
    cache_creation_input_tokens: writes,
    cache_read_input_tokens: usage?.cacheReadTokens ?? null,
    // Without the hour's share there is no breakdown to show, only the total.
    cache_creation:
      usage?.cacheWrite1hTokens === undefined
        ? null
        : {
            ephemeral_5m_input_tokens: usage.cacheWrite5mTokens ?? 0,
            ephemeral_1h_input_tokens: usage.cacheWrite1hTokens,
          },
    output_tokens: usage?.outputTokens ?? 0,
    output_tokens_details: usage?.reasoningTokens === undefined ? null : { thinking_tokens: usage.reasoningTokens },
    server_tool_use: usage?.webSearches === undefined ? null : serverTools(usage.webSearches, own.server_tool_use),
    service_tier: serviceTier(usage?.serviceTier),
    inference_geo: typeof own.inference_geo === "string" ? own.inference_geo : null,
    speed: own.speed === "standard" || own.speed === "fast" ? own.speed : null,
  };
}

/** The upstream's own usage object if it is of this wire, so that what only it says is shown too. */
function nativeRaw(usage: Usage | undefined): JsonObject {
  const raw = usage?.raw;
  return raw && "input_tokens" in raw && !("prompt_tokens" in raw) ? raw : {};
}

function serverTools(webSearches: number, own: JsonValue | undefined): NonNullable<WireUsage["server_tool_use"]> {
  const fetches = isObject(own) ? count(own.web_fetch_requests) : undefined;
  return { web_search_requests: webSearches, web_fetch_requests: fetches ?? 0 };
}

/** Anthropic's words; OpenAI's `default` is its `standard`. */
function serviceTier(tier: string | undefined): WireUsage["service_tier"] {
  if (tier === "standard" || tier === "priority" || tier === "batch") return tier;
  return tier === "default" ? "standard" : null;
}

function count(value: JsonValue | undefined): number | undefined {
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : undefined;
}

function sum(a: number | undefined, b: number | undefined): number | null {
  return a === undefined && b === undefined ? null : (a ?? 0) + (b ?? 0);
}
