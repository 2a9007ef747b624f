import { type JsonText, replaceSpans } from "../../core/json";
import type { Capabilities, InferenceRequest, JsonObject } from "../../inference";
import type { Forwarded } from "../protocol";

/**
 * Patches a chat request so that another OpenAI-shaped upstream can take it as it stands: the model's name, and the opt-in to usage in
 * streams. Null when the upstream's wire lacks what the client used (the `developer` role, the name of the output cap), so that the
 * request has to be encoded anew.
 */
export function forwardRequest(
  json: JsonText<JsonObject>,
  request: InferenceRequest,
  model: string,
  capabilities: Capabilities,
): Forwarded | null {
  if (!capabilities.developerRole && request.turns.some((turn) => turn.extensions?.["openai-chat"]?.role === "developer")) return null;
  if (capabilities.outputCapField === "max_tokens" && "max_completion_tokens" in json.value) return null;
  if (capabilities.outputCapField === "max_completion_tokens" && capabilities.reasoning !== "none" && "max_tokens" in json.value)
    return null;

  const asksUsage = request.stream && !request.streamUsage && capabilities.streamUsageOption;
  const options = json.members.get("stream_options");
  const optionsText = asksUsage ? JSON.stringify({ ...object(json.value.stream_options), include_usage: true }) : "";
  const modelSpan = json.members.get("model");
  if (!modelSpan) return null;
  const edits = [
    { ...modelSpan, replacement: JSON.stringify(model) + (asksUsage && !options ? `,"stream_options":${optionsText}` : "") },
    ...(asksUsage && options ? [{ ...options, replacement: optionsText }] : []),
  ];
  return { text: replaceSpans(json.text, edits), usageHidden: asksUsage };
}

function object(value: JsonObject[string]): JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
}
