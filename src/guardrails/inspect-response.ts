import type { InferenceResponse, Part } from "../inference";
import { OutputCheck } from "./output-check";
import { type ReplyGuardOptions, TextGuard } from "./reply-guard";
import { ValueGuard } from "./value-guard";
import { NOTHING_REPLACED } from "./vault";

/** A whole reply as it may leave; where `isBlocked`, it may not. */
export interface InspectedResponse {
  response: InferenceResponse;
  isBlocked: boolean;
}

/** Has every guard look at every text of a whole reply, puts back what the request had replaced, and holds what comes out against its schema. */
export function inspectResponse(response: InferenceResponse, options: ReplyGuardOptions): InspectedResponse {
  let isBlocked = false;
  const values = new ValueGuard(options);
  const through = (text: string, mode: "text" | "json", vault = options.vault): string => {
    const guard = new TextGuard({ ...options, vault }, mode);
    const passed = guard.push(text) + guard.end();
    isBlocked ||= guard.isBlocked;
    return passed;
  };
  const mapPart = (part: Part): Part => {
    if (part.type === "reasoning") return { ...part, text: through(part.text, "text", NOTHING_REPLACED) };
    if (part.type === "opaque") return values.opaque(part);
    if (part.type === "refusal") return { ...part, text: through(part.text, "text") };
    if (part.type === "text") {
      const text = through(part.text, "text");
      return { ...part, text, ...(part.citations ? { citations: part.citations.map((citation) => values.citation(citation)) } : {}) };
    }
    if (part.type !== "tool-call") return part;
    return values.carrier({ ...part, arguments: through(part.arguments, part.kind === "function" ? "json" : "text") });
  };
  const hides = options.guards.some(({ output }) => output === "redact" || output === "block");
  const choices = response.choices.map(({ logprobs, ...choice }) =>
    values.carrier({
      ...choice,
      ...(logprobs && !hides ? { logprobs } : {}),
      parts: choice.parts.map(mapPart),
      finish: values.finish(choice.finish),
    }),
  );
  const passed = values.carrier({ ...response, choices });
  const output = options.outputRule && new OutputCheck(options.outputRule, options.decisions);
  const isRefused = output !== undefined && passed.choices.some(({ parts }) => !output.mayPass(parts));
  return { response: passed, isBlocked: isBlocked || values.isBlocked || isRefused };
}
