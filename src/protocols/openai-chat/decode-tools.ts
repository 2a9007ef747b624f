import type { CustomTool, FunctionTool, JsonObject, Tool, ToolChoice } from "../../inference";
import {
  asObject,
  fieldPath,
  optionalArray,
  optionalBoolean,
  optionalObject,
  optionalString,
  readObject,
  readOneOf,
  readString,
  refuse,
} from "../reader";
import { decodeCacheHint } from "./decode-parts";
import { keep, kept, leftoverFields } from "./leftovers";
import { TOOL_CHOICES, type Unknown, word } from "./wire";

/** Tools and the choice among them. In the form before tools they are `functions` and `function_call`; their tools are marked so. */
export function decodeTools(body: JsonObject): { tools?: Tool[]; toolChoice?: ToolChoice } {
  const decoded: { tools?: Tool[]; toolChoice?: ToolChoice } = {};
  const tools = optionalArray(body, "tools", "");
  const functions = optionalArray(body, "functions", "");
  if (tools && tools.length > 0) decoded.tools = tools.map((value, i) => decodeTool(asObject(value, `tools[${i}]`), `tools[${i}]`));
  else if (functions && functions.length > 0) {
    decoded.tools = functions.map((value, i) => {
      const tool = decodeFunction(asObject(value, `functions[${i}]`), `functions[${i}]`);
      return { ...tool, ...keep({ ...kept(tool), legacy: true }) };
    });
  }
  const choice = decodeToolChoice(body) ?? decodeFunctionCall(body);
  if (choice) decoded.toolChoice = choice;
  return decoded;
}

function decodeTool(tool: JsonObject, at: string): Tool {
  // Some clients leave the type out; the form that is there tells it.
  const kind = word<DecodedToolType>(
    optionalString(tool, "type", at) ?? (tool.function === undefined ? readString(tool, "type", at) : "function"),
  );
  switch (kind) {
    case "function": {
      const decoded = decodeFunction(readObject(tool, "function", at), fieldPath(at, "function"));
      const hint = decodeCacheHint(tool);
      if (hint) decoded.cacheHint = hint;
      return decoded;
    }
    case "custom":
      return decodeCustom(readObject(tool, "custom", at), fieldPath(at, "custom"));
    default:
      kind satisfies Unknown;
      return { kind: "opaque", protocol: "openai-chat", value: tool };
  }
}

/** The official kinds of tool. */
export type DecodedToolType = "function" | "custom";

const READ_FROM_FUNCTION = new Set(["name", "description", "parameters", "strict", "cache_control"]);

/** `parameters` is a JSON Schema and taken as it stands: a property in it may well be called `cache_control`, `stream` or `model`. */
function decodeFunction(fn: JsonObject, at: string): FunctionTool {
  const tool: FunctionTool = { kind: "function", name: readString(fn, "name", at) };
  const description = optionalString(fn, "description", at);
  if (description !== undefined) tool.description = description;
  const parameters = optionalObject(fn, "parameters", at);
  if (parameters) tool.parameters = parameters;
  const strict = optionalBoolean(fn, "strict", at);
  if (strict !== undefined) tool.strict = strict;
  const hint = decodeCacheHint(fn);
  if (hint) tool.cacheHint = hint;
  return { ...tool, ...keep(leftoverFields(fn, READ_FROM_FUNCTION)) };
}

function decodeCustom(custom: JsonObject, at: string): CustomTool {
  const tool: CustomTool = { kind: "custom", name: readString(custom, "name", at) };
  const description = optionalString(custom, "description", at);
  if (description !== undefined) tool.description = description;
  const format = optionalObject(custom, "format", at);
  if (format) tool.format = format;
  return tool;
}

function decodeToolChoice(body: JsonObject): ToolChoice | undefined {
  const { tool_choice: value } = body;
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string") {
    const mode = readOneOf(body, "tool_choice", "", TOOL_CHOICES);
    return { mode: mode === "any" ? "required" : mode };
  }
  const choice = asObjectOrName(value);
  const kind = word<DecodedToolChoiceType>(readString(choice, "type", "tool_choice"));
  switch (kind) {
    case "function":
    case "custom":
      return { mode: "tool", name: readString(readObject(choice, kind, "tool_choice"), "name", `tool_choice.${kind}`) };
    case "allowed_tools":
      return { mode: "opaque", protocol: "openai-chat", value: choice };
    default:
      kind satisfies Unknown;
      return { mode: "opaque", protocol: "openai-chat", value: choice };
  }
}

/** The official kinds of choice that are objects. */
export type DecodedToolChoiceType = "function" | "custom" | "allowed_tools";

function decodeFunctionCall(body: JsonObject): ToolChoice | undefined {
  const { function_call: value } = body;
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string") return { mode: readOneOf(body, "function_call", "", ["none", "auto"]) };
  return { mode: "tool", name: readString(readObject(body, "function_call", ""), "name", "function_call") };
}

function asObjectOrName(value: NonNullable<JsonObject[string]>): JsonObject {
  return typeof value === "object" && !Array.isArray(value) ? value : refuse(value, "tool_choice", "a string or an object");
}
