/** Recorded replies, stored and given again: whatever protocol asks, whole or streaming, they are the reply that was recorded. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type CorpusCase, loadCases } from "../../test/support/corpus/cases";
import { SseDecoder } from "../core/sse";
import { collectEvents, type InferenceEvent, type InferenceResponse, type JsonObject } from "../inference";
import { protocols } from "../protocols";
import { isStorable, replayable } from "./entry";
import { replayStream } from "./replay";

const CORPUS = join(import.meta.dirname, "../../../shared/corpus");
const present = existsSync(CORPUS);
if (!present) console.log("corpus.test.ts: skipped, there is no recorded traffic beside this repository (../shared/corpus).");

const HINTS = { requestId: "req_1" };
const OPTIONS = { requestId: "req_1", model: "m", createdAt: 1, streamUsage: true, inputTokensEstimate: 1 };
const recorded = (present ? loadCases(CORPUS) : [])
  .filter(({ kind }) => kind === "message")
  .map((one) => ({ id: one.id, wire: one.wire, response: responseOf(one) }));
const storable = recorded.filter(({ response }) => isStorable(response));

describe.skipIf(!present)("recorded replies, given again (PITFALLS C 27)", () => {
  it("are nearly all worth storing", () => expect(storable.length).toBeGreaterThan(recorded.length / 2));

  describe.each(["openai-chat", "anthropic-messages"] as const)("in %s", (id) => {
    it.each(storable)("$id ($wire)", async ({ response }) => {
      const protocol = protocols[id];
      const shown = replayable(JSON.parse(JSON.stringify(response)) as InferenceResponse);
      const whole = protocol.decodeResponse(JSON.parse(JSON.stringify(protocol.encodeResponse(shown, OPTIONS).body)) as JsonObject, HINTS);
      const streamed = collectEvents(await eventsOf(new Response(replayStream(shown, protocol, OPTIONS, 0)), id));
      expect(streamed.complete).toBe(true);
      for (const again of [whole, streamed.response]) {
        expect(again.choices.slice(0, 1).map(essence)).toEqual(response.choices.slice(0, 1).map(essence));
        if (response.usage?.outputTokens !== undefined && again.usage) expect(again.usage.outputTokens).toBe(response.usage.outputTokens);
        expect(again.usage?.cacheWrite5mTokens ?? 0).toBe(0);
      }
    });
  });
});

/** What must be equal whatever the protocol: text, calls, finish reason; reasoning where the wire has a place for it. */
function essence({ parts, finish }: InferenceResponse["choices"][number]): object {
  const text = parts.map((part) => (part.type === "text" ? part.text : "")).join("");
  const calls = parts.flatMap((part) => (part.type === "tool-call" ? [[part.name, argumentsOf(part.arguments)]] : []));
  return { text, calls, finish: finish.kind === "stop-sequence" ? "stop" : finish.kind };
}

/** A call's arguments by their meaning: a wire that has JSON alone spaces them otherwise, and wraps free text in an object. */
function argumentsOf(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text || "{}");
    return typeof value === "object" && value !== null && "input" in value && Object.keys(value).length === 1 ? value.input : value;
  } catch {
    return text;
  }
}

function responseOf({ wire, streaming, body }: CorpusCase): InferenceResponse {
  const protocol = protocols[wire];
  if (!streaming) return protocol.decodeResponse(JSON.parse(body.toString()) as JsonObject, HINTS);
  const [sse, decoder] = [new SseDecoder(), protocol.streamDecoder(HINTS)];
  const frames = [...sse.push(body), ...sse.end()];
  return collectEvents([...frames.flatMap((frame) => decoder.push(frame)), ...decoder.end()]).response;
}

async function eventsOf(response: Response, id: "openai-chat" | "anthropic-messages"): Promise<InferenceEvent[]> {
  const [sse, decoder] = [new SseDecoder(), protocols[id].streamDecoder(HINTS)];
  const frames = [...sse.push(new Uint8Array(await response.arrayBuffer())), ...sse.end()];
  return [...frames.flatMap((frame) => decoder.push(frame)), ...decoder.end()];
}
