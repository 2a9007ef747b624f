import type { Capabilities, InferenceRequest, OutputFormat } from "../../inference";
import type { ToolNames } from "./names";
import { formatInstruction, isObjectSchema, STRUCTURED_OUTPUT_TOOL, strictSchema, toolInstruction } from "./output-format";
import type { WireOutputConfig, WireTool, WireToolChoice } from "./wire";

/** How a reply in a given format is asked for: by the wire's own field, through a tool, or in words. */
export interface StructuredOutput {
  format?: NonNullable<WireOutputConfig["format"]>;
  tool?: WireTool;
  /** Replaces the client's choice. */
  toolChoice?: WireToolChoice;
  /** To be added to the system prompt. */
  instruction?: string;
}

type JsonSchemaFormat = Extract<OutputFormat, { type: "json-schema" }>;

/** The strongest way that the model has and that the rest of the request leaves open. `thinking`: the model will think. */
export function structuredOutput(
  request: InferenceRequest,
  capabilities: Capabilities,
  names: ToolNames,
  thinking: boolean,
  warnings: Set<string>,
): StructuredOutput {
  const format = request.outputFormat;
  if (!format) return {};
  if (format.type === "json-object") {
    warnings.add("response_format: Anthropic's Messages API has no JSON mode without a schema; the model is told to reply in JSON.");
    return { instruction: formatInstruction(format) };
  }
  const described = describe(format);
  const schema = capabilities.structuredOutput === "native" ? strictSchema(described.schema) : undefined;
  if (schema) return { format: { type: "json_schema", schema } };
  const toolUsable = capabilities.structuredOutput !== "none" && capabilities.tools && request.toolChoice?.mode !== "none";
  if (toolUsable && isObjectSchema(described.schema)) return throughTool(described, request, capabilities, names, thinking);
  warnings.add("response_format: this model cannot be held to the schema; it is told to follow it.");
  return { instruction: formatInstruction(format) };
}

/** The format's description is the schema's, where that has none: the wire has no other place for it. */
function describe(format: JsonSchemaFormat): JsonSchemaFormat {
  if (format.description === undefined || format.schema.description !== undefined) return format;
  return { ...format, schema: { ...format.schema, description: format.description } };
}

/**
 * The call of a tool whose input is the answer. It is forced only where nothing forbids it: the API refuses forced calls together
 * with thinking, and a client with tools of its own must be able to get those called.
 */
function throughTool(
  format: JsonSchemaFormat,
  request: InferenceRequest,
  capabilities: Capabilities,
  names: ToolNames,
  thinking: boolean,
): StructuredOutput {
  const tool: WireTool = {
    name: names.reserve(STRUCTURED_OUTPUT_TOOL),
    description: format.description ?? "Gives the final answer in the form that was asked for.",
    input_schema: { ...format.schema, type: "object" },
  };
  const hasTools = (request.tools?.length ?? 0) > 0;
  if (thinking || hasTools || !capabilities.forcedToolChoice) return { tool, instruction: toolInstruction(tool.name) };
  return { tool, toolChoice: { type: "tool", name: tool.name, disable_parallel_tool_use: true } };
}
