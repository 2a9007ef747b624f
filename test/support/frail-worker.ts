import config from "../../gateway.config";
import { createWorker } from "../../src/cloudflare/create-worker";

export * from "../../src/cloudflare/objects";

/** The gateway with leases that run out soon after their request's own deadline. */
export default createWorker({
  ...config,
  limits: { ...config.limits, leaseMarginMs: 1000 },
  failover: { retry: { roundsMax: 0 } },
  breaker: { samplesMin: 1_000_000 },
});
