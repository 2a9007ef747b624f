import type { Citation, JsonObject, TextPart } from "../../inference";
import { asObject, optionalArray } from "../reader";
import { PROTOCOL } from "./wire";

/**
 * A citation in neutral words. The wire's offsets point into the cited source, not into the text that cites it, so `start` and `end`
 * stay absent. https://platform.claude.com/docs/en/build-with-claude/citations
 */
export function decodeCitation(value: JsonObject): Citation {
  const url = value.url ?? value.source;
  const title = value.title ?? value.document_title;
  return {
    ...(typeof url === "string" && /^https?:\/\//.test(url) ? { url } : {}),
    ...(typeof title === "string" ? { title } : {}),
    ...(typeof value.cited_text === "string" ? { citedText: value.cited_text } : {}),
    raw: { protocol: PROTOCOL, value },
  };
}

/** The `citations` of a text block in a request, as a spreadable member. */
export function readCitations(block: JsonObject, at: string): { citations?: Citation[] } {
  if (block.citations === undefined || block.citations === null) return {};
  const values = optionalArray(block, "citations", at) ?? [];
  const citations = values.map((value, index) => decodeCitation(asObject(value, `${at}.citations[${index}]`)));
  return citations.length > 0 ? { citations } : {};
}

/**
 * The citations of a text that this wire can show. One of another protocol cannot be: each kind here points at a place in a document
 * or search result of the request, by numbers and tokens that only Anthropic gives out.
 */
export function ownCitations(part: TextPart): JsonObject[] {
  return (part.citations ?? []).flatMap(({ raw }) => (raw.protocol === PROTOCOL ? [raw.value] : []));
}

/** True when some citation cannot be shown on this wire. */
export function hasForeignCitations(part: TextPart): boolean {
  return part.citations?.some(({ raw }) => raw.protocol !== PROTOCOL) ?? false;
}
