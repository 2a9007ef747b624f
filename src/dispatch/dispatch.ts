import { ERROR_STATUS, GatewayError } from "../core/errors";
import type { Deployment } from "../routing";
import type { Fetch } from "./attempt";
import { closedError, lateError } from "./gave-up";
import type { Admission, HealthPort, ReplyKind } from "./health-port";
import { Inbox } from "./inbox";
import { sustain } from "./keep-alive";
import type { Outcome } from "./outcome";
import { Patience } from "./patience";
import { Relay } from "./relay";
import type { Answered, AttemptLog, FallbackNote, Reply, Settled } from "./reply";
import { type FindStoredReply, findStored, renderStored } from "./stored-reply";
import { onAbort } from "./stream";
import { type AttemptScope, type DispatchCall, type Tried, tryDeployment } from "./try-deployment";
import type { UpstreamRefusal } from "./upstream-error";
import { verdictOn } from "./verdict";
import { beginWalk, ended, nextStep, type Pace, started, type Walk } from "./walk";

/** How long calls may take to end once their client has left. */
const PARTING_MS_MAX = 1000;
/** A probe that another deployment overtook may go on this long, to show whether its deployment lives. */
const PROBE_GRACE_MS = 10_000;

export interface DispatchPorts {
  fetch: Fetch;
  now: () => number;
  random: () => number;
  replyBytesMax: number;
  health: HealthPort;
  /** Absent in a deployment that stores no replies. */
  storedReply?: FindStoredReply;
  /** Work that goes on after the reply. */
  background: (work: Promise<void>) => void;
}

/**
 * Has the request answered by the plan's deployments: walks along the chain, past those that are down, retries, starts the next beside one
 * that is silent, and serves a stored reply when all fail. Until a reply's first output nothing is promised to the client, so there is one
 * start and one end, whatever failed before; from then on there is no other attempt.
 */
export async function dispatch(call: DispatchCall, ports: DispatchPorts): Promise<Reply> {
  const deciding = new Dispatch(call, ports).run();
  return call.request.stream ? sustain(deciding, call, call.plan.policy.keepAliveMs) : deciding;
}

/** What a call upstream reports to the walk. */
type Event =
  | { kind: "entered" }
  | { kind: "refused-entry"; candidate: number; reason: string; retryAtMs: number }
  | { kind: "tried"; candidate: number; tried: Tried }
  | { kind: "broken"; candidate: number; error: unknown };

interface Running {
  startedAtMs: number;
  beside: boolean;
  controller: AbortController;
  admission: Admission | undefined;
  relay: Relay | undefined;
}

/** One request's way along its chain. */
class Dispatch {
  readonly #call: DispatchCall;
  readonly #ports: DispatchPorts;
  readonly #beganAtMs: number;
  readonly #deadlineMs: number;
  readonly #inbox = new Inbox<Event>();
  readonly #running = new Map<number, Running>();
  readonly #attempts: AttemptLog[] = [];
  readonly #tried: FallbackNote["tried"] = [];
  readonly #patience: Patience;
  #walk: Walk;
  #calls = 0;
  /** The latest of each deployment. */
  readonly #refusals = new Map<number, UpstreamRefusal>();
  #unfit: GatewayError | undefined;
  #retryAtMs = Number.POSITIVE_INFINITY;

  constructor(call: DispatchCall, ports: DispatchPorts) {
    const { chain, policy } = call.plan;
    this.#call = call;
    this.#ports = ports;
    this.#beganAtMs = ports.now();
    this.#deadlineMs = this.#beganAtMs + Math.min(policy.deadlines.totalMs, call.timeoutMs ?? Number.POSITIVE_INFINITY);
    this.#walk = beginWalk(chain.length, policy, this.#beganAtMs);
    this.#patience = new Patience(policy, this.#replyKind, ports.health, ports.random);
  }

  async run(): Promise<Reply> {
    const { clientGone } = this.#call;
    const unsubscribe = onAbort(clientGone, () => this.#inbox.wake());
    let leftAtMs: number | undefined;
    try {
      this.#passOverSmallWindows();
      for (;;) {
        for (let event = this.#inbox.take(); event; event = this.#inbox.take()) {
          const reply = this.#take(event);
          if (reply) return reply;
        }
        const nowMs = this.#ports.now();
        if (clientGone.aborted) {
          leftAtMs ??= nowMs;
          // What was asked is being ended, and tells what it used.
          if (this.#running.size === 0 || nowMs - leftAtMs >= PARTING_MS_MAX) return this.#clientLeft();
          await this.#inbox.wait(PARTING_MS_MAX);
          continue;
        }
        const step = nextStep(this.#walk, nowMs, this.#pace());
        if (step.do === "give-up") return await this.#giveUp(step.retryAtMs);
        if (step.do === "wait") await this.#inbox.wait(step.untilMs - nowMs);
        else if (!step.beside || this.#patience.mayStartBeside(nowMs - this.#walk.startedAtMs)) this.#start(step.candidate, step.beside);
      }
    } finally {
      unsubscribe();
    }
  }

  /** A prompt that fits into some deployments' context windows is not sent to the others. */
  #passOverSmallWindows(): void {
    const { plan, json, estimateInputTokens } = this.#call;
    const windows = plan.chain.map(({ capabilities }) => capabilities.contextTokensMax ?? Number.POSITIVE_INFINITY);
    // No text has more tokens than bytes; short ones, nearly all, need no estimate.
    if (!json || json.text.length * 3 <= Math.min(...windows)) return;
    const tokens = estimateInputTokens();
    if (windows.every((window) => window < tokens)) return;
    for (const [candidate, window] of windows.entries()) if (window < tokens) this.#passOver(candidate, "context-window");
  }

  #passOver(candidate: number, reason: string, notBeforeMs?: number): void {
    this.#tried.push({ deployment: this.#deployment(candidate).id, reason });
    this.#walk = ended(this.#walk, candidate, this.#ports.now(), notBeforeMs);
  }

  #pace(): Pace {
    const last = [...this.#running.keys()].at(-1);
    return {
      besideAfterMs: this.#patience.besideAfterMs(last === undefined ? undefined : this.#deployment(last).id),
      backoffMs: (round) => this.#patience.backoffMs(round),
      waitMsMax: this.#call.plan.policy.retry.waitMsMax,
      deadlineMs: this.#deadlineMs,
    };
  }

  get #replyKind(): ReplyKind {
    return this.#call.request.stream ? "stream" : "whole";
  }

  #deployment(candidate: number): Deployment {
    const deployment = this.#call.plan.chain[candidate];
    if (!deployment) throw new Error(`the plan has no deployment ${candidate}`);
    return deployment;
  }

  #start(candidate: number, beside: boolean): void {
    const nowMs = this.#ports.now();
    const hasOthers = this.#walk.candidates.some(({ state }, at) => at !== candidate && state === "idle");
    this.#walk = started(this.#walk, candidate, nowMs);
    const running: Running = { startedAtMs: nowMs, beside, controller: new AbortController(), admission: undefined, relay: undefined };
    this.#running.set(candidate, running);
    // It never rejects but by a mistake of ours, which is the request's end then.
    this.#ask(candidate, running, hasOthers).then(
      (event) => this.#inbox.put(event),
      (error: unknown) => this.#inbox.put({ kind: "broken", candidate, error }),
    );
  }

  async #ask(candidate: number, running: Running, hasOthers: boolean): Promise<Event> {
    const { plan, principal, estimateInputTokens, clientGone } = this.#call;
    const { policy } = plan;
    const deployment = this.#deployment(candidate);
    const { health, now } = this.#ports;
    const entry = await health.enter(deployment.id, {
      principal,
      tokens: estimateInputTokens,
      waitMsMax: Math.min(hasOthers ? policy.switchAfterMs : policy.queueMsMax, policy.queueMsMax, this.#deadlineMs - now()),
    });
    if (entry.kind === "refused") return { kind: "refused-entry", candidate, reason: entry.reason, retryAtMs: entry.retryAtMs };
    if (clientGone.aborted || running.controller.signal.aborted) {
      entry.leave("neutral");
      return { kind: "refused-entry", candidate, reason: "overtaken", retryAtMs: now() };
    }
    running.admission = entry;
    running.startedAtMs = now();
    this.#walk = { ...this.#walk, startedAtMs: running.startedAtMs };
    this.#inbox.put({ kind: "entered" });
    this.#calls += 1;
    const author = { deployment, startedAtMs: running.startedAtMs, beside: running.beside, admission: entry };
    const others = plan.chain.filter((other) => other !== deployment);
    running.relay = new Relay(this.#call, author, others, this.#attempts, {
      health,
      now,
      scopeOf: (next) => this.#scopeOf(next, clientGone),
    });
    const unsubscribe = onAbort(clientGone, () => running.controller.abort());
    const tried = await tryDeployment(this.#call, {
      ...this.#scopeOf(deployment, running.controller.signal),
      ...(policy.midStream === "continue" ? { continuing: running.relay } : {}),
    });
    unsubscribe();
    if (tried.kind === "stream" || tried.kind === "whole")
      health.measured(deployment.id, this.#replyKind, now() - running.startedAtMs, false);
    return { kind: "tried", candidate, tried };
  }

  #scopeOf(deployment: Deployment, stop: AbortSignal): AttemptScope {
    const { fetch, now, replyBytesMax, health } = this.#ports;
    const { deadlines, keepAliveMs } = this.#call.plan.policy;
    const onHeaders = (status: number, headers: Headers) => health.heard(deployment.id, status, headers);
    return { deployment, deadlines, keepAliveMs, deadlineMs: this.#deadlineMs, stop, fetch, now, replyBytesMax, onHeaders };
  }

  /** Heeds what a call reports. Returns the reply once there is one, or the refusal that ends the walk. */
  #take(event: Event): Reply | undefined {
    if (event.kind === "entered") return undefined;
    if (event.kind === "broken") throw event.error;
    const running = this.#running.get(event.candidate);
    this.#running.delete(event.candidate);
    if (event.kind === "refused-entry") {
      this.#retryAtMs = Math.min(this.#retryAtMs, event.retryAtMs);
      // A limit passes soon and may be waited for; a breaker is open so that nobody waits.
      this.#passOver(event.candidate, event.reason, event.reason === "rate-limited" ? event.retryAtMs : undefined);
      return undefined;
    }
    if (!running) return undefined;
    const { candidate, tried } = event;
    switch (tried.kind) {
      case "stream":
      case "whole":
        return this.#answer(candidate, running, tried);
      case "unfit":
        running.admission?.leave("neutral");
        this.#calls -= 1;
        this.#unfit ??= tried.error;
        this.#passOver(candidate, "unsupported");
        return undefined;
      case "failed":
        return this.#fail(candidate, running, tried);
    }
  }

  #fail(candidate: number, running: Running, { refusal, outcome }: Extract<Tried, { kind: "failed" }>): Reply | undefined {
    const isOver = this.#call.clientGone.aborted;
    const isFirst = candidate === 0 || (this.#refusals.size === 0 && this.#running.size === 0);
    const verdict = verdictOn(refusal.errorClass, isFirst, this.#call.plan.policy.onContentPolicy);
    running.admission?.leave(isOver ? "neutral" : verdict.health);
    this.#log(candidate, running, outcome);
    if (isOver) return undefined;
    this.#refusals.set(candidate, refusal);
    if (verdict.next === "stop") {
      this.#endOthers("overtaken");
      this.#tried.push({ deployment: this.#deployment(candidate).id, reason: refusal.errorClass });
      return this.#refuse(refusal);
    }
    const waitMs = (refusal.retryAfterSeconds ?? 0) * 1000;
    this.#passOver(candidate, refusal.errorClass, verdict.next === "later" ? this.#ports.now() + waitMs : undefined);
    if (refusal.errorClass === "context-length") this.#passOverUpTo(this.#deployment(candidate).capabilities.contextTokensMax);
    return undefined;
  }

  /** A prompt that was too long for one window is not tried on those that are no larger. */
  #passOverUpTo(contextTokensMax: number | undefined): void {
    for (const [at, { state }] of this.#walk.candidates.entries()) {
      const window = this.#deployment(at).capabilities.contextTokensMax;
      if (state === "idle" && window !== undefined && window <= (contextTokensMax ?? 0)) this.#passOver(at, "context-window");
    }
  }

  #log(candidate: number, { startedAtMs, beside }: Running, outcome: Outcome): void {
    this.#attempts.push({ deployment: this.#deployment(candidate), startedAtMs, endedAtMs: this.#ports.now(), beside, outcome });
  }

  /** The first reply wins: the others are ended, and itemised. */
  #answer(candidate: number, running: Running, tried: Extract<Tried, { kind: "stream" | "whole" }>): Reply {
    this.#endOthers("overtaken");
    const deployment = this.#deployment(candidate);
    const note = this.#note(deployment.id);
    const answered: Answered = { deployment, warnings: tried.warnings, ...(note ? { fallback: note } : {}) };
    const settle = (outcome: Outcome): Settled => {
      const last = running.relay?.settle(outcome) ?? deployment;
      return { ...answered, deployment: last, outcome, attempts: this.#attempts };
    };
    if (tried.kind === "stream") return { kind: "stream", body: tried.body, answered, settled: tried.outcome.then(settle) };
    return { kind: "whole", body: tried.body, answered, settled: Promise.resolve(settle(tried.outcome)) };
  }

  /** Ends the calls that nobody waits for any more. A half-open breaker's probe may go on for a while: it is there to learn something. */
  #endOthers(why: "overtaken" | "timeout" | "client-gone"): void {
    const left = [...this.#running];
    this.#running.clear();
    for (const [candidate, running] of left) {
      const deployment = this.#deployment(candidate);
      const isSlow = why !== "client-gone" && this.#ports.now() - running.startedAtMs >= this.#call.plan.policy.switchAfterMs;
      this.#tried.push({ deployment: deployment.id, reason: why === "timeout" ? "timeout" : "slow" });
      if (why === "overtaken" && running.admission?.isProbe) {
        this.#ports.background(this.#watchProbe(candidate, running));
        continue;
      }
      running.controller.abort();
      if (why === "overtaken") this.#ports.health.measured(deployment.id, this.#replyKind, this.#ports.now() - running.startedAtMs, true);
      running.admission?.leave(isSlow ? "slow" : "neutral");
      // Nothing came, so nothing was said of its cost: the prompt was read all the same.
      this.#log(candidate, running, { status: "aborted", httpStatus: ERROR_STATUS["client-gone"], errorClass: why, outputBytes: 0 });
      this.#ports.background(this.#discard(candidate));
    }
  }

  /** The rest of a call that was ended: a stream that began at that very moment is let go of. */
  async #discard(candidate: number): Promise<void> {
    const event = await this.#eventOf(candidate);
    if (event?.kind === "tried" && event.tried.kind === "stream") await event.tried.body.cancel();
  }

  async #watchProbe(candidate: number, running: Running): Promise<void> {
    const timer = setTimeout(() => running.controller.abort(), PROBE_GRACE_MS);
    const event = await this.#eventOf(candidate);
    clearTimeout(timer);
    const isWell = event?.kind === "tried" && (event.tried.kind === "stream" || event.tried.kind === "whole");
    running.admission?.leave(isWell ? "succeeded" : "failed");
    if (isWell && event.tried.kind === "stream") await event.tried.body.cancel();
  }

  /** The next report of this call. */
  #eventOf(candidate: number): Promise<Event | undefined> {
    return this.#inbox.find((event) => event.kind !== "entered" && event.candidate === candidate);
  }

  #note(to: string | undefined): FallbackNote | undefined {
    const primary = this.#deployment(0).id;
    const [first] = this.#tried;
    if (!first && to === primary) return undefined;
    return { from: primary, to, reason: first?.reason ?? "slow", attempts: this.#calls, tried: this.#tried };
  }

  #clientLeft(): Reply {
    this.#endOthers("client-gone");
    const error = new GatewayError("client-gone", "The client left before there was a reply.");
    const last = this.#attempts.at(-1)?.outcome;
    const outcome: Outcome = last?.status === "aborted" ? last : { status: "aborted", httpStatus: error.status, outputBytes: 0 };
    return { kind: "refused", error, settled: Promise.resolve(this.#settledWithout(outcome)) };
  }

  /** Everybody failed, or time is up. */
  async #giveUp(retryAtMs: number | undefined): Promise<Reply> {
    const isLate = this.#ports.now() >= this.#deadlineMs;
    this.#endOthers("timeout");
    const stored = await this.#storedReply();
    if (stored) return stored;
    if (isLate) return this.#refuse({ errorClass: "timeout", error: lateError(this.#ports.now() - this.#beganAtMs, this.#call.timeoutMs) });
    const [primary] = [...this.#refusals].sort(([a], [b]) => a - b).map(([, refusal]) => refusal);
    if (primary) return this.#refuse(primary);
    if (this.#unfit && this.#calls === 0 && this.#retryAtMs === Number.POSITIVE_INFINITY) throw this.#unfit;
    const waitMs = Math.min(retryAtMs ?? Number.POSITIVE_INFINITY, this.#retryAtMs) - this.#ports.now();
    const isLimit = this.#tried.every(({ reason }) => reason === "rate-limited");
    return this.#refuse({ errorClass: "overloaded", error: closedError(isLimit, waitMs) });
  }

  #refuse({ error, errorClass, nativeBody }: UpstreamRefusal): Reply {
    const outcome: Outcome = { status: "error", httpStatus: error.status, errorClass, outputBytes: 0 };
    const settled = this.#settledWithout(outcome);
    const answered: Answered | undefined = settled.deployment
      ? { deployment: settled.deployment, warnings: [], ...(settled.fallback ? { fallback: settled.fallback } : {}) }
      : undefined;
    return {
      kind: "refused",
      error,
      ...(nativeBody === undefined ? {} : { nativeBody }),
      ...(answered ? { answered } : {}),
      settled: Promise.resolve(settled),
    };
  }

  #settledWithout(outcome: Outcome): Settled {
    const note = this.#tried.length > 1 || this.#calls > 1 ? this.#note(undefined) : undefined;
    const deployment = this.#attempts[0]?.deployment ?? this.#deployment(0);
    return { deployment, warnings: [], ...(note ? { fallback: note } : {}), outcome, attempts: this.#attempts };
  }

  async #storedReply(): Promise<Reply | undefined> {
    const { storedReply, now } = this.#ports;
    const stored = storedReply && this.#call.plan.policy.storedReply ? await findStored(storedReply) : null;
    if (!stored) return undefined;
    const { body, warnings } = renderStored(stored, this.#call);
    const note = this.#note("stored reply");
    const ageSeconds = Math.max(0, Math.round((now() - stored.storedAtMs) / 1000));
    const answered: Answered = {
      deployment: this.#deployment(0),
      warnings,
      ...(note ? { fallback: note } : {}),
      stored: { provider: stored.provider, model: stored.model, ageSeconds, tier: "stale" },
    };
    const outcome: Outcome = { status: "ok", httpStatus: 200, outputBytes: 0 };
    const settled = Promise.resolve({ ...answered, outcome, attempts: this.#attempts });
    if (!this.#call.request.stream) return { kind: "whole", body, answered, settled };
    return { kind: "stream", body: new Blob([body]).stream(), answered, settled };
  }
}
