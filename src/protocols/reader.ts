/**
 * Reads fields of a client's body: each function narrows one value or throws a `bad-request` GatewayError that names the field by its
 * path (`messages[2].content[0].text`). `at` is the path of the object read from, `""` at the top of the body; the full path is built
 * only when a field is refused. Messages say what is expected and what kind of value came, never the value itself: it may be prompt.
 *
 * An optional field that is `null` counts as absent, as the vendors' own endpoints have it.
 */
import { badRequest, type GatewayError } from "../core/errors";
import type { JsonObject, JsonValue } from "../inference";

/** One past the largest integer that wires take for counts: what does not fit 32 bits is a mistake. */
const INTEGER_END = 2 ** 31;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The path of a field: `fieldPath("messages[2]", "role")` → `messages[2].role`. */
export function fieldPath(at: string, key: string): string {
  return at === "" ? key : `${at}.${key}`;
}

export function readString(object: JsonObject, key: string, at: string): string {
  const value = object[key];
  return typeof value === "string" ? value : refuse(value, fieldPath(at, key), "a string");
}

export function optionalString(object: JsonObject, key: string, at: string): string | undefined {
  const value = object[key];
  return value === undefined || value === null ? undefined : readString(object, key, at);
}

export function readObject(object: JsonObject, key: string, at: string): JsonObject {
  const value = object[key];
  return isObject(value) ? value : refuse(value, fieldPath(at, key), "an object");
}

export function optionalObject(object: JsonObject, key: string, at: string): JsonObject | undefined {
  const value = object[key];
  return value === undefined || value === null ? undefined : readObject(object, key, at);
}

export function readArray(object: JsonObject, key: string, at: string): JsonValue[] {
  const value = object[key];
  return Array.isArray(value) ? value : refuse(value, fieldPath(at, key), "an array");
}

export function optionalArray(object: JsonObject, key: string, at: string): JsonValue[] | undefined {
  const value = object[key];
  return value === undefined || value === null ? undefined : readArray(object, key, at);
}

export function optionalBoolean(object: JsonObject, key: string, at: string): boolean | undefined {
  const value = object[key];
  if (value === undefined || value === null) return undefined;
  return typeof value === "boolean" ? value : refuse(value, fieldPath(at, key), "a boolean");
}

/** A finite number (JSON has no other, but `1e999` parses to Infinity). */
export function optionalNumber(object: JsonObject, key: string, at: string): number | undefined {
  const value = object[key];
  if (value === undefined || value === null) return undefined;
  return typeof value === "number" && Number.isFinite(value) ? value : refuse(value, fieldPath(at, key), "a finite number");
}

/** An integer of at least `min` and below `end` (2^31 unless told). */
export function readInteger(object: JsonObject, key: string, at: string, min: number, end: number = INTEGER_END): number {
  const value = object[key];
  if (!Number.isInteger(value)) return refuse(value, fieldPath(at, key), "an integer");
  const integer = Number(value);
  if (integer >= min && integer < end) return integer;
  throw badRequest(fieldPath(at, key), `${fieldPath(at, key)} must be an integer from ${min} to ${end - 1}.`);
}

export function optionalInteger(object: JsonObject, key: string, at: string, min: number, end?: number): number | undefined {
  const value = object[key];
  return value === undefined || value === null ? undefined : readInteger(object, key, at, min, end);
}

/** The value itself as an object, for elements of arrays; `path` is its own full path. */
export function asObject(value: JsonValue | undefined, path: string): JsonObject {
  return isObject(value) ? value : refuse(value, path, "an object");
}

/** The value itself as a string, for elements of arrays; `path` is its own full path. */
export function asString(value: JsonValue | undefined, path: string): string {
  return typeof value === "string" ? value : refuse(value, path, "a string");
}

/** An array of strings. */
export function optionalStrings(object: JsonObject, key: string, at: string): string[] | undefined {
  const values = optionalArray(object, key, at);
  return values?.map((value, index) => (typeof value === "string" ? value : asString(value, `${fieldPath(at, key)}[${index}]`)));
}

/** One of `choices`. */
export function readOneOf<Choice extends string>(object: JsonObject, key: string, at: string, choices: readonly Choice[]): Choice {
  const value = object[key];
  const choice = choices.find((candidate) => candidate === value);
  if (choice !== undefined) return choice;
  const path = fieldPath(at, key);
  if (value === undefined) throw missing(path, `one of ${choices.join(", ")}`);
  throw badRequest(path, `${path} must be one of ${choices.join(", ")}.`);
}

export function optionalOneOf<Choice extends string>(
  object: JsonObject,
  key: string,
  at: string,
  choices: readonly Choice[],
): Choice | undefined {
  const value = object[key];
  return value === undefined || value === null ? undefined : readOneOf(object, key, at, choices);
}

/** Throws: `path` holds the wrong kind of value, or nothing. `expected` reads on from "must be". */
export function refuse(value: unknown, path: string, expected: string): never {
  if (value === undefined) throw missing(path, expected);
  throw badRequest(path, `${path} must be ${expected}, but is ${describe(value)}.`);
}

function missing(path: string, expected: string): GatewayError {
  return badRequest(path, `${path} is missing: it must be ${expected}.`);
}

function describe(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  switch (typeof value) {
    case "string":
      return value === "" ? "an empty string" : "a string";
    case "number":
      return Number.isInteger(value) ? "an integer" : "a number";
    case "boolean":
      return "a boolean";
    default:
      return "an object";
  }
}
