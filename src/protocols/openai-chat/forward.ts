import { type JsonText, replaceSpans } from "../../core/json";
import type { Capabilities, InferenceRequest, JsonObject, Part, ReasoningConfig } from "../../inference";
import type { Forwarded, RequestPatches } from "../protocol";
import { promptCacheKeyEdits } from "./prompt-cache-key";

/**
 * Patches a chat request so that another OpenAI-shaped upstream can take it as it stands: the model's name, the opt-in to usage in
 * streams, and what `patches` says. Null when the upstream's wire lacks what the client used (the `developer` role, the name of the output cap), or the request was
 * written for another model and asks for what this one does not take: it then has to be encoded anew.
 */
export function forwardRequest(
  json: JsonText<JsonObject>,
  request: InferenceRequest,
  model: string,
  capabilities: Capabilities,
  { outputTokensMax, promptCacheKey }: RequestPatches = {},
): Forwarded | null {
  if (!capabilities.developerRole && request.turns.some((turn) => turn.extensions?.["openai-chat"]?.role === "developer")) return null;
  if (capabilities.outputCapField === "max_tokens" && "max_completion_tokens" in json.value) return null;
  if (capabilities.outputCapField === "max_completion_tokens" && capabilities.reasoning !== "none" && "max_tokens" in json.value)
    return null;
  if (!capabilities.streamUsageOption && "stream_options" in json.value) return null;
  // Who names the model knows it better than our table does: new abilities reach it at once.
  const isAskedFor = request.model === model || request.model.endsWith(`/${model}`);
  if (!isAskedFor && !fits(request, capabilities)) return null;

  const asksUsage = request.stream && !request.streamUsage && capabilities.streamUsageOption;
  const options = json.members.get("stream_options");
  const optionsText = asksUsage ? JSON.stringify({ ...object(json.value.stream_options), include_usage: true }) : "";
  const modelSpan = json.members.get("model");
  if (!modelSpan) return null;
  const cap = json.members.get("max_completion_tokens") ?? json.members.get("max_tokens");
  const added = [
    ...(asksUsage && !options ? [`"stream_options":${optionsText}`] : []),
    ...(outputTokensMax !== undefined && !cap ? [`"${capabilities.outputCapField}":${outputTokensMax}`] : []),
  ];
  const edits = [
    { ...modelSpan, replacement: [JSON.stringify(model), ...added].join(",") },
    ...(asksUsage && options ? [{ ...options, replacement: optionsText }] : []),
    ...(outputTokensMax !== undefined && cap ? [{ ...cap, replacement: String(outputTokensMax) }] : []),
    ...(promptCacheKey === undefined ? [] : promptCacheKeyEdits(json, promptCacheKey)),
  ];
  return { text: replaceSpans(json.text, edits), usageHidden: asksUsage };
}

/** Whether the model takes what the request asks for, as it is asked for. */
function fits(request: InferenceRequest, capabilities: Capabilities): boolean {
  const { sampling, outputFormat, toolChoice, turns } = request;
  const { temperature, topP, frequencyPenalty, presencePenalty, seed } = sampling;
  if ((request.outputTokensMax ?? 0) > capabilities.outputTokensMax) return false;
  if (capabilities.sampling === "fixed" && (temperature ?? topP ?? frequencyPenalty ?? presencePenalty) !== undefined) return false;
  if ((temperature ?? 0) > capabilities.temperatureMax) return false;
  if (seed !== undefined && capabilities.seedField !== undefined) return false;
  if (request.endUser !== undefined && capabilities.endUserField === false) return false;
  if (capabilities.speakerNames === false && turns.some((turn) => turn.name !== undefined)) return false;
  if (outputFormat?.type === "json-schema" && capabilities.structuredOutput !== "native") return false;
  if (!capabilities.tools && request.tools) return false;
  if (!capabilities.forcedToolChoice && (toolChoice?.mode === "required" || toolChoice?.mode === "tool")) return false;
  if (request.choiceCount !== undefined && !capabilities.multipleChoices) return false;
  if (request.logprobs && !capabilities.logprobs) return false;
  if (turns.some((turn) => turn.parts.some((part) => !takes(part, capabilities)))) return false;
  return !request.reasoning || fitsReasoning(request.reasoning, capabilities);
}

function takes(part: Part, capabilities: Capabilities): boolean {
  if (part.type === "image") return capabilities.images;
  if (part.type === "document") return capabilities.documents;
  return part.type !== "audio" || capabilities.audio;
}

function fitsReasoning({ mode, effort, budgetTokens }: ReasoningConfig, capabilities: Capabilities): boolean {
  if (capabilities.reasoning !== "effort" || mode !== undefined || budgetTokens !== undefined || effort === undefined) return false;
  return (capabilities.reasoningEfforts?.includes(effort) ?? true) && (effort !== "none" || capabilities.reasoningCanBeOff);
}

function object(value: JsonObject[string]): JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
}
