import { readFileSync } from "node:fs";
import { join } from "node:path";
import { waitForUpdate } from "@pydantic/genai-prices";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Usage } from "../inference";
import { PRICE_VERSION, type PricedProvider, price } from ".";

const AT = new Date("2026-11-20T12:00:00Z");
const anthropic: PricedProvider = { pricesId: "anthropic", tierFactors: { batch: 0.5 } };
const openai: PricedProvider = { pricesId: "openai", tierFactors: { batch: 0.5, flex: 0.5 } };

function costUsd(usage: Usage, provider: PricedProvider, model: string, at = AT): number | null {
  const priced = price(usage, provider, model, at);
  return priced && priced.costNanoUsd / 1e9;
}

// Each golden: the figures of a usage payload, and the bill worked out by hand from the vendor's price per million tokens.
describe("golden usage payloads (PITFALLS E 35)", () => {
  test.each<[string, PricedProvider, string, Usage, number]>([
    // claude-sonnet-4-6: $3 in, $0.30 read, $3.75 write 5 m, $6 write 1 h, $15 out.
    [
      "Anthropic: cache read, 5 m and 1 h writes",
      anthropic,
      "claude-sonnet-4-6",
      { uncachedInputTokens: 21, cacheReadTokens: 10_000, cacheWrite5mTokens: 456, cacheWrite1hTokens: 100, outputTokens: 503 },
      (21 * 3 + 10_000 * 0.3 + 456 * 3.75 + 100 * 6 + 503 * 15) / 1e6,
    ],
    [
      "Anthropic: 1 h writes only",
      anthropic,
      "claude-haiku-4-5-20251001",
      { uncachedInputTokens: 3, cacheWrite1hTokens: 2048, outputTokens: 10 },
      (3 * 1 + 2048 * 2 + 10 * 5) / 1e6,
    ],
    // claude-sonnet-4-5 doubles (output: ×1.5) for the whole request once the prompt, cached part included, passes 200k.
    [
      "Anthropic: 200k exactly is the base tier",
      anthropic,
      "claude-sonnet-4-5-20250929",
      { uncachedInputTokens: 100_000, cacheReadTokens: 100_000, outputTokens: 1000 },
      (100_000 * 3 + 100_000 * 0.3 + 1000 * 15) / 1e6,
    ],
    [
      "Anthropic: above 200k, counted with the cached part",
      anthropic,
      "claude-sonnet-4-5-20250929",
      { uncachedInputTokens: 100_000, cacheReadTokens: 100_001, outputTokens: 1000 },
      (100_000 * 6 + 100_001 * 0.6 + 1000 * 22.5) / 1e6,
    ],
    [
      "Anthropic: web searches at $10 per thousand",
      anthropic,
      "claude-sonnet-4-6",
      { uncachedInputTokens: 1000, outputTokens: 100, webSearches: 3 },
      (1000 * 3 + 100 * 15) / 1e6 + 0.03,
    ],
    [
      "Anthropic: batch halves the tokens and not the searches",
      anthropic,
      "claude-sonnet-4-6",
      { uncachedInputTokens: 1000, cacheReadTokens: 1000, outputTokens: 100, webSearches: 3, serviceTier: "batch" },
      (1000 * 3 + 1000 * 0.3 + 100 * 15) / 2e6 + 0.03,
    ],
    [
      "Anthropic: the standard tier",
      anthropic,
      "claude-sonnet-4-6",
      { uncachedInputTokens: 1000, outputTokens: 100, serviceTier: "standard" },
      (1000 * 3 + 100 * 15) / 1e6,
    ],
    // gpt-4o: $2.50 in, $1.25 cached, $10 out.
    [
      "OpenAI: cached input",
      openai,
      "gpt-4o-2024-08-06",
      { uncachedInputTokens: 86, cacheReadTokens: 1920, outputTokens: 300, serviceTier: "default" },
      (86 * 2.5 + 1920 * 1.25 + 300 * 10) / 1e6,
    ],
    // gpt-5: $1.25 in, $0.125 cached, $10 out; reasoning is output and not charged twice.
    [
      "OpenAI: reasoning",
      openai,
      "gpt-5-2025-08-07",
      { uncachedInputTokens: 9, outputTokens: 1186, reasoningTokens: 1024 },
      (9 * 1.25 + 1186 * 10) / 1e6,
    ],
    [
      "OpenAI: flex at half price",
      openai,
      "gpt-5",
      { uncachedInputTokens: 1000, cacheReadTokens: 1000, outputTokens: 100, serviceTier: "flex" },
      (1000 * 1.25 + 1000 * 0.125 + 100 * 10) / 2e6,
    ],
    // gpt-5.4 above 272k: $5 in, $0.50 cached, $22.50 out.
    [
      "OpenAI: long context",
      openai,
      "gpt-5.4",
      { uncachedInputTokens: 272_000, cacheReadTokens: 28_000, outputTokens: 100 },
      (272_000 * 5 + 28_000 * 0.5 + 100 * 22.5) / 1e6,
    ],
    // gpt-realtime-mini: $0.60 text in, $10 audio in, $2.40 text out, $20 audio out.
    [
      "OpenAI: audio in and out",
      openai,
      "gpt-realtime-mini",
      { uncachedInputTokens: 100, audioInputTokens: 60, outputTokens: 50, audioOutputTokens: 40 },
      (40 * 0.6 + 60 * 10 + 10 * 2.4 + 40 * 20) / 1e6,
    ],
    ["OpenAI: embeddings", openai, "text-embedding-3-small", { uncachedInputTokens: 1000, outputTokens: 0 }, (1000 * 0.02) / 1e6],
    // deepseek-v4-flash since 2026-08-17, off the daily peaks: $0.22 in, $0.007 cached, $0.66 out.
    [
      "DeepSeek: cache hits",
      { pricesId: "deepseek" },
      "deepseek-v4-flash",
      { uncachedInputTokens: 110, cacheReadTokens: 384, outputTokens: 164, reasoningTokens: 50 },
      (110 * 0.22 + 384 * 0.007 + 164 * 0.66) / 1e6,
    ],
    [
      "Groq: a model with a price for cached input",
      { pricesId: "groq" },
      "openai/gpt-oss-120b",
      { uncachedInputTokens: 800, cacheReadTokens: 200, outputTokens: 100, serviceTier: "on_demand" },
      (800 * 0.15 + 200 * 0.075 + 100 * 0.6) / 1e6,
    ],
    [
      "Groq: cached input without a price of its own is charged as plain input",
      { pricesId: "groq" },
      "llama-3.3-70b-versatile",
      { uncachedInputTokens: 800, cacheReadTokens: 200, outputTokens: 100 },
      (1000 * 0.59 + 100 * 0.79) / 1e6,
    ],
    ["OpenRouter: free by name", { pricesId: "openrouter" }, "openai/gpt-oss-20b:free", { uncachedInputTokens: 9, outputTokens: 9 }, 0],
  ])("%s", (_, provider, model, usage, expected) => {
    expect(costUsd(usage, provider, model)).toBeCloseTo(expected, 9);
  });

  test("prices are those of the day of the request", () => {
    const usage = { uncachedInputTokens: 300_000, outputTokens: 0 };
    expect(costUsd(usage, anthropic, "claude-sonnet-4-6", new Date("2026-02-20T00:00:00Z"))).toBeCloseTo(1.8, 9);
    expect(costUsd(usage, anthropic, "claude-sonnet-4-6", AT)).toBeCloseTo(0.9, 9);
  });

  test("a cost is whole nano-dollars and names its list", () => {
    expect(price({ uncachedInputTokens: 1, cacheReadTokens: 1, outputTokens: 0 }, { pricesId: "openai" }, "gpt-5-nano", AT)).toEqual({
      costNanoUsd: 55,
      version: PRICE_VERSION,
    });
  });
});

describe("an unknown price is null, never 0", () => {
  const some = { uncachedInputTokens: 10, outputTokens: 10 };
  test.each<[string, PricedProvider, string, Usage]>([
    ["no price list for the provider", { pricesId: null }, "gpt-4o", some],
    ["a provider the list lacks", { pricesId: "nobody" }, "gpt-4o", some],
    ["a model the list lacks", openai, "gpt-99", some],
    ["another vendor's model", { pricesId: "groq" }, "gpt-4o", some],
    ["a tier without a declared factor", openai, "gpt-4o", { ...some, serviceTier: "priority" }],
    ["a tier that another provider declares", { pricesId: "groq" }, "llama-3.3-70b-versatile", { ...some, serviceTier: "batch" }],
    ["a tier named like a property of all objects", openai, "gpt-4o", { ...some, serviceTier: "constructor" }],
    ["a model that is listed without a price", { pricesId: "cerebras" }, "qwen-3-coder-480b", some],
    ["tokens of a model that is sold by the hour", openai, "whisper-1", some],
    ["output of a model that has a price for input only", openai, "text-embedding-3-small", some],
    ["a negative figure", openai, "gpt-4o", { ...some, cacheReadTokens: -1 }],
    ["a negative figure behind a larger one", openai, "gpt-4o", { ...some, uncachedInputTokens: -5, cacheReadTokens: 10 }],
    ["no number", openai, "gpt-4o", { ...some, outputTokens: Number.NaN }],
  ])("%s", (_, provider, model, usage) => expect(price(usage, provider, model, AT)).toBeNull());
});

const tokens = fc.nat(400_000);
const usages = fc.record({
  uncachedInputTokens: tokens,
  cacheReadTokens: tokens,
  cacheWrite5mTokens: tokens,
  cacheWrite1hTokens: tokens,
  audioInputTokens: tokens,
  outputTokens: tokens,
  reasoningTokens: tokens,
  audioOutputTokens: tokens,
  webSearches: fc.nat(5),
});

describe("over the whole price list", async () => {
  const list = (await waitForUpdate()) ?? [];
  const all = list.flatMap((provider) => provider.models.map((model) => ({ pricesId: provider.id, model: model.id })));

  test("cached reads never cost more than plain input, and no figures make it fail", async () => {
    expect(all.length).toBeGreaterThan(1000);
    await fc.assert(
      fc.property(
        fc.constantFrom(...all),
        usages,
        fc.date({ min: new Date("2025-01-01"), max: new Date("2027-01-01"), noInvalidDate: true }),
        ({ pricesId, model }, usage, at) => {
          const cached = price(usage, { pricesId }, model, at);
          const plain = price(
            { ...usage, uncachedInputTokens: usage.uncachedInputTokens + usage.cacheReadTokens, cacheReadTokens: 0 },
            { pricesId },
            model,
            at,
          );
          if (cached && plain) expect(cached.costNanoUsd).toBeLessThanOrEqual(plain.costNanoUsd + 1);
          if (cached) expect(Number.isSafeInteger(cached.costNanoUsd) && cached.costNanoUsd >= 0).toBe(true);
        },
      ),
      { numRuns: 5000 },
    );
  });

  test("every model is charged for cached reads at most as for plain input", () => {
    const dear = all.filter(({ pricesId, model }) => {
      const cached = price({ uncachedInputTokens: 0, cacheReadTokens: 1e6, outputTokens: 0 }, { pricesId }, model, AT);
      const plain = price({ uncachedInputTokens: 1e6, outputTokens: 0 }, { pricesId }, model, AT);
      return (cached?.costNanoUsd ?? 0) > (plain?.costNanoUsd ?? 0);
    });
    expect(dear).toEqual([]);
  });
});

test("the version that rows carry is that of the installed list", () => {
  const manifest = readFileSync(join(import.meta.dirname, "../../node_modules/@pydantic/genai-prices/package.json"), "utf8");
  expect(PRICE_VERSION).toBe(`genai-prices/${JSON.parse(manifest).version}`);
});
