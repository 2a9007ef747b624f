import type OpenAI from "openai";
import type { Answer, Call } from "./call";
import { type Json, objectOf } from "./check";
import { invalid } from "./errors";
import { knownModel, replyModel } from "./models";
import { checkFields, checkModel, checkNumber, invalidType, invalidValue, missing } from "./openai-check";
import { fingerprint } from "./random";
import { splitModel } from "./scenario";
import { countTokens } from "./tokens";

const FIELDS = { dimensions: true, encoding_format: true, input: true, model: true, user: true } satisfies Record<
  keyof OpenAI.EmbeddingCreateParams,
  true
>;

const INPUTS_MAX = 2_048;
const TOKENS_MAX = 8_192;
const DIMENSIONS = 1_536;

/** `POST /v1/embeddings`. https://platform.openai.com/docs/api-reference/embeddings */
export function embeddings(call: Call): Answer {
  const body = objectOf(call.body);
  const model = splitModel(checkModel(body)).name;
  if (!call.scenario.lenient) checkFields(body, FIELDS);
  checkNumber(body, "dimensions", 1, 3_072, true);
  const format = body.encoding_format ?? "float";
  if (format !== "float" && format !== "base64") throw invalidValue("encoding_format", format, ["float", "base64"]);
  const inputs = readInputs(body);
  const dimensions = typeof body.dimensions === "number" ? body.dimensions : (knownModel(model)?.dimensions ?? DIMENSIONS);
  const tokens = inputs.map((input) => (typeof input === "string" ? countTokens(input) : input.length));
  const longest = Math.max(...tokens);
  if (longest > TOKENS_MAX) {
    throw invalid(
      `This model's maximum context length is ${TOKENS_MAX} tokens, however you requested ${longest} tokens (${longest} in your prompt; 0 for the completion). Please reduce your prompt; or completion length.`,
      "input",
      "context_length_exceeded",
    );
  }
  const data = inputs.map((input, index) => {
    const vector = embed(typeof input === "string" ? input : input.join(" "), dimensions);
    return { object: "embedding" as const, index, embedding: format === "base64" ? base64(vector) : [...vector] };
  });
  const total = tokens.reduce((sum, n) => sum + n, 0);
  const usage = { prompt_tokens: total, total_tokens: total } satisfies OpenAI.CreateEmbeddingResponse["usage"];
  return { kind: "json", body: { object: "list", data, model: replyModel(model), usage } };
}

function readInputs(body: Json): (string | number[])[] {
  const { input } = body;
  if (input === undefined) throw missing("input");
  const list: unknown[] =
    typeof input === "string"
      ? [input]
      : Array.isArray(input)
        ? input.every((n) => typeof n === "number") && input.length > 0
          ? [input]
          : input
        : [];
  if (!Array.isArray(input) && typeof input !== "string") throw invalidType("input", "one of a string or array", input);
  if (list.length === 0)
    throw invalid("'$.input' is invalid. Please check the API reference: https://platform.openai.com/docs/api-reference.", "input");
  if (list.length > INPUTS_MAX) {
    throw invalid(
      `Invalid 'input': array too long. Expected an array with maximum length ${INPUTS_MAX}, but got an array with length ${list.length} instead.`,
      "input",
      "array_above_max_length",
    );
  }
  return list.map((item) => {
    if (typeof item === "string" && item !== "") return item;
    if (Array.isArray(item) && item.length > 0 && item.every((n): n is number => typeof n === "number" && Number.isInteger(n))) return item;
    throw invalid("'$.input' is invalid. Please check the API reference: https://platform.openai.com/docs/api-reference.", "input");
  });
}

/** A unit vector in which texts that share words and letter groups lie near each other. */
export function embed(text: string, dimensions: number): Float32Array<ArrayBuffer> {
  const vector = new Float32Array(dimensions);
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [text];
  const add = (feature: string, weight: number): void => {
    const print = fingerprint(feature);
    const at = Number.parseInt(print.slice(0, 8), 16) % dimensions;
    vector[at] = (vector[at] ?? 0) + (Number.parseInt(print.slice(8, 10), 16) % 2 === 0 ? weight : -weight);
  };
  for (const word of words) {
    add(`w:${word}`, 1);
    for (let at = 0; at + 3 <= word.length; at += 1) add(`t:${word.slice(at, at + 3)}`, 0.4);
  }
  const length = Math.hypot(...vector) || 1;
  return vector.map((value) => value / length);
}

/** Little-endian float32, as OpenAI encodes vectors. */
function base64(vector: Float32Array<ArrayBuffer>): string {
  let binary = "";
  for (const byte of new Uint8Array(vector.buffer)) binary += String.fromCharCode(byte);
  return btoa(binary);
}
