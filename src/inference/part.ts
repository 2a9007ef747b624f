/** Ordered, typed pieces of content: what a turn or a reply is made of. */

/** Names of the wire formats that Sluice speaks. */
export type ProtocolId = "openai-chat" | "anthropic-messages";

export type JsonValue = string | number | boolean | null | JsonValue[] | JsonObject;
export type JsonObject = { [key: string]: JsonValue | undefined };

/** Fields that only one protocol has, kept so that a round trip through the neutral form loses nothing. */
export type Extensions = Partial<Record<ProtocolId, JsonObject>>;

/** "The prompt up to here is worth caching at the provider." `ttl` absent means the provider's default (5 minutes). */
export interface CacheHint {
  ttl?: "5m" | "1h";
}

/**
 * Where a cache mark goes. `tool`: on the tool of this index. `part`: on the part of this index, counted over the parts of all turns in
 * their order, which is also the order of blocks on a wire that keeps one block per part.
 */
export interface CacheMark extends CacheHint {
  at: "tool" | "part";
  index: number;
}

export type MediaSource =
  | { kind: "url"; url: string }
  /** `data` is base64 without a `data:` prefix. */
  | { kind: "base64"; mediaType: string; data: string }
  /** Plain text given as a document. */
  | { kind: "text"; mediaType: string; text: string }
  /** An id issued by the provider's own file store; it means nothing to another provider. */
  | { kind: "file"; fileId: string };

export interface TextPart {
  type: "text";
  text: string;
  citations?: Citation[];
  cacheHint?: CacheHint;
}

/**
 * A source that a passage of text rests on. The common fields are what both wires can show;
 * `raw` is the citation as its own protocol wrote it.
 */
export interface Citation {
  url?: string;
  title?: string;
  citedText?: string;
  /** UTF-16 offsets into the text of the part; absent where the wire gives none. */
  start?: number;
  end?: number;
  raw: { protocol: ProtocolId; value: JsonObject };
}

export interface ImagePart {
  type: "image";
  source: MediaSource;
  /** OpenAI's `low | high | auto`; other wires have no such field. */
  detail?: string;
  cacheHint?: CacheHint;
  extensions?: Extensions;
}

export interface DocumentPart {
  type: "document";
  source: MediaSource;
  /** Title or file name. */
  title?: string;
  /** Background about the document that the model sees and does not cite. */
  context?: string;
  citations?: boolean;
  cacheHint?: CacheHint;
  extensions?: Extensions;
}

export interface AudioPart {
  type: "audio";
  /** base64 */
  data: string;
  /** "wav", "mp3", … */
  format: string;
}

/** A call of a tool by the model. */
export interface ToolCallPart {
  type: "tool-call";
  id: string;
  name: string;
  /** The argument text exactly as the model wrote it: JSON for a function, free text for a custom tool; may be cut. */
  arguments: string;
  kind: "function" | "custom";
  cacheHint?: CacheHint;
  /** Who called on whose behalf, where the wire says more than "the model" (Anthropic's `caller`, `toolset_name`). */
  extensions?: Extensions;
}

export interface ToolResultPart {
  type: "tool-result";
  callId: string;
  content: (TextPart | ImagePart | DocumentPart | OpaquePart)[];
  isError?: boolean;
  cacheHint?: CacheHint;
  extensions?: Extensions;
}

/**
 * The model's reasoning. `signature` is opaque and must travel back byte for byte, also when it or the text is empty.
 * An absent signature means that the wire had no such field.
 */
export interface ReasoningPart {
  type: "reasoning";
  text: string;
  signature?: string;
}

/** Reasoning that the provider shows only in encrypted form. */
export interface RedactedReasoningPart {
  type: "redacted-reasoning";
  data: string;
}

/** The model's own words of refusal, where a wire keeps them apart from text. */
export interface RefusalPart {
  type: "refusal";
  text: string;
}

/** A block that only `protocol` knows (server tools and their results, say): carried there, left out with a warning elsewhere. */
export interface OpaquePart {
  type: "opaque";
  protocol: ProtocolId;
  value: JsonObject;
}

export type Part =
  | TextPart
  | ImagePart
  | DocumentPart
  | AudioPart
  | ToolCallPart
  | ToolResultPart
  | ReasoningPart
  | RedactedReasoningPart
  | RefusalPart
  | OpaquePart;
