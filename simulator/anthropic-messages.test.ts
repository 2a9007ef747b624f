import Anthropic from "@anthropic-ai/sdk";
import { zodOutputFormat } from "@anthropic-ai/sdk/helpers/zod";
import { beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { anthropic, errorOf, eventsOf, message, post, reset } from "./test/clients";

const user = (content: string) => [{ role: "user" as const, content }];
const weather = {
  name: "get_weather",
  input_schema: { type: "object" as const, properties: { city: { type: "string" } }, required: ["city"] },
};
const clock = { name: "get_time", input_schema: { type: "object" as const, properties: {} } };
const FAST = "claude-sonnet-4-6;sim:delay=0";
const OLD = "claude-haiku-4-5";

beforeEach(reset);

describe("refusals", () => {
  const hello = { role: "user", content: "hi" };
  const use = { type: "tool_use", id: "toolu_1", name: "get_weather", input: {} };
  const asked = { role: "assistant", content: [use] };
  const result = { type: "tool_result", tool_use_id: "toolu_1", content: "sunny" };
  const answered = { role: "user", content: [result] };
  const image = (source: unknown) => ({ role: "user", content: [{ type: "image", source }] });
  const marked = { type: "text", text: "x", cache_control: { type: "ephemeral" } };
  const hour = { type: "text", text: "x", cache_control: { type: "ephemeral", ttl: "1h" } };
  const thinking = { type: "enabled", budget_tokens: 1024 };
  it.each<[string, Record<string, unknown>, string]>([
    ["no model", { model: undefined }, "model: Field required"],
    ["no max_tokens", { max_tokens: undefined }, "max_tokens: Field required"],
    ["max_tokens of 0", { max_tokens: 0 }, "max_tokens: Input should be greater than or equal to 1"],
    ["more output than the model has", { max_tokens: 200_000 }, "max_tokens: 200000 > 128000"],
    ["messages that are no list", { messages: "hi" }, "messages: Input should be a valid list"],
    ["no messages", { messages: [] }, "messages: at least one message is required"],
    ["an unknown role", { messages: [{ role: "robot", content: "hi" }] }, 'Unexpected role "robot"'],
    ["OpenAI's developer role", { messages: [{ role: "developer", content: "hi" }, hello] }, 'Unexpected role "developer"'],
    ["the assistant first", { messages: [{ role: "assistant", content: "hi" }] }, 'first message must use the "user" role'],
    [
      "a system turn for an older model",
      { messages: [hello, { role: "system", content: "x" }] },
      "messages.1: role 'system' is not supported on this model",
    ],
    [
      "a misplaced system turn",
      { model: "claude-opus-5", messages: [hello, { role: "system", content: "x" }, hello] },
      "must precede an 'assistant' message",
    ],
    ["a name on a message", { messages: [{ ...hello, name: "me" }] }, "messages.0.name: Extra inputs are not permitted"],
    ["empty content", { messages: [{ role: "user", content: "" }] }, "messages.0: all messages must have non-empty content"],
    [
      "an empty text block",
      { messages: [{ role: "user", content: [{ type: "text", text: "" }] }] },
      "text content blocks must be non-empty",
    ],
    [
      "a block of another wire",
      { messages: [{ role: "user", content: [{ type: "image_url", image_url: {} }] }] },
      "Input tag 'image_url' found",
    ],
    [
      "prefill where it is not supported",
      { messages: [hello, { role: "assistant", content: "Well" }] },
      "does not support assistant message prefill",
    ],
    [
      "a final assistant turn with trailing blanks",
      { model: OLD, messages: [hello, { role: "assistant", content: "Well " }] },
      "trailing whitespace",
    ],
    [
      "an image that is no base64",
      { messages: [image({ type: "base64", media_type: "image/png", data: "%%%" })] },
      "messages.0.content.0.image.source.base64.data",
    ],
    [
      "an image of a foreign type",
      { messages: [image({ type: "base64", media_type: "image/tiff", data: "AAAA" })] },
      "media_type: Input should be",
    ],
    [
      "a data URL as base64",
      { messages: [image({ type: "base64", media_type: "image/png", data: "data:image/png;base64,AAAA" })] },
      "Invalid base64 data",
    ],
    [
      "a call without its result",
      { messages: [hello, asked, hello] },
      "`tool_use` ids were found without `tool_result` blocks immediately after: toolu_1",
    ],
    [
      "text before the result",
      { messages: [hello, asked, { role: "user", content: [{ type: "text", text: "x" }, result] }] },
      "immediately after: toolu_1",
    ],
    ["a result out of nowhere", { messages: [answered] }, "unexpected `tool_use_id` found in `tool_result` blocks: toolu_1"],
    [
      "a call id with a dot",
      { messages: [hello, { role: "assistant", content: [{ ...use, id: "a.b" }] }, answered] },
      "String should match pattern",
    ],
    [
      "tool input that is text",
      { messages: [hello, { role: "assistant", content: [{ ...use, input: "{}" }] }, answered] },
      "tool_use.input: Input should be a valid dictionary",
    ],
    ["a call by the user", { messages: [{ role: "user", content: [use] }] }, "`tool_use` blocks can only be in `assistant` messages"],
    ["a tool in OpenAI's shape", { tools: [{ type: "function", function: {} }] }, "tools.0: Input tag 'function'"],
    ["a tool without a schema", { tools: [{ name: "f" }] }, "tools.0.custom.input_schema: Field required"],
    ["a schema of no object", { tools: [{ name: "f", input_schema: { type: "string" } }] }, "tools.0.custom.input_schema.type"],
    ["two tools of one name", { tools: [weather, weather] }, "Tool names must be unique"],
    ["a choice of a tool that is not offered", { tools: [weather], tool_choice: { type: "tool", name: "x" } }, "Tool 'x' not found"],
    ["a tool choice in OpenAI's shape", { tools: [weather], tool_choice: "required" }, "tool_choice: Input should be a valid dictionary"],
    ["a temperature above 1", { temperature: 1.5 }, "temperature: range: 0..1"],
    ["temperature and top_p together", { temperature: 0.5, top_p: 0.5 }, "cannot both be specified"],
    ["a temperature for a newer model", { model: "claude-opus-4-8", temperature: 0.5 }, "`temperature` is deprecated for this model"],
    [
      "thinking with a forced tool",
      { max_tokens: 2000, thinking, tools: [weather], tool_choice: { type: "any" } },
      "Thinking may not be enabled when tool_choice forces tool use",
    ],
    ["a thinking budget above max_tokens", { max_tokens: 1000, thinking }, "`max_tokens` must be greater than `thinking.budget_tokens`"],
    ["a thinking budget below 1,024", { thinking: { type: "enabled", budget_tokens: 10 } }, "greater than or equal to 1024"],
    ["thinking with a temperature", { max_tokens: 2000, thinking, temperature: 0.5 }, "may only be set to 1 when thinking"],
    ["adaptive thinking for an older model", { model: OLD, thinking: { type: "adaptive" } }, "adaptive thinking is not supported"],
    [
      "enabled thinking for a newer model",
      { model: "claude-opus-5", max_tokens: 2000, thinking },
      '"thinking.type.enabled" is not supported',
    ],
    [
      "five cache marks",
      { messages: [{ role: "user", content: [marked, marked, marked, marked, marked] }] },
      "A maximum of 4 blocks with cache_control may be provided. Found 5.",
    ],
    [
      "five cache marks, one of them at the top",
      {
        cache_control: { type: "ephemeral" },
        system: [marked],
        messages: [{ role: "user", content: [marked, marked, marked, { type: "text", text: "x" }] }],
      },
      "Found 5.",
    ],
    ["an hour after five minutes", { system: [marked], messages: [{ role: "user", content: [hour] }] }, "must not come after a ttl='5m'"],
    [
      "an open schema for structured output",
      { output_config: { format: { type: "json_schema", schema: { type: "object", properties: {} } } } },
      "'additionalProperties' must be explicitly set to false",
    ],
    ["a blank stop sequence", { stop_sequences: [" "] }, "each stop sequence must contain non-whitespace"],
    ["a field of another wire", { frequency_penalty: 1 }, "frequency_penalty: Extra inputs are not permitted"],
    ["metadata of another wire", { metadata: { trace: "x" } }, "metadata.trace: Extra inputs are not permitted"],
    ["a prompt longer than the window", { model: "claude-sonnet-4-6;sim:context=3" }, "prompt is too long: "],
  ])("%s", async (_what, extra, text) => {
    const response = await post("/v1/messages", { model: "claude-sonnet-4-6", max_tokens: 100, messages: [hello], ...extra });
    const body = await errorOf(response);
    expect({ status: response.status, body }).toMatchObject({
      status: 400,
      body: { type: "error", error: { type: "invalid_request_error" }, request_id: expect.stringMatching(/^req_/) },
    });
    expect(body.error.message).toContain(text);
  });

  it("a request without anthropic-version", async () => {
    const response = await post("/v1/messages", { model: FAST, max_tokens: 5, messages: user("hi") }, { "anthropic-version": "" });
    expect([response.status, (await errorOf(response)).error.message]).toEqual([400, "anthropic-version: header is required"]);
  });
});

describe("text", () => {
  it("streams what it would have said at once, with usage that adds up", async () => {
    const whole = await anthropic.messages.create({ model: FAST, max_tokens: 200, messages: user("Tell me about Paris") });
    expect(whole.content).toMatchObject([{ type: "text", text: expect.stringMatching(/^\(simulated\) You said: “Tell me about Paris”/) }]);
    const final = await anthropic.messages.stream({ model: FAST, max_tokens: 200, messages: user("Tell me about Paris") }).finalMessage();
    expect(final.content).toEqual(whole.content);
    expect(final.stop_reason).toBe("end_turn");
    expect(final.usage).toEqual(whole.usage);
  });

  it("is cut at max_tokens, to the token", async () => {
    const reply = await anthropic.messages.create({ model: FAST, max_tokens: 5, messages: user("hi") });
    expect([reply.stop_reason, reply.usage.output_tokens]).toEqual(["max_tokens", 5]);
  });

  it("ends before a stop sequence and names it", async () => {
    const ask = { model: FAST, max_tokens: 200, messages: user("hi"), stop_sequences: ["never", "said"] };
    const reply = await anthropic.messages.create(ask);
    expect(reply).toMatchObject({ stop_reason: "stop_sequence", stop_sequence: "said", content: [{ text: "(simulated) You " }] });
    expect(await anthropic.messages.stream(ask).finalMessage()).toMatchObject({ stop_reason: "stop_sequence", stop_sequence: "said" });
  });

  it("has no content when the stop sequence comes first", async () => {
    const reply = await anthropic.messages.create({ model: FAST, max_tokens: 200, messages: user("hi"), stop_sequences: ["(simulated)"] });
    expect(reply.content).toEqual([]);
  });

  it("refuses on request with a stop reason and details", async () => {
    const ask = { model: FAST, max_tokens: 200, messages: user("[[refuse]] do it") };
    expect(await anthropic.messages.create(ask)).toMatchObject({ content: [], stop_reason: "refusal", stop_details: { type: "refusal" } });
    expect(await anthropic.messages.stream(ask).finalMessage()).toMatchObject({ content: [], stop_reason: "refusal" });
  });

  it("says what media it got", async () => {
    const source = { type: "base64" as const, media_type: "image/png" as const, data: "aGk=" };
    const pdf = { type: "base64" as const, media_type: "application/pdf" as const, data: "aGk=" };
    const content = [
      { type: "image" as const, source },
      { type: "image" as const, source },
      { type: "document" as const, source: pdf },
    ];
    const reply = await anthropic.messages.create({ model: FAST, max_tokens: 200, messages: [{ role: "user", content }] });
    expect(reply.content).toMatchObject([{ text: expect.stringContaining("I received 2 images and 1 document.") }]);
  });
});

describe("thinking", () => {
  const thinking = { type: "enabled" as const, budget_tokens: 1_024 };

  it("comes before text and tool use, signed, and is counted", async () => {
    const ask = { model: FAST, max_tokens: 2_000, messages: user("use get_weather for Paris"), tools: [weather], thinking };
    const reply = await anthropic.messages.create(ask);
    expect(reply.content.map(({ type }) => type)).toEqual(["thinking", "text", "tool_use"]);
    expect(reply.content[0]).toMatchObject({
      thinking: expect.stringContaining("(simulated reasoning)"),
      signature: expect.stringMatching(/^[A-Za-z0-9+/]+=*$/),
    });
    expect(reply.usage.output_tokens_details?.thinking_tokens).toBeGreaterThan(10);
    const streamed = await anthropic.messages.stream(ask).finalMessage();
    expect(streamed.content[0]).toEqual(reply.content[0]);
  });

  it("goes back unchanged, or the request is refused", async () => {
    const first = await anthropic.messages.create({ model: FAST, max_tokens: 2_000, messages: user("hi"), thinking });
    const again = (content: unknown) =>
      post("/v1/messages", {
        model: FAST,
        max_tokens: 2_000,
        thinking,
        messages: [...user("hi"), { role: "assistant", content }, ...user("go on")],
      });
    expect((await again(first.content)).status).toBe(200);
    const tampered = first.content.map((block) => (block.type === "thinking" ? { ...block, thinking: `${block.thinking} ` } : block));
    const refused = await again(tampered);
    expect(refused.status).toBe(400);
    expect((await errorOf(refused)).error.message).toContain("Invalid `signature` in `thinking` block");
    expect(
      (
        await again(
          first.content.map(({ ...block }) => (block.type === "thinking" ? { type: "thinking", thinking: block.thinking } : block)),
        )
      ).status,
    ).toBe(400);
  });

  it("is redacted on request, and checked when it comes back", async () => {
    const ask = { model: FAST, max_tokens: 2_000, messages: user("something redacted"), thinking };
    const reply = await anthropic.messages.create(ask);
    expect(reply.content[0]).toMatchObject({ type: "redacted_thinking", data: expect.any(String) });
    expect((await anthropic.messages.stream(ask).finalMessage()).content).toEqual(reply.content);
    const data = reply.content[0]?.type === "redacted_thinking" ? reply.content[0].data : "";
    const again = (sent: string) =>
      post("/v1/messages", {
        ...ask,
        messages: [
          ...ask.messages,
          {
            role: "assistant",
            content: [
              { type: "redacted_thinking", data: sent },
              { type: "text", text: "x" },
            ],
          },
          ...user("go on"),
        ],
      });
    expect((await again(data)).status).toBe(200);
    expect((await again(btoa(atob(data).replace(/.$/, "?")))).status).toBe(400);
  });

  it("is signed and not shown when the display is omitted", async () => {
    const reply = await anthropic.messages.create({
      model: "claude-opus-5",
      max_tokens: 200,
      messages: user("hi"),
      thinking: { type: "adaptive", display: "omitted" },
    });
    expect(reply.content[0]).toMatchObject({ type: "thinking", thinking: "", signature: expect.stringMatching(/.+/) });
  });
});

describe("tools", () => {
  it("are called with a word before, and answered with a quote of the result", async () => {
    const messages: Anthropic.MessageParam[] = user("Use get_weather for Paris");
    const first = await anthropic.messages.stream({ model: FAST, max_tokens: 200, messages, tools: [weather] }).finalMessage();
    expect(first).toMatchObject({
      stop_reason: "tool_use",
      content: [{ type: "text" }, { type: "tool_use", name: "get_weather", input: { city: "Paris" } }],
    });
    const call = first.content.find((block) => block.type === "tool_use");
    messages.push(
      { role: "assistant", content: first.content },
      { role: "user", content: [{ type: "tool_result", tool_use_id: call?.id ?? "", content: "sunny" }] },
    );
    const second = await anthropic.messages.create({ model: FAST, max_tokens: 200, messages, tools: [weather] });
    expect(second.content).toMatchObject([{ text: expect.stringContaining("The tool get_weather answered: “sunny”.") }]);
  });

  it("are called in parallel, unless that is disabled; without a word when forced", async () => {
    const call = async (tool_choice: Anthropic.ToolChoice) =>
      (
        await anthropic.messages.create({
          model: FAST,
          max_tokens: 200,
          messages: user("get_weather and get_time"),
          tools: [weather, clock],
          tool_choice,
        })
      ).content.map(({ type }) => type);
    expect(await call({ type: "auto" })).toEqual(["text", "tool_use", "tool_use"]);
    expect(await call({ type: "any" })).toEqual(["tool_use", "tool_use"]);
    expect(await call({ type: "auto", disable_parallel_tool_use: true })).toEqual(["text", "tool_use"]);
    expect(await call({ type: "tool", name: "get_time" })).toEqual(["tool_use"]);
    expect(await call({ type: "none" })).toEqual(["text"]);
  });

  it("without arguments stream nothing but an empty delta", async () => {
    const text = await (await message(FAST, { stream: true, tools: [clock], tool_choice: { type: "any" } })).text();
    expect(
      eventsOf(text)
        .filter(({ event }) => event === "content_block_delta")
        .map(({ data }) => data),
    ).toEqual([{ type: "content_block_delta", index: 0, delta: { type: "input_json_delta", partial_json: "" } }]);
  });
});

describe("structured output", () => {
  const schema = z.object({ city: z.string(), population: z.number() });
  it("fits the schema of output_config.format", async () => {
    const ask = {
      model: FAST,
      max_tokens: 200,
      messages: user("Describe Paris with 2 million people"),
      output_config: { format: zodOutputFormat(schema) },
    };
    expect((await anthropic.messages.parse(ask)).parsed_output).toEqual({ city: "Paris", population: 2 });
  });
  it("fits the schema of the older output_format", async () => {
    const { schema: json } = zodOutputFormat(schema);
    const response = await message(FAST, { output_format: { type: "json_schema", schema: json } });
    const body = (await response.json()) as { content: { text: string }[] };
    expect(schema.safeParse(JSON.parse(body.content[0]?.text ?? "")).success).toBe(true);
  });
});

describe("count_tokens", () => {
  it("counts what a request is then charged, without max_tokens", async () => {
    const ask = { model: FAST, system: "Be brief.", messages: user("Use get_weather"), tools: [weather] };
    const { input_tokens } = await anthropic.messages.countTokens(ask);
    const reply = await anthropic.messages.create({ ...ask, max_tokens: 50 });
    expect(input_tokens).toBe(reply.usage.input_tokens);
    expect(input_tokens).toBeGreaterThan(
      (await anthropic.messages.countTokens({ model: FAST, messages: user("Use get_weather") })).input_tokens,
    );
  });
});

describe("prompt cache", () => {
  const long = "All work and no play. ".repeat(300);
  const mark = (ttl: "5m" | "1h"): Anthropic.CacheControlEphemeral => ({ type: "ephemeral", ttl });
  const ask = async (system: Anthropic.TextBlockParam[], text: string, model = FAST) =>
    (await anthropic.messages.create({ model, max_tokens: 5, system, messages: user(text) })).usage;

  it("writes the first time and reads the second, and the total stays the same", async () => {
    const system = [{ type: "text" as const, text: long, cache_control: mark("5m") }];
    const first = await ask(system, "one");
    const second = await ask(system, "two");
    expect(first.cache_creation_input_tokens).toBeGreaterThan(1_024);
    expect(first.cache_creation?.ephemeral_5m_input_tokens).toBe(first.cache_creation_input_tokens);
    expect([second.cache_read_input_tokens, second.cache_creation_input_tokens]).toEqual([first.cache_creation_input_tokens, 0]);
    expect(second.input_tokens).toBe(first.input_tokens);
  });

  it("tells writes for an hour from writes for five minutes", async () => {
    const usage = await ask(
      [
        { type: "text", text: long, cache_control: mark("1h") },
        { type: "text", text: "and more", cache_control: mark("5m") },
      ],
      "one",
    );
    expect(usage.cache_creation?.ephemeral_1h_input_tokens).toBeGreaterThan(1_024);
    expect(usage.cache_creation?.ephemeral_5m_input_tokens).toBe(2);
  });

  it("leaves short prompts alone, unless told otherwise", async () => {
    const system = [{ type: "text" as const, text: "short", cache_control: mark("5m") }];
    expect((await ask(system, "one")).cache_creation_input_tokens).toBe(0);
    expect((await ask(system, "one", "claude-sonnet-4-6;sim:cache-min=0")).cache_creation_input_tokens).toBe(1);
  });

  it("reads nothing across a change before the mark, or another model", async () => {
    const system = (text: string) => [{ type: "text" as const, text, cache_control: mark("5m") }];
    await ask(system(long), "one");
    expect((await ask(system(`${long}!`), "one")).cache_read_input_tokens).toBe(0);
    expect((await ask(system(long), "one", OLD)).cache_read_input_tokens).toBe(0);
  });

  it("finds an earlier entry when the mark moves on with the conversation", async () => {
    const turn = (text: string, cached: boolean) => ({ type: "text" as const, text, ...(cached ? { cache_control: mark("5m") } : {}) });
    const first = await anthropic.messages.create({
      model: FAST,
      max_tokens: 5,
      messages: [{ role: "user", content: [turn(long, true)] }],
    });
    const messages: Anthropic.MessageParam[] = [
      { role: "user", content: [turn(long, false)] },
      { role: "assistant", content: "ok" },
      { role: "user", content: [turn("next", true)] },
    ];
    const second = await anthropic.messages.create({ model: FAST, max_tokens: 5, messages });
    expect(second.usage.cache_read_input_tokens).toBe(first.usage.cache_creation_input_tokens);
    expect(second.usage.cache_creation_input_tokens).toBeGreaterThan(0);
  });
});

describe("errors", () => {
  it.each([
    [400, Anthropic.BadRequestError, "invalid_request_error"],
    [401, Anthropic.AuthenticationError, "authentication_error"],
    [403, Anthropic.PermissionDeniedError, "forbidden"],
    [404, Anthropic.NotFoundError, "not_found_error"],
    [413, Anthropic.APIError, "request_too_large"],
    [429, Anthropic.RateLimitError, "rate_limit_error"],
    [500, Anthropic.InternalServerError, "api_error"],
    [529, Anthropic.InternalServerError, "overloaded_error"],
  ])("%i is the SDK's own class", async (status, kind, type) => {
    const ask = anthropic.messages.create({ model: `claude-sonnet-4-6;sim:status=${status}`, max_tokens: 5, messages: user("hi") });
    await expect(ask).rejects.toBeInstanceOf(kind);
    await expect(ask).rejects.toMatchObject({ status, error: { error: { type } } });
  });

  it("in a stream are thrown by the SDK", async () => {
    const stream = anthropic.messages.stream({ model: "claude-sonnet-4-6;sim:delay=0,error-at=4", max_tokens: 50, messages: user("hi") });
    await expect(stream.finalMessage()).rejects.toMatchObject({ error: { error: { type: "overloaded_error" } } });
  });
});
