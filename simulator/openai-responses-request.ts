import type OpenAI from "openai";
import type { Ask, OfferedTool, ToolChoice } from "./ask";
import type { Call } from "./call";
import { isObject, type Json, objectOf, textOf } from "./check";
import { invalid } from "./errors";
import { numberOf, REASONING_TOKENS } from "./openai-chat-request";
import {
  checkFields,
  checkModel,
  checkNumber,
  checkSampling,
  checkToolName,
  checkWindow,
  invalidType,
  invalidValue,
  missing,
} from "./openai-check";
import { readInput } from "./openai-responses-input";
import { readFunction, readSchema } from "./openai-tools";
import { splitModel } from "./scenario";
import { countTokens, TOOL_TOKENS } from "./tokens";

const FIELDS = {
  access_programs: true,
  background: true,
  context_management: true,
  conversation: true,
  image: true,
  include: true,
  input: true,
  instructions: true,
  max_output_tokens: true,
  max_tool_calls: true,
  metadata: true,
  model: true,
  moderation: true,
  parallel_tool_calls: true,
  previous_response_id: true,
  prompt: true,
  prompt_cache_key: true,
  prompt_cache_options: true,
  prompt_cache_retention: true,
  reasoning: true,
  safety_identifier: true,
  service_tier: true,
  store: true,
  stream: true,
  stream_options: true,
  temperature: true,
  text: true,
  tool_choice: true,
  tools: true,
  top_logprobs: true,
  top_p: true,
  truncation: true,
  user: true,
} satisfies Record<keyof OpenAI.Responses.ResponseCreateParamsNonStreaming, true>;

export interface ResponsesRequest {
  ask: Ask;
  body: Json;
  /** The whole conversation, earlier responses included. */
  items: Json[];
  promptText: string;
  /** A reasoning item comes first; with a summary where one was asked for. */
  reasons: boolean;
  summarizes: boolean;
}

/** Checks a responses request as OpenAI does and reads what decides the reply. */
export function readResponsesRequest(call: Call): ResponsesRequest {
  const body = objectOf(call.body);
  const model = splitModel(checkModel(body)).name;
  if (!call.scenario.lenient) checkFields(body, FIELDS);
  for (const name of ["background", "conversation", "prompt"]) {
    if (body[name] !== undefined && body[name] !== null && body[name] !== false)
      throw invalid(`(simulated) '${name}' is not simulated.`, name, "unsupported_parameter");
  }
  checkNumber(body, "temperature", 0, 2);
  checkNumber(body, "top_p", 0, 1);
  checkNumber(body, "max_output_tokens", 16, Number.MAX_SAFE_INTEGER, true);
  checkNumber(body, "top_logprobs", 0, 20, true);
  checkSampling(body, model);
  const earlier = readPrevious(call, body.previous_response_id);
  const input = readInput(body.input, earlier);
  const tools = readTools(body.tools);
  const toolText = tools.length === 0 ? "" : JSON.stringify(body.tools);
  const instructions = textOf(body.instructions);
  const promptTokens = input.tokens + countTokens(instructions) + countTokens(toolText) + TOOL_TOKENS * tools.length;
  const maxTokens = numberOf(body.max_output_tokens);
  checkWindow(model, promptTokens, call.scenario.contextTokens, { name: "max_output_tokens", tokens: maxTokens }, "input");
  const settings = objectOf(body.reasoning);
  const hiddenTokens = readEffort(model, settings.effort);
  const ask: Ask = {
    model,
    lastUserText: input.lastUserText,
    turns: input.turns,
    toolResults: input.toolResults,
    media: input.media,
    promptTokens,
    tools,
    toolChoice: readToolChoice(body.tool_choice, tools),
    parallelCalls: body.parallel_tool_calls !== false,
    preface: false,
    maxTokens,
    stop: [],
    format: readFormat(objectOf(body.text).format, input.items),
    reasoning: hiddenTokens === 0 ? { kind: "none" } : { kind: "counted", hiddenTokens },
  };
  const summarizes = textOf(settings.summary) !== "";
  return {
    ask,
    body,
    items: input.items,
    promptText: `${toolText}\n${instructions}\n${input.text}`,
    reasons: hiddenTokens > 0,
    summarizes,
  };
}

function readPrevious(call: Call, id: unknown): Json[] {
  if (id === undefined || id === null) return [];
  if (typeof id !== "string") throw invalidType("previous_response_id", "a string", id);
  const stored = call.world.responses.get(id);
  if (stored === undefined)
    throw invalid(`Previous response with id '${id}' not found.`, "previous_response_id", "previous_response_not_found");
  return stored.items.map(objectOf);
}

function readTools(tools: unknown): OfferedTool[] {
  if (tools === undefined || tools === null) return [];
  if (!Array.isArray(tools)) throw invalidType("tools", "an array of objects", tools);
  return tools.flatMap((raw, i): OfferedTool[] => {
    const tool = objectOf(raw);
    if (tool.type === undefined) throw missing(`tools[${i}].type`);
    if (tool.type === "custom") return [{ name: checkToolName(tool.name, `tools[${i}].name`), kind: "custom", schema: {} }];
    // Web search and the other tools that OpenAI runs itself are accepted and never called.
    if (tool.type !== "function") return [];
    return [readFunction(tool, `tools[${i}]`)];
  });
}

function readToolChoice(choice: unknown, tools: OfferedTool[]): ToolChoice {
  if (choice === undefined || choice === null || choice === "auto") return { mode: "auto" };
  if (choice === "none" || choice === "required") return { mode: choice };
  if (!isObject(choice)) throw invalidValue("tool_choice", choice, ["none", "auto", "required"]);
  if (choice.type === "allowed_tools") return { mode: choice.mode === "required" ? "required" : "auto" };
  if (choice.type !== "function" && choice.type !== "custom") return { mode: "auto" };
  const name = textOf(choice.name);
  if (!tools.some((tool) => tool.name === name)) throw invalid(`Tool choice '${name}' not found in 'tools' parameter.`, "tool_choice");
  return { mode: "named", name };
}

function readFormat(format: unknown, items: Json[]): Ask["format"] {
  if (format === undefined || format === null) return { kind: "text" };
  const declared = objectOf(format);
  if (declared.type === "text") return { kind: "text" };
  if (declared.type === "json_object") {
    if (/json/i.test(JSON.stringify(items))) return { kind: "json" };
    throw invalid("Response input messages must contain the word 'json' in some form to use 'text.format' of type 'json_object'.", "input");
  }
  if (declared.type !== "json_schema") throw invalidValue("text.format.type", declared.type, ["json_object", "json_schema", "text"]);
  return readSchema(declared, "response_format", "text.format");
}

/** Tokens of silent reasoning; 0 for none. */
function readEffort(model: string, effort: unknown): number {
  if (effort === "none") return 0;
  if (effort === undefined || effort === null) return /reason|deepseek/.test(model) ? 64 : 0;
  const tokens = typeof effort === "string" ? REASONING_TOKENS[effort] : undefined;
  if (tokens === undefined) throw invalidValue("reasoning.effort", effort, ["none", ...Object.keys(REASONING_TOKENS)]);
  return tokens;
}
