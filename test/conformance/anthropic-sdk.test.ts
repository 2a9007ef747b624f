import Anthropic, {
  APIError,
  APIUserAbortError,
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  PermissionDeniedError,
  RateLimitError,
} from "@anthropic-ai/sdk";
import { betaZodTool } from "@anthropic-ai/sdk/helpers/beta/zod";
import { zodOutputFormat } from "@anthropic-ai/sdk/helpers/zod";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { SINGLE_CALL, startGateway, type TestGateway } from "../support/gateway";
import { IN_REAL_TIME } from "../support/in-real-time";
import { caught } from "./caught";
import { PDF_BASE64, PNG_BASE64 } from "./media";
import { AT_ONCE, CLAUDES, GPTS, MODELS } from "./models";
import { rowsOf } from "./rows";
import { lastUpstreamCall, recordCase, untilAborted, upstreamCalls } from "./simulator";

// The official `@anthropic-ai/sdk` client, as it is, against the whole gateway; a simulated provider answers.

let gateway: TestGateway;
let anthropic: Anthropic;

beforeAll(async () => {
  gateway = await startGateway({}, SINGLE_CALL);
  anthropic = clientOf(gateway.key);
});
afterAll(() => gateway.close());

function clientOf(apiKey: string, maxRetries = 0): Anthropic {
  return new Anthropic({ baseURL: gateway.url, apiKey, maxRetries });
}

const user = (content: string): Anthropic.MessageParam => ({ role: "user", content });
const SKY = user(`Why is the naïve café sky 🙂 blue?${AT_ONCE}`);
const max_tokens = 4000;

const getWeather: Anthropic.Tool = {
  name: "get_weather",
  description: "The weather of a city",
  input_schema: { type: "object", properties: { city: { type: "string" } }, required: ["city"], additionalProperties: false },
};
const getTime: Anthropic.Tool = {
  name: "get_time",
  input_schema: { type: "object", properties: { zone: { type: "string" }, hours: { type: "integer" } }, required: ["zone", "hours"] },
};

const textOf = ({ content }: Anthropic.Message): string => content.map((block) => (block.type === "text" ? block.text : "")).join("");

const usesOf = ({ content }: Anthropic.Message): Anthropic.ToolUseBlock[] => content.filter((block) => block.type === "tool_use");

/** What is left of the blocks without what only a reply says. */
const namedInputs = (message: Anthropic.Message): [string, unknown][] => usesOf(message).map(({ name, input }) => [name, input]);

/** All events of a stream, checked for the order that the API promises: one start, blocks one after the other, one delta, one stop. */
async function readInOrder(stream: AsyncIterable<Anthropic.RawMessageStreamEvent>): Promise<Anthropic.RawMessageStreamEvent[]> {
  const events: Anthropic.RawMessageStreamEvent[] = [];
  let open: number | undefined;
  let blocks = 0;
  for await (const event of stream) {
    const last = events.at(-1)?.type;
    expect(event.type === "message_start").toBe(events.length === 0);
    expect(last).not.toBe("message_stop");
    if (event.type === "content_block_start") {
      expect([open, event.index]).toEqual([undefined, blocks]);
      open = event.index;
      blocks += 1;
    } else if (event.type === "content_block_delta") {
      expect(event.index).toBe(open);
    } else if (event.type === "content_block_stop") {
      expect(event.index).toBe(open);
      open = undefined;
    } else if (event.type === "message_delta") {
      expect(open).toBeUndefined();
    } else if (event.type === "message_stop") {
      expect(last).toBe("message_delta");
    }
    events.push(event);
  }
  expect(events.at(-1)?.type).toBe("message_stop");
  expect(events.filter(({ type }) => type === "message_delta")).toHaveLength(1);
  return events;
}

describe.each(MODELS)("anthropic → $name", ({ name: model, upstream, wire }) => {
  it("answers with a message whose usage is there, and says who answered", async () => {
    const { data, response, request_id } = await anthropic.messages.create({ model, max_tokens, messages: [SKY] }).withResponse();
    expect(data).toMatchObject({ type: "message", role: "assistant", stop_reason: "end_turn", stop_sequence: null });
    expect(data.id).not.toBe("");
    expect(data.model).toContain(upstream);
    expect(textOf(data)).toContain("Why is the naïve café sky 🙂 blue?");
    expect(data.content.filter(({ type }) => type === "text")).toHaveLength(1);
    expect(data.usage.input_tokens).toBeGreaterThan(0);
    expect(data.usage.output_tokens).toBeGreaterThan(0);
    expect(response.headers.get("x-sluice-model")).toBe(upstream);
    expect(response.headers.get("x-sluice-provider")).toBe("simulator");
    expect(request_id).toMatch(/^req_/);
    expect(request_id).toBe(response.headers.get("x-request-id"));
    expect(data).toHaveProperty("_request_id", request_id);
  });

  it("streams the same message, events in order", async () => {
    const whole = await anthropic.messages.create({ model, max_tokens, messages: [SKY] });
    const events = await readInOrder(await anthropic.messages.create({ model, max_tokens, messages: [SKY], stream: true }));
    const text = events.map((event) => (event.type === "content_block_delta" && event.delta.type === "text_delta" ? event.delta.text : ""));
    expect(text.join("")).toBe(textOf(whole));
    expect(text.filter((piece) => piece !== "").length).toBeGreaterThan(3);
  });

  it.each(["bytes=7", "split=utf8", "split=random(3)", "pings=5,first-token=20"])(
    "reads the same message however it is cut up: %s",
    async (cut) => {
      const whole = await anthropic.messages.create({ model, max_tokens, messages: [SKY] });
      const streamed = await anthropic.messages.stream({ model: `${model};sim:${cut}`, max_tokens, messages: [SKY] }).finalMessage();
      expect(textOf(streamed)).toBe(textOf(whole));
      expect(streamed.usage.output_tokens).toBe(whole.usage.output_tokens);
    },
  );

  it("feeds the streaming helper: callbacks, final message, final text", async () => {
    const whole = await anthropic.messages.create({ model, max_tokens, messages: [SKY] });
    const seen: string[] = [];
    let snapshot = "";
    const stream = anthropic.messages
      .stream({ model, max_tokens, messages: [SKY] })
      .on("text", (delta, soFar) => {
        seen.push(delta);
        snapshot = soFar;
      })
      .on("contentBlock", ({ type }) => seen.push(`[${type}]`))
      .on("message", ({ role }) => seen.push(`[${role}]`));
    const message = await stream.finalMessage();
    expect(textOf(message)).toBe(textOf(whole));
    expect(snapshot).toBe(textOf(whole));
    expect(await stream.finalText()).toBe(textOf(whole));
    expect(seen.slice(-2)).toEqual(["[text]", "[assistant]"]);
    expect(message).toMatchObject({ stop_reason: whole.stop_reason, stop_sequence: whole.stop_sequence, role: "assistant" });
    expect(stream.request_id).toMatch(/^req_/);
    expect(message.usage.output_tokens).toBe(whole.usage.output_tokens);
  });

  it("PITFALLS B 17: input tokens are there from the first event, and no cached token is counted twice", async () => {
    const system: Anthropic.TextBlockParam[] = [
      { type: "text", text: `A long handbook of house ${model}. ${"Be kind. ".repeat(1500)}`, cache_control: { type: "ephemeral" } },
    ];
    const asked = { model, max_tokens, system, messages: [SKY] };
    const promptOf = (usage: Anthropic.Usage): number =>
      usage.input_tokens + (usage.cache_read_input_tokens ?? 0) + (usage.cache_creation_input_tokens ?? 0);
    const first = await anthropic.messages.create(asked);
    const second = await anthropic.messages.create(asked);
    expect(promptOf(first.usage)).toBeGreaterThan(2000);
    // Read from the cache or not, the prompt is as long as it was.
    expect(promptOf(second.usage)).toBe(promptOf(first.usage));
    expect(second.usage.cache_read_input_tokens).toBeGreaterThan(1000);
    expect(second.usage.input_tokens).toBeLessThan(first.usage.input_tokens + (first.usage.cache_creation_input_tokens ?? 0));

    const events = await readInOrder(await anthropic.messages.create({ ...asked, stream: true }));
    const [start] = events;
    if (start?.type !== "message_start") throw new Error("no start");
    expect(promptOf(start.message.usage)).toBeGreaterThan(1000);
    const final = await anthropic.messages.stream(asked).finalMessage();
    expect(promptOf(final.usage)).toBe(promptOf(first.usage));
    expect(final.usage.output_tokens).toBe(first.usage.output_tokens);
  });

  it("calls one tool, whole and streamed", async () => {
    const asked = { model, max_tokens, messages: [user(`Call get_weather for "Paris".${AT_ONCE}`)], tools: [getWeather, getTime] };
    const whole = await anthropic.messages.create(asked);
    expect(whole.stop_reason).toBe("tool_use");
    expect(namedInputs(whole)).toEqual([["get_weather", { city: "Paris" }]]);
    expect(usesOf(whole)[0]?.id).toMatch(/^[a-zA-Z0-9_-]+$/);
    const inputs: unknown[] = [];
    const streamed = await anthropic.messages
      .stream(asked)
      .on("inputJson", (_partial, snapshot) => inputs.push(snapshot))
      .finalMessage();
    expect(streamed.stop_reason).toBe("tool_use");
    expect(namedInputs(streamed)).toEqual([["get_weather", { city: "Paris" }]]);
    expect(inputs.at(-1)).toEqual({ city: "Paris" });
  });

  it("PITFALLS B 11, B 14: parallel calls keep their order, ids and inputs, also streamed", async () => {
    const asked = {
      model,
      max_tokens,
      messages: [user(`Call get_weather and get_time, for "Paris" and 7 hours.${AT_ONCE}`)],
      tools: [getWeather, getTime],
    };
    const expected = [
      ["get_weather", { city: "Paris" }],
      ["get_time", { zone: "Paris", hours: 7 }],
    ];
    const whole = await anthropic.messages.create(asked);
    const streamed = await anthropic.messages.stream(asked).finalMessage();
    for (const message of [whole, streamed]) {
      expect(message.stop_reason).toBe("tool_use");
      expect(namedInputs(message)).toEqual(expected);
      expect(new Set(usesOf(message).map(({ id }) => id)).size).toBe(2);
    }
    await readInOrder(await anthropic.messages.create({ ...asked, stream: true }));
  });

  it("PITFALLS B 13: a forced call comes without an empty text block", async () => {
    const isThinker = upstream.includes("deepseek");
    const asked = { model, max_tokens, messages: [user(`Hello.${AT_ONCE}`)], tools: [getWeather, getTime] };
    const forced = { ...asked, tool_choice: { type: "tool" as const, name: "get_time" } };
    const whole = await anthropic.messages.create(forced);
    const types = isThinker ? ["thinking", "tool_use"] : ["tool_use"];
    expect(whole.content.map(({ type }) => type)).toEqual(types);
    expect(usesOf(whole)[0]?.name).toBe("get_time");
    const events = await readInOrder(await anthropic.messages.create({ ...forced, stream: true }));
    const starts = events.flatMap((event) => (event.type === "content_block_start" ? [event.content_block.type] : []));
    expect(starts).toEqual(types);
    const any = await anthropic.messages.create({ ...asked, tool_choice: { type: "any" } });
    expect(usesOf(any)).toHaveLength(1);
  });

  it("calls no tool when told not to, and one at a time when told so", async () => {
    const asked = { model, max_tokens, messages: [user(`Call get_weather and get_time.${AT_ONCE}`)], tools: [getWeather, getTime] };
    const none = await anthropic.messages.create({ ...asked, tool_choice: { type: "none" } });
    expect(usesOf(none)).toEqual([]);
    expect(none.stop_reason).toBe("end_turn");
    const serial = await anthropic.messages.create({ ...asked, tool_choice: { type: "auto", disable_parallel_tool_use: true } });
    expect(usesOf(serial)).toHaveLength(1);
  });

  it("takes results back: texts, blocks, errors, in one message with further words", async () => {
    const messages = [user(`Call get_weather and get_time, for "Paris" and 7 hours.${AT_ONCE}`)];
    const first = await anthropic.messages.create({ model, max_tokens, messages, tools: [getWeather, getTime] });
    const [weather, time] = usesOf(first);
    const second = await anthropic.messages.create({
      model,
      max_tokens,
      tools: [getWeather, getTime],
      messages: [
        ...messages,
        { role: "assistant", content: first.content },
        {
          role: "user",
          content: [
            {
              type: "tool_result",
              tool_use_id: weather?.id ?? "",
              content: [
                { type: "text", text: "Sunny, " },
                { type: "text", text: "warm" },
              ],
            },
            { type: "tool_result", tool_use_id: time?.id ?? "", content: "no such zone", is_error: true },
          ],
        },
      ],
    });
    expect(textOf(second)).toContain("The tool get_weather answered: “Sunny, warm”");
    expect(textOf(second)).toContain("no such zone");
    expect(second.stop_reason).toBe("end_turn");
    const { body } = await lastUpstreamCall(gateway);
    if (wire === "anthropic") expect(body).toMatchObject({ messages: [{}, {}, { content: [{}, { is_error: true }] }] });
    // The wire has no word for failure: the text says it.
    else expect(JSON.stringify(body)).toContain("Error: no such zone");
  });

  it.each([{ stream: false }, { stream: true }])("runs tools to the end: toolRunner, stream $stream", async ({ stream }) => {
    const seen: string[] = [];
    const tools = [
      betaZodTool({
        name: "get_weather",
        description: "The weather of a city",
        inputSchema: z.object({ city: z.string() }),
        run: ({ city }) => {
          seen.push(city);
          return [{ type: "text", text: `Sunny in ${city}` }];
        },
      }),
    ];
    const runner = anthropic.beta.messages.toolRunner({
      model,
      max_tokens,
      messages: [{ role: "user", content: `Call get_weather for "Paris".${AT_ONCE}` }],
      tools,
      stream,
    });
    const message = await runner.runUntilDone();
    expect(seen).toEqual(["Paris"]);
    expect(message.content.map((block) => (block.type === "text" ? block.text : "")).join("")).toContain("Sunny in Paris");
    expect(message.stop_reason).toBe("end_turn");
  });

  it("parses structured output, whole and streamed", async () => {
    const Person = z.object({ name: z.string(), age: z.number(), tags: z.array(z.string()) });
    const asked = { model, max_tokens, messages: [user(`"Ada" is 36.${AT_ONCE}`)], output_config: { format: zodOutputFormat(Person) } };
    const whole = await anthropic.messages.parse(asked);
    expect(whole.parsed_output).toMatchObject({ name: "Ada", age: 36 });
    expect(whole.stop_reason).toBe("end_turn");
    expect(usesOf(whole)).toEqual([]);
    const streamed = await anthropic.messages.stream(asked).finalMessage();
    expect(streamed.parsed_output).toMatchObject({ name: "Ada", age: 36 });
    expect(streamed.stop_reason).toBe("end_turn");
  });

  it("stops at a stop sequence, which does not show", async () => {
    const asked = { model, max_tokens, messages: [SKY], stop_sequences: ["**In numbers"] };
    const whole = await anthropic.messages.create(asked);
    const streamed = await anthropic.messages.stream(asked).finalMessage();
    for (const message of [whole, streamed]) {
      expect(textOf(message)).toContain("(simulated)");
      expect(textOf(message)).not.toContain("In numbers");
      // OpenAI's wire does not say whether a sequence ended the reply, or the model itself.
      if (wire === "anthropic") expect(message).toMatchObject({ stop_reason: "stop_sequence", stop_sequence: "**In numbers" });
      else expect(message).toMatchObject({ stop_reason: "end_turn", stop_sequence: null });
    }
  });

  it("is cut at the output cap", async () => {
    const asked = { model, max_tokens: 7, messages: [SKY] };
    const whole = await anthropic.messages.create(asked);
    expect(whole.stop_reason).toBe("max_tokens");
    expect(whole.usage.output_tokens).toBeLessThanOrEqual(7);
    expect((await anthropic.messages.stream(asked).finalMessage()).stop_reason).toBe("max_tokens");
  });

  it("is cut within a tool call without breaking the stream", async () => {
    const long = `Call get_weather for "${"Llanfairpwllgwyngyll ".repeat(30)}".${AT_ONCE}`;
    const asked = { model, max_tokens: 90, messages: [user(long)], tools: [getWeather], tool_choice: { type: "any" as const } };
    // Claude itself leaves a block that is cut unclosed; translated streams keep the order.
    if (wire === "openai") await readInOrder(await anthropic.messages.create({ ...asked, stream: true }));
    expect((await anthropic.messages.create(asked)).stop_reason).toBe("max_tokens");
    expect((await anthropic.messages.stream(asked).finalMessage()).stop_reason).toBe("max_tokens");
  });

  it("PITFALLS B 12: says tool_use whenever a tool was called, also where the upstream does not say how it ended", async () => {
    const asked = { model: `${model};sim:no-finish=1`, max_tokens, messages: [user(`Call get_weather.${AT_ONCE}`)], tools: [getWeather] };
    const whole = await anthropic.messages.create(asked);
    expect(usesOf(whole)).toHaveLength(1);
    const streamed = await anthropic.messages.stream(asked).finalMessage();
    expect(usesOf(streamed)).toHaveLength(1);
    // One wire on both sides: the upstream's own bytes, whatever they say.
    if (wire === "openai") {
      expect([whole.stop_reason, streamed.stop_reason]).toEqual(["tool_use", "tool_use"]);
      const text = { ...asked, messages: [SKY], tools: [] };
      const ends = [await anthropic.messages.create(text), await anthropic.messages.stream(text).finalMessage()];
      expect(ends.map(({ stop_reason }) => stop_reason)).toEqual(["end_turn", "end_turn"]);
    }
  });

  it("PITFALLS B 21: properties of a tool's schema may be called like fields of the request", async () => {
    const properties = {
      cache_control: { type: "object", properties: { type: { type: "string" }, ttl: { type: "string" } } },
      stream: { type: "boolean" },
      model: { type: "string" },
      type: { type: "string" },
    };
    const input_schema = { type: "object" as const, properties, required: ["cache_control", "stream", "model"] };
    const called = await anthropic.messages.create({
      model,
      max_tokens,
      messages: [user(`Call deploy.${AT_ONCE}`)],
      tools: [{ name: "deploy", input_schema, cache_control: { type: "ephemeral", ttl: "1h" } }],
    });
    expect(Object.keys(usesOf(called)[0]?.input ?? {})).toEqual(expect.arrayContaining(["cache_control", "stream", "model"]));
    const sent = wire === "anthropic" ? { input_schema, cache_control: { ttl: "1h" } } : { function: { parameters: input_schema } };
    expect((await lastUpstreamCall(gateway)).body).toMatchObject({ tools: [sent] });
  });

  it("PITFALLS B 19: a session like Claude Code's is accepted", async () => {
    const session: Anthropic.Beta.MessageCreateParamsNonStreaming = {
      model,
      max_tokens: 8000,
      betas: ["claude-code-20250219", "interleaved-thinking-2025-05-14", "context-management-2025-06-27", "made-up-beta-2099-01-01"],
      metadata: { user_id: "user_abc_account__session_def" },
      system: [
        { type: "text", text: "You are a coding agent.", cache_control: { type: "ephemeral", ttl: "1h" } },
        { type: "text", text: "Environment: linux", cache_control: { type: "ephemeral" } },
      ],
      tools: [
        { ...getWeather, cache_control: { type: "ephemeral", ttl: "1h" } },
        { ...getTime, eager_input_streaming: true },
      ],
      messages: [
        { role: "user", content: [{ type: "text", text: "Look it up." }] },
        { role: "assistant", content: [{ type: "tool_use", id: "toolu_01A", name: "get_weather", input: { city: "Paris" } }] },
        { role: "user", content: [{ type: "tool_result", tool_use_id: "toolu_01A", content: "Sunny", is_error: false }] },
        { role: "system", content: "The user has opened another file." },
        { role: "assistant", content: [{ type: "text", text: "It is sunny." }] },
        {
          role: "user",
          content: [{ type: "text", text: `Thanks. And tomorrow?${AT_ONCE}`, cache_control: { type: "ephemeral" } }],
        },
      ],
    };
    const { data, response } = await anthropic.beta.messages.create(session).withResponse();
    expect(data.stop_reason).toBe("end_turn");
    const { body, headers } = await lastUpstreamCall(gateway);
    const sent = JSON.stringify(body);
    for (const words of ["You are a coding agent.", "Environment: linux", "The user has opened another file.", "Sunny", "It is sunny."]) {
      expect(sent).toContain(words);
    }
    if (wire === "anthropic") {
      expect(headers["anthropic-beta"]).toContain("made-up-beta-2099-01-01");
      expect(body).toMatchObject({
        system: expect.arrayContaining([
          { type: "text", text: "You are a coding agent.", cache_control: { type: "ephemeral", ttl: "1h" } },
          { type: "text", text: "Environment: linux", cache_control: { type: "ephemeral" } },
        ]),
        tools: [{ name: "get_weather", cache_control: { type: "ephemeral", ttl: "1h" } }, { name: "get_time" }],
      });
    } else {
      expect(sent).not.toContain("cache_control");
      expect(headers).not.toHaveProperty("anthropic-beta");
    }
    expect(response.headers.get("x-sluice-model")).toBe(upstream);
    // These Claudes take system messages at the beginning only.
    if (wire === "anthropic") expect(response.headers.get("x-sluice-warnings")).toContain("system");
    const streamed = await anthropic.beta.messages.stream(session).finalMessage();
    expect(streamed.stop_reason).toBe("end_turn");
  });

  it("PITFALLS B 19: null content in a tool history is accepted", async () => {
    const messages = [
      { role: "user", content: "Look it up." },
      { role: "assistant", content: null },
      { role: "assistant", content: [{ type: "tool_use", id: "toolu_01B", name: "get_weather", input: {} }] },
      { role: "user", content: [{ type: "tool_result", tool_use_id: "toolu_01B", content: null }] },
      { role: "assistant", content: [{ type: "text", text: "It is sunny." }] },
      { role: "user", content: `Thanks.${AT_ONCE}` },
    ];
    // Past the SDK's types: sessions of agents are kept by many hands.
    const reply = await anthropic.post("/v1/messages", { body: { model, max_tokens, messages, tools: [getWeather] } });
    expect(reply).toMatchObject({ type: "message", stop_reason: "end_turn" });
  });

  it("PITFALLS A 1: a stream that breaks ends in an error event, never in a clean ending", async () => {
    for (const fault of ["cut=6", "cut-clean=6", "cut-inside=6", "malformed=6", "error-at=6"]) {
      const asked = { model: `${model};sim:${fault}`, max_tokens, messages: [SKY] };
      const { data: stream, response } = await anthropic.messages.create({ ...asked, stream: true }).withResponse();
      const seen: string[] = [];
      const reading = (async () => {
        for await (const { type } of stream) seen.push(type);
      })();
      // With one wire on both sides the malformed event itself reaches the SDK, whose parser raises an error of its own.
      const error = await caught(reading, fault.startsWith("malformed") && wire === "anthropic" ? SyntaxError : APIError);
      expect(error.message, fault).not.toBe("");
      expect(
        seen.filter((type) => type === "message_start"),
        fault,
      ).toHaveLength(1);
      expect(seen, fault).not.toContain("message_stop");
      // Who tripped over a malformed event first, the SDK or the gateway, is open.
      const status = fault.startsWith("malformed") ? expect.stringMatching(/^(interrupted|aborted)$/) : "interrupted";
      expect(await gateway.row(response.headers.get("x-request-id") ?? ""), fault).toMatchObject({ status });
      await caught(anthropic.messages.stream(asked).finalMessage(), Error);
    }
  });

  it("PITFALLS A 3: one message_start and no ending, however the upstream fails; no 200 where nothing came", async () => {
    for (const status of [500, 503, 529]) {
      const asked = { model: `${model};sim:status=${status}`, max_tokens, messages: [SKY] };
      expect((await caught(anthropic.messages.create({ ...asked, stream: true }), APIError)).status).toBeGreaterThanOrEqual(500);
    }
    for (const [fault, starts] of [
      ["error-first", 0],
      ["error-at=4", 1],
    ] as const) {
      const seen: string[] = [];
      const reading = (async () => {
        const asked = { model: `${model};sim:${fault}`, max_tokens, messages: [SKY] };
        for await (const { type } of await anthropic.messages.create({ ...asked, stream: true })) seen.push(type);
      })();
      const error = await caught(reading, APIError);
      expect(error.type, fault).toMatch(/_error$/);
      expect(seen.filter((type) => type === "message_start")).toHaveLength(starts);
      expect(seen.filter((type) => type === "message_stop" || type === "message_delta")).toEqual([]);
    }
  });

  it("ends the call upstream within a second of the client's leaving", IN_REAL_TIME, async () => {
    const long = { model: `${model};sim:tokens=2000,delay=20`, max_tokens, messages: [user("Go on.")] };
    const stream = anthropic.messages.stream(long);
    stream.on("text", () => stream.abort());
    await caught(stream.finalMessage(), APIUserAbortError);
    expect(await untilAborted(gateway, 1000)).toBeLessThan(1000);

    const controller = new AbortController();
    const helped = anthropic.messages.stream(long, { signal: controller.signal });
    helped.on("text", () => controller.abort());
    await caught(helped.finalText(), APIUserAbortError);
    expect(await untilAborted(gateway, 1000)).toBeLessThan(1000);

    for await (const { type } of await anthropic.messages.create({ ...long, stream: true })) if (type === "content_block_delta") break;
    expect(await untilAborted(gateway, 1000)).toBeLessThan(1000);
  });

  it("raises the SDK's own error classes", async () => {
    const ask = (fault: string) => anthropic.messages.create({ model: `${model};sim:${fault}`, max_tokens, messages: [SKY] });
    const limited = await caught(ask("status=429,retry-after=1"), RateLimitError);
    expect(limited.headers.get("retry-after")).toBe("1");
    expect(limited.requestID).toMatch(/^req_/);
    expect(limited.type).toBe("rate_limit_error");
    for (const status of [500, 502, 503, 529]) {
      const failed = await caught(ask(`status=${status}`), InternalServerError);
      expect(["api_error", "overloaded_error"]).toContain(failed.type);
    }
    // The gateway's credential is the operator's matter, not the caller's.
    for (const status of [401, 403]) expect((await caught(ask(`status=${status}`), InternalServerError)).type).toBe("api_error");
    expect((await caught(ask("status=404"), NotFoundError)).type).toBe("not_found_error");
    expect((await caught(ask("status=400"), BadRequestError)).type).toBe("invalid_request_error");
    expect((await caught(ask("context=3"), BadRequestError)).message).toMatch(/context|too long/);
  });

  it("is retried by the SDK itself after a 429", async () => {
    const fault = `;sim:status=429,retry-after-ms=1,times=1,key=anthropic-${upstream}`;
    const message = await clientOf(gateway.key, 2).messages.create({ model: model + fault, max_tokens, messages: [SKY] });
    expect(message.stop_reason).toBe("end_turn");
    const calls = (await upstreamCalls(gateway)).filter((call) => call.model === upstream + fault);
    expect(calls.map(({ status }) => status)).toEqual([429, 200]);
  });
});

describe.each([...CLAUDES, ...GPTS])("anthropic media → $name", ({ name: model, wire }) => {
  it("carries images by URL and as data, also in tool results", async () => {
    const image: Anthropic.ImageBlockParam = { type: "image", source: { type: "base64", media_type: "image/png", data: PNG_BASE64 } };
    const message = await anthropic.messages.create({
      model,
      max_tokens,
      messages: [
        {
          role: "user",
          content: [
            image,
            { type: "image", source: { type: "url", url: "https://example.com/cat.png" } },
            { type: "text", text: `What is on these?${AT_ONCE}` },
          ],
        },
      ],
    });
    expect(textOf(message)).toContain("I received 2 images");
    await anthropic.messages.create({
      model,
      max_tokens,
      tools: [getWeather],
      messages: [
        user("Call get_weather."),
        { role: "assistant", content: [{ type: "tool_use", id: "toolu_01C", name: "get_weather", input: {} }] },
        {
          role: "user",
          content: [{ type: "tool_result", tool_use_id: "toolu_01C", content: [{ type: "text", text: "A chart" }, image] }],
        },
      ],
    });
    const { body } = await lastUpstreamCall(gateway);
    if (wire === "anthropic") {
      expect(body).toMatchObject({ messages: [{}, {}, { content: [{ type: "tool_result", content: [{ text: "A chart" }, image] }] }] });
    } else {
      expect(body).toMatchObject({
        messages: [
          { role: "user" },
          { role: "assistant", tool_calls: [{ id: "toolu_01C" }] },
          { role: "tool", tool_call_id: "toolu_01C", content: "A chart" },
          { role: "user", content: [{ type: "text" }, { type: "image_url", image_url: { url: `data:image/png;base64,${PNG_BASE64}` } }] },
        ],
      });
    }
  });

  it("carries PDFs and text documents", async () => {
    const message = await anthropic.messages.create({
      model,
      max_tokens,
      messages: [
        {
          role: "user",
          content: [
            { type: "document", source: { type: "base64", media_type: "application/pdf", data: PDF_BASE64 }, title: "report.pdf" },
            { type: "text", text: `Sum it up.${AT_ONCE}` },
          ],
        },
      ],
    });
    expect(textOf(message)).toContain("I received 1 document");
    await anthropic.messages.create({
      model,
      max_tokens,
      messages: [
        {
          role: "user",
          content: [
            {
              type: "document",
              source: { type: "text", media_type: "text/plain", data: "The handbook says: be kind." },
              title: "Handbook",
            },
            { type: "text", text: `Sum it up.${AT_ONCE}` },
          ],
        },
      ],
    });
    expect(JSON.stringify((await lastUpstreamCall(gateway)).body)).toContain("The handbook says: be kind.");
  });

  it("refuses a PDF by URL where the model does not fetch, rather than leaving it out", async () => {
    const asked = anthropic.messages.create({
      model,
      max_tokens,
      messages: [{ role: "user", content: [{ type: "document", source: { type: "url", url: "https://example.com/a.pdf" } }] }],
    });
    if (wire === "anthropic") expect(textOf(await asked)).toContain("I received 1 document");
    else expect((await caught(asked, BadRequestError)).message).toContain("document");
  });
});

describe.each([
  { name: "claude-haiku-4-5", thinking: { type: "enabled" as const, budget_tokens: 1024 } },
  { name: "claude-sonnet-4-6", thinking: { type: "adaptive" as const } },
])("anthropic thinking → $name", ({ name: model, thinking }) => {
  it("PITFALLS B 15: is streamed, signed, and goes back byte for byte", async () => {
    const events: string[] = [];
    const first = await anthropic.messages
      .stream({ model, max_tokens, messages: [SKY], thinking })
      .on("thinking", (_delta, snapshot) => events.push(snapshot))
      .on("signature", (signature) => events.push(signature))
      .finalMessage();
    const [block] = first.content;
    if (block?.type !== "thinking") throw new Error("no thinking");
    expect(block.thinking).toContain("(simulated reasoning)");
    expect(events.slice(-2)).toEqual([block.thinking, block.signature]);
    const second = await anthropic.messages.create({
      model,
      max_tokens,
      thinking,
      messages: [SKY, { role: "assistant", content: first.content }, user(`And at night?${AT_ONCE}`)],
    });
    expect(second.stop_reason).toBe("end_turn");
    const { body } = await lastUpstreamCall(gateway);
    expect(body).toMatchObject({ messages: [{}, { content: [block, { type: "text" }] }, {}] });
    expect(second.usage.output_tokens).toBeGreaterThan(0);
  });

  it("PITFALLS B 15: redacted and signature-only blocks go back as they came", async () => {
    const content: Anthropic.ContentBlockParam[] = [
      { type: "thinking", thinking: "First.", signature: "c2lnbmVkLWZpcnN0" },
      { type: "redacted_thinking", data: "cmVkYWN0ZWQ=" },
      { type: "thinking", thinking: "", signature: "c2lnbmF0dXJlLW9ubHk=" },
      { type: "thinking", thinking: "Third.", signature: "" },
      { type: "text", text: "Let me look." },
      { type: "tool_use", id: "toolu_01D", name: "get_weather", input: { city: "Paris" } },
    ];
    await anthropic.messages.create({
      model,
      max_tokens,
      thinking,
      tools: [getWeather],
      messages: [
        user("Look."),
        { role: "assistant", content },
        { role: "user", content: [{ type: "tool_result", tool_use_id: "toolu_01D", content: "Sunny" }] },
      ],
    });
    expect((await lastUpstreamCall(gateway)).body).toMatchObject({ messages: [{}, { content }, {}] });
  });

  it("PITFALLS B 16: structured output, thinking and tools together force no call", async () => {
    const format = zodOutputFormat(z.object({ name: z.string(), age: z.number() }));
    const message = await anthropic.messages.parse({
      model,
      max_tokens,
      thinking,
      messages: [user(`"Ada" is 36.${AT_ONCE}`)],
      tools: [getWeather],
      output_config: { format },
    });
    expect(message.parsed_output).toEqual({ name: "Ada", age: 36 });
    expect((await lastUpstreamCall(gateway)).body).not.toHaveProperty("tool_choice");
  });
});

describe("anthropic thinking across wires", () => {
  it.each(GPTS)("becomes effort for $name where it reasons, or a warning", async ({ name: model, upstream }) => {
    const { data, response } = await anthropic.messages
      .create({ model, max_tokens, messages: [SKY], thinking: { type: "enabled", budget_tokens: 2048 } })
      .withResponse();
    expect(data.stop_reason).toBe("end_turn");
    const { body } = await lastUpstreamCall(gateway);
    if (upstream === "gpt-5") {
      expect(body).toHaveProperty("reasoning_effort");
      expect(data.usage.output_tokens_details?.thinking_tokens).toBeGreaterThan(0);
    } else {
      expect(body).not.toHaveProperty("reasoning_effort");
      expect(response.headers.get("x-sluice-warnings")).toMatch(/reason/i);
    }
  });

  it("shows a compatible vendor's reasoning, and takes it back with the tool results that it led to", async () => {
    const model = "deepseek/deepseek-reasoner";
    const messages = [user(`Call get_weather for "Paris".${AT_ONCE}`)];
    const whole = await anthropic.messages.create({ model, max_tokens, messages, tools: [getWeather] });
    const streamed = await anthropic.messages.stream({ model, max_tokens, messages, tools: [getWeather] }).finalMessage();
    for (const first of [whole, streamed]) {
      const [thought, use] = first.content;
      if (thought?.type !== "thinking" || use?.type !== "tool_use") throw new Error(JSON.stringify(first.content));
      expect(thought.thinking).toContain("(simulated reasoning)");
      const second = await anthropic.messages.create({
        model,
        max_tokens,
        tools: [getWeather],
        messages: [
          ...messages,
          { role: "assistant", content: first.content },
          { role: "user", content: [{ type: "tool_result", tool_use_id: use.id, content: "Sunny" }] },
        ],
      });
      expect(textOf(second)).toContain("Sunny");
      expect((await lastUpstreamCall(gateway)).body).toMatchObject({
        messages: [{}, { role: "assistant", reasoning_content: thought.thinking, tool_calls: [{ id: use.id }] }, { role: "tool" }],
      });
    }
  });

  it("never sends another vendor's unsigned reasoning to a Claude", async () => {
    const messages = [SKY];
    const first = await anthropic.messages.create({ model: "deepseek/deepseek-reasoner", max_tokens, messages });
    expect(first.content[0]?.type).toBe("thinking");
    const { data, response } = await anthropic.messages
      .create({
        model: "claude-sonnet-4-6",
        max_tokens,
        messages: [...messages, { role: "assistant", content: first.content }, user(`And you?${AT_ONCE}`)],
      })
      .withResponse();
    expect(data.stop_reason).toBe("end_turn");
    expect(JSON.stringify((await lastUpstreamCall(gateway)).body)).not.toContain('"thinking"');
    expect(response.headers.get("x-sluice-warnings")).toContain("reasoning");
  });
});

describe("anthropic, what only one house has", () => {
  it.each(GPTS)("warns of every field that $name cannot take", async ({ name: model }) => {
    const { data, response } = await anthropic.beta.messages
      .create({
        model,
        max_tokens,
        messages: [{ role: "user", content: `Hello.${AT_ONCE}` }],
        service_tier: "standard_only",
        context_management: { edits: [{ type: "clear_tool_uses_20250919" }] },
        mcp_servers: [{ type: "url", name: "docs", url: "https://example.com/mcp" }],
        inference_geo: "us",
        tools: [{ type: "web_search_20250305", name: "web_search" }, { ...getWeather }],
        metadata: { user_id: "ann" },
      })
      .withResponse();
    expect(data.stop_reason).toBe("end_turn");
    const warnings = response.headers.get("x-sluice-warnings") ?? "";
    for (const field of ["service_tier", "context_management", "mcp_servers", "inference_geo", "tools[0]"]) {
      expect(warnings).toContain(field);
    }
    expect((await lastUpstreamCall(gateway)).body).toMatchObject({ user: "ann", tools: [{ function: { name: "get_weather" } }] });
  });

  it("warns of no field that was not given", async () => {
    const { response } = await anthropic.messages
      .create({ model: "gpt-5", max_tokens, messages: [SKY], output_config: { effort: "low" } })
      .withResponse();
    expect(response.headers.get("x-sluice-warnings")).not.toContain("thinking");
    expect((await lastUpstreamCall(gateway)).body).toHaveProperty("reasoning_effort", "low");
  });

  it("refuses a thread where nobody keeps it, by the SDK's own error; keeps it where the provider does", async () => {
    const hello = { role: "user" as const, content: `Hello.${AT_ONCE}` };
    const refused = anthropic.beta.messages.thread({ model: "gpt-4o", max_tokens }).send(hello);
    expect((await caught(refused, BadRequestError)).errorCode).toBe("thread_unsupported_request");
    const thread = anthropic.beta.messages.thread({ model: "claude-sonnet-4-6", max_tokens, system: "Be kind." });
    const first = await thread.send(hello);
    const second = await thread.send({ role: "user", content: `Go on.${AT_ONCE}` });
    expect(second.usage.input_tokens).toBeGreaterThan(first.usage.input_tokens);
    expect((await lastUpstreamCall(gateway)).body).toMatchObject({ thread: { type: "continue", previous_message_id: first.id } });
  });

  it("PITFALLS B 19: leaves system messages in place for a Claude that takes them there", async () => {
    const messages: Anthropic.MessageParam[] = [
      user("Hello."),
      { role: "system", content: "The user has opened another file." },
      { role: "assistant", content: "Hello!" },
      SKY,
    ];
    const { response } = await anthropic.messages.create({ model: "claude-opus-4-8", max_tokens, messages }).withResponse();
    expect((await lastUpstreamCall(gateway)).body).toMatchObject({ messages });
    expect(response.headers.get("x-sluice-warnings")).not.toContain("system");
  });

  it.each(GPTS)("PITFALLS B 17: input tokens are estimated where $name never says", async ({ name }) => {
    const model = `${name};sim:no-usage=1`;
    const whole = await anthropic.messages.create({ model, max_tokens, messages: [SKY] });
    expect(whole.usage.input_tokens).toBeGreaterThan(0);
    const [start] = await readInOrder(await anthropic.messages.create({ model, max_tokens, messages: [SKY], stream: true }));
    expect(start?.type === "message_start" && start.message.usage.input_tokens).toBeGreaterThan(0);
    expect(await rowsOf(gateway, model)).toContainEqual(expect.objectContaining({ estimated: 1 }));
  });

  it("refuses more stop sequences than a GPT takes, naming the field", async () => {
    const asked = anthropic.messages.create({ model: "gpt-4o", max_tokens, messages: [SKY], stop_sequences: ["a", "b", "c", "d", "e"] });
    expect((await caught(asked, BadRequestError)).apiMessage).toContain("stop");
  });
});

describe("anthropic, same wire on both sides", () => {
  it("passes a recorded reply on untouched, unknown fields included", async () => {
    const reply = {
      id: "msg_01case",
      type: "message",
      role: "assistant",
      model: "claude-next",
      content: [
        { type: "text", text: "Hi" },
        { type: "hologram", depth: 3 },
      ],
      stop_reason: "end_turn",
      stop_sequence: null,
      usage: { input_tokens: 5, output_tokens: 9 },
      mood: "fine",
    };
    await recordCase(gateway, "unknown-fields", "application/json", JSON.stringify(reply));
    const message = await anthropic.messages.create({ model: "claude-sonnet-4-6;case:unknown-fields", max_tokens, messages: [SKY] });
    expect(message).toEqual(reply);
  });
});

describe("anthropic, a client that leaves before the reply", () => {
  it.each([CLAUDES[0], GPTS[0]])("is let go at once, and has one usage row all the same → $name", IN_REAL_TIME, async ({ name }) => {
    const model = `${name};sim:header-delay=1500`;
    const controller = new AbortController();
    const startedAtMs = Date.now();
    const reply = anthropic.messages.create({ model, max_tokens, messages: [SKY] }, { signal: controller.signal });
    setTimeout(() => controller.abort(), 100);
    await caught(reply, APIUserAbortError);
    expect(Date.now() - startedAtMs).toBeLessThan(1000);
    expect(await rowsOf(gateway, model)).toHaveLength(1);
  });
});

describe("anthropic, refusals of the gateway itself", () => {
  it("AuthenticationError for every bad key, with one and the same words", async () => {
    const errors = await Promise.all(
      ["sk-nonsense", gateway.key.slice(0, -1), `${gateway.key}x`].map((key) =>
        caught(clientOf(key).messages.create({ model: "gpt-4o", max_tokens, messages: [SKY] }), AuthenticationError),
      ),
    );
    expect(new Set(errors.map(({ apiMessage }) => apiMessage)).size).toBe(1);
    for (const error of errors) expect(error.type).toBe("authentication_error");
  });

  it("takes the key as a bearer token too", async () => {
    const bearer = new Anthropic({ baseURL: gateway.url, authToken: gateway.key, maxRetries: 0 });
    expect((await bearer.messages.create({ model: "gpt-4o", max_tokens, messages: [SKY] })).stop_reason).toBe("end_turn");
  });

  it("NotFoundError that names near matches", async () => {
    const error = await caught(anthropic.messages.create({ model: "gtp-4o", max_tokens, messages: [SKY] }), NotFoundError);
    expect(error.type).toBe("not_found_error");
    expect(error.apiMessage).toContain("gpt-4o");
  });

  it.each<[string, Record<string, unknown>]>([
    ["messages", { messages: [] }],
    ["max_tokens", { max_tokens: undefined }],
    ["messages[0].role", { messages: [{ role: "wizard", content: "x" }] }],
    ["messages[0].content[0].text", { messages: [{ role: "user", content: [{ type: "text" }] }] }],
    ["temperature", { temperature: "hot" }],
    ["tools[0].input_schema", { tools: [{ name: "x" }] }],
    [
      "messages[1].content[0].tool_use_id",
      { messages: [SKY, { role: "user", content: [{ type: "tool_result", tool_use_id: "toolu_x" }] }] },
    ],
  ])("BadRequestError whose message names %s", async (field, body) => {
    for (const model of ["gpt-4o", "claude-sonnet-4-6"]) {
      // Malformed on purpose, so past the SDK's types.
      const request = anthropic.post("/v1/messages", { body: { model, max_tokens, messages: [SKY], ...body } });
      const error = await caught(request, BadRequestError);
      expect(error.type).toBe("invalid_request_error");
      expect(error.apiMessage).toContain(field);
    }
  });

  it("PermissionDeniedError for a model that the key may not use", async () => {
    const { key } = await gateway.createKey({ models: ["gpt-4o", "openai/*"] });
    const limited = clientOf(key);
    expect((await limited.messages.create({ model: "openai/gpt-5", max_tokens, messages: [SKY] })).stop_reason).toBe("end_turn");
    const error = await caught(limited.messages.create({ model: "claude-haiku-4-5", max_tokens, messages: [SKY] }), PermissionDeniedError);
    expect(error.type).toBe("permission_error");
    expect((await limited.models.list()).data.map(({ id }) => id)).toEqual(["openai/gpt-4o", "openai/gpt-4o-mini"]);
  });
});

describe("anthropic, models", () => {
  it("lists and retrieves them", async () => {
    const page = await anthropic.models.list();
    expect(page.data.map(({ id }) => id)).toEqual(expect.arrayContaining(["default", "anthropic/claude-sonnet-4-6", "openai/gpt-4o"]));
    expect(page.has_more).toBe(false);
    let count = 0;
    for await (const model of anthropic.models.list({ limit: 2 })) {
      expect(model).toMatchObject({
        type: "model",
        display_name: expect.any(String),
        created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      });
      count += 1;
    }
    expect(count).toBe(page.data.length);
    for (const id of ["claude-sonnet-4-6", "default", "openai/gpt-4o", "groq/llama-3.3-70b-versatile"]) {
      expect(await anthropic.models.retrieve(id)).toMatchObject({ id, type: "model" });
    }
    expect((await caught(anthropic.models.retrieve("gtp-4o"), NotFoundError)).apiMessage).toContain("gpt-4o");
  });
});
