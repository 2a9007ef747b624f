import { badRequest } from "../../core/errors";
import type { JsonObject, JsonValue, OpaquePart, Part, TextPart, ToolCallPart, ToolResultPart, Turn } from "../../inference";
import { asObject, isObject, optionalArray, optionalBoolean, readObject, readString, refuse } from "../reader";
import { hinted, readCacheHint } from "./cache-control";
import { readCitations } from "./citations";
import { keep, leftoverFields } from "./leftovers";
import { decodeDocument, decodeImage } from "./media";
import { decodeThinking } from "./thinking";
import { PROTOCOL } from "./wire";

const MESSAGE_FIELDS = new Set(["role", "content"]);
const TOOL_USE_FIELDS = new Set(["type", "id", "name", "input", "cache_control"]);
const TOOL_RESULT_FIELDS = new Set(["type", "tool_use_id", "content", "is_error", "cache_control"]);

/** The system prompt, where there is one, and the messages. Throws a `bad-request` that names the field at fault. */
export function decodeTurns(body: JsonObject): Turn[] {
  const turns: Turn[] = [];
  if (body.system !== undefined && body.system !== null && body.system !== "") {
    turns.push({ role: "system", parts: readBlocks(body.system, "system", "system") });
  }
  const messages = body.messages;
  if (!Array.isArray(messages)) return refuse(messages, "messages", "an array");
  if (messages.length === 0) throw badRequest("messages", "messages: at least one message is required.");
  // A thread's earlier messages are kept at the provider, and the calls that results answer may be among them.
  const calls = isObject(body.thread) ? undefined : new Set<string>();
  for (const [index, value] of messages.entries()) decodeMessage(value, `messages[${index}]`, turns, calls);
  return turns;
}

/** Appends a message's turns. `calls`: ids of the tool calls so far, or undefined where they cannot be known. */
function decodeMessage(value: JsonValue, at: string, turns: Turn[], calls: Set<string> | undefined): void {
  const message = asObject(value, at);
  const role = readString(message, "role", at);
  const leftovers = keep(leftoverFields(message, MESSAGE_FIELDS));
  switch (role) {
    case "user":
      appendUserTurns(readBlocks(message.content, `${at}.content`, role), leftovers, at, turns, calls);
      return;
    case "assistant":
    case "system":
      // Histories come with `null` where a message had no text, and a system message may carry settings only.
      turns.push({ role, parts: message.content === null ? [] : readContent(message, at, role), ...leftovers });
      if (role === "assistant") noteCalls(message.content, calls);
      return;
    default:
      throw badRequest(`${at}.role`, `${at}.role must be \`user\`, \`assistant\` or \`system\`.`);
  }
}

function readContent(message: JsonObject, at: string, role: "assistant" | "system"): Part[] {
  if (role === "system" && message.content === undefined && Object.keys(message).length > 1) return [];
  return readBlocks(message.content, `${at}.content`, role);
}

/** Runs of tool results become `tool` turns, what lies between them `user` turns. Results that follow each other are one turn. */
function appendUserTurns(
  parts: Part[],
  leftovers: Pick<Turn, "extensions">,
  at: string,
  turns: Turn[],
  calls: Set<string> | undefined,
): void {
  if (parts.length === 0) turns.push({ role: "user", parts, ...leftovers });
  let run: Turn | undefined;
  for (const [index, part] of parts.entries()) {
    const role = part.type === "tool-result" ? "tool" : "user";
    if (part.type === "tool-result" && calls && !calls.has(part.callId)) {
      const path = `${at}.content[${index}].tool_use_id`;
      throw badRequest(path, `${path}: no earlier assistant message holds a tool call of this id; a tool result must answer one.`);
    }
    if (run?.role === role) {
      run.parts.push(part);
      continue;
    }
    const last = turns.at(-1);
    const joins = !run && role === "tool" && last?.role === "tool" && !leftovers.extensions;
    run = joins ? last : { role, parts: [], ...(index === 0 ? leftovers : {}) };
    run.parts.push(part);
    if (!joins) turns.push(run);
  }
}

/** Ids of what the assistant called. Tools that the provider runs count too: programmatic calls are answered to them. */
function noteCalls(content: JsonValue | undefined, calls: Set<string> | undefined): void {
  if (!calls || !Array.isArray(content)) return;
  for (const block of content) {
    if (isObject(block) && typeof block.type === "string" && block.type.endsWith("tool_use") && typeof block.id === "string") {
      calls.add(block.id);
    }
  }
}

type Place = "system" | "user" | "assistant" | "tool-result";

function readBlocks(content: JsonValue | undefined, path: string, place: Place): Part[] {
  if (typeof content === "string") return [{ type: "text", text: content }];
  if (!Array.isArray(content)) return refuse(content, path, "a string or an array of content blocks");
  return content.map((value, index) => decodeBlock(value, `${path}[${index}]`, place));
}

/** A content block. Kinds that only this protocol has (server tools and their results, newer ones) are carried as they are. */
function decodeBlock(value: JsonValue, at: string, place: Place): Part {
  const block = asObject(value, at);
  switch (readString(block, "type", at)) {
    case "text":
      return decodeText(block, at);
    case "image":
      return decodeImage(block, at);
    case "document":
      return decodeDocument(block, at);
    case "tool_use":
      if (place !== "assistant") throw misplaced(at, "tool_use", "assistant");
      return decodeToolUse(block, at);
    case "tool_result":
      if (place !== "user") throw misplaced(at, "tool_result", "user");
      return decodeToolResult(block, at);
    case "thinking":
      if (place !== "assistant") throw misplaced(at, "thinking", "assistant");
      return decodeThinking(readString(block, "thinking", at), block.signature);
    case "redacted_thinking":
      if (place !== "assistant") throw misplaced(at, "redacted_thinking", "assistant");
      return { type: "redacted-reasoning", data: readString(block, "data", at) };
    default:
      return { type: "opaque", protocol: PROTOCOL, value: block };
  }
}

function misplaced(at: string, type: string, role: string): Error {
  return badRequest(`${at}.type`, `${at}.type: \`${type}\` blocks may stand only in the content of \`${role}\` messages.`);
}

function decodeText(block: JsonObject, at: string): TextPart {
  const hint = readCacheHint(block, at);
  return { type: "text", text: readString(block, "text", at), ...readCitations(block, at), ...(hint ? { cacheHint: hint } : {}) };
}

function decodeToolUse(block: JsonObject, at: string): ToolCallPart {
  return {
    type: "tool-call",
    id: readString(block, "id", at),
    name: readString(block, "name", at),
    arguments: JSON.stringify(readObject(block, "input", at)),
    kind: "function",
    ...hinted(readCacheHint(block, at)),
    ...keepCall(leftoverFields(block, TOOL_USE_FIELDS)),
  };
}

/** Keeps who called, unless it was the model itself: that goes without saying. */
export function keepCall(leftovers: JsonObject | undefined): ReturnType<typeof keep> {
  if (!leftovers) return {};
  const { caller, toolset_name, ...rest } = leftovers;
  const telling: JsonObject = {
    ...rest,
    ...(isObject(caller) && caller.type !== "direct" ? { caller } : {}),
    ...(typeof toolset_name === "string" ? { toolset_name } : {}),
  };
  return Object.keys(telling).length > 0 ? keep(telling) : {};
}

function decodeToolResult(block: JsonObject, at: string): ToolResultPart {
  const isError = optionalBoolean(block, "is_error", at);
  return {
    type: "tool-result",
    callId: readString(block, "tool_use_id", at),
    content: decodeResultContent(block, at),
    ...(isError === undefined ? {} : { isError }),
    ...hinted(readCacheHint(block, at)),
    ...keep(leftoverFields(block, TOOL_RESULT_FIELDS)),
  };
}

function decodeResultContent(block: JsonObject, at: string): ToolResultPart["content"] {
  const { content } = block;
  if (content === "") return [];
  if (typeof content === "string") return [{ type: "text", text: content }];
  return (optionalArray(block, "content", at) ?? []).map((value, index) => decodeResultBlock(value, `${at}.content[${index}]`));
}

function decodeResultBlock(value: JsonValue, at: string): ToolResultPart["content"][number] {
  const block = asObject(value, at);
  switch (readString(block, "type", at)) {
    case "text":
      return decodeText(block, at);
    case "image":
      return decodeImage(block, at);
    case "document":
      return decodeDocument(block, at);
    default:
      return { type: "opaque", protocol: PROTOCOL, value: block } satisfies OpaquePart;
  }
}
