import { createAnthropic } from "@ai-sdk/anthropic";
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import {
  APICallError,
  generateObject,
  generateText,
  type LanguageModel,
  type LanguageModelUsage,
  type ModelMessage,
  Output,
  stepCountIs,
  streamObject,
  streamText,
  tool,
} from "ai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { SINGLE_CALL, startGateway, type TestGateway } from "../support/gateway";
import { IN_REAL_TIME } from "../support/in-real-time";
import { caught } from "./caught";
import { PDF_BASE64, PNG_BASE64 } from "./media";
import { AT_ONCE, CLAUDES, GPTS, MODELS } from "./models";
import { lastUpstreamCall, untilAborted } from "./simulator";

// Vercel's AI SDK and its official providers, as they are, against the whole gateway; a simulated provider answers.

let gateway: TestGateway;

// Its notes about models that it does not know would fill the report.
Object.assign(globalThis, { AI_SDK_LOG_WARNINGS: false });
beforeAll(async () => {
  gateway = await startGateway({}, SINGLE_CALL);
});
afterAll(() => gateway.close());

type Client = "openai" | "openai-compatible" | "anthropic";

const CLIENTS = ["openai", "openai-compatible", "anthropic"] as const satisfies Client[];

function modelOf(client: Client, model: string, apiKey = gateway.key): LanguageModel {
  const baseURL = `${gateway.url}/v1`;
  switch (client) {
    case "openai":
      return createOpenAI({ baseURL, apiKey }).chat(model);
    case "openai-compatible":
      return createOpenAICompatible({ name: "sluice", baseURL, apiKey, includeUsage: true, supportsStructuredOutputs: true })(model);
    case "anthropic":
      return createAnthropic({ baseURL, apiKey })(model);
  }
}

const SKY = `Why is the naïve café sky 🙂 blue?${AT_ONCE}`;
const maxRetries = 0;
const maxOutputTokens = 4000;

const tools = {
  get_weather: tool({
    description: "The weather of a city",
    inputSchema: z.object({ city: z.string() }),
    execute: ({ city }) => `Sunny in ${city}`,
  }),
  get_time: tool({
    description: "The time in a zone",
    inputSchema: z.object({ zone: z.string(), hours: z.number() }),
    execute: ({ zone, hours }) => ({ zone, at: `${hours}:00` }),
  }),
};
const CALL_BOTH = `Call get_weather and get_time, for "Paris" and 7 hours.${AT_ONCE}`;

const Person = z.object({ name: z.string(), age: z.number(), tags: z.array(z.string()) });
const ADA = `"Ada" is 36.${AT_ONCE}`;

function expectSum({ inputTokens, outputTokens, totalTokens }: LanguageModelUsage): void {
  expect(inputTokens).toBeGreaterThan(0);
  expect(outputTokens).toBeGreaterThan(0);
  expect(totalTokens).toBe((inputTokens ?? 0) + (outputTokens ?? 0));
}

const CASES = CLIENTS.flatMap((client) => MODELS.map(({ name, upstream, wire }) => ({ client, name, upstream, wire })));

describe.each(CASES)("ai, $client → $name", ({ client, name, upstream, wire }) => {
  const isThinker = upstream.includes("deepseek");

  it("generates text", async () => {
    const result = await generateText({ model: modelOf(client, name), maxRetries, instructions: "Be brief.", prompt: SKY });
    expect(result.text).toContain("Why is the naïve café sky 🙂 blue?");
    expect(result.finishReason).toBe("stop");
    expectSum(result.usage);
    expect(result.response.headers).toMatchObject({ "x-sluice-model": upstream, "x-sluice-provider": "simulator" });
    expect(result.response.id).not.toBe("");
    expect(JSON.stringify((await lastUpstreamCall(gateway)).body)).toContain("Be brief.");
  });

  it("streams the same text, part by part", async () => {
    const whole = await generateText({ model: modelOf(client, name), maxRetries, prompt: SKY });
    const result = streamText({ model: modelOf(client, name), maxRetries, prompt: SKY });
    const types: string[] = [];
    let text = "";
    for await (const part of result.fullStream) {
      if (types.at(-1) !== part.type) types.push(part.type);
      if (part.type === "text-delta") text += part.text;
    }
    expect(text).toBe(whole.text);
    const reasoning = isThinker && client !== "openai" ? ["reasoning-start", "reasoning-delta", "reasoning-end"] : [];
    // Pings, and what the provider tells of the message itself, may stand anywhere.
    expect(types.filter((type) => type !== "ping" && type !== "custom")).toEqual([
      "start",
      "start-step",
      ...reasoning,
      "text-start",
      "text-delta",
      "text-end",
      "finish-step",
      "finish",
    ]);
    expect(await result.finishReason).toBe("stop");
    expectSum(await result.usage);
    expect((await result.usage).outputTokens).toBe(whole.usage.outputTokens);
    expect((await result.usage).inputTokens).toBe(whole.usage.inputTokens);
  });

  it("PITFALLS B 11, B 14: runs parallel tools and answers with their results, whole and streamed", async () => {
    const asked = { model: modelOf(client, name), maxRetries, maxOutputTokens, prompt: CALL_BOTH, tools, stopWhen: stepCountIs(3) };
    const whole = await generateText(asked);
    const streamed = streamText(asked);
    const steps = [whole.steps, await streamed.steps];
    for (const [first, second] of steps) {
      expect(first?.finishReason).toBe("tool-calls");
      expect(first?.toolCalls.map(({ toolName, input }) => [toolName, input])).toEqual([
        ["get_weather", { city: "Paris" }],
        ["get_time", { zone: "Paris", hours: 7 }],
      ]);
      expect(new Set(first?.toolCalls.map(({ toolCallId }) => toolCallId)).size).toBe(2);
      expect(first?.toolResults.map(({ output }) => output)).toEqual(["Sunny in Paris", { zone: "Paris", at: "7:00" }]);
      expect(second?.finishReason).toBe("stop");
      expect(second?.text).toContain("The tool get_weather answered: “Sunny in Paris”");
      expect(second?.text).toContain("7:00");
    }
    expect(await streamed.text).toBe(whole.text);
    expect(whole.steps).toHaveLength(2);
  });

  it("PITFALLS B 13: a forced call comes without text; none is made when forbidden", async () => {
    const asked = { model: modelOf(client, name), maxRetries, maxOutputTokens, tools };
    const forced = await generateText({ ...asked, prompt: `Hello.${AT_ONCE}`, toolChoice: { type: "tool", toolName: "get_time" } });
    expect(forced.toolCalls.map(({ toolName }) => toolName)).toEqual(["get_time"]);
    expect(forced.content.filter(({ type }) => type === "text")).toEqual([]);
    const required = streamText({ ...asked, prompt: `Hello.${AT_ONCE}`, toolChoice: "required" });
    expect(await required.toolCalls).toHaveLength(1);
    expect(await required.text).toBe("");
    const none = await generateText({ ...asked, prompt: CALL_BOTH, toolChoice: "none" });
    expect(none.toolCalls).toEqual([]);
    expect(none.finishReason).toBe("stop");
  });

  it("gives structured output: Output.object, generateObject, streamed and whole", async () => {
    const model = modelOf(client, name);
    const expected = expect.objectContaining({ name: "Ada", age: 36 });
    const output = Output.object({ schema: Person });
    const whole = await generateText({ model, maxRetries, maxOutputTokens, output, prompt: ADA });
    expect(whole.output).toEqual(expected);
    const streamed = streamText({ model, maxRetries, maxOutputTokens, output, prompt: ADA });
    const partials: unknown[] = [];
    for await (const partial of streamed.partialOutputStream) partials.push(partial);
    expect(partials.length).toBeGreaterThan(1);
    expect(partials.at(-1)).toEqual(expected);
    expect((await generateObject({ model, maxRetries, maxOutputTokens, schema: Person, prompt: ADA })).object).toEqual(expected);
    const objects = streamObject({ model, maxRetries, maxOutputTokens, schema: Person, prompt: ADA });
    for await (const partial of objects.partialObjectStream) partials.push(partial);
    expect(await objects.object).toEqual(expected);
    expect(partials.at(-1)).toEqual(expected);
  });

  it("stops at a stop sequence and at the output cap", async () => {
    const model = modelOf(client, name);
    const stopped = await generateText({ model, maxRetries, prompt: SKY, stopSequences: ["**In numbers"] });
    expect(stopped.finishReason).toBe("stop");
    expect(stopped.text).not.toContain("In numbers");
    const cut = await generateText({ model, maxRetries, prompt: SKY, maxOutputTokens: 7 });
    expect(cut.finishReason).toBe("length");
    expect(await streamText({ model, maxRetries, prompt: SKY, maxOutputTokens: 7 }).finishReason).toBe("length");
  });

  it("PITFALLS A 1: a stream that breaks ends in an error part, never in a clean ending", async () => {
    for (const fault of ["cut=6", "cut-clean=6", "malformed=6", "error-at=6"]) {
      const errors: unknown[] = [];
      const result = streamText({
        model: modelOf(client, `${name};sim:${fault}`),
        maxRetries,
        prompt: SKY,
        onError: ({ error }) => {
          errors.push(error);
        },
      });
      let finish: unknown;
      for await (const part of result.fullStream) {
        if (part.type === "error") errors.push(part.error);
        if (part.type === "finish") finish = part.finishReason;
      }
      expect(errors.length, fault).toBeGreaterThan(0);
      expect(finish, fault).not.toBe("stop");
    }
  });

  it("tells refusals as APICallError, with status and retry advice", async () => {
    const ask = (model: string, key = gateway.key) => generateText({ model: modelOf(client, model, key), maxRetries, prompt: SKY });
    expect(await caught(ask(name, "sk-nonsense"), APICallError)).toMatchObject({ statusCode: 401, isRetryable: false });
    expect(await caught(ask(`${name};sim:status=429,retry-after=1`), APICallError)).toMatchObject({
      statusCode: 429,
      isRetryable: true,
      responseHeaders: { "retry-after": "1" },
    });
    expect(await caught(ask(`${name};sim:status=400`), APICallError)).toMatchObject({ statusCode: 400, isRetryable: false });
    const failed = await caught(ask(`${name};sim:status=500`), APICallError);
    expect(failed.statusCode).toBeGreaterThanOrEqual(500);
    expect(failed.isRetryable).toBe(true);
    const unknown = await caught(ask("gtp-4o"), APICallError);
    expect(unknown.statusCode).toBe(404);
    expect(unknown.message).toContain("gpt-4o");
  });

  it("ends the call upstream within a second of the client's leaving", IN_REAL_TIME, async () => {
    const controller = new AbortController();
    const result = streamText({
      model: modelOf(client, `${name};sim:tokens=2000,delay=20`),
      maxRetries,
      maxOutputTokens,
      prompt: "Go on.",
      abortSignal: controller.signal,
    });
    let isAborted = false;
    for await (const part of result.fullStream) {
      if (part.type === "text-delta" || part.type === "reasoning-delta") controller.abort();
      if (part.type === "abort") isAborted = true;
    }
    expect(isAborted).toBe(true);
    expect(await untilAborted(gateway, 1000)).toBeLessThan(1000);
  });

  it("PITFALLS B 21: properties of a tool's schema may be called like fields of the request", async () => {
    const inputSchema = z.object({ cache_control: z.object({ type: z.string() }), stream: z.boolean(), model: z.string() });
    const result = await generateText({
      model: modelOf(client, name),
      maxRetries,
      maxOutputTokens,
      prompt: `Call deploy.${AT_ONCE}`,
      tools: { deploy: tool({ inputSchema }) },
    });
    expect(result.toolCalls[0]?.input).toEqual({ cache_control: { type: expect.any(String) }, stream: true, model: expect.any(String) });
    const properties = { cache_control: { type: "object" }, stream: { type: "boolean" }, model: { type: "string" } };
    const sent = wire === "anthropic" ? { input_schema: { properties } } : { function: { parameters: { properties } } };
    expect((await lastUpstreamCall(gateway)).body).toMatchObject({ tools: [sent] });
  });
});

describe.each(CLIENTS.flatMap((client) => [...CLAUDES, ...GPTS].map(({ name }) => ({ client, name }))))(
  "ai media, $client → $name",
  ({ client, name }) => {
    it("carries images and a PDF", async () => {
      const result = await generateText({
        model: modelOf(client, name),
        maxRetries,
        messages: [
          {
            role: "user",
            content: [
              { type: "text", text: `What is this?${AT_ONCE}` },
              { type: "file", data: PNG_BASE64, mediaType: "image/png" },
              { type: "file", data: PDF_BASE64, mediaType: "application/pdf", filename: "report.pdf" },
            ],
          },
        ],
      });
      expect(result.text).toContain("I received 1 image and 1 document");
    });
  },
);

describe.each(CLAUDES)("ai thinking → $name", ({ name, upstream }) => {
  const thinking = upstream === "claude-haiku-4-5" ? { type: "enabled" as const, budgetTokens: 1024 } : { type: "adaptive" as const };

  it.each([false, true])("PITFALLS B 15: anthropic: signed thinking goes back with the tool results (stream %s)", async (stream) => {
    const asked = {
      model: modelOf("anthropic", name),
      maxRetries,
      maxOutputTokens,
      prompt: CALL_BOTH,
      tools,
      stopWhen: stepCountIs(3),
      providerOptions: { anthropic: { thinking } },
    };
    const steps = stream ? await streamText(asked).steps : (await generateText(asked)).steps;
    const [first, second] = steps;
    expect(first?.reasoningText).toContain("(simulated reasoning)");
    const thought = first?.content.find((part) => part.type === "reasoning");
    const signature = thought?.providerMetadata?.anthropic?.signature;
    expect(typeof signature).toBe("string");
    expect(second?.finishReason).toBe("stop");
    expect((await lastUpstreamCall(gateway)).body).toMatchObject({
      messages: [
        {},
        {
          role: "assistant",
          content: [
            { type: "thinking", thinking: first?.reasoningText, signature },
            { type: "text" },
            { type: "tool_use" },
            { type: "tool_use" },
          ],
        },
        { role: "user", content: [{ type: "tool_result" }, { type: "tool_result" }] },
      ],
    });
  });

  it("openai-compatible: thinking shows as reasoning, and a session with it goes on", async () => {
    const model = modelOf("openai-compatible", name);
    const providerOptions = { sluice: { reasoningEffort: "low" } };
    const messages: ModelMessage[] = [{ role: "user", content: CALL_BOTH }];
    const first = await generateText({ model, maxRetries, messages, tools, providerOptions, stopWhen: stepCountIs(3) });
    expect(first.steps[0]?.reasoningText).toContain("(simulated reasoning)");
    expect(first.finishReason).toBe("stop");
    const streamed = streamText({ model, maxRetries, messages, tools, providerOptions, stopWhen: stepCountIs(3) });
    expect((await streamed.steps)[0]?.reasoningText).toBe(first.steps[0]?.reasoningText);
    const second = await generateText({
      model,
      maxRetries,
      messages: [...messages, ...first.responseMessages, { role: "user", content: `And now?${AT_ONCE}` }],
      tools,
      providerOptions,
    });
    expect(second.finishReason).toBe("stop");
  });

  it("PITFALLS B 16: structured output, thinking and tools together force no call", async () => {
    const result = await generateText({
      model: modelOf("anthropic", name),
      maxRetries,
      maxOutputTokens,
      prompt: ADA,
      tools,
      output: Output.object({ schema: Person }),
      providerOptions: { anthropic: { thinking } },
    });
    expect(result.output).toMatchObject({ name: "Ada", age: 36 });
  });
});

describe.each(CLIENTS)("ai, %s", (client) => {
  it.each([CLAUDES[0], GPTS[0]])("is retried by the SDK itself → $name", async ({ name, upstream }) => {
    const fault = `;sim:status=503,retry-after-ms=1,times=1,key=ai-${client}-${upstream}`;
    const result = await generateText({ model: modelOf(client, name + fault), maxRetries: 1, prompt: SKY });
    expect(result.finishReason).toBe("stop");
  });
});

describe("ai, prompt caching", () => {
  it.each([...CLAUDES, ...GPTS])("PITFALLS B 17: anthropic → $name: cached input is told apart and counted once", async ({ name }) => {
    const asked = {
      model: modelOf("anthropic", name),
      maxRetries,
      maxOutputTokens,
      messages: [
        {
          role: "user" as const,
          content: [
            {
              type: "text" as const,
              text: `The handbook for ${name}, AI SDK edition. ${"Be kind. ".repeat(1500)}`,
              providerOptions: { anthropic: { cacheControl: { type: "ephemeral" as const } } },
            },
            { type: "text" as const, text: `Sum up.${AT_ONCE}` },
          ],
        },
      ],
    };
    const first = await generateText(asked);
    const second = await generateText(asked);
    const streamed = streamText(asked);
    for (const { inputTokens, inputTokenDetails } of [second.usage, await streamed.usage]) {
      expect(inputTokens).toBe(first.usage.inputTokens);
      expect(inputTokenDetails.cacheReadTokens).toBeGreaterThan(1000);
      expect(
        (inputTokenDetails.noCacheTokens ?? 0) + (inputTokenDetails.cacheReadTokens ?? 0) + (inputTokenDetails.cacheWriteTokens ?? 0),
      ).toBe(inputTokens);
    }
  });
});
