import { describe, expect, it } from "vitest";
import type { Citation, FinishKind, InferenceEvent, InferenceResponse, JsonObject, Part } from "../../inference";
import { expandResponse } from "../../inference";
import type { ReplyOptions } from "../protocol";
import { decodeResponse } from "./decode-response";
import { encodeResponse } from "./encode-response";
import { streamEncoder } from "./encode-stream";

const OPTIONS: ReplyOptions = { requestId: "req_1", model: "alias", createdAt: 7, streamUsage: false, inputTokensEstimate: 3 };
const reply = (parts: Part[], kind: FinishKind = "stop"): InferenceResponse => ({
  id: "",
  model: "m",
  choices: [{ index: 0, parts, finish: { kind, raw: null } }],
  usage: { uncachedInputTokens: 1, cacheReadTokens: 2, cacheWrite5mTokens: 3, cacheWrite1hTokens: 4, outputTokens: 5 },
});
const firstChoice = (response: InferenceResponse) => (encodeResponse(response, OPTIONS).body.choices as JsonObject[])[0]; // an array of choices

function sent(events: InferenceEvent[], options = OPTIONS): string[] {
  const encoder = streamEncoder(options);
  return events
    .map((event) => encoder.push(event))
    .join("")
    .split("\n\n")
    .filter((frame) => frame !== "")
    .map((frame) => frame.slice("data: ".length));
}

describe("a whole reply", () => {
  it("has every field that the SDKs read", () => {
    expect(encodeResponse(reply([{ type: "text", text: "a" }]), OPTIONS)).toEqual({
      body: {
        id: "chatcmpl-req_1",
        object: "chat.completion",
        created: 7,
        model: "alias",
        choices: [{ index: 0, message: { role: "assistant", content: "a", refusal: null }, logprobs: null, finish_reason: "stop" }],
        usage: {
          prompt_tokens: 10,
          completion_tokens: 5,
          total_tokens: 15,
          prompt_tokens_details: { cached_tokens: 2, cache_write_tokens: 7 },
        },
      },
      warnings: [],
    });
  });

  it("13: of tool calls only has null content", () => {
    const part: Part = { type: "tool-call", id: "a", name: "f", arguments: "{", kind: "function" };
    expect(firstChoice(reply([part], "tool-calls"))).toEqual({
      index: 0,
      message: {
        role: "assistant",
        content: null,
        refusal: null,
        tool_calls: [{ id: "a", type: "function", function: { name: "f", arguments: "{" } }],
      },
      logprobs: null,
      finish_reason: "tool_calls",
    });
  });

  it.each<[FinishKind, string, number]>([
    ["stop", "stop", 0],
    ["stop-sequence", "stop", 0],
    ["length", "length", 0],
    ["refusal", "content_filter", 0],
    ["other", "stop", 0],
    ["pause", "stop", 1],
    ["error", "stop", 1],
  ])("ending %s is %s", (kind, reason, warned) => {
    const { body, warnings } = encodeResponse(reply([], kind), OPTIONS);
    expect(body).toMatchObject({ choices: [{ finish_reason: reason }] });
    expect(warnings).toHaveLength(warned);
  });

  it("says what it leaves out: foreign parts and citations without a web page", () => {
    const cited: Citation = { citedText: "x", raw: { protocol: "anthropic-messages", value: {} } };
    const { warnings, body } = encodeResponse(
      reply([
        { type: "text", text: "a", citations: [cited] },
        { type: "opaque", protocol: "anthropic-messages", value: { type: "server_tool_use" } },
      ]),
      OPTIONS,
    );
    expect(warnings).toEqual([expect.stringContaining("Citations"), expect.stringContaining("server_tool_use")]);
    expect(body).toMatchObject({ choices: [{ message: { content: "a" } }] });
  });

  it("counts citations from the start of all text, streamed too", () => {
    const cited: Citation = { url: "https://a", start: 1, end: 2, raw: { protocol: "anthropic-messages", value: {} } };
    const parts: Part[] = [
      { type: "text", text: "abc" },
      { type: "tool-call", id: "a", name: "f", arguments: "", kind: "function" },
      { type: "text", text: "defg", citations: [cited] },
    ];
    const annotation = { type: "url_citation", url_citation: { url: "https://a", title: "", start_index: 4, end_index: 5 } };
    expect(firstChoice(reply(parts))).toMatchObject({ message: { content: "abcdefg", annotations: [annotation] } });
    const chunks = sent(expandResponse(reply(parts))).filter((data) => data.includes("annotations"));
    expect(chunks.map((data) => JSON.parse(data).choices[0].delta.annotations)).toEqual([[annotation]]);
  });

  it("keeps what the upstream alone had, and the form before tools", () => {
    const body: JsonObject = {
      id: "1",
      object: "chat.completion",
      created: 5,
      model: "alias",
      system_fingerprint: "fp",
      service_tier: "flex",
      provider: "X",
      choices: [
        {
          index: 0,
          native_finish_reason: "STOP",
          message: { role: "assistant", content: null, refusal: null, function_call: { name: "f", arguments: "{}" }, channel: "final" },
          logprobs: null,
          finish_reason: "function_call",
        },
      ],
      usage: {
        prompt_tokens: 1,
        completion_tokens: 2,
        total_tokens: 3,
        cost: 0.5,
        completion_tokens_details: { reasoning_tokens: 0, accepted_prediction_tokens: 0 },
      },
    };
    expect(encodeResponse(decodeResponse(body, OPTIONS), OPTIONS).body).toEqual(body);
  });
});

describe("a stream", () => {
  it("opens with the role, ends with the reason and the end mark, and shows usage only if asked", () => {
    const events = expandResponse(reply([{ type: "text", text: 'a"\n' }]));
    const head = { id: "chatcmpl-req_1", object: "chat.completion.chunk", created: 7, model: "alias" };
    const choice = (delta: object, finish_reason: string | null = null) => [{ index: 0, delta, logprobs: null, finish_reason }];
    const chunks = sent(events);
    expect(chunks.pop()).toBe("[DONE]");
    expect(chunks.map((data) => JSON.parse(data))).toEqual([
      { ...head, choices: choice({ role: "assistant", content: "" }) },
      { ...head, choices: choice({ content: 'a"\n' }) },
      { ...head, choices: choice({}, "stop") },
    ]);
    const asked = sent(events, { ...OPTIONS, streamUsage: true })
      .slice(0, -1)
      .map((data) => JSON.parse(data));
    expect(asked.at(-1)).toMatchObject({ ...head, choices: [], usage: { prompt_tokens: 10, completion_tokens: 5 } });
    expect(asked.slice(0, -1).map(({ usage }) => usage)).toEqual([null, null, null]);
  });

  it("3: names the role once per choice, and an error ends it without an end mark", () => {
    const chunks = sent([
      { type: "start", id: "1", model: "m" },
      { type: "ping" },
      { type: "part-start", choice: 0, part: 0, start: { type: "tool-call", id: "c", name: "f", kind: "function" } },
      { type: "part-end", choice: 0, part: 0 },
      { type: "part-start", choice: 1, part: 0, start: { type: "text" } },
      { type: "part-delta", choice: 1, part: 0, delta: { type: "text", text: "a" } },
      { type: "error", error: { kind: "timeout", message: "Silence." } },
    ]);
    const first = chunks.filter((data) => data.includes('"role"')).map((data) => JSON.parse(data).choices[0]);
    expect(first.map(({ index, delta }) => [index, delta.content])).toEqual([
      [0, null],
      [1, ""],
    ]);
    expect(chunks.at(-1)).toBe('{"error":{"message":"Silence.","type":"server_error","param":null,"code":"stream_timeout"}}');
  });

  it("11: numbers tool calls from 0, whatever stands between them", () => {
    const call = (id: string): Part => ({ type: "tool-call", id, name: "f", arguments: "{}", kind: "function" });
    const chunks = sent(expandResponse(reply([call("a"), { type: "text", text: "t" }, call("b")], "tool-calls")));
    const deltas = chunks.flatMap((data) => (data === "[DONE]" ? [] : (JSON.parse(data).choices[0].delta.tool_calls ?? [])));
    expect(deltas.map(({ index, id }: JsonObject) => [index, id])).toEqual([
      [0, "a"],
      [0, undefined],
      [1, "b"],
      [1, undefined],
    ]);
  });

  it("a citation without a range covers its whole text, also when it came before that text", () => {
    const citation: Citation = { url: "https://a", raw: { protocol: "anthropic-messages", value: {} } };
    const chunks = sent([
      { type: "start", id: "", model: "" },
      { type: "part-start", choice: 0, part: 0, start: { type: "text" } },
      { type: "part-delta", choice: 0, part: 0, delta: { type: "text", text: "ab" } },
      { type: "part-end", choice: 0, part: 0 },
      { type: "part-start", choice: 0, part: 1, start: { type: "text" } },
      { type: "part-delta", choice: 0, part: 1, delta: { type: "citation", citation } },
      { type: "part-delta", choice: 0, part: 1, delta: { type: "text", text: "cde" } },
      { type: "part-end", choice: 0, part: 1 },
    ]);
    const cited = { url: "https://a", title: "", start_index: 2, end_index: 5 };
    expect(JSON.parse(chunks.at(-1) ?? "").choices[0].delta).toEqual({ annotations: [{ type: "url_citation", url_citation: cited }] });
    expect(chunks.filter((data) => data.includes("annotations"))).toHaveLength(1);
  });

  it("15: details of reasoning come once for every part, as soon as one of them needs it", () => {
    const details = (parts: Part[]) =>
      sent(expandResponse(reply(parts))).flatMap((data) =>
        data === "[DONE]" ? [] : (JSON.parse(data).choices[0].delta.reasoning_details ?? []),
      );
    const unsigned: Part = { type: "reasoning", text: "h" };
    const said: Part = { type: "text", text: "a" };
    expect(details([unsigned, said])).toEqual([]);
    expect(details([unsigned, said, { type: "reasoning", text: "", signature: "" }])).toEqual([
      { type: "reasoning.text", text: "h", index: 0 },
      { type: "reasoning.text", text: "", signature: "", format: "anthropic-claude-v1", index: 2 },
    ]);
    expect(firstChoice(reply([unsigned, said]))).toMatchObject({ message: { reasoning_content: "h" } });
    expect(firstChoice(reply([unsigned, said]))).not.toHaveProperty("message.reasoning_details");
  });

  it("keeps the form before tools for a reply that came in it", () => {
    const legacy: Part = {
      type: "tool-call",
      id: "a",
      name: "f",
      arguments: "{}",
      kind: "function",
      extensions: { "openai-chat": { legacy: true } },
    };
    const chunks = sent(expandResponse(reply([legacy], "tool-calls"))).slice(0, -1);
    expect(chunks.slice(1).map((data) => JSON.parse(data).choices[0])).toMatchObject([
      { delta: { function_call: { name: "f", arguments: "" } } },
      { delta: { function_call: { arguments: "{}" } } },
      { delta: {}, finish_reason: "function_call" },
    ]);
  });

  it("shows nothing of parts that only another protocol has", () => {
    const chunks = sent(expandResponse(reply([{ type: "opaque", protocol: "anthropic-messages", value: { type: "server_tool_use" } }])));
    expect(chunks).toHaveLength(3);
    expect(chunks.join()).not.toContain("server_tool_use");
  });
});
