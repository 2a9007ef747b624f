import OpenAI, {
  APIError,
  APIUserAbortError,
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  OpenAIError,
  PermissionDeniedError,
  RateLimitError,
} from "openai";
import { LengthFinishReasonError } from "openai/core/error";
import { zodFunction, zodResponseFormat } from "openai/helpers/zod";
import type { ChatCompletion, ChatCompletionChunk, ChatCompletionFunctionTool, ChatCompletionMessageParam } from "openai/resources";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { SINGLE_CALL, startGateway, type TestGateway } from "../support/gateway";
import { IN_REAL_TIME } from "../support/in-real-time";
import { caught } from "./caught";
import { PDF_BASE64, PNG_BASE64 } from "./media";
import { AT_ONCE, CLAUDES, GPTS, MODELS } from "./models";
import { rowsOf } from "./rows";
import { lastUpstreamCall, recordCase, untilAborted, upstreamCalls } from "./simulator";

// The official `openai` client, as it is, against the whole gateway; a simulated provider answers.

let gateway: TestGateway;
let openai: OpenAI;

beforeAll(async () => {
  gateway = await startGateway({}, SINGLE_CALL);
  openai = clientOf(gateway.key);
});
afterAll(() => gateway.close());

function clientOf(apiKey: string, maxRetries = 0): OpenAI {
  return new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey, maxRetries });
}

const user = (content: string): ChatCompletionMessageParam => ({ role: "user", content });
const SKY = user(`Why is the naïve café sky 🙂 blue?${AT_ONCE}`);

const getWeather: ChatCompletionFunctionTool = {
  type: "function",
  function: {
    name: "get_weather",
    description: "The weather of a city",
    parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"], additionalProperties: false },
  },
};
const getTime: ChatCompletionFunctionTool = {
  type: "function",
  function: {
    name: "get_time",
    parameters: { type: "object", properties: { zone: { type: "string" }, hours: { type: "integer" } }, required: ["zone", "hours"] },
  },
};

/** What the SDK's types leave out of a message: how compatible vendors, and this gateway, show reasoning. */
interface Reasoned {
  reasoning_content?: string;
  reasoning_details?: { type: string; text?: string; signature?: string; data?: string; index?: number }[];
}

const reasonedOf = (value: object): Reasoned => value as Reasoned; // fields that the SDK passes on untyped

/** A stream's chunks, put together by hand, strictly: anything out of order throws. */
interface Gathered {
  roles: number;
  text: string;
  finishes: string[];
  calls: { id: string; name: string; arguments: string }[];
  usages: ChatCompletionChunk[];
  reasoning: string;
  details: NonNullable<Reasoned["reasoning_details"]>;
}

async function gather(stream: AsyncIterable<ChatCompletionChunk>): Promise<Gathered> {
  const gathered: Gathered = { roles: 0, text: "", finishes: [], calls: [], usages: [], reasoning: "", details: [] };
  for await (const chunk of stream) {
    expect(chunk.object).toBe("chat.completion.chunk");
    if (chunk.usage) gathered.usages.push(chunk);
    for (const { delta, finish_reason, index } of chunk.choices) {
      expect(index).toBe(0);
      if (gathered.finishes.length > 0) throw new Error(`a delta after the finish reason: ${JSON.stringify(delta)}`);
      if (delta.role) gathered.roles += 1;
      gathered.text += delta.content ?? "";
      gathered.reasoning += reasonedOf(delta).reasoning_content ?? "";
      gathered.details.push(...(reasonedOf(delta).reasoning_details ?? []));
      for (const call of delta.tool_calls ?? []) {
        const open = gathered.calls[call.index];
        if (!open) {
          expect(call.index).toBe(gathered.calls.length);
          gathered.calls.push({ id: call.id ?? "", name: call.function?.name ?? "", arguments: call.function?.arguments ?? "" });
        } else {
          open.arguments += call.function?.arguments ?? "";
        }
      }
      if (finish_reason) gathered.finishes.push(finish_reason);
    }
  }
  return gathered;
}

function callsOf({ choices }: ChatCompletion): { id: string; name: string; arguments: string }[] {
  return (choices[0]?.message.tool_calls ?? []).map((call) => {
    if (call.type !== "function") throw new Error(`a ${call.type} call`);
    return { id: call.id, name: call.function.name, arguments: call.function.arguments };
  });
}

function expectSum(usage: OpenAI.CompletionUsage | undefined | null): void {
  expect(usage?.prompt_tokens).toBeGreaterThan(0);
  expect(usage?.completion_tokens).toBeGreaterThan(0);
  expect(usage?.total_tokens).toBe((usage?.prompt_tokens ?? 0) + (usage?.completion_tokens ?? 0));
}

describe.each(MODELS)("openai → $name", ({ name: model, upstream, wire }) => {
  const isThinker = upstream.includes("deepseek");

  it("answers with a completion whose usage adds up, and says who answered", async () => {
    const { data, response } = await openai.chat.completions.create({ model, messages: [SKY] }).withResponse();
    expect(data.object).toBe("chat.completion");
    expect(data.id).not.toBe("");
    expect(data.created).toBeGreaterThan(1_700_000_000);
    expect(data.model).toContain(upstream);
    expect(data.choices).toHaveLength(1);
    expect(data.choices[0]).toMatchObject({ index: 0, finish_reason: "stop", message: { role: "assistant", refusal: null } });
    expect(data.choices[0]?.message.content).toContain("Why is the naïve café sky 🙂 blue?");
    expectSum(data.usage);
    expect(response.headers.get("x-sluice-model")).toBe(upstream);
    expect(response.headers.get("x-sluice-provider")).toBe("simulator");
    expect(response.headers.get("x-request-id")).toMatch(/^req_/);
    expect(data).toHaveProperty("_request_id", response.headers.get("x-request-id"));
  });

  it("streams the same text, usage only when asked for, one role and one ending", async () => {
    const whole = await openai.chat.completions.create({ model, messages: [SKY] });
    const plain = await gather(await openai.chat.completions.create({ model, messages: [SKY], stream: true }));
    expect(plain).toMatchObject({ roles: 1, finishes: ["stop"], usages: [], text: whole.choices[0]?.message.content });
    const asked = await gather(
      await openai.chat.completions.create({ model, messages: [SKY], stream: true, stream_options: { include_usage: true } }),
    );
    expect(asked.usages).toHaveLength(1);
    expect(asked.usages[0]?.choices).toEqual([]);
    expectSum(asked.usages[0]?.usage);
    expect(asked.usages[0]?.usage?.prompt_tokens).toBe(whole.usage?.prompt_tokens);
    expect(asked.usages[0]?.usage?.completion_tokens).toBe(whole.usage?.completion_tokens);
  });

  it.each(["bytes=7", "split=utf8", "split=random(3)", "pings=5,first-token=20"])(
    "reads the same text however it is cut up: %s",
    async (cut) => {
      const whole = await openai.chat.completions.create({ model, messages: [SKY] });
      const streamed = await gather(await openai.chat.completions.create({ model: `${model};sim:${cut}`, messages: [SKY], stream: true }));
      expect(streamed).toMatchObject({ roles: 1, finishes: ["stop"], text: whole.choices[0]?.message.content });
    },
  );

  it("feeds the streaming helper: events, snapshots, final completion, total usage", async () => {
    const deltas: string[] = [];
    let lastSnapshot = "";
    let done = "";
    let chunks = 0;
    const stream = openai.chat.completions
      .stream({ model, messages: [SKY], stream_options: { include_usage: true } })
      .on("chunk", () => {
        chunks += 1;
      })
      .on("content.delta", ({ delta, snapshot }) => {
        deltas.push(delta);
        lastSnapshot = snapshot;
      })
      .on("content.done", ({ content }) => {
        done = content;
      });
    const completion = await stream.finalChatCompletion();
    const text = completion.choices[0]?.message.content;
    expect(deltas.length).toBeGreaterThan(3);
    expect(chunks).toBeGreaterThan(deltas.length);
    expect([deltas.join(""), lastSnapshot, done, await stream.finalContent()]).toEqual([text, text, text, text]);
    expect(completion.choices[0]?.finish_reason).toBe("stop");
    expectSum(await stream.totalUsage());
  });

  it("carries system and developer prompts, wherever they stand", async () => {
    await openai.chat.completions.create({
      model,
      messages: [
        { role: "system", content: "Be brief." },
        { role: "developer", content: [{ type: "text", text: "Be kind." }] },
        user("Hello."),
        { role: "assistant", content: "Hello!" },
        { role: "system", content: "Be formal." },
        user(`And now?${AT_ONCE}`),
      ],
    });
    const { body } = await lastUpstreamCall(gateway);
    const sent = JSON.stringify(body);
    for (const prompt of ["Be brief.", "Be kind.", "Be formal."]) expect(sent).toContain(prompt);
    if (wire === "anthropic") expect(body).toMatchObject({ messages: [{ role: "user" }, { role: "assistant" }, { role: "user" }] });
  });

  it("calls one tool", async () => {
    const asked = { model, messages: [user(`Call get_weather for "Paris".${AT_ONCE}`)], tools: [getWeather, getTime] };
    const whole = await openai.chat.completions.create(asked);
    expect(whole.choices[0]?.finish_reason).toBe("tool_calls");
    expect(callsOf(whole)).toEqual([{ id: expect.stringMatching(/\S/), name: "get_weather", arguments: expect.any(String) }]);
    expect(JSON.parse(callsOf(whole)[0]?.arguments ?? "")).toEqual({ city: "Paris" });
    const streamed = await gather(await openai.chat.completions.create({ ...asked, stream: true }));
    expect(streamed.finishes).toEqual(["tool_calls"]);
    expect(streamed.calls.map(({ name, arguments: text }) => [name, JSON.parse(text)])).toEqual([["get_weather", { city: "Paris" }]]);
    const final = await openai.chat.completions.stream(asked).finalChatCompletion();
    expect(callsOf(final)[0]).toMatchObject({ name: "get_weather" });
  });

  it("PITFALLS B 11, B 14: parallel calls keep their order, ids and arguments, also streamed", async () => {
    const asked = {
      model,
      messages: [user(`Call get_weather and get_time, for "Paris" and 7 hours.${AT_ONCE}`)],
      tools: [getWeather, getTime],
    };
    const expected = [
      ["get_weather", { city: "Paris" }],
      ["get_time", { zone: "Paris", hours: 7 }],
    ];
    const parsed = (calls: { name: string; arguments: string }[]) => calls.map((call) => [call.name, JSON.parse(call.arguments)]);
    const whole = await openai.chat.completions.create(asked);
    expect(parsed(callsOf(whole))).toEqual(expected);
    expect(new Set(callsOf(whole).map(({ id }) => id)).size).toBe(2);
    // `gather` demands indexes 0, 1, … in order of appearance.
    const streamed = await gather(await openai.chat.completions.create({ ...asked, stream: true }));
    expect(parsed(streamed.calls)).toEqual(expected);
    expect(new Set(streamed.calls.map(({ id }) => id)).size).toBe(2);
    expect(streamed.calls.every(({ id }) => id !== "")).toBe(true);
    const argumentsDone: string[] = [];
    const stream = openai.chat.completions
      .stream(asked)
      .on("tool_calls.function.arguments.done", ({ name, index }) => argumentsDone.push(`${index} ${name}`));
    expect(parsed(callsOf(await stream.finalChatCompletion()))).toEqual(expected);
    expect(argumentsDone).toEqual(["0 get_weather", "1 get_time"]);
  });

  it("PITFALLS B 13: a forced call comes without any text", async () => {
    const forced = { type: "function" as const, function: { name: "get_time" } };
    const asked = { model, messages: [user(`Hello.${AT_ONCE}`)], tools: [getWeather, getTime], tool_choice: forced };
    const whole = await openai.chat.completions.create(asked);
    expect(callsOf(whole).map(({ name }) => name)).toEqual(["get_time"]);
    expect(whole.choices[0]?.message.content).toBeNull();
    const deltas: unknown[] = [];
    for await (const { choices } of await openai.chat.completions.create({ ...asked, stream: true })) {
      for (const { delta } of choices) if (delta.content !== undefined) deltas.push(delta.content);
    }
    expect(deltas.filter((content) => content !== null && content !== "")).toEqual([]);
    const required = await openai.chat.completions.create({ ...asked, tool_choice: "required" });
    expect(callsOf(required)).toHaveLength(1);
  });

  it("calls no tool when told not to, and one at a time when told so", async () => {
    const asked = { model, messages: [user(`Call get_weather and get_time.${AT_ONCE}`)], tools: [getWeather, getTime] };
    const none = await openai.chat.completions.create({ ...asked, tool_choice: "none" });
    expect(none.choices[0]?.message.tool_calls ?? []).toEqual([]);
    expect(none.choices[0]?.finish_reason).toBe("stop");
    const serial = await openai.chat.completions.create({ ...asked, parallel_tool_calls: false });
    expect(callsOf(serial)).toHaveLength(1);
  });

  it.each([{ stream: false }, { stream: true }])("runs tools to the end: runTools, stream $stream", async ({ stream }) => {
    const seen: string[] = [];
    const tools = [
      zodFunction({
        name: "get_weather",
        parameters: z.object({ city: z.string() }),
        function: ({ city }) => {
          seen.push(city);
          return `Sunny in ${city}`;
        },
      }),
      zodFunction({ name: "get_time", parameters: z.object({ zone: z.string() }), function: ({ zone }) => ({ zone, time: "12:00" }) }),
    ];
    const body = { model, messages: [user(`Call get_weather and get_time for "Paris".${AT_ONCE}`)], tools };
    const runner = stream ? openai.chat.completions.runTools({ ...body, stream: true }) : openai.chat.completions.runTools(body);
    const text = await runner.finalContent();
    expect(seen).toEqual(["Paris"]);
    expect(text).toContain("The tool get_weather answered: “Sunny in Paris”");
    expect(text).toContain("The tool get_time answered");
    expect(runner.messages.map(({ role }) => role)).toEqual(["user", "assistant", "tool", "tool", "assistant"]);
    if (!stream) expectSum(await runner.totalUsage());
  });

  it("parses structured output, whole and streamed", async () => {
    const Person = z.object({ name: z.string(), age: z.number(), tags: z.array(z.string()) });
    const asked = {
      model,
      messages: [user(`"Ada" is 36.${AT_ONCE}`)],
      response_format: zodResponseFormat(Person, "person"),
    };
    const { data: whole, response } = await openai.chat.completions.parse(asked).withResponse();
    expect(whole.choices[0]?.message.parsed).toMatchObject({ name: "Ada", age: 36 });
    expect(whole.choices[0]?.finish_reason).toBe("stop");
    expect(whole.choices[0]?.message.tool_calls ?? []).toEqual([]);
    expect(response.headers.get("x-sluice-warnings") ?? "").not.toContain("response_format");
    const streamed = await openai.chat.completions.stream(asked).finalChatCompletion();
    expect(streamed.choices[0]?.message.parsed).toMatchObject({ name: "Ada", age: 36 });
    expect(streamed.choices[0]?.finish_reason).toBe("stop");
  });

  it("parses the arguments of strict tools", async () => {
    const tools = [zodFunction({ name: "set_age", parameters: z.object({ name: z.string(), age: z.number() }) })];
    const completion = await openai.chat.completions.parse({ model, messages: [user(`Call set_age: "Ada" is 36.${AT_ONCE}`)], tools });
    expect(completion.choices[0]?.message.tool_calls).toMatchObject([{ function: { parsed_arguments: { name: "Ada", age: 36 } } }]);
  });

  it("stops at a stop sequence, which does not show", async () => {
    const asked = { model, messages: [SKY], stop: ["**In numbers"] };
    const whole = await openai.chat.completions.create(asked);
    expect(whole.choices[0]?.finish_reason).toBe("stop");
    expect(whole.choices[0]?.message.content).toContain("(simulated)");
    expect(whole.choices[0]?.message.content).not.toContain("In numbers");
    const streamed = await gather(await openai.chat.completions.create({ ...asked, stop: "**In numbers", stream: true }));
    expect(streamed).toMatchObject({ finishes: ["stop"], text: whole.choices[0]?.message.content });
  });

  it("is cut at the output cap, and the SDK's parser says so", async () => {
    const cap = upstream === "gpt-5" ? { max_completion_tokens: 7 } : { max_tokens: 7 };
    const asked = { model, messages: [SKY], ...cap };
    const whole = await openai.chat.completions.create(asked);
    expect(whole.choices[0]?.finish_reason).toBe("length");
    expect(whole.usage?.completion_tokens).toBeLessThanOrEqual(7);
    const streamed = await gather(await openai.chat.completions.create({ ...asked, stream: true }));
    expect(streamed.finishes).toEqual(["length"]);
    const either = await openai.chat.completions.create({ model, messages: [SKY], max_completion_tokens: 7 });
    expect(either.choices[0]?.finish_reason).toBe("length");
    const format = zodResponseFormat(z.object({ name: z.string(), more: z.string() }), "person");
    await caught(
      openai.chat.completions.parse({ model, messages: [SKY], response_format: format, max_completion_tokens: 2 }),
      LengthFinishReasonError,
    );
  });

  it("is cut within a tool call without breaking the stream", async () => {
    const long = `Call get_weather for "${"Llanfairpwllgwyngyll ".repeat(30)}".${AT_ONCE}`;
    const asked = { model, messages: [user(long)], tools: [getWeather], tool_choice: "required" as const, max_completion_tokens: 90 };
    const streamed = await gather(await openai.chat.completions.create({ ...asked, stream: true }));
    expect(streamed.finishes).toEqual(["length"]);
    expect(streamed.calls.map(({ name }) => name)).toEqual(["get_weather"]);
    expect((await openai.chat.completions.create(asked)).choices[0]?.finish_reason).toBe("length");
  });

  it("PITFALLS B 12: says tool_calls whenever a tool was called, also where the upstream does not say how it ended", async () => {
    const asked = { model: `${model};sim:no-finish=1`, messages: [user(`Call get_weather.${AT_ONCE}`)], tools: [getWeather] };
    if (wire === "anthropic") {
      const whole = await openai.chat.completions.create(asked);
      expect(whole.choices[0]?.finish_reason).toBe("tool_calls");
      const streamed = await gather(await openai.chat.completions.create({ ...asked, stream: true }));
      expect(streamed.finishes).toEqual(["tool_calls"]);
      expect(streamed.calls).toHaveLength(1);
      const text = { model: asked.model, messages: [SKY] };
      expect((await openai.chat.completions.create(text)).choices[0]?.finish_reason).toBe("stop");
      expect((await gather(await openai.chat.completions.create({ ...text, stream: true }))).finishes).toEqual(["stop"]);
    } else {
      // One wire on both sides: the upstream's own bytes, whatever they say.
      const { choices } = await openai.chat.completions.create(asked);
      expect(choices[0]?.message.tool_calls).toHaveLength(1);
    }
  });

  it("PITFALLS B 21: properties of a tool's schema may be called like fields of the request", async () => {
    const properties = {
      cache_control: { type: "object", properties: { type: { type: "string" }, ttl: { type: "string" } } },
      stream: { type: "boolean" },
      model: { type: "string" },
      strict: { type: "string" },
      additionalProperties: { type: "string" },
    };
    const parameters = { type: "object", properties, required: ["cache_control", "stream", "model"] };
    const tool: ChatCompletionFunctionTool = { type: "function", function: { name: "deploy", parameters } };
    const called = await openai.chat.completions.create({ model, messages: [user(`Call deploy.${AT_ONCE}`)], tools: [tool] });
    expect(Object.keys(JSON.parse(callsOf(called)[0]?.arguments ?? ""))).toEqual(
      expect.arrayContaining(["cache_control", "stream", "model"]),
    );
    const { body } = await lastUpstreamCall(gateway);
    const sent = wire === "anthropic" ? { input_schema: parameters } : { function: { parameters } };
    expect(body).toMatchObject({ tools: [sent] });
  });

  it("PITFALLS A 1: a stream that breaks ends in an error, never in a clean ending", async () => {
    for (const fault of ["cut=6", "cut-clean=6", "cut-inside=6", "malformed=6", "error-at=6"]) {
      const asked = { model: `${model};sim:${fault}`, messages: [SKY] };
      const { data: stream, response } = await openai.chat.completions.create({ ...asked, stream: true }).withResponse();
      const finishes: unknown[] = [];
      const reading = (async () => {
        for await (const { choices } of stream) for (const { finish_reason } of choices) if (finish_reason) finishes.push(finish_reason);
      })();
      // With one wire on both sides the malformed event itself reaches the SDK, whose parser raises an error of its own.
      const error = await caught(reading, fault.startsWith("malformed") && wire === "openai" ? SyntaxError : APIError);
      expect(error.message, fault).not.toBe("");
      expect(finishes, fault).toEqual([]);
      // Who tripped over a malformed event first, the SDK or the gateway, is open.
      const status = fault.startsWith("malformed") ? expect.stringMatching(/^(interrupted|aborted)$/) : "interrupted";
      expect(await gateway.row(response.headers.get("x-request-id") ?? ""), fault).toMatchObject({ status });
      await caught(openai.chat.completions.stream(asked).finalChatCompletion(), OpenAIError);
    }
  });

  it("PITFALLS A 3: one role chunk and at most one ending, however the upstream fails; no 200 where nothing came", async () => {
    for (const status of [500, 503]) {
      const error = await caught(
        openai.chat.completions.create({ model: `${model};sim:status=${status}`, messages: [SKY], stream: true }),
        APIError,
      );
      expect(error.status).toBeGreaterThanOrEqual(500);
    }
    for (const [fault, expected] of [
      ["error-first", [0, 0]],
      ["error-at=4", [1, 0]],
    ] as const) {
      let roles = 0;
      let finishes = 0;
      const reading = (async () => {
        const stream = await openai.chat.completions.create({ model: `${model};sim:${fault}`, messages: [SKY], stream: true });
        for await (const { choices } of stream) {
          for (const { delta, finish_reason } of choices) {
            if (delta.role) roles += 1;
            if (finish_reason) finishes += 1;
          }
        }
      })();
      await caught(reading, APIError);
      expect([roles, finishes], fault).toEqual(expected);
    }
  });

  it("ends the call upstream within a second of the client's leaving", IN_REAL_TIME, async () => {
    const long = `${model};sim:tokens=2000,delay=20`;
    const stream = openai.chat.completions.stream({ model: long, messages: [user("Go on.")] });
    stream.on("content", () => stream.abort());
    await caught(stream.finalChatCompletion(), APIUserAbortError);
    expect(await untilAborted(gateway, 1000)).toBeLessThan(1000);

    const controller = new AbortController();
    const helped = openai.chat.completions.stream({ model: long, messages: [user("Go on.")] }, { signal: controller.signal });
    helped.on("content", () => controller.abort());
    await caught(helped.finalContent(), APIUserAbortError);
    expect(await untilAborted(gateway, 1000)).toBeLessThan(1000);

    const raw = await openai.chat.completions.create({ model: long, messages: [user("Go on.")], stream: true });
    for await (const { choices } of raw) if (choices[0]?.delta.content) break;
    expect(await untilAborted(gateway, 1000)).toBeLessThan(1000);
  });

  it("raises the SDK's own error classes", async () => {
    const limited = await caught(
      openai.chat.completions.create({ model: `${model};sim:status=429,retry-after=1`, messages: [SKY] }),
      RateLimitError,
    );
    expect(limited.headers.get("retry-after")).toBe("1");
    expect(limited.requestID).toMatch(/^req_/);
    for (const status of [500, 502, 503, 529]) {
      const failed = await caught(
        openai.chat.completions.create({ model: `${model};sim:status=${status}`, messages: [SKY] }),
        InternalServerError,
      );
      expect(failed.status).toBeGreaterThanOrEqual(500);
    }
    // The gateway's credential is the operator's matter, not the caller's.
    for (const status of [401, 403]) {
      await caught(openai.chat.completions.create({ model: `${model};sim:status=${status}`, messages: [SKY] }), InternalServerError);
    }
    await caught(openai.chat.completions.create({ model: `${model};sim:status=404`, messages: [SKY] }), NotFoundError);
    await caught(openai.chat.completions.create({ model: `${model};sim:status=400`, messages: [SKY] }), BadRequestError);
    const long = await caught(openai.chat.completions.create({ model: `${model};sim:context=3`, messages: [SKY] }), BadRequestError);
    expect(long.message).toMatch(/context|too long/);
  });

  it("is retried by the SDK itself after a 429", async () => {
    const fault = `;sim:status=429,retry-after-ms=1,times=1,key=openai-${upstream}`;
    const completion = await clientOf(gateway.key, 2).chat.completions.create({ model: model + fault, messages: [SKY] });
    expect(completion.choices[0]?.finish_reason).toBe("stop");
    const calls = (await upstreamCalls(gateway)).filter((call) => call.model === upstream + fault);
    expect(calls.map(({ status }) => status)).toEqual([429, 200]);
  });

  if (!isThinker) {
    it("shows no reasoning where none was asked for", async () => {
      const whole = await openai.chat.completions.create({ model, messages: [SKY] });
      expect(reasonedOf(whole.choices[0]?.message ?? {}).reasoning_content).toBeUndefined();
    });
  }
});

describe.each([...CLAUDES, ...GPTS])("openai media → $name", ({ name: model, wire }) => {
  it("carries images by URL and as data", async () => {
    const completion = await openai.chat.completions.create({
      model,
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text: `What is on these?${AT_ONCE}` },
            { type: "image_url", image_url: { url: "https://example.com/cat.png" } },
            { type: "image_url", image_url: { url: `data:image/png;base64,${PNG_BASE64}`, detail: "auto" } },
          ],
        },
      ],
    });
    expect(completion.choices[0]?.message.content).toContain("I received 2 images");
    if (wire === "openai") return;
    expect((await lastUpstreamCall(gateway)).body).toMatchObject({
      messages: [
        {
          content: [
            { type: "text" },
            { type: "image", source: { type: "url", url: "https://example.com/cat.png" } },
            { type: "image", source: { type: "base64", media_type: "image/png", data: PNG_BASE64 } },
          ],
        },
      ],
    });
  });

  it("carries a PDF", async () => {
    const completion = await openai.chat.completions.create({
      model,
      messages: [
        {
          role: "user",
          content: [
            { type: "file", file: { filename: "report.pdf", file_data: `data:application/pdf;base64,${PDF_BASE64}` } },
            { type: "text", text: `Sum it up.${AT_ONCE}` },
          ],
        },
      ],
    });
    expect(completion.choices[0]?.message.content).toContain("I received 1 document");
  });
});

describe.each(CLAUDES)("openai thinking → $name", ({ name: model }) => {
  const thinkOnce = async (stream: boolean): Promise<ChatCompletion.Choice["message"]> => {
    const asked = { model, messages: [SKY], reasoning_effort: "low" as const };
    if (!stream) {
      const whole = await openai.chat.completions.create(asked);
      const message = whole.choices[0]?.message;
      if (!message) throw new Error("no message");
      return message;
    }
    const { text, reasoning, details } = await gather(await openai.chat.completions.create({ ...asked, stream: true }));
    // What a client that knows only the types would have gathered, and the fields that it passes on.
    return Object.assign(
      { role: "assistant" as const, content: text, refusal: null },
      { reasoning_content: reasoning, reasoning_details: details },
    );
  };

  it.each([false, true])("PITFALLS B 15: thinking goes back signed, byte for byte (stream %s)", async (stream) => {
    const first = await thinkOnce(stream);
    const { reasoning_content, reasoning_details } = reasonedOf(first);
    const detail = reasoning_details?.[0];
    expect(reasoning_content).toContain("(simulated reasoning)");
    expect(reasoning_details).toHaveLength(1);
    expect(detail).toMatchObject({ type: "reasoning.text", text: reasoning_content });
    expect(atob(detail?.signature ?? "")).toMatch(/^simulated-thinking:/);

    const second = await openai.chat.completions.create({
      model,
      messages: [SKY, first, user(`And at night?${AT_ONCE}`)],
      reasoning_effort: "low",
    });
    expect(second.choices[0]?.finish_reason).toBe("stop");
    expect((await lastUpstreamCall(gateway)).body).toMatchObject({
      messages: [
        { role: "user" },
        {
          role: "assistant",
          content: [
            { type: "thinking", thinking: reasoning_content, signature: detail?.signature },
            { type: "text", text: first.content },
          ],
        },
        { role: "user" },
      ],
    });
  });

  it("PITFALLS B 15: thinking goes back with the tool results that it led to", async () => {
    const asked = {
      model,
      messages: [user(`Call get_weather for "Paris".${AT_ONCE}`)],
      tools: [getWeather],
      reasoning_effort: "low" as const,
    };
    const first = await openai.chat.completions.create(asked);
    const message = first.choices[0]?.message;
    const callId = callsOf(first)[0]?.id ?? "";
    if (!message) throw new Error("no message");
    const second = await openai.chat.completions.create({
      ...asked,
      messages: [...asked.messages, message, { role: "tool", tool_call_id: callId, content: "Sunny" }],
    });
    expect(second.choices[0]?.message.content).toContain("The tool get_weather answered: “Sunny”");
    const [detail] = reasonedOf(message).reasoning_details ?? [];
    expect((await lastUpstreamCall(gateway)).body).toMatchObject({
      messages: [
        { role: "user" },
        {
          role: "assistant",
          content: [
            { type: "thinking", thinking: detail?.text, signature: detail?.signature },
            { type: "text" },
            { type: "tool_use", id: callId, input: { city: "Paris" } },
          ],
        },
        { role: "user", content: [{ type: "tool_result", tool_use_id: callId, content: "Sunny" }] },
      ],
    });
  });

  it("PITFALLS B 15: redacted thinking goes back as it came", async () => {
    const prompt = user(`Think, redacted.${AT_ONCE}`);
    for (const stream of [false, true]) {
      const asked = { model, messages: [prompt], reasoning_effort: "low" as const };
      const details = stream
        ? (await gather(await openai.chat.completions.create({ ...asked, stream }))).details
        : (reasonedOf((await openai.chat.completions.create(asked)).choices[0]?.message ?? {}).reasoning_details ?? []);
      expect(details).toMatchObject([{ type: "reasoning.encrypted", data: expect.stringMatching(/\S/) }]);
      const answer = Object.assign({ role: "assistant" as const, content: "Done." }, { reasoning_details: details });
      await openai.chat.completions.create({ ...asked, messages: [prompt, answer, user(`Go on.${AT_ONCE}`)] });
      expect((await lastUpstreamCall(gateway)).body).toMatchObject({
        messages: [
          {},
          {
            content: [
              { type: "redacted_thinking", data: details[0]?.data },
              { type: "text", text: "Done." },
            ],
          },
          {},
        ],
      });
    }
  });

  it("PITFALLS B 15: signature-only, empty-signed, redacted and interleaved thinking come through and go back, each in its place", async () => {
    const blocks = [
      { type: "thinking", thinking: "First.", signature: "c2lnbmVkLWZpcnN0" },
      { type: "redacted_thinking", data: "cmVkYWN0ZWQ=" },
      { type: "text", text: "Let me look." },
      { type: "thinking", thinking: "", signature: "c2lnbmF0dXJlLW9ubHk=" },
      { type: "thinking", thinking: "Third.", signature: "" },
      { type: "tool_use", id: "toolu_01abc", name: "get_weather", input: { city: "Paris" } },
    ];
    const reply = {
      id: "msg_01case",
      type: "message",
      role: "assistant",
      model: "claude",
      content: blocks,
      stop_reason: "tool_use",
      stop_sequence: null,
      usage: { input_tokens: 5, output_tokens: 9 },
    };
    await recordCase(gateway, "interleaved", "application/json", JSON.stringify(reply));
    await recordCase(gateway, "interleaved-stream", "text/event-stream", messageEvents(reply));
    const messages = [user("Think, look, think, call.")];
    const whole = await openai.chat.completions.create({ model: `${model};case:interleaved`, messages, tools: [getWeather] });
    const streamed = await gather(
      await openai.chat.completions.create({ model: `${model};case:interleaved-stream`, messages, tools: [getWeather], stream: true }),
    );
    const details = reasonedOf(whole.choices[0]?.message ?? {}).reasoning_details ?? [];
    expect(streamed.details).toEqual(details);
    expect(streamed.text).toBe("Let me look.");
    for (const reasoning_details of [details, streamed.details]) {
      const answer = Object.assign(
        { role: "assistant" as const, content: "Let me look.", tool_calls: whole.choices[0]?.message.tool_calls ?? [] },
        { reasoning_details },
      );
      await openai.chat.completions.create({
        model,
        messages: [...messages, answer, { role: "tool", tool_call_id: "toolu_01abc", content: "Sunny" }],
        tools: [getWeather],
        reasoning_effort: "low",
      });
      expect((await lastUpstreamCall(gateway)).body).toMatchObject({ messages: [{}, { role: "assistant", content: blocks }, {}] });
    }
  });

  it("PITFALLS B 16: structured output, thinking and tools together force no call", async () => {
    const asked = {
      model,
      messages: [user(`"Ada" is 36.${AT_ONCE}`)],
      tools: [getWeather],
      reasoning_effort: "low" as const,
      response_format: zodResponseFormat(z.object({ name: z.string(), age: z.number() }), "person"),
    };
    const completion = await openai.chat.completions.parse({
      ...asked,
      tools: [{ ...getWeather, function: { ...getWeather.function, strict: true } }],
    });
    expect(completion.choices[0]?.message.parsed).toEqual({ name: "Ada", age: 36 });
    const { body } = await lastUpstreamCall(gateway);
    expect(body).not.toHaveProperty("tool_choice");
    expect(body).toHaveProperty("thinking");
  });

  it("drops a forced tool choice's thinking rather than being refused, and says so", async () => {
    const { data, response } = await openai.chat.completions
      .create({ model, messages: [user(`Hello.${AT_ONCE}`)], tools: [getWeather], tool_choice: "required", reasoning_effort: "high" })
      .withResponse();
    expect(callsOf(data)).toHaveLength(1);
    expect(response.headers.get("x-sluice-warnings")).toContain("thinking");
  });
});

describe("openai, what only one house has", () => {
  it("gives several choices where the model does, and refuses `n` where it does not", async () => {
    const completion = await openai.chat.completions.create({ model: "gpt-4o", messages: [SKY], n: 2 });
    expect(completion.choices.map(({ index }) => index)).toEqual([0, 1]);
    const streamed = await openai.chat.completions.stream({ model: "gpt-4o", messages: [SKY], n: 2 }).finalChatCompletion();
    expect(streamed.choices.map(({ message }) => message.content)).toEqual(completion.choices.map(({ message }) => message.content));
    for (const { name } of CLAUDES) {
      const refused = await caught(openai.chat.completions.create({ model: name, messages: [SKY], n: 2 }), BadRequestError);
      expect(refused.param).toBe("n");
      expect(refused.message).toContain("n");
    }
  });

  it("gives log probabilities where the model does, and warns where it does not", async () => {
    const asked = { model: "gpt-4o", messages: [SKY], logprobs: true, top_logprobs: 2 };
    const completion = await openai.chat.completions.create(asked);
    expect(completion.choices[0]?.logprobs?.content?.map(({ token }) => token).join("")).toBe(completion.choices[0]?.message.content);
    const streamed = await openai.chat.completions.stream(asked).finalChatCompletion();
    expect(streamed.choices[0]?.logprobs?.content).toEqual(completion.choices[0]?.logprobs?.content);
    const { data, response } = await openai.chat.completions.create({ ...asked, model: "claude-sonnet-4-6" }).withResponse();
    expect(data.choices[0]?.logprobs).toBeNull();
    expect(response.headers.get("x-sluice-warnings")).toContain("logprobs");
  });

  it("warns of every field that a Claude cannot take", async () => {
    const { response } = await openai.chat.completions
      .create({
        model: "claude-haiku-4-5",
        messages: [SKY],
        seed: 7,
        frequency_penalty: 0.5,
        presence_penalty: 0.5,
        logit_bias: { "50256": -100 },
        temperature: 1.7,
        verbosity: "low",
        store: true,
      })
      .withResponse();
    const warnings = response.headers.get("x-sluice-warnings") ?? "";
    for (const field of ["seed", "frequency_penalty", "presence_penalty", "logit_bias", "temperature", "verbosity", "store"]) {
      expect(warnings).toContain(field);
    }
  });

  it.each([...CLAUDES, ...GPTS])("PITFALLS B 17: $name: a cached prompt is counted once, and told apart", async ({ name: model }) => {
    const handbook = { type: "text" as const, text: `The handbook of ${model}. ${"Be kind. ".repeat(1500)}` };
    // Not in the SDK's types: OpenRouter's and others' way to mark what is worth caching.
    const marked = Object.assign(handbook, model.includes("claude") ? { cache_control: { type: "ephemeral" } } : {});
    const asked = { model, messages: [{ role: "system" as const, content: [marked] }, SKY] };
    const first = await openai.chat.completions.create(asked);
    const second = await openai.chat.completions.create(asked);
    const streamed = await gather(
      await openai.chat.completions.create({ ...asked, stream: true, stream_options: { include_usage: true } }),
    );
    for (const usage of [second.usage, streamed.usages[0]?.usage]) {
      expectSum(usage);
      expect(usage?.prompt_tokens).toBe(first.usage?.prompt_tokens);
      expect(usage?.prompt_tokens_details?.cached_tokens).toBeGreaterThan(1000);
      expect(usage?.prompt_tokens_details?.cached_tokens).toBeLessThan(usage?.prompt_tokens ?? 0);
    }
  });

  it("names the end user upstream in either house's words", async () => {
    await openai.chat.completions.create({ model: "claude-sonnet-4-6", messages: [SKY], safety_identifier: "ann" });
    expect((await lastUpstreamCall(gateway)).body).toMatchObject({ metadata: { user_id: "ann" } });
    await openai.chat.completions.create({ model: "gpt-4o", messages: [SKY], user: "bob" });
    expect((await lastUpstreamCall(gateway)).body).toMatchObject({ user: "bob" });
  });

  it("counts reasoning tokens", async () => {
    const completion = await openai.chat.completions.create({ model: "gpt-5", messages: [SKY], reasoning_effort: "high" });
    expect(completion.usage?.completion_tokens_details?.reasoning_tokens).toBeGreaterThan(0);
    expectSum(completion.usage);
  });

  it("shows a compatible vendor's reasoning", async () => {
    const whole = await openai.chat.completions.create({ model: "deepseek/deepseek-reasoner", messages: [SKY] });
    const streamed = await gather(
      await openai.chat.completions.create({ model: "deepseek/deepseek-reasoner", messages: [SKY], stream: true }),
    );
    expect(reasonedOf(whole.choices[0]?.message ?? {}).reasoning_content).toContain("(simulated reasoning)");
    expect(streamed.reasoning).toBe(reasonedOf(whole.choices[0]?.message ?? {}).reasoning_content);
  });

  it("carries free-text tools to a Claude and back", async () => {
    const tools = [{ type: "custom" as const, custom: { name: "run_sql", description: "Runs SQL" } }];
    const messages = [user("Call run_sql: SELECT 1;")];
    for (const model of ["gpt-4o", "claude-sonnet-4-6"]) {
      const completion = await openai.chat.completions.create({ model, messages, tools });
      const message = completion.choices[0]?.message;
      const [call] = message?.tool_calls ?? [];
      if (!message || call?.type !== "custom") throw new Error(`${model} made no free-text call`);
      expect(call.custom.name).toBe("run_sql");
      expect(call.custom.input).not.toBe("");
      expect(completion.choices[0]?.finish_reason).toBe("tool_calls");
      const result = { role: "tool" as const, tool_call_id: call.id, content: [{ type: "text" as const, text: "1 row" }] };
      const next = await openai.chat.completions.create({ model, messages: [...messages, message, result], tools });
      expect(next.choices[0]?.message.content).toContain("The tool run_sql answered: “1 row”");
    }
  });

  it("keeps JSON mode: natively, or told in words with a warning", async () => {
    const asked = { messages: [user(`Give me JSON.${AT_ONCE}`)], response_format: { type: "json_object" as const } };
    const gpt = await openai.chat.completions.create({ ...asked, model: "gpt-4o" });
    expect(JSON.parse(gpt.choices[0]?.message.content ?? "")).toMatchObject({ simulated: true });
    const { response } = await openai.chat.completions.create({ ...asked, model: "claude-sonnet-4-6" }).withResponse();
    expect(response.headers.get("x-sluice-warnings")).toContain("response_format");
    expect(JSON.stringify((await lastUpstreamCall(gateway)).body)).toContain("JSON");
  });
});

describe("openai, a client that leaves before the reply", () => {
  it.each([CLAUDES[0], GPTS[0]])("is let go at once, and has one usage row all the same → $name", IN_REAL_TIME, async ({ name }) => {
    const model = `${name};sim:header-delay=1500`;
    const controller = new AbortController();
    const startedAtMs = Date.now();
    const reply = openai.chat.completions.create({ model, messages: [SKY] }, { signal: controller.signal });
    setTimeout(() => controller.abort(), 100);
    await caught(reply, APIUserAbortError);
    expect(Date.now() - startedAtMs).toBeLessThan(1000);
    expect(await rowsOf(gateway, model)).toHaveLength(1);
  });
});

describe("openai, refusals of the gateway itself", () => {
  it("AuthenticationError for every bad key, with one and the same body", async () => {
    const errors = await Promise.all(
      ["sk-nonsense", gateway.key.slice(0, -1), `${gateway.key}x`].map((key) =>
        caught(clientOf(key).chat.completions.create({ model: "gpt-4o", messages: [SKY] }), AuthenticationError),
      ),
    );
    for (const error of errors) expect(error).toMatchObject({ status: 401, code: "invalid_api_key", error: errors[0]?.error });
  });

  it("NotFoundError that names near matches", async () => {
    const error = await caught(openai.chat.completions.create({ model: "gtp-4o", messages: [SKY] }), NotFoundError);
    expect(error).toMatchObject({ code: "model_not_found", param: "model", type: "invalid_request_error" });
    expect(error.message).toContain("gpt-4o");
  });

  it.each<[string, Record<string, unknown>]>([
    ["messages", { messages: [] }],
    ["messages[0].role", { messages: [{ role: "wizard", content: "x" }] }],
    ["messages[0].content[0].text", { messages: [{ role: "user", content: [{ type: "text" }] }] }],
    ["temperature", { temperature: "hot" }],
    ["max_tokens", { max_tokens: -1 }],
    ["tools[0].function.name", { tools: [{ type: "function", function: {} }] }],
    ["messages[1].tool_call_id", { messages: [SKY, { role: "tool", tool_call_id: "call_x", content: "1" }] }],
  ])("BadRequestError whose param is %s", async (param, body) => {
    for (const model of ["gpt-4o", "claude-sonnet-4-6"]) {
      // Malformed on purpose, so past the SDK's types.
      const error = await caught(openai.post("/chat/completions", { body: { model, messages: [SKY], ...body } }), BadRequestError);
      expect(error.param).toBe(param);
      expect(error.type).toBe("invalid_request_error");
    }
  });

  it("PermissionDeniedError for a model that the key may not use", async () => {
    const { key } = await gateway.createKey({ models: ["gpt-4o", "openai/*"] });
    const limited = clientOf(key);
    const allowed = await limited.chat.completions.create({ model: "openai/gpt-5", messages: [SKY] });
    expect(allowed.choices).toHaveLength(1);
    const error = await caught(limited.chat.completions.create({ model: "claude-haiku-4-5", messages: [SKY] }), PermissionDeniedError);
    expect(error).toMatchObject({ status: 403, code: "model_not_allowed", param: "model" });
    expect((await limited.models.list()).data.map(({ id }) => id)).toEqual(["openai/gpt-4o", "openai/gpt-4o-mini"]);
  });

  it("never shows a key or an internal host", async () => {
    const error = await caught(openai.chat.completions.create({ model: "claude-sonnet-4-6;sim:status=401", messages: [SKY] }), APIError);
    expect(JSON.stringify([error.message, error.error])).not.toMatch(/sk-|simulator\.invalid/);
  });
});

describe("openai, models", () => {
  it("lists and retrieves them", async () => {
    const page = await openai.models.list();
    expect(page.object).toBe("list");
    const ids = page.data.map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining(["default", "anthropic/claude-sonnet-4-6", "openai/gpt-4o"]));
    for await (const model of openai.models.list()) {
      expect(model).toMatchObject({ object: "model", owned_by: expect.any(String), created: expect.any(Number) });
    }
    for (const id of ["gpt-4o", "default", "openai/gpt-4o", "groq/llama-3.3-70b-versatile"]) {
      expect(await openai.models.retrieve(id)).toMatchObject({ id, object: "model" });
    }
    expect((await caught(openai.models.retrieve("gtp-4o"), NotFoundError)).message).toContain("gpt-4o");
  });

  it("answers by alias", async () => {
    const { data, response } = await openai.chat.completions.create({ model: "default", messages: [SKY] }).withResponse();
    expect(data.choices[0]?.finish_reason).toBe("stop");
    expect(response.headers.get("x-sluice-model")).toBe("claude-sonnet-4-6");
  });

  it("says in a header what was left out and that the simulator answered", async () => {
    const { response } = await openai.chat.completions.create({ model: "gpt-4o", messages: [SKY] }).withResponse();
    expect(response.headers.get("x-sluice-warnings")).toContain("simulator");
    expect(response.headers.get("server-timing")).toContain("upstream;dur=");
  });
});

/** A Claude's whole reply as the events that would have streamed it. */
function messageEvents(reply: { content: ({ type: string } & Record<string, unknown>)[]; stop_reason: string; usage: object }): string {
  const event = (type: string, fields: object): string => `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
  const blocks = reply.content.map((block, index) => {
    const deltas: object[] = [];
    let start: object = block;
    if (block.type === "text") {
      start = { type: "text", text: "" };
      deltas.push({ type: "text_delta", text: block.text });
    } else if (block.type === "thinking") {
      start = { type: "thinking", thinking: "", signature: "" };
      if (block.thinking !== "") deltas.push({ type: "thinking_delta", thinking: block.thinking });
      deltas.push({ type: "signature_delta", signature: block.signature });
    } else if (block.type === "tool_use") {
      start = { ...block, input: {} };
      deltas.push({ type: "input_json_delta", partial_json: JSON.stringify(block.input) });
    }
    return (
      event("content_block_start", { index, content_block: start }) +
      deltas.map((delta) => event("content_block_delta", { index, delta })).join("") +
      event("content_block_stop", { index })
    );
  });
  return (
    event("message_start", { message: { ...reply, content: [], stop_reason: null } }) +
    blocks.join("") +
    event("message_delta", { delta: { stop_reason: reply.stop_reason, stop_sequence: null }, usage: reply.usage }) +
    event("message_stop", {})
  );
}
