import type { JsonObject } from "../../inference";
import type { ReplyHints } from "../protocol";
import { isObject } from "../reader";
import { leftoverFields } from "./leftovers";

/** A tool call, or a piece of one, in whichever form the wire has it. */
export interface WireCall {
  /** Place among the calls; many vendors leave it out. */
  index?: number;
  id?: string;
  name?: string;
  arguments: string;
  kind: "function" | "custom";
  /** What else the upstream says of the call and wants back with it, such as Gemini's `extra_content` with a thought signature. */
  leftovers?: JsonObject;
}

/** Fields of a call, whole or a piece; `index` only orders the pieces. */
export const READ_FROM_CALL: ReadonlySet<string> = new Set([
  "index",
  "id",
  "type",
  "function",
  "custom",
  "cache_control",
  "prompt_cache_breakpoint",
]);

/**
 * Reads one entry of `tool_calls`, whole or a delta. Empty ids and names count as absent; arguments that came as an object (Ollama's own
 * form) become text. Undefined when it is no object.
 */
export function readCall(value: unknown): WireCall | undefined {
  if (!isObject(value)) return undefined;
  const fn = isObject(value.function) ? value.function : undefined;
  const custom = isObject(value.custom) ? value.custom : undefined;
  // Some vendors fill in both forms and leave one empty, so the type decides, and without it the form that is there.
  const isCustom = custom !== undefined && (value.type === "custom" || (value.type !== "function" && fn === undefined));
  const body = isCustom ? custom : fn;
  const call: WireCall = {
    arguments: argumentText(isCustom ? custom.input : fn?.arguments),
    kind: isCustom ? "custom" : "function",
  };
  if (Number.isInteger(value.index)) call.index = Number(value.index);
  if (typeof value.id === "string" && value.id !== "") call.id = value.id;
  if (typeof body?.name === "string" && body.name !== "") call.name = body.name;
  const leftovers = leftoverFields(value, READ_FROM_CALL);
  if (leftovers) call.leftovers = leftovers;
  return call;
}

/** The one call of the form before tools; undefined when the object is empty, as some vendors always send it. */
export function readLegacyCall(value: unknown): WireCall | undefined {
  if (!isObject(value)) return undefined;
  const call: WireCall = { arguments: argumentText(value.arguments), kind: "function", leftovers: { legacy: true } };
  if (typeof value.name === "string" && value.name !== "") call.name = value.name;
  return call.name === undefined && call.arguments === "" ? undefined : call;
}

/** What a call of the tool named `name` on the wire means to the client. */
export type CallMeaning =
  /** The structured output itself: its arguments are the reply's text. */
  { as: "text" } | { as: "call"; name: string; kind: "function" | "custom"; unwrapsInput: boolean };

export function callMeaning(name: string, kind: "function" | "custom", hints: ReplyHints): CallMeaning {
  if (name === hints.structuredOutputTool) return { as: "text" };
  const names = hints.toolNames;
  const clientName = names && Object.hasOwn(names, name) ? (names[name] ?? name) : name;
  const custom = hints.customTools;
  const unwrapsInput = kind === "function" && custom !== undefined && (custom.includes(name) || custom.includes(clientName));
  return { as: "call", name: clientName, kind: unwrapsInput ? "custom" : kind, unwrapsInput };
}

/** The free text of a custom tool that was sent as a function `{input}`; arguments of any other form are the text themselves. */
export function unwrapInput(argumentsText: string): string {
  try {
    const parsed: unknown = JSON.parse(argumentsText);
    return isObject(parsed) && typeof parsed.input === "string" ? parsed.input : argumentsText;
  } catch {
    return argumentsText; // cut or malformed: the client sees what the model wrote
  }
}

function argumentText(value: unknown): string {
  if (typeof value === "string") return value;
  return isObject(value) ? JSON.stringify(value) : "";
}
