import { describe, expect, it } from "vitest";
import { type Collected, collectEvents, type InferenceEvent, type JsonObject } from "../../inference";
import type { ReplyHints } from "../protocol";
import { streamDecoder } from "./decode-stream";

type Frame = JsonObject | string;

/** The events of a stream of these data, to the end of the bytes unless it is held open. */
function events(frames: Frame[], hints: Partial<ReplyHints> = {}, { isOver = true } = {}): InferenceEvent[] {
  const decoder = streamDecoder({ requestId: "req_1", ...hints });
  const read = frames.flatMap((frame) => decoder.push({ data: typeof frame === "string" ? frame : JSON.stringify(frame) }));
  return isOver ? [...read, ...decoder.end()] : read;
}

function collect(frames: Frame[], hints: Partial<ReplyHints> = {}): Collected {
  return collectEvents(events(frames, hints));
}

const start = (usage: JsonObject = { input_tokens: 5, output_tokens: 1 }) => ({
  type: "message_start",
  message: { id: "msg_1", model: "m", content: [], usage },
});
const block = (index: number, content_block: JsonObject) => ({ type: "content_block_start", index, content_block });
const delta = (index: number, value: JsonObject) => ({ type: "content_block_delta", index, delta: value });
const text = (index: number, words: string) => delta(index, { type: "text_delta", text: words });
const json = (index: number, partial_json: string) => delta(index, { type: "input_json_delta", partial_json });
const stop = (index: number) => ({ type: "content_block_stop", index });
const finish = (stop_reason: string | null = "end_turn", rest: JsonObject = {}) => ({
  type: "message_delta",
  delta: { stop_reason, stop_sequence: null },
  ...rest,
});
const over = { type: "message_stop" };
const toolUse = (id: string, name = "look", input: JsonObject = {}) => ({ type: "tool_use", id, name, input });
const hello = [block(0, { type: "text", text: "" }), text(0, "hel"), text(0, "lo"), stop(0)];

describe("a stream that fails ends in one error, and never in a clean end", () => {
  it.each<[string, Frame[], object]>([
    ["nothing came at all", [], { kind: "truncated" }],
    ["it broke off within a block", [start(), ...hello.slice(0, 2)], { kind: "truncated" }],
    ["it broke off between blocks", [start(), ...hello], { kind: "truncated" }],
    ["an event is no JSON", [start(), ...hello.slice(0, 2), '{"type":"content_bl'], { kind: "malformed" }],
    ["an event is no object", [start(), "[]"], { kind: "malformed" }],
    ["a block starts with nothing", [start(), { type: "content_block_start", index: 0 }], { kind: "malformed" }],
    [
      "a piece belongs to a block that is over",
      [start(), ...hello, block(1, { type: "text", text: "" }), text(0, "!")],
      { kind: "malformed" },
    ],
    ["arguments belong to a call that never began", [start(), json(0, "{")], { kind: "malformed" }],
    [
      "the provider says so",
      [start(), ...hello.slice(0, 2), { type: "error", error: { type: "overloaded_error", message: "Overloaded" } }],
      { kind: "upstream", type: "overloaded_error", message: "Overloaded" },
    ],
    [
      "the provider says so first of all",
      [{ type: "error", error: { type: "api_error", message: "Internal" } }],
      { kind: "upstream", type: "api_error" },
    ],
    [
      "the provider says so in a relative's words",
      [start(), { error: { message: "too busy", code: 503 } }],
      { kind: "upstream", message: "too busy", code: "503" },
    ],
    [
      "the provider says so after the end",
      [start(), ...hello, finish(), over, { type: "error", error: { type: "overloaded_error", message: "Overloaded" } }],
      { kind: "upstream" },
    ],
  ])("%s", (_, frames, error) => {
    const all = events([...frames, text(0, "more"), over, finish()].slice(0, frames.length));
    expect(all.filter(({ type }) => type === "error" || type === "end")).toEqual([
      { type: "error", error: expect.objectContaining(error) },
    ]);
    expect(all.at(-1)?.type).toBe("error");
    expect(() => collectEvents(all)).not.toThrow();
  });

  it("when a tool's input that must be held never ends", () => {
    const endless = Array.from({ length: 9 }, () => json(0, "x".repeat(1024 * 1024)));
    const frames = [start(), block(0, { type: "server_tool_use", id: "s", name: "n", input: {} }), ...endless];
    expect(collect(frames)).toMatchObject({ complete: false, error: { kind: "malformed" } });
  });

  it("is silent afterwards", () => {
    const decoder = streamDecoder({ requestId: "r" });
    expect(decoder.push({ data: "{" })).toHaveLength(1);
    expect(decoder.push({ data: JSON.stringify(start()) })).toEqual([]);
    expect(decoder.end()).toEqual([]);
  });

  it("reads an error whose data is no JSON by the event's name", () => {
    const decoder = streamDecoder({ requestId: "r" });
    expect(decoder.push({ event: "error", data: "upstream connect error at 10.0.0.1" })).toEqual([
      { type: "error", error: { kind: "upstream", message: "The provider reported an error." } },
    ]);
  });
});

describe("the end", () => {
  it("is followed by nothing but an error", () => {
    const decoder = streamDecoder({ requestId: "r" });
    for (const frame of [start(), ...hello, finish(), over]) decoder.push({ data: JSON.stringify(frame) });
    for (const frame of [{ type: "ping" }, ...hello, finish(), over]) expect(decoder.push({ data: JSON.stringify(frame) })).toEqual([]);
    expect(decoder.push({ data: "{" })).toEqual([]);
    expect(decoder.end()).toEqual([{ type: "end" }]);
  });

  it("is given out once, when the bytes are over", () => {
    const frames = [start(), ...hello, finish(), over];
    expect(events(frames, {}, { isOver: false }).map(({ type }) => type)).not.toContain("end");
    expect(events(frames).filter(({ type }) => type === "end" || type === "start" || type === "finish")).toHaveLength(3);
  });

  it("comes without message_stop too, if the reply said how it ended", () => {
    expect(collect([start(), ...hello, finish()])).toMatchObject({ complete: true });
  });

  it("closes a block whose own end is missing", () => {
    const { response, complete } = collect([start(), block(0, toolUse("t1")), json(0, '{"a":['), finish("max_tokens"), over]);
    expect(complete).toBe(true);
    expect(response.choices[0]).toMatchObject({ parts: [{ arguments: '{"a":[' }], finish: { kind: "length", raw: "max_tokens" } });
  });

  it("without a reason is shown as one that was inferred", () => {
    expect(collect([start(), ...hello, over]).response.choices[0]?.finish).toEqual({ kind: "stop", raw: null });
    expect(collect([start(), block(0, toolUse("t1")), stop(0), over]).response.choices[0]?.finish).toEqual({
      kind: "tool-calls",
      raw: null,
    });
  });

  it("passes over what is not known, repeated starts and other wires' last words", () => {
    const { response } = collect([
      start(),
      { type: "from_the_future" },
      start({ input_tokens: 9 }),
      { type: "ping" },
      ...hello,
      finish(),
      over,
      "[DONE]",
      { type: "ping" },
    ]);
    expect(response.choices[0]?.parts).toEqual([{ type: "text", text: "hello" }]);
    expect(response.usage?.uncachedInputTokens).toBe(5);
  });
});

describe("tool calls", () => {
  it("stay apart and in order when there are several, whole, in pieces, without arguments or without an index", () => {
    const { response } = collect([
      start(),
      block(0, toolUse("t0", "a")),
      json(0, ""),
      json(0, '{"x":'),
      json(0, "1}"),
      stop(0),
      block(1, toolUse("t1", "b", { whole: true })),
      stop(1),
      block(2, toolUse("t2", "c")),
      json(2, ""),
      stop(2),
      { type: "content_block_start", content_block: toolUse("", "d") },
      { type: "content_block_delta", delta: { type: "input_json_delta", partial_json: "{}" } },
      { type: "content_block_stop" },
      finish("tool_use"),
      over,
    ]);
    expect(response.choices[0]?.parts).toEqual([
      { type: "tool-call", id: "t0", name: "a", arguments: '{"x":1}', kind: "function" },
      { type: "tool-call", id: "t1", name: "b", arguments: '{"whole":true}', kind: "function" },
      { type: "tool-call", id: "t2", name: "c", arguments: "{}", kind: "function" },
      { type: "tool-call", id: "toolu_req_1_1", name: "d", arguments: "{}", kind: "function" },
    ]);
  });

  it("end the reply in tool calls, whatever the upstream says", () => {
    const reason = (said: string) => collect([start(), block(0, toolUse("t1")), stop(0), finish(said), over]).response.choices[0]?.finish;
    expect(reason("end_turn")).toEqual({ kind: "tool-calls", raw: "end_turn" });
    expect(reason("stop")).toEqual({ kind: "tool-calls", raw: "stop" });
    expect(reason("max_tokens")).toEqual({ kind: "length", raw: "max_tokens" });
  });

  it("of the provider's own tools do not: they are carried, with their input whole", () => {
    const { response } = collect([
      start(),
      block(0, { type: "server_tool_use", id: "srv_1", name: "web_search", input: {} }),
      json(0, '{"query":'),
      json(0, '"x"}'),
      stop(0),
      block(1, { type: "web_search_tool_result", tool_use_id: "srv_1", content: [] }),
      stop(1),
      finish(),
      over,
    ]);
    expect(response.choices[0]).toMatchObject({
      parts: [
        { type: "opaque", value: { type: "server_tool_use", input: { query: "x" } } },
        { type: "opaque", value: { type: "web_search_tool_result" } },
      ],
      finish: { kind: "stop", raw: "end_turn" },
    });
  });

  it("leave no empty text before them", () => {
    const { response } = collect([
      start(),
      block(0, { type: "text", text: "" }),
      stop(0),
      block(1, toolUse("t1")),
      stop(1),
      finish("tool_use"),
      over,
    ]);
    expect(response.choices[0]?.parts.map(({ type }) => type)).toEqual(["tool-call"]);
  });

  it("keep who called, if it was not the model", () => {
    const caller = { type: "code_execution_20250825", tool_id: "srv_1" };
    const parts = (fields: JsonObject) =>
      collect([start(), block(0, { ...toolUse("t1"), ...fields }), stop(0), finish("tool_use"), over]).response.choices[0]?.parts[0];
    expect(parts({ caller })).toMatchObject({ extensions: { "anthropic-messages": { caller } } });
    expect(parts({ caller: { type: "direct" }, toolset_name: null })).not.toHaveProperty("extensions");
  });
});

describe("what the encoder of the request did to its tools is undone", () => {
  it("structured output becomes text again, as it comes, and no tool call", () => {
    const frames = [
      start(),
      block(0, toolUse("t1", "structured_output")),
      json(0, '{"a":'),
      json(0, "1}"),
      stop(0),
      finish("tool_use"),
      over,
    ];
    const hints = { structuredOutputTool: "structured_output" };
    expect(events(frames, hints).filter(({ type }) => type === "part-delta")).toHaveLength(2);
    expect(collect(frames, hints).response.choices[0]).toEqual({
      index: 0,
      parts: [{ type: "text", text: '{"a":1}' }],
      finish: { kind: "stop", raw: "tool_use" },
    });
  });

  it("free text is taken out of its field, also where it was cut", () => {
    const args = (...pieces: string[]) =>
      collect(
        [start(), block(0, toolUse("t1", "apply_patch")), ...pieces.map((piece) => json(0, piece)), stop(0), finish("tool_use"), over],
        { customTools: ["apply_patch"] },
      ).response.choices[0]?.parts[0];
    expect(args('{"inp', 'ut":"*** Begin\\n"}')).toEqual({
      type: "tool-call",
      id: "t1",
      name: "apply_patch",
      arguments: "*** Begin\n",
      kind: "custom",
    });
    expect(args('{"input":"*** Be')).toMatchObject({ arguments: '{"input":"*** Be' });
  });

  it("names are the client's again", () => {
    const { response } = collect([start(), block(0, toolUse("t1", "files_read")), stop(0), finish("tool_use"), over], {
      toolNames: { files_read: "files.read" },
    });
    expect(response.choices[0]?.parts[0]).toMatchObject({ name: "files.read" });
  });
});

describe("thinking", () => {
  const parts = (...frames: Frame[]) => collect([start(), ...frames, finish(), over]).response.choices[0]?.parts;

  it("keeps its signature byte-equal: with text, alone, empty, redacted, and between other blocks", () => {
    const thinking = { type: "thinking", thinking: "", signature: "" };
    expect(
      parts(
        block(0, thinking),
        delta(0, { type: "thinking_delta", thinking: "hm" }),
        delta(0, { type: "signature_delta", signature: "s+/=" }),
        stop(0),
        block(1, { type: "text", text: "" }),
        text(1, "a"),
        stop(1),
        block(2, thinking),
        delta(2, { type: "signature_delta", signature: "only" }),
        stop(2),
        block(3, { type: "redacted_thinking", data: "ZW5j" }),
        stop(3),
        block(4, thinking),
        delta(4, { type: "thinking_delta", thinking: "empty signed" }),
        delta(4, { type: "signature_delta", signature: "" }),
        stop(4),
      ),
    ).toEqual([
      { type: "reasoning", text: "hm", signature: "s+/=" },
      { type: "text", text: "a" },
      { type: "reasoning", text: "", signature: "only" },
      { type: "redacted-reasoning", data: "ZW5j" },
      { type: "reasoning", text: "empty signed", signature: "" },
    ]);
  });

  it("without any signature field is unsigned", () => {
    expect(parts(block(0, { type: "thinking" }), delta(0, { type: "thinking_delta", thinking: "hm" }), stop(0))).toEqual([
      { type: "reasoning", text: "hm" },
    ]);
  });

  it("is told by its pieces where the start is missing", () => {
    expect(parts(delta(0, { type: "thinking_delta", thinking: "hm" }), text(1, "a"))).toEqual([
      { type: "reasoning", text: "hm" },
      { type: "text", text: "a" },
    ]);
  });
});

describe("usage", () => {
  const usage = (first: JsonObject, ...later: JsonObject[]) => {
    const { raw: _raw, ...figures } =
      collect([start(first), ...hello, ...later.map((value) => finish("end_turn", { usage: value })), over]).response.usage ?? {};
    return figures;
  };

  it("is cumulative: later figures replace earlier ones, absent and null ones do not", () => {
    const first = {
      input_tokens: 10,
      cache_read_input_tokens: 90,
      cache_creation_input_tokens: 0,
      output_tokens: 1,
      service_tier: "standard",
    };
    expect(usage(first, { input_tokens: null, cache_read_input_tokens: null, output_tokens: 7 })).toEqual({
      uncachedInputTokens: 10,
      cacheReadTokens: 90,
      cacheWrite5mTokens: 0,
      outputTokens: 7,
      serviceTier: "standard",
    });
    expect(
      usage(first, { output_tokens: 7 }, { input_tokens: 25, output_tokens: 9, server_tool_use: { web_search_requests: 2 } }),
    ).toMatchObject({
      uncachedInputTokens: 25,
      cacheReadTokens: 90,
      outputTokens: 9,
      webSearches: 2,
    });
  });

  it("is not erased by null in any of its figures", () => {
    const first = { input_tokens: 10, output_tokens: 1, output_tokens_details: { thinking_tokens: 4 } };
    expect(usage(first, { input_tokens: null, cache_read_input_tokens: 5, output_tokens: 7, output_tokens_details: null })).toEqual({
      uncachedInputTokens: 10,
      cacheReadTokens: 5,
      outputTokens: 7,
      reasoningTokens: 4,
    });
  });

  it("is not erased by an upstream that fills in zeros, but replaced where all of the prompt was cached", () => {
    expect(usage({ input_tokens: 10, output_tokens: 0 }, { input_tokens: 0, output_tokens: 7 })).toEqual({
      uncachedInputTokens: 10,
      outputTokens: 7,
    });
    expect(
      usage({ input_tokens: 100, output_tokens: 0 }, { input_tokens: 0, cache_read_input_tokens: 98, output_tokens: 7 }),
    ).toMatchObject({
      uncachedInputTokens: 0,
      cacheReadTokens: 98,
    });
  });

  it("splits cache writes by lifetime; all were for 5 minutes where nothing is said", () => {
    const split = { ephemeral_5m_input_tokens: 30, ephemeral_1h_input_tokens: 70 };
    expect(usage({ input_tokens: 1, cache_creation_input_tokens: 100, cache_creation: split, output_tokens: 1 })).toMatchObject({
      cacheWrite5mTokens: 30,
      cacheWrite1hTokens: 70,
    });
    expect(usage({ input_tokens: 1, cache_creation_input_tokens: 100, output_tokens: 1 })).toEqual({
      uncachedInputTokens: 1,
      cacheWrite5mTokens: 100,
      outputTokens: 1,
    });
    // The total was corrected after the split was given.
    expect(
      usage(
        { input_tokens: 1, cache_creation_input_tokens: 100, cache_creation: split, output_tokens: 1 },
        { cache_creation_input_tokens: 150, output_tokens: 2 },
      ),
    ).toMatchObject({
      cacheWrite5mTokens: 80,
      cacheWrite1hTokens: 70,
    });
  });

  it("counts thinking within the output", () => {
    expect(
      usage({ input_tokens: 1, output_tokens: 1 }, { output_tokens: 50, output_tokens_details: { thinking_tokens: 40 } }),
    ).toMatchObject({ outputTokens: 50, reasoningTokens: 40 });
  });
});

it.each<[string, string]>([
  ["end_turn", "stop"],
  ["stop_sequence", "stop-sequence"],
  ["max_tokens", "length"],
  ["model_context_window_exceeded", "length"],
  ["tool_use", "tool-calls"],
  ["pause_turn", "pause"],
  ["refusal", "refusal"],
  ["compaction", "other"],
])("stop reason %s is %s", (said, kind) => {
  expect(collect([start(), ...hello, finish(said), over]).response.choices[0]?.finish).toEqual({ kind, raw: said });
});

it("keeps the details of a refusal, the matched stop sequence and the container", () => {
  const details = { type: "refusal", category: "cyber" };
  const container = { id: "c_1", expires_at: "2026-11-23T00:00:00Z" };
  const last = { type: "message_delta", delta: { stop_reason: "refusal", stop_sequence: "###", stop_details: details, container } };
  expect(collect([start(), ...hello, last, over]).response.choices[0]).toMatchObject({
    finish: { kind: "refusal", stopSequence: "###", details },
    extensions: { "anthropic-messages": { container } },
  });
});
