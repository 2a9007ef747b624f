import { describe, expect, it } from "vitest";
import type { Capabilities, InferenceRequest, JsonObject, Part, Turn } from "../../inference";
import { CAPABLE } from "./capable.fixture";
import { decodeRequest } from "./decode-request";
import { encodeRequest } from "./encode-request";

const user = (text: string): Turn => ({ role: "user", parts: [{ type: "text", text }] });
const system = (text: string): Turn => ({ role: "system", parts: [{ type: "text", text }] });
const assistant = (...parts: Part[]): Turn => ({ role: "assistant", parts });
const call = (id: string, args = "{}", name = "look"): Part => ({ type: "tool-call", id, name, arguments: args, kind: "function" });
const result = (callId: string, text = "seen"): Part => ({ type: "tool-result", callId, content: [{ type: "text", text }] });
const tool = { kind: "function" as const, name: "look", parameters: { type: "object", properties: {} } };
const schema = { type: "object", properties: { n: { type: "integer", minimum: 1 } }, required: ["n"] };

function encode(fields: Partial<InferenceRequest>, capabilities: Partial<Capabilities> = {}) {
  const request: InferenceRequest = { model: "asked", turns: [user("hi")], sampling: {}, stream: false, streamUsage: false, ...fields };
  return encodeRequest(request, "claude-x", { ...CAPABLE, outputTokensMax: 64_000, ...capabilities });
}

function messages(turns: Turn[], capabilities: Partial<Capabilities> = {}) {
  const { body, warnings } = encode({ turns }, capabilities);
  return { messages: body.messages, system: body.system, warnings };
}

describe("a request that cannot be carried is refused, naming the field", () => {
  it.each<[string, Partial<InferenceRequest>, Partial<Capabilities>, string]>([
    ["several replies", { choiceCount: 2 }, {}, "n"],
    ["audio", { turns: [{ role: "user", parts: [{ type: "audio", data: "AA", format: "wav" }] }] }, {}, "messages"],
    [
      "images for a model without",
      { turns: [{ role: "user", parts: [{ type: "image", source: { kind: "url", url: "https://e.com/a.png" } }] }] },
      { images: false },
      "messages",
    ],
    [
      "documents for a model without",
      { turns: [{ role: "user", parts: [{ type: "document", source: { kind: "url", url: "https://e.com/a.pdf" } }] }] },
      { documents: false },
      "messages",
    ],
    [
      "an image in a format of its own",
      { turns: [{ role: "user", parts: [{ type: "image", source: { kind: "base64", mediaType: "image/tiff", data: "AA" } }] }] },
      {},
      "messages",
    ],
    ["tools for a model without", { tools: [tool] }, { tools: false }, "tools"],
    ["a conversation without content", { turns: [user(" "), assistant({ type: "text", text: "" })] }, {}, "messages"],
  ])("%s", (_, fields, capabilities, param) => {
    expect(() => encode(fields, capabilities)).toThrow(expect.objectContaining({ kind: "bad-request", param }));
  });
});

describe("what the API does not know is left out with a warning that names it", () => {
  it("sampling and probabilities of other wires, and their own fields", () => {
    const { body, warnings } = encode({
      sampling: { seed: 1, frequencyPenalty: 0.5, presencePenalty: 0.5 },
      logprobs: { top: 3 },
      extensions: { "openai-chat": { logit_bias: { "50256": -100 }, store: null, "ü\n": 1 } },
    });
    expect(body).toEqual({ model: "claude-x", max_tokens: 64_000, messages: [{ role: "user", content: "hi" }] });
    expect(warnings.map((warning) => warning.split(":")[0])).toEqual([
      "logprobs",
      "seed",
      "frequency_penalty",
      "presence_penalty",
      "`logit_bias`",
      "an unknown name",
    ]);
  });

  it("parts and tools that only another wire has", () => {
    const opaque = { type: "opaque" as const, protocol: "openai-chat" as const, value: { type: "video_url" } };
    const { body, warnings } = encode({
      turns: [{ role: "user", parts: [{ type: "text", text: "see" }, opaque] }],
      tools: [{ kind: "opaque", protocol: "openai-chat", value: { type: "web_search_preview" } }],
      toolChoice: { mode: "opaque", protocol: "openai-chat", value: { type: "allowed_tools" } },
    });
    expect(body).toMatchObject({ messages: [{ role: "user", content: "see" }] });
    expect(body.tools).toBeUndefined();
    expect(body.tool_choice).toBeUndefined();
    expect(warnings.join(" ")).toMatch(/web_search_preview.*allowed_tools.*video_url/);
  });
});

describe("the conversation", () => {
  it("puts leading system turns into the system prompt: text where there is one, blocks where there are several or marks", () => {
    expect(messages([system("a"), user("hi")]).system).toBe("a");
    expect(messages([system("a"), system("b"), user("hi")]).system).toEqual([
      { type: "text", text: "a" },
      { type: "text", text: "b" },
    ]);
    const marked: Turn = { role: "system", parts: [{ type: "text", text: "a", cacheHint: { ttl: "1h" } }] };
    expect(messages([marked, user("hi")]).system).toEqual([{ type: "text", text: "a", cache_control: { type: "ephemeral", ttl: "1h" } }]);
  });

  it("keeps a later system turn in place where the model takes it there", () => {
    const turns = [user("a"), assistant({ type: "text", text: "b" }), user("c"), system("brief!")];
    expect(messages(turns)).toEqual({
      messages: [
        { role: "user", content: "a" },
        { role: "assistant", content: "b" },
        { role: "user", content: "c" },
        { role: "system", content: "brief!" },
      ],
      system: undefined,
      warnings: [],
    });
  });

  it("moves it behind the user's words where the API refuses it in front of them", () => {
    const { messages: sent, warnings } = messages([user("a"), assistant({ type: "text", text: "b" }), system("brief!"), user("c")]);
    expect(sent).toMatchObject([{ role: "user" }, { role: "assistant" }, { role: "user", content: "c" }, { role: "system" }]);
    expect(warnings).toHaveLength(1);
  });

  it("never puts it between a call and its result", () => {
    const { messages: sent } = messages([user("a"), assistant(call("t1")), system("brief!"), { role: "tool", parts: [result("t1")] }]);
    expect(sent).toMatchObject([{ role: "user" }, { role: "assistant" }, { role: "user" }, { role: "system" }]);
  });

  it("hoists it into the system prompt, with a warning, where the model takes none within messages", () => {
    const { messages: sent, system: prompt, warnings } = messages([system("a"), user("b"), system("c")], { systemWithinMessages: false });
    expect(sent).toEqual([{ role: "user", content: "b" }]);
    expect(prompt).toEqual([
      { type: "text", text: "a" },
      { type: "text", text: "c" },
    ]);
    expect(warnings).toHaveLength(1);
  });

  it("sends the last system message as the user's, with a warning, where there is no other", () => {
    const { messages: sent, system: prompt, warnings } = messages([system("a"), system("b")]);
    expect({ sent, prompt }).toEqual({ sent: [{ role: "user", content: "b" }], prompt: "a" });
    expect(warnings).toHaveLength(1);
  });

  it("puts all results of a round into one message, in front of the user's words", () => {
    const turns: Turn[] = [
      user("a"),
      assistant(call("t1"), call("t2")),
      { role: "tool", parts: [result("t1")] },
      { role: "tool", parts: [result("t2")] },
      user("and?"),
    ];
    expect(messages(turns).messages).toMatchObject([
      { role: "user" },
      {
        role: "assistant",
        content: [
          { type: "tool_use", id: "t1" },
          { type: "tool_use", id: "t2" },
        ],
      },
      {
        role: "user",
        content: [{ type: "tool_result", tool_use_id: "t1", content: "seen" }, { tool_use_id: "t2" }, { type: "text", text: "and?" }],
      },
    ]);
  });

  it("leaves empty text out, and white space only where there is no other text", () => {
    const blank: Part = { type: "text", text: "\n\n" };
    const words: Part = { type: "text", text: "words" };
    expect(messages([user("a"), assistant(blank, words, { type: "text", text: "" }), user("b")]).messages).toMatchObject([
      {},
      { content: [{ text: "\n\n" }, { text: "words" }] },
      {},
    ]);
    expect(messages([user("a"), assistant(blank, call("t1")), { role: "tool", parts: [result("t1", "")] }]).messages).toEqual([
      { role: "user", content: "a" },
      { role: "assistant", content: [{ type: "tool_use", id: "t1", name: "look", input: {} }] },
      { role: "user", content: [{ type: "tool_result", tool_use_id: "t1" }] },
    ]);
    const { messages: sent, warnings } = messages([user("a"), user("  ")]);
    expect(sent).toEqual([{ role: "user", content: "a" }]);
    expect(warnings).toHaveLength(1);
  });

  it("trims white space at the end of a prefill", () => {
    const { messages: sent, warnings } = messages([user("a"), assistant({ type: "text", text: "The answer is \n" })]);
    expect(sent).toMatchObject([{}, { role: "assistant", content: "The answer is" }]);
    expect(warnings).toHaveLength(1);
  });

  it("sends words of refusal in the history as text", () => {
    expect(messages([user("a"), assistant({ type: "refusal", text: "No." }), user("b")]).messages).toMatchObject([
      {},
      { content: "No." },
      {},
    ]);
  });

  it("sends documents back as they came: in blocks, also where words were replaced since", () => {
    const source = (...texts: string[]) => ({ type: "content", content: texts.map((text) => ({ type: "text", text })) });
    const sent = (blocks: string[], change: (text: string) => string) => {
      const document: JsonObject = { type: "document", source: source(...blocks) };
      const { turns } = decodeRequest({ model: "m", max_tokens: 9, messages: [{ role: "user", content: [document] }] });
      const [part] = turns[0]?.parts ?? [];
      if (part?.type !== "document" || part.source.kind !== "text") throw new Error("no document");
      const changed: Part = { ...part, source: { ...part.source, text: change(part.source.text) } };
      return messages([{ role: "user", parts: [changed] }]).messages;
    };
    const blocks = ["By jane doe.\n\nShe is here.\n", "\n  Ask jane doe\nor jane doe.", "Nobody.\n\n"];
    expect(sent(blocks, (text) => text)).toMatchObject([{ content: [{ source: source(...blocks) }] }]);
    expect(sent(blocks, (text) => text.replaceAll("jane doe", "[PERSON_1]"))).toMatchObject([
      { content: [{ source: source("By [PERSON_1].\n\nShe is here.\n\n", "  Ask [PERSON_1]\nor [PERSON_1].", "Nobody.\n\n") }] },
    ]);
    expect(sent(["one", "", "two"], (text) => text)).toMatchObject([{ content: [{ source: source("one", "", "two") }] }]);
    expect(sent(["a key", "and its end"], () => "[KEY_1]")).toMatchObject([{ content: [{ source: source("[KEY_1]") }] }]);
    expect(sent([], (text) => text)).toMatchObject([{ content: [{ source: source() }] }]);
  });

  it("reads a text file given as base64", () => {
    const part: Part = { type: "document", source: { kind: "base64", mediaType: "text/markdown", data: btoa("# hi") }, title: "a.md" };
    expect(messages([{ role: "user", parts: [part] }]).messages).toEqual([
      { role: "user", content: [{ type: "document", source: { type: "text", media_type: "text/plain", data: "# hi" }, title: "a.md" }] },
    ]);
  });
});

describe("reasoning in the history", () => {
  it("travels back byte-equal and in its place; without a signature it is left out with one warning", () => {
    const parts: Part[] = [
      { type: "reasoning", text: "a\r\n", signature: "s+/=" },
      { type: "text", text: "b" },
      { type: "reasoning", text: "", signature: "only" },
      { type: "redacted-reasoning", data: "ZW5j" },
      { type: "reasoning", text: "empty signed", signature: "" },
      { type: "reasoning", text: "unsigned" },
      { type: "reasoning", text: "unsigned too" },
      call("t1"),
    ];
    const { messages: sent, warnings } = messages([user("a"), assistant(...parts), { role: "tool", parts: [result("t1")] }]);
    expect(sent).toMatchObject([
      {},
      {
        content: [
          { type: "thinking", thinking: "a\r\n", signature: "s+/=" },
          { type: "text", text: "b" },
          { type: "thinking", thinking: "", signature: "only" },
          { type: "redacted_thinking", data: "ZW5j" },
          { type: "thinking", thinking: "empty signed", signature: "" },
          { type: "tool_use" },
        ],
      },
      {},
    ]);
    expect(warnings).toHaveLength(1);
  });
});

describe("tools", () => {
  it("rewrites names that do not fit, each to one name of its own, everywhere, and says how in the hints", () => {
    const named = (name: string) => ({ ...tool, name });
    const { body, hints } = encode({
      tools: [named("files.read"), named("files read"), named("files_read"), named("x".repeat(130))],
      toolChoice: { mode: "tool", name: "files read" },
      turns: [user("a"), assistant(call("t1", "{}", "files.read")), { role: "tool", parts: [result("t1")] }],
    });
    expect(body.tools).toMatchObject([
      { name: "files_read_2" },
      { name: "files_read_3" },
      { name: "files_read" },
      { name: "x".repeat(128) },
    ]);
    expect(body.tool_choice).toEqual({ type: "tool", name: "files_read_3" });
    expect(body.messages).toMatchObject([{}, { content: [{ name: "files_read_2" }] }, {}]);
    expect(hints.toolNames).toEqual({
      files_read_2: "files.read",
      files_read_3: "files read",
      ["x".repeat(128)]: "x".repeat(130),
    });
  });

  it("rewrites ids that do not fit or repeat, and results follow their call", () => {
    const round = (id: string): Turn[] => [assistant(call(id)), { role: "tool", parts: [result(id)] }];
    const { body } = encode({ turns: [user("a"), ...round("call:0"), ...round("call_0"), ...round("call_0"), ...round("")] });
    const ids = JSON.stringify(body.messages).match(/"(?:id|tool_use_id)":"[^"]*"/g);
    expect(ids).toEqual(["call_0", "call_0_2", "call_0_3", "call"].flatMap((id) => [`"id":"${id}"`, `"tool_use_id":"${id}"`]));
  });

  it("sends arguments that are no object in a field, so that nothing is lost", () => {
    const input = (args: string) => {
      const { messages: sent, warnings } = messages([user("a"), assistant(call("t1", args)), { role: "tool", parts: [result("t1")] }]);
      return [JSON.parse(JSON.stringify(sent))[1].content[0].input, warnings.length];
    };
    expect(input("")).toEqual([{}, 0]);
    expect(input('{"a":1}')).toEqual([{ a: 1 }, 0]);
    expect(input('{"a":')).toEqual([{ arguments: '{"a":' }, 1]);
    expect(input("[1]")).toEqual([{ arguments: "[1]" }, 1]);
    expect(input("null")).toEqual([{ arguments: "null" }, 1]);
  });

  it("offers a free-text tool as a function with one string", () => {
    const { body, hints, warnings } = encode({
      tools: [
        {
          kind: "custom",
          name: "apply_patch",
          description: "Patches.",
          format: { type: "grammar", syntax: "lark", definition: "start: X" },
        },
      ],
      turns: [
        user("a"),
        assistant({ type: "tool-call", id: "t1", name: "apply_patch", arguments: "*** Begin", kind: "custom" }),
        { role: "tool", parts: [result("t1")] },
      ],
    });
    expect(body.tools).toMatchObject([{ name: "apply_patch", input_schema: { type: "object", required: ["input"] } }]);
    expect(body.messages).toMatchObject([{}, { content: [{ type: "tool_use", input: { input: "*** Begin" } }] }, {}]);
    expect(hints).toEqual({ customTools: ["apply_patch"] });
    expect(warnings).toHaveLength(1);
  });

  it("leaves a schema's own properties alone, whatever they are called", () => {
    const parameters = {
      type: "object",
      properties: { cache_control: { type: "string" }, stream: {}, strict: {} },
      additionalProperties: true,
    };
    expect(encode({ tools: [{ ...tool, parameters, cacheHint: {} }] }).body.tools).toEqual([
      { name: "look", input_schema: parameters, cache_control: { type: "ephemeral" } },
    ]);
  });

  it("brings a strict tool's schema into the form that the API holds models to", () => {
    const { body } = encode({ tools: [{ ...tool, parameters: schema, strict: true }] });
    expect(body.tools).toMatchObject([
      { strict: true, input_schema: { type: "object", additionalProperties: false, properties: { n: { type: "integer" } } } },
    ]);
    expect(JSON.stringify(body.tools)).not.toContain('"minimum"');
    const { body: loose, warnings } = encode({ tools: [{ ...tool, parameters: schema, strict: true }] }, { structuredOutput: "tool" });
    expect(loose.tools).toEqual([{ name: "look", input_schema: schema }]);
    expect(warnings).toHaveLength(1);
  });

  it("sends the choice and how many calls it allows", () => {
    const choice = (fields: Partial<InferenceRequest>, capabilities: Partial<Capabilities> = {}) =>
      encode({ tools: [tool], ...fields }, capabilities).body.tool_choice;
    expect(choice({})).toBeUndefined();
    expect(choice({ parallelToolCalls: true })).toBeUndefined();
    expect(choice({ parallelToolCalls: false })).toEqual({ type: "auto", disable_parallel_tool_use: true });
    expect(choice({ toolChoice: { mode: "required" }, parallelToolCalls: false })).toEqual({
      type: "any",
      disable_parallel_tool_use: true,
    });
    expect(choice({ toolChoice: { mode: "none" } })).toEqual({ type: "none" });
    expect(choice({ toolChoice: { mode: "required" } }, { forcedToolChoice: false })).toEqual({ type: "auto" });
    expect(choice({ tools: [], toolChoice: { mode: "auto" } })).toBeUndefined();
  });
});

describe("sampling", () => {
  const sent = (
    sampling: InferenceRequest["sampling"],
    capabilities: Partial<Capabilities> = {},
    fields: Partial<InferenceRequest> = {},
  ) => {
    const { body, warnings } = encode({ sampling, ...fields }, capabilities);
    const { temperature, top_p, top_k, stop_sequences } = body;
    return [JSON.parse(JSON.stringify({ temperature, top_p, top_k, stop_sequences })), warnings.length];
  };

  it("clamps the temperature to what the API takes", () => {
    expect(sent({ temperature: 1.7 })).toEqual([{ temperature: 1 }, 1]);
    expect(sent({ temperature: -1 })).toEqual([{ temperature: 0 }, 1]);
    expect(sent({ temperature: 0.3, topP: 0.5, topK: 4 })).toEqual([{ temperature: 0.3, top_p: 0.5, top_k: 4 }, 0]);
  });

  it("sends temperature or top_p where a model takes one, and neither where it takes none", () => {
    expect(sent({ temperature: 0.3, topP: 0.5 }, { sampling: "one-of" })).toEqual([{ temperature: 0.3 }, 1]);
    expect(sent({ topP: 0.5 }, { sampling: "one-of" })).toEqual([{ top_p: 0.5 }, 0]);
    expect(sent({ temperature: 0.3, topP: 0.5, topK: 4 }, { sampling: "fixed" })).toEqual([{}, 3]);
  });

  it("leaves out what thinking forbids", () => {
    const thinking: Partial<InferenceRequest> = { reasoning: { mode: "adaptive" } };
    expect(sent({ temperature: 0.3, topP: 0.5, topK: 4 }, {}, thinking)).toEqual([{}, 3]);
    expect(sent({ temperature: 1, topP: 0.97 }, {}, thinking)).toEqual([{ temperature: 1, top_p: 0.97 }, 0]);
  });

  it("leaves out stop sequences of white space, which the API refuses", () => {
    expect(sent({ stopSequences: ["\n", "END"] })).toEqual([{ stop_sequences: ["END"] }, 1]);
  });
});

describe("the output cap", () => {
  it("is the client's, the model's where the client gave none, and never above the model's", () => {
    expect(encode({}).body.max_tokens).toBe(64_000);
    expect(encode({ outputTokensMax: 5 }).body.max_tokens).toBe(5);
    const { body, warnings } = encode({ outputTokensMax: 100_000 });
    expect(body.max_tokens).toBe(64_000);
    expect(warnings).toHaveLength(1);
  });
});

describe("thinking", () => {
  const sent = (fields: Partial<InferenceRequest>, capabilities: Partial<Capabilities> = {}) => {
    const { body, warnings } = encode(fields, capabilities);
    return { thinking: body.thinking, effort: (body.output_config as JsonObject | undefined)?.effort, warnings: warnings.length }; // effort is all we look at
  };
  const budget: Partial<Capabilities> = { reasoning: "budget" };

  it("is adaptive with a level, for models that decide by themselves", () => {
    expect(sent({ reasoning: { effort: "high" } })).toEqual({ thinking: { type: "adaptive" }, effort: "high", warnings: 0 });
    expect(sent({ reasoning: { effort: "minimal" } })).toEqual({ thinking: { type: "adaptive" }, effort: "low", warnings: 1 });
    expect(sent({ reasoning: { effort: "xhigh" } }, { reasoningEfforts: ["low", "medium", "high", "max"] })).toMatchObject({
      effort: "high",
    });
    expect(sent({ reasoning: { mode: "enabled", budgetTokens: 9000 } })).toEqual({
      thinking: { type: "adaptive" },
      effort: "medium",
      warnings: 1,
    });
    expect(sent({ reasoning: { effort: "none" } })).toEqual({ thinking: { type: "disabled" }, warnings: 0 });
  });

  it("stays as the model does it where an Anthropic client gave an effort only", () => {
    expect(sent({ reasoning: { effort: "low" }, extensions: { "anthropic-messages": { thinking: null } } })).toEqual({
      effort: "low",
      warnings: 0,
    });
    const forced = { tools: [tool], toolChoice: { mode: "required" as const }, extensions: { "anthropic-messages": { thinking: null } } };
    expect(sent({ reasoning: { effort: "low" }, ...forced })).toEqual({ effort: "low", warnings: 0 });
  });

  it("gets a budget, for models that take one; the client's is kept", () => {
    expect(sent({ reasoning: { effort: "medium" } }, budget)).toEqual({ thinking: { type: "enabled", budget_tokens: 8192 }, warnings: 0 });
    expect(sent({ reasoning: { mode: "enabled", budgetTokens: 3000 } }, budget)).toEqual({
      thinking: { type: "enabled", budget_tokens: 3000 },
      warnings: 0,
    });
    expect(sent({ reasoning: { effort: "none" } }, budget)).toEqual({ warnings: 0 });
  });

  it("never gets a budget that max_tokens does not hold, and never raises the client's cap", () => {
    const lowered = sent({ reasoning: { mode: "enabled", budgetTokens: 9000 }, outputTokensMax: 5000 }, budget);
    expect(lowered).toEqual({ thinking: { type: "enabled", budget_tokens: 4000 }, warnings: 1 });
    expect(sent({ reasoning: { effort: "high" }, outputTokensMax: 1100 }, budget)).toMatchObject({ thinking: { budget_tokens: 1024 } });
    expect(sent({ reasoning: { mode: "enabled", budgetTokens: 500 } }, budget)).toMatchObject({
      thinking: { budget_tokens: 1024 },
      warnings: 1,
    });
    expect(sent({ reasoning: { effort: "high" }, outputTokensMax: 1000 }, budget)).toEqual({ warnings: 1 });
  });

  it("gives way to a forced call, which the API refuses beside it", () => {
    const forced: Partial<InferenceRequest> = { tools: [tool], toolChoice: { mode: "required" }, reasoning: { effort: "high" } };
    expect(sent(forced, budget)).toEqual({ warnings: 1 });
    expect(sent(forced)).toEqual({ thinking: { type: "disabled" }, effort: "high", warnings: 1 });
    expect(encode(forced, budget).body.tool_choice).toEqual({ type: "any" });
  });

  it("is switched off with a budget where the calls of the history came without thinking", () => {
    const history = (...parts: Part[]): Turn[] => [user("a"), assistant(...parts, call("t1")), { role: "tool", parts: [result("t1")] }];
    const thinking = (turns: Turn[]) => sent({ turns, reasoning: { effort: "low" } }, budget).thinking;
    expect(thinking(history())).toBeUndefined();
    expect(thinking(history({ type: "reasoning", text: "unsigned" }))).toBeUndefined();
    expect(thinking(history({ type: "reasoning", text: "x", signature: "s" }))).toBeDefined();
    expect(thinking(history({ type: "redacted-reasoning", data: "x" }))).toBeDefined();
    expect(thinking([...history(), assistant({ type: "text", text: "done" }), user("next")])).toBeDefined();
  });

  it("cannot be switched off in some models: the least effort is asked for instead", () => {
    expect(sent({ reasoning: { mode: "disabled" } }, { reasoningCanBeOff: false })).toEqual({ effort: "low", warnings: 1 });
  });

  it("is left out for models without, with a warning only if it was wanted", () => {
    expect(sent({ reasoning: { effort: "high" } }, { reasoning: "none" })).toEqual({ warnings: 1 });
    expect(sent({ reasoning: { mode: "disabled" } }, { reasoning: "none" })).toEqual({ warnings: 0 });
  });
});

describe("structured output", () => {
  const format = { type: "json-schema" as const, name: "answer", schema };

  it("goes into the wire's own field, in the schema that the API takes", () => {
    const { body, hints } = encode({ outputFormat: { ...format, description: "An answer." } });
    expect(body.output_config).toMatchObject({
      format: { type: "json_schema", schema: { additionalProperties: false, description: "An answer." } },
    });
    expect(hints).toEqual({});
  });

  it("keeps definitions and nullable objects of older dialects", () => {
    const older = {
      type: "object",
      definitions: { Item: { type: "object", properties: { a: { type: ["string", "null"] } } } },
      properties: { item: { $ref: "#/definitions/Item" }, maybe: { type: ["object", "null"], properties: { b: { type: "string" } } } },
    };
    const { body } = encode({ outputFormat: { type: "json-schema", schema: older } });
    expect(body.output_config).toEqual({
      format: {
        type: "json_schema",
        schema: {
          type: "object",
          $defs: { Item: { type: "object", properties: { a: { type: ["string", "null"] } }, additionalProperties: false } },
          properties: {
            item: { $ref: "#/$defs/Item" },
            maybe: { anyOf: [{ type: "object", properties: { b: { type: "string" } }, additionalProperties: false }, { type: "null" }] },
          },
          additionalProperties: false,
        },
      },
    });
  });

  it("is a forced tool where the model has no field, or its schema does not fit there", () => {
    const forced = encode({ outputFormat: format }, { structuredOutput: "tool" });
    expect(forced.body.tools).toMatchObject([{ name: "structured_output", input_schema: schema }]);
    expect(forced.body.tool_choice).toEqual({ type: "tool", name: "structured_output", disable_parallel_tool_use: true });
    expect(forced.hints).toEqual({ structuredOutputTool: "structured_output" });
    const untyped = encode({ outputFormat: { type: "json-schema", schema: { type: "object", properties: { any: {} } } } });
    expect(untyped.hints).toEqual({ structuredOutputTool: "structured_output" });
  });

  it("is never forced together with thinking or with tools of the client's", () => {
    const offered = (fields: Partial<InferenceRequest>, capabilities: Partial<Capabilities> = {}) =>
      encode({ outputFormat: format, turns: [system("s"), user("a")], ...fields }, { structuredOutput: "tool", ...capabilities });
    for (const { body, hints } of [
      offered({ reasoning: { effort: "low" } }),
      offered({ tools: [tool] }),
      offered({}, { forcedToolChoice: false }),
      offered({ tools: [tool], reasoning: { mode: "enabled", budgetTokens: 2000 } }, { reasoning: "budget" }),
    ]) {
      expect(body.tool_choice).toBeUndefined();
      expect(body.system).toMatch(/^s\n\n.*`structured_output`/);
      expect(hints.structuredOutputTool).toBe("structured_output");
    }
  });

  it("has a name of its own beside the client's tools", () => {
    const { hints } = encode({ outputFormat: format, tools: [{ ...tool, name: "structured_output" }] }, { structuredOutput: "tool" });
    expect(hints.structuredOutputTool).toBe("structured_output_2");
  });

  it("is asked for in words, with a warning, where there is no other way", () => {
    for (const { body, warnings, hints } of [
      encode({ outputFormat: { type: "json-object" } }),
      encode({ outputFormat: format }, { structuredOutput: "none" }),
      encode({ outputFormat: { type: "json-schema", schema: { type: "array" } } }, { structuredOutput: "tool" }),
    ]) {
      expect(body.system).toMatch(/JSON/);
      expect(warnings).toHaveLength(1);
      expect(hints).toEqual({});
    }
  });
});

describe("cache marks", () => {
  const hinted = (text: string): Part => ({ type: "text", text, cacheHint: {} });

  it("are at most four: the last tool, the last system block and the latest of the conversation stay", () => {
    const { body, warnings } = encode({
      tools: [
        { ...tool, name: "a", cacheHint: {} },
        { ...tool, name: "b", cacheHint: { ttl: "1h" } },
      ],
      turns: [
        { role: "system", parts: [hinted("s1"), hinted("s2")] },
        { role: "user", parts: [hinted("u1")] },
        assistant(call("t1")),
        {
          role: "tool",
          parts: [{ type: "tool-result", callId: "t1", content: [{ type: "text", text: "r", cacheHint: {} }], cacheHint: {} }],
        },
      ],
    });
    expect(JSON.stringify(body).match(/"cache_control"/g)).toHaveLength(4);
    expect(body.tools).toMatchObject([{ name: "a" }, { name: "b", cache_control: { ttl: "1h" } }]);
    expect(body.system).toEqual([
      { type: "text", text: "s1" },
      { type: "text", text: "s2", cache_control: { type: "ephemeral" } },
    ]);
    expect(warnings).toHaveLength(1);
  });

  it("count the request's own, and are taken from a copy of blocks that are carried", () => {
    const value = { type: "search_result", source: "s", cache_control: { type: "ephemeral" } };
    const carried: Part = { type: "opaque", protocol: "anthropic-messages", value };
    const { body } = encode({ cacheHint: {}, turns: [{ role: "user", parts: [carried, hinted("a"), hinted("b"), hinted("c")] }] });
    expect(body.cache_control).toEqual({ type: "ephemeral" });
    expect(body.messages).toMatchObject([{ content: [{ type: "search_result" }, {}, {}, {}] }]);
    expect(JSON.stringify(body).match(/"cache_control"/g)).toHaveLength(4);
    expect(value.cache_control).toEqual({ type: "ephemeral" });
  });
});
