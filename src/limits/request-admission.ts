import { withDeadline } from "../core/deadline";
import { GatewayError } from "../core/errors";
import { errorFacts, type Log } from "../core/log";
import type { Denial, Standing } from "./admission";
import type { AdmissionAnswer, AdmissionCall, KeptReply, KeyVersion, LedgerPort } from "./ledger-port";

/** The limiter may take so long before it is taken for down. */
const LIMITER_DEADLINE_MS = 500;
/** It may take so long to learn that a call is not made after all: far below the 30 s that a Worker has after its reply. */
const WITHDRAWAL_DEADLINE_MS = 5000;
/** Where only calls under way stand in the way, a request waits so long for their ends. */
const CONTENTION_MS_MAX = 3000;
/** Said where nobody knows when. */
const RETRY_AFTER_SECONDS_UNKNOWN = 1;
/** A total that is spent opens by the operator's hand only. */
const RETRY_AFTER_SECONDS_NEVER = 86_400;

export interface AdmissionPorts<Key extends KeyVersion, Row> {
  ledger: LedgerPort<Key, Row>;
  now: () => number;
  log: Log;
  /** What to do when the limiter itself fails. */
  onFailure: "open" | "closed";
  /** Work that goes on after the refusal. */
  background: (work: Promise<void>) => void;
}

/**
 * A request that may go, or is to be asked for elsewhere. Without a `standing` nobody kept its books: the limiter failed, and the key lets
 * requests through then.
 */
export type Admitted<Key> =
  | { kind: "admitted"; standing?: Standing; barred?: string[]; newerKey?: Key }
  | { kind: "replay"; reply: KeptReply }
  | { kind: "moved"; newerKey: Key };

/**
 * Has a request admitted: one call to the object that keeps the key's books, more only while others' reservations stand in the way. Throws `rate-limited`,
 * `budget-exhausted`, `unauthenticated` for a key that has ended, `unavailable` where the limiter fails and the key then refuses. `limitHeaders` renders what
 * a refusal says of limits.
 */
export async function requestAdmission<Key extends KeyVersion, Row>(
  call: AdmissionCall<Key, Row>,
  { ledger, now, log, onFailure, background }: AdmissionPorts<Key, Row>,
  limitHeaders: (standing: Standing) => Record<string, string>,
): Promise<Admitted<Key>> {
  const ask = async (waitMsMax: number): Promise<AdmissionAnswer<Key> | undefined> => {
    try {
      return await withDeadline(ledger.admit({ ...call, waitMsMax }), LIMITER_DEADLINE_MS + waitMsMax, "the limiter");
    } catch (error) {
      log("error", "limiter-failed", { request_id: call.id, key_id: call.key.id, policy: onFailure, ...errorFacts(error) });
      return undefined;
    }
  };
  // The limiter may still decide, or have decided: without a word it would hold a place and money for a call that nobody makes.
  const withdraw = async (): Promise<void> => {
    try {
      await withDeadline(ledger.withdraw(call), WITHDRAWAL_DEADLINE_MS, "the limiter");
    } catch (error) {
      log("error", "withdrawal-failed", { request_id: call.id, key_id: call.key.id, ...errorFacts(error) });
    }
  };
  let answer = await ask(0);
  if (answer?.kind === "denied" && answer.denial.isContended) answer = await ask(CONTENTION_MS_MAX);
  switch (answer?.kind) {
    case undefined:
    case "withdrawn":
      if (onFailure === "open") return { kind: "admitted" };
      background(withdraw());
      throw new GatewayError("unavailable", "The gateway cannot check this key's limits at the moment. Try again in a few seconds.", {
        code: "limiter_unavailable",
        retryAfterSeconds: 5,
      });
    case "admitted":
    case "replay":
    case "moved":
      return answer;
    case "ended":
      throw new GatewayError("unauthenticated", "This API key is no longer valid. Ask the operator of this gateway for a new one.", {
        code: "invalid_api_key",
        detail: `${call.key.id} ended`,
      });
    case "not-allowed":
      throw new GatewayError(
        "forbidden",
        `This key may not use the model \`${answer.model.slice(0, 200)}\`. GET /v1/models lists those it may.`,
        {
          code: "model_not_allowed",
          param: "model",
        },
      );
    case "conflict":
      throw conflictError(answer.reason);
    case "denied":
      throw denialError(answer.denial, now(), limitHeaders(answer.standing));
  }
}

function conflictError(reason: "under-way" | "other-body"): GatewayError {
  const [code, message] =
    reason === "under-way"
      ? ["idempotency_in_progress", "A request with this Idempotency-Key is still being answered. Try again when it is done."]
      : [
          "idempotency_mismatch",
          "This Idempotency-Key was used with another body within the last 24 hours. Use a new one for a new request.",
        ];
  return new GatewayError("bad-request", message, {
    status: 409,
    code,
    param: "Idempotency-Key",
    ...(reason === "under-way" ? { retryAfterSeconds: RETRY_AFTER_SECONDS_UNKNOWN } : {}),
  });
}

const RATE_TEXT: Readonly<Record<string, string>> = {
  requestsPerMinute: "requests per minute",
  tokensPerMinute: "tokens per minute",
  requestsPerDay: "requests per day",
  tokensPerDay: "tokens per day",
};

function denialError(
  { scope, kind, name, limit, opensAtMs, isContended }: Denial,
  nowMs: number,
  headers: Record<string, string>,
): GatewayError {
  const bearer = scope.split(" ", 1)[0];
  const waitSeconds = opensAtMs === null ? undefined : Math.max(0.001, (opensAtMs - nowMs) / 1000);
  const when = opensAtMs === null ? "" : ` It opens again at ${new Date(opensAtMs).toISOString()}.`;
  if (kind === "budget") {
    if (isContended) {
      const message = `The ${name} budget of this ${bearer} is reserved by requests under way. Try again when they are done.`;
      return new GatewayError("rate-limited", message, {
        code: "budget_reserved",
        retryAfterSeconds: RETRY_AFTER_SECONDS_UNKNOWN,
        headers,
      });
    }
    const message = `The ${name} budget of this ${bearer} ($${limit / 1e9}) is used up.${when || " Ask the operator of this gateway to raise it."}`;
    return new GatewayError("budget-exhausted", message, {
      code: "insufficient_quota",
      retryAfterSeconds: waitSeconds ?? RETRY_AFTER_SECONDS_NEVER,
      headers,
    });
  }
  const what = kind === "concurrency" ? "requests at the same time" : (RATE_TEXT[name] ?? name);
  const message = `This ${bearer} is limited to ${limit} ${what}.${when || " Try again when one of them is done."}`;
  return new GatewayError("rate-limited", message, {
    code: "rate_limit_exceeded",
    retryAfterSeconds: waitSeconds ?? RETRY_AFTER_SECONDS_UNKNOWN,
    headers,
  });
}
