import { describe, expect, it } from "vitest";
import type { GuardrailPolicy } from "../config";
import { SseDecoder } from "../core/sse";
import type { JsonObject } from "../inference";
import { protocols } from "../protocols";
import { Decisions } from "./guard";
import { guardsOf } from "./guards";
import { inspectResponse } from "./inspect-response";
import { StreamGuard } from "./stream-guard";
import { Vault } from "./vault";

type Wire = keyof typeof protocols;
const EMAIL = "bob@example.com";
const TOKEN = `ghp_${"aB3dE5gH7jK9mN1pQ3rS5tU7vW9xY1zA3bC5"}`;
const SEALED = `Eo8BCioIAhgBIiQ${"aB3dE5gH7jK9mN1p".repeat(8)}==`;

/** What a search says, with `told` in one of its places. */
const PLACES = {
  "a citation's title": (told: string) => messages({ citation: { title: told } }),
  "a cited text": (told: string) => messages({ citation: { cited_text: told } }),
  "a citation's address": (told: string) => messages({ citation: { url: `https://x.example/?q=${encodeURIComponent(told)}` } }),
  "the query of a search": (told: string) => messages({ query: told }),
  "the title of a result": (told: string) => messages({ result: { title: told } }),
  "an unknown field of a result": (told: string) => messages({ result: { author: { name: told } } }),
};

function messages({
  query = "q",
  result = {},
  citation = {},
}: {
  query?: string;
  result?: JsonObject;
  citation?: JsonObject;
}): JsonObject[] {
  const place = { url: "https://x.example", title: "A title" };
  return [
    { type: "server_tool_use", id: "srvtoolu_1", name: "web_search", input: { query } },
    {
      ...{ type: "web_search_tool_result", tool_use_id: "srvtoolu_1" },
      content: [{ type: "web_search_result", ...place, encrypted_content: SEALED, page_age: null, ...result }],
    },
    {
      ...{ type: "text", text: "The sky is blue." },
      citations: [{ type: "web_search_result_location", ...place, cited_text: "It is blue", encrypted_index: SEALED, ...citation }],
    },
  ];
}

function guarding(policy: GuardrailPolicy, vault = new Vault()) {
  return { guards: guardsOf(policy), vault, decisions: new Decisions() };
}

/** A whole reply, guarded; null where it may not leave. */
function whole(wire: Wire, body: JsonObject, options: ReturnType<typeof guarding>): JsonObject | null {
  const { response, isBlocked } = inspectResponse(protocols[wire].decodeResponse(body, { requestId: "r" }), options);
  return isBlocked ? null : (protocols[wire].encodeResponse(response, REPLY).body as JsonObject);
}

const REPLY = { requestId: "r", model: "m", createdAt: 0, streamUsage: false, inputTokensEstimate: 1 };

/** What leaves of a stream after each of its events. */
function streamed(wire: Wire, events: readonly JsonObject[], options: ReturnType<typeof guarding>): string[] {
  const [decoder, encoder, guard] = [
    protocols[wire].streamDecoder({ requestId: "r" }),
    protocols[wire].streamEncoder(REPLY),
    new StreamGuard(options),
  ];
  const sse = new SseDecoder();
  const written = events.map((event) => {
    const frames = sse.push(new TextEncoder().encode(`data: ${JSON.stringify(event)}\n\n`));
    return guard
      .pass(frames.flatMap((frame) => decoder.push(frame)))
      .map((passed) => encoder.push(passed))
      .join("");
  });
  return [
    ...written,
    guard
      .pass(decoder.end())
      .map((passed) => encoder.push(passed))
      .join(""),
  ];
}

/** The events of a streamed message; inputs of tools come in pieces of three characters. */
function messageEvents(blocks: readonly JsonObject[]): JsonObject[] {
  const inBlocks = blocks.flatMap((block, index): JsonObject[] => {
    const { input, citations, text, ...start } = block;
    const pieces = input === undefined ? [] : (JSON.stringify(input).match(/.{1,3}/gs) ?? []);
    const cited = (citations ?? []) as JsonObject[];
    const deltas: JsonObject[] = [
      ...pieces.map((partial_json) => ({ type: "input_json_delta", partial_json })),
      ...cited.map((citation) => ({ type: "citations_delta", citation })),
      ...(typeof text === "string" ? [{ type: "text_delta", text }] : []),
    ];
    return [
      { type: "content_block_start", index, content_block: { ...start, ...(input ? { input: {} } : {}), ...(text ? { text: "" } : {}) } },
      ...deltas.map((delta) => ({ type: "content_block_delta", index, delta })),
      { type: "content_block_stop", index },
    ];
  });
  return [
    {
      type: "message_start",
      message: { id: "msg_1", type: "message", role: "assistant", model: "m", content: [], usage: { input_tokens: 1 } },
    },
    ...inBlocks,
    { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 1 } },
    { type: "message_stop" },
  ];
}

const message = (content: JsonObject[]): JsonObject => ({
  ...{ id: "msg_1", type: "message", role: "assistant", model: "m", content },
  stop_reason: "end_turn",
});

/** The blocks that a client gathers from a stream. */
function blocksOf(written: string): JsonObject[] {
  const events = [...written.matchAll(/^data: (.*)$/gm)].map(([, data = ""]) => JSON.parse(data) as JsonObject);
  const blocks: JsonObject[] = [];
  for (const { type, content_block: block, delta } of events as { type: string; content_block: JsonObject; delta: JsonObject }[]) {
    if (type === "content_block_start") blocks.push(block);
    const last = blocks.at(-1);
    if (type !== "content_block_delta" || !last) continue;
    if (delta.type === "text_delta") last.text = `${last.text}${delta.text}`;
    if (delta.type === "citations_delta") last.citations = [...((last.citations ?? []) as JsonObject[]), delta.citation ?? null];
  }
  return blocks;
}

describe.each(Object.entries(PLACES))("what stands in %s", (_place, telling) => {
  it.each<[string, GuardrailPolicy, string, string]>([
    ["personal data", { pii: { output: "redact" } }, EMAIL, "[EMAIL]"],
    ["a secret", { secrets: { output: "redact" } }, TOKEN, "[GITHUB_TOKEN]"],
    ["what an operator looks for", { patterns: [{ name: "p", source: "PROJECT-\\d+", output: "redact" }] }, "PROJECT-4711", "[PATTERN]"],
  ])("is taken out, whole and streamed: %s", (_, policy, value, replacement) => {
    const blocks = telling(`see ${value} there`);
    const options = guarding(policy);
    const body = JSON.stringify(whole("anthropic-messages", message(blocks), options));
    const stream = streamed("anthropic-messages", messageEvents(blocks), guarding(policy));
    for (const said of [body, stream.join("")]) {
      expect(decodeURIComponent(said)).toContain(replacement);
      expect(decodeURIComponent(said)).not.toContain(value);
      expect(said.split(SEALED).length - 1).toBe(2);
    }
    expect(options.decisions.list).toMatchObject([{ direction: "output", action: "redact", count: 1 }]);
    expect(blocksOf(stream.join(""))).toEqual((JSON.parse(body) as { content: JsonObject[] }).content);
  });

  it("ends the reply where it is to be blocked", () => {
    const policy: GuardrailPolicy = { pii: { output: "block" } };
    const blocks = telling(`see ${EMAIL} there`);
    expect(whole("anthropic-messages", message(blocks), guarding(policy))).toBeNull();
    const stream = streamed("anthropic-messages", messageEvents(blocks), guarding(policy)).join("");
    expect(decodeURIComponent(stream)).not.toContain("bob@");
    expect(stream).toContain('"stop_reason":"refusal"');
    expect(stream.match(/"content_block_start"/g)?.length ?? 0).toBe(stream.match(/"content_block_stop"/g)?.length ?? 0);
  });

  it("is told where it is only flagged, and stays", () => {
    const policy: GuardrailPolicy = { pii: { output: "flag" } };
    const blocks = telling(`see ${EMAIL} there`);
    const [all, pieces] = [guarding(policy), guarding(policy)];
    expect(whole("anthropic-messages", message(blocks), all)?.content).toEqual(blocks);
    expect(blocksOf(streamed("anthropic-messages", messageEvents(blocks), pieces).join(""))).toEqual(blocks);
    for (const { decisions } of [all, pieces]) expect(decisions.list).toMatchObject([{ guard: "pii", action: "flag", count: 1 }]);
  });
});

it("a citation leaves with the event that it came in", () => {
  const events = messageEvents(PLACES["a cited text"](`see ${EMAIL} there`));
  const written = streamed("anthropic-messages", events, guarding({ pii: { output: "redact" } }));
  expect(written[events.findIndex((event) => JSON.stringify(event).includes("citations_delta"))]).toContain("see [EMAIL] there");
});

describe("values put back", () => {
  const VALUE = 'Kim "K" \\ Lee\n2';
  const kept = (): [Vault, string] => {
    const vault = new Vault();
    return [vault, vault.placeholderFor("PERSON", VALUE)];
  };

  it("into the query of the provider's own tool are escaped there, wherever the stream cuts them", () => {
    const [vault, name] = kept();
    const blocks = messages({ query: `who is ${name}?` });
    const expected = { query: `who is ${VALUE}?` };
    expect(whole("anthropic-messages", message(blocks), guarding({}, vault))?.content).toMatchObject([{ input: expected }, {}, {}]);
    expect(blocksOf(streamed("anthropic-messages", messageEvents(blocks), guarding({}, vault)).join(""))[0]).toMatchObject({
      input: expected,
    });
  });

  it("into a query that was cut are escaped too", () => {
    const [vault, name] = kept();
    const events = messageEvents([]).toSpliced(
      1,
      0,
      { type: "content_block_start", index: 0, content_block: { type: "server_tool_use", id: "s", name: "web_search", input: {} } },
      { type: "content_block_delta", index: 0, delta: { type: "input_json_delta", partial_json: '{"query":"who is [PER' } },
      { type: "content_block_delta", index: 0, delta: { type: "input_json_delta", partial_json: `${name.slice(4)} and` } },
      { type: "content_block_stop", index: 0 },
    );
    const [block] = blocksOf(streamed("anthropic-messages", events, guarding({}, vault)).join(""));
    expect(JSON.parse(`${block?.input}"}`)).toEqual({ query: `who is ${VALUE} and` });
  });

  it("into the stop sequence that ended the reply", () => {
    const [vault, name] = kept();
    const ending = { stop_reason: "stop_sequence", stop_sequence: `END ${name}` };
    const blocks = [{ type: "text", text: "Hi" }];
    const restored = `END ${VALUE}`;
    expect(whole("anthropic-messages", { ...message(blocks), ...ending }, guarding({}, vault))?.stop_sequence).toBe(restored);
    const events = messageEvents(blocks).map((event) => (event.type === "message_delta" ? { ...event, delta: ending } : event));
    expect(streamed("anthropic-messages", events, guarding({}, vault)).join("")).toContain(JSON.stringify(restored));
  });

  it("into every string of a citation", () => {
    const [vault, name] = kept();
    const blocks = messages({ citation: { title: `About ${name}`, cited_text: name } });
    const cited = [{ title: `About ${VALUE}`, cited_text: VALUE }];
    expect(whole("anthropic-messages", message(blocks), guarding({}, vault))?.content).toMatchObject([{}, {}, { citations: cited }]);
  });
});

describe("on the wire of chat completions", () => {
  const policy: GuardrailPolicy = { pii: { output: "redact" } };
  const annotation = {
    type: "url_citation",
    url_citation: { url: "https://x.example", title: `by ${EMAIL}`, start_index: 0, end_index: 3 },
  };
  const file = { type: "file", file: { name: `of ${EMAIL}` } };
  const frame = { id: "c", object: "chat.completion.chunk", created: 1, model: "m", search_results: [{ title: `from ${EMAIL}` }] };

  it("annotations and what a vendor adds are looked at, whole and streamed", () => {
    const said = { role: "assistant", content: "The sky", annotations: [annotation, file] };
    const body = { ...frame, choices: [{ index: 0, finish_reason: "stop", message: said }] };
    const events = [
      { ...frame, choices: [{ index: 0, delta: said, finish_reason: null }] },
      { ...frame, choices: [{ index: 0, delta: {}, finish_reason: "stop" }] },
    ];
    for (const text of [
      JSON.stringify(whole("openai-chat", body, guarding(policy))),
      streamed("openai-chat", events, guarding(policy)).join(""),
    ]) {
      for (const told of ["by [EMAIL]", "of [EMAIL]", "from [EMAIL]"]) expect(text).toContain(told);
      expect(text).not.toContain("bob@");
    }
  });

  it("a block before anything was said still is a reply", () => {
    const events = [{ ...frame, choices: [{ index: 0, delta: { content: "Hi" }, finish_reason: null }] }];
    const text = streamed("openai-chat", events, guarding({ pii: { output: "block" } })).join("");
    expect(text).toContain('"finish_reason":"content_filter"');
    expect(text).toContain("[DONE]");
    expect(text).not.toContain("bob@");
  });

  it("a wire's own words are nobody's", () => {
    const body = {
      ...frame,
      search_results: null,
      service_tier: "default",
      choices: [{ index: 0, finish_reason: "stop", message: { content: "Hi" } }],
    };
    const options = guarding({ blockLists: [{ name: "w", terms: ["default"] }] });
    expect(whole("openai-chat", body, options)).toMatchObject({ service_tier: "default" });
  });
});
