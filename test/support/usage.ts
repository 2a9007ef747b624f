import type { RequestFacts } from "../../src/metering";

/** A finished request: 500 uncached + 1000 read + 100 + 50 written in, 40 out, of claude-sonnet-4-6. */
export function makeFacts(change: Partial<RequestFacts> = {}): RequestFacts {
  return {
    id: "req_01kaaaaaaaaaaaaaaaaaaaaaaa",
    atMs: 1_795_000_000_000,
    principal: { key: { id: "key_0123456789ab", policy: { tags: { team: "search" } } }, user: "ann" },
    endpoint: "/v1/chat/completions",
    protocol: "openai-chat",
    stream: true,
    modelAsked: "default",
    requestTags: { feature: "chat", team: "overruled" },
    deployment: { provider: { id: "anthropic", pricesId: "anthropic" }, model: "claude-sonnet-4-6" },
    outcome: { status: "ok", httpStatus: 200, finish: "stop" },
    usage: {
      uncachedInputTokens: 500,
      cacheReadTokens: 1000,
      cacheWrite5mTokens: 100,
      cacheWrite1hTokens: 50,
      outputTokens: 40,
      reasoningTokens: 10,
      raw: { input_tokens: 500 },
    },
    timing: { latencyMs: 1200.4, ttfbMs: 300.6, ttftMs: 350 },
    attempts: 2,
    upstreamId: "req_011CSHoEeqs5C35K2UUqR7Fy",
    warnings: ["`logit_bias` was left out"],
    ...change,
  };
}
