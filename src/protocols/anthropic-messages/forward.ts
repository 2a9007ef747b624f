import { type JsonText, replaceSpans } from "../../core/json";
import type { Capabilities, InferenceRequest, JsonObject } from "../../inference";
import type { Forwarded } from "../protocol";
import { UNSIGNED } from "./thinking";

/**
 * Patches the model's name; everything else reaches an Anthropic-shaped upstream as the client wrote it. Null when the request has to be
 * encoded anew: it sends back reasoning that no Anthropic-shaped upstream signed, or it was written for another model and
 * asks for what this one does not take.
 */
export function forwardRequest(
  json: JsonText<JsonObject>,
  request: InferenceRequest,
  model: string,
  capabilities: Capabilities,
): Forwarded | null {
  const modelSpan = json.members.get("model");
  if (!modelSpan || json.text.includes(UNSIGNED)) return null;
  // Who names the model knows it better than our table does: new abilities reach it at once.
  const isAskedFor = request.model === model || request.model.endsWith(`/${model}`);
  if (!isAskedFor && !fits(request, capabilities)) return null;
  return { text: replaceSpans(json.text, [{ ...modelSpan, replacement: JSON.stringify(model) }]), usageHidden: false };
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
  if (reasoning && !fitsReasoning(reasoning, capabilities)) return false;
  const isLeading = request.turns.findIndex((turn) => turn.role !== "system");
  return capabilities.systemWithinMessages || !request.turns.slice(Math.max(isLeading, 1)).some((turn) => turn.role === "system");
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
