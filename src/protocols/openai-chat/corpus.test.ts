/** Recorded traffic of many vendors: whatever they send, the same reply is read, however its bytes are cut. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { SseDecoder } from "../../core/sse";
import type { Choice, InferenceEvent, InferenceResponse, JsonObject, Part, Usage } from "../../inference";
import { Collector, collectEvents, expandResponse, inputTokensTotal } from "../../inference";
import type { ReplyOptions } from "../protocol";
import { openaiChat } from ".";

const CORPUS = join(import.meta.dirname, "../../../../shared/corpus");
const present = existsSync(CORPUS);
if (!present) console.log("corpus.test.ts: skipped, there is no recorded traffic beside this repository (../shared/corpus).");

interface ExpectedCall {
  id: string | null;
  name: string;
  arguments: unknown;
  arguments_raw?: string;
  custom?: boolean;
}
interface ExpectedChoice {
  text: string;
  thinking: string;
  refusal: string | null;
  tool_calls: ExpectedCall[];
  stop: { wire: string; normal: string } | null;
}
interface Expected extends ExpectedChoice {
  id: string;
  model: string;
  kind: "message" | "error" | "stream-error" | "failed";
  http: { status: number };
  usage: Record<"input" | "output" | "cached_read" | "cache_write" | "reasoning" | "input_total" | "total", number | null> | null;
  choices?: ExpectedChoice[];
  error: Record<"type" | "code" | "message" | "param", string | number | null> | null;
  terminated?: boolean;
  logprobs?: number;
  transcript?: string;
  annotations?: number;
}
interface Case {
  name: string;
  expected: Expected;
  request?: JsonObject;
  body: Uint8Array;
  isStream: boolean;
}

const HINTS = { requestId: "req_1" };
const cases = present ? readCases() : [];
const replies = cases.filter(({ expected, isStream }) => expected.kind === "message" && !isStream);
const streams = cases.filter(({ expected, isStream }) => expected.kind === "message" && isStream);
const failedStreams = cases.filter(({ expected }) => expected.kind === "stream-error");
const errors = cases.filter(({ expected }) => expected.kind === "error");

describe.skipIf(!present)("recorded replies", () => {
  it("are there in number", () => {
    expect(replies.length + streams.length).toBeGreaterThan(80);
    expect(errors.length).toBeGreaterThan(30);
    expect(failedStreams.length).toBeGreaterThan(1);
  });

  it.each(cases.filter(({ request, expected }) => request && expected.kind !== "error"))(
    "$name: its request is accepted",
    ({ request }) => {
      // Azure names the model in the URL.
      expect(openaiChat.decodeRequest({ model: "gpt-4o", ...request }).turns.length).toBeGreaterThan(0);
    },
  );

  it.each(replies)("$name: is read", ({ expected, body }) => {
    const response = openaiChat.decodeResponse(json(body), HINTS);
    expectReply(response, expected);
  });

  it.each(replies)("$name: is the same after encoding it anew, whole and streamed", ({ expected, body }) => {
    const response = openaiChat.decodeResponse(json(body), HINTS);
    const again = openaiChat.decodeResponse(reparse(openaiChat.encodeResponse(response, optionsFor(response)).body), HINTS);
    expectReply(again, expected);
    expect(plain(again)).toEqual(plain(response));
    const streamed = collectEvents(decodeStream(split(encodeStream(expandResponse(response), response), [])));
    expect(streamed.complete).toBe(true);
    expect(plain(streamed.response)).toEqual(plain(response));
  });

  it.each(streams)("$name: the stream is read, however it is cut", ({ expected, body }) => {
    const whole = collectEvents(decodeStream([body]));
    expect(whole.error).toBeUndefined();
    expect(whole.complete).toBe(true);
    expectReply(whole.response, expected);
    const cuts = [Array.from(body, (_, i) => i), randomCuts(body.length, 1), randomCuts(body.length, 2)];
    for (const at of cuts) expect(collectEvents(decodeStream(split(body, at)))).toEqual(whole);
  });

  it.each(streams)("$name: the stream is the same after encoding it anew, streamed and whole", ({ expected, body }) => {
    const events = decodeStream([body]);
    const { response } = collectEvents(events);
    const streamed = collectEvents(decodeStream(split(encodeStream(events, response), randomCuts(body.length, 3))));
    expect(streamed.complete).toBe(true);
    expectReply(streamed.response, expected);
    expect(plain(streamed.response)).toEqual(plain(response));
    const again = openaiChat.decodeResponse(reparse(openaiChat.encodeResponse(response, optionsFor(response)).body), HINTS);
    expectReply(again, expected);
  });

  it.each(failedStreams)("$name: the failure within the stream is told and nothing follows", ({ expected, body }) => {
    for (const cut of [[], randomCuts(body.length, 4)]) {
      const { error, complete, response } = collectEvents(decodeStream(split(body, cut)));
      expect(complete).toBe(false);
      expect(error?.kind).toBe("upstream");
      expectError(error ?? {}, expected);
      expect(summary(response.choices[0]).thinking).toBe(expected.thinking);
    }
    const sent = new TextDecoder().decode(encodeStream(decodeStream([body]), { id: "", model: "", choices: [] }));
    expect(sent).toContain('data: {"error":{');
    expect(sent).not.toContain("[DONE]");
    expect(sent).not.toContain('"finish_reason":"');
  });

  it.each(streams)("$name: cut short anywhere, the stream never ends as if it were whole", ({ body }) => {
    const finish = new TextDecoder().decode(body).search(/"finish_reason":\s*"(?!")/);
    const last = finish === -1 ? new TextDecoder().decode(body).lastIndexOf("data: [DONE]") : finish;
    for (const at of randomCuts(last, 5).slice(0, 20)) {
      const { complete, error } = collectEvents(decodeStream([body.subarray(0, at)]));
      expect(complete).toBe(false);
      expect(["truncated", "malformed"]).toContain(error?.kind);
    }
  });
});

describe.skipIf(!present)("recorded errors", () => {
  it.each(errors)("$name: is read", ({ expected, body }) => {
    const read = openaiChat.decodeError(expected.http.status, new TextDecoder().decode(body));
    if (expected.error?.message?.toString().startsWith("<")) {
      expect(read.message).not.toContain("<");
      expect(read).toMatchObject({ native: false });
      return;
    }
    expectError(read, expected);
    expect(read.native).toBe(typeof (json(body).error as JsonObject | undefined)?.message === "string");
  });
});

function expectReply(response: InferenceResponse, expected: Expected): void {
  // Where the upstream gave no id, one is made of the request's.
  expect([expected.id ?? "", expected.id || "chatcmpl-req_1"]).toContain(response.id);
  if (expected.model) expect(response.model).toBe(expected.model);
  const wanted = expected.choices ?? [expected];
  expect(response.choices).toHaveLength(wanted.length);
  for (const [i, choice] of wanted.entries()) {
    const seen = summary(response.choices[i]);
    expect(seen.text).toBe(choice.text);
    expect(seen.thinking).toBe(choice.thinking);
    expect(seen.refusal).toBe(choice.refusal || null);
    expect(seen.calls.map(({ name }) => name)).toEqual(choice.tool_calls.map(({ name }) => name));
    for (const [k, call] of choice.tool_calls.entries()) {
      const { id, text, kind } = seen.calls[k] ?? { id: "", text: "", kind: "" };
      if (call.id) expect(id).toBe(call.id);
      else expect(id).toMatch(/^call_req_1_/);
      if (call.arguments_raw !== undefined) expect(text).toBe(call.arguments_raw);
      else expect(call.custom ? text : JSON.parse(text)).toEqual(call.arguments);
      expect(kind).toBe(call.custom ? "custom" : "function");
    }
    if (choice.stop) {
      expect(seen.finish).toBe(choice.stop.normal.replace("_", "-"));
    } else {
      expect(seen.finish).toBe(choice.tool_calls.length > 0 ? "tool-calls" : "stop");
    }
  }
  expectUsage(response.usage, expected.usage);
  if (expected.logprobs !== undefined) expect(response.choices[0]?.logprobs?.content?.length ?? 0).toBe(expected.logprobs);
  if (expected.transcript) expect(JSON.stringify(response.choices[0]?.parts)).toContain(expected.transcript);
}

function expectUsage(usage: Usage | undefined, expected: Expected["usage"]): void {
  if (!expected) {
    expect(usage).toBeUndefined();
    return;
  }
  if (!usage) throw new Error("usage is missing");
  // xAI counts reasoning beside the completion; the neutral form counts it within.
  const apart = expected.reasoning && expected.total === (expected.input ?? 0) + (expected.output ?? 0) + expected.reasoning;
  expect(usage.outputTokens).toBe((expected.output ?? 0) + (apart ? (expected.reasoning ?? 0) : 0));
  expect(inputTokensTotal(usage)).toBe(expected.input_total);
  expect(usage.cacheReadTokens ?? 0).toBe(expected.cached_read ?? 0);
  expect(usage.cacheWrite5mTokens ?? 0).toBe(expected.cache_write ?? 0);
  if (expected.reasoning !== null) expect(usage.reasoningTokens).toBe(expected.reasoning);
}

function expectError(read: { message?: string; type?: string; code?: string; param?: string }, { error }: Expected): void {
  expect(read.message).toBe(error?.message);
  expect(read.type ?? null).toBe(error?.type ?? null);
  expect(read.code ?? null).toBe(error?.code === null || error?.code === undefined ? null : String(error.code));
  expect(read.param ?? null).toBe(error?.param ?? null);
}

function summary(choice: Choice | undefined) {
  const texts = (type: Part["type"]) =>
    (choice?.parts ?? []).map((part) => (part.type === type && "text" in part ? part.text : "")).join("");
  return {
    text: texts("text"),
    thinking: texts("reasoning"),
    refusal: texts("refusal") || null,
    calls: (choice?.parts ?? [])
      .filter((part) => part.type === "tool-call")
      .map(({ id, name, arguments: text, kind }) => ({ id, name, text, kind })),
    finish: choice?.finish.kind,
  };
}

/** What a client of this wire can see in both forms: all but what the vendor alone has. */
function plain(response: InferenceResponse) {
  const { choices, usage, id, extensions: _, ...rest } = response;
  return {
    ...rest,
    id: id || "chatcmpl-req_1",
    usage: usage && { ...usage, raw: undefined, serviceTier: undefined },
    choices: choices.map(({ extensions: __, finish, ...choice }) => ({ ...choice, finish: finish.kind })),
  };
}

function optionsFor({ model }: InferenceResponse): ReplyOptions {
  return { ...HINTS, model, createdAt: 1, streamUsage: true, inputTokensEstimate: 0 };
}

function encodeStream(events: readonly InferenceEvent[], response: InferenceResponse): Uint8Array {
  const encoder = openaiChat.streamEncoder(optionsFor(response));
  return new TextEncoder().encode(events.map((event) => encoder.push(event)).join(""));
}

/** Checks the order of events on the way. */
function decodeStream(pieces: readonly Uint8Array[]): InferenceEvent[] {
  const sse = new SseDecoder();
  const decoder = openaiChat.streamDecoder(HINTS);
  const collector = new Collector();
  const events: InferenceEvent[] = [];
  const take = (more: InferenceEvent[]) => {
    for (const event of more) collector.push(event);
    events.push(...more);
  };
  for (const piece of pieces) for (const frame of sse.push(piece)) take(decoder.push(frame));
  for (const frame of sse.end()) take(decoder.push(frame));
  take(decoder.end());
  return events;
}

function split(body: Uint8Array, at: readonly number[]): Uint8Array[] {
  const edges = [0, ...at, body.length];
  return edges.slice(1).map((end, i) => body.subarray(edges[i], end));
}

/** About forty places, the same for the same seed. */
function randomCuts(length: number, seed: number): number[] {
  let state = seed * 0x9e3779b9;
  const cuts = Array.from({ length: 40 }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state % Math.max(length, 1);
  });
  return cuts.sort((a, b) => a - b);
}

function json(body: Uint8Array): JsonObject {
  return JSON.parse(new TextDecoder().decode(body));
}

function reparse(body: JsonObject): JsonObject {
  return JSON.parse(JSON.stringify(body));
}

function readCases(): Case[] {
  const found: Case[] = [];
  for (const provider of readdirSync(CORPUS, { withFileTypes: true })) {
    const folder = join(CORPUS, provider.name, "openai-chat");
    if (!provider.isDirectory() || !existsSync(folder)) continue;
    for (const name of readdirSync(folder)) {
      const at = (file: string) => join(folder, name, file);
      const isStream = existsSync(at("response.sse"));
      const read = (file: string) => new Uint8Array(readFileSync(at(file)));
      found.push({
        name: `${provider.name} ${name}`,
        expected: JSON.parse(readFileSync(at("expect.json"), "utf8")),
        ...(existsSync(at("request.json")) ? { request: json(read("request.json")) } : {}),
        body: isStream ? read("response.sse") : readBody(folder, name),
        isStream,
      });
    }
  }
  return found;
}

/** Most bodies are `response.json`; one that is no JSON has another ending. */
function readBody(folder: string, name: string): Uint8Array {
  const file = readdirSync(join(folder, name)).find((entry) => entry.startsWith("response.")) ?? "";
  return new Uint8Array(readFileSync(join(folder, name, file)));
}
