import { describe, expect, it } from "vitest";
import { parseObject } from "../../core/json";
import type { Capabilities, JsonObject } from "../../inference";
import { decodeRequest } from "./decode-request";
import { forwardRequest } from "./forward";

const NESTING_MAX = 64;
const PLAIN: Capabilities = {
  outputTokensMax: 4096,
  images: false,
  documents: false,
  audio: false,
  tools: false,
  forcedToolChoice: false,
  structuredOutput: "tool",
  reasoning: "none",
  reasoningCanBeOff: true,
  sampling: "fixed",
  temperatureMax: 1,
  multipleChoices: false,
  logprobs: false,
  systemWithinMessages: true,
  outputCapField: "max_tokens",
  developerRole: false,
  streamUsageOption: false,
  reasoningHistoryField: "none",
  seedField: "random_seed",
  endUserField: false,
  speakerNames: false,
};

function forward(fields: JsonObject, model: string): string | undefined {
  const text = JSON.stringify({ model: "asked", messages: [{ role: "user", content: "hi" }], ...fields });
  const json = parseObject<JsonObject>(text, NESTING_MAX);
  return forwardRequest(json, decodeRequest(json.value), model, PLAIN)?.text;
}

const part = (value: JsonObject) => ({ messages: [{ role: "user", content: [value] }] });
const tool = { type: "function", function: { name: "f" } };

describe("the byte path is left where another model than the asked one does not take", () => {
  it.each<[string, JsonObject]>([
    ["so large a cap", { max_tokens: 4097 }],
    ["sampling settings", { temperature: 1 }],
    ["a seed under that name", { seed: 1 }],
    ["an end user", { user: "u" }],
    ["names of speakers", { messages: [{ role: "user", name: "Bob", content: "hi" }] }],
    ["schemas", { response_format: { type: "json_schema", json_schema: { name: "x", schema: {} } } }],
    ["tools", { tools: [tool] }],
    ["several replies", { n: 2 }],
    ["log probabilities", { logprobs: true }],
    ["a level of reasoning", { reasoning_effort: "low" }],
    ["images", part({ type: "image_url", image_url: { url: "https://e.com/a.png" } })],
    ["documents", part({ type: "file", file: { file_id: "f" } })],
    ["audio", part({ type: "input_audio", input_audio: { data: "", format: "wav" } })],
  ])("%s", (_, fields) => {
    expect(forward(fields, "another")).toBeUndefined();
    expect(forward(fields, "asked"), "who names the model knows it").toBeDefined();
  });

  it("stream options, whoever names the model", () => {
    expect(forward({ stream: true, stream_options: { include_usage: true } }, "asked")).toBeUndefined();
  });

  it("but not for a request that it takes", () => {
    expect(forward({ max_tokens: 4096, response_format: { type: "json_object" }, future: 1 }, "another")).toContain('"future":1');
  });
});

describe("the byte path", () => {
  it.each<[string, string, JsonObject]>([
    ["a cap in the client's own field", "max_completion_tokens", { max_completion_tokens: 900 }],
    ["a cap in the field that the client gave null", "max_tokens", { max_tokens: null }],
    ["a cap in the model's field", "max_completion_tokens", {}],
  ])("takes %s, and a cache key, beside the opt-in to usage", (_, field, fields) => {
    const asked = { model: "asked", messages: [{ role: "user", content: "hi" }], stream: true, ...fields };
    const json = parseObject<JsonObject>(JSON.stringify(asked), NESTING_MAX);
    const modern: Capabilities = { ...PLAIN, streamUsageOption: true, outputCapField: "max_completion_tokens" };
    const patched = forwardRequest(json, decodeRequest(json.value), "asked", modern, { outputTokensMax: 500, promptCacheKey: "k" });
    expect(JSON.parse(patched?.text ?? "")).toEqual({
      ...asked,
      [field]: 500,
      prompt_cache_key: "k",
      stream_options: { include_usage: true },
    });
  });
});
