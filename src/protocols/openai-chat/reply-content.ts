import type { JsonObject, JsonValue, OpaquePart, Part } from "../../inference";
import { isObject } from "../reader";

/** One piece of a message's content that says something. */
export type ContentPiece =
  | { type: "text" | "refusal"; text: string }
  | { type: "reasoning"; text: string; signature?: string }
  | OpaquePart;

/** The parts of a whole message's `content`, `refusal` and `audio`, empty ones left out. Pieces of one kind that follow one another join. */
export function readContent(message: JsonObject): Part[] {
  const { content, refusal } = message;
  const parts: Part[] = [];
  if (typeof content === "string") append(parts, { type: "text", text: content });
  else if (Array.isArray(content)) for (const value of content) append(parts, readPiece(value));
  if (typeof refusal === "string") append(parts, { type: "refusal", text: refusal });
  const audio = readAudio(message);
  if (audio) parts.push(audioPart(audio));
  return parts;
}

/**
 * One element of a `content` array (Mistral has them in replies, whose `thinking` parts hold text parts themselves). A kind of part that
 * is not known stays opaque; undefined when there is nothing in it.
 */
export function readPiece(value: JsonValue): ContentPiece | undefined {
  if (typeof value === "string") return { type: "text", text: value };
  if (!isObject(value)) return undefined;
  switch (value.type) {
    case "text":
      return typeof value.text === "string" ? { type: "text", text: value.text } : undefined;
    case "refusal":
      return typeof value.refusal === "string" ? { type: "refusal", text: value.refusal } : undefined;
    case "thinking": {
      const text = thinkingText(value);
      return typeof value.signature === "string" ? { type: "reasoning", text, signature: value.signature } : { type: "reasoning", text };
    }
    default:
      return typeof value.type === "string" ? { type: "opaque", protocol: "openai-chat", value } : undefined;
  }
}

/** The text of Mistral's `thinking` part: a string, or an array of text parts. https://docs.mistral.ai/capabilities/reasoning/ */
export function thinkingText(part: JsonObject): string {
  const { thinking } = part;
  if (typeof thinking === "string") return thinking;
  if (!Array.isArray(thinking)) return "";
  return thinking.map((piece) => (isObject(piece) && typeof piece.text === "string" ? piece.text : "")).join("");
}

/** The spoken reply, kept as it came; undefined when the object is empty, as some vendors always send it. */
export function readAudio(message: JsonObject): JsonObject | undefined {
  const { audio } = message;
  return isObject(audio) && Object.values(audio).some(Boolean) ? audio : undefined;
}

/** The opaque part that holds a spoken reply. */
export function audioPart(audio: JsonObject): OpaquePart {
  return { type: "opaque", protocol: "openai-chat", value: { type: "audio", audio } };
}

/** The spoken reply that an opaque part holds. */
export function audioOf(part: OpaquePart): JsonObject | undefined {
  const { type, audio } = part.value;
  return part.protocol === "openai-chat" && type === "audio" && isObject(audio) ? audio : undefined;
}

function append(parts: Part[], piece: ContentPiece | undefined): void {
  if (piece === undefined) return;
  if (piece.type === "opaque") {
    parts.push(piece);
    return;
  }
  const signed = piece.type === "reasoning" && piece.signature !== undefined;
  if (piece.text === "" && !signed) return;
  const last = parts.at(-1);
  if (last?.type === piece.type && !signed && !(last.type === "reasoning" && last.signature !== undefined)) last.text += piece.text;
  else parts.push({ ...piece });
}
