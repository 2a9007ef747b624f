import { canonicalJson } from "../core/canonical-json";
import type { InferenceRequest, JsonValue, Part, Turn } from "../inference";

/** Characters of the system prompt that tell kinds of traffic apart: many prompts name the date or the user further on. */
const FAMILY_CHARS = 200;

/**
 * A turn as one text: the same for the same content, whatever the order of its members and wherever cache marks stand, which move from turn
 * to turn. Stable: keys of stored summaries are made of it.
 */
export function canonicalTurn({ role, name, parts, extensions }: Turn): string {
  return canonicalJson({ role, name: name ?? null, parts: parts.map(withoutMark), extensions: extensions ?? null });
}

function withoutMark(part: Part): unknown {
  if (part.type === "tool-result") {
    const { cacheHint: _mark, content, ...rest } = part;
    return { ...rest, content: content.map(withoutMark) };
  }
  if (part.type === "opaque") {
    const { cache_control: _mark, ...value } = part.value;
    return { ...part, value };
  }
  if (!("cacheHint" in part)) return part;
  const { cacheHint: _mark, ...rest } = part;
  return rest;
}

/**
 * The kinds of traffic that a request belongs to, the coarser first, as material for keys: its tools' names; those and how its system prompt
 * begins, without what has digits in it (dates, ids). Coarse on purpose: prompts of which every one is a little different are seen to be
 * of one kind by the one or the other.
 */
export function prefixFamilies({ turns, tools = [] }: InferenceRequest): [coarse: string, fine: string] {
  const names = tools.map((tool) => (tool.kind === "opaque" ? toText(tool.value.name ?? tool.value.type) : tool.name));
  const system = leadingSystem(turns).flatMap(({ parts }) => parts.flatMap((part) => (part.type === "text" ? [part.text] : [])));
  const beginning = system
    .join("\n")
    .slice(0, FAMILY_CHARS)
    .replace(/\S*\d\S*/g, "0");
  return [JSON.stringify([names]), JSON.stringify([names, beginning])];
}

/** Everything that stands before the conversation, as one text: tools and leading system turns. */
export function staticPrefix({ turns, tools = [] }: InferenceRequest): string {
  const declared = tools.map((tool) => {
    if (tool.kind !== "function") return tool;
    const { cacheHint: _mark, ...rest } = tool;
    return rest;
  });
  return canonicalJson([declared, leadingSystem(turns).map(canonicalTurn)]);
}

/** The system turns before the conversation. */
export function leadingSystem(turns: readonly Turn[]): Turn[] {
  const end = turns.findIndex(({ role }) => role !== "system");
  return turns.slice(0, end < 0 ? turns.length : end);
}

function toText(value: JsonValue | undefined): string {
  return typeof value === "string" ? value : "";
}
