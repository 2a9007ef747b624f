import type OpenAI from "openai";
import type { Ask } from "./ask";
import type { Call } from "./call";
import { arrayOf, isObject, type Json, objectOf, textOf } from "./check";
import { invalid } from "./errors";
import { readMessages } from "./openai-chat-messages";
import { checkFields, checkModel, checkNumber, checkSampling, checkWindow, invalidValue, missing } from "./openai-check";
import { readFunction, readFunctionCall, readSchema, readToolChoice, readTools } from "./openai-tools";
import { splitModel } from "./scenario";
import { countTokens, TOOL_TOKENS } from "./tokens";

const FIELDS = {
  audio: true,
  frequency_penalty: true,
  function_call: true,
  functions: true,
  logit_bias: true,
  logprobs: true,
  max_completion_tokens: true,
  max_tokens: true,
  messages: true,
  metadata: true,
  modalities: true,
  model: true,
  moderation: true,
  n: true,
  parallel_tool_calls: true,
  prediction: true,
  presence_penalty: true,
  prompt_cache_key: true,
  prompt_cache_options: true,
  prompt_cache_retention: true,
  reasoning_effort: true,
  response_format: true,
  safety_identifier: true,
  seed: true,
  service_tier: true,
  stop: true,
  store: true,
  stream: true,
  stream_options: true,
  temperature: true,
  tool_choice: true,
  tools: true,
  top_logprobs: true,
  top_p: true,
  user: true,
  verbosity: true,
  web_search_options: true,
} satisfies Record<keyof OpenAI.ChatCompletionCreateParamsNonStreaming, true>;

/** Tokens that a reasoning model spends in silence, by effort. */
export const REASONING_TOKENS: Record<string, number> = { minimal: 8, low: 32, medium: 64, high: 128, xhigh: 256, max: 512 };

export interface ChatRequest {
  ask: Ask;
  body: Json;
  /** Tools came as `functions`, and calls go back as `function_call`. */
  isLegacy: boolean;
  choices: number;
  /** The prompt as the provider's cache sees it. */
  promptText: string;
}

/** Checks a chat request as OpenAI does and reads what decides the reply. Throws an `ApiError` with the native message. */
export function readChatRequest(call: Pick<Call, "body" | "scenario">): ChatRequest {
  const body = objectOf(call.body);
  const model = splitModel(checkModel(body)).name;
  if (!call.scenario.lenient) checkFields(body, FIELDS);
  checkSettings(body, model);
  const { messages, lastUserText, turns, toolResults, media, tokens, text } = readMessages(body.messages);
  checkRoles(messages, model);
  const isLegacy = body.functions !== undefined;
  const tools = isLegacy ? arrayOf(body.functions).map((tool, i) => readFunction(tool, `functions[${i}]`)) : readTools(body.tools);
  const format = readFormat(body.response_format, messages);
  const toolText = JSON.stringify(body.tools ?? body.functions ?? "");
  const promptTokens = tokens + (tools.length === 0 ? 0 : countTokens(toolText) + TOOL_TOKENS * tools.length);
  const maxTokens = numberOf(body.max_completion_tokens) ?? numberOf(body.max_tokens);
  const wanted = { name: body.max_completion_tokens === undefined ? "max_tokens" : "max_completion_tokens", tokens: maxTokens };
  checkWindow(model, promptTokens, call.scenario.contextTokens, wanted, "messages");
  const ask: Ask = {
    model,
    lastUserText,
    turns,
    toolResults,
    media,
    promptTokens,
    tools,
    toolChoice: isLegacy ? readFunctionCall(body.function_call) : readToolChoice(body, tools),
    parallelCalls: !isLegacy && body.parallel_tool_calls !== false,
    preface: false,
    maxTokens,
    stop: (typeof body.stop === "string" ? [body.stop] : arrayOf(body.stop)).map(textOf),
    format,
    reasoning: readReasoning(model, body.reasoning_effort),
  };
  return { ask, body, isLegacy, choices: numberOf(body.n) ?? 1, promptText: `${toolText}\n${text}` };
}

function checkSettings(body: Json, model: string): void {
  checkNumber(body, "temperature", 0, 2);
  checkNumber(body, "top_p", 0, 1);
  checkNumber(body, "frequency_penalty", -2, 2);
  checkNumber(body, "presence_penalty", -2, 2);
  checkNumber(body, "n", 1, 128, true);
  checkNumber(body, "max_tokens", 1, Number.MAX_SAFE_INTEGER, true);
  checkNumber(body, "max_completion_tokens", 1, Number.MAX_SAFE_INTEGER, true);
  checkNumber(body, "top_logprobs", 0, 20, true);
  checkSampling(body, model);
  if (typeof body.max_tokens === "number") {
    if (typeof body.max_completion_tokens === "number") {
      throw invalid(
        "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
        "max_tokens",
        "invalid_parameter_combination",
      );
    }
    if (isReasoner(model)) {
      throw invalid(
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
        "max_tokens",
        "unsupported_parameter",
      );
    }
  }
  if (typeof body.top_logprobs === "number" && body.logprobs !== true) {
    throw invalid("Invalid value for 'top_logprobs': 'top_logprobs' is only allowed when 'logprobs' is true.", "top_logprobs");
  }
  if (Array.isArray(body.stop) && body.stop.length > 4) {
    throw invalid(
      `Invalid 'stop': array too long. Expected an array with maximum length 4, but got an array with length ${body.stop.length} instead.`,
      "stop",
      "array_above_max_length",
    );
  }
  if (isObject(body.stream_options) && body.stream !== true) {
    throw invalid("The 'stream_options' parameter is only allowed when 'stream' is enabled.", "stream_options");
  }
  if (!Array.isArray(body.tools) || body.tools.length === 0) {
    for (const name of ["tool_choice", "parallel_tool_calls"]) {
      if (body[name] === undefined || body[name] === "none" || body[name] === null) continue;
      throw invalid(`Invalid value for '${name}': '${name}' is only allowed when 'tools' are specified.`, name);
    }
  }
}

/** The first reasoning models took no system prompt. */
function checkRoles(messages: Json[], model: string): void {
  const at = /^o1-(?:mini|preview)/.test(model) ? messages.findIndex(({ role }) => role === "system" || role === "developer") : -1;
  if (at < 0) return;
  const message = `Unsupported value: 'messages[${at}].role' does not support '${textOf(messages[at]?.role)}' with this model.`;
  throw invalid(message, `messages[${at}].role`, "unsupported_value");
}

function isReasoner(model: string): boolean {
  return /^(?:o\d|gpt-5)/.test(model.slice(model.lastIndexOf("/") + 1));
}

function readFormat(format: unknown, messages: Json[]): Ask["format"] {
  if (format === undefined || format === null) return { kind: "text" };
  const { type, json_schema: declared } = objectOf(format);
  if (type === "text") return { kind: "text" };
  if (type === "json_object") {
    if (!/json/i.test(JSON.stringify(messages))) {
      throw invalid("'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.", "messages");
    }
    return { kind: "json" };
  }
  if (type !== "json_schema") throw invalidValue("response_format.type", type, ["json_object", "json_schema", "text"]);
  if (!isObject(declared)) throw missing("response_format.json_schema");
  return readSchema(declared, "response_format", "response_format.json_schema");
}

/** DeepSeek shows its reasoning, OpenAI only counts it. */
export function readReasoning(model: string, effort: unknown): Ask["reasoning"] {
  if (effort === "none") return { kind: "none" };
  if (model.includes("deepseek")) return { kind: "shown", redacted: false };
  if (effort === undefined || effort === null) return model.includes("reason") ? { kind: "counted", hiddenTokens: 64 } : { kind: "none" };
  const hiddenTokens = typeof effort === "string" ? REASONING_TOKENS[effort] : undefined;
  if (hiddenTokens === undefined) throw invalidValue("reasoning_effort", effort, ["none", ...Object.keys(REASONING_TOKENS)]);
  return { kind: "counted", hiddenTokens };
}

export function numberOf(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}
