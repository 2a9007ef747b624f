import type { FailoverPolicy } from "../config";
import { backoffMs } from "./backoff";
import type { HealthPort, ReplyKind } from "./health-port";

/** A deployment that is known to be slow is given this many times its 95th percentile before the next is asked as well. */
const PATIENCE_FACTOR = 1.5;

/** How long one request waits for whom. */
export class Patience {
  readonly #policy: FailoverPolicy;
  readonly #kind: ReplyKind;
  readonly #health: HealthPort;
  readonly #random: () => number;
  /** Each round's wait is drawn once. */
  readonly #backoffs = new Map<number, number>();
  #switchAfterMs = 0;
  #mayHedge: boolean;

  constructor(policy: FailoverPolicy, kind: ReplyKind, health: HealthPort, random: () => number) {
    this.#policy = policy;
    this.#kind = kind;
    this.#health = health;
    this.#random = random;
    this.#mayHedge = policy.hedge !== "off";
    if (policy.hedge !== "off") health.countRequest(policy.hedge.shareMax);
  }

  /** Silence of the deployment that was asked last after which the next is asked as well, as a hedge or because it seems to hang. */
  besideAfterMs(lastAsked: string | undefined): number {
    const { switchAfterMs, switchWholeAfterMs } = this.#policy;
    const usualMs = (lastAsked !== undefined && this.#health.p95Ms(lastAsked, this.#kind)) || 0;
    this.#switchAfterMs = Math.max(this.#kind === "stream" ? switchAfterMs : switchWholeAfterMs, PATIENCE_FACTOR * usualMs);
    return Math.min(this.#switchAfterMs, this.#hedgeAfterMs(lastAsked));
  }

  #hedgeAfterMs(lastAsked: string | undefined): number {
    const { hedge } = this.#policy;
    if (hedge === "off" || !this.#mayHedge || lastAsked === undefined) return Number.POSITIVE_INFINITY;
    return hedge.afterMs ?? this.#health.p95OfAllMs(lastAsked, this.#kind) ?? Number.POSITIVE_INFINITY;
  }

  /** A hedge needs leave of its budget; a switch away from a deployment that seems to hang does not. */
  mayStartBeside(silentMs: number): boolean {
    if (silentMs >= this.#switchAfterMs || this.#health.takeHedge()) return true;
    this.#mayHedge = false;
    return false;
  }

  backoffMs(round: number): number {
    const ms = this.#backoffs.get(round) ?? backoffMs(round, this.#random, this.#policy.retry.baseMs);
    this.#backoffs.set(round, ms);
    return ms;
  }
}
