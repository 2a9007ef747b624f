import type { Choice, Citation, FinishReason, InferenceResponse, JsonObject, Logprobs, Part, ToolCallPart } from "../../inference";
import type { Encoded, ReplyOptions } from "../protocol";
import { isObject } from "../reader";
import { encodeCitation } from "./citations";
import { encodeFinish } from "./finish";
import { isLegacy, kept } from "./leftovers";
import { quote } from "./quote";
import { encodeReasoning, isReasoningDetail } from "./reasoning";
import { audioOf } from "./reply-content";
import { encodeUsage } from "./usage";
import { asWritten, type WireChoice, type WireCompletion, type WireReplyMessage, type WireToolCall } from "./wire";

/** A whole reply as a `chat.completion`. */
export function encodeResponse(response: InferenceResponse, options: ReplyOptions): Encoded {
  const warnings = new Set<string>();
  const completion: WireCompletion = {
    id: response.id === "" ? replyId(options.requestId) : response.id,
    object: "chat.completion",
    created: response.createdAt ?? options.createdAt,
    model: options.model,
    choices: [],
  };
  const choices = response.choices.map((choice) => encodeChoice(choice, warnings));
  const native = kept(response);
  const body: JsonObject = { ...native, ...completion, choices };
  if (response.usage) body.usage = encodeUsage(response.usage, native.service_tier !== undefined);
  return { body, warnings: [...warnings] };
}

/** The id of a reply whose upstream gave none. */
export function replyId(requestId: string): string {
  return `chatcmpl-${requestId}`;
}

export function encodeLogprobs(logprobs: Logprobs | undefined): WireChoice["logprobs"] {
  return logprobs === undefined ? null : asWritten<NonNullable<WireChoice["logprobs"]>>({ ...logprobs });
}

export function encodeToolCall(part: ToolCallPart): WireToolCall {
  const { legacy: _, ...rest } = kept(part);
  return part.kind === "custom"
    ? { ...rest, id: part.id, type: "custom", custom: { name: part.name, input: part.arguments } }
    : { ...rest, id: part.id, type: "function", function: { name: part.name, arguments: part.arguments } };
}

function encodeChoice(reply: Choice, warnings: Set<string>): JsonObject {
  const { index, parts, finish, logprobs } = reply;
  const { message: messageRest, ...rest } = kept(reply);
  const message = encodeMessage(parts, warnings);
  const choice: WireChoice = { index, message, logprobs: encodeLogprobs(logprobs), finish_reason: encodeFinish(finish.kind) };
  if (message.function_call && choice.finish_reason === "tool_calls") choice.finish_reason = "function_call";
  warnOfFinish(finish, warnings);

  const unread = isObject(messageRest) ? messageRest : {};
  const merged: JsonObject = { ...unread, ...message };
  if (Array.isArray(unread.annotations)) merged.annotations = [...(message.annotations ?? []), ...unread.annotations];
  const written: JsonObject = { ...rest, ...choice, message: merged };
  if (rest.logprobs !== undefined && !logprobs) written.logprobs = rest.logprobs;
  return written;
}

function encodeMessage(parts: readonly Part[], warnings: Set<string>): WireReplyMessage {
  let content = "";
  let refusal = "";
  const calls: ToolCallPart[] = [];
  const annotations: NonNullable<WireReplyMessage["annotations"]> = [];
  let audio: WireReplyMessage["audio"];
  for (const part of parts) {
    switch (part.type) {
      case "text": {
        for (const citation of part.citations ?? []) encodeAnnotation(citation, content.length, part.text.length);
        content += part.text;
        break;
      }
      case "refusal":
        refusal += part.text;
        break;
      case "tool-call":
        calls.push(part);
        break;
      case "opaque": {
        const spoken = audioOf(part);
        if (spoken) audio = asWritten<NonNullable<WireReplyMessage["audio"]>>(spoken);
        else if (!isReasoningDetail(part))
          warnings.add(`A part of type ${quote(part.value.type)} was left out of the reply: only its own protocol has it.`);
        break;
      }
      case "reasoning":
      case "redacted-reasoning":
        break; // encodeReasoning, below
      case "image":
      case "document":
      case "audio":
      case "tool-result":
        warnings.add(`A part of the reply was left out: this protocol's replies hold no ${part.type}.`);
        break;
    }
  }
  const silent = content === "" && (calls.length > 0 || refusal !== "" || audio !== undefined);
  const message: WireReplyMessage = { role: "assistant", content: silent ? null : content, refusal: refusal === "" ? null : refusal };
  const reasoning = encodeReasoning(parts, true);
  if (reasoning.text !== "") message.reasoning_content = reasoning.text;
  if (reasoning.details) message.reasoning_details = reasoning.details;
  if (annotations.length > 0) message.annotations = annotations;
  if (audio) message.audio = audio;
  const [only] = calls;
  if (only && calls.length === 1 && isLegacy(only)) message.function_call = { name: only.name, arguments: only.arguments };
  else if (calls.length > 0) message.tool_calls = calls.map(encodeToolCall);
  return message;

  function encodeAnnotation(citation: Citation, offset: number, length: number): void {
    const annotation = encodeCitation(citation, offset, length);
    if (annotation) annotations.push(annotation);
    else warnings.add("Citations of documents were left out: this protocol cites web pages only.");
  }
}

function warnOfFinish(finish: FinishReason, warnings: Set<string>): void {
  if (finish.kind === "pause") warnings.add('The provider paused the turn; this protocol shows it as finish_reason "stop".');
  if (finish.kind === "error") warnings.add('The provider gave the reply up; this protocol shows it as finish_reason "stop".');
}
