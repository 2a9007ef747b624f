import config from "../../gateway.config";
import { createWorker } from "../../src/cloudflare/create-worker";

export * from "../../src/cloudflare/objects";

/** The gateway with deadlines short enough to wait for. */
export default createWorker({
  ...config,
  failover: { deadlines: { headersMs: 600, ttftMs: 400, idleMs: 400 }, retry: { roundsMax: 0 } },
  // What is tested is one call at a time, and most of them fail.
  breaker: { samplesMin: 1_000_000 },
});
