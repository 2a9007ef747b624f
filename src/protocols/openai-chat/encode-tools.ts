import { badRequest } from "../../core/errors";
import type { FunctionTool, InferenceRequest, JsonObject, Tool, ToolChoice } from "../../inference";
import type { EncodeScope } from "./encode-scope";
import { isLegacy, kept } from "./leftovers";
import { asWritten, type WireFunction, type WireRequest, type WireTool } from "./wire";

/** The fields of a request that are about tools. */
export function encodeTools(request: InferenceRequest, scope: EncodeScope): Partial<WireRequest> {
  const { tools = [], toolChoice, parallelToolCalls } = request;
  if (tools.length > 0 && !scope.capabilities.tools) {
    throw badRequest("tools", "The model takes no tools: remove them, or choose a model that does.");
  }
  if (tools.length > 0 && tools.every((tool) => tool.kind === "function" && isLegacy(tool))) return encodeLegacy(tools, toolChoice, scope);

  const encoded: Partial<WireRequest> = {};
  const wireTools: WireTool[] = [];
  for (const [index, tool] of tools.entries()) {
    if (tool.kind === "opaque" && tool.protocol !== "openai-chat") {
      scope.warnings.add(`tools[${index}] was left out: only its own protocol has tools of that kind.`);
    } else {
      if (tool.kind === "function") warnOfForeign(tool, index, scope);
      wireTools.push(encodeTool(tool, scope));
    }
  }
  if (wireTools.length > 0) encoded.tools = wireTools;
  const choice = toolChoice && encodeToolChoice(allowed(toolChoice, scope), tools, scope);
  // Without tools the endpoint refuses both fields, and "auto" and "none" say nothing.
  if (choice !== undefined && (wireTools.length > 0 || (choice !== "auto" && choice !== "none"))) encoded.tool_choice = choice;
  if (parallelToolCalls !== undefined && wireTools.length > 0) encoded.parallel_tool_calls = parallelToolCalls;
  return encoded;
}

/** What only another protocol says of a tool (Anthropic's `defer_loading`, `input_examples`, …). */
function warnOfForeign({ extensions = {} }: FunctionTool, index: number, { warnings }: EncodeScope): void {
  for (const [protocol, fields] of Object.entries(extensions)) {
    if (protocol === "openai-chat") continue;
    for (const field of Object.keys(fields)) warnings.add(`tools[${index}].${field} was left out: this protocol has no such field.`);
  }
}

function encodeTool(tool: Tool, scope: EncodeScope): WireTool {
  switch (tool.kind) {
    case "function":
      return { type: "function", function: encodeFunction(tool, scope) };
    case "custom": {
      const { name, description, format } = tool;
      return {
        type: "custom",
        custom: {
          name: scope.names.sent(name),
          ...(description === undefined ? {} : { description }),
          ...(format === undefined ? {} : { format: asWritten<{ type: "text" }>(format) }), // a grammar too
        },
      };
    }
    case "opaque":
      return asWritten<WireTool>(tool.value);
  }
}

function encodeFunction(tool: FunctionTool, scope: EncodeScope): WireFunction {
  const { legacy: _, ...rest } = kept(tool);
  const encoded: WireFunction & JsonObject = { ...rest, name: scope.names.sent(tool.name) };
  if (tool.description !== undefined) encoded.description = tool.description;
  if (tool.parameters !== undefined) encoded.parameters = tool.parameters;
  if (tool.strict !== undefined) encoded.strict = tool.strict;
  return encoded;
}

/** A call cannot be demanded of every model; then it is the model's choice. */
function allowed(choice: ToolChoice, { capabilities, warnings }: EncodeScope): ToolChoice {
  if (capabilities.forcedToolChoice || (choice.mode !== "required" && choice.mode !== "tool")) return choice;
  warnings.add("tool_choice became auto: the model cannot be made to call a tool.");
  return { mode: "auto" };
}

function encodeToolChoice(choice: ToolChoice, tools: readonly Tool[], scope: EncodeScope): WireRequest["tool_choice"] {
  switch (choice.mode) {
    case "auto":
    case "none":
    case "required":
      return choice.mode;
    case "tool": {
      const name = scope.names.sent(choice.name);
      const isCustom = tools.some((tool) => tool.kind === "custom" && tool.name === choice.name);
      return isCustom ? { type: "custom", custom: { name } } : { type: "function", function: { name } };
    }
    case "opaque":
      if (choice.protocol === "openai-chat") return asWritten<"auto">(choice.value);
      scope.warnings.add("tool_choice was left out: only its own protocol has a choice of that kind.");
      return undefined;
  }
}

/** A client that gave its tools in the form before tools reads only calls in that form, so it is kept. */
function encodeLegacy(tools: readonly Tool[], choice: ToolChoice | undefined, scope: EncodeScope): Partial<WireRequest> {
  const encoded: Partial<WireRequest> = {
    functions: tools.filter((tool) => tool.kind === "function").map((tool) => encodeFunction(tool, scope)),
  };
  if (choice?.mode === "auto" || choice?.mode === "none") encoded.function_call = choice.mode;
  else if (choice?.mode === "tool") encoded.function_call = { name: scope.names.sent(choice.name) };
  return encoded;
}
