import type { JsonObject } from "../../inference";

/**
 * What the encoders of this room write, as types. `wire.check.ts` holds them against the official SDK's. Type aliases, not interfaces:
 * only those are JSON objects to the compiler. `Raw` is what the neutral form carries in this protocol's own words (opaque blocks,
 * tools, citations) and what is therefore written back unread.
 */

/** The key of this protocol in `extensions`, and the mark of its opaque parts. */
export const PROTOCOL = "anthropic-messages" as const;

export type WireCacheControl = { type: "ephemeral"; ttl?: "5m" | "1h" };

export type WireText<Raw = JsonObject> = { type: "text"; text: string; citations?: Raw[]; cache_control?: WireCacheControl };

export type WireImageType = "image/jpeg" | "image/png" | "image/gif" | "image/webp";

export type WireImage = {
  type: "image";
  source: { type: "base64"; media_type: WireImageType; data: string } | { type: "url"; url: string } | { type: "file"; file_id: string };
  cache_control?: WireCacheControl;
};

export type WireDocumentSource =
  | { type: "base64"; media_type: "application/pdf"; data: string }
  | { type: "text"; media_type: "text/plain"; data: string }
  | { type: "content"; content: string | { type: "text"; text: string }[] }
  | { type: "url"; url: string }
  | { type: "file"; file_id: string };

export type WireDocument = {
  type: "document";
  source: WireDocumentSource;
  title?: string;
  context?: string;
  citations?: { enabled: boolean };
  cache_control?: WireCacheControl;
};

export type WireThinking = { type: "thinking"; thinking: string; signature: string };

export type WireRedactedThinking = { type: "redacted_thinking"; data: string };

export type WireToolUse = { type: "tool_use"; id: string; name: string; input: JsonObject; cache_control?: WireCacheControl };

export type WireToolResult<Raw = JsonObject> = {
  type: "tool_result";
  tool_use_id: string;
  content?: string | (WireText<Raw> | WireImage | WireDocument | Raw)[];
  is_error?: boolean;
  cache_control?: WireCacheControl;
};

export type WireBlock<Raw = JsonObject> =
  | WireText<Raw>
  | WireImage
  | WireDocument
  | WireThinking
  | WireRedactedThinking
  | WireToolUse
  | WireToolResult<Raw>
  | Raw;

export type WireMessage<Raw = JsonObject> =
  | { role: "user" | "assistant"; content: string | WireBlock<Raw>[] }
  | { role: "system"; content: string | (WireText<Raw> | Raw)[] };

export type WireTool = {
  name: string;
  description?: string;
  input_schema: { type: "object" } & JsonObject;
  strict?: boolean;
  cache_control?: WireCacheControl;
};

export type WireToolChoice =
  | { type: "auto"; disable_parallel_tool_use?: boolean }
  | { type: "any"; disable_parallel_tool_use?: boolean }
  | { type: "tool"; name: string; disable_parallel_tool_use?: boolean }
  | { type: "none" };

export type WireThinkingConfig = { type: "adaptive" } | { type: "disabled" } | { type: "enabled"; budget_tokens: number };

export type WireEffort = "low" | "medium" | "high" | "xhigh" | "max";

export type WireOutputConfig = { effort?: WireEffort; format?: { type: "json_schema"; schema: JsonObject } };

export type WireRequest<Raw = JsonObject> = {
  model: string;
  max_tokens: number;
  system?: string | (WireText<Raw> | Raw)[];
  messages: WireMessage<Raw>[];
  tools?: (WireTool | Raw)[];
  tool_choice?: WireToolChoice | Raw;
  thinking?: WireThinkingConfig | Raw;
  output_config?: WireOutputConfig;
  temperature?: number;
  top_p?: number;
  top_k?: number;
  stop_sequences?: string[];
  metadata?: { user_id?: string };
  cache_control?: WireCacheControl;
  stream?: boolean;
};

export type WireStopReason =
  | "end_turn"
  | "max_tokens"
  | "stop_sequence"
  | "tool_use"
  | "pause_turn"
  | "refusal"
  | "model_context_window_exceeded";

/** A tool call within a reply; `caller` is required there. */
export type WireReplyToolUse = { type: "tool_use"; id: string; caller: { type: "direct" }; name: string; input: JsonObject };

export type WireReplyText<Raw = JsonObject> = { type: "text"; text: string; citations: Raw[] | null };

export type WireReplyBlock<Raw = JsonObject> = WireReplyText<Raw> | WireThinking | WireRedactedThinking | WireReplyToolUse | Raw;

export type WireUsage = {
  input_tokens: number;
  cache_creation_input_tokens: number | null;
  cache_read_input_tokens: number | null;
  cache_creation: { ephemeral_5m_input_tokens: number; ephemeral_1h_input_tokens: number } | null;
  output_tokens: number;
  output_tokens_details: { thinking_tokens: number } | null;
  server_tool_use: { web_search_requests: number; web_fetch_requests: number } | null;
  service_tier: "standard" | "priority" | "batch" | null;
  inference_geo: string | null;
  speed: "standard" | "fast" | null;
};

/** `Details` is what only this wire says about an ending (`stop_details`, `container`), written back unread. */
export type WireReply<Raw = JsonObject, Details = JsonObject | null> = {
  id: string;
  type: "message";
  role: "assistant";
  model: string;
  content: WireReplyBlock<Raw>[];
  stop_reason: WireStopReason | null;
  stop_sequence: string | null;
  stop_details: Details;
  container: Details;
  diagnostics: Details;
  usage: WireUsage;
};

export type WireStreamEvent<Raw = JsonObject, Details = JsonObject | null> =
  | { type: "message_start"; message: WireReply<Raw, Details> }
  | { type: "content_block_start"; index: number; content_block: WireReplyBlock<Raw> }
  | { type: "content_block_delta"; index: number; delta: WireDelta<Raw> }
  | { type: "content_block_stop"; index: number }
  | {
      type: "message_delta";
      delta: { stop_reason: WireStopReason; stop_sequence: string | null; stop_details: Details; container: Details };
      usage: WireUsage;
    }
  | { type: "message_stop" };

export type WireDelta<Raw = JsonObject> =
  | { type: "text_delta"; text: string }
  | { type: "input_json_delta"; partial_json: string }
  | { type: "thinking_delta"; thinking: string }
  | { type: "signature_delta"; signature: string }
  | { type: "citations_delta"; citation: Raw };

export type WireErrorType =
  | "invalid_request_error"
  | "authentication_error"
  | "permission_error"
  | "not_found_error"
  | "request_too_large"
  | "rate_limit_error"
  | "billing_error"
  | "timeout_error"
  | "api_error"
  | "overloaded_error";

export type WireError = {
  type: "error";
  error: { type: WireErrorType; message: string; details?: { error_code: string } };
  request_id: string;
};
