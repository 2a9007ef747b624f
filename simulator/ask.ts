import type { Json } from "./check";

/** A tool that the caller offers and this simulator may call. */
export interface OfferedTool {
  name: string;
  /** A custom tool takes free text, a function JSON. */
  kind: "function" | "custom";
  schema: Json;
}

export type ToolChoice = { mode: "auto" | "none" | "required" } | { mode: "named"; name: string };

/** What a request asks for, in the few terms that decide the reply. Every wire reads its requests into this. */
export interface Ask {
  /** The model's name without directives. */
  model: string;
  lastUserText: string;
  /** How many turns the conversation has, the system prompt left out. */
  turns: number;
  /** Results that end the conversation and wait for an answer. */
  toolResults: { name: string; text: string }[];
  /** Kinds of media in the last user turn: "image", "document", "audio". */
  media: string[];
  promptTokens: number;
  tools: OfferedTool[];
  toolChoice: ToolChoice;
  parallelCalls: boolean;
  /** Say a sentence before calling a tool of one's own accord, as Claude does. */
  preface: boolean;
  maxTokens: number | undefined;
  stop: string[];
  format: { kind: "text" } | { kind: "json" } | { kind: "schema"; schema: Json };
  /** `shown`: reasoning appears in the reply. `counted`: only in the usage, `hiddenTokens` of it. */
  reasoning: { kind: "none" } | { kind: "shown"; redacted: boolean } | { kind: "counted"; hiddenTokens: number };
}

/** How the reply ended. */
export type Stop = "end" | "length" | "stop-sequence" | "tool-calls" | "refusal";

/** What to say: texts as tokens, so that a stream is a walk over them. */
export interface Reply {
  /** Absent where there is none, or none to show. */
  reasoning?: { pieces: string[]; redacted: boolean };
  text: string[];
  refusal: string[];
  calls: ReplyCall[];
  stop: Stop;
  stopSequence?: string;
  reasoningTokens: number;
  /** Includes `reasoningTokens`. */
  outputTokens: number;
}

export interface ReplyCall {
  name: string;
  kind: "function" | "custom";
  /** The arguments, or the free text of a custom tool; cut when the token limit fell inside. */
  pieces: string[];
  complete: boolean;
}
