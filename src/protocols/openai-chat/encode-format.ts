import type { InferenceRequest, OutputFormat } from "../../inference";
import type { EncodeScope } from "./encode-scope";
import { ToolNames } from "./tool-names";
import type { WireRequest } from "./wire";

/** Name of a schema, and of the tool that stands for it, when the client gave none. */
const DEFAULT_NAME = "response";

type SchemaFormat = Extract<OutputFormat, { type: "json-schema" }>;

export interface EncodedFormat {
  fields: Partial<WireRequest>;
  /** A system message that says what the wire cannot. */
  instruction?: string;
  /** The forced tool whose arguments are the output. */
  tool?: string;
}

/**
 * Structured output in the way the model takes it: by the wire's own field, through a forced tool, or by instruction. JSON without a schema
 * is `json_object` everywhere: vendors that know no schemas know it all the same (DeepSeek, Groq, Z.AI document it). A tool is forced only
 * if the client has no tools of its own and no reasoning is on: forcing it would take those away, and several providers refuse it.
 */
export function encodeOutputFormat(request: InferenceRequest, scope: EncodeScope): EncodedFormat {
  const format = request.outputFormat;
  if (!format) return { fields: {} };
  const { structuredOutput, tools, forcedToolChoice } = scope.capabilities;
  if (structuredOutput === "native" || format.type === "json-object") return { fields: { response_format: encodeNative(format, scope) } };
  const isFree = !(request.tools?.length ?? 0) && !reasons(request);
  const isObjectSchema = format.schema.type === "object"; // all that a tool's arguments can be
  if (structuredOutput === "tool" && tools && forcedToolChoice && isFree && isObjectSchema) return encodeAsTool(format, scope);
  scope.warnings.add("response_format is only asked for in words: the model does not enforce it, so check the reply.");
  return {
    fields: structuredOutput === "none" ? { response_format: { type: "json_object" } } : {},
    instruction: instructionFor(format),
  };
}

function encodeNative(format: OutputFormat, scope: EncodeScope): NonNullable<WireRequest["response_format"]> {
  if (format.type === "json-object") return { type: "json_object" };
  const { name, description, schema, strict } = format;
  return {
    type: "json_schema",
    json_schema: {
      name: name === undefined ? DEFAULT_NAME : schemaName(name, scope),
      schema,
      ...(description === undefined ? {} : { description }),
      ...(strict === undefined ? {} : { strict }),
    },
  };
}

function encodeAsTool(format: SchemaFormat, scope: EncodeScope): EncodedFormat {
  const name = format.name === undefined ? DEFAULT_NAME : schemaName(format.name, scope);
  const parameters = format.schema;
  const description = format.description ?? "Gives the final answer. Call it exactly once.";
  const strict = format.strict === undefined ? {} : { strict: format.strict };
  return {
    fields: {
      tools: [{ type: "function", function: { name, description, parameters, ...strict } }],
      tool_choice: { type: "function", function: { name } },
    },
    tool: name,
  };
}

/** The rules for a schema's name are those for a tool's; the reply does not repeat it, so nothing has to be mapped back. */
function schemaName(name: string, { warnings }: EncodeScope): string {
  const sent = new ToolNames({ model: "", turns: [], sampling: {}, stream: false, streamUsage: false }).sent(name);
  if (sent !== name)
    warnings.add(`response_format.json_schema.name was changed to ${sent}: the wire takes letters, digits, _ and - up to 64.`);
  return sent;
}

function instructionFor(format: SchemaFormat): string {
  const about = format.description === undefined ? "" : ` It is: ${format.description}`;
  return `Answer with one JSON value that conforms to this JSON Schema, and nothing else: no text around it, no code fence.${about}\n${JSON.stringify(format.schema)}`;
}

function reasons({ reasoning }: InferenceRequest): boolean {
  return reasoning !== undefined && reasoning.mode !== "disabled" && reasoning.effort !== "none";
}
