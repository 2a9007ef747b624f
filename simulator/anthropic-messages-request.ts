import type Anthropic from "@anthropic-ai/sdk";
import { checkExtras, checkTag, checkText, fault } from "./anthropic-check";
import { readConversation } from "./anthropic-conversation";
import { checkModelRules, checkThinking } from "./anthropic-model-rules";
import { checkBreakpoints, markLast, segment, toolSegments, withSettings } from "./anthropic-segments";
import { readToolChoice, readTools, schemaFault } from "./anthropic-tools";
import type { Ask } from "./ask";
import type { Call } from "./call";
import { arrayOf, isObject, type Json, objectOf, textOf } from "./check";
import { invalid } from "./errors";
import { knownModel } from "./models";
import type { Segment } from "./prompt-cache";
import { splitModel } from "./scenario";
import { strictProblem } from "./strict-schema";
import { countTokens, MESSAGE_TOKENS } from "./tokens";

/** The fields of the SDK, those of its beta that travel in the body, and the sampling settings that older models take. */
const FIELDS = Object.keys({
  cache_control: true,
  container: true,
  diagnostics: true,
  inference_geo: true,
  max_tokens: true,
  messages: true,
  metadata: true,
  model: true,
  output_config: true,
  service_tier: true,
  speed: true,
  stop_sequences: true,
  stream: true,
  system: true,
  thinking: true,
  tool_choice: true,
  tools: true,
  user_profile_id: true,
  workspace_id: true,
  billing_policy: true,
  compaction: true,
  context_management: true,
  fallback_credit_token: true,
  fallbacks: true,
  mcp_servers: true,
  output_format: true,
  thread: true,
  temperature: true,
  top_k: true,
  top_p: true,
} satisfies Record<
  Exclude<keyof Anthropic.MessageCreateParams | keyof Anthropic.Beta.MessageCreateParams, "betas"> | "temperature" | "top_k" | "top_p",
  true
>);

export interface MessagesRequest {
  ask: Ask;
  body: Json;
  segments: Segment[];
  /** Thinking is signed but not shown. */
  omitsThinking: boolean;
}

/** Checks a messages request as Anthropic does and reads what decides the reply. `countOnly`: for `count_tokens`, which knows no limits. */
export function readMessagesRequest(call: Pick<Call, "body" | "scenario">, countOnly = false): MessagesRequest {
  const body = objectOf(call.body);
  const lenient = call.scenario.lenient;
  const model = splitModel(checkText(body.model, "model")).name;
  if (!lenient) checkExtras(body, "", FIELDS);
  const maxTokens = countOnly ? undefined : checkInteger(body.max_tokens, "max_tokens", 1, true);
  checkSettings(body);
  const tools = readTools(body.tools, lenient);
  const toolChoice = readToolChoice(
    body.tool_choice,
    arrayOf(body.tools).map((tool) => textOf(objectOf(tool).name)),
  );
  const system = readSystem(body.system);
  const conversation = readConversation(body.messages, model, lenient);
  const segments = [...toolSegments(body.tools), ...system, ...withSettings(conversation.segments, body)];
  markLast(segments, body.cache_control);
  checkBreakpoints(segments);
  checkModelRules(body, model, conversation);
  const thinking = checkThinking(body, model, maxTokens);
  const promptTokens = segments.reduce((sum, { tokens }) => sum + tokens, MESSAGE_TOKENS);
  if (!countOnly) checkLimits(model, promptTokens, call.scenario.contextTokens, maxTokens);
  const ask: Ask = {
    model,
    lastUserText: conversation.lastUserText,
    turns: conversation.turns,
    toolResults: conversation.toolResults,
    media: conversation.media,
    promptTokens,
    tools,
    toolChoice,
    parallelCalls: objectOf(body.tool_choice).disable_parallel_tool_use !== true,
    preface: true,
    maxTokens,
    stop: arrayOf(body.stop_sequences).map(textOf),
    format: readFormat(objectOf(body.output_config).format, "output_config.format") ??
      readFormat(body.output_format, "output_format") ?? { kind: "text" },
    reasoning: thinking === "none" ? { kind: "none" } : { kind: "shown", redacted: /redacted/i.test(conversation.lastUserText) },
  };
  return { ask, body, segments, omitsThinking: objectOf(body.thinking).display === "omitted" };
}

function checkInteger(value: unknown, path: string, min: number, isRequired: boolean): number | undefined {
  if (value === undefined && !isRequired) return undefined;
  if (value === undefined) throw fault(path, "Field required");
  if (typeof value !== "number" || !Number.isInteger(value)) throw fault(path, "Input should be a valid integer");
  if (value < min) throw fault(path, `Input should be greater than or equal to ${min}`);
  return value;
}

function checkSettings(body: Json): void {
  for (const name of ["temperature", "top_p"]) {
    const value = body[name];
    if (value === undefined) continue;
    if (typeof value !== "number") throw fault(name, "Input should be a valid number");
    if (value < 0 || value > 1) throw fault(name, "range: 0..1");
  }
  checkInteger(body.top_k, "top_k", 0, false);
  if (body.stream !== undefined && typeof body.stream !== "boolean") throw fault("stream", "Input should be a valid boolean");
  if (body.metadata !== undefined) checkExtras(objectOf(body.metadata), "metadata", ["user_id"]);
  if (body.stop_sequences === undefined) return;
  if (!Array.isArray(body.stop_sequences)) throw fault("stop_sequences", "Input should be a valid list");
  for (const [i, sequence] of body.stop_sequences.entries()) {
    if (checkText(sequence, `stop_sequences.${i}`).trim() === "")
      throw fault("stop_sequences", "each stop sequence must contain non-whitespace");
  }
}

function readSystem(system: unknown): Segment[] {
  if (system === undefined) return [];
  if (typeof system === "string") return [segment("system", { type: "text", text: system }, countTokens(system))];
  if (!Array.isArray(system)) throw fault("system", "Input should be a valid list");
  return system.map((block, i) => {
    if (!isObject(block)) throw fault(`system.${i}`, "Input should be a valid dictionary");
    checkTag(block.type, `system.${i}`, ["text"]);
    const text = checkText(block.text, `system.${i}.text`);
    if (text === "") throw invalid("system: text content blocks must be non-empty");
    return segment("system", block, countTokens(text), `system.${i}`);
  });
}

function readFormat(format: unknown, path: string): Ask["format"] | undefined {
  if (format === undefined || format === null) return undefined;
  if (!isObject(format)) throw fault(path, "Input should be a valid dictionary");
  checkTag(format.type, path, ["json_schema"]);
  if (!isObject(format.schema)) throw fault(`${path}.schema`, "Field required");
  const problem = strictProblem(format.schema, false);
  if (problem !== undefined) throw fault(`${path}.schema`, schemaFault(problem));
  return { kind: "schema", schema: format.schema };
}

function checkLimits(model: string, promptTokens: number, contextTokens: number | undefined, maxTokens: number | undefined): void {
  const known = knownModel(model);
  const window = contextTokens ?? known?.contextTokens;
  if (window !== undefined && promptTokens > window) throw invalid(`prompt is too long: ${promptTokens} tokens > ${window} maximum`);
  if (known !== undefined && maxTokens !== undefined && maxTokens > known.outputTokens) {
    throw fault(
      "max_tokens",
      `${maxTokens} > ${known.outputTokens}, which is the maximum allowed number of output tokens for ${known.snapshot ?? known.id}`,
    );
  }
}
