import { type ErrorKind, GatewayError } from "../core/errors";
import { redactCredentials } from "../core/redact";
import type { StreamError } from "../inference";
import type { Protocol } from "../protocols";
import { classifyError, classifyStatus, type ErrorClass } from "../providers";
import type { Deployment } from "../routing";

/** An upstream's message is shown to the caller up to this many characters. */
const MESSAGE_CHARS_MAX = 2000;
/** Said where a 429 or 503 of an upstream names no time. */
const RETRY_AFTER_SECONDS_DEFAULT = 5;

/** An upstream's refusal: what the caller is told, and what the log is. */
export interface UpstreamRefusal {
  errorClass: ErrorClass;
  error: GatewayError;
  /** The upstream's own body, when it is in the client's protocol and safe to pass on as it is. */
  nativeBody?: string;
}

const KIND: Record<ErrorClass, ErrorKind> = {
  credential: "upstream-failed",
  "rate-limited": "rate-limited",
  overloaded: "unavailable",
  "server-error": "upstream-failed",
  timeout: "upstream-deadline",
  network: "upstream-failed",
  malformed: "upstream-failed",
  "invalid-request": "bad-request",
  "not-found": "not-found",
};

const STREAM_CLASS: Record<Exclude<StreamError["kind"], "upstream">, ErrorClass> = {
  truncated: "malformed",
  malformed: "malformed",
  timeout: "timeout",
  network: "network",
};

/**
 * Reads an upstream's error reply. A refused credential is the operator's matter: the caller learns that the provider refused the
 * gateway, not what it said (such messages quote the key).
 */
export function readRefusal(
  status: number,
  headers: Headers,
  body: string,
  deployment: Deployment,
  upstream: Protocol,
  client: Protocol,
): UpstreamRefusal {
  const errorClass = classifyStatus(status);
  const { access } = deployment;
  if (errorClass === "credential") return refusedCredential(deployment, status);
  const said = upstream.decodeError(status, body);
  const message = redactCredentials(said.message, access.credential).slice(0, MESSAGE_CHARS_MAX);
  const retryAfterSeconds = retryAfter(status, headers);
  // What an API never answers with (a redirect, a status out of range) is no client's business.
  const isNative = upstream.id === client.id && said.native && status >= 400 && status <= 599;
  const error = new GatewayError(KIND[errorClass], message, {
    ...(said.param === undefined ? {} : { param: said.param }),
    ...(said.code === undefined ? {} : { code: redactCredentials(said.code, access.credential) }),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    // The upstream's status is the client's own language only when both speak one protocol.
    ...(isNative ? { status } : {}),
  });
  const isSafe = redactCredentials(body, access.credential) === body;
  return { errorClass, error, ...(isNative && isSafe ? { nativeBody: body } : {}) };
}

function refusedCredential({ provider }: Deployment, status: number | undefined): UpstreamRefusal {
  const said = status === undefined ? "" : ` (status ${status})`;
  const message = `${provider.name} refused the gateway's credential or access${said}. The operator must check ${provider.env.apiKey}.`;
  return { errorClass: "credential", error: new GatewayError("upstream-failed", message, { code: "upstream_credential_refused" }) };
}

/** The call failed before there were response headers. */
export function failureOf(cause: unknown, deployment: Deployment, timedOut: boolean): UpstreamRefusal {
  const { name } = deployment.provider;
  const error = timedOut
    ? new GatewayError("upstream-deadline", `${name} did not answer in time. Try again, or ask for less.`, { cause })
    : new GatewayError("upstream-failed", `${name} could not be reached. Try again.`, { cause });
  return { errorClass: timedOut ? "timeout" : "network", error };
}

/** A stream that failed before its first output: an error like any other, as nothing was promised to the client yet. */
export function failedOpening(failure: StreamError, deployment: Deployment): UpstreamRefusal {
  const errorClass = failure.kind === "upstream" ? classifyError(failure.type, failure.code) : STREAM_CLASS[failure.kind];
  if (errorClass === "credential") return refusedCredential(deployment, undefined);
  const error = new GatewayError(KIND[errorClass], redactCredentials(failure.message).slice(0, MESSAGE_CHARS_MAX), {
    ...(failure.param === undefined ? {} : { param: failure.param }),
    ...(failure.code === undefined ? {} : { code: failure.code }),
    ...(errorClass === "overloaded" || errorClass === "rate-limited" ? { retryAfterSeconds: RETRY_AFTER_SECONDS_DEFAULT } : {}),
  });
  return { errorClass, error };
}

/** A 200 that is no reply of its protocol. */
export function malformedReply(cause: unknown, deployment: Deployment): UpstreamRefusal {
  const error = new GatewayError("upstream-failed", `${deployment.provider.name} sent a reply that cannot be read. Try again.`, { cause });
  return { errorClass: "malformed", error };
}

/** `retry-after-ms`, or `retry-after` as seconds or as a date; a default where the status demands one. */
function retryAfter(status: number, headers: Headers): number | undefined {
  const ms = Number(headers.get("retry-after-ms") ?? Number.NaN);
  if (ms >= 0 && Number.isFinite(ms)) return ms / 1000;
  const value = headers.get("retry-after");
  if (value !== null) {
    const seconds = Number(value);
    if (seconds >= 0 && Number.isFinite(seconds)) return seconds;
    const untilMs = Date.parse(value) - Date.parse(headers.get("date") ?? new Date().toUTCString());
    if (untilMs >= 0) return Math.ceil(untilMs / 1000);
  }
  return status === 429 || status === 503 || status === 529 ? RETRY_AFTER_SECONDS_DEFAULT : undefined;
}
