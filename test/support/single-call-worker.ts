import config from "../../gateway.config";
import { createWorker } from "../../src/cloudflare/create-worker";

export * from "../../src/cloudflare/objects";

/** The gateway where one request is one call upstream, whatever came of the calls before: for tests of what becomes of that call. */
export default createWorker({ ...config, failover: { retry: { roundsMax: 0 } }, breaker: { samplesMin: 1_000_000 } });
