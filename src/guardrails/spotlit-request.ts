import type { InferenceRequest, Part } from "../inference";
import { spotlight } from "./injection";

/** Texts of tools and documents between markers. What is opaque to us has no place for them. */
export function spotlighted(request: InferenceRequest, marker: string): InferenceRequest {
  const mark = (part: Part, isTool: boolean): Part => {
    if (part.type === "text") return isTool ? { ...part, text: spotlight(part.text, marker) } : part;
    if (part.type === "document" && part.source.kind === "text")
      return { ...part, source: { ...part.source, text: spotlight(part.source.text.trim(), marker) } };
    if (part.type === "tool-result") return { ...part, content: part.content.map((inner) => mark(inner, true)) as typeof part.content };
    return part;
  };
  return {
    ...request,
    turns: request.turns.map((turn) => ({ ...turn, parts: turn.parts.map((part) => mark(part, turn.role === "tool")) })),
  };
}
