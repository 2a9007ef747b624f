import config from "../../gateway.config";
import { createWorker } from "../../src/cloudflare/create-worker";

export * from "../../src/cloudflare/objects";

/** The gateway with every wait short enough to be waited for, and aliases for what only an alias can say. */
export default createWorker({
  ...config,
  aliases: {
    ...config.aliases,
    "hold-on": { chain: ["openai/gpt-4o;sim:status=503,key=hold,times=2", "openai/gpt-4o-mini"], failover: "after-retries" },
    hedged: {
      chain: ["openai/gpt-4o;sim:first-token=900", "anthropic/claude-haiku-4-5"],
      hedge: { afterMs: 50, shareMax: 0.5 },
      switchAfterMs: 5000,
    },
    going: { chain: ["openai/gpt-4o;sim:cut=9", "anthropic/claude-haiku-4-5"], midStream: "continue" },
    spread: {
      chain: [
        {
          oneOf: [
            { model: "openai/gpt-4o", weight: 3 },
            { model: "openai/gpt-4o-mini", weight: 1 },
          ],
          by: "weight",
          sticky: false,
        },
      ],
    },
    silent: { chain: ["openai/gpt-4o;sim:first-token=900"], keepAliveMs: 200 },
    "silent-then-down": { chain: ["openai/gpt-4o;sim:header-delay=700,status=503"], keepAliveMs: 200, retry: { roundsMax: 0 } },
    narrow: { chain: ["openai/gpt-3.5-turbo", "openai/gpt-4o"] },
  },
  failover: {
    deadlines: { headersMs: 1500, ttftMs: 1500, idleMs: 600 },
    retry: { roundsMax: 1, baseMs: 20 },
    switchAfterMs: 250,
    switchWholeAfterMs: 250,
  },
  breaker: { samplesMin: 1_000_000 },
});
