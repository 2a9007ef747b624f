/**
 * Holds this room against the official SDK's types, at compile time only: what the encoders write must be accepted there, and every
 * member of the SDK's unions must be known to the decoders. An SDK upgrade that adds one stops compilation in this file: decide then
 * whether it gets a place in the neutral form or is carried as it is, and say so here.
 */

import type {
  ContentBlock,
  ContentBlockParam,
  DocumentBlockParam,
  ImageBlockParam,
  Message,
  MessageCreateParamsBase,
  MessageParam,
  OutputConfig,
  RawContentBlockDelta,
  RawMessageStreamEvent,
  StopReason,
  TextCitation,
  ThinkingConfigParam,
  Tool,
  ToolChoice,
  ToolResultBlockParam,
  ToolUnion,
  ToolUseCaller,
} from "@anthropic-ai/sdk/resources/messages/messages";
import type { ErrorObject } from "@anthropic-ai/sdk/resources/shared";
import type { ReasoningEffort } from "../../inference";
import type { WireEffort, WireError, WireErrorType, WireReply, WireRequest, WireStopReason, WireStreamEvent } from "./wire";

/** `Ours` can be given where the SDK expects `Sdk`. */
type Accepted<Ours extends Sdk, Sdk> = Ours;
/** Every member of `Sdk` is one of `Ours`. */
type Covered<Sdk extends Ours, Ours> = Sdk;

/** Blocks that become parts of their own kind. */
type DecodedBlock = "text" | "image" | "document" | "thinking" | "redacted_thinking" | "tool_use" | "tool_result";

/** Blocks that only this wire has: carried as they are. */
type CarriedBlock =
  | "search_result"
  | "server_tool_use"
  | "web_search_tool_result"
  | "web_fetch_tool_result"
  | "code_execution_tool_result"
  | "bash_code_execution_tool_result"
  | "text_editor_code_execution_tool_result"
  | "tool_search_tool_result"
  | "container_upload"
  | "tool_reference"
  | "browser_state";

type DecodedDelta = "text_delta" | "input_json_delta" | "citations_delta" | "thinking_delta" | "signature_delta";

type DecodedEvent =
  | "message_start"
  | "message_delta"
  | "message_stop"
  | "content_block_start"
  | "content_block_delta"
  | "content_block_stop";

/** Citations are carried as they are; the fields that other wires show too are found under these types. */
type DecodedCitation =
  | "char_location"
  | "page_location"
  | "content_block_location"
  | "web_search_result_location"
  | "search_result_location";

type DecodedThinking = "enabled" | "adaptive" | "disabled";
type CarriedThinking = "between_tools";

/** Fields of a request that are read; the rest is carried in `extensions`. */
type DecodedField =
  | "model"
  | "messages"
  | "system"
  | "max_tokens"
  | "stream"
  | "tools"
  | "tool_choice"
  | "thinking"
  | "output_config"
  | "stop_sequences"
  | "metadata"
  | "cache_control";
type CarriedField = "container" | "diagnostics" | "inference_geo" | "service_tier" | "speed";
/** Parameters of the SDK's method that travel as headers. */
type HeaderField = "user_profile_id" | "workspace_id";

/** The SDK has dropped these with the models that take them; the API takes them for those still. */
type SettingOfOlderModels = "temperature" | "top_p" | "top_k";

/** What the encoders write of their own accord: without what is carried unread. */
type OwnRequest = WireRequest<never>;
type OwnTool = NonNullable<OwnRequest["tools"]>[number];

export type WireChecks = [
  Accepted<OwnRequest, MessageCreateParamsBase>,
  Accepted<keyof OwnRequest, keyof MessageCreateParamsBase | SettingOfOlderModels>,
  Accepted<OwnTool, Tool>,
  Accepted<WireReply<never, null>, Message>,
  Accepted<WireStreamEvent<never, null>, RawMessageStreamEvent>,
  Accepted<WireError["error"] & { type: Exclude<WireErrorType, "request_too_large"> }, ErrorObject>,
  Accepted<Extract<keyof WireReply, string>, keyof Message>,
  Covered<MessageParam["role"], "user" | "assistant" | "system">,
  Covered<ContentBlockParam["type"], DecodedBlock | CarriedBlock>,
  Covered<ContentBlock["type"], DecodedBlock | CarriedBlock>,
  Covered<Exclude<NonNullable<ToolResultBlockParam["content"]>, string>[number]["type"], DecodedBlock | CarriedBlock>,
  Covered<ImageBlockParam["source"]["type"], "base64" | "url" | "file">,
  Covered<DocumentBlockParam["source"]["type"], "base64" | "text" | "content" | "url" | "file">,
  Covered<TextCitation["type"], DecodedCitation>,
  Covered<RawContentBlockDelta["type"], DecodedDelta>,
  Covered<RawMessageStreamEvent["type"], DecodedEvent>,
  Covered<StopReason, WireStopReason>,
  Covered<ToolChoice["type"], "auto" | "any" | "tool" | "none">,
  Covered<ThinkingConfigParam["type"], DecodedThinking | CarriedThinking>,
  Covered<NonNullable<OutputConfig["effort"]>, WireEffort & ReasoningEffort>,
  Covered<NonNullable<OutputConfig["format"]>["type"], "json_schema">,
  Covered<keyof OutputConfig, "effort" | "format">,
  Covered<ErrorObject["type"], WireErrorType>,
  Covered<keyof MessageCreateParamsBase, DecodedField | CarriedField | HeaderField>,
  Covered<ToolUseCaller["type"], "direct" | "code_execution_20250825" | "code_execution_20260120">,
  /** Every tool with a schema is a function; those without are carried. */
  Covered<Extract<ToolUnion, { input_schema: unknown }>, Tool>,
];
