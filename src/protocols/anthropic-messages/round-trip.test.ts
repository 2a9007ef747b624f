/** The laws of `Protocol`, on neutral forms that this wire can carry. */
import Anthropic from "@anthropic-ai/sdk";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SseDecoder } from "../../core/sse";
import {
  Collector,
  expandResponse,
  type FinishReason,
  type FunctionTool,
  type InferenceEvent,
  type InferenceRequest,
  type InferenceResponse,
  inputTokensTotal,
  type JsonObject,
  type OutputFormat,
  type Part,
  type Tool,
  type Turn,
  type Usage,
} from "../../inference";
import { anthropicMessages } from ".";
import { CAPABLE } from "./capable.fixture";
import { decodeCitation } from "./citations";

/** Examples per property: a few seconds in all. */
const RUNS = 300;
const HINTS = { requestId: "req_1" };
const OWN = "anthropic-messages" as const;

// ---- pieces ----

const json = fc.jsonValue({ maxDepth: 2 }).map((value): JsonObject[string] => JSON.parse(JSON.stringify(value)));
const jsonObject = fc
  .dictionary(fc.string({ maxLength: 8 }), json, { maxKeys: 3 })
  .map((value): JsonObject => JSON.parse(JSON.stringify(value)));
const anyText = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 30 }),
  fc.constantFrom("\r\n", "\u2028x", "a\u0000b", "data: x\n\nevent: y", "🗼"),
);
const text = anyText.filter((value) => value.trim() !== "");
const name = fc.stringMatching(/^[a-zA-Z0-9_-]{1,20}$/);
const number = fc.nat({ max: 1_000_000 });

/** Without the fields that are undefined. */
function compact<Value extends object>(value: { [Key in keyof Value]: Value[Key] | undefined }): Value {
  // Every field that is left has its value.
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Value;
}

const optional = <Value>(arbitrary: fc.Arbitrary<Value>) => fc.option(arbitrary, { nil: undefined, freq: 3 });

const cacheHint = fc.constantFrom({}, { ttl: "5m" as const }, { ttl: "1h" as const });
const unknownField = fc.constantFrom("x_note", "future").chain((key) => json.map((value) => ({ [OWN]: { [key]: value } })));
const citation = fc
  .record({
    type: fc.constantFrom("char_location", "web_search_result_location"),
    cited_text: anyText,
    url: fc.webUrl(),
    document_title: optional(anyText),
  })
  .map((value) => decodeCitation(compact<JsonObject>(value)));

const textPart = fc
  .record({ text, citations: optional(fc.array(citation, { minLength: 1, maxLength: 2 })), cacheHint: optional(cacheHint) })
  .map((part): Part => ({ type: "text", ...compact<{ text: string }>(part) }));
const opaquePart = fc
  .record({ type: fc.constantFrom("server_tool_use", "web_search_tool_result", "from_the_future"), value: json })
  .map((value): Part => ({ type: "opaque", protocol: OWN, value }));
const mediaSource = fc.oneof(
  fc.record({ kind: fc.constant("url" as const), url: fc.webUrl() }),
  fc.record({ kind: fc.constant("file" as const), fileId: name }),
);
const imagePart = fc
  .record({
    source: fc.oneof(
      mediaSource,
      fc.record({ kind: fc.constant("base64" as const), mediaType: fc.constantFrom("image/png", "image/webp"), data: name }),
    ),
    cacheHint: optional(cacheHint),
    extensions: optional(unknownField),
  })
  .map((part): Part => compact({ type: "image", ...part }));
const documentPart = fc
  .record({
    source: fc.oneof(
      mediaSource,
      fc.record({ kind: fc.constant("base64" as const), mediaType: fc.constant("application/pdf"), data: name }),
      fc.record({ kind: fc.constant("text" as const), mediaType: fc.constant("text/plain"), text: anyText }),
    ),
    title: optional(anyText),
    context: optional(anyText),
    citations: optional(fc.boolean()),
    cacheHint: optional(cacheHint),
    extensions: optional(unknownField),
  })
  .map((part): Part => compact({ type: "document", ...part }));
const reasoningPart = fc.record({ text: anyText, signature: anyText }).map((part): Part => ({ type: "reasoning", ...part }));
const redactedPart = anyText.map((data): Part => ({ type: "redacted-reasoning", data }));
const caller = fc.constant({ [OWN]: { caller: { type: "code_execution_20250825", tool_id: "srvtoolu_1" } } });
const callPart = fc
  .record({ name, input: jsonObject, cacheHint: optional(cacheHint), extensions: optional(fc.oneof(caller, unknownField)) })
  .map(({ input, ...part }) => compact<Part>({ type: "tool-call", id: "", arguments: JSON.stringify(input), kind: "function", ...part }));

// ---- requests ----

const userTurn = fc
  .record({
    parts: fc.array(fc.oneof(textPart, imagePart, documentPart, opaquePart), { minLength: 1, maxLength: 3 }),
    extensions: optional(unknownField),
  })
  .map((turn): Turn => compact({ role: "user", ...turn }));
const systemTurn = fc.array(
  textPart.map((part) => (part.type === "text" ? compact<Part>({ ...part, citations: undefined }) : part)),
  { minLength: 1, maxLength: 2 },
);
const assistantTurn = fc
  .array(fc.oneof(textPart, reasoningPart, redactedPart, opaquePart, callPart), { minLength: 1, maxLength: 4 })
  .map((parts): Turn => ({ role: "assistant", parts }));
const resultContent = fc.array(fc.oneof(textPart, imagePart, documentPart, opaquePart), { maxLength: 2 });

/** One exchange: what the user says, perhaps a system message, what the assistant says, and the results of its calls. */
const round = fc.record({
  user: userTurn,
  system: optional(systemTurn),
  assistant: assistantTurn,
  results: resultContent,
  isError: optional(fc.boolean()),
});

const turns = fc
  .record({ system: optional(systemTurn), rounds: fc.array(round, { maxLength: 3 }), last: userTurn })
  .map(({ system, rounds, last }) => {
    const all: Turn[] = system ? [{ role: "system", parts: system }] : [];
    for (const [index, { user, system: later, assistant, results, isError }] of rounds.entries()) {
      all.push(user);
      if (later) all.push({ role: "system", parts: later });
      const parts = assistant.parts.map(
        (part, position): Part => (part.type === "tool-call" ? { ...part, id: `call_${index}_${position}` } : part),
      );
      all.push({ ...assistant, parts });
      const calls = parts.flatMap((part) => (part.type === "tool-call" ? [part.id] : []));
      if (calls.length > 0) {
        all.push({
          role: "tool",
          parts: calls.map((callId) =>
            compact<Part>({ type: "tool-result", callId, content: results.filter((part) => isResultContent(part)), isError }),
          ),
        });
      }
    }
    return [...all, last];
  });

function isResultContent(part: Part): part is Extract<Part, { type: "text" | "image" | "document" | "opaque" }> {
  return part.type === "text" || part.type === "image" || part.type === "document" || part.type === "opaque";
}

const functionTool = fc
  .record({
    name,
    description: optional(anyText),
    parameters: jsonObject.map((schema): JsonObject => ({ ...schema, type: "object", properties: { cache_control: { type: "string" } } })),
    cacheHint: optional(cacheHint),
    extensions: optional(unknownField),
  })
  .map((tool) => compact<FunctionTool>({ kind: "function", ...tool }));
const opaqueTool = name.map((type): Tool => ({ kind: "opaque", protocol: OWN, value: { type: `${type}_20250305`, name: type } }));
const tools = fc.uniqueArray(fc.oneof(functionTool, opaqueTool), {
  minLength: 1,
  maxLength: 3,
  selector: (tool) => (tool.kind === "opaque" ? tool.value.type : tool.name),
});

const outputFormat = fc.constant<OutputFormat>({
  type: "json-schema",
  schema: { type: "object", properties: { answer: { type: "string" } }, additionalProperties: false, required: ["answer"] },
});

const plainRequest = fc
  .record({
    model: name,
    turns,
    outputFormat: optional(outputFormat),
    reasoning: optional(
      fc.oneof(
        fc.constant({ mode: "disabled" as const }),
        fc.record({ mode: fc.constant("adaptive" as const), effort: fc.constantFrom("low" as const, "max" as const) }),
        fc.constant({ mode: "adaptive" as const }),
      ),
    ),
    outputTokensMax: fc.integer({ min: 1, max: 128_000 }),
    stream: fc.boolean(),
    endUser: optional(anyText),
    cacheHint: optional(cacheHint),
    extensions: optional(unknownField),
    temperature: optional(fc.double({ min: 0, max: 1, noNaN: true }).map((value) => value + 0)),
    topP: optional(fc.double({ min: 0.01, max: 1, noNaN: true })),
    topK: optional(number),
    stopSequences: optional(fc.array(text, { minLength: 1, maxLength: 2 })),
    tools: optional(tools),
    toolChoice: optional(fc.constantFrom({ mode: "auto" as const }, { mode: "none" as const }, { mode: "required" as const })),
    parallelToolCalls: optional(fc.boolean()),
  })
  .map(({ temperature, topP, topK, stopSequences, tools: given, toolChoice, parallelToolCalls, reasoning, ...rest }): InferenceRequest => {
    const thinks = reasoning?.mode === "adaptive";
    const isForced = toolChoice?.mode === "required";
    return limitHints(
      compact<InferenceRequest>({
        ...rest,
        tools: given,
        // A choice needs tools, `none` takes no further settings, and thinking no forced call.
        toolChoice: given && !(thinks && isForced) ? toolChoice : undefined,
        parallelToolCalls: given && toolChoice && toolChoice.mode !== "none" && !(thinks && isForced) ? parallelToolCalls : undefined,
        reasoning,
        sampling: thinks
          ? compact<InferenceRequest["sampling"]>({ stopSequences })
          : compact<InferenceRequest["sampling"]>({ temperature, topP, topK, stopSequences }),
        streamUsage: true,
      }),
    );
  });

/** Takes away cache hints beyond the four that the wire carries. */
function limitHints(request: InferenceRequest): InferenceRequest {
  let left = request.cacheHint ? 3 : 4;
  return JSON.parse(JSON.stringify(request), (key, value) => {
    if (key !== "cacheHint" || value === request.cacheHint) return value;
    left -= 1;
    return left >= 0 ? value : undefined;
  });
}

describe("requests", () => {
  it("survive encoding and decoding, without a warning", () => {
    fc.assert(
      fc.property(plainRequest, (request) => {
        const { body, warnings, hints } = anthropicMessages.encodeRequest(request, request.model, CAPABLE);
        expect(warnings).toEqual([]);
        expect(hints).toEqual({});
        expect(anthropicMessages.decodeRequest(JSON.parse(JSON.stringify(body)))).toEqual(request);
      }),
      { numRuns: RUNS },
    );
  });

  it("survive with a thinking budget", () => {
    const budgeted = plainRequest.map((request): InferenceRequest => {
      const { temperature: _t, topP: _p, topK: _k, ...sampling } = request.sampling;
      const { toolChoice: _choice, parallelToolCalls: _parallel, ...rest } = request;
      return {
        ...rest,
        sampling,
        reasoning: { mode: "enabled", budgetTokens: 2000 },
        outputTokensMax: 4000,
        turns: request.turns.slice(-1),
      };
    });
    fc.assert(
      fc.property(budgeted, (request) => {
        const { body, warnings } = anthropicMessages.encodeRequest(request, request.model, { ...CAPABLE, reasoning: "budget" });
        expect(warnings).toEqual([]);
        expect(anthropicMessages.decodeRequest(body)).toEqual(request);
      }),
      { numRuns: 50 },
    );
  });

  it("are refused or read, never crash, whatever the body holds", () => {
    const mangled = fc.tuple(plainRequest, fc.array(fc.tuple(fc.nat({ max: 60 }), json), { maxLength: 3 })).map(([request, changes]) => {
      let position = 0;
      const { body } = anthropicMessages.encodeRequest(request, request.model, CAPABLE);
      return JSON.parse(JSON.stringify(body), (_key, value) => {
        position += 1;
        return changes.find(([at]) => at === position)?.[1] ?? value;
      });
    });
    fc.assert(
      fc.property(mangled, (body) => {
        if (typeof body !== "object" || body === null || Array.isArray(body)) return;
        try {
          anthropicMessages.decodeRequest(body);
        } catch (error) {
          expect(error).toMatchObject({ name: "GatewayError", kind: "bad-request", status: 400, param: expect.any(String) });
        }
      }),
      { numRuns: RUNS },
    );
  });
});

// ---- replies ----

const replyText = fc
  .record({ text, citations: optional(fc.array(citation, { minLength: 1, maxLength: 2 })) })
  .map((part): Part => compact({ type: "text", ...part }));
const unsignedReasoning = anyText.map((words): Part => ({ type: "reasoning", text: words }));
const replyCall = fc
  .record({ id: name, name, input: jsonObject, extensions: optional(caller) })
  .map(({ input, ...part }) => compact<Part>({ type: "tool-call", arguments: JSON.stringify(input), kind: "function", ...part }));

const usage = fc
  .record({
    uncachedInputTokens: number,
    cacheReadTokens: optional(number),
    cacheWrites: optional(fc.record({ cacheWrite5mTokens: number, cacheWrite1hTokens: number })),
    outputTokens: number,
    reasoningTokens: optional(number),
    webSearches: optional(number),
    serviceTier: optional(fc.constantFrom("standard", "priority", "batch")),
  })
  .map(({ cacheWrites, ...rest }) => compact<Usage>({ ...rest, ...cacheWrites }))
  // No prompt is empty, but all of it may come from the cache.
  .filter((figures) => inputTokensTotal(figures) > 0);

const finishes: FinishReason[] = [
  { kind: "stop", raw: "end_turn" },
  { kind: "stop-sequence", raw: "stop_sequence", stopSequence: "###" },
  { kind: "length", raw: "max_tokens" },
  { kind: "length", raw: "model_context_window_exceeded" },
  { kind: "pause", raw: "pause_turn" },
  { kind: "refusal", raw: "refusal", details: { type: "refusal", category: "cyber", explanation: null } },
];

const reply = fc
  .record({
    id: name,
    model: name,
    parts: fc.array(fc.oneof(replyText, reasoningPart, unsignedReasoning, redactedPart, replyCall, opaquePart), { maxLength: 5 }),
    finish: fc.constantFrom(...finishes),
    usage,
    extensions: optional(unknownField),
    container: optional(fc.constant({ [OWN]: { container: { id: "container_1", expires_at: "2026-11-23T00:00:00Z" } } })),
  })
  .map(({ parts, finish, container, extensions, ...rest }): InferenceResponse => {
    const calls = parts.some((part) => part.type === "tool-call");
    const reason: FinishReason = calls && finish.kind === "stop" ? { kind: "tool-calls", raw: "tool_use" } : finish;
    const telling = Object.values(extensions?.[OWN] ?? {}).every((value) => value !== null) ? extensions : undefined;
    return compact({
      ...rest,
      extensions: telling,
      choices: [compact<InferenceResponse["choices"][number]>({ index: 0, parts, finish: reason, extensions: container })],
    });
  });

function optionsFor({ model }: InferenceResponse) {
  return { requestId: "req_1", model, createdAt: 0, streamUsage: true, inputTokensEstimate: 9 };
}

/** The same events with text cut into several deltas. */
function* chopped(events: InferenceEvent[], size: number): Iterable<InferenceEvent> {
  for (const event of events) {
    if (event.type !== "part-delta" || !("text" in event.delta)) {
      yield event;
      continue;
    }
    // By code points: half a character is not valid text, and no upstream sends it.
    const points = [...event.delta.text];
    for (let at = 0; at < points.length; at += size) {
      yield { ...event, delta: { ...event.delta, text: points.slice(at, at + size).join("") } };
    }
  }
}

function readStream(bytes: Uint8Array, sizes: readonly number[]) {
  const sse = new SseDecoder();
  const decoder = anthropicMessages.streamDecoder(HINTS);
  const collector = new Collector();
  let at = 0;
  for (let turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    for (const frame of sse.push(bytes.subarray(at, at + size))) for (const event of decoder.push(frame)) collector.push(event);
    at += size;
  }
  for (const frame of sse.end()) for (const event of decoder.push(frame)) collector.push(event);
  for (const event of decoder.end()) collector.push(event);
  return collector.result();
}

function withoutRaw(response: InferenceResponse): unknown {
  const { raw: _raw, ...figures } = response.usage ?? { raw: {} };
  return { ...response, usage: figures };
}

describe("replies", () => {
  it("survive encoding and decoding, without a warning", () => {
    fc.assert(
      fc.property(reply, (response) => {
        const { body, warnings } = anthropicMessages.encodeResponse(response, optionsFor(response));
        expect(warnings).toEqual([]);
        expect(withoutRaw(anthropicMessages.decodeResponse(JSON.parse(JSON.stringify(body)), HINTS))).toEqual(withoutRaw(response));
      }),
      { numRuns: RUNS },
    );
  });

  it("amount to the same when streamed, however the text and the bytes are cut", () => {
    fc.assert(
      fc.property(
        reply,
        fc.integer({ min: 1, max: 9 }),
        fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 5 }),
        (response, size, sizes) => {
          const encoder = anthropicMessages.streamEncoder(optionsFor(response));
          let stream = "";
          for (const event of chopped(expandResponse(response), size)) stream += encoder.push(event);
          const { body } = anthropicMessages.encodeResponse(response, optionsFor(response));
          const whole = anthropicMessages.decodeResponse(body, HINTS);
          const streamed = readStream(new TextEncoder().encode(stream), sizes);
          expect(streamed.complete).toBe(true);
          expect(withoutRaw(streamed.response)).toEqual(withoutRaw(whole));
        },
      ),
      { numRuns: RUNS },
    );
  });

  it("end in an error wherever the stream is cut before its last event, and never throw", () => {
    fc.assert(
      fc.property(reply, fc.double({ min: 0, max: 1, noNaN: true }), (response, share) => {
        const encoder = anthropicMessages.streamEncoder(optionsFor(response));
        const stream = expandResponse(response)
          .map((event) => encoder.push(event))
          .join("");
        const said = stream.indexOf("event: message_delta\n");
        const cut = new TextEncoder().encode(stream.slice(0, Math.floor(said * share)));
        const collected = readStream(cut, [37]);
        expect(collected).toMatchObject({ complete: false, error: { kind: "truncated" } });
      }),
      { numRuns: RUNS },
    );
  });

  it("read the same to the official SDK, streamed or whole", async () => {
    await fc.assert(
      fc.asyncProperty(reply, async (response) => {
        const encoder = anthropicMessages.streamEncoder(optionsFor(response));
        const stream = expandResponse(response).map((event) => encoder.push(event));
        const { body } = anthropicMessages.encodeResponse(response, optionsFor(response));
        const message = await sdkReads(stream.join(""));
        // The SDK takes from the last event only the counts; the rest of the usage it has from the first.
        const { cache_creation: _split, service_tier: _tier, ...counts } = message.usage;
        expect(body).toMatchObject({ ...message, usage: counts });
        expect(message.content).toEqual(body.content);
      }),
      { numRuns: 60 },
    );
  });
});

/** What the official SDK makes of a stream, without what it adds for structured output. */
async function sdkReads(stream: string): Promise<Anthropic.Message> {
  const fetch = async () => new Response(stream, { headers: { "content-type": "text/event-stream" } });
  const client = new Anthropic({ apiKey: "x", baseURL: "http://unused.invalid", fetch, maxRetries: 0 });
  const message = await client.messages.stream({ model: "m", max_tokens: 1, messages: [{ role: "user", content: "x" }] }).finalMessage();
  return JSON.parse(JSON.stringify(message), (key, value) => (key === "parsed_output" ? undefined : value));
}
