import config from "../../gateway.config";
import { createWorker } from "../../src/cloudflare/create-worker";
import type { PackedCall } from "../../src/cloudflare/ledger";
import { PrincipalObject as Principal } from "../../src/cloudflare/objects";

export { DeploymentObject, SemanticIndexObject } from "../../src/cloudflare/objects";

/** Longer than a request waits for its key's limiter. */
const LATE_MS = 800;
const late = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, LATE_MS));

/**
 * Keeps the books of a key, and is late with the first call of a key: with its decision (named `decides late`), or with its answer
 * (`answers late`).
 */
export class PrincipalObject extends Principal {
  #calls = 0;

  override async admit(call: PackedCall): ReturnType<Principal["admit"]> {
    const isFirst = this.#calls++ === 0;
    if (isFirst && call.key.text.includes("decides late")) await late();
    const answer = await super.admit(call);
    if (isFirst && call.key.text.includes("answers late")) await late();
    return answer;
  }
}

export default createWorker({
  ...config,
  limits: { ...config.limits, leaseMarginMs: 1000 },
  failover: { retry: { roundsMax: 0 } },
  breaker: { samplesMin: 1_000_000 },
});
