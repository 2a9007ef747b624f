import { describe, expect, it } from "vitest";
import { GatewayError } from "../../core/errors";
import type { JsonObject } from "../../inference";
import { decodeRequest } from "./decode-request";

const minimal = { model: "claude-x", max_tokens: 10, messages: [{ role: "user", content: "hi" }] };

function refusal(body: JsonObject): { param: string | undefined; message: string } {
  try {
    decodeRequest(body);
  } catch (error) {
    if (error instanceof GatewayError && error.kind === "bad-request") return { param: error.param, message: error.message };
    throw error;
  }
  throw new Error("the body was accepted");
}

const say = (...messages: JsonObject[]): JsonObject => ({ ...minimal, messages });
const user = (content: JsonObject[string]): JsonObject => ({ role: "user", content });
const called = { role: "assistant", content: [{ type: "tool_use", id: "t1", name: "look", input: {} }] };

describe("what is malformed is refused with the path of the field", () => {
  it.each<[string, JsonObject, string]>([
    ["no model", { ...minimal, model: undefined }, "model"],
    ["an empty model", { ...minimal, model: "" }, "model"],
    ["no max_tokens", { ...minimal, max_tokens: undefined }, "max_tokens"],
    ["a negative max_tokens", { ...minimal, max_tokens: -1 }, "max_tokens"],
    ["half a token", { ...minimal, max_tokens: 1.5 }, "max_tokens"],
    ["max_tokens as text", { ...minimal, max_tokens: "10" }, "max_tokens"],
    ["no messages", { ...minimal, messages: undefined }, "messages"],
    ["an empty conversation", say(), "messages"],
    ["messages that are no list", { ...minimal, messages: "hi" }, "messages"],
    ["a message that is text", { ...minimal, messages: ["hi"] }, "messages[0]"],
    ["a role that is not known", say({ role: "tool", content: "x" }), "messages[0].role"],
    ["no role", say({ content: "x" }), "messages[0].role"],
    ["a user message without content", say({ role: "user", content: null }), "messages[0].content"],
    ["content that is a number", say(user("a"), user(5)), "messages[1].content"],
    ["a block that is text", say(user(["x"])), "messages[0].content[0]"],
    ["a block without a type", say(user([{ text: "x" }])), "messages[0].content[0].type"],
    ["text that is none", say(user([{ type: "text", text: 5 }])), "messages[0].content[0].text"],
    ["an image without a source", say(user([{ type: "image" }])), "messages[0].content[0].source"],
    [
      "an image source without data",
      say(user([{ type: "image", source: { type: "base64", media_type: "image/png" } }])),
      "messages[0].content[0].source.data",
    ],
    ["a document without a URL", say(user([{ type: "document", source: { type: "url" } }])), "messages[0].content[0].source.url"],
    ["a call in a user message", say(user([{ type: "tool_use", id: "t1", name: "look", input: {} }])), "messages[0].content[0].type"],
    [
      "a call whose input is text",
      say(user("a"), { role: "assistant", content: [{ type: "tool_use", id: "t", name: "n", input: "{}" }] }),
      "messages[1].content[0].input",
    ],
    [
      "a result in an assistant message",
      say(user("a"), { role: "assistant", content: [{ type: "tool_result", tool_use_id: "t1" }] }),
      "messages[1].content[0].type",
    ],
    ["a result without an id", say(user("a"), called, user([{ type: "tool_result" }])), "messages[2].content[0].tool_use_id"],
    [
      "cache_control that is text",
      say(user([{ type: "text", text: "x", cache_control: "ephemeral" }])),
      "messages[0].content[0].cache_control",
    ],
    ["a system prompt that is a number", { ...minimal, system: 5 }, "system"],
    ["a system block without text", { ...minimal, system: [{ type: "text" }] }, "system[0].text"],
    ["a tool without a schema", { ...minimal, tools: [{ name: "look" }] }, "tools[0].input_schema"],
    ["a tool whose schema is a boolean", { ...minimal, tools: [{ name: "look", input_schema: true }] }, "tools[0].input_schema"],
    ["a tool without a name", { ...minimal, tools: [{ input_schema: {} }] }, "tools[0].name"],
    ["a choice that is text", { ...minimal, tool_choice: "auto" }, "tool_choice"],
    ["a choice of a tool without its name", { ...minimal, tool_choice: { type: "tool" } }, "tool_choice.name"],
    ["thinking without a budget", { ...minimal, thinking: { type: "enabled" } }, "thinking.budget_tokens"],
    ["a temperature that is text", { ...minimal, temperature: "0" }, "temperature"],
    ["stop sequences that are none", { ...minimal, stop_sequences: ["a", 1] }, "stop_sequences[1]"],
    ["stream that is text", { ...minimal, stream: "true" }, "stream"],
    ["a user id that is a number", { ...minimal, metadata: { user_id: 5 } }, "metadata.user_id"],
    ["a format without a schema", { ...minimal, output_config: { format: { type: "json_schema" } } }, "output_config.format.schema"],
  ])("%s", (_, body, param) => {
    expect(refusal(body).param).toBe(param);
  });

  it("in the API's own words where clients know them", () => {
    expect(refusal({ ...minimal, max_tokens: undefined }).message).toBe("max_tokens: Field required");
  });

  it("never quotes what the client sent", () => {
    expect(refusal(say(user([{ type: "text", text: { secret: "sk-123" } }]))).message).not.toContain("sk-123");
  });
});

describe("a tool result must answer a call", () => {
  const result = (id: string) =>
    user([
      { type: "text", text: "first" },
      { type: "tool_result", tool_use_id: id, content: "x" },
    ]);

  it("refuses one that answers none, naming it", () => {
    expect(refusal(say(user("a"), called, result("t2"))).param).toBe("messages[2].content[1].tool_use_id");
  });

  it("refuses one that answers a later call", () => {
    expect(refusal(say(result("t1"), called)).param).toBe("messages[0].content[1].tool_use_id");
  });

  it.each(["tool_use", "server_tool_use", "mcp_tool_use"])("takes an id of a %s block", (type) => {
    const assistant = { role: "assistant", content: [{ type, id: "t1", name: "look", input: {} }] };
    expect(() => decodeRequest(say(user("a"), assistant, result("t1")))).not.toThrow();
  });

  it("cannot know the calls of a thread, whose earlier messages the provider keeps", () => {
    const body = { ...say(result("t1")), thread: { type: "continue", previous_message_id: "msg_1" } };
    expect(decodeRequest(body).turns).toHaveLength(2);
  });
});

describe("turns", () => {
  it("splits a user message into tool results and the user's words, in order", () => {
    const assistant = { role: "assistant", content: ["t1", "t2"].map((id) => ({ type: "tool_use", id, name: "look", input: { id } })) };
    const answer = user([
      { type: "tool_result", tool_use_id: "t1", content: "one" },
      { type: "tool_result", tool_use_id: "t2", content: [{ type: "text", text: "two" }], is_error: true },
      { type: "text", text: "go on" },
    ]);
    expect(decodeRequest(say(user("a"), assistant, answer)).turns.slice(1)).toEqual([
      {
        role: "assistant",
        parts: [
          { type: "tool-call", id: "t1", name: "look", arguments: '{"id":"t1"}', kind: "function" },
          { type: "tool-call", id: "t2", name: "look", arguments: '{"id":"t2"}', kind: "function" },
        ],
      },
      {
        role: "tool",
        parts: [
          { type: "tool-result", callId: "t1", content: [{ type: "text", text: "one" }] },
          { type: "tool-result", callId: "t2", content: [{ type: "text", text: "two" }], isError: true },
        ],
      },
      { role: "user", parts: [{ type: "text", text: "go on" }] },
    ]);
  });

  it("reads results of one round from two messages as one turn", () => {
    const both = { role: "assistant", content: ["t1", "t2"].map((id) => ({ type: "tool_use", id, name: "look", input: {} })) };
    const { turns } = decodeRequest(
      say(user("a"), both, user([{ type: "tool_result", tool_use_id: "t1" }]), user([{ type: "tool_result", tool_use_id: "t2" }])),
    );
    expect(turns.map(({ role }) => role)).toEqual(["user", "assistant", "tool"]);
  });

  it("keeps thinking byte-equal: text only, signature only, empty signed, redacted and between other blocks", () => {
    const content = [
      { type: "thinking", thinking: "weighing…\r\n", signature: "c2ln+/==" },
      { type: "text", text: "a" },
      { type: "thinking", thinking: "", signature: "only" },
      { type: "redacted_thinking", data: "ZW5j" },
      { type: "thinking", thinking: "empty", signature: "" },
      { type: "thinking", thinking: "none" },
    ];
    expect(decodeRequest(say(user("a"), { role: "assistant", content })).turns[1]?.parts).toEqual([
      { type: "reasoning", text: "weighing…\r\n", signature: "c2ln+/==" },
      { type: "text", text: "a" },
      { type: "reasoning", text: "", signature: "only" },
      { type: "redacted-reasoning", data: "ZW5j" },
      { type: "reasoning", text: "empty", signature: "" },
      { type: "reasoning", text: "none" },
    ]);
  });

  it("carries blocks that only this wire has, wherever they stand", () => {
    const search = { type: "search_result", source: "s", title: "t", content: [{ type: "text", text: "x" }] };
    const reference = { type: "tool_reference", tool_name: "look" };
    const future = { type: "hologram", data: [1] };
    const { turns } = decodeRequest(
      say(user([search, future]), called, user([{ type: "tool_result", tool_use_id: "t1", content: [reference] }])),
    );
    expect(turns[0]?.parts).toEqual([search, future].map((value) => ({ type: "opaque", protocol: "anthropic-messages", value })));
    expect(turns[2]?.parts[0]).toMatchObject({ content: [{ type: "opaque", protocol: "anthropic-messages", value: reference }] });
  });

  it("reads every source of a document", () => {
    const document = (source: JsonObject) => ({ type: "document", source, title: "T", context: "C", citations: { enabled: true } });
    const sources = [
      { type: "base64", media_type: "application/pdf", data: "AAAA" },
      { type: "text", media_type: "text/plain", data: "words" },
      { type: "url", url: "https://example.com/a.pdf" },
      { type: "file", file_id: "file_1" },
      { type: "content", content: "words" },
      {
        type: "content",
        content: [
          { type: "text", text: "one" },
          { type: "text", text: "two" },
        ],
      },
    ];
    const { turns } = decodeRequest(say(user(sources.map(document))));
    expect(turns[0]?.parts.map((part) => part.type === "document" && part.source)).toEqual([
      { kind: "base64", mediaType: "application/pdf", data: "AAAA" },
      { kind: "text", mediaType: "text/plain", text: "words" },
      { kind: "url", url: "https://example.com/a.pdf" },
      { kind: "file", fileId: "file_1" },
      { kind: "text", mediaType: "text/plain", text: "words" },
      { kind: "text", mediaType: "text/plain", text: "one\n\ntwo" },
    ]);
    expect(turns[0]?.parts[0]).toMatchObject({ title: "T", context: "C", citations: true });
  });
});

describe("a coding agent's session is accepted", () => {
  it("with the system role inside messages, null content in tool history and cache lifetimes", () => {
    const request = decodeRequest({
      ...minimal,
      system: [{ type: "text", text: "You are", cache_control: { type: "ephemeral", ttl: "1h" } }],
      messages: [
        { role: "user", content: [{ type: "text", text: "hi", cache_control: { type: "ephemeral" } }] },
        { role: "assistant", content: null },
        called,
        user([{ type: "tool_result", tool_use_id: "t1", content: null, cache_control: { type: "ephemeral", ttl: "5m" } }]),
        { role: "system", content: "be brief" },
      ],
      context_management: { edits: [] },
      betas: ["from-the-future-2027-01-01"],
      max_tokens: 32_000,
    });
    expect(request.turns).toEqual([
      { role: "system", parts: [{ type: "text", text: "You are", cacheHint: { ttl: "1h" } }] },
      { role: "user", parts: [{ type: "text", text: "hi", cacheHint: {} }] },
      { role: "assistant", parts: [] },
      { role: "assistant", parts: [{ type: "tool-call", id: "t1", name: "look", arguments: "{}", kind: "function" }] },
      { role: "tool", parts: [{ type: "tool-result", callId: "t1", content: [], cacheHint: { ttl: "5m" } }] },
      { role: "system", parts: [{ type: "text", text: "be brief" }] },
    ]);
    expect(request.extensions).toEqual({
      "anthropic-messages": { context_management: { edits: [] }, betas: ["from-the-future-2027-01-01"] },
    });
  });

  it("takes max_tokens 0, which only warms the prompt cache", () => {
    expect(decodeRequest({ ...minimal, max_tokens: 0 }).outputTokensMax).toBe(0);
  });
});

describe("fields of the request", () => {
  it("leaves a schema's own properties alone, whatever they are called", () => {
    const schema = {
      type: "object",
      properties: { cache_control: { type: "object" }, stream: { type: "boolean" }, model: { type: "string" } },
      cache_control: { type: "ephemeral" },
    };
    const [tool] = decodeRequest({ ...minimal, tools: [{ name: "look", input_schema: schema }] }).tools ?? [];
    expect(tool).toEqual({ kind: "function", name: "look", parameters: schema });
  });

  it("reads tools of every kind", () => {
    const search = { type: "web_search_20250305", name: "web_search", max_uses: 3, cache_control: { type: "ephemeral" } };
    const { tools } = decodeRequest({
      ...minimal,
      tools: [
        {
          name: "a",
          description: "d",
          input_schema: { type: "object" },
          strict: true,
          cache_control: { type: "ephemeral", ttl: "1h" },
          eager_input_streaming: true,
        },
        { type: "custom", name: "b", input_schema: { type: "object" } },
        search,
      ],
    });
    expect(tools).toEqual([
      {
        kind: "function",
        name: "a",
        description: "d",
        parameters: { type: "object" },
        strict: true,
        cacheHint: { ttl: "1h" },
        extensions: { "anthropic-messages": { eager_input_streaming: true } },
      },
      { kind: "function", name: "b", parameters: { type: "object" } },
      { kind: "opaque", protocol: "anthropic-messages", value: search },
    ]);
  });

  it.each<[JsonObject, object]>([
    [{ type: "auto" }, { toolChoice: { mode: "auto" } }],
    [
      { type: "any", disable_parallel_tool_use: true },
      { toolChoice: { mode: "required" }, parallelToolCalls: false },
    ],
    [{ type: "tool", name: "a" }, { toolChoice: { mode: "tool", name: "a" } }],
    [{ type: "none" }, { toolChoice: { mode: "none" } }],
    [{ type: "all", of: 2 }, { toolChoice: { mode: "opaque", protocol: "anthropic-messages", value: { type: "all", of: 2 } } }],
  ])("reads tool_choice %j", (choice, expected) => {
    expect(decodeRequest({ ...minimal, tool_choice: choice })).toMatchObject(expected);
  });

  it.each<[JsonObject, object | undefined, object | undefined]>([
    [{ thinking: { type: "enabled", budget_tokens: 2000 } }, { mode: "enabled", budgetTokens: 2000 }, undefined],
    [
      { thinking: { type: "adaptive", display: "omitted" }, output_config: { effort: "xhigh" } },
      { mode: "adaptive", effort: "xhigh" },
      { thinking: { display: "omitted" } },
    ],
    [{ thinking: { type: "disabled" } }, { mode: "disabled" }, undefined],
    [{ thinking: { type: "between_tools" } }, undefined, { thinking: { type: "between_tools" } }],
    // Not the same as asking for thinking: the model does as it does by itself.
    [{ output_config: { effort: "low" } }, { effort: "low" }, { thinking: null }],
    [{ output_config: { effort: "ludicrous" } }, undefined, { output_config: { effort: "ludicrous" } }],
  ])("reads thinking of %j", (fields, reasoning, leftovers) => {
    const request = decodeRequest({ ...minimal, ...fields });
    expect(request.reasoning).toEqual(reasoning);
    expect(request.extensions?.["anthropic-messages"]).toEqual(leftovers);
  });

  it.each(["output_config", "output_format"])("reads the format of the answer from %s", (field) => {
    const format = { type: "json_schema", schema: { type: "object" } };
    const request = decodeRequest({ ...minimal, [field]: field === "output_config" ? { format } : format });
    expect(request.outputFormat).toEqual({ type: "json-schema", schema: { type: "object" } });
    expect(request.extensions).toBeUndefined();
  });

  it("reads sampling, the end user and the cache mark of the whole request", () => {
    const request = decodeRequest({
      ...minimal,
      temperature: 0.5,
      top_p: 0.9,
      top_k: 5,
      stop_sequences: ["END"],
      metadata: { user_id: "u-1", team: "t" },
      cache_control: { type: "ephemeral", ttl: "1h" },
      stream: true,
      service_tier: "auto",
    });
    expect(request).toMatchObject({
      sampling: { temperature: 0.5, topP: 0.9, topK: 5, stopSequences: ["END"] },
      endUser: "u-1",
      cacheHint: { ttl: "1h" },
      stream: true,
      streamUsage: true,
      extensions: { "anthropic-messages": { service_tier: "auto", metadata: { team: "t" } } },
    });
  });

  it("keeps a field called __proto__ a field", () => {
    const body: JsonObject = JSON.parse(
      '{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"x"}],"__proto__":{"polluted":true}}',
    );
    const { extensions } = decodeRequest(body);
    expect(Object.keys(extensions?.["anthropic-messages"] ?? {})).toEqual(["__proto__"]);
    expect(extensions?.["anthropic-messages"]?.polluted).toBeUndefined();
  });
});
