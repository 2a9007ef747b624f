/**
 * What Sluice writes on the chat completions wire, as types. `wire.check.ts` holds them against the official SDK's.
 * https://platform.openai.com/docs/api-reference/chat
 */
import type { JsonObject, JsonValue, ReasoningEffort } from "../../inference";

/** Every role that a message can have; `function` is the one before tools, answered by name. */
export const ROLES = ["system", "developer", "user", "assistant", "tool", "function"] as const;

/** `none`, `auto` and `required`; Mistral says `any` for the last. */
export const TOOL_CHOICES = ["none", "auto", "required", "any"] as const;

export type WireText = { type: "text"; text: string };
export type WireImage = { type: "image_url"; image_url: { url: string; detail?: "auto" | "low" | "high" | "original" } };
export type WireAudio = { type: "input_audio"; input_audio: { data: string; format: "wav" | "mp3" } };
export type WireFile = { type: "file"; file: { file_data?: string; file_id?: string; filename?: string } };
export type WirePart = WireText | WireImage | WireAudio | WireFile;

export type WireFunctionCall = { id: string; type: "function"; function: { name: string; arguments: string } };
export type WireCustomCall = { id: string; type: "custom"; custom: { name: string; input: string } };
export type WireToolCall = WireFunctionCall | WireCustomCall;

/** A piece of reasoning in OpenRouter's convention, see `reasoning.ts`. */
export type WireReasoningDetail =
  | { type: "reasoning.text"; text: string; signature?: string; format?: string; index: number }
  | { type: "reasoning.encrypted"; data: string; format: string; index: number };

type ReasoningFields = { reasoning_content?: string; reasoning?: string; reasoning_details?: (WireReasoningDetail | JsonObject)[] };

export type WireSystemMessage = { role: "system" | "developer"; content: string | WireText[]; name?: string };
export type WireUserMessage = { role: "user"; content: string | WirePart[]; name?: string };
export type WireAssistantMessage = ReasoningFields & {
  role: "assistant";
  content: string | WireText[] | null;
  name?: string;
  refusal?: string;
  tool_calls?: WireToolCall[];
  function_call?: { name: string; arguments: string };
};
export type WireToolMessage = { role: "tool"; tool_call_id: string; content: string | WireText[] };
export type WireFunctionMessage = { role: "function"; name: string; content: string | null };
export type WireMessage = WireSystemMessage | WireUserMessage | WireAssistantMessage | WireToolMessage | WireFunctionMessage;

export type WireFunction = { name: string; description?: string; parameters?: JsonObject; strict?: boolean };
export type WireTool =
  | { type: "function"; function: WireFunction }
  | { type: "custom"; custom: { name: string; description?: string; format?: { type: "text" } } };
export type WireToolChoice =
  | "none"
  | "auto"
  | "required"
  | { type: "function"; function: { name: string } }
  | { type: "custom"; custom: { name: string } };
export type WireResponseFormat =
  | { type: "json_object" }
  | { type: "json_schema"; json_schema: { name: string; description?: string; schema: JsonObject; strict?: boolean } };

export type WireRequest = {
  model: string;
  messages: WireMessage[];
  tools?: WireTool[];
  functions?: WireFunction[];
  tool_choice?: WireToolChoice;
  function_call?: "none" | "auto" | { name: string };
  parallel_tool_calls?: boolean;
  response_format?: WireResponseFormat;
  reasoning_effort?: ReasoningEffort;
  /** Not OpenAI's: the switch of OpenAI-shaped wires whose models take a budget. */
  thinking?: { type: "enabled" | "disabled" | "adaptive"; budget_tokens?: number };
  max_tokens?: number;
  max_completion_tokens?: number;
  n?: number;
  stop?: string[];
  temperature?: number;
  top_p?: number;
  top_k?: number;
  frequency_penalty?: number;
  presence_penalty?: number;
  seed?: number;
  /** Mistral's name of it. */
  random_seed?: number;
  logprobs?: boolean;
  top_logprobs?: number;
  stream?: boolean;
  stream_options?: JsonObject & { include_usage?: boolean };
  safety_identifier?: string;
  user?: string;
};

export type WireFinishReason = "stop" | "length" | "tool_calls" | "content_filter" | "function_call";

export type WireUrlCitation = {
  type: "url_citation";
  url_citation: { url: string; title: string; start_index: number; end_index: number };
};

export type WireUsage = {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
  prompt_tokens_details?: { cached_tokens?: number; cache_write_tokens?: number; audio_tokens?: number };
  completion_tokens_details?: { reasoning_tokens?: number; audio_tokens?: number };
  service_tier?: string;
  server_tool_use?: { web_search_requests: number };
};

export type WireReplyMessage = ReasoningFields & {
  role: "assistant";
  content: string | null;
  refusal: string | null;
  annotations?: WireUrlCitation[];
  audio?: { id: string; data: string; expires_at: number; transcript: string };
  tool_calls?: WireToolCall[];
  function_call?: { name: string; arguments: string };
};

export type WireChoice = {
  index: number;
  message: WireReplyMessage;
  logprobs: { content: WireTokenLogprob[] | null; refusal: WireTokenLogprob[] | null } | null;
  finish_reason: WireFinishReason;
};

/** One token's log probability; taken from the upstream and passed on as it is. */
export type WireTokenLogprob = {
  token: string;
  bytes: number[] | null;
  logprob: number;
  top_logprobs: { token: string; bytes: number[] | null; logprob: number }[];
};

export type WireCompletion = {
  id: string;
  object: "chat.completion";
  created: number;
  model: string;
  choices: WireChoice[];
  usage?: WireUsage;
};

export type WireToolCallDelta = {
  index: number;
  id?: string;
  type?: "function" | "custom";
  function?: { name?: string; arguments?: string };
  custom?: { name?: string; input?: string };
};

export type WireDelta = ReasoningFields & {
  role?: "assistant";
  content?: string | null;
  refusal?: string;
  annotations?: WireUrlCitation[];
  tool_calls?: WireToolCallDelta[];
  function_call?: { name?: string; arguments?: string };
  audio?: JsonObject;
};

export type WireChunkChoice = {
  index: number;
  delta: WireDelta;
  logprobs: WireChoice["logprobs"];
  finish_reason: WireFinishReason | null;
};

export type WireChunk = {
  id: string;
  object: "chat.completion.chunk";
  created: number;
  model: string;
  choices: WireChunkChoice[];
  usage?: WireUsage | null;
};

export type WireError = { error: { message: string; type: string; param: string | null; code: string | null } };

/** A word of the wire that is none of those a switch knows. */
export type Unknown = string & { readonly isUnknown: true };

/**
 * A word of the wire for an exhaustive switch: its `default` is left with `Unknown` only if every known word has its case. `wire.check.ts`
 * holds the known words against the SDK's, so that one added there stops compilation here.
 */
export function word<Known extends string>(value: string): Known | Unknown {
  return value as Known | Unknown; // every string is one or the other
}

/**
 * A value that only this wire knows and that goes back to it as it came (an unknown part, tool or annotation). The type is the
 * caller's claim about a position, not about the value: what the client wrote there is for the upstream to judge.
 */
export function asWritten<Wire>(value: JsonValue): Wire {
  return value as Wire; // see above: kept verbatim, so there is nothing to narrow
}
