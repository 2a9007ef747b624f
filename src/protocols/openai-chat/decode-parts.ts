import type { CacheHint, DocumentPart, ImagePart, JsonObject, JsonValue, MediaSource, OpaquePart, Part, TextPart } from "../../inference";
import { asObject, fieldPath, isObject, optionalString, readObject, readString, refuse } from "../reader";
import { keep, leftoverFields } from "./leftovers";
import { thinkingText } from "./reply-content";
import { type Unknown, word } from "./wire";

const READ_FROM_MEDIA = new Set(["type", "image_url", "file", "cache_control", "prompt_cache_breakpoint"]);

/** The media type taken for file data that names none: PDF is what this wire was made for. */
const FILE_MEDIA_TYPE = "application/pdf";

/**
 * Parts of a message's `content`: a string, or an array; `null` and absent are no parts at all, which the caller has allowed or refused.
 * An empty string is no part either.
 */
export function decodeContent(message: JsonObject, at: string): Part[] {
  const { content } = message;
  if (typeof content === "string") return content === "" ? [] : [{ type: "text", text: content }];
  if (content === undefined || content === null) return [];
  if (!Array.isArray(content)) return refuse(content, fieldPath(at, "content"), "a string or an array of content parts");
  const path = fieldPath(at, "content");
  return content.map((value, index) => decodePart(value, `${path}[${index}]`));
}

function decodePart(value: JsonValue, at: string): Part {
  const part = asObject(value, at);
  const type = word<DecodedPartType | "thinking">(readString(part, "type", at));
  switch (type) {
    case "text":
      return withHint<TextPart>({ type: "text", text: readString(part, "text", at) }, part);
    case "image_url":
      return { ...withHint(decodeImage(part, at), part), ...keep(leftoverFields(part, READ_FROM_MEDIA)) };
    case "file":
      return {
        ...withHint(decodeFile(readObject(part, "file", at), fieldPath(at, "file")), part),
        ...keep(leftoverFields(part, READ_FROM_MEDIA)),
      };
    case "input_audio": {
      const audio = readObject(part, "input_audio", at);
      const path = fieldPath(at, "input_audio");
      return { type: "audio", data: readString(audio, "data", path), format: readString(audio, "format", path) };
    }
    case "refusal":
      return { type: "refusal", text: readString(part, "refusal", at) };
    case "thinking": {
      const text = thinkingText(part);
      const signature = optionalString(part, "signature", at);
      return signature === undefined ? { type: "reasoning", text } : { type: "reasoning", text, signature };
    }
    default:
      return opaque(type, part);
  }
}

/** The official kinds of part; Mistral's `thinking` comes on top. */
export type DecodedPartType = "text" | "image_url" | "file" | "input_audio" | "refusal";

function opaque(_type: Unknown, value: JsonObject): OpaquePart {
  return { type: "opaque", protocol: "openai-chat", value };
}

function decodeImage(part: JsonObject, at: string): ImagePart {
  // Mistral takes the address itself in place of the object.
  if (typeof part.image_url === "string") return { type: "image", source: decodeUrl(part.image_url) };
  const image = readObject(part, "image_url", at);
  const path = fieldPath(at, "image_url");
  const source = decodeUrl(readString(image, "url", path));
  const detail = optionalString(image, "detail", path);
  return detail === undefined ? { type: "image", source } : { type: "image", source, detail };
}

function decodeFile(file: JsonObject, at: string): DocumentPart {
  const fileId = optionalString(file, "file_id", at);
  const title = optionalString(file, "filename", at);
  const named = title === undefined ? {} : { title };
  if (fileId !== undefined) return { type: "document", source: { kind: "file", fileId }, ...named };
  const data = readString(file, "file_data", at);
  const source: MediaSource = /^(?:data|https?):/i.test(data) ? decodeUrl(data) : { kind: "base64", mediaType: FILE_MEDIA_TYPE, data };
  return { type: "document", source, ...named };
}

/** `data:image/png;base64,…` is the data itself; any other address, and a `data:` address that is not base64, stays as it is. */
function decodeUrl(url: string): MediaSource {
  if (!url.startsWith("data:")) return { kind: "url", url };
  const comma = url.indexOf(",");
  const head = url.slice("data:".length, Math.max(comma, 0));
  if (!head.endsWith(";base64")) return { kind: "url", url };
  return { kind: "base64", mediaType: head.slice(0, -";base64".length), data: url.slice(comma + 1) };
}

function withHint<Hinted extends { cacheHint?: CacheHint }>(part: Hinted, wire: JsonObject): Hinted {
  const hint = decodeCacheHint(wire);
  if (hint) part.cacheHint = hint;
  return part;
}

/**
 * The cache mark of a message, part or tool: Anthropic's `cache_control`, which OpenRouter and others take on this wire too, or OpenAI's
 * own `prompt_cache_breakpoint`, whose lifetimes (30 minutes, 12 hours) are nearest to the longer of ours.
 */
export function decodeCacheHint(wire: JsonObject): CacheHint | undefined {
  const { cache_control: mark, prompt_cache_breakpoint: breakpoint } = wire;
  if (isObject(mark)) return mark.ttl === "5m" || mark.ttl === "1h" ? { ttl: mark.ttl } : {};
  if (isObject(breakpoint)) return typeof breakpoint.ttl === "string" ? { ttl: "1h" } : {};
  return undefined;
}
