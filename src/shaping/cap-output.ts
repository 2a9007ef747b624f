import type { Capabilities, InferenceRequest, JsonObject, JsonValue, ReasoningEffort } from "../inference";

/** What a request is for, as the router classifies it. */
export type OutputTask = "generation" | "classification" | "summarization" | "extraction" | "conversation" | "reasoning" | "coding";

/** Output tokens per task where the caller says nothing: several times what such replies have, so that only runaways are cut. */
export const OUTPUT_TOKENS_OF_TASK: Readonly<Record<OutputTask, number>> = {
  classification: 1024,
  extraction: 4096,
  summarization: 4096,
  conversation: 8192,
  generation: 16_384,
  reasoning: 32_768,
  coding: 32_768,
};

/** Room for the answer behind a thinking budget, in tokens. */
const ANSWER_TOKENS_MIN = 2048;
/** Room for the calls of a request with tools, in tokens: one may hold a whole file. */
const TOOL_CALL_TOKENS_MIN = 16_384;
/** Tokens that thinking may take where the caller named a level and no budget. Levels have no bound of their own: this is room, not a cap. */
const THINKING_TOKENS_OF_EFFORT: Readonly<Record<ReasoningEffort, number>> = {
  none: 0,
  minimal: 2048,
  low: 4096,
  medium: 16_384,
  high: 32_768,
  xhigh: 49_152,
  max: 65_536,
};
/** Models that think unasked are given the room of this level. */
const EFFORT_UNASKED: ReasoningEffort = "medium";

/** Tokens of a value in structured output: its name, quotes, a word or a number. A text without a bound is taken to be a paragraph. */
const TOKENS_PER_VALUE = 16;
const TOKENS_PER_TEXT = 256;
/** Items of a list without a bound. */
const ITEMS_UNBOUNDED = 16;
/** Characters of an English token, to turn `maxLength` into tokens. */
const CHARS_PER_TOKEN = 3;
/** Deepest nesting of a schema that is looked into, and most of its nodes: recursive and hostile schemas end here. */
const SCHEMA_DEPTH_MAX = 12;
const SCHEMA_NODES_MAX = 2000;
/** No schema is said to need more than so many tokens. */
const SCHEMA_TOKENS_MAX = 32_768;

export interface CapOptions {
  /** The default of the task, in tokens; absent: none, and the wire's own default holds where no limit is lower. */
  defaultTokens?: number;
  /** Most output tokens that the key may ask for. */
  keyTokensMax?: number;
  capabilities: Pick<Capabilities, "outputTokensMax" | "reasoning" | "reasoningCanBeOff">;
}

/**
 * The output cap to send. `from`: the caller's own value, the task's default (raised to what thinking or a schema needs), a hard limit of
 * the model or the key that is lower than either, or nothing to send. `tokensShort`: by how much a hard limit lies below what the request
 * needs; the reply may then be cut.
 */
export interface OutputCap {
  outputTokensMax?: number;
  from: "caller" | "task" | "model-limit" | "key-limit" | "none";
  tokensShort?: number;
}

/** A caller's own value is only ever lowered, to the limits of model and key; a default is never below what the request needs. */
export function capOutput(request: InferenceRequest, options: CapOptions): OutputCap {
  const { defaultTokens, keyTokensMax = Number.POSITIVE_INFINITY, capabilities } = options;
  const hard = Math.min(capabilities.outputTokensMax, keyTokensMax);
  const limit = keyTokensMax < capabilities.outputTokensMax ? "key-limit" : "model-limit";
  const asked = request.outputTokensMax;
  const needed = tokensNeeded(request, capabilities);
  if (asked !== undefined) {
    return asked <= hard ? { outputTokensMax: asked, from: "caller" } : withShort(hard, limit, Math.min(asked, needed));
  }
  if (defaultTokens === undefined) {
    // A wire's own default is the model's limit: only a lower limit of the key has to be said.
    return limit === "key-limit" ? withShort(hard, limit, needed) : { from: "none" };
  }
  const wanted = Math.max(defaultTokens, needed);
  return wanted <= hard ? { outputTokensMax: wanted, from: "task" } : withShort(hard, limit, needed);
}

function withShort(hard: number, from: OutputCap["from"], needed: number): OutputCap {
  return { outputTokensMax: hard, from, ...(needed > hard ? { tokensShort: needed - hard } : {}) };
}

/** Output tokens below which a default cap would spoil the reply: thinking, and an answer, structured output or calls behind it. */
function tokensNeeded(request: InferenceRequest, capabilities: CapOptions["capabilities"]): number {
  const thinking = thinkingTokens(request, capabilities);
  const format = request.outputFormat?.type === "json-schema" ? schemaTokens(request.outputFormat.schema) : 0;
  const calls = request.tools && request.tools.length > 0 && request.toolChoice?.mode !== "none" ? TOOL_CALL_TOKENS_MIN : 0;
  return thinking + Math.max(thinking > 0 ? ANSWER_TOKENS_MIN : 0, format, calls);
}

function thinkingTokens({ reasoning }: InferenceRequest, capabilities: CapOptions["capabilities"]): number {
  if (capabilities.reasoning === "none") return 0;
  const isOff = reasoning?.mode === "disabled" || (reasoning?.mode === undefined && reasoning?.effort === "none");
  if (isOff && capabilities.reasoningCanBeOff) return 0;
  if (reasoning?.budgetTokens !== undefined) return reasoning.budgetTokens;
  if (reasoning?.effort !== undefined && reasoning.effort !== "none") return THINKING_TOKENS_OF_EFFORT[reasoning.effort];
  if (reasoning?.mode === "enabled" || reasoning?.mode === "adaptive") return THINKING_TOKENS_OF_EFFORT.high;
  // A budget has to be asked for; models with levels may think unasked.
  return capabilities.reasoning === "budget" ? 0 : THINKING_TOKENS_OF_EFFORT[EFFORT_UNASKED];
}

/** A generous guess of the tokens of the largest ordinary value that fits the schema. */
export function schemaTokens(schema: JsonObject): number {
  let nodes = 0;
  const visit = (value: JsonValue | undefined, depth: number): number => {
    nodes += 1;
    if (!isObject(value) || depth > SCHEMA_DEPTH_MAX || nodes > SCHEMA_NODES_MAX) return TOKENS_PER_TEXT;
    if (value.const !== undefined || Array.isArray(value.enum)) return TOKENS_PER_VALUE;
    for (const choice of [value.anyOf, value.oneOf]) {
      if (Array.isArray(choice)) return choice.reduce<number>((most, option) => Math.max(most, visit(option, depth + 1)), 0);
    }
    if (Array.isArray(value.allOf)) return value.allOf.reduce<number>((sum, part) => sum + visit(part, depth + 1), 0);
    if (isObject(value.properties)) {
      return Object.values(value.properties).reduce<number>((sum, property) => sum + TOKENS_PER_VALUE + visit(property, depth + 1), 2);
    }
    if (isObject(value.items)) {
      const items =
        typeof value.maxItems === "number" ? Math.min(value.maxItems, 1024) : Math.max(ITEMS_UNBOUNDED, numberOf(value.minItems));
      return items * visit(value.items, depth + 1);
    }
    const types = Array.isArray(value.type) ? value.type : [value.type];
    if (types.every((type) => type === "number" || type === "integer" || type === "boolean" || type === "null")) return TOKENS_PER_VALUE;
    if (typeof value.maxLength === "number") return Math.min(TOKENS_PER_TEXT, Math.ceil(value.maxLength / CHARS_PER_TOKEN));
    return Math.max(TOKENS_PER_TEXT, Math.ceil(numberOf(value.minLength) / CHARS_PER_TOKEN));
  };
  return Math.min(SCHEMA_TOKENS_MAX, visit(schema, 0));
}

function numberOf(value: JsonValue | undefined): number {
  return typeof value === "number" ? value : 0;
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
