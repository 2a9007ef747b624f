import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readRateLimits, retryAt } from "./rate-limit-headers";

const NOW = Date.parse("2026-11-27T12:00:00Z");
const read = (headers: Record<string, string>) => readRateLimits(new Headers(headers), NOW);

describe("what a reply says of limits", () => {
  it("is read in Anthropic's names, resets in RFC 3339", () => {
    const headers = {
      "anthropic-ratelimit-requests-limit": "50",
      "anthropic-ratelimit-requests-remaining": "49",
      "anthropic-ratelimit-requests-reset": "2026-11-27T12:00:02Z",
    };
    expect(read(headers)).toEqual({ requests: { limit: 50, remaining: 49, resetAtMs: NOW + 2000 } });
  });

  it.each([
    ["1s", 1000],
    ["6m0s", 360_000],
    ["120ms", 120],
    ["1h2m3.5s", 3_723_500],
    ["20", 20_000],
    ["1795780860", 60_000],
    ["1795780860000", 60_000],
  ])("is read in OpenAI's names, reset %s", (reset, ms) => {
    const { tokens } = read({
      "x-ratelimit-limit-tokens": "1000",
      "x-ratelimit-remaining-tokens": "10",
      "x-ratelimit-reset-tokens": reset,
    });
    expect(tokens).toEqual({ limit: 1000, remaining: 10, resetAtMs: NOW + ms });
  });

  it("is the tightest of several limits", () => {
    const { tokens } = read({
      "anthropic-ratelimit-input-tokens-limit": "1000",
      "anthropic-ratelimit-input-tokens-remaining": "900",
      "anthropic-ratelimit-output-tokens-limit": "1000",
      "anthropic-ratelimit-output-tokens-remaining": "5",
    });
    expect(tokens).toEqual({ limit: 1000, remaining: 5 });
  });

  it("is passed over where it makes no sense, whatever it is", () => {
    expect(read({ "x-ratelimit-limit-requests": "many", "x-ratelimit-reset-requests": "soon" })).toEqual({});
    fc.assert(
      fc.property(fc.string({ unit: "grapheme-ascii" }), (value) => {
        const headers = new Headers();
        for (const name of [
          "retry-after",
          "retry-after-ms",
          "x-ratelimit-limit-tokens",
          "x-ratelimit-remaining-tokens",
          "x-ratelimit-reset-tokens",
        ])
          headers.set(name, value);
        const { tokens, retryAtMs } = readRateLimits(headers, NOW);
        for (const atMs of [tokens?.resetAtMs, retryAtMs]) {
          if (atMs === undefined) continue;
          expect(atMs).toBeGreaterThanOrEqual(NOW);
          expect(atMs).toBeLessThanOrEqual(NOW + 86_400_000);
        }
      }),
    );
  });
});

describe("retry-after (PITFALLS A 9)", () => {
  it.each([
    [{ "retry-after": "3" }, 3000],
    [{ "retry-after": "0.5" }, 500],
    [{ "retry-after-ms": "250", "retry-after": "1" }, 250],
    [{ "retry-after": "Fri, 27 Nov 2026 12:00:07 GMT" }, 7000],
    // By the provider's own clock, which is an hour ahead.
    [{ "retry-after": "Fri, 27 Nov 2026 13:00:07 GMT", date: "Fri, 27 Nov 2026 13:00:00 GMT" }, 7000],
  ])("%o", (headers: Record<string, string>, ms) => {
    expect(retryAt(new Headers(headers), NOW)).toBe(NOW + ms);
  });

  it.each([{}, { "retry-after": "-1" }, { "retry-after": "later" }, { "retry-after": "Fri, 27 Nov 2026 11:00:00 GMT" }])(
    "not said: %o",
    (headers: Record<string, string>) => {
      expect(retryAt(new Headers(headers), NOW)).toBeUndefined();
    },
  );
});
