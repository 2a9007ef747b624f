import type { Deployment } from "../routing";
import { Splice } from "./continuation";
import type { Admission, CallResult, HealthPort } from "./health-port";
import type { Opening } from "./opening";
import { type Outcome, outcomeOfStream } from "./outcome";
import type { AttemptLog } from "./reply";
import type { Continuing, StreamPlan } from "./stream";
import { type AttemptScope, type DispatchCall, openContinuation } from "./try-deployment";
import { verdictOn } from "./verdict";

/** Who writes the reply now. Times in Unix milliseconds. */
export interface Author {
  deployment: Deployment;
  startedAtMs: number;
  beside: boolean;
  admission: Admission;
}

export interface RelayPorts {
  health: HealthPort;
  now: () => number;
  scopeOf: (deployment: Deployment) => AttemptScope;
}

/** What a reply's end says of its deployment. The client's leaving says nothing. */
const RESULT = { ok: "succeeded", interrupted: "failed", aborted: "neutral", error: "failed" } as const satisfies Record<
  Outcome["status"],
  CallResult
>;

/** A reply that is handed on when it breaks off: one deployment after the other is asked to go on with it. */
export class Relay implements Continuing {
  readonly splice = new Splice();
  readonly #call: DispatchCall;
  readonly #others: Deployment[];
  readonly #ports: RelayPorts;
  readonly #logs: AttemptLog[];
  #author: Author;
  #isContinued = false;

  /** `author` writes first, `others` may go on; calls that are over are put into `logs`. */
  constructor(call: DispatchCall, author: Author, others: readonly Deployment[], logs: AttemptLog[], ports: RelayPorts) {
    this.#call = call;
    this.#author = author;
    this.#others = [...others];
    this.#logs = logs;
    this.#ports = ports;
  }

  async resume(broken: StreamPlan): Promise<{ plan: StreamPlan; opening: Opening } | null> {
    const { health, now, scopeOf } = this.#ports;
    const { json: _altered, shapedFor: _shaped, ...call } = this.#call;
    for (let next = this.#others.shift(); next && !call.clientGone.aborted; next = this.#others.shift()) {
      const entry = await health.enter(next.id, { principal: call.principal, tokens: call.estimateInputTokens, waitMsMax: 0 });
      if (entry.kind === "refused") continue;
      const author: Author = { deployment: next, startedAtMs: now(), beside: false, admission: entry };
      const opened = await openContinuation({ ...call, request: this.splice.resume(call.request) }, scopeOf(next));
      if ("plan" in opened) {
        this.#close(outcomeOfStream({ tap: broken.events.tap, clientLeft: false }, now()));
        this.#author = author;
        this.#isContinued = true;
        return opened;
      }
      if (opened.kind === "unfit") {
        entry.leave("neutral");
      } else {
        entry.leave(verdictOn(opened.refusal.errorClass, false, "fallback").health);
        this.#log(author, opened.outcome);
      }
    }
    return null;
  }

  /** The reply is over: who wrote its end. */
  settle(outcome: Outcome): Deployment {
    // What several wrote is in nobody's hands as a whole.
    if (this.#isContinued) delete outcome.response;
    this.#close(outcome);
    return this.#author.deployment;
  }

  #close(outcome: Outcome): void {
    this.#author.admission.leave(RESULT[outcome.status]);
    this.#log(this.#author, outcome);
  }

  #log({ deployment, startedAtMs, beside }: Author, outcome: Outcome): void {
    this.#logs.push({ deployment, startedAtMs, endedAtMs: this.#ports.now(), beside, outcome });
  }
}
