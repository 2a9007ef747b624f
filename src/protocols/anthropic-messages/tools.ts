import type { FunctionTool, InferenceRequest, JsonObject, Tool, ToolChoice } from "../../inference";
import { isNativeTo } from "../../inference";
import { asObject, optionalArray, optionalBoolean, optionalObject, optionalString, readObject, readString } from "../reader";
import { hinted, marked, readCacheHint } from "./cache-control";
import { keep, kept, leftoverFields } from "./leftovers";
import type { ToolNames } from "./names";
import { strictSchema } from "./output-format";
import { quote } from "./quote";
import { PROTOCOL, type WireTool, type WireToolChoice } from "./wire";

const TOOL_FIELDS = new Set(["type", "name", "description", "input_schema", "strict", "cache_control"]);

/** The one field that a free-text tool's text travels in. */
export const CUSTOM_TOOL_FIELD = "input";

export function decodeTools(body: JsonObject): Tool[] {
  return (optionalArray(body, "tools", "") ?? []).map((value, index) => decodeTool(asObject(value, `tools[${index}]`), `tools[${index}]`));
}

/** Tools that the API defines itself (`web_search_20250305`, `bash_20250124`, …) have a type of their own and no schema. */
function decodeTool(tool: JsonObject, at: string): Tool {
  const type = optionalString(tool, "type", at) ?? "custom";
  if (type !== "custom" && !(type === "function" && "input_schema" in tool)) return { kind: "opaque", protocol: PROTOCOL, value: tool };
  const description = optionalString(tool, "description", at);
  const strict = optionalBoolean(tool, "strict", at);
  return {
    kind: "function",
    name: readString(tool, "name", at),
    ...(description === undefined ? {} : { description }),
    parameters: readObject(tool, "input_schema", at),
    ...(strict === undefined ? {} : { strict }),
    ...hinted(readCacheHint(tool, at)),
    ...keep(leftoverFields(tool, TOOL_FIELDS)),
  };
}

export function decodeToolChoice(body: JsonObject): Pick<InferenceRequest, "toolChoice" | "parallelToolCalls"> {
  const choice = optionalObject(body, "tool_choice", "");
  if (!choice) return {};
  const serial = optionalBoolean(choice, "disable_parallel_tool_use", "tool_choice");
  return { toolChoice: readToolChoice(choice), ...(serial === undefined ? {} : { parallelToolCalls: !serial }) };
}

function readToolChoice(choice: JsonObject): ToolChoice {
  switch (readString(choice, "type", "tool_choice")) {
    case "auto":
      return { mode: "auto" };
    case "any":
      return { mode: "required" };
    case "tool":
      return { mode: "tool", name: readString(choice, "name", "tool_choice") };
    case "none":
      return { mode: "none" };
    default:
      return { mode: "opaque", protocol: PROTOCOL, value: choice };
  }
}

/** `strictTools`: the model can hold itself to a schema. */
export function encodeTools(
  tools: readonly Tool[],
  names: ToolNames,
  strictTools: boolean,
  warnings: Set<string>,
): { tools: (WireTool | JsonObject)[]; customTools: string[] } {
  const encoded: (WireTool | JsonObject)[] = [];
  for (const [index, tool] of tools.entries()) {
    const at = `tools[${index}]`;
    if (tool.kind === "function") encoded.push(encodeFunction(tool, at, names, strictTools, warnings));
    else if (tool.kind === "custom") encoded.push(encodeCustom(tool, at, names, warnings));
    else if (isNativeTo(PROTOCOL, tool)) encoded.push(tool.value);
    else warnings.add(`${at}: a tool of type ${quote(tool.value.type)} is not known to Anthropic's Messages API and was left out.`);
  }
  const customTools = tools.flatMap((tool) => (tool.kind === "custom" ? [tool.name] : []));
  return { tools: encoded, customTools };
}

function encodeFunction(tool: FunctionTool, at: string, names: ToolNames, strictTools: boolean, warnings: Set<string>): WireTool {
  const strict = strictTools ? tool.strict : undefined;
  const schema = strict ? strictSchema(tool.parameters) : undefined;
  const held = strict && !schema ? undefined : strict;
  if (tool.strict && !held) {
    warnings.add(`${at}.strict: ${strictTools ? "this schema cannot be held to strictly" : "not known to this model"}; it was left out.`);
  }
  return {
    ...kept(tool),
    name: names.send(tool.name),
    ...(tool.description === undefined ? {} : { description: tool.description }),
    input_schema: { ...(schema ?? tool.parameters ?? { properties: {} }), type: "object" },
    ...(held === undefined ? {} : { strict: held }),
    ...marked(tool.cacheHint),
  };
}

function encodeCustom(tool: Extract<Tool, { kind: "custom" }>, at: string, names: ToolNames, warnings: Set<string>): WireTool {
  const grammar = tool.format && tool.format.type !== "text" ? JSON.stringify(tool.format) : undefined;
  if (grammar) warnings.add(`${at}.format: Anthropic's Messages API holds no tool to a grammar; the model is told of it instead.`);
  const description = [tool.description, grammar && `The input must follow this format: ${grammar}`].filter(Boolean).join("\n\n");
  return {
    name: names.send(tool.name),
    ...(description === "" ? {} : { description }),
    input_schema: {
      type: "object",
      properties: { [CUSTOM_TOOL_FIELD]: { type: "string", description: "The whole input of the tool, as free text." } },
      required: [CUSTOM_TOOL_FIELD],
    },
  };
}

/** The wire's `tool_choice`; undefined where the default says the same. `serial`: at most one call per turn. */
export function encodeToolChoice(
  choice: ToolChoice | undefined,
  serial: boolean | undefined,
  names: ToolNames,
): WireToolChoice | undefined {
  const parallel = serial === undefined ? {} : { disable_parallel_tool_use: serial };
  switch (choice?.mode) {
    case undefined:
      return serial ? { type: "auto", ...parallel } : undefined;
    case "auto":
      return { type: "auto", ...parallel };
    case "required":
      return { type: "any", ...parallel };
    case "tool":
      return { type: "tool", name: names.send(choice.name), ...parallel };
    case "none":
      return { type: "none" };
    case "opaque":
      return undefined;
  }
}
