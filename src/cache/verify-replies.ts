import { canonicalJson } from "../core/canonical-json";
import type { InferenceResponse, Part } from "../inference";
import { embedLexical } from "./semantic";

/** Two replies in other words are taken for one answer from this cosine of their lexical embeddings on. */
const AGREEMENT_MIN = 0.75;

/** Whether two replies say the same: equal tool calls, and texts that are near. A rough measure, to tell how often a cache would have been wrong. */
export function verifyReplies(a: InferenceResponse, b: InferenceResponse): boolean {
  const [partsA, partsB] = [a, b].map(({ choices }) => choices.flatMap(({ parts }) => parts));
  if (callsOf(partsA) !== callsOf(partsB)) return false;
  const [textA, textB] = [textOf(partsA), textOf(partsB)];
  if (textA === textB) return true;
  const [vectorA, vectorB] = [embedLexical(textA), embedLexical(textB)];
  let cosine = 0;
  for (let at = 0; at < vectorA.length; at++) cosine += (vectorA[at] ?? 0) * (vectorB[at] ?? 0);
  return cosine >= AGREEMENT_MIN;
}

function textOf(parts: readonly Part[] = []): string {
  return parts.map((part) => (part.type === "text" ? part.text : "")).join("\n");
}

/** Names and arguments of the tool calls; their ids are the provider's own. */
function callsOf(parts: readonly Part[] = []): string {
  return canonicalJson(parts.flatMap((part) => (part.type === "tool-call" ? [[part.name, part.arguments]] : [])));
}
