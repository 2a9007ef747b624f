import type { Citation, JsonObject, JsonValue } from "../../inference";
import { isObject } from "../reader";
import { asWritten, type WireUrlCitation } from "./wire";

/** Annotations of a message: web citations are read, every other kind (OpenRouter's parsed files, say) is kept as it came. */
export function readAnnotations(annotations: JsonValue[]): { citations: Citation[]; others: JsonValue[] } {
  const citations: Citation[] = [];
  const others: JsonValue[] = [];
  for (const value of annotations) {
    const citation = isObject(value) ? readUrlCitation(value) : undefined;
    if (citation) citations.push(citation);
    else if (value !== null) others.push(value);
  }
  return { citations, others };
}

function readUrlCitation(annotation: JsonObject): Citation | undefined {
  const cited = annotation.url_citation;
  if (annotation.type !== "url_citation" || !isObject(cited)) return undefined;
  const citation: Citation = { raw: { protocol: "openai-chat", value: annotation } };
  if (typeof cited.url === "string") citation.url = cited.url;
  if (typeof cited.title === "string") citation.title = cited.title;
  // OpenRouter adds the passage that was found.
  if (typeof cited.content === "string") citation.citedText = cited.content;
  if (typeof cited.start_index === "number") citation.start = cited.start_index;
  if (typeof cited.end_index === "number") citation.end = cited.end_index;
  return citation;
}

/**
 * A citation as an annotation; undefined when it names no web page, for this wire knows no other. Where a wire gives no range, the whole
 * part is meant. `offset` and `length` are the part's place in the message's text, in UTF-16 units.
 */
export function encodeCitation(citation: Citation, offset: number, length: number): WireUrlCitation | undefined {
  const { raw } = citation;
  if (raw.protocol === "openai-chat" && offset === 0) return asWritten<WireUrlCitation>(raw.value);
  if (citation.url === undefined) return undefined;
  return {
    type: "url_citation",
    url_citation: {
      url: citation.url,
      title: citation.title ?? "",
      start_index: offset + (citation.start ?? 0),
      end_index: offset + (citation.end ?? length),
    },
  };
}
