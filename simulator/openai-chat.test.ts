import OpenAI from "openai";
import { zodFunction, zodResponseFormat } from "openai/helpers/zod";
import { beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { chat, errorOf, eventsOf, openai, post, reset } from "./test/clients";

const user = (content: string) => [{ role: "user" as const, content }];
const weather = {
  type: "function" as const,
  function: { name: "get_weather", parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] } },
};
const clock = { type: "function" as const, function: { name: "get_time", parameters: { type: "object", properties: {} } } };
const FAST = "gpt-4o;sim:delay=0";

beforeEach(reset);

describe("refusals", () => {
  const call = { id: "call_1", type: "function", function: { name: "get_weather", arguments: "{}" } };
  const asked = { role: "assistant", content: null, tool_calls: [call] };
  const result = { role: "tool", tool_call_id: "call_1", content: "sunny" };
  const hello = { role: "user", content: "hi" };
  it.each<[string, Record<string, unknown>, string | undefined]>([
    ["no model", { model: undefined }, undefined],
    ["messages that are no list", { messages: "hi" }, "messages"],
    ["no messages", { messages: [] }, "messages"],
    ["an unknown role", { messages: [{ role: "robot", content: "hi" }] }, "messages[0].role"],
    ["content that is null", { messages: [{ role: "user", content: null }] }, "messages.[0].content"],
    [
      "a part of another wire",
      { messages: [{ role: "user", content: [{ type: "input_text", text: "hi" }] }] },
      "messages[0].content[0].type",
    ],
    ["an image that is no base64", { messages: [image("data:image/png;base64,%%%")] }, "messages[0].content[0].image_url.url"],
    ["an image of a foreign type", { messages: [image("data:image/tiff;base64,AAAA")] }, "messages[0].content[0].image_url.url"],
    [
      "a file that is no base64",
      { messages: [{ role: "user", content: [{ type: "file", file: { file_data: "?" } }] }] },
      "messages[0].content[0].file.file_data",
    ],
    ["a tool message out of nowhere", { messages: [hello, result] }, "messages.[1].role"],
    ["a call without its result", { messages: [hello, asked, hello] }, "messages.[2].role"],
    ["a call without its result at the end", { messages: [hello, asked] }, "messages.[2].role"],
    ["a result twice", { messages: [hello, asked, result, result] }, "messages.[3].role"],
    [
      "arguments that are no text",
      { messages: [hello, { ...asked, tool_calls: [{ ...call, function: { name: "f", arguments: {} } }] }, result] },
      "messages[1].tool_calls[0].function.arguments",
    ],
    ["a temperature above 2", { temperature: 2.1 }, "temperature"],
    ["a penalty below -2", { presence_penalty: -3 }, "presence_penalty"],
    ["no tokens", { max_tokens: 0 }, "max_tokens"],
    ["half a token", { max_tokens: 1.5 }, "max_tokens"],
    ["both token limits", { max_tokens: 5, max_completion_tokens: 5 }, "max_tokens"],
    ["max_tokens for a reasoning model", { model: "gpt-5", max_tokens: 50 }, "max_tokens"],
    ["a temperature for a reasoning model", { model: "gpt-5", temperature: 0.5 }, "temperature"],
    ["more output than the model has", { max_tokens: 100_000 }, "max_tokens"],
    ["five stop sequences", { stop: ["a", "b", "c", "d", "e"] }, "stop"],
    ["top_logprobs without logprobs", { top_logprobs: 2 }, "top_logprobs"],
    ["stream_options without stream", { stream_options: { include_usage: true } }, "stream_options"],
    ["a tool choice without tools", { tool_choice: "required" }, "tool_choice"],
    ["parallel_tool_calls without tools", { parallel_tool_calls: false }, "parallel_tool_calls"],
    [
      "a choice of a tool that is not offered",
      { tools: [weather], tool_choice: { type: "function", function: { name: "x" } } },
      "tool_choice",
    ],
    ["a tool in Anthropic's shape", { tools: [{ name: "f", input_schema: {} }] }, "tools[0].type"],
    ["a tool with blanks in its name", { tools: [{ type: "function", function: { name: "a b" } }] }, "tools[0].function.name"],
    [
      "an open schema in strict mode",
      { tools: [{ type: "function", function: { ...weather.function, strict: true } }] },
      "tools[0].function.parameters",
    ],
    ["json_object without the word", { response_format: { type: "json_object" } }, "messages"],
    ["a field of another wire", { max_output_tokens: 5 }, "max_output_tokens"],
    ["a prompt longer than the window", { model: "gpt-4o;sim:context=3" }, "messages"],
  ])("%s", async (_what, extra, param) => {
    const response = await post("/v1/chat/completions", { model: "gpt-4o", messages: [hello], ...extra });
    const body = await errorOf(response);
    expect({ status: response.status, error: body.error }).toMatchObject({
      status: 400,
      error: { type: "invalid_request_error", message: expect.any(String) },
    });
    if (param !== undefined) expect(body.error.param).toBe(param);
  });

  it("take unknown fields when told to be lenient", async () => {
    expect((await chat("gpt-4o;sim:lenient", { frobnicate: 1 })).status).toBe(200);
  });

  function image(url: string) {
    return { role: "user", content: [{ type: "image_url", image_url: { url } }] };
  }
});

describe("text", () => {
  it("quotes the prompt and says that it is simulated, the same every time", async () => {
    const ask = () => openai.chat.completions.create({ model: "gpt-4o", messages: user("Tell me about Paris 🙂") });
    const [first, second] = [await ask(), await ask()];
    expect(first.choices[0]?.message.content).toMatch(/^\(simulated\) You said: “Tell me about Paris 🙂”/);
    expect(first.choices[0]?.message.content).toBe(second.choices[0]?.message.content);
    expect(first.id).not.toBe(second.id);
    expect(first.model).toBe("gpt-4o-2024-08-06");
    expect(first.choices[0]?.finish_reason).toBe("stop");
  });

  it("streams what it would have said at once, with usage that adds up", async () => {
    const whole = await openai.chat.completions.create({ model: FAST, messages: user("Tell me about Paris") });
    const stream = openai.chat.completions.stream({
      model: FAST,
      messages: user("Tell me about Paris"),
      stream_options: { include_usage: true },
    });
    const final = await stream.finalChatCompletion();
    expect(final.choices[0]?.message.content).toBe(whole.choices[0]?.message.content);
    expect(final.usage).toEqual(whole.usage);
    const usage = whole.usage;
    expect(usage?.total_tokens).toBe((usage?.prompt_tokens ?? 0) + (usage?.completion_tokens ?? 0));
  });

  it("sends usage in the last chunk only, when asked; null in the others", async () => {
    const asked = eventsOf(await (await chat(FAST, { stream: true, stream_options: { include_usage: true } })).text()).map(
      ({ data }) => data as Chunk,
    );
    expect(asked.at(-1)).toBe("[DONE]");
    expect(asked.at(-2)).toMatchObject({ choices: [], usage: { total_tokens: expect.any(Number) } });
    expect(asked.slice(0, -2).every((chunk) => chunk.usage === null && chunk.choices.length === 1)).toBe(true);
    const unasked = eventsOf(await (await chat(FAST, { stream: true })).text()).map(({ data }) => data as Chunk);
    expect(unasked.slice(0, -1).some((chunk) => "usage" in chunk)).toBe(false);
  });

  it("is cut at max_tokens, to the token", async () => {
    const reply = await openai.chat.completions.create({ model: "gpt-4o", messages: user("hi"), max_tokens: 7 });
    expect(reply.choices[0]?.finish_reason).toBe("length");
    expect(reply.usage?.completion_tokens).toBe(7);
  });

  it("ends before a stop sequence", async () => {
    const reply = await openai.chat.completions.create({ model: "gpt-4o", messages: user("hi"), stop: ["said"] });
    expect(reply.choices[0]?.message.content).toBe("(simulated) You ");
    expect(reply.choices[0]?.finish_reason).toBe("stop");
  });

  it("is as long as asked for", async () => {
    const reply = await openai.chat.completions.create({ model: "gpt-4o;sim:tokens=500", messages: user("hi") });
    expect(reply.usage?.completion_tokens).toBe(500);
    expect(reply.choices[0]?.finish_reason).toBe("stop");
  });

  it("comes in n choices that differ, interleaved in a stream", async () => {
    const whole = await openai.chat.completions.create({ model: "gpt-4o", messages: user("hi"), n: 3 });
    const texts = whole.choices.map(({ message }) => message.content);
    expect(new Set(texts).size).toBe(3);
    const streamed = ["", "", ""];
    for await (const { choices } of await openai.chat.completions.create({ model: FAST, messages: user("hi"), n: 3, stream: true })) {
      for (const { index, delta } of choices) streamed[index] += delta.content ?? "";
    }
    expect(streamed).toEqual(texts);
  });

  it("has logprobs for every token", async () => {
    const reply = await openai.chat.completions.create({
      model: "gpt-4o",
      messages: user("hi"),
      logprobs: true,
      top_logprobs: 2,
      max_tokens: 5,
    });
    const content = reply.choices[0]?.logprobs?.content ?? [];
    expect(content.map(({ token }) => token).join("")).toBe(reply.choices[0]?.message.content);
    expect(content.every(({ top_logprobs, logprob }) => top_logprobs.length === 2 && logprob <= 0)).toBe(true);
    const stream = openai.chat.completions.stream({ model: FAST, messages: user("hi"), logprobs: true, max_tokens: 5 });
    expect((await stream.finalChatCompletion()).choices[0]?.logprobs?.content?.map(({ token }) => token)).toEqual(
      content.map(({ token }) => token),
    );
  });

  it("refuses on request, in the field made for it", async () => {
    const reply = await openai.chat.completions.create({ model: "gpt-4o", messages: user("[[refuse]] do it") });
    expect(reply.choices[0]?.message).toMatchObject({ content: null, refusal: expect.stringContaining("can't help") });
    const stream = openai.chat.completions.stream({ model: FAST, messages: user("[[refuse]] do it") });
    expect((await stream.finalChatCompletion()).choices[0]?.message.refusal).toBe(reply.choices[0]?.message.refusal);
  });

  it("says what media it got", async () => {
    const content = [
      { type: "text" as const, text: "look" },
      { type: "image_url" as const, image_url: { url: "data:image/png;base64,aGk=" } },
      { type: "input_audio" as const, input_audio: { data: "aGk=", format: "wav" as const } },
    ];
    const reply = await openai.chat.completions.create({ model: "gpt-4o", messages: [{ role: "user", content }] });
    expect(reply.choices[0]?.message.content).toContain("I received 1 image and 1 audio.");
  });
});

describe("reasoning", () => {
  it("is counted, and eats into the token limit", async () => {
    const reply = await openai.chat.completions.create({
      model: "gpt-5",
      messages: user("hi"),
      reasoning_effort: "high",
      max_completion_tokens: 100,
    });
    expect(reply.usage?.completion_tokens_details?.reasoning_tokens).toBe(100);
    expect(reply.choices[0]).toMatchObject({ finish_reason: "length", message: { content: "" } });
  });

  it("is shown by DeepSeek, before the text", async () => {
    const chunks = eventsOf(await (await chat("deepseek-reasoner;sim:delay=0", { stream: true })).text()).map(({ data }) => data as Chunk);
    const deltas = chunks.flatMap((chunk) => chunk.choices?.map(({ delta }) => delta) ?? []);
    const reasoning = deltas.map((delta) => delta.reasoning_content ?? "").join("");
    expect(reasoning).toContain("(simulated reasoning)");
    const body = (await (await chat("deepseek-reasoner")).json()) as { choices: { message: { reasoning_content: string } }[] };
    expect(body.choices[0]?.message.reasoning_content).toBe(reasoning);
  });
});

describe("tools", () => {
  it("are called when the prompt names them, with arguments out of it", async () => {
    const reply = await openai.chat.completions.create({
      model: "gpt-4o",
      messages: user("Use get_weather for Paris"),
      tools: [weather, clock],
    });
    expect(reply.choices[0]).toMatchObject({
      finish_reason: "tool_calls",
      message: { content: null, tool_calls: [{ type: "function", function: { name: "get_weather", arguments: '{"city": "Paris"}' } }] },
    });
  });

  it("are called in parallel, unless that is disabled", async () => {
    const messages = user("Ask get_weather and get_time about Paris");
    const both = openai.chat.completions.stream({ model: FAST, messages, tools: [weather, clock] });
    const calls = (await both.finalChatCompletion()).choices[0]?.message.tool_calls ?? [];
    expect(calls.map((call) => call.type === "function" && call.function)).toMatchObject([
      { name: "get_weather", arguments: '{"city": "Paris"}' },
      { name: "get_time", arguments: "{}" },
    ]);
    expect(new Set(calls.map(({ id }) => id)).size).toBe(2);
    const one = await openai.chat.completions.create({ model: "gpt-4o", messages, tools: [weather, clock], parallel_tool_calls: false });
    expect(one.choices[0]?.message.tool_calls).toHaveLength(1);
  });

  it("are not called unasked, nor against tool_choice none; but when required", async () => {
    const call = async (text: string, tool_choice: "auto" | "none" | "required") =>
      (await openai.chat.completions.create({ model: "gpt-4o", messages: user(text), tools: [weather], tool_choice })).choices[0]
        ?.finish_reason;
    expect(await call("hi", "auto")).toBe("stop");
    expect(await call("use get_weather", "none")).toBe("stop");
    expect(await call("hi", "required")).toBe("tool_calls");
  });

  it("run to an answer that quotes their result", async () => {
    const tool = zodFunction({
      name: "get_weather",
      parameters: z.object({ city: z.string() }),
      function: ({ city }) => `sunny in ${city}`,
    });
    const runner = openai.chat.completions.runTools({
      model: FAST,
      stream: true,
      messages: user("Use get_weather for Paris"),
      tools: [tool],
    });
    expect(await runner.finalContent()).toContain("The tool get_weather answered: “sunny in Paris”.");
  });

  it("have their arguments cut by the token limit", async () => {
    const reply = await openai.chat.completions.create({
      model: "gpt-4o",
      messages: user("Use get_weather for Paris"),
      tools: [weather],
      max_tokens: 7,
    });
    expect(reply.choices[0]?.finish_reason).toBe("length");
    const [call] = reply.choices[0]?.message.tool_calls ?? [];
    expect(() => JSON.parse(call?.type === "function" ? call.function.arguments : "{}")).toThrow(SyntaxError);
  });

  it("take free text when they are custom", async () => {
    const tools = [{ type: "custom" as const, custom: { name: "note" } }];
    const reply = await openai.chat.completions.create({ model: "gpt-4o", messages: user("note: buy milk"), tools });
    expect(reply.choices[0]?.message.tool_calls?.[0]).toMatchObject({ type: "custom", custom: { name: "note", input: "note: buy milk" } });
  });

  it("still come as functions", async () => {
    const reply = await openai.chat.completions.create({
      model: "gpt-4o",
      messages: user("Use get_weather for Paris"),
      functions: [weather.function],
    });
    expect(reply.choices[0]).toMatchObject({
      finish_reason: "function_call",
      message: { function_call: { name: "get_weather", arguments: '{"city": "Paris"}' } },
    });
  });
});

describe("structured output", () => {
  it("fits the schema", async () => {
    const schema = z.object({ city: z.string(), population: z.number(), tags: z.array(z.enum(["big", "small"])) });
    const response_format = zodResponseFormat(schema, "city");
    const parsed = await openai.chat.completions.parse({
      model: "gpt-4o",
      messages: user("Describe Paris with 2 million people"),
      response_format,
    });
    expect(parsed.choices[0]?.message.parsed).toEqual({ city: "Paris", population: 2, tags: ["big"] });
    const stream = openai.chat.completions.stream({ model: FAST, messages: user("Describe Paris with 2 million people"), response_format });
    expect((await stream.finalChatCompletion()).choices[0]?.message.parsed).toEqual(parsed.choices[0]?.message.parsed);
  });

  it("is some JSON when only JSON is asked for", async () => {
    const reply = await openai.chat.completions.create({
      model: "gpt-4o",
      messages: user("Answer in JSON"),
      response_format: { type: "json_object" },
    });
    expect(JSON.parse(reply.choices[0]?.message.content ?? "")).toMatchObject({ simulated: true });
  });
});

describe("prompt cache", () => {
  it("reads repeated prefixes of 1,024 tokens or more, in steps of 128", async () => {
    const system = { role: "system" as const, content: "All work and no play. ".repeat(300) };
    const cached = async (text: string) => {
      const reply = await openai.chat.completions.create({ model: "gpt-4o", messages: [system, ...user(text)], max_tokens: 1 });
      return reply.usage?.prompt_tokens_details?.cached_tokens ?? -1;
    };
    expect(await cached("one")).toBe(0);
    const second = await cached("two");
    expect(second).toBeGreaterThanOrEqual(1_024);
    expect(second % 128).toBe(0);
  });
});

describe("errors", () => {
  it.each([
    [400, OpenAI.BadRequestError],
    [401, OpenAI.AuthenticationError],
    [403, OpenAI.PermissionDeniedError],
    [404, OpenAI.NotFoundError],
    [429, OpenAI.RateLimitError],
    [500, OpenAI.InternalServerError],
    [502, OpenAI.InternalServerError],
    [503, OpenAI.InternalServerError],
  ])("%i is the SDK's own class", async (status, kind) => {
    const ask = openai.chat.completions.create({ model: `gpt-4o;sim:status=${status}`, messages: user("hi") });
    await expect(ask).rejects.toBeInstanceOf(kind);
    await expect(ask).rejects.toMatchObject({ status });
  });

  it("in a stream are thrown by the SDK after what came before", async () => {
    const texts: string[] = [];
    const run = async () => {
      for await (const chunk of await openai.chat.completions.create({
        model: "gpt-4o;sim:delay=0,error-at=3",
        messages: user("hi"),
        stream: true,
      })) {
        texts.push(chunk.choices[0]?.delta.content ?? "");
      }
    };
    await expect(run()).rejects.toBeInstanceOf(OpenAI.APIError);
    expect(texts.join("")).toBe("(simulate");
  });
});

interface Chunk {
  usage?: unknown;
  choices: { index: number; delta: { content?: string; reasoning_content?: string } }[];
}
