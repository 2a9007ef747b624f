import { badRequest } from "../../core/errors";
import type { DocumentPart, ImagePart, JsonObject, JsonValue, MediaSource, OpaquePart } from "../../inference";
import { asObject, isObject, optionalBoolean, optionalObject, optionalString, readObject, readString } from "../reader";
import { hinted, marked, readCacheHint } from "./cache-control";
import { joinBlocks, splitBlocks } from "./document-blocks";
import { keep, kept, leftoverFields } from "./leftovers";
import { PROTOCOL, type WireDocument, type WireDocumentSource, type WireImage, type WireImageType } from "./wire";

const IMAGE_FIELDS = new Set(["type", "source", "cache_control"]);
const DOCUMENT_FIELDS = new Set(["type", "source", "title", "context", "citations", "cache_control"]);
const IMAGE_TYPES: ReadonlySet<string> = new Set<WireImageType>(["image/jpeg", "image/png", "image/gif", "image/webp"]);

/** The extension that remembers the blocks of a document: what finds them in its text, or `"text"` for a content source that was a string. */
const BLOCK_MARKS = "source_content";

export function decodeImage(block: JsonObject, at: string): ImagePart | OpaquePart {
  const source = readSource(readObject(block, "source", at), `${at}.source`);
  if (!source || source.kind === "text") return { type: "opaque", protocol: PROTOCOL, value: block };
  return { type: "image", source, ...hinted(readCacheHint(block, at)), ...keep(leftoverFields(block, IMAGE_FIELDS)) };
}

export function decodeDocument(block: JsonObject, at: string): DocumentPart | OpaquePart {
  const wireSource = readObject(block, "source", at);
  const content = wireSource.type === "content" ? readContentSource(wireSource, `${at}.source`) : undefined;
  const source = content ? content.source : readSource(wireSource, `${at}.source`);
  if (!source) return { type: "opaque", protocol: PROTOCOL, value: block };
  const title = optionalString(block, "title", at);
  const context = optionalString(block, "context", at);
  const citations = optionalObject(block, "citations", at);
  const enabled = citations && optionalBoolean(citations, "enabled", `${at}.citations`);
  const leftovers = leftoverFields(block, DOCUMENT_FIELDS);
  return {
    type: "document",
    source,
    ...(title === undefined ? {} : { title }),
    ...(context === undefined ? {} : { context }),
    ...(enabled === undefined ? {} : { citations: enabled }),
    ...hinted(readCacheHint(block, at)),
    ...keep(content ? { ...leftovers, [BLOCK_MARKS]: content.marks } : leftovers),
  };
}

/** Undefined for a kind of source that the neutral form does not know. */
function readSource(source: JsonObject, at: string): MediaSource | undefined {
  switch (readString(source, "type", at)) {
    case "base64":
      return { kind: "base64", mediaType: readString(source, "media_type", at), data: readString(source, "data", at) };
    case "text":
      return { kind: "text", mediaType: optionalString(source, "media_type", at) ?? "text/plain", text: readString(source, "data", at) };
    case "url":
      return { kind: "url", url: readString(source, "url", at) };
    case "file":
      return { kind: "file", fileId: readString(source, "file_id", at) };
    default:
      return undefined;
  }
}

/**
 * A document in blocks, which are the units that citations name. Where all of them are plain text the document is one text to the
 * neutral form, and where they meet is remembered; images among them make it a document that only this wire can hold.
 */
function readContentSource(source: JsonObject, at: string): { source: MediaSource | undefined; marks: JsonValue } {
  const { content } = source;
  if (!Array.isArray(content)) {
    return { source: { kind: "text", mediaType: "text/plain", text: readString(source, "content", at) }, marks: "text" };
  }
  const texts: string[] = [];
  for (const [index, value] of content.entries()) {
    const block = asObject(value, `${at}.content[${index}]`);
    if (block.type !== "text" || typeof block.text !== "string" || Object.keys(block).length > 2) return { source: undefined, marks: null };
    texts.push(block.text);
  }
  const { text, marks } = joinBlocks(texts);
  return { source: { kind: "text", mediaType: "text/plain", text }, marks };
}

/** Throws a `bad-request` for an image that the wire has no form for. */
export function encodeImage(part: ImagePart): WireImage {
  return { ...kept(part), type: "image", source: imageSource(part.source), ...marked(part.cacheHint) };
}

function imageSource(source: MediaSource): WireImage["source"] {
  switch (source.kind) {
    case "url":
      return { type: "url", url: source.url };
    case "file":
      return { type: "file", file_id: source.fileId };
    case "base64": {
      const mediaType = source.mediaType === "image/jpg" ? "image/jpeg" : source.mediaType;
      if (isImageType(mediaType)) return { type: "base64", media_type: mediaType, data: source.data };
      throw badRequest("messages", `messages: this model takes images as ${[...IMAGE_TYPES].join(", ")}, not in the format that was sent.`);
    }
    case "text":
      throw badRequest("messages", "messages: an image must be given as a URL, as base64 or as a file id.");
  }
}

function isImageType(mediaType: string): mediaType is WireImageType {
  return IMAGE_TYPES.has(mediaType);
}

/** Throws a `bad-request` for a document that the wire has no form for. */
export function encodeDocument(part: DocumentPart): WireDocument {
  const { [BLOCK_MARKS]: marks, ...leftovers } = kept(part) ?? {};
  return {
    ...leftovers,
    type: "document",
    source: documentSource(part.source, marks),
    ...(part.title === undefined ? {} : { title: part.title }),
    ...(part.context === undefined ? {} : { context: part.context }),
    ...(part.citations === undefined ? {} : { citations: { enabled: part.citations } }),
    ...marked(part.cacheHint),
  };
}

function documentSource(source: MediaSource, marks: JsonValue | undefined): WireDocumentSource {
  switch (source.kind) {
    case "url":
      return { type: "url", url: source.url };
    case "file":
      return { type: "file", file_id: source.fileId };
    case "text":
      if (marks === undefined) return { type: "text", media_type: "text/plain", data: source.text };
      if (!isObject(marks)) return { type: "content", content: source.text };
      return { type: "content", content: splitBlocks(source.text, marks).map((text) => ({ type: "text", text })) };
    case "base64":
      if (source.mediaType === "application/pdf") return { type: "base64", media_type: "application/pdf", data: source.data };
      if (/^text\/|^application\/(json|xml)\b/.test(source.mediaType)) {
        return { type: "text", media_type: "text/plain", data: decodeText(source.data) };
      }
      throw badRequest("messages", "messages: this model takes documents as PDF or as text, not in the format that was sent.");
  }
}

function decodeText(base64: string): string {
  try {
    return new TextDecoder().decode(Uint8Array.from(atob(base64), (unit) => unit.charCodeAt(0)));
  } catch {
    throw badRequest("messages", "messages: a document's data is not valid base64.");
  }
}
