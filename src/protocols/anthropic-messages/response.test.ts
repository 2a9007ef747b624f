import { describe, expect, it } from "vitest";
import type { InferenceResponse, JsonObject, Part } from "../../inference";
import { MalformedReplyError } from "../protocol";
import { decodeResponse } from "./decode-response";
import { encodeResponse } from "./encode-response";

const HINTS = { requestId: "req_1" };
const OPTIONS = { requestId: "req_1", model: "shown", createdAt: 0, streamUsage: true, inputTokensEstimate: 42 };

function decode(content: JsonObject[], rest: JsonObject = {}, hints: object = {}): InferenceResponse {
  const body = {
    id: "msg_1",
    type: "message",
    role: "assistant",
    model: "m",
    content,
    stop_reason: "end_turn",
    stop_sequence: null,
    ...rest,
  };
  return decodeResponse(body, { ...HINTS, ...hints });
}

function encode(
  parts: Part[],
  fields: Partial<InferenceResponse> = {},
  finish: InferenceResponse["choices"][number]["finish"] = { kind: "stop", raw: "stop" },
) {
  return encodeResponse({ id: "chatcmpl-1", model: "m", choices: [{ index: 0, parts, finish }], ...fields }, OPTIONS);
}

describe("reading a reply", () => {
  it.each<[string, JsonObject]>([
    ["nothing", {}],
    ["an error", { type: "error", error: { type: "api_error", message: "x" } }],
    ["content that is text", { content: "hi" }],
  ])("refuses %s", (_, body) => {
    expect(() => decodeResponse(body, HINTS)).toThrow(MalformedReplyError);
  });

  it("tolerates what relatives of the API leave out", () => {
    const { choices, usage } = decodeResponse(
      {
        content: [
          { type: "text", text: "hi" },
          { type: "tool_use", name: "look" },
        ],
      },
      HINTS,
    );
    expect(choices).toEqual([
      {
        index: 0,
        parts: [
          { type: "text", text: "hi" },
          { type: "tool-call", id: "toolu_req_1_1", name: "look", arguments: "{}", kind: "function" },
        ],
        finish: { kind: "tool-calls", raw: null },
      },
    ]);
    expect(usage).toBeUndefined();
  });

  it("ends in tool calls whenever the client's tools were called", () => {
    expect(decode([{ type: "tool_use", id: "t", name: "n", input: {} }]).choices[0]?.finish).toEqual({
      kind: "tool-calls",
      raw: "end_turn",
    });
    expect(decode([{ type: "server_tool_use", id: "t", name: "n", input: {} }]).choices[0]?.finish).toEqual({
      kind: "stop",
      raw: "end_turn",
    });
  });

  it("leaves out text that is empty", () => {
    expect(decode([{ type: "text", text: "" }]).choices[0]?.parts).toEqual([]);
  });

  it("undoes what was done to the request's tools", () => {
    const call = (name: string, input: JsonObject) => [{ type: "tool_use", id: "t", name, input }];
    const output = decode(call("structured_output", { a: 1 }), { stop_reason: "tool_use" }, { structuredOutputTool: "structured_output" });
    expect(output.choices[0]).toMatchObject({ parts: [{ type: "text", text: '{"a":1}' }], finish: { kind: "stop" } });
    const custom = decode(call("apply_patch", { input: "*** Begin" }), {}, { customTools: ["apply_patch"] });
    expect(custom.choices[0]?.parts).toMatchObject([{ kind: "custom", arguments: "*** Begin" }]);
    const renamed = decode(call("files_read", {}), {}, { toolNames: { files_read: "files.read" } });
    expect(renamed.choices[0]?.parts).toMatchObject([{ name: "files.read" }]);
  });

  it("keeps citations in both wires' words", () => {
    const raw = { type: "web_search_result_location", url: "https://e.com", title: "E", cited_text: "c", encrypted_index: "x" };
    expect(decode([{ type: "text", text: "a", citations: [raw] }]).choices[0]?.parts).toEqual([
      {
        type: "text",
        text: "a",
        citations: [{ url: "https://e.com", title: "E", citedText: "c", raw: { protocol: "anthropic-messages", value: raw } }],
      },
    ]);
  });
});

describe("writing a reply", () => {
  it("has every field of a Message, also where the upstream said nothing", () => {
    expect(encode([{ type: "text", text: "hi" }]).body).toEqual({
      id: "chatcmpl-1",
      type: "message",
      role: "assistant",
      model: "shown",
      content: [{ type: "text", text: "hi", citations: null }],
      stop_reason: "end_turn",
      stop_sequence: null,
      stop_details: null,
      container: null,
      diagnostics: null,
      usage: {
        input_tokens: 42,
        cache_creation_input_tokens: null,
        cache_read_input_tokens: null,
        cache_creation: null,
        output_tokens: 0,
        output_tokens_details: null,
        server_tool_use: null,
        service_tier: null,
        inference_geo: null,
        speed: null,
      },
    });
  });

  it("never shows a prompt of no tokens", () => {
    expect(encode([], { usage: { uncachedInputTokens: 0, outputTokens: 3 } }).body.usage).toMatchObject({
      input_tokens: 42,
      output_tokens: 3,
    });
    const cached = { uncachedInputTokens: 0, cacheReadTokens: 9, outputTokens: 3 };
    expect(encode([], { usage: cached }).body.usage).toMatchObject({ input_tokens: 0, cache_read_input_tokens: 9 });
  });

  it("keeps the order of parts, and shows no empty text", () => {
    const { body } = encode([
      { type: "reasoning", text: "hm" },
      { type: "text", text: "" },
      { type: "tool-call", id: "t1", name: "look", arguments: '{"a":1}', kind: "function" },
      { type: "text", text: "b" },
    ]);
    expect(body.content).toMatchObject([
      { type: "thinking", thinking: "hm", signature: "sluice-unsigned" },
      { type: "tool_use", id: "t1", input: { a: 1 } },
      { type: "text", text: "b" },
    ]);
    expect(body.stop_reason).toBe("tool_use");
  });

  it("shows arguments that were cut as empty input, with a warning", () => {
    const { body, warnings } = encode(
      [{ type: "tool-call", id: "t1", name: "look", arguments: '{"a":', kind: "function" }],
      {},
      { kind: "length", raw: "length" },
    );
    expect(body.content).toMatchObject([{ type: "tool_use", input: {} }]);
    expect(body.stop_reason).toBe("max_tokens");
    expect(warnings).toHaveLength(1);
  });

  it("says what it cannot show", () => {
    const foreign: Part = { type: "opaque", protocol: "openai-chat", value: { type: "audio" } };
    const cited: Part = { type: "text", text: "a", citations: [{ url: "https://e.com", raw: { protocol: "openai-chat", value: {} } }] };
    const choice = { parts: [cited, foreign], finish: { kind: "stop" as const, raw: null } };
    const { body, warnings } = encode([], {
      choices: [
        { index: 0, ...choice },
        { index: 1, ...choice },
      ],
    });
    expect(body.content).toEqual([{ type: "text", text: "a", citations: null }]);
    expect(warnings).toHaveLength(3);
  });

  it.each([
    ["stop", "end_turn"],
    ["stop-sequence", "stop_sequence"],
    ["length", "max_tokens"],
    ["tool-calls", "tool_use"],
    ["refusal", "refusal"],
    ["pause", "pause_turn"],
    ["error", "end_turn"],
    ["other", "end_turn"],
  ] as const)("an ending in %s is %s", (kind, reason) => {
    expect(encode([{ type: "text", text: "a" }], {}, { kind, raw: "its_own_word" }).body.stop_reason).toBe(reason);
  });

  it("shows a refusal as text that ends in a refusal", () => {
    const { body } = encode([{ type: "refusal", text: "No." }]);
    expect(body).toMatchObject({ content: [{ type: "text", text: "No." }], stop_reason: "refusal" });
  });

  it("shows usage with its cached part apart, and OpenAI's words for the tier as Anthropic's", () => {
    const usage = {
      uncachedInputTokens: 10,
      cacheReadTokens: 90,
      cacheWrite5mTokens: 3,
      cacheWrite1hTokens: 4,
      outputTokens: 5,
      serviceTier: "default",
      raw: { prompt_tokens: 100, inference_geo: "x" },
    };
    expect(encode([], { usage }).body.usage).toMatchObject({
      input_tokens: 10,
      cache_read_input_tokens: 90,
      cache_creation_input_tokens: 7,
      cache_creation: { ephemeral_5m_input_tokens: 3, ephemeral_1h_input_tokens: 4 },
      output_tokens: 5,
      service_tier: "standard",
      inference_geo: null,
    });
  });
});
