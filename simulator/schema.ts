import { arrayOf, isObject, type Json, objectOf } from "./check";

/** How deep a value nests; a schema that refers to itself ends here. */
const DEPTH_MAX = 8;
const ARRAY_ITEMS_MAX = 32;

/**
 * A value that fits the schema, with strings and numbers taken from the prompt in the order in which they stand there.
 * Covers what tool schemas use: types and unions, enum, const, default, properties, required, items, prefixItems, bounds, formats,
 * `$ref`, anyOf, oneOf, allOf. Of patterns only those are met that some candidate happens to match.
 */
export function sample(schema: Json, prompt: string): unknown {
  return new Sampler(schema, prompt).value(schema, 0);
}

class Sampler {
  readonly #root: Json;
  readonly #prompt: string;
  readonly #strings: string[];
  readonly #numbers: number[];
  #stringsUsed = 0;
  #numbersUsed = 0;

  constructor(root: Json, prompt: string) {
    this.#root = root;
    this.#prompt = prompt;
    this.#strings = phrases(prompt);
    this.#numbers = [...prompt.matchAll(/-?\d+(?:\.\d+)?/g)].map((match) => Number(match[0]));
  }

  value(raw: unknown, depth: number): unknown {
    const schema = this.#resolve(raw);
    if ("const" in schema) return schema.const;
    if (Array.isArray(schema.enum)) return this.#choose(schema.enum);
    const variants = [...arrayOf(schema.anyOf), ...arrayOf(schema.oneOf)];
    if (variants.length > 0) return this.value(variants.find((variant) => objectOf(variant).type !== "null") ?? variants[0], depth + 1);
    switch (typeOf(schema)) {
      case "object":
        return this.#object(schema, depth);
      case "array":
        return this.#array(schema, depth);
      case "number":
      case "integer":
        return this.#number(schema);
      case "boolean":
        return typeof schema.default === "boolean" ? schema.default : true;
      case "null":
        return null;
      default:
        return this.#string(schema);
    }
  }

  #resolve(raw: unknown): Json {
    let schema = objectOf(raw);
    for (let hops = 0; typeof schema.$ref === "string" && hops < DEPTH_MAX; hops += 1) {
      const path = schema.$ref
        .replace(/^#\/?/, "")
        .split("/")
        .filter((step) => step !== "");
      schema = objectOf(path.reduce<unknown>((node, step) => objectOf(node)[step.replaceAll("~1", "/").replaceAll("~0", "~")], this.#root));
    }
    if (!Array.isArray(schema.allOf)) return schema;
    const { allOf, ...rest } = schema;
    const parts = [rest, ...allOf.map((part) => this.#resolve(part))];
    return {
      ...Object.assign({}, ...parts),
      properties: Object.assign({}, ...parts.map((part) => objectOf(part.properties))),
      required: parts.flatMap((part) => arrayOf(part.required)),
    };
  }

  #choose(options: unknown[]): unknown {
    const prompt = this.#prompt.toLowerCase();
    return options.find((option) => typeof option === "string" && option !== "" && prompt.includes(option.toLowerCase())) ?? options[0];
  }

  /** Required properties, and optional ones that the prompt names; all of them where the schema does not say what is required. */
  #object(schema: Json, depth: number): Json {
    const required = Array.isArray(schema.required) ? schema.required : undefined;
    const properties = Object.entries(objectOf(schema.properties)).filter(([name]) => {
      if (required?.includes(name)) return true;
      return depth < DEPTH_MAX && (required === undefined || this.#prompt.toLowerCase().includes(name.toLowerCase()));
    });
    if (depth > DEPTH_MAX) return {};
    return Object.fromEntries(properties.map(([name, property]) => [name, this.value(property, depth + 1)]));
  }

  #array(schema: Json, depth: number): unknown[] {
    const fixed = arrayOf(schema.prefixItems).map((item) => this.value(item, depth + 1));
    const least = typeof schema.minItems === "number" ? schema.minItems : 1;
    const most = typeof schema.maxItems === "number" ? schema.maxItems : ARRAY_ITEMS_MAX;
    const wanted = depth >= DEPTH_MAX ? least : Math.max(least, 1);
    const length = Math.min(wanted, most, ARRAY_ITEMS_MAX);
    const isClosed = schema.items === false || (schema.items === undefined && fixed.length > 0);
    while (!isClosed && fixed.length < length) fixed.push(this.value(schema.items ?? {}, depth + 1));
    return fixed;
  }

  #number(schema: Json): number {
    const found = this.#numbers[this.#numbersUsed];
    this.#numbersUsed += 1;
    let n = found ?? (typeof schema.default === "number" ? schema.default : this.#numbersUsed);
    if (typeof schema.minimum === "number") n = Math.max(n, schema.minimum);
    if (typeof schema.exclusiveMinimum === "number" && n <= schema.exclusiveMinimum) n = schema.exclusiveMinimum + 1;
    if (typeof schema.maximum === "number") n = Math.min(n, schema.maximum);
    if (typeof schema.exclusiveMaximum === "number" && n >= schema.exclusiveMaximum) n = schema.exclusiveMaximum - 1;
    if (typeOf(schema) === "integer") n = typeof schema.minimum === "number" ? Math.ceil(n) : Math.trunc(n);
    if (typeof schema.multipleOf === "number" && schema.multipleOf > 0) n = Math.ceil(n / schema.multipleOf) * schema.multipleOf;
    return n;
  }

  #string(schema: Json): string {
    const fixed = typeof schema.format === "string" ? FORMATS[schema.format] : undefined;
    if (fixed !== undefined) return fixed;
    let text = this.#strings[this.#stringsUsed % Math.max(1, this.#strings.length)] ?? "simulated";
    this.#stringsUsed += 1;
    if (typeof schema.pattern === "string") text = [...this.#strings, ...PATTERN_CANDIDATES].find(matcher(schema.pattern)) ?? text;
    if (typeof schema.minLength === "number") text = text.padEnd(schema.minLength, "x");
    return typeof schema.maxLength === "number" ? text.slice(0, schema.maxLength) : text;
  }
}

function typeOf(schema: Json): unknown {
  if (Array.isArray(schema.type)) return schema.type.find((type) => type !== "null") ?? "null";
  if (schema.type !== undefined) return schema.type;
  return isObject(schema.properties) ? "object" : schema.items === undefined ? "string" : "array";
}

/** What a model would lift out of a prompt: quoted text, then proper names, then the prompt itself. */
function phrases(prompt: string): string[] {
  const quoted = [...prompt.matchAll(/["“`]([^"”`\n]{1,80})["”`]/g)].map((match) => match[1] ?? "");
  const unquoted = prompt.replaceAll(/["“`][^"”`\n]{1,80}["”`]/g, "…");
  const names = [...unquoted.matchAll(/(?<=[^.!?\n]\s)\p{Lu}[\p{L}\p{M}]*(?: \p{Lu}[\p{L}\p{M}]*)*/gu)].map((match) => match[0]);
  const found = [...quoted, ...names].filter((phrase) => phrase !== "" && phrase !== "I");
  return found.length > 0 ? found : [prompt.trim().slice(0, 80) || "simulated"];
}

function matcher(pattern: string): (candidate: string) => boolean {
  try {
    const regex = new RegExp(pattern, "u");
    return (candidate) => regex.test(candidate);
  } catch (error) {
    if (error instanceof SyntaxError) return () => false; // a pattern of another dialect: any string will do
    throw error;
  }
}

const PATTERN_CANDIDATES = [
  "a",
  "A",
  "abc",
  "ABC",
  "a1",
  "A1",
  "1",
  "123",
  "12345",
  "2026-01-01",
  "12:30",
  "abc-123",
  "+4915112345678",
  "user@example.com",
];

const FORMATS: Record<string, string> = {
  "date-time": "2026-01-02T03:04:05Z",
  date: "2026-01-02",
  time: "03:04:05Z",
  duration: "P1D",
  email: "user@example.com",
  hostname: "example.com",
  ipv4: "192.0.2.1",
  ipv6: "2001:db8::1",
  uri: "https://example.com/simulated",
  url: "https://example.com/simulated",
  uuid: "00000000-0000-4000-8000-000000000000",
};
