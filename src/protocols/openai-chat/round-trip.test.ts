/** The laws of the room: what this wire can carry comes back as it was, whole, streamed, and as history. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SseDecoder } from "../../core/sse";
import type {
  Capabilities,
  Choice,
  Citation,
  FinishReason,
  InferenceRequest,
  InferenceResponse,
  JsonObject,
  JsonValue,
  Part,
  ReasoningPart,
  RedactedReasoningPart,
  Tool,
  ToolCallPart,
  Turn,
} from "../../inference";
import { Collector, expandResponse } from "../../inference";
import type { ReplyOptions } from "../protocol";
import { openaiChat } from ".";

/** A model that takes everything. */
const GENEROUS: Capabilities = {
  outputTokensMax: 100_000,
  images: true,
  documents: true,
  audio: true,
  tools: true,
  forcedToolChoice: true,
  structuredOutput: "native",
  reasoning: "effort",
  reasoningCanBeOff: true,
  sampling: "free",
  temperatureMax: 2,
  multipleChoices: true,
  logprobs: true,
  systemWithinMessages: true,
  outputCapField: "max_completion_tokens",
  developerRole: true,
  streamUsageOption: true,
  reasoningHistoryField: "reasoning_details",
};

const HINTS = { requestId: "req_1" };
const PROTOCOL = "openai-chat" as const;

const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 30 });
const word = fc.stringMatching(/^[a-zA-Z0-9_-]{1,20}$/);
const base64 = fc.base64String({ maxLength: 40 });
/** Values as JSON has them: no minus zero, no prototype. */
const json = fc.json({ maxDepth: 2 }).map((value): JsonValue => JSON.parse(value.replaceAll("__proto__", "proto").replaceAll("-0", "0")));
/** Names of fields that a careless reader might take for its own. */
const trickyKey = fc.constantFrom("cache_control", "stream", "model", "messages", "type", "role", "content", "strict", "properties");
const jsonObject: fc.Arbitrary<JsonObject> = fc.dictionary(fc.oneof(trickyKey, word), json, { maxKeys: 4, noNullPrototype: true });
const extras: fc.Arbitrary<JsonObject> = fc.dictionary(
  word.map((name) => `x_${name}`),
  json.filter((value) => value !== null),
  { minKeys: 1, maxKeys: 3, noNullPrototype: true },
);
const extensions = extras.map((fields) => ({ [PROTOCOL]: fields }));

/** A record of which each field may be missing. */
function partial<Fields>(fields: { [Key in keyof Fields]: fc.Arbitrary<Fields[Key]> }): fc.Arbitrary<Partial<Fields>> {
  return fc.record(fields, { requiredKeys: [] }) as fc.Arbitrary<Partial<Fields>>; // fast-check's own type for no required keys
}

// Requests

const opaquePart: fc.Arbitrary<Part> = extras.map((fields) => ({
  type: "opaque",
  protocol: PROTOCOL,
  value: { ...fields, type: "x_part" },
}));
const textPart: fc.Arbitrary<Part> = text.map((value) => ({ type: "text", text: value }));
const mediaType = fc.constantFrom("image/png", "application/pdf", "text/plain;charset=utf-8", "audio/wav");
const url = fc.webUrl();
const userPart: fc.Arbitrary<Part> = fc.oneof(
  textPart,
  fc
    .tuple(
      fc.oneof(
        url.map((value) => ({ kind: "url" as const, url: value })),
        fc.record({ kind: fc.constant("base64" as const), mediaType, data: base64 }),
      ),
      partial({ detail: fc.constantFrom("low", "high", "auto"), extensions }),
    )
    .map(([source, rest]): Part => ({ type: "image", source, ...rest })),
  fc
    .record({ kind: fc.constant("base64" as const), mediaType, data: base64 })
    .chain((source) => text.map((title): Part => ({ type: "document", source, title }))),
  fc
    .tuple(word, partial({ title: text, extensions }))
    .map(([fileId, rest]): Part => ({ type: "document", source: { kind: "file", fileId }, ...rest })),
  fc.record({ type: fc.constant("audio" as const), data: base64, format: fc.constantFrom("wav", "mp3") }),
  opaquePart,
);

const thinking: fc.Arbitrary<ReasoningPart | RedactedReasoningPart> = fc.oneof(
  fc.record({ type: fc.constant("reasoning" as const), text: fc.oneof(fc.constant(""), text), signature: fc.oneof(fc.constant(""), text) }),
  fc.record({ type: fc.constant("redacted-reasoning" as const), data: base64 }),
);

/** Signed reasoning anywhere among the other parts, or unsigned reasoning before them. */
function withReasoning(others: fc.Arbitrary<Part[]>): fc.Arbitrary<Part[]> {
  const signed = fc.tuple(others, fc.array(fc.tuple(thinking, fc.nat(6)), { maxLength: 3 })).map(([parts, pieces]) => {
    const mixed = [...parts];
    for (const [piece, at] of pieces) mixed.splice(Math.min(at, mixed.length), 0, piece);
    return mixed;
  });
  const unsigned = fc.tuple(text, others).map(([value, parts]): Part[] => [{ type: "reasoning", text: value }, ...parts]);
  return fc.oneof({ weight: 2, arbitrary: signed }, unsigned);
}

const callBody = fc
  .tuple(fc.record({ name: word, arguments: fc.oneof(text, fc.constant(""), fc.constant('{"a":1}')) }), partial({ extensions }))
  .map(([body, rest]) => ({ ...body, ...rest }));
const kind = fc.constantFrom("function" as const, "custom" as const);
const refusal: fc.Arbitrary<Part> = text.map((value) => ({ type: "refusal", text: value }));

/** An assistant's turn and the results of some of its calls. */
function exchange(number: number): fc.Arbitrary<Turn[]> {
  const calls = fc
    .array(fc.tuple(callBody, kind), { maxLength: 3 })
    .map((bodies) => bodies.map(([body, of], i): ToolCallPart => ({ type: "tool-call", id: `call_${number}_${i}`, ...body, kind: of })));
  return calls.chain((made) =>
    fc
      .tuple(
        withReasoning(
          fc
            .tuple(fc.array(fc.oneof(textPart, opaquePart), { maxLength: 3 }), fc.array(refusal, { maxLength: 1 }))
            .map(([spoken, refused]) => [...spoken, ...refused, ...made]),
        ),
        partial({ name: word, extensions }),
        partial({ extensions }),
        fc.array(fc.array(fc.oneof(textPart, opaquePart), { maxLength: 2 }), { minLength: made.length, maxLength: made.length }),
      )
      .map(([parts, rest, resultRest, contents]): Turn[] => {
        const results = made.map(
          (call, i): Part => ({ type: "tool-result", callId: call.id, content: (contents[i] ?? []).filter(isTextOrOpaque), ...resultRest }),
        );
        const turn: Turn = { role: "assistant", parts, ...rest };
        return results.length > 0 ? [turn, { role: "tool", parts: results }] : [turn];
      }),
  );
}

function isTextOrOpaque(part: Part) {
  return part.type === "text" || part.type === "opaque";
}

const spoken: fc.Arbitrary<Turn> = fc.oneof(
  fc
    .tuple(fc.array(userPart, { maxLength: 4 }), partial({ name: word, extensions }))
    .map(([parts, rest]): Turn => ({ role: "user", parts, ...rest })),
  fc
    .tuple(fc.array(textPart, { maxLength: 3 }), partial({ name: word, extensions }))
    .map(([parts, rest]): Turn => ({ role: "system", parts, ...rest })),
  fc.array(textPart, { maxLength: 2 }).map((parts): Turn => ({ role: "system", parts, extensions: { [PROTOCOL]: { role: "developer" } } })),
);

const turns: fc.Arbitrary<Turn[]> = fc
  .tuple(fc.array(spoken, { minLength: 1, maxLength: 3 }), exchange(1), fc.array(spoken, { maxLength: 2 }), exchange(2))
  .map((groups) => groups.flat());

const toolFields = partial({ description: text, parameters: jsonObject, strict: fc.boolean(), extensions });
const tools: fc.Arbitrary<Tool[]> = fc
  .uniqueArray(fc.tuple(word, fc.nat(2), toolFields, partial({ description: text, format: jsonObject }), extras), {
    selector: ([name]) => name,
    maxLength: 4,
  })
  .map((list) =>
    list.map(([name, of, fn, custom, fields]): Tool => {
      if (of === 0) return { kind: "function", name, ...fn };
      if (of === 1) return { kind: "custom", name, ...custom };
      return { kind: "opaque", protocol: PROTOCOL, value: { ...fields, type: "x_tool" } };
    }),
  );

const aboutTools = tools.chain((list): fc.Arbitrary<Partial<InferenceRequest>> => {
  if (list.length === 0) return fc.constant({});
  const names = list.flatMap((tool) => (tool.kind === "opaque" ? [] : [tool.name]));
  const choices = [
    fc.constantFrom({ mode: "auto" as const }, { mode: "none" as const }, { mode: "required" as const }),
    extras.map((fields) => ({ mode: "opaque" as const, protocol: PROTOCOL, value: { ...fields, type: "allowed_tools" } })),
    ...(names.length > 0 ? [fc.constantFrom(...names).map((name) => ({ mode: "tool" as const, name }))] : []),
  ];
  return partial({ toolChoice: fc.oneof(...choices), parallelToolCalls: fc.boolean() }).map((rest) => ({ tools: list, ...rest }));
});

const number = fc.double({ noNaN: true, noDefaultInfinity: true, min: -2, max: 2 }).map((value) => value + 0);
const sampling = partial({
  temperature: fc.double({ min: 0, max: 2, noNaN: true }),
  topP: fc.double({ min: 0, max: 1, noNaN: true }),
  frequencyPenalty: number,
  presencePenalty: number,
  seed: fc.integer(),
  stopSequences: fc.array(text, { minLength: 1, maxLength: 4 }),
});

const request: fc.Arbitrary<InferenceRequest> = fc
  .tuple(
    fc.record({ model: word, turns, sampling }),
    aboutTools,
    partial({
      outputFormat: fc.oneof(
        fc.constant({ type: "json-object" as const }),
        fc
          .tuple(word, jsonObject, partial({ description: text, strict: fc.boolean() }))
          .map(([name, schema, rest]) => ({ type: "json-schema" as const, name, schema, ...rest })),
      ),
      reasoning: fc.constantFrom("none", "minimal", "low", "medium", "high", "xhigh", "max").map((effort) => ({ effort })),
      outputTokensMax: fc.integer({ min: 1, max: 100_000 }),
      choiceCount: fc.integer({ min: 1, max: 8 }),
      logprobs: partial({ top: fc.nat(20) }),
      endUser: text,
      extensions,
    }),
    fc.boolean(),
    fc.option(fc.nat(100)),
  )
  .map(([base, about, rest, stream, topK]) => {
    // Usage is asked for in every stream, and `top_k` is only sent to those who know it: to who said it on this wire.
    const made: InferenceRequest = { ...base, ...about, ...rest, stream, streamUsage: stream };
    if (topK !== null) {
      made.sampling = { ...made.sampling, topK };
      made.extensions = { [PROTOCOL]: { ...made.extensions?.[PROTOCOL], top_k: topK } };
    }
    return made;
  });

// Replies

const citation: fc.Arbitrary<Citation> = fc
  .record({ url, title: text, start: fc.nat(50), end: fc.nat(50) })
  .map(({ url: address, title, start, end }) => ({
    url: address,
    title,
    start,
    end,
    raw: { protocol: PROTOCOL, value: { type: "url_citation", url_citation: { url: address, title, start_index: start, end_index: end } } },
  }));

const replyParts = fc
  .tuple(
    fc.array(
      fc
        .tuple(text, fc.array(citation, { maxLength: 2 }))
        .map(([value, citations]): Part => ({ type: "text", text: value, ...(citations.length > 0 ? { citations } : {}) })),
      { maxLength: 1 },
    ),
    fc.array(refusal, { maxLength: 1 }),
    fc.array(fc.tuple(callBody, kind), { maxLength: 3 }),
  )
  .map(([texts, refusals, calls]): Part[] => [
    ...texts,
    ...refusals,
    ...calls.map(([body, of], i): Part => ({ type: "tool-call", id: `call_${i}`, ...body, kind: of })),
  ]);

const logprobs = fc.record({
  content: fc.option(fc.array(jsonObject, { maxLength: 2 })),
  refusal: fc.option(fc.array(jsonObject, { maxLength: 1 })),
});

const choiceExtensions = fc
  .tuple(extras, fc.option(extras))
  .map(([fields, message]) => ({ [PROTOCOL]: message ? { ...fields, message } : fields }));

const choice: fc.Arbitrary<Omit<Choice, "index">> = fc
  .tuple(
    withReasoning(replyParts),
    fc.constantFrom("stop", "length", "content_filter"),
    fc.option(logprobs),
    partial({ extensions: choiceExtensions }),
  )
  .map(([parts, raw, probabilities, rest]) => ({
    parts,
    finish: finishFor(raw, parts),
    ...rest,
    ...(probabilities && (probabilities.content || probabilities.refusal) ? { logprobs: probabilities } : {}),
  }));

function finishFor(raw: string, parts: Part[]): FinishReason {
  if (raw === "length") return { kind: "length", raw };
  if (raw === "content_filter") return { kind: "refusal", raw };
  return parts.some((part) => part.type === "tool-call") ? { kind: "tool-calls", raw: "tool_calls" } : { kind: "stop", raw: "stop" };
}

const count = fc.nat(100_000);
const usage = fc
  .tuple(
    fc.record({ uncachedInputTokens: count, outputTokens: count }),
    partial({
      cacheReadTokens: count,
      cacheWrite5mTokens: count,
      audioInputTokens: count,
      audioOutputTokens: count,
      webSearches: count,
      serviceTier: word,
    }),
    fc.option(count),
  )
  .map(([base, rest, reasoning]) => ({
    ...base,
    ...rest,
    ...(reasoning === null ? {} : { reasoningTokens: reasoning, outputTokens: base.outputTokens + reasoning }),
  }));

const response: fc.Arbitrary<InferenceResponse> = fc
  .tuple(
    fc.record({ id: word, model: word, createdAt: fc.nat() }),
    fc.array(choice, { minLength: 1, maxLength: 3 }),
    partial({ usage, extensions }),
    fc.option(word),
  )
  .map(([base, choices, rest, fingerprint]) => ({
    ...base,
    choices: choices.map((made, index) => ({ index, ...made })),
    ...rest,
    ...(fingerprint === null ? {} : { extensions: { [PROTOCOL]: { ...rest.extensions?.[PROTOCOL], system_fingerprint: fingerprint } } }),
  }));

describe("requests", () => {
  it("decodeRequest undoes encodeRequest", () => {
    fc.assert(
      fc.property(request, (asked) => {
        const { body, warnings } = openaiChat.encodeRequest(asked, asked.model, GENEROUS);
        expect(warnings).toEqual([]);
        expect(openaiChat.decodeRequest(wire(body))).toEqual(asked);
      }),
      { numRuns: 400 },
    );
  });

  it("encoding leaves the request as it was", () => {
    fc.assert(
      fc.property(request, (asked) => {
        const before = structuredClone(asked);
        openaiChat.encodeRequest(asked, "model", { ...GENEROUS, structuredOutput: "none", reasoningHistoryField: "none" });
        expect(asked).toEqual(before);
      }),
      { numRuns: 50 },
    );
  });

  it("refuses or reads any JSON at all, and never fails otherwise", () => {
    const anyMessage = fc.oneof(
      json,
      fc.record({ role: fc.constantFrom("user", "assistant", "tool", "system", "x"), content: json }, { requiredKeys: [] }),
      jsonObject,
    );
    const fields = fc.record(
      {
        model: fc.oneof(word, json),
        messages: fc.oneof(fc.array(anyMessage, { maxLength: 3 }), json),
        tools: fc.oneof(fc.array(fc.oneof(json, jsonObject), { maxLength: 2 }), json),
        tool_choice: json,
        response_format: json,
        stop: json,
        n: json,
        thinking: json,
        reasoning: json,
        stream_options: json,
      },
      { requiredKeys: ["model", "messages"] },
    );
    fc.assert(
      fc.property(fields, (body) => {
        try {
          openaiChat.decodeRequest(body as JsonObject); // a body is whatever a client sends
        } catch (error) {
          expect(error).toMatchObject({ name: "GatewayError", kind: "bad-request", status: 400, param: expect.any(String) });
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("replies", () => {
  it("decodeResponse undoes encodeResponse", () => {
    fc.assert(
      fc.property(response, (reply) => {
        const { body, warnings } = openaiChat.encodeResponse(reply, optionsFor(reply));
        expect(warnings).toEqual([]);
        expect(withoutRaw(openaiChat.decodeResponse(wire(body), HINTS))).toEqual(reply);
      }),
      { numRuns: 300 },
    );
  });

  it("a stream amounts to the whole reply, however its bytes are cut", () => {
    fc.assert(
      fc.property(response, fc.array(fc.nat(5000), { maxLength: 30 }), (reply, cuts) => {
        const encoder = openaiChat.streamEncoder(optionsFor(reply));
        const bytes = new TextEncoder().encode(
          expandResponse(reply)
            .map((event) => encoder.push(event))
            .join(""),
        );
        const streamed = decodeStream(bytes, cuts);
        const whole = openaiChat.decodeResponse(wire(openaiChat.encodeResponse(reply, optionsFor(reply)).body), HINTS);
        expect(withoutRaw(streamed)).toEqual(withoutRaw(whole));
      }),
      { numRuns: 300 },
    );
  });

  it("a reply that the client sends back as history is the same reply", () => {
    fc.assert(
      fc.property(response, (reply) => {
        const { choices } = wire(openaiChat.encodeResponse(reply, optionsFor(reply)).body);
        const messages = (choices as { message: JsonObject }[]).map(({ message }) => message); // encodeResponse's own shape
        const { turns: history } = openaiChat.decodeRequest({ model: "m", messages });
        expect(history.map(({ parts }) => parts)).toEqual(reply.choices.map(({ parts }) => parts.map(withoutCitations)));
      }),
      { numRuns: 300 },
    );
  });

  it("a stream that the client gathers and sends back as history is the same reply", () => {
    fc.assert(
      fc.property(response, (reply) => {
        const encoder = openaiChat.streamEncoder(optionsFor(reply));
        const sent = expandResponse(reply)
          .map((event) => encoder.push(event))
          .join("");
        const { turns: history } = openaiChat.decodeRequest({ model: "m", messages: gather(sent) });
        expect(history.map(({ parts }) => parts)).toEqual(reply.choices.map(({ parts }) => parts.map(withoutCitations)));
      }),
      { numRuns: 300 },
    );
  });
});

function optionsFor({ model }: InferenceResponse): ReplyOptions {
  return { ...HINTS, model, createdAt: 1, streamUsage: true, inputTokensEstimate: 0 };
}

/** As it arrives at the other side. */
function wire(body: JsonObject): JsonObject {
  return JSON.parse(JSON.stringify(body));
}

function withoutRaw(reply: InferenceResponse): InferenceResponse {
  if (!reply.usage) return reply;
  const { raw: _, ...counted } = reply.usage;
  return { ...reply, usage: counted };
}

function withoutCitations(part: Part): Part {
  return part.type === "text" ? { type: "text", text: part.text } : part;
}

function decodeStream(bytes: Uint8Array, cuts: number[]): InferenceResponse {
  const edges = [0, ...cuts.map((at) => at % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  const sse = new SseDecoder();
  const decoder = openaiChat.streamDecoder(HINTS);
  const collector = new Collector();
  for (const [i, start] of edges.slice(0, -1).entries()) {
    for (const frame of sse.push(bytes.subarray(start, edges[i + 1]))) for (const event of decoder.push(frame)) collector.push(event);
  }
  for (const frame of sse.end()) for (const event of decoder.push(frame)) collector.push(event);
  for (const event of decoder.end()) collector.push(event);
  const { response: reply, complete } = collector.result();
  expect(complete).toBe(true);
  return reply;
}

/** The messages of a stream as a simple client gathers them: strings and lists grow, tool calls grow by index. */
function gather(sent: string): JsonObject[] {
  const messages: JsonObject[] = [];
  for (const line of sent.split("\n")) {
    if (!line.startsWith("data: {")) continue;
    const { choices } = JSON.parse(line.slice("data: ".length));
    for (const { index, delta } of choices) {
      messages[index] ??= {};
      const message = messages[index];
      for (const [key, value] of Object.entries<JsonValue>(delta)) {
        if (key === "tool_calls")
          gatherCalls(message, value as JsonObject[]); // the encoder's own shape
        else if (typeof value === "string" && typeof message[key] === "string" && key !== "role") message[key] += value;
        else if (Array.isArray(value))
          message[key] = [...((message[key] as JsonValue[]) ?? []), ...value]; // gathered above
        else if (value !== null) message[key] = value;
      }
    }
  }
  return messages;
}

function gatherCalls(message: JsonObject, deltas: JsonObject[]): void {
  message.tool_calls ??= [];
  const calls = message.tool_calls as JsonObject[]; // gathered here
  for (const { index, ...delta } of deltas) {
    const at = Number(index);
    const earlier = calls[at];
    if (!earlier) {
      calls[at] = structuredClone(delta);
      continue;
    }
    for (const form of ["function", "custom"]) {
      const into = earlier[form] as JsonObject | undefined; // the encoder's own shape
      const more = delta[form] as JsonObject | undefined; // the encoder's own shape
      if (into && more) for (const [key, value] of Object.entries(more)) into[key] = `${into[key]}${value}`;
    }
  }
}
