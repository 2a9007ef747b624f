import { arrayOf, isBase64, isObject, type Json, objectOf, textOf } from "./check";
import { invalid } from "./errors";
import { checkFileData, checkImageUrl, invalidType, invalidValue, missing } from "./openai-check";
import { fingerprint } from "./random";
import { countTokens, DOCUMENT_TOKENS, IMAGE_TOKENS, MESSAGE_TOKENS } from "./tokens";

export interface InputRead {
  /** Earlier items and the new ones. */
  items: Json[];
  lastUserText: string;
  turns: number;
  toolResults: { name: string; text: string }[];
  media: string[];
  tokens: number;
  text: string;
}

const ROLES = ["user", "assistant", "system", "developer"] as const;
const INPUT_PARTS = ["input_text", "input_image", "input_file"] as const;
const OUTPUT_PARTS = ["output_text", "refusal"] as const;

/** Checks the input, which follows on the items of earlier responses, and reads it. */
export function readInput(input: unknown, earlier: Json[]): InputRead {
  if (input === undefined) throw missing("input");
  if (typeof input !== "string" && !Array.isArray(input)) throw invalidType("input", "one of a string or array of input items", input);
  const given = typeof input === "string" ? [{ role: "user", content: input }] : input.map((item, i) => checkItem(item, i));
  const items = [...earlier, ...given];
  checkCalls(items);
  const last = items.findLast(({ role }) => role === "user");
  const texts = items.map(itemText);
  return {
    items,
    lastUserText: last === undefined ? "" : itemText(last),
    turns: items.filter(({ role }) => role === "user" || role === "assistant").length,
    toolResults: pendingOutputs(items),
    media: last === undefined ? [] : mediaOf(last),
    tokens: items.reduce((sum, item, i) => sum + countTokens(texts[i] ?? "") + mediaTokens(item) + MESSAGE_TOKENS, 0),
    text: texts.join("\n"),
  };
}

function checkItem(item: unknown, i: number): Json {
  if (!isObject(item)) throw invalidType(`input[${i}]`, "an input item", item);
  const type = item.type ?? "message";
  if (type === "message") checkMessage(item, i);
  if (type === "function_call" || type === "custom_tool_call") {
    const field = type === "function_call" ? "arguments" : "input";
    for (const name of ["call_id", "name", field]) requireText(item, name, `input[${i}].${name}`);
  }
  if (type === "function_call_output" || type === "custom_tool_call_output") {
    requireText(item, "call_id", `input[${i}].call_id`);
    if (item.output === undefined) throw missing(`input[${i}].output`);
    if (typeof item.output !== "string" && !Array.isArray(item.output))
      throw invalidType(`input[${i}].output`, "one of a string or array of objects", item.output);
  }
  if (type === "reasoning") checkReasoning(item, i);
  return item;
}

function requireText(item: Json, name: string, param: string): void {
  if (item[name] === undefined) throw missing(param);
  if (typeof item[name] !== "string") throw invalidType(param, "a string", item[name]);
}

function checkMessage(item: Json, i: number): void {
  if (item.role === undefined) throw missing(`input[${i}].role`);
  if (!ROLES.some((role) => role === item.role)) throw invalidValue(`input[${i}]`, item.role, ROLES);
  if (typeof item.content === "string") return;
  if (!Array.isArray(item.content))
    throw item.content === undefined
      ? missing(`input[${i}].content`)
      : invalidType(`input[${i}].content`, "one of an array of objects or string", item.content);
  const kinds = item.role === "assistant" ? OUTPUT_PARTS : INPUT_PARTS;
  for (const [k, raw] of item.content.entries()) {
    const part = objectOf(raw);
    const param = `input[${i}].content[${k}]`;
    if (!kinds.some((kind) => kind === part.type)) throw invalidValue(`${param}.type`, part.type, kinds);
    if (part.type === "input_text" || part.type === "output_text") requireText(part, "text", `${param}.text`);
    if (part.type === "input_image" && typeof part.file_id !== "string") checkImageUrl(part.image_url, `${param}.image_url`);
    if (part.type === "input_file" && part.file_data !== undefined) checkFileData(part.file_data, `${param}.file_data`);
  }
}

/** The sealed reasoning that goes back and forth where nothing is stored. */
export function sealReasoning(text: string): string {
  const seal = fingerprint(text);
  return `gAAAAA${btoa(`simulated:${seal}:${fingerprint(seal)}:`)}`;
}

function checkReasoning(item: Json, i: number): void {
  if (!Array.isArray(item.summary)) throw missing(`input[${i}].summary`);
  const sealed = item.encrypted_content;
  if (sealed === undefined || sealed === null) return;
  const inner = typeof sealed === "string" ? sealed.replace(/^gAAAAA/, "") : "";
  const parts = isBase64(inner) ? atob(inner).split(":") : [];
  // What another provider sealed cannot be checked here.
  if (inner === "" || (parts[0] === "simulated" && parts[2] !== fingerprint(parts[1] ?? ""))) {
    throw invalid(`The encrypted content for item ${textOf(item.id)} could not be verified.`, undefined, "invalid_encrypted_content");
  }
}

/** Outputs answer calls, calls are answered, and reasoning is followed by what came of it. */
function checkCalls(items: Json[]): void {
  const calls = items.filter(({ type }) => type === "function_call" || type === "custom_tool_call").map((item) => textOf(item.call_id));
  const outputs = items
    .filter(({ type }) => type === "function_call_output" || type === "custom_tool_call_output")
    .map((item) => textOf(item.call_id));
  const stray = outputs.find((id) => !calls.includes(id));
  if (stray !== undefined) throw invalid(`No tool call found for function call output with call_id ${stray}.`, "input");
  const open = calls.find((id) => !outputs.includes(id));
  if (open !== undefined) throw invalid(`No tool output found for function call ${open}.`, "input");
  const last = items.at(-1);
  if (last?.type === "reasoning")
    throw invalid(`Item '${textOf(last.id)}' of type 'reasoning' was provided without its required following item.`, "input");
}

function itemText(item: Json): string {
  if (typeof item.content === "string") return item.content;
  const parts = arrayOf(item.content).map((raw) => textOf(objectOf(raw).text) + textOf(objectOf(raw).refusal));
  return [...parts, textOf(item.arguments), textOf(item.input), outputText(item.output)].filter((text) => text !== "").join("\n");
}

function outputText(output: unknown): string {
  return typeof output === "string"
    ? output
    : arrayOf(output)
        .map((part) => textOf(objectOf(part).text))
        .join("");
}

function mediaOf(item: Json): string[] {
  return arrayOf(item.content).flatMap((raw) => {
    const { type } = objectOf(raw);
    return type === "input_image" ? ["image"] : type === "input_file" ? ["document"] : [];
  });
}

function mediaTokens(item: Json): number {
  return mediaOf(item).reduce((sum, kind) => sum + (kind === "image" ? IMAGE_TOKENS : DOCUMENT_TOKENS), 0);
}

function pendingOutputs(items: Json[]): { name: string; text: string }[] {
  const start = items.findLastIndex(({ type }) => !textOf(type).endsWith("_call_output")) + 1;
  return items.slice(start).map((item) => {
    const made = items.find((other) => other.call_id === item.call_id && textOf(other.name) !== "");
    return { name: textOf(made?.name) || "unknown", text: outputText(item.output) };
  });
}
