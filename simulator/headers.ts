import type { House } from "./errors";
import type { Scenario } from "./scenario";

const LIMITS = { requests: 10_000, tokens: 2_000_000 };

/** The headers of the house: request id, version, rate limits (used up when the status is 429). */
export function houseHeaders(house: House, requestId: string, status: number, nowMs: number): Record<string, string> {
  const left = status === 429 ? 0 : 1;
  if (house === "openai") {
    return {
      "x-request-id": requestId,
      "openai-organization": "simulated",
      "openai-processing-ms": "12",
      "openai-version": "2020-10-01",
      "x-ratelimit-limit-requests": String(LIMITS.requests),
      "x-ratelimit-limit-tokens": String(LIMITS.tokens),
      "x-ratelimit-remaining-requests": String(left * (LIMITS.requests - 1)),
      "x-ratelimit-remaining-tokens": String(left * LIMITS.tokens),
      "x-ratelimit-reset-requests": "6ms",
      "x-ratelimit-reset-tokens": "0s",
    };
  }
  const reset = new Date(nowMs + 1_000).toISOString().replace(/\.\d+Z$/, "Z");
  const limit = (name: string, value: number) => ({
    [`anthropic-ratelimit-${name}-limit`]: String(value),
    [`anthropic-ratelimit-${name}-remaining`]: String(left * value),
    [`anthropic-ratelimit-${name}-reset`]: reset,
  });
  return {
    "request-id": requestId,
    "anthropic-organization-id": "00000000-0000-4000-8000-000000000000",
    ...limit("requests", LIMITS.requests),
    ...limit("tokens", LIMITS.tokens),
    ...limit("input-tokens", LIMITS.tokens),
    ...limit("output-tokens", LIMITS.tokens),
    ...(status < 400 ? {} : { "x-should-retry": String(status === 408 || status === 409 || status === 429 || status >= 500) }),
  };
}

/** What the scenario says about when to come back. */
export function retryHeaders({ retryAfterSeconds, retryAfterMs, retryAfterDateSeconds }: Scenario, nowMs: number): Record<string, string> {
  const date = retryAfterDateSeconds === undefined ? undefined : new Date(nowMs + retryAfterDateSeconds * 1_000).toUTCString();
  const retryAfter = date ?? retryAfterSeconds?.toString();
  return {
    ...(retryAfter === undefined ? {} : { "retry-after": retryAfter }),
    ...(retryAfterMs === undefined ? {} : { "retry-after-ms": String(retryAfterMs) }),
  };
}
