import OpenAI from "openai";
import { zodTextFormat } from "openai/helpers/zod";
import { beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { errorOf, eventsOf, openai, post, reset } from "./test/clients";

const FAST = "gpt-4o;sim:delay=0";
const weather = {
  type: "function" as const,
  name: "get_weather",
  strict: false,
  parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
};

beforeEach(reset);

describe("refusals", () => {
  const call = { type: "function_call", call_id: "call_1", name: "get_weather", arguments: "{}" };
  const output = { type: "function_call_output", call_id: "call_1", output: "sunny" };
  it.each<[string, Record<string, unknown>, string | null]>([
    ["no input", { input: undefined }, "input"],
    ["an unknown role", { input: [{ role: "robot", content: "hi" }] }, "input[0]"],
    ["a part of the chat wire", { input: [{ role: "user", content: [{ type: "text", text: "hi" }] }] }, "input[0].content[0].type"],
    [
      "input text by the assistant",
      { input: [{ role: "assistant", content: [{ type: "input_text", text: "hi" }] }] },
      "input[0].content[0].type",
    ],
    [
      "an image that is no base64",
      { input: [{ role: "user", content: [{ type: "input_image", image_url: "data:image/png;base64,%%" }] }] },
      "input[0].content[0].image_url",
    ],
    ["an output without its call", { input: [output] }, "input"],
    ["a call without its output", { input: [{ role: "user", content: "hi" }, call] }, "input"],
    ["reasoning with nothing behind it", { input: [{ type: "reasoning", id: "rs_1", summary: [] }] }, "input"],
    ["arguments that are no text", { input: [{ ...call, arguments: {} }, output] }, "input[0].arguments"],
    ["a tool in the chat wire's shape", { tools: [{ type: "function", function: { name: "f" } }] }, "tools[0].name"],
    ["fewer than 16 tokens", { max_output_tokens: 5 }, "max_output_tokens"],
    ["a field of the chat wire", { messages: [] }, "messages"],
    ["an unknown earlier response", { previous_response_id: "resp_none" }, "previous_response_id"],
    ["json_object without the word", { text: { format: { type: "json_object" } } }, "input"],
    ["a prompt longer than the window", { model: "gpt-4o;sim:context=3" }, "input"],
  ])("%s", async (_what, extra, param) => {
    const response = await post("/v1/responses", { model: "gpt-4o", input: "hi there you", ...extra });
    expect([response.status, (await errorOf(response)).error.param]).toEqual([400, param]);
  });
});

describe("text", () => {
  it("streams what it would have said at once, as the SDK puts it together", async () => {
    const whole = await openai.responses.create({ model: FAST, input: "Tell me about Paris" });
    expect(whole.output_text).toMatch(/^\(simulated\) You said: “Tell me about Paris”/);
    expect(whole.status).toBe("completed");
    const usage = whole.usage;
    expect(usage?.total_tokens).toBe((usage?.input_tokens ?? 0) + (usage?.output_tokens ?? 0));
    const final = await openai.responses.stream({ model: FAST, input: "Tell me about Paris" }).finalResponse();
    expect(final.output_text).toBe(whole.output_text);
    expect(final.usage).toEqual(usage);
  });

  it("numbers its events without a gap and names each twice", async () => {
    const events = eventsOf(await (await post("/v1/responses", { model: FAST, input: "hi", stream: true })).text());
    expect(events.map(({ data }) => (data as { sequence_number: number }).sequence_number)).toEqual(events.map((_, i) => i));
    expect(events.every(({ event, data }) => event === (data as { type: string }).type)).toBe(true);
    expect(events.at(-1)?.event).toBe("response.completed");
  });

  it("is incomplete when the token limit cuts it", async () => {
    const stream = openai.responses.stream({ model: FAST, input: "hi", max_output_tokens: 16 });
    expect(await stream.finalResponse()).toMatchObject({
      status: "incomplete",
      incomplete_details: { reason: "max_output_tokens" },
      usage: { output_tokens: 16 },
    });
  });

  it("refuses on request", async () => {
    const response = await openai.responses.create({ model: FAST, input: "[[refuse]]" });
    expect(response.output).toMatchObject([{ type: "message", content: [{ type: "refusal" }] }]);
    expect((await openai.responses.stream({ model: FAST, input: "[[refuse]]" }).finalResponse()).output).toMatchObject([
      { content: [{ type: "refusal" }] },
    ]);
  });

  it("fits a schema", async () => {
    const format = zodTextFormat(z.object({ city: z.string(), n: z.number() }), "city");
    const parsed = await openai.responses.parse({ model: FAST, input: "Describe Paris with 2 million people", text: { format } });
    expect(parsed.output_parsed).toEqual({ city: "Paris", n: 2 });
  });
});

describe("tools", () => {
  it("are called, and answered in the next response, which may refer to the first", async () => {
    const first = await openai.responses.stream({ model: FAST, input: "Use get_weather for Paris", tools: [weather] }).finalResponse();
    const call = first.output.find((item) => item.type === "function_call");
    expect(call).toMatchObject({ name: "get_weather", arguments: '{"city": "Paris"}', status: "completed" });
    const output = { type: "function_call_output" as const, call_id: call?.call_id ?? "", output: "sunny" };
    const second = await openai.responses.create({ model: FAST, previous_response_id: first.id, input: [output], tools: [weather] });
    expect(second.output_text).toContain("The tool get_weather answered: “sunny”.");
  });

  it("take free text when they are custom", async () => {
    const response = await openai.responses
      .stream({ model: FAST, input: "note: buy milk", tools: [{ type: "custom", name: "note" }] })
      .finalResponse();
    expect(response.output).toMatchObject([{ type: "custom_tool_call", name: "note", input: "note: buy milk" }]);
  });
});

describe("reasoning", () => {
  it("comes first, with a summary and sealed content where asked for", async () => {
    const ask = {
      model: "gpt-5;sim:delay=0",
      input: "hi",
      reasoning: { effort: "low" as const, summary: "auto" as const },
      include: ["reasoning.encrypted_content" as const],
    };
    const response = await openai.responses.stream(ask).finalResponse();
    const [reasoning] = response.output;
    expect(reasoning).toMatchObject({
      type: "reasoning",
      summary: [{ type: "summary_text", text: expect.stringContaining("(simulated reasoning)") }],
      encrypted_content: expect.any(String),
    });
    expect(response.usage?.output_tokens_details.reasoning_tokens).toBe(32);
    const again = (encrypted_content: string) =>
      post("/v1/responses", {
        ...ask,
        store: false,
        input: [
          { role: "user", content: "hi" },
          { ...reasoning, encrypted_content },
          { role: "assistant", content: "hello" },
          { role: "user", content: "more" },
        ],
      });
    const sealed = reasoning?.type === "reasoning" ? (reasoning.encrypted_content ?? "") : "";
    expect((await again(sealed)).status).toBe(200);
    const refused = await again(`gAAAAA${btoa(atob(sealed.slice(6)).replace(/[0-9a-f]:$/, "z:"))}`);
    expect((await errorOf(refused)).error.code).toBe("invalid_encrypted_content");
  });
});

describe("stored responses", () => {
  it("are found and deleted", async () => {
    const { id, output } = await openai.responses.create({ model: FAST, input: "hi" });
    expect((await openai.responses.retrieve(id)).output).toEqual(output);
    await openai.responses.delete(id);
    await expect(openai.responses.retrieve(id)).rejects.toBeInstanceOf(OpenAI.NotFoundError);
  });

  it("are not kept when the caller does not want it", async () => {
    const { id } = await openai.responses.create({ model: FAST, input: "hi", store: false });
    await expect(openai.responses.retrieve(id)).rejects.toBeInstanceOf(OpenAI.NotFoundError);
  });

  it("are counted without being made", async () => {
    const { input_tokens } = await openai.responses.inputTokens.count({ model: "gpt-4o", input: "hi there" });
    expect(input_tokens).toBe((await openai.responses.create({ model: FAST, input: "hi there" })).usage?.input_tokens);
  });
});

describe("errors in a stream", () => {
  it("are an error event and a failed response", async () => {
    const events = eventsOf(
      await (await post("/v1/responses", { model: "gpt-4o;sim:delay=0,error-at=5,error-status=429", input: "hi", stream: true })).text(),
    );
    expect(events.slice(5).map(({ event }) => event)).toEqual(["error", "response.failed"]);
    expect(events.at(-1)?.data).toMatchObject({
      sequence_number: 6,
      response: { status: "failed", error: { code: "rate_limit_exceeded" } },
    });
  });

  it("reach the SDK as an error", async () => {
    const run = async () => {
      for await (const _event of await openai.responses.create({ model: "gpt-4o;sim:delay=0,error-first", input: "hi", stream: true }))
        expect.unreachable();
    };
    await expect(run()).rejects.toBeInstanceOf(OpenAI.APIError);
  });
});
