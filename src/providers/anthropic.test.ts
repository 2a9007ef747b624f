import { describe, expect, it } from "vitest";
import type { Capabilities } from "../inference";
import { capabilitiesOf, providers } from ".";

function capabilities(model: string): Capabilities {
  const anthropic = providers.get("anthropic");
  if (!anthropic) throw new Error("there is no anthropic");
  return capabilitiesOf(anthropic, model);
}

describe("what a Claude can do", () => {
  it.each<[string, Capabilities["reasoning"], Capabilities["sampling"], boolean]>([
    ["claude-opus-9", "adaptive", "fixed", true],
    ["claude-sonnet-5", "adaptive", "fixed", true],
    ["claude-opus-4-8", "adaptive", "fixed", true],
    ["claude-opus-4-8-20260528", "adaptive", "fixed", true],
    ["claude-opus-4-7", "adaptive", "fixed", false],
    ["claude-sonnet-4-6", "adaptive", "one-of", false],
    ["claude-opus-4-5-20251101", "budget", "one-of", false],
    ["claude-haiku-4-5", "budget", "one-of", false],
    ["claude-opus-4-1-20250805", "budget", "one-of", false],
    ["claude-opus-4-20250514", "budget", "free", false],
    ["claude-opus-4-0", "budget", "free", false],
    ["claude-sonnet-4@20250514", "budget", "free", false],
    ["claude-sonnet-4", "budget", "free", false],
    ["claude-3-7-sonnet-latest", "budget", "free", false],
    ["claude-3-5-haiku-20241022", "none", "free", false],
    ["claude-3-opus-20240229", "none", "free", false],
  ])("%s: reasoning %s, sampling %s, system messages in the conversation %s", (model, reasoning, sampling, systemWithinMessages) => {
    expect(capabilities(model)).toMatchObject({ reasoning, sampling, systemWithinMessages });
  });

  it("caches prefixes from so many tokens on", () => {
    const names = [
      "opus-9",
      "opus-5",
      "opus-4-8",
      "opus-4-7",
      "opus-4-6",
      "sonnet-4-6",
      "opus-4-5",
      "haiku-4-5",
      "sonnet-4-5",
      "3-5-haiku",
    ];
    const figures = names.map((name) => capabilities(`claude-${name}`).cacheMarkTokensMin);
    expect(figures).toEqual([1024, 512, 1024, 2048, 4096, 1024, 4096, 4096, 1024, 2048]);
  });
});
