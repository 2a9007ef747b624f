import { arrayOf, isObject, type Json, objectOf, textOf } from "./check";
import { invalid } from "./errors";
import { checkFileData, checkImageUrl, invalidType, invalidValue, missing } from "./openai-check";
import { AUDIO_TOKENS, countTokens, DOCUMENT_TOKENS, IMAGE_TOKENS, MESSAGE_TOKENS } from "./tokens";

export interface ReadMessages {
  messages: Json[];
  lastUserText: string;
  turns: number;
  toolResults: { name: string; text: string }[];
  media: string[];
  tokens: number;
  /** All text of the conversation, in order. */
  text: string;
}

const ROLES = ["system", "assistant", "user", "function", "tool", "developer"] as const;

/** Which kinds of content part a role may send. */
const PARTS: Record<string, readonly string[]> = {
  system: ["text"],
  developer: ["text"],
  user: ["text", "image_url", "input_audio", "file"],
  assistant: ["text", "refusal"],
  tool: ["text"],
  function: ["text"],
};

/** Checks the messages of a chat request, their order included, and reads them. */
export function readMessages(value: unknown): ReadMessages {
  if (value === undefined) throw missing("messages");
  if (!Array.isArray(value)) throw invalidType("messages", "an array of objects", value);
  if (value.length === 0) {
    throw invalid(
      "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
      "messages",
      "empty_array",
    );
  }
  const messages = value.map((message, i) => checkMessage(message, i));
  checkToolOrder(messages);
  const contents = messages.map(contentOf);
  const lastUser = messages.findLastIndex(({ role }) => role === "user");
  const media = lastUser < 0 ? [] : (contents[lastUser]?.media ?? []);
  return {
    messages,
    lastUserText: lastUser < 0 ? "" : (contents[lastUser]?.text ?? ""),
    turns: messages.filter(({ role }) => role === "user" || role === "assistant").length,
    toolResults: pendingResults(messages),
    media,
    tokens: contents.reduce((sum, { tokens }) => sum + tokens + MESSAGE_TOKENS, 0),
    text: contents.map(({ text }, i) => `${textOf(messages[i]?.role)}: ${text}`).join("\n"),
  };
}

function checkMessage(message: unknown, i: number): Json {
  if (!isObject(message)) throw invalidType(`messages[${i}]`, "an object", message);
  const { role, content } = message;
  if (role === undefined) throw missing(`messages[${i}].role`);
  if (!ROLES.some((known) => known === role)) throw invalidValue(`messages[${i}].role`, role, ROLES);
  const kinds = PARTS[textOf(role)] ?? [];
  if (Array.isArray(content)) {
    for (const [k, part] of content.entries()) checkPart(part, `messages[${i}].content[${k}]`, kinds);
  } else if (content === null || content === undefined) {
    const mayBeEmpty =
      role === "function" ||
      (role === "assistant" && [message.tool_calls, message.function_call, message.refusal, message.audio].some(Boolean));
    if (!mayBeEmpty) throw invalid("Invalid value for 'content': expected a string, got null.", `messages.[${i}].content`);
  } else if (typeof content !== "string") {
    throw invalidType(`messages[${i}].content`, "one of a string or array of objects", content);
  }
  if (role === "tool" && typeof message.tool_call_id !== "string") throw missing(`messages[${i}].tool_call_id`);
  if (message.tool_calls !== undefined && message.tool_calls !== null) checkCalls(message.tool_calls, `messages[${i}].tool_calls`);
  return message;
}

function checkPart(part: unknown, param: string, kinds: readonly string[]): void {
  if (!isObject(part)) throw invalidType(param, "an object", part);
  if (!kinds.some((kind) => kind === part.type)) throw invalidValue(`${param}.type`, part.type, kinds);
  if (part.type === "text" && typeof part.text !== "string")
    throw part.text === undefined ? missing(`${param}.text`) : invalidType(`${param}.text`, "a string", part.text);
  if (part.type === "image_url") {
    if (!isObject(part.image_url)) throw invalidType(`${param}.image_url`, "an object", part.image_url);
    checkImageUrl(part.image_url.url, `${param}.image_url.url`);
  }
  if (part.type === "input_audio") {
    const { data, format } = objectOf(part.input_audio);
    checkFileData(data, `${param}.input_audio.data`);
    if (format !== "wav" && format !== "mp3") throw invalidValue(`${param}.input_audio.format`, format, ["wav", "mp3"]);
  }
  if (part.type === "file") {
    const file = objectOf(part.file);
    if (file.file_data !== undefined) checkFileData(file.file_data, `${param}.file.file_data`);
    else if (typeof file.file_id !== "string") throw missing(`${param}.file.file_id`);
  }
}

function checkCalls(calls: unknown, param: string): void {
  if (!Array.isArray(calls)) throw invalidType(param, "an array of objects", calls);
  if (calls.length === 0) {
    throw invalid(
      `Invalid '${param}': empty array. Expected an array with minimum length 1, but got an empty array instead.`,
      param,
      "empty_array",
    );
  }
  for (const [i, raw] of calls.entries()) {
    const call = objectOf(raw);
    if (typeof call.id !== "string") throw missing(`${param}[${i}].id`);
    const [inner, name] = call.type === "custom" ? (["custom", "input"] as const) : (["function", "arguments"] as const);
    if (call.type !== inner) throw invalidValue(`${param}[${i}].type`, call.type, ["function", "custom"]);
    const value = objectOf(call[inner])[name];
    if (typeof value !== "string")
      throw value === undefined
        ? missing(`${param}[${i}].${inner}.${name}`)
        : invalidType(`${param}[${i}].${inner}.${name}`, "a string", value);
  }
}

/** Every call is answered by the tool messages right behind it, and every tool message answers one of those calls. */
function checkToolOrder(messages: Json[]): void {
  let open = new Set<string>();
  for (const [i, message] of [...messages, undefined].entries()) {
    if (message?.role === "tool") {
      if (!open.delete(textOf(message.tool_call_id))) {
        throw invalid(
          "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
          `messages.[${i}].role`,
        );
      }
      continue;
    }
    if (open.size > 0) {
      throw invalid(
        `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${[...open].join(", ")}`,
        `messages.[${i}].role`,
      );
    }
    open = new Set(arrayOf(message?.tool_calls).map((call) => textOf(objectOf(call).id)));
  }
}

function contentOf(message: Json): { text: string; tokens: number; media: string[] } {
  const parts = typeof message.content === "string" ? [{ type: "text", text: message.content }] : arrayOf(message.content).map(objectOf);
  const media = parts.flatMap(({ type }) =>
    type === "image_url" ? ["image"] : type === "input_audio" ? ["audio"] : type === "file" ? ["document"] : [],
  );
  const calls = message.tool_calls ?? message.function_call;
  const text =
    parts.map((part) => textOf(part.text) + textOf(part.refusal)).join("") +
    (calls === undefined || calls === null ? "" : JSON.stringify(calls));
  const mediaTokens = media.reduce(
    (sum, kind) => sum + (kind === "image" ? IMAGE_TOKENS : kind === "audio" ? AUDIO_TOKENS : DOCUMENT_TOKENS),
    0,
  );
  return { text, tokens: countTokens(text) + mediaTokens, media };
}

/** The tool results at the very end of the conversation. */
function pendingResults(messages: Json[]): { name: string; text: string }[] {
  const start = messages.findLastIndex(({ role }) => role !== "tool" && role !== "function") + 1;
  const calls = arrayOf(messages[start - 1]?.tool_calls).map(objectOf);
  return messages.slice(start).map((message) => {
    const made = calls.find(({ id }) => id === message.tool_call_id);
    const name = textOf(message.name) || textOf(objectOf(made?.function ?? made?.custom).name);
    return { name: name === "" ? "unknown" : name, text: contentOf(message).text };
  });
}
