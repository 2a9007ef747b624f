import { withDeadline } from "../core/deadline";
import { errorFacts, type Log } from "../core/log";
import { type RateLimits, readRateLimits } from "../providers";
import type { BreakerGlance, Outcomes, Passage } from "./breaker";
import type { Admission, CallResult, Entry, EntryRequest, HealthPort, ReplyKind } from "./health-port";
import { earnHedge, emptyHedgeBudget, takeHedge } from "./hedge";
import { LatencyWindow } from "./latency";

/** A snapshot of this age is read anew in the background. */
const SNAPSHOT_MS_MAX = 1000;
/** How long a deployment's object may take to answer; beyond it calls go on as if all were well. */
const OBJECT_DEADLINE_MS = 500;
/** An exchange that never reported back is taken for lost after this. */
const EXCHANGE_LOST_MS = 2000;
/** Deployments held per isolate; the one that was asked longest ago goes first. */
const DEPLOYMENTS_MAX = 1000;
/** Below this share of a limit calls queue for their place. */
const NEAR_LIMIT_SHARE = 0.1;
/** What a provider said of its limits is believed for this long. */
const NEAR_LIMIT_MS = 60_000;

/** What isolates tell a deployment's object, and hear back. */
export interface Exchange {
  outcomes: Outcomes;
  /** What the provider said of its limits, where that matters. */
  limits?: RateLimits;
}

/** What an isolate may know of a deployment. */
export interface Snapshot {
  breaker: BreakerGlance;
  /** Calls have to ask for a place: a limit is configured, or near. */
  isPaced: boolean;
  /** Its provider said so. */
  blockedUntilMs: number;
}

/** The object of one deployment and region. Every call may fail or be slow. */
export interface DeploymentObjectPort {
  exchange(told: Exchange): Promise<Snapshot>;
  /** Asks an open or half-open breaker for passage. */
  enter(probeId: string): Promise<Passage>;
  settleProbe(probeId: string, result: "succeeded" | "failed" | "unknown"): Promise<Snapshot>;
  /** Asks for a place within the provider's limits; resolves when it has one, or when it gets none in time. */
  arrive(request: {
    id: string;
    principal: string;
    tokens: number;
    waitMsMax: number;
  }): Promise<{ kind: "go" } | { kind: "refused"; retryAtMs: number }>;
  /** The call with this place is over. */
  depart(id: string): Promise<void>;
}

export interface HealthServices {
  /** The object of a deployment, in the isolate's own region. */
  object: (deploymentId: string) => DeploymentObjectPort;
  /** Limits are configured for it. */
  isLimited: (deploymentId: string) => boolean;
  newId: () => string;
  now: () => number;
  log: Log;
}

interface Known extends Snapshot {
  readAtMs: number;
  /** When the exchange that is under way began; 0 when none is. */
  askedAtMs: number;
  pending: Outcomes;
  nearLimitUntilMs: number;
  stream: Latencies;
  whole: Latencies;
}

/** Of calls that were not overtaken, and of all. */
interface Latencies {
  own: LatencyWindow;
  all: LatencyWindow;
}

/**
 * What one isolate knows of its deployments. Breakers and limits live in Durable Objects; requests go by a snapshot of them that is at most a
 * second old while in use, failures are reported at once and successes in batches, so that a healthy deployment costs no call before an answer.
 */
export class IsolateHealth {
  readonly #services: HealthServices;
  readonly #known = new Map<string, Known>();
  #hedges = emptyHedgeBudget();

  constructor(services: HealthServices) {
    this.#services = services;
  }

  /** The port for one request, which owns the calls that are made on its behalf. */
  forRequest(background: (work: Promise<void>) => void): HealthPort {
    return {
      enter: (id, request) => this.#enter(id, request, background),
      heard: (id, status, headers) => this.#heard(id, status, headers, background),
      measured: (id, kind, ms, isOvertaken) => {
        const { own, all } = this.#of(id)[kind];
        all.add(this.#services.now(), ms);
        if (!isOvertaken) own.add(this.#services.now(), ms);
      },
      p95Ms: (id, kind) => this.p95Ms(id, kind),
      p95OfAllMs: (id, kind) => this.#known.get(id)?.[kind].all.p95(this.#services.now()),
      countRequest: (shareMax) => {
        this.#hedges = earnHedge(this.#hedges, shareMax);
      },
      takeHedge: () => {
        const [after, isTaken] = takeHedge(this.#hedges);
        this.#hedges = after;
        return isTaken;
      },
    };
  }

  p95Ms(id: string, kind: ReplyKind): number | undefined {
    return this.#known.get(id)?.[kind].own.p95(this.#services.now());
  }

  /** Deployments that this isolate was asked for, the latest last. */
  knownIds(): string[] {
    return [...this.#known.keys()];
  }

  async #enter(id: string, request: EntryRequest, background: (work: Promise<void>) => void): Promise<Entry> {
    const known = this.#of(id);
    const nowMs = this.#services.now();
    if (nowMs - known.readAtMs > SNAPSHOT_MS_MAX) this.#exchange(id, known, background);
    if (known.blockedUntilMs > nowMs) return { kind: "refused", reason: "rate-limited", retryAtMs: known.blockedUntilMs };
    const { phase, untilMs = nowMs } = known.breaker;
    if (phase === "open" && untilMs > nowMs) return { kind: "refused", reason: "circuit-open", retryAtMs: untilMs };
    const admission = phase === "closed" ? this.#pass(id, known, background) : await this.#probe(id, known, background);
    if (admission.kind === "refused" || !(known.isPaced || known.nearLimitUntilMs > nowMs)) return admission;
    return this.#place(id, request, admission, background);
  }

  #pass(id: string, known: Known, background: (work: Promise<void>) => void): Admission {
    return { kind: "go", isProbe: false, leave: (result) => this.#count(id, known, result, background) };
  }

  #count(id: string, known: Known, result: CallResult, background: (work: Promise<void>) => void): void {
    if (result === "neutral") return;
    known.pending[result] += 1;
    const isDue = result !== "succeeded" || this.#services.now() - known.readAtMs > SNAPSHOT_MS_MAX;
    if (isDue) this.#exchange(id, known, background, result !== "succeeded");
  }

  /** The breaker is half-open, or its time is over: only its object may let anybody through. */
  async #probe(id: string, known: Known, background: (work: Promise<void>) => void): Promise<Entry> {
    const object = this.#services.object(id);
    const probeId = this.#services.newId();
    const passage = await this.#bounded("enter", object.enter(probeId));
    // Its object does not answer: calls go on.
    if (!passage || passage.kind === "pass") {
      if (passage) known.breaker = { phase: "closed" };
      return this.#pass(id, known, background);
    }
    if (passage.kind === "refused") {
      known.breaker = { phase: "half-open" };
      return { kind: "refused", reason: "circuit-open", retryAtMs: passage.untilMs };
    }
    const settle = async (result: CallResult): Promise<void> => {
      const verdict = result === "neutral" ? "unknown" : result === "succeeded" ? "succeeded" : "failed";
      const snapshot = await this.#bounded("settleProbe", object.settleProbe(probeId, verdict));
      if (snapshot) this.#read(known, snapshot);
    };
    return { kind: "go", isProbe: true, leave: (result) => background(settle(result)) };
  }

  async #place(id: string, request: EntryRequest, admission: Admission, background: (work: Promise<void>) => void): Promise<Entry> {
    const object = this.#services.object(id);
    const placeId = this.#services.newId();
    const waitMsMax = Math.max(0, request.waitMsMax);
    const asked = object.arrive({ id: placeId, principal: request.principal, tokens: request.tokens(), waitMsMax });
    const place = await this.#bounded("arrive", asked, waitMsMax + OBJECT_DEADLINE_MS);
    // It may get its place after all, when nobody wants it any more.
    if (!place) background(this.#bounded("depart", object.depart(placeId)).then(() => {}));
    if (place?.kind === "refused") {
      admission.leave("neutral");
      return { kind: "refused", reason: "rate-limited", retryAtMs: place.retryAtMs };
    }
    return {
      ...admission,
      leave: (result) => {
        admission.leave(result);
        background(this.#bounded("depart", object.depart(placeId)).then(() => {}));
      },
    };
  }

  #heard(id: string, status: number, headers: Headers, background: (work: Promise<void>) => void): void {
    const nowMs = this.#services.now();
    const limits = readRateLimits(headers, nowMs);
    const isNear = [limits.requests, limits.tokens].some(
      (one) => one?.remaining !== undefined && one.limit !== undefined && one.remaining <= one.limit * NEAR_LIMIT_SHARE,
    );
    const isBlocked = status === 429 && limits.retryAtMs !== undefined;
    if (!isNear && !isBlocked) return;
    const known = this.#of(id);
    if (isBlocked) known.blockedUntilMs = Math.max(known.blockedUntilMs, limits.retryAtMs ?? 0);
    if (isNear) known.nearLimitUntilMs = nowMs + NEAR_LIMIT_MS;
    background(this.#tell(id, known, { outcomes: taken(known), limits: isBlocked ? limits : { ...limits, retryAtMs: undefined } }));
  }

  /** Tells the object what is pending and reads its state, unless that is under way already (failures are told at once, whatever is). */
  #exchange(id: string, known: Known, background: (work: Promise<void>) => void, isUrgent = false): void {
    const nowMs = this.#services.now();
    if (!isUrgent && nowMs - known.askedAtMs < EXCHANGE_LOST_MS) return;
    known.askedAtMs = nowMs;
    background(this.#tell(id, known, { outcomes: taken(known) }));
  }

  async #tell(id: string, known: Known, told: Exchange): Promise<void> {
    const snapshot = await this.#bounded("exchange", this.#services.object(id).exchange(told));
    known.askedAtMs = 0;
    // After a failure too: an object that is down is not asked by every request.
    known.readAtMs = this.#services.now();
    if (snapshot) this.#read(known, snapshot);
  }

  #read(known: Known, { breaker, isPaced, blockedUntilMs }: Snapshot): void {
    Object.assign(known, {
      breaker,
      isPaced,
      blockedUntilMs: Math.max(blockedUntilMs, known.blockedUntilMs),
      readAtMs: this.#services.now(),
    });
  }

  /** The answer of an object, or undefined when it failed or was too slow. */
  async #bounded<Answer>(what: string, work: Promise<Answer>, limitMs = OBJECT_DEADLINE_MS): Promise<Answer | undefined> {
    try {
      return await withDeadline(work, limitMs, "the deployment's object");
    } catch (error) {
      this.#services.log("warn", "deployment-object-failed", { what, ...errorFacts(error) });
      return undefined;
    }
  }

  #of(id: string): Known {
    let known = this.#known.get(id);
    if (known) return known;
    known = {
      breaker: { phase: "closed" },
      isPaced: this.#services.isLimited(id),
      blockedUntilMs: 0,
      readAtMs: Number.NEGATIVE_INFINITY,
      askedAtMs: 0,
      pending: { succeeded: 0, failed: 0, slow: 0 },
      nearLimitUntilMs: 0,
      stream: { own: new LatencyWindow(), all: new LatencyWindow() },
      whole: { own: new LatencyWindow(), all: new LatencyWindow() },
    };
    this.#known.set(id, known);
    if (this.#known.size > DEPLOYMENTS_MAX) {
      for (const oldest of this.#known.keys()) {
        this.#known.delete(oldest);
        break;
      }
    }
    return known;
  }
}

function taken(known: Known): Outcomes {
  const { pending } = known;
  known.pending = { succeeded: 0, failed: 0, slow: 0 };
  return pending;
}
