import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { describe, expect, it } from "vitest";
import { claudeVersion, knownModel, replyModel } from "./models";
import { anthropic, openai } from "./test/clients";

describe("models", () => {
  it("are listed in OpenAI's shape", async () => {
    const ids: string[] = [];
    for await (const model of openai.models.list()) ids.push(model.id);
    expect(ids).toContain("gpt-4o");
    expect(ids.some((id) => id.startsWith("claude"))).toBe(false);
    expect(await openai.models.retrieve("gpt-4o")).toMatchObject({ id: "gpt-4o", object: "model" });
    await expect(openai.models.retrieve("gpt-none")).rejects.toBeInstanceOf(OpenAI.NotFoundError);
  });

  it("are listed in Anthropic's shape, page by page", async () => {
    const ids: string[] = [];
    for await (const model of anthropic.models.list({ limit: 3 })) ids.push(model.id);
    expect(ids).toContain("claude-haiku-4-5-20251001");
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length).toBeGreaterThan(6);
    expect(await anthropic.models.retrieve("claude-sonnet-4-6")).toMatchObject({
      type: "model",
      display_name: "Claude Sonnet 4.6",
      max_input_tokens: 1_000_000,
    });
    await expect(anthropic.models.retrieve("claude-none")).rejects.toBeInstanceOf(Anthropic.NotFoundError);
  });

  it("are known by their alias, their dated name and with a vendor before it", () => {
    for (const name of ["claude-haiku-4-5", "claude-haiku-4-5-20251001", "anthropic/claude-haiku-4-5"])
      expect(knownModel(name)?.outputTokens).toBe(64_000);
    expect(replyModel("claude-haiku-4-5")).toBe("claude-haiku-4-5-20251001");
    expect(replyModel("some/other-model")).toBe("some/other-model");
  });

  it.each([
    ["claude-sonnet-4-6", 4.6],
    ["claude-opus-4-20250514", 4],
    ["claude-haiku-4-5-20251001", 4.5],
    ["claude-3-5-sonnet-20240620", 3.5],
    ["claude-opus-5", 5],
    ["gpt-4o", undefined],
  ])("%s is of version %s", (name, version) => {
    expect(claudeVersion(name)).toBe(version);
  });
});
