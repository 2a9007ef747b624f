import { isBase64, type Json, kindOf } from "./check";
import { type ApiError, invalid } from "./errors";
import { knownModel } from "./models";

/** Refuses fields that the endpoint does not know, as OpenAI does. */
export function checkFields(body: Json, known: Record<string, true>): void {
  const stray = Object.keys(body).find((name) => !Object.hasOwn(known, name));
  if (stray !== undefined) throw invalid(`Unknown parameter: '${stray}'.`, stray, "unknown_parameter");
}

export function checkModel(body: Json): string {
  if (body.model === undefined || body.model === "") throw invalid("you must provide a model parameter");
  if (typeof body.model !== "string") throw invalidType("model", "a string", body.model);
  return body.model;
}

export function invalidType(param: string, expected: string, got: unknown): ApiError {
  return invalid(`Invalid type for '${param}': expected ${expected}, but got ${kindOf(got)} instead.`, param, "invalid_type");
}

export function missing(param: string): ApiError {
  return invalid(`Missing required parameter: '${param}'.`, param, "missing_required_parameter");
}

export function invalidValue(param: string, value: unknown, supported: readonly string[]): ApiError {
  return invalid(
    `Invalid value: '${String(value)}'. Supported values are: ${supported.map((name) => `'${name}'`).join(", ")}.`,
    param,
    "invalid_value",
  );
}

/** Checks an optional number against its bounds; null counts as absent. */
export function checkNumber(body: Json, name: string, min: number, max: number, isInteger = false): void {
  const value = body[name];
  if (value === undefined || value === null) return;
  if (typeof value !== "number" || (isInteger && !Number.isInteger(value)))
    throw invalidType(name, isInteger ? "an integer" : "a decimal", value);
  const kind = isInteger ? "integer" : "decimal";
  if (value < min) {
    throw invalid(
      `Invalid '${name}': ${kind} below minimum value. Expected a value >= ${min}, but got ${value} instead.`,
      name,
      `${kind}_below_min_value`,
    );
  }
  if (value > max) {
    throw invalid(
      `Invalid '${name}': ${kind} above maximum value. Expected a value <= ${max}, but got ${value} instead.`,
      name,
      `${kind}_above_max_value`,
    );
  }
}

/** What reasoning models refuse: any sampling setting but the default. */
export function checkSampling(body: Json, model: string): void {
  if (knownModel(model)?.reasons !== true) return;
  for (const name of ["temperature", "top_p"]) {
    if (typeof body[name] === "number" && body[name] !== 1) {
      throw invalid(
        `Unsupported value: '${name}' does not support ${body[name]} with this model. Only the default (1) value is supported.`,
        name,
        "unsupported_value",
      );
    }
  }
}

/** The prompt must fit the context window, and the wanted output the model's limit. */
export function checkWindow(
  model: string,
  promptTokens: number,
  contextTokens: number | undefined,
  wanted: { name: string; tokens: number | undefined },
  param: string,
): void {
  const known = knownModel(model);
  const window = contextTokens ?? known?.contextTokens;
  if (window !== undefined && promptTokens > window) {
    throw invalid(
      `This model's maximum context length is ${window} tokens. However, your messages resulted in ${promptTokens} tokens. Please reduce the length of the messages.`,
      param,
      "context_length_exceeded",
    );
  }
  if (known !== undefined && wanted.tokens !== undefined && wanted.tokens > known.outputTokens) {
    throw invalid(
      `${wanted.name} is too large: ${wanted.tokens}. This model supports at most ${known.outputTokens} completion tokens, whereas you provided ${wanted.tokens}.`,
      wanted.name,
      "invalid_value",
    );
  }
}

export function checkToolName(name: unknown, param: string): string {
  if (name === undefined) throw missing(param);
  if (typeof name !== "string") throw invalidType(param, "a string", name);
  if (!/^[a-zA-Z0-9_-]+$/.test(name)) {
    throw invalid(
      `Invalid '${param}': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.`,
      param,
      "invalid_value",
    );
  }
  if (name.length > 64) {
    throw invalid(
      `Invalid '${param}': string too long. Expected a string with maximum length 64, but got a string with length ${name.length} instead.`,
      param,
      "string_above_max_length",
    );
  }
  return name;
}

const IMAGE_TYPES = ["image/png", "image/jpeg", "image/gif", "image/webp"];

/** An image is a web address or a data URL of a supported type with sound base64. */
export function checkImageUrl(url: unknown, param: string): void {
  if (typeof url !== "string") throw invalidType(param, "a string", url);
  if (/^https?:\/\/[^\s]+$/.test(url)) return;
  const match = /^data:([^;,]+);base64,/.exec(url);
  if (match === null)
    throw invalid(`Invalid '${param}'. Expected a valid URL, but got a value with an invalid format.`, param, "invalid_value");
  if (!IMAGE_TYPES.includes(match[1] ?? ""))
    throw invalid("Invalid MIME type. Only image types are supported.", param, "invalid_image_format");
  if (!isBase64(url.slice(match[0].length))) throw invalid("Invalid base64 image_url.", param, "invalid_base64");
}

/** A file is base64, bare or as a data URL. */
export function checkFileData(value: unknown, param: string): void {
  if (typeof value !== "string") throw invalidType(param, "a string", value);
  const comma = value.indexOf(";base64,");
  if (!isBase64(comma < 0 ? value : value.slice(comma + 8)))
    throw invalid(`Invalid '${param}'. Expected a base64-encoded data URL.`, param, "invalid_value");
}
