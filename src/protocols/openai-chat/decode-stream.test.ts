import { describe, expect, it } from "vitest";
import { SseDecoder } from "../../core/sse";
import type { InferenceEvent, Part } from "../../inference";
import { Collector } from "../../inference";
import type { ReplyHints } from "../protocol";
import { streamDecoder } from "./decode-stream";

const HINTS: ReplyHints = { requestId: "req_1" };

/** A stream of chunks, each given as the fields of its only choice, or whole. */
function stream(chunks: unknown[], { hints = HINTS, done = true, eol = "\n" } = {}) {
  const text = chunks.map((chunk) => `data: ${typeof chunk === "string" ? chunk : JSON.stringify(chunk)}${eol}${eol}`).join("");
  return decode(text + (done ? `data: [DONE]${eol}${eol}` : ""), hints);
}

function decode(text: string, hints = HINTS, piece = text.length) {
  const sse = new SseDecoder();
  const decoder = streamDecoder(hints);
  const collector = new Collector();
  const events: InferenceEvent[] = [];
  const take = (more: InferenceEvent[]) => {
    events.push(...more);
    for (const event of more) collector.push(event);
  };
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; at += piece) for (const frame of sse.push(bytes.subarray(at, at + piece))) take(decoder.push(frame));
  for (const frame of sse.end()) take(decoder.push(frame));
  take(decoder.end());
  return { events, ...collector.result() };
}

const delta = (fields: object, rest: object = {}) => ({ id: "1", model: "m", choices: [{ index: 0, delta: fields, ...rest }] });
const finish = (reason: string | null) => delta({}, { finish_reason: reason });
const callDelta = (...calls: object[]) => delta({ tool_calls: calls });
const calls = (parts: Part[] | undefined) =>
  (parts ?? []).flatMap((part) => (part.type === "tool-call" ? [[part.id, part.name, part.arguments]] : []));

describe("a stream never lies", () => {
  it("1: bytes over before the reply is complete", () => {
    for (const chunks of [[], [delta({ content: "a" })], [delta({ content: "a" }), finish(null)]]) {
      const { error, complete, events } = stream(chunks, { done: false });
      expect(complete).toBe(false);
      expect(error?.kind).toBe("truncated");
      expect(events.some(({ type }) => type === "finish" || type === "end")).toBe(false);
    }
  });

  it("an end mark with no reply before it", () => {
    expect(stream([]).error?.kind).toBe("truncated");
    expect(stream([{ choices: [], usage: { prompt_tokens: 1, completion_tokens: 0 } }]).error?.kind).toBe("truncated");
  });

  it("one choice of several left unfinished", () => {
    const two = {
      choices: [
        { index: 0, delta: { content: "a" }, finish_reason: "stop" },
        { index: 1, delta: { content: "b" } },
      ],
    };
    expect(stream([two], { done: false }).error?.kind).toBe("truncated");
    expect(stream([two]).complete).toBe(true);
  });

  it.each(['{"choices":[{"delta":{"content":"a"', "[1]", "null", "oops"])("an event that is no JSON object: %s", (data) => {
    const { error, complete } = stream([delta({ content: "a" }), data, finish("stop")]);
    expect(error?.kind).toBe("malformed");
    expect(complete).toBe(false);
  });

  it.each<[unknown, object]>([
    [
      { error: { message: "boom", type: "server_error", code: 500, param: "p" } },
      { message: "boom", type: "server_error", code: "500", param: "p" },
    ],
    [{ error: "boom" }, { message: "boom" }],
    [
      { object: "error", message: "boom", type: "BadRequest", code: 400 },
      { message: "boom", type: "BadRequest", code: "400" },
    ],
    [{ ...delta({ content: "lost" }), error: { message: "boom" } }, { message: "boom" }],
    [delta({}, { error: { message: "boom", code: 502 }, finish_reason: "error" }), { message: "boom", code: "502" }],
  ])("an error among chunks: %j", (chunk, told) => {
    const { error, complete, events } = stream([delta({ content: "a" }), chunk, finish("stop")]);
    expect(error).toEqual({ kind: "upstream", ...told });
    expect(complete).toBe(false);
    expect(events.at(-1)?.type).toBe("error");
  });

  it("an error after the finish reason, with usage that is billed all the same", () => {
    const { events, error } = stream([
      delta({ content: "a" }, { finish_reason: "length" }),
      { ...delta({}), error: { message: "boom" }, usage: { prompt_tokens: 1, completion_tokens: 2 } },
    ]);
    expect(events.map(({ type }) => type)).toEqual(["start", "part-start", "part-delta", "usage", "error"]);
    expect(error?.kind).toBe("upstream");
  });

  it("an event named error, whatever it holds", () => {
    for (const data of ['{"message":"boom"}', "boom"]) {
      const { error } = decode(`data: ${JSON.stringify(delta({ content: "a" }))}\n\nevent: error\ndata: ${data}\n\n`);
      expect(error?.kind).toBe("upstream");
    }
  });

  it("a finish reason that means failure", () => {
    expect(stream([delta({ content: "a" }), finish("network_error")]).error).toMatchObject({ kind: "upstream" });
  });

  it("is silent after its end", () => {
    const { events } = stream([delta({ content: "a" }), finish("stop"), "[DONE]", delta({ content: "more" }), "oops"]);
    expect(events.filter(({ type }) => type === "end")).toHaveLength(1);
    expect(events.at(-1)?.type).toBe("end");
  });
});

describe("5: framing", () => {
  const chunks = [delta({ content: "héllo 🌍 " }), delta({ content: "wörld" }), finish("stop")];
  it.each(["\n", "\r\n", "\r"])("line ends %j, split at every byte", (eol) => {
    const text = `: comment${eol}${eol}${chunks.map((chunk) => `data:${JSON.stringify(chunk)}  ${eol}${eol}`).join("")}data:[DONE]`;
    const { response, complete } = decode(text, HINTS, 1);
    expect(complete).toBe(true);
    expect(response.choices[0]?.parts).toEqual([{ type: "text", text: "héllo 🌍 wörld" }]);
  });

  it("an event over several data lines, and empty ones between", () => {
    const { response } = decode('data:\n\ndata: {"choices":[{"index":0,\ndata: "delta":{"content":"a"}}]}\n\ndata:  \n\ndata: [DONE]\n\n');
    expect(response.choices[0]?.parts).toEqual([{ type: "text", text: "a" }]);
  });
});

describe("11: parallel tool calls", () => {
  const both = [
    ["a", "f", '{"x":1}'],
    ["b", "g", '{"y":2}'],
  ];
  const open = (id: string, name: string, rest: object = {}) => ({ id, type: "function", function: { name, arguments: "" }, ...rest });
  const more = (text: string, rest: object = {}) => ({ function: { arguments: text }, ...rest });

  it.each<[string, unknown[]]>([
    [
      "by index from 0",
      [
        callDelta(open("a", "f", { index: 0 })),
        callDelta(more('{"x"', { index: 0 })),
        callDelta(more(":1}", { index: 0 })),
        callDelta(open("b", "g", { index: 1 })),
        callDelta(more('{"y":2}', { index: 1 })),
      ],
    ],
    [
      "pieces of both mixed",
      [
        callDelta(open("a", "f", { index: 0 }), open("b", "g", { index: 1 })),
        callDelta(more('{"y"', { index: 1 }), more('{"x"', { index: 0 })),
        callDelta(more(":1}", { index: 0 }), more(":2}", { index: 1 })),
      ],
    ],
    [
      "without index, told apart by id",
      [callDelta(open("a", "f")), callDelta(more('{"x":1}')), callDelta(open("b", "g")), callDelta(more('{"y":2}'))],
    ],
    [
      "without index, the id on every piece",
      [
        callDelta(open("a", "f")),
        callDelta(more('{"x":1}', { id: "a" })),
        callDelta(open("b", "g")),
        callDelta(more('{"y":2}', { id: "b" })),
      ],
    ],
    [
      "index 0 for every call",
      [
        callDelta({ ...open("a", "f", { index: 0 }), function: { name: "f", arguments: '{"x":1}' } }),
        callDelta({ ...open("b", "g", { index: 0 }), function: { name: "g", arguments: '{"y":2}' } }),
      ],
    ],
    [
      "id and name repeated on every piece",
      [
        callDelta({ ...open("a", "f", { index: 0 }), function: { name: "f", arguments: '{"x"' } }),
        callDelta({ ...open("a", "f", { index: 0 }), function: { name: "f", arguments: ":1}" } }),
        callDelta({ ...open("b", "g", { index: 1 }), function: { name: "g", arguments: '{"y":2}' } }),
      ],
    ],
    [
      "the name after the id",
      [
        callDelta({ index: 0, id: "a" }),
        callDelta({ index: 0, function: { name: "f", arguments: '{"x"' } }),
        callDelta(more(":1}", { index: 0 })),
        callDelta({ index: 1, id: "b", function: { name: null, arguments: '{"y":' } }),
        callDelta({ index: 1, function: { name: "g", arguments: "2}" } }),
      ],
    ],
    [
      "empty text between",
      [
        callDelta(open("a", "f", { index: 0 })),
        delta({ content: "" }),
        callDelta(more('{"x":1}', { index: 0 })),
        callDelta(open("b", "g", { index: 1 })),
        delta({ content: "", tool_calls: [more('{"y":2}', { index: 1 })] }),
      ],
    ],
    [
      "arguments as an object",
      [callDelta({ id: "a", function: { name: "f", arguments: { x: 1 } } }, { id: "b", function: { name: "g", arguments: { y: 2 } } })],
    ],
  ])("%s", (_, chunks) => {
    const { response, complete } = stream([...chunks, finish("tool_calls")]);
    expect(complete).toBe(true);
    expect(calls(response.choices[0]?.parts)).toEqual(both);
    expect(response.choices[0]?.parts).toHaveLength(2);
  });

  it("index 0 for every call, two of them of one tool", () => {
    const whole = (id: string) => callDelta({ index: 0, id, function: { name: "f", arguments: "{}" } });
    expect(calls(stream([whole("a"), whole("b"), finish("tool_calls")]).response.choices[0]?.parts)).toEqual([
      ["a", "f", "{}"],
      ["b", "f", "{}"],
    ]);
  });

  it("streams the arguments of the open call as they come", () => {
    const { events } = stream([
      callDelta(open("a", "f", { index: 0 })),
      callDelta(more('{"x"', { index: 0 })),
      callDelta(more(":1}", { index: 0 })),
      finish("tool_calls"),
    ]);
    expect(events.filter(({ type }) => type === "part-delta")).toHaveLength(2);
  });

  it("calls without ids get ids of their own, calls without arguments none", () => {
    const { response } = stream([
      callDelta({ index: 0, function: { name: "f" } }),
      callDelta({ index: 1, function: { name: "g", arguments: null } }),
      finish("tool_calls"),
    ]);
    expect(calls(response.choices[0]?.parts)).toEqual([
      ["call_req_1_0_0", "f", ""],
      ["call_req_1_0_1", "g", ""],
    ]);
  });

  it("a call that goes on after text is told as broken, not garbled", () => {
    const { error } = stream([
      callDelta(open("a", "f", { index: 0 })),
      callDelta(more('{"x"', { index: 0 })),
      delta({ content: "hm" }),
      callDelta(more(":1}", { index: 0 })),
    ]);
    expect(error?.kind).toBe("malformed");
  });

  it("an empty function_call is none, a full one is a call", () => {
    expect(
      stream([delta({ content: "a", function_call: { name: "", arguments: "" } }), finish("stop")]).response.choices[0]?.parts,
    ).toEqual([{ type: "text", text: "a" }]);
    const { response } = stream([
      delta({ function_call: { name: "f", arguments: "" } }),
      delta({ function_call: { arguments: "{}" } }),
      finish("function_call"),
    ]);
    expect(calls(response.choices[0]?.parts)).toEqual([["call_req_1_0_0", "f", "{}"]]);
    expect(response.choices[0]?.finish).toEqual({ kind: "tool-calls", raw: "function_call" });
  });
});

describe("12: endings", () => {
  const call = callDelta({ index: 0, id: "a", function: { name: "f", arguments: "{}" } });
  it.each<[string, unknown[], object]>([
    ["stop after a tool call", [call, finish("stop")], { kind: "tool-calls", raw: "stop" }],
    ["an unknown word after a tool call", [call, finish("done")], { kind: "tool-calls", raw: "done" }],
    ["length after a tool call", [call, finish("length")], { kind: "length", raw: "length" }],
    ["nothing after a tool call", [call], { kind: "tool-calls", raw: null }],
    ["nothing after text", [delta({ content: "a" })], { kind: "stop", raw: null }],
    ["an empty reason", [delta({ content: "a" }), finish("")], { kind: "stop", raw: null }],
    ["a reason, then null", [delta({ content: "a" }), finish("length"), finish(null)], { kind: "length", raw: "length" }],
    ["content_filter", [delta({ content: "a" }), finish("content_filter")], { kind: "refusal", raw: "content_filter" }],
    ["another API's word", [delta({ content: "a" }), finish("MAX_TOKENS")], { kind: "length", raw: "MAX_TOKENS" }],
    ["an unknown word", [delta({ content: "a" }), finish("whatever")], { kind: "other", raw: "whatever" }],
  ])("%s", (_, chunks, reason) => {
    expect(stream(chunks).response.choices[0]?.finish).toEqual(reason);
  });

  it("output after the finish reason still counts, and the choice ends once", () => {
    const { response, events } = stream([
      delta({ content: "a" }, { finish_reason: "stop" }),
      delta({ content: "b" }, { finish_reason: "stop" }),
    ]);
    expect(response.choices[0]?.parts).toEqual([{ type: "text", text: "ab" }]);
    expect(events.filter(({ type }) => type === "finish")).toHaveLength(1);
  });
});

describe("13: parts", () => {
  it("deltas that say nothing make no part", () => {
    const { response } = stream([
      delta({ role: "assistant", content: "" }),
      delta({ content: null, refusal: null, reasoning_content: null, reasoning: "", tool_calls: null, reasoning_details: [] }),
      delta({ content: [], refusal: "", audio: { id: "", data: "" }, annotations: [], tool_calls: [] }),
      finish("stop"),
    ]);
    expect(response.choices[0]?.parts).toEqual([]);
  });

  it("come in the order in which they are sent, each ended before the next", () => {
    const { response } = stream([
      delta({ reasoning: "hm" }),
      delta({ content: "a" }),
      delta({ reasoning_content: "mh" }),
      delta({ content: "b", tool_calls: [{ index: 0, id: "c", function: { name: "f", arguments: "{}" } }] }),
      finish("tool_calls"),
    ]);
    expect(response.choices[0]?.parts.map((part) => ("text" in part ? part.text : part.type))).toEqual(["hm", "a", "mh", "b", "tool-call"]);
  });

  it("choices of one stream do not touch each other", () => {
    const chunk = (index: number, content: string) => ({ choices: [{ index, delta: { content } }] });
    const { response } = stream([
      chunk(1, "x"),
      chunk(0, "a"),
      chunk(1, "y"),
      { choices: [{ index: 0, delta: {}, finish_reason: "stop" }] },
      chunk(1, "z"),
    ]);
    expect(response.choices.map(({ index, parts }) => [index, parts])).toEqual([
      [0, [{ type: "text", text: "a" }]],
      [1, [{ type: "text", text: "xyz" }]],
    ]);
  });

  it("a choice that holds a message in place of a delta, or neither", () => {
    const { response } = stream([
      { choices: [{ index: 0, message: { content: "a" } }] },
      { choices: [{ index: 0, finish_reason: "stop" }] },
    ]);
    expect(response.choices[0]?.parts).toEqual([{ type: "text", text: "a" }]);
  });

  it("Mistral's arrays of parts", () => {
    const thinking = (text: string) => delta({ content: [{ type: "thinking", thinking: [{ type: "text", text }] }] });
    const { response } = stream([
      thinking("h"),
      thinking("m"),
      delta({ content: [{ type: "text", text: "a" }] }),
      delta({ content: "b" }),
      finish("stop"),
    ]);
    expect(response.choices[0]?.parts).toEqual([
      { type: "reasoning", text: "hm" },
      { type: "text", text: "ab" },
    ]);
  });

  it("web citations belong to the text before them", () => {
    const annotation = { type: "url_citation", url_citation: { url: "https://a", title: "A", start_index: 0, end_index: 1 } };
    const { response } = stream([
      delta({ content: "a" }),
      delta({ annotations: [annotation, { type: "file", file: {} }] }),
      finish("stop"),
    ]);
    expect(response.choices[0]?.parts).toEqual([
      {
        type: "text",
        text: "a",
        citations: [{ url: "https://a", title: "A", start: 0, end: 1, raw: { protocol: "openai-chat", value: annotation } }],
      },
    ]);
  });

  it("audio is gathered into one part", () => {
    const { response } = stream([
      delta({ audio: { id: "audio_1", transcript: "Hel" } }),
      delta({ audio: { data: "QUJD" } }),
      delta({ audio: { transcript: "lo", data: "REVG" } }),
      delta({ audio: { expires_at: 5 } }),
      finish("stop"),
    ]);
    const audio = { id: "audio_1", transcript: "Hello", data: "QUJDREVG", expires_at: 5 };
    expect(response.choices[0]?.parts).toEqual([{ type: "opaque", protocol: "openai-chat", value: { type: "audio", audio } }]);
  });
});

describe("15: reasoning", () => {
  const partsOf = (...deltas: object[]) => stream([...deltas.map((fields) => delta(fields)), finish("stop")]).response.choices[0]?.parts;
  const detail = (fields: object) => ({
    reasoning_details: [{ type: "reasoning.text", index: 0, format: "anthropic-claude-v1", ...fields }],
  });

  it("told in two fields counts once", () => {
    expect(
      partsOf({ reasoning: "h", ...detail({ text: "h" }) }, { reasoning: "m", reasoning_content: "m", ...detail({ text: "m" }) }),
    ).toEqual([{ type: "reasoning", text: "hm" }]);
  });

  it("told in details only", () => {
    expect(partsOf(detail({ text: "h" }), detail({ text: "m" }), detail({ signature: "sig" }), { content: "a" })).toEqual([
      { type: "reasoning", text: "hm", signature: "sig" },
      { type: "text", text: "a" },
    ]);
  });

  it("signature only, empty signature, redacted, and one signed after another", () => {
    expect(
      partsOf(
        detail({ signature: "only" }),
        { reasoning_content: "a" },
        detail({ text: "a", signature: "", index: 1 }),
        { reasoning_content: "b" },
        detail({ text: "b", signature: "s", index: 2 }),
        { reasoning_details: [{ type: "reasoning.encrypted", data: "x", format: "anthropic-claude-v1", index: 3 }] },
        { content: "t" },
      ),
    ).toEqual([
      { type: "reasoning", text: "", signature: "only" },
      { type: "reasoning", text: "a", signature: "" },
      { type: "reasoning", text: "b", signature: "s" },
      { type: "redacted-reasoning", data: "x" },
      { type: "text", text: "t" },
    ]);
  });
});

describe("17: usage", () => {
  it("on every chunk is a running total: the last one counts", () => {
    const counted = (n: number) => ({ usage: { prompt_tokens: 10, completion_tokens: n, total_tokens: 10 + n } });
    const { response } = stream([
      { ...delta({ content: "a" }), ...counted(1) },
      { ...delta({ content: "b" }), ...counted(2) },
      { ...finish("stop"), ...counted(3) },
    ]);
    expect(response.usage).toMatchObject({ uncachedInputTokens: 10, outputTokens: 3 });
  });

  it("alone in a last chunk, or under x_groq, or with figures still null", () => {
    const usage = { prompt_tokens: 4, completion_tokens: 2 };
    expect(stream([delta({ content: "a" }), finish("stop"), { choices: [], usage }]).response.usage).toMatchObject({ outputTokens: 2 });
    expect(stream([delta({ content: "a" }), { ...finish("stop"), x_groq: { usage } }]).response.usage).toMatchObject({ outputTokens: 2 });
    const early = { ...delta({ content: "a" }), usage: { prompt_tokens: 4, completion_tokens: null } };
    expect(stream([early, { ...finish("stop"), usage }]).response.usage).toMatchObject({ uncachedInputTokens: 4, outputTokens: 2 });
  });

  it("is absent where the upstream says none", () => {
    expect(stream([{ ...delta({ content: "a" }), usage: null }, finish("stop")]).response).not.toHaveProperty("usage");
  });
});

describe("the start", () => {
  it("comes once, with the first id and model that are not empty", () => {
    const { response, events } = stream([
      { id: "", model: "", choices: [], prompt_filter_results: [1] },
      { id: "a", model: "m", created: 5, system_fingerprint: "fp", obfuscation: "xyz", choices: [{ index: 0, delta: { content: "a" } }] },
      { id: "b", model: "n", created: 6, choices: [{ index: 0, delta: {}, finish_reason: "stop" }] },
    ]);
    expect(events.filter(({ type }) => type === "start")).toHaveLength(1);
    expect(events[0]).toEqual({ type: "ping" });
    expect(response).toMatchObject({
      id: "a",
      model: "m",
      createdAt: 5,
      extensions: { "openai-chat": { system_fingerprint: "fp", prompt_filter_results: [1] } },
    });
    expect(response.extensions?.["openai-chat"]).not.toHaveProperty("obfuscation");
  });
});

describe("what is not read", () => {
  it("of the choice and its deltas comes with its ending", () => {
    const { response } = stream([
      delta({ content: "a", channel: "final" }, { content_filter_results: { hate: 1 }, token_ids: [1] }),
      delta({ annotations: [{ type: "file", file: {} }] }, { native_finish_reason: "STOP", finish_reason: "stop", token_ids: [2] }),
    ]);
    expect(response.choices[0]?.extensions).toEqual({
      "openai-chat": {
        content_filter_results: { hate: 1 },
        native_finish_reason: "STOP",
        token_ids: [1, 2],
        message: { channel: "final", annotations: [{ type: "file", file: {} }] },
      },
    });
  });

  it("of a tool call stays with it: Gemini wants its thought signature back", () => {
    const extra_content = { google: { thought_signature: "sig" } };
    const { response } = stream([
      callDelta({ index: 0, id: "a", function: { name: "f", arguments: "{}" }, extra_content }),
      finish("tool_calls"),
    ]);
    expect(response.choices[0]?.parts[0]).toMatchObject({ id: "a", extensions: { "openai-chat": { extra_content } } });
  });
});

describe("hints", () => {
  it("the forced tool's call becomes text again", () => {
    const { response } = stream(
      [
        callDelta({ index: 0, id: "a", function: { name: "out", arguments: '{"a"' } }),
        callDelta({ index: 0, function: { arguments: ":1}" } }),
        finish("tool_calls"),
      ],
      { hints: { ...HINTS, structuredOutputTool: "out" } },
    );
    expect(response.choices[0]).toEqual({
      index: 0,
      parts: [{ type: "text", text: '{"a":1}' }],
      finish: { kind: "stop", raw: "tool_calls" },
    });
  });

  it("a custom tool's function becomes free text again, in pieces or cut", () => {
    const hints = { ...HINTS, customTools: ["patch"], toolNames: { patch_1: "patch" } };
    const pieces = ['{"inp', 'ut":"*** \\"', '\\n"}'].map((text) => callDelta({ index: 0, function: { arguments: text } }));
    const opened = callDelta({ index: 0, id: "a", function: { name: "patch_1", arguments: "" } });
    expect(stream([opened, ...pieces, finish("tool_calls")], { hints }).response.choices[0]?.parts).toEqual([
      { type: "tool-call", id: "a", name: "patch", arguments: '*** "\n', kind: "custom" },
    ]);
    expect(calls(stream([opened, pieces[0], finish("length")], { hints }).response.choices[0]?.parts)).toEqual([["a", "patch", '{"inp']]);
  });

  it("changed tool names are changed back", () => {
    const { response } = stream([callDelta({ index: 0, id: "a", function: { name: "f_1", arguments: "{}" } }), finish("tool_calls")], {
      hints: { ...HINTS, toolNames: { f_1: "f.1" } },
    });
    expect(calls(response.choices[0]?.parts)).toEqual([["a", "f.1", "{}"]]);
  });
});
