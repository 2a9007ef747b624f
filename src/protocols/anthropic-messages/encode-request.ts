import { badRequest } from "../../core/errors";
import type { Capabilities, InferenceRequest, JsonObject, Sampling } from "../../inference";
import type { EncodedRequest } from "../protocol";
import { isObject } from "../reader";
import { narrowTools } from "./allowed-tools";
import { limitCacheMarks, marked } from "./cache-control";
import { encodeTurns } from "./encode-turns";
import { kept } from "./leftovers";
import { ToolNames } from "./names";
import { quote } from "./quote";
import { type EncodedReasoning, encodeReasoning } from "./reasoning";
import { type StructuredOutput, structuredOutput } from "./structured-output";
import { encodeToolChoice, encodeTools } from "./tools";
import { PROTOCOL, type WireOutputConfig, type WireRequest, type WireText, type WireToolChoice } from "./wire";

/** Fields of other protocols that are kept under their own name beside the neutral one, by which they are sent. */
const CARRIED_OTHERWISE = new Set(["top_k", "safety_identifier"]);

/** With thinking on, the API takes nucleus sampling only from here to 1. */
const TOP_P_MIN_WITH_THINKING = 0.95;

/** The body for an Anthropic-shaped upstream. What cannot be carried is a warning, or a `bad-request` where that would mislead. */
export function encodeRequest(asked: InferenceRequest, model: string, capabilities: Capabilities): EncodedRequest {
  const request = narrowTools(asked);
  const warnings = new Set<string>();
  refuseUncarriable(request, capabilities);
  warnUnknown(request, warnings);

  const outputTokensMax = encodeOutputCap(request, capabilities, warnings);
  const names = new ToolNames(toolNames(request));
  const tools = encodeTools(request.tools ?? [], names, capabilities.structuredOutput === "native", warnings);
  const clientChoice = encodeClientChoice(request, capabilities, names, warnings);
  const toolForced = isObject(clientChoice) && (clientChoice.type === "any" || clientChoice.type === "tool");
  const reasoning = encodeReasoning(request, capabilities, { outputTokensMax, toolForced }, warnings);
  const structured = structuredOutput(request, capabilities, names, reasoning.on, warnings);
  const { system, messages } = encodeTurns(request.turns, capabilities, names, warnings);
  const allTools = structured.tool ? [...tools.tools, structured.tool] : tools.tools;
  const toolChoice = structured.toolChoice ?? clientChoice;
  const leftovers = ownLeftovers(request);

  const wire: WireRequest = {
    model,
    max_tokens: outputTokensMax,
    ...systemMember(system, structured.instruction),
    messages,
    ...(allTools.length > 0 ? { tools: allTools } : {}),
    ...(toolChoice && allTools.length > 0 ? { tool_choice: toolChoice } : {}),
    ...(reasoning.thinking ? { thinking: reasoning.thinking } : {}),
    ...outputConfigMember(reasoning, structured, leftovers.output_config),
    ...encodeSampling(request.sampling, capabilities, reasoning.on, warnings),
    ...metadataMember(request, leftovers.metadata),
    ...marked(request.cacheHint),
    ...(request.stream ? { stream: true } : {}),
  };
  limitCacheMarks(wire, warnings);
  const renamed = names.rewritten;
  return {
    body: { ...leftovers.rest, ...wire },
    warnings: [...warnings],
    hints: {
      ...(structured.tool ? { structuredOutputTool: structured.tool.name } : {}),
      ...(tools.customTools.length > 0 ? { customTools: tools.customTools } : {}),
      ...(renamed ? { toolNames: renamed } : {}),
    },
  };
}

function refuseUncarriable(request: InferenceRequest, capabilities: Capabilities): void {
  const { modalities } = request.extensions?.["openai-chat"] ?? {};
  if (Array.isArray(modalities) && modalities.includes("audio")) {
    throw badRequest("modalities", "modalities: this model answers in text only. Leave `audio` out or choose another model.");
  }
  const forced = request.toolChoice?.mode === "required" || request.toolChoice?.mode === "tool";
  if (forced && (request.tools?.length ?? 0) === 0) throw badRequest("tool_choice", "tool_choice: there are no tools to call.");
  if ((request.choiceCount ?? 1) > 1) {
    throw badRequest("n", "n: this model gives one reply per request. Send several requests instead.");
  }
  if (!capabilities.tools && (request.tools?.length ?? 0) > 0) {
    throw badRequest("tools", "tools: this model takes no tools. Leave them out or choose another model.");
  }
}

function warnUnknown(request: InferenceRequest, warnings: Set<string>): void {
  const { sampling, extensions = {} } = request;
  const unknown = (field: string) => warnings.add(`${field}: not known to Anthropic's Messages API; it was left out.`);
  if (request.logprobs) unknown("logprobs");
  if (sampling.seed !== undefined) unknown("seed");
  if (sampling.frequencyPenalty !== undefined) unknown("frequency_penalty");
  if (sampling.presencePenalty !== undefined) unknown("presence_penalty");
  for (const [protocol, fields] of Object.entries(extensions)) {
    if (protocol === PROTOCOL) continue;
    for (const [field, value] of Object.entries(fields)) {
      if (value !== null && value !== undefined && !CARRIED_OTHERWISE.has(field)) unknown(quote(field));
    }
  }
}

function encodeOutputCap(request: InferenceRequest, capabilities: Capabilities, warnings: Set<string>): number {
  const { outputTokensMax: most } = capabilities;
  if (request.outputTokensMax === undefined || request.outputTokensMax <= most) return request.outputTokensMax ?? most;
  warnings.add(`max_tokens: this model gives at most ${most} tokens, which was sent instead of ${request.outputTokensMax}.`);
  return most;
}

/** Every tool name that the request mentions. */
function* toolNames(request: InferenceRequest): Iterable<string> {
  for (const tool of request.tools ?? []) {
    if (tool.kind !== "opaque") yield tool.name;
    else if (typeof tool.value.name === "string") yield tool.value.name;
  }
  for (const turn of request.turns) for (const part of turn.parts) if (part.type === "tool-call") yield part.name;
}

function encodeClientChoice(
  request: InferenceRequest,
  capabilities: Capabilities,
  names: ToolNames,
  warnings: Set<string>,
): WireToolChoice | JsonObject | undefined {
  const { toolChoice, parallelToolCalls } = request;
  const serial = parallelToolCalls === undefined ? undefined : !parallelToolCalls;
  if (toolChoice?.mode === "opaque") {
    if (toolChoice.protocol === PROTOCOL) return toolChoice.value;
    warnings.add(`tool_choice: ${quote(toolChoice.value.type)} is not known to Anthropic's Messages API; the model chooses by itself.`);
    return encodeToolChoice(undefined, serial, names);
  }
  const forced = toolChoice?.mode === "required" || toolChoice?.mode === "tool";
  if (forced && !capabilities.forcedToolChoice) {
    warnings.add("tool_choice: this model cannot be made to call a tool; it chooses by itself.");
    return encodeToolChoice({ mode: "auto" }, serial, names);
  }
  return encodeToolChoice(toolChoice, serial, names);
}

/** Joined to the system prompt's text where that is one string, else a block of its own behind the client's, whose marks it leaves alone. */
function systemMember(blocks: (WireText | JsonObject)[], instruction: string | undefined): Pick<WireRequest, "system"> {
  const [only] = blocks;
  const text = only && blocks.length === 1 && typeof only.text === "string" && Object.keys(only).length === 2 ? only.text : undefined;
  if (text !== undefined) return { system: instruction ? `${text}\n\n${instruction}` : text };
  if (!only) return instruction ? { system: instruction } : {};
  return { system: instruction ? [...blocks, { type: "text", text: instruction }] : blocks };
}

function outputConfigMember(
  reasoning: EncodedReasoning,
  structured: StructuredOutput,
  leftover: JsonObject | undefined,
): Pick<WireRequest, "output_config"> {
  const config: WireOutputConfig = {
    ...leftover,
    ...(reasoning.effort ? { effort: reasoning.effort } : {}),
    ...(structured.format ? { format: structured.format } : {}),
  };
  return Object.keys(config).length > 0 ? { output_config: config } : {};
}

function encodeSampling(
  { temperature, topP, topK, stopSequences }: Sampling,
  capabilities: Capabilities,
  thinking: boolean,
  warnings: Set<string>,
): Pick<WireRequest, "temperature" | "top_p" | "top_k" | "stop_sequences"> {
  const leaveOut = (field: string, reason: string): undefined => {
    warnings.add(`${field}: ${reason}; it was left out.`);
    return undefined;
  };
  let sent = { temperature, topP, topK };
  if (capabilities.sampling === "fixed") {
    const reason = "this model does not take sampling settings";
    if (temperature !== undefined) sent = { ...sent, temperature: leaveOut("temperature", reason) };
    if (topP !== undefined) sent = { ...sent, topP: leaveOut("top_p", reason) };
    if (topK !== undefined) sent = { ...sent, topK: leaveOut("top_k", reason) };
  }
  if (thinking) {
    const reason = "the API does not take it together with thinking";
    if (sent.temperature !== undefined && sent.temperature !== 1) sent = { ...sent, temperature: leaveOut("temperature", reason) };
    if (sent.topP !== undefined && sent.topP < TOP_P_MIN_WITH_THINKING) sent = { ...sent, topP: leaveOut("top_p", reason) };
    if (sent.topK !== undefined) sent = { ...sent, topK: leaveOut("top_k", reason) };
  }
  if (capabilities.sampling === "one-of" && sent.temperature !== undefined && sent.topP !== undefined) {
    sent = { ...sent, topP: leaveOut("top_p", "this model takes temperature or top_p, not both") };
  }
  const most = Math.min(1, capabilities.temperatureMax);
  if (sent.temperature !== undefined && (sent.temperature < 0 || sent.temperature > most)) {
    const clamped = Math.min(Math.max(sent.temperature, 0), most);
    warnings.add(`temperature: it must be from 0 to ${most}; ${clamped} was sent instead of ${sent.temperature}.`);
    sent = { ...sent, temperature: clamped };
  }
  const stops = stopSequences?.filter((sequence) => sequence.trim() !== "");
  if (stops && stops.length < (stopSequences?.length ?? 0)) {
    warnings.add("stop_sequences: the API refuses those of white space alone; they were left out.");
  }
  return {
    ...(sent.temperature === undefined ? {} : { temperature: sent.temperature }),
    ...(sent.topP === undefined ? {} : { top_p: sent.topP }),
    ...(sent.topK === undefined ? {} : { top_k: sent.topK }),
    ...(stops && stops.length > 0 ? { stop_sequences: stops } : {}),
  };
}

function metadataMember(request: InferenceRequest, leftover: JsonObject | undefined): Pick<WireRequest, "metadata"> {
  if (request.endUser === undefined && !leftover) return {};
  return { metadata: { ...leftover, ...(request.endUser === undefined ? {} : { user_id: request.endUser }) } };
}

/** What the decoder left over of a request of this protocol: the parts of fields that are encoded here, and the rest. */
function ownLeftovers(request: InferenceRequest): { output_config?: JsonObject; metadata?: JsonObject; rest: JsonObject } {
  const { thinking: _encodedElsewhere, output_config, metadata, ...rest } = kept(request) ?? {};
  return { ...(isObject(output_config) ? { output_config } : {}), ...(isObject(metadata) ? { metadata } : {}), rest };
}
