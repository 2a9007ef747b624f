import Anthropic from "@anthropic-ai/sdk";
import { betaZodTool } from "@anthropic-ai/sdk/helpers/beta/zod";
import { beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { anthropic, reset } from "./test/clients";

const params = { model: "claude-sonnet-4-6;sim:delay=0", max_tokens: 500 };

beforeEach(reset);

describe("a conversation that the provider keeps", () => {
  it("goes on from the reply named, with what was said before", async () => {
    const thread = anthropic.beta.messages.thread({ ...params, system: "Be kind." });
    const first = await thread.send({ role: "user", content: "Hello." });
    const second = await thread.send({ role: "user", content: "And now?" });
    expect(second.usage.input_tokens).toBeGreaterThan(first.usage.input_tokens);
    expect(thread.previousMessageId).toBe(second.id);
    const third = await thread.stream({ role: "user", content: "And then?" }).finalMessage();
    expect(third.usage.input_tokens).toBeGreaterThan(second.usage.input_tokens);
  });

  it("holds the tools for the SDK's own runner", async () => {
    const run = () => "Sunny";
    const tool = betaZodTool({ name: "get_weather", description: "Weather", inputSchema: z.object({ city: z.string() }), run });
    const messages = [{ role: "user" as const, content: 'Call get_weather for "Paris".' }];
    const final = await anthropic.beta.messages.toolRunner({ ...params, messages, tools: [tool] }).runUntilDone();
    expect(JSON.stringify(final.content)).toContain("Sunny");
  });

  it("is refused in the words of the SDK's errors: unknown, continued twice, without the beta", async () => {
    const send = (thread: Anthropic.Beta.BetaMessageThreadParam, betas = ["message-threads-2026-08-12"]) =>
      anthropic.beta.messages.create({ ...params, messages: [{ role: "user", content: "Hi" }], thread, betas });
    await expect(send({ type: "continue", previous_message_id: "msg_x" })).rejects.toBeInstanceOf(Anthropic.ThreadNotFoundError);
    const { id } = await send({ type: "create" });
    await send({ type: "continue", previous_message_id: id });
    const again = send({ type: "continue", previous_message_id: id });
    await expect(again).rejects.toMatchObject({ status: 400, errorCode: "thread_already_continued" });
    await expect(send({ type: "create" }, ["x-2020-01-01"])).rejects.toMatchObject({ status: 400 });
  });
});
