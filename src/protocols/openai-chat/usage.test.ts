import { describe, expect, it } from "vitest";
import { inputTokensTotal } from "../../inference";
import { decodeUsage, encodeUsage } from "./usage";

describe("usage", () => {
  it.each<[string, Record<string, unknown>, object]>([
    ["OpenAI", { prompt_tokens_details: { cached_tokens: 6 } }, { uncachedInputTokens: 4, cacheReadTokens: 6 }],
    [
      "OpenRouter",
      { prompt_tokens_details: { cached_tokens: 6, cache_write_tokens: 3 } },
      { uncachedInputTokens: 1, cacheReadTokens: 6, cacheWrite5mTokens: 3 },
    ],
    ["DeepSeek", { prompt_cache_hit_tokens: 6, prompt_cache_miss_tokens: 4 }, { uncachedInputTokens: 4, cacheReadTokens: 6 }],
    [
      "Databricks",
      { cache_read_input_tokens: 6, cache_creation_input_tokens: 1 },
      { uncachedInputTokens: 3, cacheReadTokens: 6, cacheWrite5mTokens: 1 },
    ],
    ["Together", { cached_tokens: 6 }, { uncachedInputTokens: 4, cacheReadTokens: 6 }],
    ["nulls", { prompt_tokens_details: null, completion_tokens_details: null, cached_tokens: null }, { uncachedInputTokens: 10 }],
    [
      "audio",
      { prompt_tokens_details: { audio_tokens: 2 }, completion_tokens_details: { audio_tokens: 1 } },
      { audioInputTokens: 2, audioOutputTokens: 1 },
    ],
    ["Mistral's tier", { service_tier: "standard" }, { serviceTier: "standard" }],
  ])("17: cached input counts once: %s", (_, fields, counted) => {
    const raw = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15, ...fields } as Parameters<typeof decodeUsage>[0]; // a vendor's object
    const usage = decodeUsage(raw);
    expect(usage).toEqual({ uncachedInputTokens: 10, outputTokens: 5, raw, ...counted });
    if (usage) expect(inputTokensTotal(usage)).toBe(10);
  });

  it("includes reasoning in the output, also where the wire counts it apart", () => {
    const within = decodeUsage({
      prompt_tokens: 10,
      completion_tokens: 5,
      total_tokens: 15,
      completion_tokens_details: { reasoning_tokens: 4 },
    });
    expect(within).toMatchObject({ outputTokens: 5, reasoningTokens: 4 });
    const apart = decodeUsage({
      prompt_tokens: 10,
      completion_tokens: 5,
      total_tokens: 19,
      completion_tokens_details: { reasoning_tokens: 4 },
    });
    expect(apart).toMatchObject({ outputTokens: 9, reasoningTokens: 4 });
    expect(apart && encodeUsage(apart, false)).toMatchObject({ completion_tokens: 9, total_tokens: 19 });
  });

  it("is none where no figure is a count", () => {
    expect(decodeUsage({})).toBeUndefined();
    expect(decodeUsage({ prompt_tokens: null, completion_tokens: "5" })).toBeUndefined();
    expect(decodeUsage({ prompt_tokens: -1 })).toBeUndefined();
  });

  it("leaves absent what was not said, which is not 0", () => {
    expect(decodeUsage({ prompt_tokens: 1, completion_tokens: 2 })).toEqual({
      uncachedInputTokens: 1,
      outputTokens: 2,
      raw: { prompt_tokens: 1, completion_tokens: 2 },
    });
    expect(encodeUsage({ uncachedInputTokens: 1, outputTokens: 2 }, false)).toEqual({
      prompt_tokens: 1,
      completion_tokens: 2,
      total_tokens: 3,
    });
  });
});

it("shows another wire's service tier to nobody, and Mistral's where Mistral puts it", () => {
  const figures = { uncachedInputTokens: 1, outputTokens: 1 };
  expect(
    encodeUsage({ ...figures, serviceTier: "standard", raw: { input_tokens: 1, service_tier: "standard" } }, false),
  ).not.toHaveProperty("service_tier");
  expect(encodeUsage({ ...figures, serviceTier: "flex", raw: { prompt_tokens: 1, service_tier: "flex" } }, false).service_tier).toBe(
    "flex",
  );
});
