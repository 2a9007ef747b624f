import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../inference";
import { decodeRequest } from "./decode-request";

const call = (id: string, name = "f") => ({ id, type: "function", function: { name, arguments: "{}" } });
const asked = (...messages: unknown[]) => ({ model: "m", messages }) as JsonObject; // messages are whatever a client sends
const user = { role: "user", content: "hi" };
const withField = (field: string, value: unknown) => ({ ...asked(user), [field]: value }) as JsonObject; // likewise

describe("refuses what is malformed, naming the field", () => {
  it.each<[string, JsonObject]>([
    ["model", { messages: [user] } as JsonObject],
    ["messages", { model: "m" }],
    ["messages", { model: "m", messages: "hi" }],
    ["messages", { model: "m", messages: [] }],
    ["messages[0]", asked("hi")],
    ["messages[1]", asked(user, null)],
    ["messages[0].role", asked({ content: "hi" })],
    ["messages[0].role", asked({ role: "robot", content: "hi" })],
    ["messages[0].content", asked({ role: "user" })],
    ["messages[0].content", asked({ role: "user", content: null })],
    ["messages[0].content", asked({ role: "system", content: { text: "hi" } })],
    ["messages[0].content", asked({ role: "assistant", content: 7 })],
    ["messages[0].content[1]", asked({ role: "user", content: [{ type: "text", text: "a" }, "b"] })],
    ["messages[0].content[0].type", asked({ role: "user", content: [{ text: "a" }] })],
    ["messages[0].content[0].text", asked({ role: "user", content: [{ type: "text" }] })],
    ["messages[2].content[0].image_url.url", asked(user, user, { role: "user", content: [{ type: "image_url", image_url: {} }] })],
    ["messages[0].content[0].image_url", asked({ role: "user", content: [{ type: "image_url" }] })],
    [
      "messages[0].content[0].image_url.detail",
      asked({ role: "user", content: [{ type: "image_url", image_url: { url: "u", detail: 1 } }] }),
    ],
    [
      "messages[0].content[0].input_audio.data",
      asked({ role: "user", content: [{ type: "input_audio", input_audio: { format: "wav" } }] }),
    ],
    ["messages[0].content[0].file.file_data", asked({ role: "user", content: [{ type: "file", file: {} }] })],
    ["messages[0].name", asked({ role: "user", content: "a", name: 1 })],
    ["messages[0].tool_calls", asked({ role: "assistant", tool_calls: {} })],
    [
      "messages[0].tool_calls[0].id",
      asked({ role: "assistant", tool_calls: [{ type: "function", function: { name: "f", arguments: "" } }] }),
    ],
    ["messages[0].tool_calls[0].function.name", asked({ role: "assistant", tool_calls: [{ id: "a", type: "function", function: {} }] })],
    [
      "messages[0].tool_calls[0].function.arguments",
      asked({ role: "assistant", tool_calls: [{ id: "a", type: "function", function: { name: "f", arguments: {} } }] }),
    ],
    ["messages[0].tool_calls[0].custom", asked({ role: "assistant", tool_calls: [{ id: "a", type: "custom" }] })],
    ["messages[0].function_call.name", asked({ role: "assistant", function_call: {} })],
    ["messages[0].refusal", asked({ role: "assistant", refusal: [] })],
    ["messages[0].reasoning_content", asked({ role: "assistant", content: "", reasoning_content: 1 })],
    ["messages[0].reasoning_details", asked({ role: "assistant", content: "", reasoning_details: "x" })],
    ["messages[0].tool_call_id", asked({ role: "tool", content: "x" })],
    ["tools", withField("tools", {})],
    ["tools[0]", withField("tools", ["f"])],
    ["tools[0].type", withField("tools", [{ name: "f" }])],
    ["tools[0].function", withField("tools", [{ type: "function", name: "f" }])],
    ["tools[0].function.name", withField("tools", [{ type: "function", function: {} }])],
    ["tools[0].function.parameters", withField("tools", [{ type: "function", function: { name: "f", parameters: [] } }])],
    ["tools[0].function.strict", withField("tools", [{ type: "function", function: { name: "f", strict: "yes" } }])],
    ["functions[0].name", withField("functions", [{}])],
    ["tool_choice", withField("tool_choice", "always")],
    ["tool_choice", withField("tool_choice", 1)],
    ["tool_choice.function.name", withField("tool_choice", { type: "function", function: {} })],
    ["function_call", withField("function_call", "required")],
    ["parallel_tool_calls", withField("parallel_tool_calls", "no")],
    ["response_format", withField("response_format", "json")],
    ["response_format.json_schema", withField("response_format", { type: "json_schema" })],
    ["response_format.json_schema.schema", withField("response_format", { type: "json_schema", json_schema: { name: "a", schema: "{}" } })],
    ["reasoning_effort", withField("reasoning_effort", 3)],
    ["reasoning", withField("reasoning", "high")],
    ["reasoning.max_tokens", withField("reasoning", { max_tokens: 1.5 })],
    ["thinking.budget_tokens", withField("thinking", { type: "enabled", budget_tokens: "many" })],
    ["max_tokens", withField("max_tokens", 0)],
    ["max_tokens", withField("max_tokens", 1.5)],
    ["max_completion_tokens", withField("max_completion_tokens", 2 ** 31)],
    ["n", withField("n", 0)],
    ["n", withField("n", "2")],
    ["stop", withField("stop", 1)],
    ["stop[1]", withField("stop", ["a", null])],
    ["temperature", withField("temperature", "hot")],
    ["temperature", withField("temperature", Number.POSITIVE_INFINITY)],
    ["seed", withField("seed", 1.5)],
    ["logprobs", withField("logprobs", "yes")],
    ["top_logprobs", withField("top_logprobs", -1)],
    ["stream", withField("stream", "true")],
    ["stream_options", withField("stream_options", true)],
    ["stream_options.include_usage", withField("stream_options", { include_usage: 1 })],
    ["user", withField("user", 1)],
    ["safety_identifier", withField("safety_identifier", {})],
  ])("%s", (param, body) => {
    expect(() => decodeRequest(body)).toThrow(expect.objectContaining({ kind: "bad-request", status: 400, param }));
  });

  it("never quotes what the client sent", () => {
    const body = asked({ role: "my secret prompt", content: "my secret prompt" });
    expect(() => decodeRequest(body)).toThrow(expect.objectContaining({ message: expect.not.stringContaining("secret") }));
  });

  it.each([
    ["messages[1].tool_call_id", asked({ role: "assistant", tool_calls: [call("a")] }, { role: "tool", tool_call_id: "b", content: "" })],
    ["messages[0].tool_call_id", asked({ role: "tool", tool_call_id: "a", content: "" }, { role: "assistant", tool_calls: [call("a")] })],
    [
      "messages[1].name",
      asked({ role: "assistant", function_call: { name: "f", arguments: "" } }, { role: "function", name: "g", content: "" }),
    ],
  ])("a result that answers no earlier call: %s", (param, body) => {
    expect(() => decodeRequest(body)).toThrow(expect.objectContaining({ param }));
  });
});

describe("messages", () => {
  const turnsOf = (...messages: unknown[]) => decodeRequest(asked(...messages)).turns;

  it("19: takes what agents send: system within messages, null content, cache marks with a lifetime", () => {
    const turns = turnsOf(
      user,
      { role: "system", content: [{ type: "text", text: "note", cache_control: { type: "ephemeral", ttl: "1h" } }] },
      { role: "assistant", content: null, tool_calls: [call("a"), call("b")] },
      { role: "tool", tool_call_id: "a", content: null, cache_control: { type: "ephemeral" } },
      { role: "tool", tool_call_id: "b" },
      { role: "assistant", content: [{ type: "text", text: "" }], tool_calls: null, refusal: null, annotations: [], audio: null },
    );
    expect(turns).toEqual([
      { role: "user", parts: [{ type: "text", text: "hi" }] },
      { role: "system", parts: [{ type: "text", text: "note", cacheHint: { ttl: "1h" } }] },
      { role: "assistant", parts: [expect.objectContaining({ id: "a" }), expect.objectContaining({ id: "b" })] },
      {
        role: "tool",
        parts: [
          { type: "tool-result", callId: "a", content: [], cacheHint: {} },
          { type: "tool-result", callId: "b", content: [] },
        ],
      },
      { role: "assistant", parts: [{ type: "text", text: "" }], extensions: { "openai-chat": { annotations: [] } } },
    ]);
  });

  it("13: an assistant message of tool calls has no empty text", () => {
    const [turn] = turnsOf({ role: "assistant", content: "", tool_calls: [call("a")] });
    expect(turn?.parts).toEqual([{ type: "tool-call", id: "a", name: "f", arguments: "{}", kind: "function" }]);
  });

  it("tells developer from system", () => {
    expect(turnsOf({ role: "developer", content: "a" }, { role: "system", content: "b" })).toEqual([
      { role: "system", parts: [{ type: "text", text: "a" }], extensions: { "openai-chat": { role: "developer" } } },
      { role: "system", parts: [{ type: "text", text: "b" }] },
    ]);
  });

  it("reads images, files and audio, and keeps parts that it does not know", () => {
    const unknown = { type: "video_url", video_url: { url: "https://a/b.mp4" } };
    const [turn] = turnsOf({
      role: "user",
      content: [
        { type: "image_url", image_url: { url: "https://a/b.png", detail: "low" } },
        { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" }, cache_control: { type: "ephemeral" } },
        { type: "image_url", image_url: "https://a/c.png" },
        { type: "image_url", image_url: { url: "data:image/svg+xml,%3Csvg/%3E" } },
        { type: "file", file: { file_data: "data:application/pdf;base64,BBBB", filename: "a.pdf" } },
        { type: "file", file: { file_id: "file-1" } },
        { type: "file", file: { file_data: "CCCC" } },
        { type: "input_audio", input_audio: { data: "DDDD", format: "mp3" } },
        unknown,
      ],
    });
    expect(turn?.parts).toEqual([
      { type: "image", source: { kind: "url", url: "https://a/b.png" }, detail: "low" },
      { type: "image", source: { kind: "base64", mediaType: "image/png", data: "AAAA" }, cacheHint: {} },
      { type: "image", source: { kind: "url", url: "https://a/c.png" } },
      { type: "image", source: { kind: "url", url: "data:image/svg+xml,%3Csvg/%3E" } },
      { type: "document", source: { kind: "base64", mediaType: "application/pdf", data: "BBBB" }, title: "a.pdf" },
      { type: "document", source: { kind: "file", fileId: "file-1" } },
      { type: "document", source: { kind: "base64", mediaType: "application/pdf", data: "CCCC" } },
      { type: "audio", data: "DDDD", format: "mp3" },
      { type: "opaque", protocol: "openai-chat", value: unknown },
    ]);
  });

  it("reads a cache mark of the message as one of its last part that can have it", () => {
    const [turn] = turnsOf({
      role: "user",
      content: [
        { type: "text", text: "a" },
        { type: "input_audio", input_audio: { data: "", format: "wav" } },
      ],
      cache_control: { type: "ephemeral", ttl: "5m" },
    });
    expect(turn?.parts[0]).toEqual({ type: "text", text: "a", cacheHint: { ttl: "5m" } });
    expect(turn?.extensions).toBeUndefined();
  });

  it("reads Mistral's thinking parts where they stand", () => {
    const [turn] = turnsOf({
      role: "assistant",
      content: [
        { type: "thinking", thinking: [{ type: "text", text: "hm" }] },
        { type: "text", text: "a" },
      ],
    });
    expect(turn?.parts).toEqual([
      { type: "reasoning", text: "hm" },
      { type: "text", text: "a" },
    ]);
  });

  it("reads the form before tools, by name", () => {
    const turns = turnsOf(
      { role: "assistant", content: null, function_call: { name: "f", arguments: "{}" } },
      { role: "function", name: "f", content: "1" },
      { role: "assistant", content: null, function_call: { name: "f", arguments: "[]" } },
      { role: "function", name: "f", content: "2" },
    );
    const ids = turns
      .flatMap(({ parts }) => parts)
      .map((part) => (part.type === "tool-call" ? part.id : part.type === "tool-result" ? part.callId : ""));
    expect(ids[0]).toBe(ids[1]);
    expect(ids[2]).toBe(ids[3]);
    expect(ids[0]).not.toBe(ids[2]);
  });

  it("keeps fields of a message that it does not know", () => {
    const [turn] = turnsOf({ role: "assistant", content: "a", prefix: true, audio: { id: "audio_1" }, name: "bot" });
    expect(turn).toEqual({
      role: "assistant",
      parts: [{ type: "text", text: "a" }],
      name: "bot",
      extensions: { "openai-chat": { prefix: true, audio: { id: "audio_1" } } },
    });
  });
});

describe("tools", () => {
  it("21: a schema's properties are never read as fields", () => {
    const parameters = {
      type: "object",
      properties: { cache_control: { type: "string" }, stream: { type: "boolean" }, model: { enum: ["a"] }, messages: {} },
      cache_control: { type: "ephemeral" },
    };
    const tool = { type: "function", function: { name: "f", parameters }, cache_control: { type: "ephemeral", ttl: "1h" } };
    const request = decodeRequest(withField("tools", [tool]));
    expect(request.tools).toEqual([{ kind: "function", name: "f", parameters, cacheHint: { ttl: "1h" } }]);
    expect(request.tools?.[0]).toHaveProperty("parameters", parameters);
    expect(request.stream).toBe(false);
  });

  it("reads custom tools and keeps kinds that it does not know", () => {
    const grammar = { type: "grammar", grammar: { syntax: "lark", definition: "start: /a/" } };
    const search = { type: "web_search", max_results: 3 };
    const request = decodeRequest(withField("tools", [{ type: "custom", custom: { name: "c", format: grammar } }, search]));
    expect(request.tools).toEqual([
      { kind: "custom", name: "c", format: grammar },
      { kind: "opaque", protocol: "openai-chat", value: search },
    ]);
  });

  it.each([
    ["none", { mode: "none" }],
    ["auto", { mode: "auto" }],
    ["required", { mode: "required" }],
    ["any", { mode: "required" }],
    [
      { type: "function", function: { name: "f" } },
      { mode: "tool", name: "f" },
    ],
    [
      { type: "custom", custom: { name: "c" } },
      { mode: "tool", name: "c" },
    ],
    [
      { type: "allowed_tools", allowed_tools: { mode: "auto", tools: [] } },
      { mode: "opaque", protocol: "openai-chat", value: { type: "allowed_tools", allowed_tools: { mode: "auto", tools: [] } } },
    ],
  ])("tool_choice %j", (choice, expected) => {
    expect(decodeRequest(withField("tool_choice", choice)).toolChoice).toEqual(expected);
  });
});

describe("settings", () => {
  it("reads the whole of a request", () => {
    const { turns: _, ...request } = decodeRequest({
      ...asked(user),
      max_tokens: 5,
      max_completion_tokens: 7,
      n: 2,
      stop: "END",
      temperature: 0.5,
      top_p: 0.9,
      frequency_penalty: -1,
      presence_penalty: 1,
      seed: -3,
      logprobs: true,
      top_logprobs: 4,
      stream: true,
      stream_options: { include_usage: true, include_obfuscation: false },
      parallel_tool_calls: false,
      reasoning_effort: "xhigh",
      response_format: { type: "json_schema", json_schema: { name: "out", schema: { type: "object" }, strict: true } },
      safety_identifier: "hash",
      user: "someone",
      metadata: { a: "b" },
      top_k: 3,
    });
    expect(request).toEqual({
      model: "m",
      outputTokensMax: 7,
      choiceCount: 2,
      sampling: { stopSequences: ["END"], temperature: 0.5, topP: 0.9, topK: 3, frequencyPenalty: -1, presencePenalty: 1, seed: -3 },
      logprobs: { top: 4 },
      stream: true,
      streamUsage: true,
      parallelToolCalls: false,
      reasoning: { effort: "xhigh" },
      outputFormat: { type: "json-schema", name: "out", schema: { type: "object" }, strict: true },
      endUser: "hash",
      extensions: {
        "openai-chat": {
          stream_options: { include_obfuscation: false },
          safety_identifier: "hash",
          user: "someone",
          metadata: { a: "b" },
          top_k: 3,
        },
      },
    });
  });

  it("null counts as absent for every optional field", () => {
    const nulls = Object.fromEntries(
      [
        ...[
          "tools",
          "tool_choice",
          "functions",
          "function_call",
          "parallel_tool_calls",
          "response_format",
          "reasoning_effort",
          "reasoning",
        ],
        ...["thinking", "max_tokens", "max_completion_tokens", "n", "stop", "temperature", "top_p", "seed", "logprobs", "top_logprobs"],
        ...["stream", "stream_options", "user"],
      ].map((field) => [field, null]),
    );
    expect(decodeRequest({ ...nulls, ...asked(user) })).toEqual(decodeRequest(asked(user)));
  });

  it.each([
    [{ reasoning: { effort: "high", exclude: true } }, { effort: "high" }, { reasoning: { exclude: true } }],
    [{ reasoning: { max_tokens: 2000, enabled: true } }, { budgetTokens: 2000, mode: "enabled" }, undefined],
    [{ reasoning: { enabled: false } }, { mode: "disabled" }, undefined],
    [
      { thinking: { type: "enabled", budget_tokens: 1024, clear_thinking: true } },
      { mode: "enabled", budgetTokens: 1024 },
      { thinking: { clear_thinking: true } },
    ],
    [{ thinking: { type: "disabled" } }, { mode: "disabled" }, undefined],
    [{ thinking: { type: "auto" } }, undefined, { thinking: { type: "auto" } }],
    [{ reasoning_effort: "default" }, undefined, { reasoning_effort: "default" }],
    [{ reasoning_effort: "low", reasoning: { effort: "high" } }, { effort: "low" }, undefined],
  ])("reasoning: %j", (fields, reasoning, rest) => {
    const request = decodeRequest({ ...asked(user), ...fields });
    expect(request.reasoning).toEqual(reasoning);
    expect(request.extensions?.["openai-chat"]).toEqual(rest);
  });

  it("keeps everything that it does not know, as it came", () => {
    const unknown = { provider: { order: ["a"] }, logit_bias: { "50256": -100 }, store: false, verbosity: null, min_p: 0.1 };
    expect(decodeRequest({ ...asked(user), ...unknown }).extensions).toEqual({ "openai-chat": unknown });
  });

  it("takes a format that it does not know along", () => {
    const format = { type: "grammar", grammar: "root ::= a" };
    const request = decodeRequest(withField("response_format", format));
    expect(request.outputFormat).toBeUndefined();
    expect(request.extensions).toEqual({ "openai-chat": { response_format: format } });
  });
});
