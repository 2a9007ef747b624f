import type { Choice, InferenceResponse, JsonObject, Part, ToolCallPart } from "../../inference";
import type { Encoded, ReplyOptions } from "../protocol";
import { isObject } from "../reader";
import { hasForeignCitations, ownCitations } from "./citations";
import { kept } from "./leftovers";
import { quote } from "./quote";
import { encodeStopDetails, encodeStopReason } from "./stop-reason";
import { encodeThinking } from "./thinking";
import { CUSTOM_TOOL_FIELD } from "./tools";
import { encodeUsage } from "./usage";
import { PROTOCOL, type WireReply, type WireReplyBlock, type WireReplyToolUse } from "./wire";

/** A Message, with every field that the official SDK's type has. The wire knows one reply per request: the first choice. */
export function encodeResponse(response: InferenceResponse, options: ReplyOptions): Encoded {
  const warnings = new Set<string>();
  const choice = response.choices.find((candidate) => candidate.index === 0) ?? response.choices[0];
  if (response.choices.length > 1) warnings.add("n: Anthropic's Messages API shows one reply; the further ones were left out.");
  const reply: WireReply = {
    ...replyFrame(response, options),
    content: choice?.parts.flatMap((part) => encodeReplyBlock(part, warnings)) ?? [],
    ...encodeEnding(choice),
    usage: encodeUsage(response.usage, options.inputTokensEstimate),
  };
  return { body: reply, warnings: [...warnings] };
}

/** What is the same in a reply and at the start of a stream. */
export function replyFrame(
  reply: Pick<InferenceResponse, "id" | "extensions">,
  options: ReplyOptions,
): Pick<WireReply, "id" | "type" | "role" | "model" | "diagnostics"> {
  const diagnostics = kept(reply)?.diagnostics;
  return {
    ...kept(reply),
    id: reply.id || `msg_${options.requestId}`,
    type: "message",
    role: "assistant",
    model: options.model,
    diagnostics: isObject(diagnostics) ? diagnostics : null,
  };
}

function encodeEnding(choice: Choice | undefined): Pick<WireReply, "stop_reason" | "stop_sequence" | "stop_details" | "container"> {
  const calls = choice?.parts.some((part) => part.type === "tool-call") ?? false;
  const refuses = choice?.parts.some((part) => part.type === "refusal") ?? false;
  const container = choice && kept(choice)?.container;
  return {
    stop_reason: encodeStopReason(choice?.finish, { calls, refuses }),
    stop_sequence: choice?.finish.stopSequence ?? null,
    stop_details: encodeStopDetails(choice?.finish),
    container: isObject(container) ? container : null,
  };
}

/** A part as a block; none for text that is empty and for what this wire cannot show. */
function encodeReplyBlock(part: Part, warnings: Set<string>): WireReplyBlock[] {
  switch (part.type) {
    case "text": {
      const citations = ownCitations(part);
      if (hasForeignCitations(part)) warnings.add("citations: those of another protocol cannot be shown and were left out.");
      return part.text === "" && citations.length === 0
        ? []
        : [{ type: "text", text: part.text, citations: citations.length > 0 ? citations : null }];
    }
    case "refusal":
      return part.text === "" ? [] : [{ type: "text", text: part.text, citations: null }];
    case "reasoning":
      return [encodeThinking(part)];
    case "redacted-reasoning":
      return [{ type: "redacted_thinking", data: part.data }];
    case "tool-call":
      return [{ ...callBlock(part), input: encodeInput(part, warnings) }];
    case "opaque":
      if (part.protocol === PROTOCOL) return [part.value];
      warnings.add(`content: a part of type ${quote(part.value.type)} cannot be shown by Anthropic's Messages API and was left out.`);
      return [];
    case "image":
    case "document":
    case "audio":
    case "tool-result":
      warnings.add(`content: a part of type \`${part.type}\` cannot be shown by Anthropic's Messages API and was left out.`);
      return [];
  }
}

/** A call's block as it is when its input has not come yet. */
export function callBlock(call: Pick<ToolCallPart, "id" | "name" | "extensions">): WireReplyToolUse {
  return { caller: { type: "direct" }, ...kept(call), type: "tool_use", id: call.id, name: call.name, input: {} };
}

function encodeInput(part: ToolCallPart, warnings: Set<string>): JsonObject {
  if (part.kind === "custom") return { [CUSTOM_TOOL_FIELD]: part.arguments };
  if (part.arguments === "") return {};
  try {
    const input: unknown = JSON.parse(part.arguments);
    if (isObject(input)) return input;
  } catch {
    // Cut by the token limit, as a rule: the wire has no form for half an object.
  }
  warnings.add("content: arguments of a tool call that are no whole JSON object cannot be shown; its `input` is empty.");
  return {};
}
