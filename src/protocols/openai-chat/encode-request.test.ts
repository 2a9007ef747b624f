import { describe, expect, it } from "vitest";
import type { Capabilities, InferenceRequest, JsonObject, Part, Turn } from "../../inference";
import { decodeRequest } from "./decode-request";
import { encodeRequest } from "./encode-request";

const CAPABLE: Capabilities = {
  outputTokensMax: 4096,
  images: true,
  documents: true,
  audio: true,
  tools: true,
  forcedToolChoice: true,
  structuredOutput: "native",
  reasoning: "effort",
  reasoningCanBeOff: true,
  sampling: "free",
  temperatureMax: 2,
  multipleChoices: true,
  logprobs: true,
  systemWithinMessages: true,
  outputCapField: "max_completion_tokens",
  developerRole: true,
  streamUsageOption: true,
  reasoningHistoryField: "none",
};
const image: Part = { type: "image", source: { kind: "base64", mediaType: "image/png", data: "AAAA" } };
const say = (text: string, role: Turn["role"] = "user"): Turn => ({ role, parts: [{ type: "text", text }] });
const called: Turn = { role: "assistant", parts: [{ type: "tool-call", id: "a", name: "f", arguments: "{}", kind: "function" }] };

function encode(request: Partial<InferenceRequest>, capabilities: Partial<Capabilities> = {}) {
  const whole: InferenceRequest = { model: "alias", turns: [say("hi")], sampling: {}, stream: false, streamUsage: false, ...request };
  return encodeRequest(whole, "upstream-model", { ...CAPABLE, ...capabilities });
}
const messagesOf = (turns: Turn[], capabilities: Partial<Capabilities> = {}) =>
  encode({ turns }, capabilities).body.messages as JsonObject[]; // an array of messages
const encodeParts = (parts: Part[], capabilities: Partial<Capabilities> = {}) =>
  messagesOf([{ role: "user", parts }], capabilities)[0]?.content;

describe("refuses what cannot be left out", () => {
  it.each<[string, Partial<InferenceRequest>, Partial<Capabilities>]>([
    ["n", { choiceCount: 2 }, { multipleChoices: false }],
    ["max_tokens", { outputTokensMax: 0 }, {}],
    ["tools", { tools: [{ kind: "function", name: "f" }] }, { tools: false }],
    ["messages", { turns: [{ role: "user", parts: [image] }] }, { images: false }],
    [
      "messages",
      { turns: [called, { role: "tool", parts: [{ type: "tool-result", callId: "a", content: [{ ...image }] }] }] },
      { images: false },
    ],
    ["messages", { turns: [{ role: "user", parts: [{ type: "audio", data: "", format: "wav" }] }] }, { audio: false }],
    ["messages", { turns: [{ role: "user", parts: [{ type: "document", source: { kind: "file", fileId: "f" } }] }] }, { documents: false }],
    ["messages", { turns: [{ role: "user", parts: [{ type: "document", source: { kind: "url", url: "https://a" } }] }] }, {}],
    ["messages", { turns: [{ role: "assistant", parts: [image] }] }, {}],
    ["stop", { sampling: { stopSequences: ["1", "2", "3", "4", "5"] } }, {}],
  ])("%s: %j", (param, request, capabilities) => {
    expect(() => encode(request, capabilities)).toThrow(expect.objectContaining({ kind: "bad-request", param }));
  });
});

describe("warns of what it leaves out", () => {
  it.each<[string, Partial<InferenceRequest>, Partial<Capabilities>]>([
    ["top_k", { sampling: { topK: 5 } }, {}],
    ["context_management", { extensions: { "anthropic-messages": { context_management: {} } } }, {}],
    ["temperature", { sampling: { temperature: 1.5 } }, { temperatureMax: 1 }],
    ["temperature", { sampling: { temperature: 0.5 } }, { sampling: "fixed" }],
    ["top_p", { sampling: { temperature: 0.5, topP: 0.5 } }, { sampling: "one-of" }],
    ["logprobs", { logprobs: { top: 1 } }, { logprobs: false }],
    ["Reasoning", { reasoning: { effort: "high" } }, { reasoning: "none" }],
    ["effort xhigh became high", { reasoning: { effort: "xhigh" } }, { reasoningEfforts: ["low", "medium", "high"] }],
    ["effort none became minimal", { reasoning: { mode: "disabled" } }, { reasoningCanBeOff: false, reasoningEfforts: ["minimal", "low"] }],
    ["effort none became minimal", { reasoning: { effort: "none" } }, { reasoningCanBeOff: false }],
    ["Reasoning stays on", { reasoning: { mode: "disabled" } }, { reasoning: "budget", reasoningCanBeOff: false }],
    [
      "tool_choice became auto",
      { tools: [{ kind: "function", name: "f" }], toolChoice: { mode: "required" } },
      { forcedToolChoice: false },
    ],
    ["response_format", { outputFormat: { type: "json-schema", schema: { type: "object" } } }, { structuredOutput: "none" }],
    ["response_format", { outputFormat: { type: "json-schema", schema: { type: "array" } } }, { structuredOutput: "tool" }],
    ["max_tokens", { outputTokensMax: 4097 }, {}],
    ["end user", { endUser: "u" }, { endUserField: false }],
    ["end user", { endUser: "u".repeat(65) }, {}],
    ["name", { turns: [{ ...say("hi"), name: "Bob" }] }, { speakerNames: false }],
    ["input_examples", { tools: [{ kind: "function", name: "f", extensions: { "anthropic-messages": { input_examples: [] } } }] }, {}],
    ["settings", { turns: [{ ...say("hi"), extensions: { "anthropic-messages": { settings: {} } } }] }, {}],
    [
      "tools[1]",
      {
        tools: [
          { kind: "function", name: "f" },
          { kind: "opaque", protocol: "anthropic-messages", value: { type: "bash" } },
        ],
      },
      {},
    ],
    ["tool_choice", { toolChoice: { mode: "opaque", protocol: "anthropic-messages", value: {} } }, {}],
    [
      "document",
      { turns: [{ role: "user", parts: [{ type: "opaque", protocol: "anthropic-messages", value: { type: "document" } }] }] },
      {},
    ],
    ["Reasoning of earlier", { turns: [{ role: "assistant", parts: [{ type: "reasoning", text: "hm", signature: "s" }] }] }, {}],
    [
      "Signatures",
      { turns: [{ role: "assistant", parts: [{ type: "redacted-reasoning", data: "x" }] }] },
      { reasoningHistoryField: "reasoning_content" },
    ],
    ["tool results", { turns: [called, { role: "tool", parts: [{ type: "tool-result", callId: "a", content: [{ ...image }] }] }] }, {}],
  ])("%s: %j", (word, request, capabilities) => {
    const { warnings } = encode(request, capabilities);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(word);
    expect(warnings[0]).toMatch(/\.$/);
  });

  it("but not of defaults, cache marks, or one reply", () => {
    const { warnings, body } = encode(
      {
        sampling: { temperature: 1, topP: 1, frequencyPenalty: 0 },
        choiceCount: 1,
        turns: [{ role: "user", parts: [{ type: "text", text: "a", cacheHint: { ttl: "1h" } }] }],
        cacheHint: {},
        reasoning: { mode: "disabled" },
      },
      { sampling: "fixed", multipleChoices: false, reasoning: "none" },
    );
    expect(warnings).toEqual([]);
    expect(body).toEqual({ model: "upstream-model", messages: [{ role: "user", content: "a" }] });
  });
});

describe("speaks as the upstream wants", () => {
  it("names the output cap, the developer and usage in streams", () => {
    const request: Partial<InferenceRequest> = {
      outputTokensMax: 9,
      stream: true,
      turns: [{ ...say("be brief", "system"), extensions: { "openai-chat": { role: "developer" } } }, say("hi")],
    };
    expect(encode(request).body).toMatchObject({
      max_completion_tokens: 9,
      stream: true,
      stream_options: { include_usage: true },
      messages: [{ role: "developer" }, { role: "user" }],
    });
    const plain = encode(request, { outputCapField: "max_tokens", developerRole: false, streamUsageOption: false }).body;
    expect(plain).toMatchObject({ max_tokens: 9, stream: true, messages: [{ role: "system" }, { role: "user" }] });
    expect(plain).not.toHaveProperty("stream_options");
    expect(encode({}).body).not.toHaveProperty("stream");
  });

  it.each([
    [{ budgetTokens: 1024 }, "low"],
    [{ budgetTokens: 10_000, mode: "enabled" as const }, "medium"],
    [{ budgetTokens: 100_000 }, "high"],
    [{ budgetTokens: 0 }, "none"],
    [{ mode: "enabled" as const }, "medium"],
    [{ mode: "adaptive" as const }, undefined],
    [{ mode: "adaptive" as const, effort: "max" as const }, "max"],
    [{ mode: "disabled" as const, effort: "high" as const }, "none"],
  ])("maps %j to a level", (reasoning, effort) => {
    expect(encode({ reasoning }).body.reasoning_effort).toBe(effort);
  });

  it.each([
    [{ effort: "high" as const }, { type: "enabled", budget_tokens: 16_384 }],
    [{ effort: "minimal" as const }, { type: "enabled", budget_tokens: 1024 }],
    [{ budgetTokens: 3000 }, { type: "enabled", budget_tokens: 3000 }],
    [{ mode: "enabled" as const }, { type: "enabled" }],
    [{ effort: "none" as const }, { type: "disabled" }],
  ])("maps %j to a budget", (reasoning, thinking) => {
    expect(encode({ reasoning }, { reasoning: "budget" }).body.thinking).toEqual(thinking);
  });

  it("keeps what it does not know of thinking", () => {
    const thinking = { type: "enabled", budget_tokens: 2000, clear_thinking: false };
    const request = decodeRequest({ model: "m", messages: [{ role: "user", content: "a" }], thinking });
    expect(encodeRequest(request, "m", { ...CAPABLE, reasoning: "budget" }).body.thinking).toEqual(thinking);
  });

  it("guides adaptive thinking by a level", () => {
    expect(encode({ reasoning: { effort: "low" } }, { reasoning: "adaptive" }).body).toMatchObject({
      thinking: { type: "adaptive" },
      reasoning_effort: "low",
    });
  });

  it.each(["reasoning_content", "reasoning"] as const)("sends earlier reasoning back as %s", (field) => {
    const turn: Turn = {
      role: "assistant",
      parts: [
        { type: "reasoning", text: "hm" },
        { type: "text", text: "a" },
      ],
    };
    expect(messagesOf([turn], { reasoningHistoryField: field })).toEqual([{ role: "assistant", content: "a", [field]: "hm" }]);
  });

  it("gives another vendor's ciphertext back only where details are taken", () => {
    const value = { type: "reasoning.encrypted", data: "x", format: "openai-responses-v1", id: "rs_1", index: 0 };
    const turn: Turn = {
      role: "assistant",
      parts: [{ type: "reasoning", text: "hm" }, { type: "opaque", protocol: "openai-chat", value }, ...say("a").parts],
    };
    expect(messagesOf([turn], { reasoningHistoryField: "reasoning_details" })).toEqual([
      { role: "assistant", content: "a", reasoning_content: "hm", reasoning_details: [value] },
    ]);
    expect(messagesOf([turn])).toEqual([{ role: "assistant", content: "a" }]);
  });

  it("has no stream options where the upstream knows none", () => {
    const stream_options = { include_usage: true, include_obfuscation: false };
    const request = decodeRequest({ model: "m", messages: [{ role: "user", content: "a" }], stream: true, stream_options });
    expect(encodeRequest(request, "m", CAPABLE).body.stream_options).toEqual(stream_options);
    expect(encodeRequest(request, "m", { ...CAPABLE, streamUsageOption: false }).body).not.toHaveProperty("stream_options");
  });

  it("sends the end user under the name that the client used", () => {
    expect(encode({ endUser: "u" }).body).toMatchObject({ user: "u" });
    const request = decodeRequest({ model: "m", messages: [{ role: "user", content: "a" }], safety_identifier: "u" });
    expect(encodeRequest(request, "m", CAPABLE).body).toMatchObject({ safety_identifier: "u" });
    expect(encodeRequest({ ...request, endUser: "other" }, "m", CAPABLE).body).toMatchObject({ safety_identifier: "other" });
    const { endUser: _, ...anonymous } = request;
    expect(encodeRequest(anonymous, "m", CAPABLE).body).not.toHaveProperty("safety_identifier");
  });
});

describe("tools", () => {
  it("shortens names the same everywhere, keeps them apart, and tells how to map them back", () => {
    const long = "mcp__a.server__".padEnd(80, "x");
    const names = [`${long}1`, `${long}2`, "a.b", "a_b"];
    const { body, hints } = encode({
      tools: names.map((name) => ({ kind: "function", name })),
      toolChoice: { mode: "tool", name: `${long}2` },
      turns: [say("hi"), { role: "assistant", parts: [{ type: "tool-call", id: "1", name: `${long}2`, arguments: "", kind: "function" }] }],
    });
    const {
      tools,
      tool_choice: choice,
      messages,
    } = body as unknown as {
      tools: { function: { name: string } }[];
      tool_choice: { function: { name: string } };
      messages: { tool_calls?: { function: { name: string } }[] }[];
    }; // the wire's own shape
    const sent = tools.map((tool) => tool.function.name);
    expect(new Set(sent).size).toBe(4);
    for (const name of sent) expect(name).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
    expect(choice.function.name).toBe(sent[1]);
    expect(messages[1]?.tool_calls?.[0]?.function.name).toBe(sent[1]);
    expect(sent.map((name) => hints.toolNames?.[name] ?? name)).toEqual(names);
    expect(sent[3]).toBe("a_b");
  });

  it("refuses a conversation that another provider keeps, in the words that the official SDK goes on from", () => {
    const thread = (value: JsonObject | null) => encode({ extensions: { "anthropic-messages": { thread: value } } });
    expect(() => thread({ type: "create" })).toThrowError(expect.objectContaining({ param: "thread", code: "thread_unsupported_request" }));
    expect(thread(null).warnings).toEqual([]);
  });

  it("leaves out a choice among no tools", () => {
    const foreign: InferenceRequest["tools"] = [{ kind: "opaque", protocol: "anthropic-messages", value: { type: "bash" } }];
    const { body } = encode({ tools: foreign, toolChoice: { mode: "auto" }, parallelToolCalls: false });
    expect(body).toEqual({ model: "upstream-model", messages: [{ role: "user", content: "hi" }] });
  });

  it("keeps the form before tools for who speaks it", () => {
    const body: JsonObject = {
      model: "m",
      messages: [
        { role: "user", content: "a" },
        { role: "assistant", content: null, function_call: { name: "f", arguments: "{}" } },
        { role: "function", name: "f", content: "1" },
      ],
      functions: [{ name: "f", parameters: { type: "object" } }],
      function_call: { name: "f" },
    };
    expect(encodeRequest(decodeRequest(body), "m", CAPABLE).body).toEqual(body);
  });

  it("sends text of a result in its message and images behind all results", () => {
    const results: Turn = {
      role: "tool",
      parts: [
        { type: "tool-result", callId: "a", content: [{ type: "text", text: "see" }, { ...image }] },
        { type: "tool-result", callId: "b", content: [{ ...image }] },
        { type: "tool-result", callId: "c", content: [{ type: "text", text: "no such file" }], isError: true },
        { type: "tool-result", callId: "d", content: [{ type: "text", text: "Error: ENOENT" }], isError: true },
      ],
    };
    const picture = { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } };
    expect(messagesOf([results])).toEqual([
      { role: "tool", tool_call_id: "a", content: "see" },
      { role: "tool", tool_call_id: "b", content: "The result is attached below." },
      { role: "tool", tool_call_id: "c", content: "Error: no such file" },
      { role: "tool", tool_call_id: "d", content: "Error: ENOENT" },
      {
        role: "user",
        content: [
          { type: "text", text: "Attached to the result of tool call a:" },
          picture,
          { type: "text", text: "Attached to the result of tool call b:" },
          picture,
        ],
      },
    ]);
  });

  it("shortens ids that are too long, in call and result alike", () => {
    const id = "call_".padEnd(90, "x");
    const turns: Turn[] = [
      { role: "assistant", parts: [{ type: "tool-call", id, name: "f", arguments: "", kind: "function" }] },
      { role: "tool", parts: [{ type: "tool-result", callId: id, content: [] }] },
    ];
    const [made, result] = messagesOf(turns) as unknown as [{ tool_calls: { id: string }[] }, { tool_call_id: string }]; // the wire's own shape
    expect(made.tool_calls[0]?.id).toBe(result.tool_call_id);
    expect(result.tool_call_id.length).toBeLessThanOrEqual(40);
  });
});

describe("documents", () => {
  it("are files, named because the wire refuses them otherwise; texts are text", () => {
    const source = { kind: "base64" as const, mediaType: "application/pdf", data: "BBBB" };
    expect(
      encodeParts([
        { type: "document", source },
        { type: "document", source, title: "a.pdf" },
        { type: "document", source: { kind: "text", mediaType: "text/plain", text: "body" }, title: "Title", context: "about" },
      ]),
    ).toEqual([
      { type: "file", file: { file_data: "data:application/pdf;base64,BBBB", filename: "document.pdf" } },
      { type: "file", file: { file_data: "data:application/pdf;base64,BBBB", filename: "a.pdf" } },
      { type: "text", text: "Title\n\nabout\n\nbody" },
    ]);
  });
});

describe("structured output", () => {
  const schema = { type: "object", properties: { a: { type: "string" } } };
  const outputFormat = { type: "json-schema" as const, name: "out", schema, strict: true };

  it("is native where the model has it", () => {
    expect(encode({ outputFormat }).body.response_format).toEqual({
      type: "json_schema",
      json_schema: { name: "out", schema, strict: true },
    });
  });

  it("is a forced tool where it has not, and the reply's decoder is told", () => {
    const { body, hints, warnings } = encode({ outputFormat }, { structuredOutput: "tool" });
    expect(body).toMatchObject({
      tools: [{ type: "function", function: { name: "out", parameters: schema, strict: true } }],
      tool_choice: { type: "function", function: { name: "out" } },
    });
    expect(hints.structuredOutputTool).toBe("out");
    expect(warnings).toEqual([]);
  });

  it.each<Partial<InferenceRequest>>([{ tools: [{ kind: "function", name: "f" }] }, { reasoning: { effort: "high" } }])(
    "16: is asked for in words, no tool forced, beside %j",
    (rest) => {
      const turns = [say("be brief", "system"), say("hi")];
      const { body, hints, warnings } = encode({ outputFormat, turns, ...rest }, { structuredOutput: "tool" });
      expect(body).not.toHaveProperty("tool_choice");
      expect(body).not.toHaveProperty("response_format");
      expect(hints).toEqual({});
      expect(warnings).toHaveLength(1);
      expect(body.messages).toEqual([
        { role: "system", content: "be brief" },
        { role: "system", content: expect.stringContaining(JSON.stringify(schema)) },
        { role: "user", content: "hi" },
      ]);
    },
  );

  it("is JSON mode and words where the model knows no schema", () => {
    const { body } = encode({ outputFormat }, { structuredOutput: "none" });
    expect(body).toMatchObject({ response_format: { type: "json_object" }, messages: [{ role: "system" }, { role: "user" }] });
  });
});

describe("fields that only this wire has", () => {
  it("go along as they came", () => {
    const body: JsonObject = {
      model: "m",
      messages: [{ role: "user", content: "a", x: 1 }],
      provider: { order: ["a"] },
      reasoning: { exclude: true },
      logit_bias: { "1": 2 },
      tools: [{ type: "web_search", max_results: 3 }],
      tool_choice: { type: "allowed_tools", allowed_tools: { mode: "auto", tools: [] } },
      top_k: 4,
    };
    const { body: sent, warnings } = encodeRequest(decodeRequest(body), "m", CAPABLE);
    expect(sent).toEqual(body);
    expect(warnings).toEqual([]);
  });
});

describe("speaks as the vendor wants", () => {
  it("lowers a cap that was meant for another model", () => {
    expect(encode({ outputTokensMax: 32_000 }).body.max_completion_tokens).toBe(4096);
  });

  it("shortens a long user id to the same 64 characters each time, and differently for different users", () => {
    const user = (id: string) => encode({ endUser: id }).body.user;
    const long = "user_".repeat(30);
    expect(user(long)).toHaveLength(64);
    expect(user(long)).toBe(user(long));
    expect(user(`${long}a`)).not.toBe(user(long));
    expect(user("short")).toBe("short");
  });

  it("asks for JSON without a schema by the wire's own field, whatever the vendor makes of schemas", () => {
    for (const structuredOutput of ["native", "tool", "none"] as const) {
      const { body, warnings } = encode({ outputFormat: { type: "json-object" } }, { structuredOutput });
      expect(body).toMatchObject({ response_format: { type: "json_object" } });
      expect(body).not.toHaveProperty("tools");
      expect(warnings).toEqual([]);
    }
  });

  it("writes no field that the vendor refuses", () => {
    const asked = decodeRequest({
      model: "m",
      messages: [{ role: "user", content: "hi", name: "Bob" }],
      seed: 7,
      user: "a",
      safety_identifier: "b",
    });
    const { body } = encode(asked, { seedField: "random_seed", endUserField: false, speakerNames: false });
    expect(body).toEqual({ model: "upstream-model", messages: [{ role: "user", content: "hi" }], random_seed: 7 });
  });

  it("switches reasoning off by the switch where there is no such level", () => {
    const { body } = encode({ reasoning: { effort: "none" } }, { reasoningEfforts: ["low", "high", "max"] });
    expect(body).toMatchObject({ thinking: { type: "disabled" } });
    expect(body).not.toHaveProperty("reasoning_effort");
  });
});
