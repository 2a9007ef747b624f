import { DurableObject } from "cloudflare:workers";
import type { DeploymentLimits } from "../../config";
import {
  type Arrival,
  advance,
  arrive,
  type BreakerConfig,
  type BreakerState,
  closedBreaker,
  depart,
  type Exchange,
  enterBreaker,
  glanceAt,
  idlePacing,
  isTight,
  learn,
  type PacingState,
  type Passage,
  reportToBreaker,
  type Snapshot,
  settleProbe,
} from "../../dispatch";

/** What the isolates' configuration says of a deployment; comes with every call, so that a change holds at once. */
export interface DeploymentSettings {
  breaker: BreakerConfig;
  limits: DeploymentLimits;
}

type Reception = { kind: "go" } | { kind: "refused"; retryAtMs: number };

const BREAKER = "breaker";

/**
 * One deployment's health in one region: its circuit breaker, and the queue of calls that wait for its provider's limits. The breaker is
 * stored whenever more than successes have happened; the queue is made of calls that wait for their answer, and lives and dies with them.
 */
export class DeploymentObject extends DurableObject<Env> {
  #breaker: BreakerState = closedBreaker();
  #pacing: PacingState = idlePacing();
  readonly #waiting = new Map<string, (reception: Reception) => void>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const stored = ctx.storage.kv.get<BreakerState>(BREAKER);
    // What another version stored and this one does not know is as good as nothing.
    if (stored && ["closed", "open", "half-open"].includes(stored.phase)) this.#breaker = stored;
  }

  exchange({ outcomes, limits }: Exchange, settings: DeploymentSettings): Snapshot {
    const nowMs = Date.now();
    this.#breaker = reportToBreaker(this.#breaker, nowMs, outcomes, settings.breaker);
    if (outcomes.failed + outcomes.slow > 0) this.#storeBreaker();
    if (limits) this.#pacing = learn(this.#pacing, nowMs, limits);
    return this.#snapshot(nowMs, settings);
  }

  /** As `exchange`, without anything to tell. */
  look(settings: DeploymentSettings): Snapshot & { waiting: number; underWay: number } {
    const waiting = this.#waiting.size;
    return { ...this.#snapshot(Date.now(), settings), waiting, underWay: this.#pacing.places.length };
  }

  enter(probeId: string, { breaker }: DeploymentSettings): Passage {
    const [after, passage] = enterBreaker(this.#breaker, Date.now(), probeId, breaker);
    this.#breaker = after;
    if (passage.kind === "probe") this.#storeBreaker();
    return passage;
  }

  settleProbe(probeId: string, result: "succeeded" | "failed" | "unknown", settings: DeploymentSettings): Snapshot {
    const nowMs = Date.now();
    this.#breaker = settleProbe(this.#breaker, nowMs, probeId, result, settings.breaker);
    this.#storeBreaker();
    return this.#snapshot(nowMs, settings);
  }

  /** Resolves when the call has its place, or when it gets none in time. */
  async arrive(call: Arrival, { limits }: DeploymentSettings): Promise<Reception> {
    const [after, reception] = arrive(this.#pacing, Date.now(), call, limits);
    this.#pacing = after;
    if (reception.kind !== "wait") return reception;
    const received = new Promise<Reception>((resolve) => this.#waiting.set(call.id, resolve));
    this.#advance(limits);
    return received;
  }

  depart(id: string, { limits }: DeploymentSettings): void {
    this.#pacing = depart(this.#pacing, id);
    this.#advance(limits);
  }

  /** Answers those whose turn it is or whose time is over, and comes back when the next one's is. */
  #advance(limits: DeploymentLimits): void {
    const [after, { granted, expired, nextAtMs }] = advance(this.#pacing, Date.now(), limits);
    this.#pacing = after;
    for (const id of granted) this.#receive(id, { kind: "go" });
    for (const { id, retryAtMs } of expired) this.#receive(id, { kind: "refused", retryAtMs });
    clearTimeout(this.#timer);
    if (nextAtMs !== null) this.#timer = setTimeout(() => this.#advance(limits), nextAtMs - Date.now());
  }

  #receive(id: string, reception: Reception): void {
    this.#waiting.get(id)?.(reception);
    this.#waiting.delete(id);
  }

  #snapshot(nowMs: number, { limits }: DeploymentSettings): Snapshot {
    return {
      breaker: glanceAt(this.#breaker, nowMs),
      isPaced: Object.values(limits).some((limit) => limit !== undefined) || isTight(this.#pacing, nowMs),
      blockedUntilMs: this.#pacing.blockedUntilMs,
    };
  }

  #storeBreaker(): void {
    this.ctx.storage.kv.put(BREAKER, this.#breaker);
  }
}
