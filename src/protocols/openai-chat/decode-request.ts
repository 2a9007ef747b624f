import type { InferenceRequest, JsonObject, OutputFormat, ReasoningConfig, Sampling } from "../../inference";
import {
  asString,
  optionalBoolean,
  optionalInteger,
  optionalNumber,
  optionalObject,
  optionalString,
  optionalStrings,
  readObject,
  readString,
} from "../reader";
import { decodeCacheHint } from "./decode-parts";
import { decodeTools } from "./decode-tools";
import { decodeTurns } from "./decode-turns";
import { keep, leftoverFields } from "./leftovers";
import { type Unknown, word } from "./wire";

/** Fields of the body that are read here; every other one is kept in `extensions["openai-chat"]`. */
const READ = new Set([
  "model",
  "messages",
  "tools",
  "tool_choice",
  "functions",
  "function_call",
  "parallel_tool_calls",
  "response_format",
  "reasoning_effort",
  "reasoning",
  "thinking",
  "max_tokens",
  "max_completion_tokens",
  "n",
  "stop",
  "temperature",
  "top_p",
  "frequency_penalty",
  "presence_penalty",
  "seed",
  "logprobs",
  "top_logprobs",
  "stream",
  "stream_options",
  "user",
  "cache_control",
]);

/** Every level that an official model takes; a vendor's own word (Groq's `default`) is kept as an extension. */
export const REASONING_EFFORTS = ["none", "minimal", "low", "medium", "high", "xhigh", "max"] as const;

/**
 * Checks and reads a chat completions body. It runs for every request, also when the body is then forwarded as it came, so what it refuses
 * must be malformed for every vendor: types are checked, ranges are the vendor's business.
 */
export function decodeRequest(body: JsonObject): InferenceRequest {
  const rest = unread(body);
  const request: InferenceRequest = {
    model: readString(body, "model", ""),
    turns: decodeTurns(body),
    ...decodeTools(body),
    sampling: decodeSampling(body),
    stream: optionalBoolean(body, "stream", "") ?? false,
    streamUsage: false,
  };
  const parallel = optionalBoolean(body, "parallel_tool_calls", "");
  if (parallel !== undefined) request.parallelToolCalls = parallel;
  const format = decodeOutputFormat(body, rest);
  if (format) request.outputFormat = format;
  const reasoning = decodeReasoningConfig(body, rest);
  if (reasoning) request.reasoning = reasoning;
  const cap = optionalInteger(body, "max_completion_tokens", "", 1) ?? optionalInteger(body, "max_tokens", "", 1);
  if (cap !== undefined) request.outputTokensMax = cap;
  const count = optionalInteger(body, "n", "", 1);
  if (count !== undefined) request.choiceCount = count;
  decodeLogprobs(body, request, rest);
  const options = optionalObject(body, "stream_options", "");
  if (options) {
    request.streamUsage = optionalBoolean(options, "include_usage", "stream_options") ?? false;
    keepRest(rest, "stream_options", options, "include_usage");
  }
  // `safety_identifier` replaces `user`; it stays among the extensions so that it goes out under the same name.
  const user = optionalString(body, "user", "");
  const endUser = optionalString(body, "safety_identifier", "") ?? user;
  if (endUser !== undefined) request.endUser = endUser;
  if (user !== undefined && user !== endUser) rest.user = user;
  const hint = decodeCacheHint(body);
  if (hint) request.cacheHint = hint;
  return { ...request, ...keep(rest) };
}

/** Everything that nobody reads, values as they came. `top_k` is read and kept: only vendors that know it are asked for it. */
function unread(body: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(body).filter(([key]) => !READ.has(key)));
}

function decodeSampling(body: JsonObject): Sampling {
  const sampling: Sampling = {};
  const temperature = optionalNumber(body, "temperature", "");
  if (temperature !== undefined) sampling.temperature = temperature;
  const topP = optionalNumber(body, "top_p", "");
  if (topP !== undefined) sampling.topP = topP;
  const topK = optionalNumber(body, "top_k", "");
  if (topK !== undefined) sampling.topK = topK;
  const frequencyPenalty = optionalNumber(body, "frequency_penalty", "");
  if (frequencyPenalty !== undefined) sampling.frequencyPenalty = frequencyPenalty;
  const presencePenalty = optionalNumber(body, "presence_penalty", "");
  if (presencePenalty !== undefined) sampling.presencePenalty = presencePenalty;
  const seed = optionalInteger(body, "seed", "", -Infinity, Infinity); // 64 bits at some vendors
  if (seed !== undefined) sampling.seed = seed;
  const stop = decodeStop(body);
  if (stop && stop.length > 0) sampling.stopSequences = stop;
  return sampling;
}

function decodeStop(body: JsonObject): string[] | undefined {
  const { stop } = body;
  if (stop === undefined || stop === null) return undefined;
  return Array.isArray(stop) ? optionalStrings(body, "stop", "") : [asString(stop, "stop")];
}

function decodeOutputFormat(body: JsonObject, rest: JsonObject): OutputFormat | undefined {
  const format = optionalObject(body, "response_format", "");
  if (!format) return undefined;
  const kind = word<DecodedFormatType>(readString(format, "type", "response_format"));
  switch (kind) {
    case "text":
      return undefined;
    case "json_object":
      return { type: "json-object" };
    case "json_schema": {
      const at = "response_format.json_schema";
      const wire = readObject(format, "json_schema", "response_format");
      const decoded: OutputFormat = { type: "json-schema", schema: optionalObject(wire, "schema", at) ?? {} };
      const name = optionalString(wire, "name", at);
      if (name !== undefined) decoded.name = name;
      const description = optionalString(wire, "description", at);
      if (description !== undefined) decoded.description = description;
      const strict = optionalBoolean(wire, "strict", at);
      if (strict !== undefined) decoded.strict = strict;
      return decoded;
    }
    default: {
      kind satisfies Unknown;
      rest.response_format = format; // vLLM's grammars and the like
      return undefined;
    }
  }
}

/** The official kinds of format. */
export type DecodedFormatType = "text" | "json_object" | "json_schema";

/**
 * OpenAI's `reasoning_effort`, OpenRouter's `reasoning: {effort, max_tokens, enabled}`, and `thinking: {type, budget_tokens}` of
 * Anthropic's OpenAI-shaped endpoint, DeepSeek, Moonshot and Z.AI. Where they differ the first wins.
 */
function decodeReasoningConfig(body: JsonObject, rest: JsonObject): ReasoningConfig | undefined {
  const config: ReasoningConfig = {};
  readEffort(body, "reasoning_effort", "", config, rest);
  const reasoning = optionalObject(body, "reasoning", "");
  if (reasoning) {
    const kept: JsonObject = {};
    readEffort(reasoning, "effort", "reasoning", config, kept);
    const budget = optionalInteger(reasoning, "max_tokens", "reasoning", 0);
    if (budget !== undefined) config.budgetTokens = budget;
    const enabled = optionalBoolean(reasoning, "enabled", "reasoning");
    if (enabled !== undefined) config.mode = enabled ? "enabled" : "disabled";
    for (const key in reasoning) if (!OPENROUTER_FIELDS.has(key)) kept[key] = reasoning[key];
    if (Object.keys(kept).length > 0) rest.reasoning = kept;
  }
  const thinking = optionalObject(body, "thinking", "");
  if (thinking) {
    const type = optionalString(thinking, "type", "thinking");
    const known = THINKING_MODES.find((mode) => mode === type);
    if (known) config.mode ??= known;
    const budget = optionalInteger(thinking, "budget_tokens", "thinking", 0);
    if (budget !== undefined) config.budgetTokens ??= budget;
    keepRest(rest, "thinking", thinking, "budget_tokens", known ? "type" : "");
  }
  return Object.keys(config).length > 0 ? config : undefined;
}

const OPENROUTER_FIELDS = new Set(["effort", "max_tokens", "enabled"]);
const THINKING_MODES = ["enabled", "adaptive", "disabled"] as const;

function readEffort(object: JsonObject, key: string, at: string, config: ReasoningConfig, kept: JsonObject): void {
  const value = optionalString(object, key, at);
  const effort = REASONING_EFFORTS.find((known) => known === value);
  if (effort) config.effort ??= effort;
  else if (value !== undefined) kept[key] = value;
}

function decodeLogprobs(body: JsonObject, request: InferenceRequest, rest: JsonObject): void {
  // Together takes a number here.
  if (typeof body.logprobs === "number") rest.logprobs = body.logprobs;
  else if (optionalBoolean(body, "logprobs", "")) request.logprobs = {};
  const top = optionalInteger(body, "top_logprobs", "", 0);
  if (top === undefined) return;
  if (request.logprobs) request.logprobs.top = top;
  else rest.top_logprobs = top;
}

/** Keeps an object among the extensions without the fields that were read; not at all if nothing is left. */
function keepRest(rest: JsonObject, key: string, object: JsonObject, ...read: string[]): void {
  const leftovers = leftoverFields(object, new Set(read));
  if (leftovers) rest[key] = leftovers;
}
