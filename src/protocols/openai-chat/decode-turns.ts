import { badRequest } from "../../core/errors";
import type { JsonObject, Part, ToolCallPart, ToolResultPart, Turn } from "../../inference";
import {
  asObject,
  fieldPath,
  optionalArray,
  optionalObject,
  optionalString,
  readArray,
  readObject,
  readOneOf,
  readString,
  refuse,
} from "../reader";
import { decodeCacheHint, decodeContent } from "./decode-parts";
import { keep, kept, leftoverFields } from "./leftovers";
import { placeReasoning, readReasoning } from "./reasoning";
import { READ_FROM_CALL } from "./reply-calls";
import { ROLES, type Unknown, word } from "./wire";

const READ_FROM_MESSAGE = new Set(["role", "content", "name", "cache_control"]);
const READ_FROM_RESULT = new Set(["role", "content", "tool_call_id", "cache_control"]);
const READ_FROM_ASSISTANT = new Set([
  ...READ_FROM_MESSAGE,
  "refusal",
  "tool_calls",
  "function_call",
  "reasoning_content",
  "reasoning",
  "reasoning_details",
]);

/**
 * The turns of a conversation. Tool messages that follow one another are one turn. A result must answer a call that an earlier assistant
 * message made; whether every call is answered, and once, is for the upstream to judge.
 */
export function decodeTurns(body: JsonObject): Turn[] {
  const messages = readArray(body, "messages", "");
  if (messages.length === 0) throw badRequest("messages", "messages must hold at least one message.", "empty_array");
  const turns: Turn[] = [];
  const called = new CallBook();
  for (let i = 0; i < messages.length; i += 1) {
    const at = `messages[${i}]`;
    const message = asObject(messages[i], at);
    const role = readOneOf(message, "role", at, ROLES);
    switch (role) {
      case "system":
      case "developer":
      case "user":
        turns.push(decodeSpoken(message, role, at));
        break;
      case "assistant":
        turns.push(decodeAssistant(message, at, i, called));
        break;
      case "tool":
        addResult(turns, decodeToolResult(message, at, called));
        break;
      case "function":
        addResult(turns, decodeFunctionResult(message, at, called));
        break;
    }
  }
  return turns;
}

function decodeSpoken(message: JsonObject, role: "system" | "developer" | "user", at: string): Turn {
  if (message.content === undefined || message.content === null) refuse(message.content, fieldPath(at, "content"), "a string or an array");
  const turn: Turn = { role: role === "user" ? "user" : "system", parts: decodeContent(message, at) };
  finishTurn(turn, message, at, READ_FROM_MESSAGE);
  return role === "developer" ? { ...turn, ...keep({ ...kept(turn), role }) } : turn;
}

function decodeAssistant(message: JsonObject, at: string, position: number, called: CallBook): Turn {
  const parts = decodeContent(message, at);
  const refusal = optionalString(message, "refusal", at);
  if (refusal !== undefined && refusal !== "") parts.push({ type: "refusal", text: refusal });

  const unknownCalls: JsonObject[] = [];
  const calls = optionalArray(message, "tool_calls", at);
  if (calls) {
    for (let i = 0; i < calls.length; i += 1) {
      const path = `${at}.tool_calls[${i}]`;
      const value = asObject(calls[i], path);
      const call = decodeCall(value, path);
      if (call) parts.push(call);
      else unknownCalls.push(value);
      called.add(readString(value, "id", path), call?.name);
    }
  }
  const legacy = optionalObject(message, "function_call", at);
  if (legacy) {
    const path = fieldPath(at, "function_call");
    const name = readString(legacy, "name", path);
    const id = `call_function_${position}`;
    const text = optionalString(legacy, "arguments", path) ?? "";
    parts.push({ type: "tool-call", id, name, arguments: text, kind: "function", ...keep({ legacy: true }) });
    called.add(id, name);
  }

  optionalString(message, "reasoning_content", at);
  optionalString(message, "reasoning", at);
  optionalArray(message, "reasoning_details", at);
  const turn: Turn = { role: "assistant", parts: placeReasoning(readReasoning(message), parts) };
  finishTurn(turn, message, at, READ_FROM_ASSISTANT);
  return unknownCalls.length > 0 ? { ...turn, ...keep({ ...kept(turn), tool_calls: unknownCalls }) } : turn;
}

/** Undefined for a kind of call that is not known; such calls stay in the turn's extensions. */
function decodeCall(call: JsonObject, at: string): ToolCallPart | undefined {
  // Some clients leave the type out; the form that is there tells it.
  const kind = word<DecodedCallType>(optionalString(call, "type", at) ?? (call.custom === undefined ? "function" : "custom"));
  switch (kind) {
    case "function":
      return decodeCallOf("function", "arguments", call, at);
    case "custom":
      return decodeCallOf("custom", "input", call, at);
    default:
      kind satisfies Unknown;
      return undefined;
  }
}

function decodeCallOf(kind: DecodedCallType, textField: string, call: JsonObject, at: string): ToolCallPart {
  const body = readObject(call, kind, at);
  const path = fieldPath(at, kind);
  const part: ToolCallPart = {
    type: "tool-call",
    id: readString(call, "id", at),
    name: readString(body, "name", path),
    // A call without arguments may come back as some vendors gave it, without the field.
    arguments: optionalString(body, textField, path) ?? "",
    kind,
  };
  const hint = decodeCacheHint(call);
  if (hint) part.cacheHint = hint;
  return { ...part, ...keep(leftoverFields(call, READ_FROM_CALL)) };
}

/** The official kinds of call. */
export type DecodedCallType = "function" | "custom";

function decodeToolResult(message: JsonObject, at: string, called: CallBook): ToolResultPart {
  const callId = readString(message, "tool_call_id", at);
  if (!called.has(callId)) {
    const path = fieldPath(at, "tool_call_id");
    throw badRequest(path, `${path} answers no tool call of an earlier assistant message.`);
  }
  return toolResult(callId, message, at, leftoverFields(message, READ_FROM_RESULT));
}

function decodeFunctionResult(message: JsonObject, at: string, called: CallBook): ToolResultPart {
  const callId = called.idOf(readString(message, "name", at));
  if (callId === undefined) {
    const path = fieldPath(at, "name");
    throw badRequest(path, `${path} answers no function call of an earlier assistant message.`);
  }
  return toolResult(callId, message, at, { legacy: true });
}

function toolResult(callId: string, message: JsonObject, at: string, leftovers: JsonObject | undefined): ToolResultPart {
  const content: ToolResultPart["content"] = [];
  for (const part of decodeContent(message, at)) {
    if (part.type === "text" || part.type === "image" || part.type === "document" || part.type === "opaque") content.push(part);
    else throw badRequest(fieldPath(at, "content"), `${fieldPath(at, "content")} must hold text: a tool message takes no ${part.type}.`);
  }
  const result: ToolResultPart = { type: "tool-result", callId, content };
  const hint = decodeCacheHint(message);
  if (hint) result.cacheHint = hint;
  return { ...result, ...keep(leftovers) };
}

/** A result joins the turn of the results before it. */
function addResult(turns: Turn[], result: ToolResultPart): void {
  const last = turns.at(-1);
  if (last?.role === "tool") last.parts.push(result);
  else turns.push({ role: "tool", parts: [result] });
}

/** The speaker's name, the message's cache mark, and what is not read. */
function finishTurn(turn: Turn, message: JsonObject, at: string, read: ReadonlySet<string>): void {
  const name = optionalString(message, "name", at);
  if (name !== undefined) turn.name = name;
  const hint = decodeCacheHint(message);
  const marked = hint && turn.parts.findLast(takesHint);
  if (marked) marked.cacheHint = hint;
  const leftovers = leftoverFields(message, read);
  if (leftovers) turn.extensions = { "openai-chat": leftovers };
}

function takesHint(part: Part): part is Extract<Part, { type: "text" | "image" | "document" | "tool-call" }> {
  return part.type === "text" || part.type === "image" || part.type === "document" || part.type === "tool-call";
}

/** The calls made so far. */
class CallBook {
  readonly #ids = new Set<string>();
  readonly #idsByName = new Map<string, string>();

  add(id: string, name: string | undefined): void {
    this.#ids.add(id);
    if (name !== undefined) this.#idsByName.set(name, id);
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  /** The latest call of this name. */
  idOf(name: string): string | undefined {
    return this.#idsByName.get(name);
  }
}
