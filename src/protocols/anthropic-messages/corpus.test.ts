/** Recorded answers of Anthropic's API, read whole and in pieces, against what a correct client must have seen. */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { seeded } from "../../../test/support/seeded";
import { SseDecoder } from "../../core/sse";
import { type Collected, Collector, type InferenceResponse, type JsonObject, type Part } from "../../inference";
import { anthropicMessages } from ".";
import { CAPABLE } from "./capable.fixture";

const CORPUS = fileURLToPath(new URL("../../../../shared/corpus/", import.meta.url).href);
const SPLITS = 3;
const HINTS = { requestId: "req_1" };

interface Case {
  case: string;
  dir: string;
  wire: string;
  streaming: boolean;
  kind: string;
  status: number;
  has_request: boolean;
}

interface Expected {
  id: string;
  model: string;
  text: string;
  thinking: string;
  tool_calls: { id: string; name: string; arguments: unknown; arguments_raw?: string }[];
  stop: { wire: string; normal: string; sequence?: string } | null;
  usage: { input: number; output: number; cached_read: number | null; cache_write: number | null; reasoning: number | null };
  citations?: number;
  server_tools?: string[];
  thinking_signatures?: unknown;
  blocks: string[];
  error: { type: string; message: string } | null;
}

const cases = readCases();

function readCases(): Case[] {
  if (!existsSync(join(CORPUS, "index.json"))) {
    console.log("The corpus of recorded answers is not beside this repository: its tests are skipped.");
    return [];
  }
  const index: { index: Case[] } | Case[] = JSON.parse(readFileSync(join(CORPUS, "index.json"), "utf8"));
  return (Array.isArray(index) ? index : index.index).filter(({ wire }) => wire === "anthropic-messages");
}

function read(entry: Case, file: string): Uint8Array {
  return readFileSync(join(CORPUS, entry.dir, file));
}

function readText(entry: Case, file: string): string {
  return readFileSync(join(CORPUS, entry.dir, file), "utf8");
}

function readJson<Value>(entry: Case, file: string): Value {
  return JSON.parse(readText(entry, file));
}

function* pieces(bytes: Uint8Array, random: (() => number) | "whole" | "bytes"): Iterable<Uint8Array> {
  if (random === "whole") yield bytes;
  else if (random === "bytes") for (let at = 0; at < bytes.length; at += 1) yield bytes.subarray(at, at + 1);
  else {
    for (let at = 0; at < bytes.length; ) {
      const end = at + 1 + Math.floor(random() * random() * 400);
      yield bytes.subarray(at, end);
      at = end;
    }
  }
}

function decodeStream(chunks: Iterable<Uint8Array>): Collected {
  const sse = new SseDecoder();
  const decoder = anthropicMessages.streamDecoder(HINTS);
  const collector = new Collector();
  const push = (frames: ReturnType<SseDecoder["push"]>) => {
    for (const frame of frames) for (const event of decoder.push(frame)) collector.push(event);
  };
  for (const chunk of chunks) push(sse.push(chunk));
  push(sse.end());
  for (const event of decoder.end()) collector.push(event);
  return collector.result();
}

const NORMAL: Record<string, string> = { "stop-sequence": "stop_sequence", "tool-calls": "tool_calls" };

function check(response: InferenceResponse, expected: Expected): void {
  const choice = response.choices[0];
  const parts: Part[] = choice?.parts ?? [];
  const texts = parts.flatMap((part) => (part.type === "text" ? [part.text] : []));
  const thoughts = parts.flatMap((part) => (part.type === "reasoning" ? [part.text] : []));
  const calls = parts.flatMap((part) => (part.type === "tool-call" ? [part] : []));
  expect(response.id).toBe(expected.id);
  expect(response.model).toBe(expected.model);
  expect(texts.join("")).toBe(expected.text);
  expect(thoughts.join("")).toBe(expected.thinking);
  expect(calls.map(({ id, name }) => ({ id, name }))).toEqual(expected.tool_calls.map(({ id, name }) => ({ id, name })));
  for (const [index, call] of expected.tool_calls.entries()) {
    const text = calls[index]?.arguments ?? "";
    if (call.arguments_raw !== undefined) expect(text).toBe(call.arguments_raw);
    else expect(JSON.parse(text || "{}")).toEqual(call.arguments);
  }
  if (expected.stop) {
    const { kind, raw, stopSequence } = choice?.finish ?? {};
    expect({ kind: NORMAL[kind ?? ""] ?? kind, raw }).toEqual({ kind: expected.stop.normal, raw: expected.stop.wire });
    if (expected.stop.sequence !== undefined) expect(stopSequence).toBe(expected.stop.sequence);
  }
  const { usage } = response;
  const writes = (usage?.cacheWrite5mTokens ?? 0) + (usage?.cacheWrite1hTokens ?? 0);
  expect({
    input: usage?.uncachedInputTokens,
    output: usage?.outputTokens,
    cached_read: usage?.cacheReadTokens ?? null,
    cache_write: usage?.cacheWrite5mTokens === undefined && usage?.cacheWrite1hTokens === undefined ? null : writes,
    reasoning: usage?.reasoningTokens ?? null,
  }).toEqual({
    input: expected.usage.input,
    output: expected.usage.output,
    cached_read: expected.usage.cached_read,
    cache_write: expected.usage.cache_write,
    reasoning: expected.usage.reasoning,
  });
  const signatures = parts.flatMap((part) => (part.type === "reasoning" ? [part.signature] : []));
  if (expected.thinking_signatures !== undefined) checkSignatures(signatures, expected.thinking_signatures);
  if (expected.citations !== undefined) {
    expect(parts.flatMap((part) => (part.type === "text" ? (part.citations ?? []) : []))).toHaveLength(expected.citations);
  }
  const opaque = parts.flatMap((part) => (part.type === "opaque" ? [part.value] : []));
  expect(opaque.filter(({ type }) => type === "server_tool_use").map(({ name }) => name)).toEqual(
    expect.arrayContaining(expected.server_tools ?? []),
  );
  expect(parts.map(blockType)).toEqual(expected.blocks);
}

function checkSignatures(signatures: (string | undefined)[], expected: unknown): void {
  if (typeof expected === "number") expect(signatures.filter((signature) => signature !== undefined)).toHaveLength(expected);
  else expect(signatures).toEqual(expected);
}

function blockType(part: Part): unknown {
  switch (part.type) {
    case "opaque":
      return part.value.type;
    case "reasoning":
      return "thinking";
    case "redacted-reasoning":
      return "redacted_thinking";
    case "tool-call":
      return "tool_use";
    default:
      return part.type;
  }
}

/** Without what a second encoding may write in another way: the usage object as it came, absent figures, argument text. */
function comparable(response: InferenceResponse): unknown {
  const { raw: _raw, ...usage } = response.usage ?? { raw: {} };
  return {
    ...response,
    usage,
    choices: response.choices.map((choice) => ({
      ...choice,
      parts: choice.parts.map((part) => (part.type === "tool-call" ? { ...part, arguments: JSON.parse(part.arguments) } : part)),
    })),
  };
}

function optionsFor(response: InferenceResponse) {
  return { requestId: "req_1", model: response.model, createdAt: 0, streamUsage: true, inputTokensEstimate: 7 };
}

const successes = cases.filter(({ kind }) => kind === "message");

describe.skipIf(cases.length === 0)("recorded requests", () => {
  const asked = cases.filter((entry) => entry.has_request && entry.kind !== "error");
  it.each(asked.map((entry) => [entry.case, entry] as const))("%s is accepted and survives the neutral form", (_, entry) => {
    const body = readJson<JsonObject>(entry, "request.json");
    const request = anthropicMessages.decodeRequest(body);
    const reasoning = request.reasoning?.mode === "enabled" ? "budget" : "adaptive";
    const encoded = anthropicMessages.encodeRequest(request, request.model, { ...CAPABLE, reasoning });
    expect(encoded.warnings).toEqual([]);
    // Schemas are brought into the form that the API holds models to, so they alone may differ.
    const again = anthropicMessages.decodeRequest(encoded.body);
    expect({ ...again, outputFormat: undefined }).toEqual({ ...request, outputFormat: undefined });
    expect(again.outputFormat?.type).toBe(request.outputFormat?.type);
  });
});

describe.skipIf(cases.length === 0)("recorded replies", () => {
  const whole = successes.filter(({ streaming }) => !streaming);
  it.each(whole.map((entry) => [entry.case, entry] as const))("%s", (_, entry) => {
    const response = anthropicMessages.decodeResponse(readJson(entry, "response.json"), HINTS);
    check(response, readJson(entry, "expect.json"));
    const again = anthropicMessages.encodeResponse(response, optionsFor(response));
    expect(comparable(anthropicMessages.decodeResponse(again.body, HINTS))).toEqual(comparable(response));
    expect(again.warnings).toEqual([]);
  });
});

describe.skipIf(cases.length === 0)("recorded streams", () => {
  const streams = cases.filter(({ streaming }) => streaming);
  it.each(streams.map((entry) => [entry.case, entry] as const))("%s", (_, entry) => {
    const bytes = read(entry, "response.sse");
    const expected = readJson<Expected>(entry, "expect.json");
    const collected = decodeStream(pieces(bytes, "whole"));
    check(collected.response, expected);
    expect(collected.complete).toBe(expected.error === null);
    if (expected.error) {
      expect(collected.error).toMatchObject({ kind: "upstream", type: expected.error.type, message: expected.error.message });
    }
    if (bytes.length < 60_000) expect(decodeStream(pieces(bytes, "bytes"))).toEqual(collected);
    for (let seed = 0; seed < SPLITS; seed += 1) expect(decodeStream(pieces(bytes, seeded(seed)))).toEqual(collected);
  });

  it.each(streams.filter(({ kind }) => kind === "message").map((entry) => [entry.case, entry] as const))(
    "%s, written anew, reads the same",
    (_, entry) => {
      const { response } = decodeStream(pieces(read(entry, "response.sse"), "whole"));
      const encoder = anthropicMessages.streamEncoder(optionsFor(response));
      const sse = new SseDecoder();
      const decoder = anthropicMessages.streamDecoder(HINTS);
      const frames = [...sse.push(read(entry, "response.sse")), ...sse.end()];
      const events = [...frames.flatMap((frame) => decoder.push(frame)), ...decoder.end()];
      const text = events.map((event) => encoder.push(event)).join("");
      const again = decodeStream(pieces(new TextEncoder().encode(text), seeded(7)));
      expect(again.complete).toBe(true);
      expect({ ...again.response, usage: undefined }).toEqual({ ...response, usage: undefined });
      expect(withoutRaw(again.response)).toMatchObject(withoutRaw(response));
    },
  );
});

function withoutRaw(response: InferenceResponse): object {
  const { raw: _raw, ...usage } = response.usage ?? { raw: {} };
  return usage;
}

describe.skipIf(cases.length === 0)("recorded errors", () => {
  it.each(cases.filter(({ kind }) => kind === "error").map((entry) => [entry.case, entry] as const))("%s", (_, entry) => {
    const { error } = readJson<Expected>(entry, "expect.json");
    const decoded = anthropicMessages.decodeError(entry.status, readText(entry, "response.json"));
    expect(decoded).toMatchObject({ type: error?.type, message: error?.message, native: true });
  });
});
