import config from "../../gateway.config";
import { createWorker } from "../../src/cloudflare/create-worker";
import { defineConfig } from "../../src/config";

export * from "../../src/cloudflare/objects";

const [opus, sonnet, gpt, mini] = ["anthropic/claude-opus-4-6", "anthropic/claude-sonnet-4-6", "openai/gpt-4o", "openai/gpt-4o-mini"];
const narrow = "openai/gpt-4o-narrow";

/** The gateway with aliases for everything that routing and shaping can do. */
export default createWorker(
  defineConfig({
    ...config,
    failover: { retry: { roundsMax: 0 }, storedReply: false },
    breaker: { samplesMin: 1_000_000 },
    models: [...config.models, { model: "openai/gpt-4o-blind", features: ["tools"] }, { model: narrow, contextTokensMax: 3000 }],
    aliases: {
      "blind-first": ["openai/gpt-4o-blind", gpt],
      routed: {
        chain: [sonnet],
        routes: [
          { when: { tag: { name: "plan", value: "free" } }, chain: [mini] },
          { when: { users: ["vip"] }, chain: [opus] },
          { when: { inputTokensMin: 1000 }, chain: [gpt] },
        ],
      },
      tested: {
        chain: [gpt],
        split: [
          { name: "a", weight: 1, chain: [gpt] },
          { name: "b", weight: 1, chain: [mini] },
        ],
      },
      shadowed: { chain: [gpt], shadow: { model: mini, share: 1 } },
      climbing: { chain: [mini, gpt], cascade: {} },
      judged: { chain: [gpt, sonnet], cascade: { judge: gpt } },
      windowed: { chain: [gpt], context: { strategy: "window", inputTokensMax: 1500 } },
      summarised: { chain: [gpt], context: { strategy: "summarize", inputTokensMax: 3000, summaryModel: mini } },
      narrowed: { chain: [narrow], context: { strategy: "window" } },
      limited: { chain: [gpt], context: { inputTokensMax: 1000 } },
    },
  }),
);
