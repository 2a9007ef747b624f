import { type Schema, Validator } from "@cfworker/json-schema";
import { patternProblem } from "./pattern";

/** Characters of a schema as JSON, and its nesting. */
export const SCHEMA_CHARS_MAX = 32_768;
export const SCHEMA_DEPTH_MAX = 32;
/** Characters of an output that is checked; a longer one fails the check. */
export const OUTPUT_CHARS_MAX = 1_048_576;
const PROBLEMS_MAX = 5;

/** One place where an output is not as the schema wants it. */
export interface SchemaProblem {
  /** JSON pointer into the output, "#" for the whole. */
  at: string;
  message: string;
}

/** Why a schema is not accepted; undefined when it is. Asked when a policy is saved. */
export function schemaProblem(schema: unknown): string | undefined {
  if (typeof schema !== "boolean" && (typeof schema !== "object" || schema === null || Array.isArray(schema)))
    return "a JSON schema is an object or a boolean";
  if (JSON.stringify(schema).length > SCHEMA_CHARS_MAX) return `the schema is longer than ${SCHEMA_CHARS_MAX} characters`;
  return problemInside(schema, 0);
}

/** What an output, as text, has wrong; empty when it is as the schema wants it. */
export function checkOutput(schema: Schema | boolean, output: string): SchemaProblem[] {
  if (output.length > OUTPUT_CHARS_MAX) return [{ at: "#", message: `the output is longer than ${OUTPUT_CHARS_MAX} characters` }];
  const parsed = parse(output);
  if (parsed === undefined) return [{ at: "#", message: "the output is not JSON" }];
  const { errors } = new Validator(schema, "2020-12", false).validate(parsed.value);
  // The validator names the outermost place first, and the one that is at fault last.
  return errors
    .toReversed()
    .slice(0, PROBLEMS_MAX)
    .map(({ instanceLocation, error }) => ({ at: instanceLocation, message: error }));
}

function parse(output: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(output) };
  } catch {
    return undefined;
  }
}

/** Nested too deeply, pointing outside itself, or with an expression that could take exponential time. */
function problemInside(node: unknown, depth: number): string | undefined {
  if (typeof node !== "object" || node === null) return undefined;
  if (depth > SCHEMA_DEPTH_MAX) return `the schema is nested more than ${SCHEMA_DEPTH_MAX} deep`;
  for (const [key, value] of Object.entries(node)) {
    if (key === "$ref" && typeof value === "string" && !value.startsWith("#")) return "a schema refers only to its own parts";
    const expressions =
      key === "pattern" && typeof value === "string" ? [value] : key === "patternProperties" && value ? Object.keys(value) : [];
    const problem = expressions.map(schemaPatternProblem).find((found) => found !== undefined) ?? problemInside(value, depth + 1);
    if (problem) return problem;
  }
  return undefined;
}

/** In a schema an expression may match the empty text. */
function schemaPatternProblem(source: string): string | undefined {
  const problem = patternProblem(source);
  return problem?.includes("empty") ? undefined : problem;
}
