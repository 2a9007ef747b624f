/**
 * Holds this room against the official SDK's types, at compile time only: what the encoders write must be accepted there, and every member
 * of the SDK's unions must be read by the decoders. An SDK upgrade that adds one stops compilation in this file.
 */
import type {
  ChatCompletion,
  ChatCompletionChunk,
  ChatCompletionContentPart,
  ChatCompletionContentPartRefusal,
  ChatCompletionCreateParamsBase,
  ChatCompletionMessageParam,
  ChatCompletionMessageToolCall,
  ChatCompletionReasoningEffort,
  ChatCompletionRole,
  ChatCompletionTool,
  ChatCompletionToolChoiceOption,
} from "openai/resources/chat/completions";
import type { ReasoningEffort } from "../../inference";
import type { DecodedPartType } from "./decode-parts";
import type { DecodedFormatType, REASONING_EFFORTS } from "./decode-request";
import type { DecodedToolChoiceType, DecodedToolType } from "./decode-tools";
import type { DecodedCallType } from "./decode-turns";
import type { KnownFinishReason } from "./finish";
import type { ROLES, TOOL_CHOICES, WireChunk, WireCompletion, WireRequest } from "./wire";

/** `Ours` can be given where the SDK expects `Sdk`. */
type Accepted<Ours extends Sdk, Sdk> = Ours;
/** Every member of `Sdk` is one of `Ours`. */
type Covered<Sdk extends Ours, Ours> = Sdk;

type FinishReasonOfSdk = ChatCompletion.Choice["finish_reason"] | NonNullable<ChatCompletionChunk.Choice["finish_reason"]>;
type FormatOfSdk = NonNullable<ChatCompletionCreateParamsBase["response_format"]>["type"];

export type WireChecks = [
  Accepted<WireRequest, ChatCompletionCreateParamsBase>,
  Accepted<WireCompletion, ChatCompletion>,
  Accepted<WireChunk, ChatCompletionChunk>,
  Covered<ChatCompletionMessageParam["role"] | ChatCompletionRole, (typeof ROLES)[number]>,
  Covered<ChatCompletionContentPart["type"] | ChatCompletionContentPartRefusal["type"], DecodedPartType>,
  Covered<ChatCompletionMessageToolCall["type"], DecodedCallType>,
  Covered<ChatCompletionTool["type"], DecodedToolType>,
  Covered<Extract<ChatCompletionToolChoiceOption, string>, (typeof TOOL_CHOICES)[number]>,
  Covered<Exclude<ChatCompletionToolChoiceOption, string>["type"], DecodedToolChoiceType>,
  Covered<FormatOfSdk, DecodedFormatType>,
  Covered<FinishReasonOfSdk, KnownFinishReason>,
  Covered<NonNullable<ChatCompletionReasoningEffort>, (typeof REASONING_EFFORTS)[number]>,
  Covered<ReasoningEffort, (typeof REASONING_EFFORTS)[number]>,
];
