import type * as z from "zod";
import { readJsonText } from "../core/body";
import { badRequest } from "../core/errors";
import { parseObject } from "../core/json";

const BODY_BYTES_MAX = 64 * 1024;
const NESTING_MAX = 8;
const NAME_CHARS_SHOWN = 100;

/** Reads an operator's JSON body. Throws what `readJsonText` and `check` throw; a body that may be left out is then `{}`. */
export async function readBody<Shape>(
  request: Request,
  schema: z.ZodType<Shape>,
  options: { optional?: boolean; bytesMax?: number } = {},
): Promise<Shape> {
  if (options.optional && request.body === null) return check(schema, {});
  const text = await readJsonText(request, options.bytesMax ?? BODY_BYTES_MAX);
  return check(schema, parseObject(text, NESTING_MAX).value);
}

/** Reads query parameters: each at most once, none that is unknown. Throws `bad-request` naming the parameter. */
export function readQuery<Shape>(url: string, schema: z.ZodType<Shape>): Shape {
  const parameters = new URL(url).searchParams;
  for (const name of new Set(parameters.keys())) {
    if (parameters.getAll(name).length > 1)
      throw badRequest(shown(name), `The parameter \`${shown(name)}\` is given twice.`, "invalid_value");
  }
  return check(schema, Object.fromEntries(parameters));
}

/** The value as the schema has it. Throws a `bad-request` that names the first field at fault. */
export function check<Shape>(schema: z.ZodType<Shape>, value: unknown): Shape {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = issue?.path.map(String) ?? [];
  if (issue?.code === "unrecognized_keys") {
    const field = shown([...path, issue.keys[0] ?? ""].join("."));
    throw badRequest(field, `There is no field \`${field}\` here. Check its spelling, or leave it out.`, "unknown_field");
  }
  const field = shown(path.join("."));
  throw badRequest(field || undefined, field ? `\`${field}\`: ${issue?.message}.` : `${issue?.message}.`, "invalid_value");
}

function shown(name: string): string {
  return name.slice(0, NAME_CHARS_SHOWN);
}
