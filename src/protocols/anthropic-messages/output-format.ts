import { transformJSONSchema } from "@anthropic-ai/sdk/lib/transform-json-schema";
import type { JsonObject, JsonValue, OutputFormat } from "../../inference";
import { isObject, optionalObject, readObject } from "../reader";

/** Name of the tool through which a schema is asked for where the model has no field for it. */
export const STRUCTURED_OUTPUT_TOOL = "structured_output";

/** `output_config.format`, or the beta's top-level `output_format`. A type that is not known stays where it is, as a leftover. */
export function decodeOutputFormat(body: JsonObject): OutputFormat | undefined {
  const config = optionalObject(body, "output_config", "");
  const format = config && optionalObject(config, "format", "output_config");
  if (format) return readFormat(format, "output_config.format");
  const legacy = optionalObject(body, "output_format", "");
  return legacy && readFormat(legacy, "output_format");
}

function readFormat(format: JsonObject, at: string): OutputFormat | undefined {
  return format.type === "json_schema" ? { type: "json-schema", schema: readObject(format, "schema", at) } : undefined;
}

/**
 * `schema` in the part of JSON Schema that the API holds models to: objects are closed, and what it does not support (bounds, patterns)
 * moves into descriptions. Undefined where that is not possible.
 * https://platform.claude.com/docs/en/build-with-claude/structured-outputs#json-schema-limitations
 */
export function strictSchema(schema: JsonObject | undefined): JsonObject | undefined {
  if (!schema) return undefined;
  try {
    const strict: unknown = transformJSONSchema(modern(schema));
    return isObject(strict) ? strict : undefined;
  } catch {
    // The SDK throws for a schema without a type: the caller asks for it in another way, and says so.
    return undefined;
  }
}

/** Keywords under which a schema holds further ones: by name, in a list, or one. */
const SCHEMAS_BY_NAME = new Set(["properties", "$defs"]);
const SCHEMA_LISTS = new Set(["anyOf", "oneOf", "allOf"]);
const ONE_SCHEMA = new Set(["items", "additionalProperties"]);

/**
 * Rewrites two older spellings that the SDK's transformation would take apart: `definitions` for `$defs`, and a list of types with an
 * object or an array among them.
 */
function modern(schema: JsonObject): JsonObject {
  const entries = Object.entries(schema).map(([key, value]): [string, JsonValue | undefined] => {
    const keyword = key === "definitions" ? "$defs" : key;
    if (keyword === "$ref" && typeof value === "string") return [keyword, value.replace(/^#\/definitions\//, "#/$defs/")];
    if (SCHEMAS_BY_NAME.has(keyword) && isObject(value)) return [keyword, mapValues(value, modernAny)];
    if (SCHEMA_LISTS.has(keyword) && Array.isArray(value)) return [keyword, value.map(modernAny)];
    if (ONE_SCHEMA.has(keyword)) return [keyword, modernAny(value)];
    return [keyword, value];
  });
  const modernized: JsonObject = Object.fromEntries(entries);
  const { type } = modernized;
  if (!Array.isArray(type) || !type.some((name) => name === "object" || name === "array")) return modernized;
  const { type: _types, description, title, ...rest } = modernized;
  return {
    ...(description === undefined ? {} : { description }),
    ...(title === undefined ? {} : { title }),
    anyOf: type.map((name) => (name === "null" ? { type: name } : { ...rest, type: name })),
  };
}

function modernAny(value: JsonValue | undefined): JsonValue {
  return isObject(value) ? modern(value) : (value ?? null);
}

function mapValues(object: JsonObject, map: (value: JsonValue | undefined) => JsonValue): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value)]));
}

/** True for a schema that a tool's input can have: tools take objects only. */
export function isObjectSchema(schema: JsonObject): boolean {
  return schema.type === "object";
}

/** What the model is told where nothing holds it to the format. */
export function formatInstruction(format: OutputFormat): string {
  const rule = "Reply with one JSON value and nothing else: no explanation, no Markdown fence.";
  return format.type === "json-object"
    ? `${rule} The value must be an object.`
    : `${rule} It must match this JSON Schema:\n${JSON.stringify(format.schema)}`;
}

/** What the model is told where it has a tool for the format and cannot be made to call it. */
export function toolInstruction(tool: string): string {
  return `Give your final answer only as a call of the tool \`${tool}\`, without any other text.`;
}
