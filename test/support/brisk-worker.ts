import config from "../../gateway.config";
import { createWorker } from "../../src/cloudflare/create-worker";

export * from "../../src/cloudflare/objects";

/** The gateway with breakers that open soon and not for long, a limited deployment, and a hedged one. */
export default createWorker({
  ...config,
  aliases: {
    ...config.aliases,
    lonely: { chain: ["openai/lonely"], retry: { roundsMax: 0 } },
    limited: { chain: ["openai/limited"], queueMsMax: 7000, retry: { roundsMax: 0 } },
    bimodal: { chain: ["openai/bimodal", "openai/steady"], hedge: { shareMax: 0.05 }, switchAfterMs: 60_000 },
  },
  failover: { retry: { roundsMax: 0 } },
  breaker: { samplesMin: 4, openMs: 8000 },
  deployments: { "openai/limited": { requestsPerMinute: 10 } },
});
