import type { InferenceResponse, Part } from "../inference";
import { type ReplyGuardOptions, TextGuard } from "./reply-guard";
import { NOTHING_REPLACED } from "./vault";

/** A whole reply as it may leave; where `isBlocked`, it may not. */
export interface InspectedResponse {
  response: InferenceResponse;
  isBlocked: boolean;
}

/** Has every guard look at every text of a whole reply, and puts back what the request had replaced. */
export function inspectResponse(response: InferenceResponse, options: ReplyGuardOptions): InspectedResponse {
  let isBlocked = false;
  const through = (text: string, mode: "text" | "json", vault = options.vault): string => {
    const guard = new TextGuard({ ...options, vault }, mode);
    const passed = guard.push(text) + guard.end();
    isBlocked ||= guard.isBlocked;
    return passed;
  };
  const mapPart = (part: Part): Part => {
    if (part.type === "reasoning") return { ...part, text: through(part.text, "text", NOTHING_REPLACED) };
    if (part.type === "opaque") return options.vault.restoreWithin(part);
    if (part.type === "refusal") return { ...part, text: through(part.text, "text") };
    if (part.type === "text") {
      const citations = part.citations && options.vault.restoreWithin(part.citations);
      return { ...part, text: through(part.text, "text"), ...(citations ? { citations } : {}) };
    }
    if (part.type === "tool-call") return { ...part, arguments: through(part.arguments, part.kind === "function" ? "json" : "text") };
    return part;
  };
  const hides = options.guards.some(({ output }) => output === "redact" || output === "block");
  const choices = response.choices.map(({ logprobs, ...choice }) => ({
    ...choice,
    ...(logprobs && !hides ? { logprobs } : {}),
    parts: choice.parts.map(mapPart),
  }));
  return { response: { ...response, choices }, isBlocked };
}
