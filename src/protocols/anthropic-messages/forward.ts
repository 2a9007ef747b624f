import { type JsonText, replaceSpans } from "../../core/json";
import type { Capabilities, InferenceRequest, JsonObject } from "../../inference";
import type { Forwarded, RequestPatches } from "../protocol";
import { isObject } from "../reader";
import { markEdits } from "./apply-marks";
import { UNSIGNED } from "./thinking";

/**
 * Patches the model's name and what `patches` says; everything else reaches an Anthropic-shaped upstream as the client wrote it. Null when the request has to be
 * encoded anew: it sends back reasoning that no Anthropic-shaped upstream signed, it holds what agents' sessions hold and every upstream
 * refuses, or it was written for another model and asks for what this one does not take.
 */
export function forwardRequest(
  json: JsonText<JsonObject>,
  request: InferenceRequest,
  model: string,
  capabilities: Capabilities,
  { outputTokensMax, cacheMarks = [] }: RequestPatches = {},
): Forwarded | null {
  const modelSpan = json.members.get("model");
  if (!modelSpan || json.text.includes(UNSIGNED) || hasNullContent(json)) return null;
  if (!capabilities.systemWithinMessages && hasLaterSystem(request)) return null;
  // Who names the model knows it better than our table does: new abilities reach it at once.
  const isAskedFor = request.model === model || request.model.endsWith(`/${model}`);
  if (!isAskedFor && !fits(request, capabilities)) return null;
  // A lowered cap has to leave room for thinking: the budget is then lowered too.
  if (outputTokensMax !== undefined && (request.reasoning?.budgetTokens ?? 0) >= outputTokensMax) return null;
  const cap = outputTokensMax === undefined ? undefined : json.members.get("max_tokens");
  const edits = [
    { ...modelSpan, replacement: JSON.stringify(model) },
    ...(cap ? [{ ...cap, replacement: String(outputTokensMax) }] : []),
    ...markEdits(json, cacheMarks),
  ];
  return { text: replaceSpans(json.text, edits), usageHidden: false };
}

/** Whether the model takes what the request asks for, as it is asked for. */
function fits(request: InferenceRequest, capabilities: Capabilities): boolean {
  const { sampling, reasoning, toolChoice } = request;
  const { temperature, topP, topK } = sampling;
  if ((request.outputTokensMax ?? 0) > capabilities.outputTokensMax) return false;
  if (capabilities.sampling === "fixed" && (temperature ?? topP ?? topK) !== undefined) return false;
  if (capabilities.sampling === "one-of" && temperature !== undefined && topP !== undefined) return false;
  if (!capabilities.forcedToolChoice && (toolChoice?.mode === "required" || toolChoice?.mode === "tool")) return false;
  if (request.outputFormat && capabilities.structuredOutput !== "native") return false;
  return !reasoning || fitsReasoning(reasoning, capabilities);
}

/** A message or a tool result whose content is `null`, where nothing was said: the API takes strings and arrays only. */
function hasNullContent({ text, value }: JsonText<JsonObject>): boolean {
  if (!/"content"\s*:\s*null/.test(text)) return false;
  const isEmpty = (carrier: JsonObject[string]): boolean => isObject(carrier) && carrier.content === null;
  const messages = Array.isArray(value.messages) ? value.messages : [];
  return messages.some(
    (message) => isEmpty(message) || (isObject(message) && Array.isArray(message.content) && message.content.some(isEmpty)),
  );
}

/** A system message behind another message. Models before Opus 4.8 refuse it, whoever names them. */
function hasLaterSystem({ turns }: InferenceRequest): boolean {
  const opening = turns.findIndex((turn) => turn.role !== "system");
  return opening >= 0 && turns.slice(opening).some((turn) => turn.role === "system");
}

function fitsReasoning({ mode, effort }: NonNullable<InferenceRequest["reasoning"]>, capabilities: Capabilities): boolean {
  if (mode === "adaptive" && capabilities.reasoning !== "adaptive") return false;
  if (mode === "enabled" && capabilities.reasoning !== "budget") return false;
  if (mode === "disabled" && !capabilities.reasoningCanBeOff) return false;
  if (effort === undefined) return true;
  return (
    capabilities.reasoning !== "budget" && capabilities.reasoning !== "none" && (capabilities.reasoningEfforts?.includes(effort) ?? true)
  );
}
