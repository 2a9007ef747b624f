import { elementSpans, type JsonText, type MemberSpan, memberSpans } from "../../core/json";
import type { CacheMark, JsonObject, JsonValue } from "../../inference";
import { isObject } from "../reader";
import { marked } from "./cache-control";

/** A replacement of a stretch of a body's text. */
export type TextEdit = MemberSpan & { replacement: string };

/**
 * The body with `cache_control` on the blocks that the marks name, and nothing else changed; a string is made a text block only where it is
 * marked. The body is not touched, what changed is copied. Blocks are counted as `decodeRequest` makes parts of them: those of the
 * system prompt, then those of the messages. A mark that names no block is passed over.
 */
export function applyMarks(body: JsonObject, marks: readonly CacheMark[]): JsonObject {
  const places = placesOf(body, marks);
  if (places.length === 0) return body;
  const result = { ...body };
  const mark = (content: JsonValue | undefined, at: number, control: JsonObject): JsonValue[] => {
    const blocks = typeof content === "string" ? [{ type: "text", text: content }] : Array.isArray(content) ? [...content] : [];
    const block = blocks[at];
    if (isObject(block)) blocks[at] = { ...block, cache_control: control };
    return blocks;
  };
  for (const { field, message, block, control } of places) {
    if (field !== "messages") {
      result[field] = mark(result[field], block, control);
      continue;
    }
    const messages: JsonValue[] = Array.isArray(result.messages) ? [...result.messages] : [];
    const carrier = messages[message];
    if (isObject(carrier)) messages[message] = { ...carrier, content: mark(carrier.content, block, control) };
    result.messages = messages;
  }
  return result;
}

/** The same for the body's text, as edits for `replaceSpans`: every byte that is not a mark stays as the client wrote it. */
export function markEdits({ text, value, members }: JsonText<JsonObject>, marks: readonly CacheMark[]): TextEdit[] {
  const messages = members.get("messages");
  let spansOfMessages: MemberSpan[] | undefined;
  return placesOf(value, marks).flatMap(({ field, message, block, control }) => {
    let content = members.get(field) as MemberSpan | undefined;
    if (field === "messages") {
      spansOfMessages ??= messages ? elementSpans(text, messages) : [];
      const carrier = spansOfMessages[message];
      content = carrier && memberSpans(text, carrier).get("content");
    }
    return content ? editOf(text, content, block, JSON.stringify(control)) : [];
  });
}

function editOf(text: string, content: MemberSpan, at: number, control: string): TextEdit[] {
  if (text[content.start] === '"') {
    const words = text.slice(content.start, content.end);
    return [{ ...content, replacement: `[{"type":"text","text":${words},"cache_control":${control}}]` }];
  }
  const block = elementSpans(text, content)[at];
  if (!block) return [];
  const written = memberSpans(text, block).get("cache_control");
  if (written) return [{ ...written, replacement: control }];
  return [{ start: block.end - 1, end: block.end - 1, replacement: `,"cache_control":${control}` }];
}

/** A block of the body. `message` means something in `messages` only. */
interface Place {
  field: "tools" | "system" | "messages";
  message: number;
  block: number;
  control: JsonObject;
}

function placesOf(body: JsonObject, marks: readonly CacheMark[]): Place[] {
  const control = (mark: CacheMark): JsonObject => ({ ...marked(mark).cache_control });
  const onParts = marks.filter(({ at }) => at === "part");
  const places: Place[] = marks.flatMap((mark) => {
    const isTool = mark.at === "tool" && Array.isArray(body.tools) && isObject(body.tools[mark.index]);
    return isTool ? [{ field: "tools", message: 0, block: mark.index, control: control(mark) }] : [];
  });
  let before = 0;
  const look = (content: JsonValue | undefined, field: Place["field"], message: number): void => {
    const count = typeof content === "string" ? 1 : Array.isArray(content) ? content.length : 0;
    for (const mark of onParts) {
      const block = mark.index - before;
      if (block >= 0 && block < count) places.push({ field, message, block, control: control(mark) });
    }
    before += count;
  };
  if (body.system !== "") look(body.system, "system", 0);
  for (const [index, message] of (Array.isArray(body.messages) ? body.messages : []).entries()) {
    if (isObject(message)) look(message.content, "messages", index);
  }
  return places;
}
