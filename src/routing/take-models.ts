import { badRequest } from "../core/errors";
import { type JsonText, parseObject, removeMember } from "../core/json";
import type { JsonObject } from "../inference";

/** Longest chain that a client may send. */
const MODELS_MAX = 8;

/**
 * Takes the client's own fallback chain out of the body: `models: ["a", "b"]`, as OpenRouter has it, beside `model` or instead of it. Returns
 * the body with `model` naming the first and without `models`, and the names that come after it. Throws `bad-request` naming the field.
 */
export function takeModels(json: JsonText<JsonObject>, nestingMax: number): { json: JsonText<JsonObject>; others: string[] } {
  const { models } = json.value;
  if (models === undefined) return { json, others: [] };
  if (!Array.isArray(models) || models.length === 0 || models.length > MODELS_MAX || !models.every(isName)) {
    const message = `\`models\` must be a list of 1 to ${MODELS_MAX} model names, to be tried in this order.`;
    throw badRequest("models", message, "invalid_type");
  }
  const first = json.value.model;
  const text = removeMember(json, "models", first === undefined ? `"model":${JSON.stringify(models[0])}` : undefined);
  const names = first === undefined ? models.slice(1) : models.filter((name) => name !== first);
  return { json: parseObject<JsonObject>(text, nestingMax), others: names };
}

function isName(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
