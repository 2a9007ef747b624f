import type { CacheHint, Extensions, JsonObject, OpaquePart, Part, ProtocolId } from "./part";

/**
 * One message. A system prompt is a turn like any other, wherever it stands; OpenAI's `developer` role is
 * `role: "system"` with `extensions["openai-chat"].role = "developer"`. Tool results are parts of a `tool` turn:
 * consecutive results (OpenAI: several `tool` messages; Anthropic: several blocks at the head of a user message)
 * are one turn.
 */
export interface Turn {
  role: "system" | "user" | "assistant" | "tool";
  parts: Part[];
  /** The speaker's name, where the wire has one. */
  name?: string;
  extensions?: Extensions;
}

export interface FunctionTool {
  kind: "function";
  name: string;
  description?: string;
  /** JSON Schema of the arguments, taken verbatim: keywords inside it are never read as fields of the request. */
  parameters?: JsonObject;
  strict?: boolean;
  cacheHint?: CacheHint;
  extensions?: Extensions;
}

/** A tool that takes free text instead of JSON (OpenAI `type: "custom"`). */
export interface CustomTool {
  kind: "custom";
  name: string;
  description?: string;
  format?: JsonObject;
}

/** A tool that the provider itself runs, or a kind that only `protocol` knows. */
export interface OpaqueTool {
  kind: "opaque";
  protocol: ProtocolId;
  value: JsonObject;
}

export type Tool = FunctionTool | CustomTool | OpaqueTool;

export type ToolChoice =
  | { mode: "auto" }
  | { mode: "none" }
  /** Some tool must be called. */
  | { mode: "required" }
  | { mode: "tool"; name: string }
  | { mode: "opaque"; protocol: ProtocolId; value: JsonObject };

export type OutputFormat =
  | { type: "json-object" }
  | { type: "json-schema"; name?: string; description?: string; schema: JsonObject; strict?: boolean };

export type ReasoningEffort = "none" | "minimal" | "low" | "medium" | "high" | "xhigh" | "max";

/** How much the model may think. Absent fields were not said. */
export interface ReasoningConfig {
  mode?: "enabled" | "adaptive" | "disabled";
  effort?: ReasoningEffort;
  /** Tokens that thinking may take, counted within the output cap. */
  budgetTokens?: number;
}

/** Sampling settings; an absent one was not said, so the provider's default holds. */
export interface Sampling {
  temperature?: number;
  topP?: number;
  topK?: number;
  frequencyPenalty?: number;
  presencePenalty?: number;
  seed?: number;
  stopSequences?: string[];
}

/** A request for a chat completion, in no vendor's words. */
export interface InferenceRequest {
  /** As the client asked: bare name, `provider/model` or alias. */
  model: string;
  turns: Turn[];
  tools?: Tool[];
  toolChoice?: ToolChoice;
  parallelToolCalls?: boolean;
  outputFormat?: OutputFormat;
  reasoning?: ReasoningConfig;
  sampling: Sampling;
  /** Cap on output tokens, reasoning included. */
  outputTokensMax?: number;
  /** How many replies (OpenAI's `n`). */
  choiceCount?: number;
  /** Log probabilities of output tokens; `top` is how many alternatives per token. */
  logprobs?: { top?: number };
  stream: boolean;
  /** The client asked to see usage in the stream (OpenAI's `stream_options.include_usage`); Anthropic streams always show it. */
  streamUsage: boolean;
  /** The end user on whose behalf the client calls. */
  endUser?: string;
  /** Cache the whole prompt (Anthropic's top-level `cache_control`). */
  cacheHint?: CacheHint;
  extensions?: Extensions;
}

/** True for an opaque part or tool that `protocol` itself wrote. */
export function isNativeTo(protocol: ProtocolId, opaque: OpaquePart | OpaqueTool): boolean {
  return opaque.protocol === protocol;
}
