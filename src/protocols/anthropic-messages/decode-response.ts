import type { Choice, Extensions, InferenceResponse, JsonObject, Part } from "../../inference";
import { MalformedReplyError, type ReplyHints } from "../protocol";
import { isObject } from "../reader";
import { decodeCitation } from "./citations";
import { keepCall } from "./decode-turns";
import { keep, leftoverFields } from "./leftovers";
import { freeText, ReplyTools } from "./reply-tools";
import { decodeFinish } from "./stop-reason";
import { decodeThinking } from "./thinking";
import { decodeUsage } from "./usage";
import { PROTOCOL } from "./wire";

const REPLY_FIELDS = new Set([
  "id",
  "type",
  "role",
  "model",
  "content",
  "stop_reason",
  "stop_sequence",
  "stop_details",
  "container",
  "usage",
]);
const TOOL_USE_FIELDS = new Set(["type", "id", "name", "input"]);

/** Reads a Message. Tolerant of what relatives of this API leave out; throws a MalformedReplyError where there is no content at all. */
export function decodeResponse(body: JsonObject, hints: ReplyHints): InferenceResponse {
  if (!Array.isArray(body.content)) throw new MalformedReplyError("the reply has no `content`");
  const tools = new ReplyTools(hints);
  const blocks = body.content.filter(isObject);
  const parts = blocks.flatMap((block) => decodeReplyBlock(block, tools));
  const unwrapped = blocks.some((block) => block.type === "tool_use" && tools.restore(text(block.name)).is === "output");
  const calls = parts.some((part) => part.type === "tool-call");
  const choice: Choice = { index: 0, parts, finish: decodeFinish(body, { calls, unwrapped }), ...choiceExtensions(body) };
  return {
    id: text(body.id),
    model: text(body.model),
    choices: [choice],
    ...(isObject(body.usage) ? { usage: decodeUsage(body.usage) } : {}),
    ...replyExtensions(body),
  };
}

/** What only this wire says of a reply as a whole. */
export function replyExtensions(message: JsonObject): { extensions?: Extensions } {
  const leftovers = leftoverFields(message, REPLY_FIELDS);
  const telling = Object.entries(leftovers ?? {}).filter(([, value]) => value !== null);
  return telling.length > 0 ? keep(Object.fromEntries(telling)) : {};
}

/** The container of server-run code, which a stream names only at its end; it belongs to the choice, whose ending carries it. */
export function choiceExtensions(ending: JsonObject): { extensions?: Extensions } {
  return isObject(ending.container) ? keep({ container: ending.container }) : {};
}

/** A block of a reply; none for text that is empty. */
function decodeReplyBlock(block: JsonObject, tools: ReplyTools): Part[] {
  switch (block.type) {
    case "text": {
      const citations = Array.isArray(block.citations) ? block.citations.filter(isObject).map(decodeCitation) : [];
      if (text(block.text) === "" && citations.length === 0) return [];
      return [{ type: "text", text: text(block.text), ...(citations.length > 0 ? { citations } : {}) }];
    }
    case "thinking":
      return [decodeThinking(text(block.thinking), block.signature)];
    case "redacted_thinking":
      return [{ type: "redacted-reasoning", data: text(block.data) }];
    case "tool_use":
      return [decodeCall(block, tools)];
    default:
      return [{ type: "opaque", protocol: PROTOCOL, value: block }];
  }
}

function decodeCall(block: JsonObject, tools: ReplyTools): Part {
  const tool = tools.restore(text(block.name));
  const input = JSON.stringify(block.input ?? {});
  if (tool.is === "output") return { type: "text", text: input };
  return {
    type: "tool-call",
    id: text(block.id) || tools.makeId(),
    name: tool.name,
    arguments: tool.is === "custom" ? freeText(input) : input,
    kind: tool.is,
    ...callExtensions(block),
  };
}

/** What a call says beside its name and input. */
export function callExtensions(block: JsonObject): { extensions?: Extensions } {
  return keepCall(leftoverFields(block, TOOL_USE_FIELDS));
}

function text(value: JsonObject[string]): string {
  return typeof value === "string" ? value : "";
}
