import type { JsonObject, ReasoningPart } from "../../inference";
import type { WireThinking } from "./wire";

/**
 * What stands in `signature` where an upstream's reasoning has none. The field is required on this wire, and an empty one is taken:
 * some Anthropic-shaped upstreams sign with the empty string and want it back. A client sends this mark back with the conversation,
 * and is then read as unsigned again, so that the block is not sent to a provider that would refuse it.
 */
export const UNSIGNED = "sluice-unsigned";

/** A `thinking` block, of a request or a reply. */
export function decodeThinking(text: string, signature: JsonObject[string]): ReasoningPart {
  return { type: "reasoning", text, ...(isSignature(signature) ? { signature } : {}) };
}

/** True for a signature that an upstream gave, also an empty one. */
export function isSignature(value: JsonObject[string]): value is string {
  return typeof value === "string" && value !== UNSIGNED;
}

export function encodeThinking(part: ReasoningPart): WireThinking {
  return { type: "thinking", thinking: part.text, signature: part.signature ?? UNSIGNED };
}
