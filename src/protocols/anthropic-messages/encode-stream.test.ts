import Anthropic from "@anthropic-ai/sdk";
import { describe, expect, it } from "vitest";
import type { InferenceEvent, JsonObject, PartDelta, PartStart } from "../../inference";
import { streamEncoder } from "./encode-stream";

const OPTIONS = { requestId: "req_1", model: "shown", createdAt: 0, streamUsage: true, inputTokensEstimate: 42 };

const start: InferenceEvent = { type: "start", id: "up_1", model: "upstream" };
const finish = (kind: "stop" | "length" | "tool-calls" | "other" = "stop"): InferenceEvent => ({
  type: "finish",
  choice: 0,
  reason: { kind, raw: null },
});
const part = (index: number, begin: PartStart, ...deltas: PartDelta[]): InferenceEvent[] => [
  { type: "part-start", choice: 0, part: index, start: begin },
  ...deltas.map((delta): InferenceEvent => ({ type: "part-delta", choice: 0, part: index, delta })),
  { type: "part-end", choice: 0, part: index },
];
const words = (index: number, text: string) => part(index, { type: "text" }, { type: "text", text });

function stream(events: InferenceEvent[]): string {
  const encoder = streamEncoder(OPTIONS);
  return events.map((event) => encoder.push(event)).join("");
}

/** The data of each event; the names of events must be their types. */
function data(events: InferenceEvent[]): JsonObject[] {
  return stream(events)
    .split("\n\n")
    .filter((frame) => frame !== "")
    .map((frame) => {
      const [, name, json] = /^event: (\w+)\ndata: (.*)$/.exec(frame) ?? [];
      const event = JSON.parse(json ?? "null");
      expect(event.type).toBe(name);
      return event;
    });
}

const types = (events: InferenceEvent[]) => data(events).map(({ type }) => type);

describe("a failed reply", () => {
  const error = { kind: "truncated" as const, message: "cut" };

  it("ends in an error event, without message_stop and with nothing behind it", () => {
    const cut = [start, ...words(0, "a").slice(0, 2), { type: "error" as const, error }, finish(), { type: "end" as const }];
    expect(types(cut)).toEqual(["message_start", "content_block_start", "content_block_delta", "error"]);
    expect(data(cut).at(-1)).toEqual({ type: "error", error: { type: "api_error", message: "cut" }, request_id: "req_1" });
  });

  it("is raised by the official SDK", async () => {
    const body = stream([
      start,
      ...words(0, "a"),
      { type: "error", error: { kind: "upstream", type: "overloaded_error", message: "Overloaded" } },
    ]);
    const client = new Anthropic({
      apiKey: "x",
      baseURL: "http://unused.invalid",
      maxRetries: 0,
      fetch: async () => new Response(body, { headers: { "content-type": "text/event-stream" } }),
    });
    const reading = client.messages.stream({ model: "m", max_tokens: 1, messages: [{ role: "user", content: "x" }] }).finalMessage();
    await expect(reading).rejects.toThrow(/Overloaded/);
  });

  it("that failed before it began has no message_start", () => {
    expect(types([{ type: "error", error }])).toEqual(["error"]);
    expect(types([start, { type: "error", error }])).toEqual(["error"]);
  });
});

describe("the frame of a reply", () => {
  it("has one start and one end, whatever comes in between", () => {
    const all = [
      start,
      start,
      { type: "ping" as const },
      ...words(0, "a"),
      finish(),
      { type: "end" as const },
      { type: "end" as const },
      ...words(1, "b"),
    ];
    expect(types(all)).toEqual([
      "message_start",
      "ping",
      "content_block_start",
      "content_block_delta",
      "content_block_stop",
      "message_delta",
      "message_stop",
    ]);
  });

  it("does not begin with a ping that comes before the reply does", () => {
    expect(types([{ type: "ping" }, start, { type: "ping" }])).toEqual(["ping", "message_start", "ping"]);
  });

  it("names a number of prompt tokens at the start: the upstream's if it is known, else the estimate", () => {
    const usage: InferenceEvent = { type: "usage", usage: { uncachedInputTokens: 7, cacheReadTokens: 3, outputTokens: 1 } };
    expect(data([start, usage, ...words(0, "a")])[0]).toMatchObject({
      message: { usage: { input_tokens: 7, cache_read_input_tokens: 3 } },
    });
    expect(data([usage, start])[0]).toMatchObject({ message: { id: "up_1", usage: { input_tokens: 7 } } });
    const empty: InferenceEvent = { type: "usage", usage: { uncachedInputTokens: 0, outputTokens: 0 } };
    expect(data([start, empty])[0]).toMatchObject({ message: { usage: { input_tokens: 42 } } });
    expect(data([start, ...words(0, "a")])[0]).toMatchObject({ message: { usage: { input_tokens: 42, output_tokens: 0 } } });
  });

  it("shows the final usage in full at the end, the cached prompt not counted twice", () => {
    const late: InferenceEvent = {
      type: "usage",
      usage: { uncachedInputTokens: 10, cacheReadTokens: 90, outputTokens: 7, reasoningTokens: 4 },
    };
    const [delta] = data([start, ...words(0, "a"), finish(), late, { type: "end" }]).slice(-2);
    expect(delta).toMatchObject({
      delta: { stop_reason: "end_turn", stop_sequence: null },
      usage: { input_tokens: 10, cache_read_input_tokens: 90, output_tokens: 7, output_tokens_details: { thinking_tokens: 4 } },
    });
  });

  it("names the model as the caller is to see it, and the upstream's id or one of our own", () => {
    expect(data([start, finish()])[0]).toMatchObject({ message: { id: "up_1", model: "shown" } });
    expect(data([{ ...start, id: "" }, finish()])[0]).toMatchObject({ message: { id: "msg_req_1" } });
  });

  it("shows the first choice only", () => {
    const second = words(0, "b").map((event) => ({ ...event, choice: 1 }));
    expect(stream([start, ...words(0, "a"), ...second, finish(), { type: "end" }])).toBe(
      stream([start, ...words(0, "a"), finish(), { type: "end" }]),
    );
  });
});

describe("blocks", () => {
  it("have consecutive indexes of their own, and each its start, pieces and stop in order", () => {
    const foreign: PartStart = { type: "opaque", protocol: "openai-chat", value: { type: "annotation" } };
    const all = data([
      start,
      ...part(0, { type: "text" }),
      ...part(1, foreign),
      ...words(2, "a"),
      ...part(3, { type: "redacted-reasoning", data: "x" }),
      ...words(4, "b"),
    ]).slice(1);
    expect(all.map(({ type, index }) => `${type}:${index}`)).toEqual([
      "content_block_start:0",
      "content_block_delta:0",
      "content_block_stop:0",
      "content_block_start:1",
      "content_block_stop:1",
      "content_block_start:2",
      "content_block_delta:2",
      "content_block_stop:2",
    ]);
  });

  it("of a reply that only calls tools hold no empty text, and the reply ends in tool_use whatever was said", () => {
    const call = (index: number, args: string) =>
      part(index, { type: "tool-call", id: `t${index}`, name: "look", kind: "function" }, { type: "arguments", text: args });
    const all = data([
      start,
      ...part(0, { type: "text" }, { type: "text", text: "" }),
      ...call(1, '{"a":1}'),
      ...call(2, ""),
      finish("stop"),
      { type: "end" },
    ]);
    expect(all.slice(1, -1)).toMatchObject([
      { index: 0, content_block: { type: "tool_use", id: "t1", name: "look", input: {}, caller: { type: "direct" } } },
      { index: 0, delta: { type: "input_json_delta", partial_json: '{"a":1}' } },
      { index: 0, type: "content_block_stop" },
      { index: 1, content_block: { type: "tool_use", id: "t2", input: {} } },
      { index: 1, type: "content_block_stop" },
      { delta: { stop_reason: "tool_use" } },
    ]);
  });

  it("of free-text calls hold the text in a field of the input", () => {
    const all = data([
      start,
      ...part(
        0,
        { type: "tool-call", id: "t", name: "patch", kind: "custom" },
        { type: "arguments", text: "*** " },
        { type: "arguments", text: 'a"b' },
      ),
    ]);
    expect(all.slice(2, 3)).toMatchObject([{ delta: { partial_json: '{"input":"*** a\\"b"}' } }]);
  });

  it("of thinking always carry a signature, which marks unsigned reasoning as such", () => {
    const signatures = (...deltas: PartDelta[]) =>
      data([start, ...part(0, { type: "reasoning" }, { type: "reasoning", text: "hm" }, ...deltas)]).flatMap(
        ({ delta }) => (delta as JsonObject | undefined)?.signature ?? [],
      ); // events without delta have none
    expect(signatures({ type: "signature", signature: "s+/=" })).toEqual(["s+/="]);
    expect(signatures({ type: "signature", signature: "" })).toEqual([""]);
    expect(signatures()).toEqual(["sluice-unsigned"]);
  });

  it("of refusal are text, and end the reply in a refusal", () => {
    const all = data([start, ...part(0, { type: "refusal" }, { type: "refusal", text: "No." }), finish(), { type: "end" }]);
    expect(all.slice(1, 3)).toMatchObject([{ content_block: { type: "text" } }, { delta: { type: "text_delta", text: "No." } }]);
    expect(all.at(-2)).toMatchObject({ delta: { stop_reason: "refusal" } });
  });

  it("that only this wire has are sent whole, with their final value", () => {
    const value = { type: "server_tool_use", id: "s", name: "web_search", input: {} };
    const opaque = { type: "opaque" as const, protocol: "anthropic-messages" as const, value };
    const all = data([start, ...part(0, opaque, { type: "opaque", value: { ...opaque, value: { ...value, input: { query: "x" } } } })]);
    expect(all.slice(1)).toEqual([
      { type: "content_block_start", index: 0, content_block: { ...value, input: { query: "x" } } },
      { type: "content_block_stop", index: 0 },
    ]);
  });

  it("show citations of this wire and leave out those of others, which it has no honest form for", () => {
    const own = { type: "char_location", cited_text: "a" };
    const deltas: PartDelta[] = [
      { type: "text", text: "a" },
      { type: "citation", citation: { raw: { protocol: "anthropic-messages", value: own } } },
      { type: "citation", citation: { url: "https://e.com", raw: { protocol: "openai-chat", value: {} } } },
    ];
    const citations = data([start, ...part(0, { type: "text" }, ...deltas)]).filter(({ delta }) =>
      JSON.stringify(delta)?.includes("citations_delta"),
    );
    expect(citations).toEqual([{ type: "content_block_delta", index: 0, delta: { type: "citations_delta", citation: own } }]);
  });
});
