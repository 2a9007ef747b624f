import { type ErrorKind, GatewayError } from "../core/errors";
import { redactCredentials } from "../core/redact";
import type { StreamError } from "../inference";
import type { Protocol } from "../protocols";
import { classifyError, classifyRefusal, type ErrorClass, retryAt } from "../providers";
import type { Deployment } from "../routing";

/** An upstream's message is shown to the caller up to this many characters. */
const MESSAGE_CHARS_MAX = 2000;
/** Said where a 429 or 503 of an upstream names no time. */
const RETRY_AFTER_SECONDS_DEFAULT = 5;

/** An error reply, read. */
export interface ErrorReply {
  status: number;
  headers: Headers;
  body: string;
}

/** An upstream's refusal: what the caller is told, and what the log is. */
export interface UpstreamRefusal {
  errorClass: ErrorClass;
  error: GatewayError;
  /** The wait that the upstream asked for; absent where it named none. */
  retryAfterSeconds?: number;
  /** The upstream's own body, when it is in the client's protocol and safe to pass on as it is. */
  nativeBody?: string;
}

const KIND: Record<ErrorClass, ErrorKind> = {
  credential: "upstream-failed",
  "geo-blocked": "upstream-failed",
  quota: "rate-limited",
  "rate-limited": "rate-limited",
  overloaded: "unavailable",
  "server-error": "upstream-failed",
  timeout: "upstream-deadline",
  network: "upstream-failed",
  malformed: "upstream-failed",
  "context-length": "bad-request",
  "content-policy": "bad-request",
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
  { status, headers, body }: ErrorReply,
  deployment: Deployment,
  upstream: Protocol,
  client: Protocol,
  nowMs: number,
): UpstreamRefusal {
  const said = upstream.decodeError(status, body);
  const errorClass = classifyRefusal(status, said.type, said.code);
  const { access } = deployment;
  if (errorClass === "credential" || errorClass === "geo-blocked") return refusedAccess(deployment, errorClass, status);
  const message = redactCredentials(said.message, access.credential).slice(0, MESSAGE_CHARS_MAX);
  const askedAtMs = retryAt(headers, nowMs);
  const asked = askedAtMs === undefined ? undefined : (askedAtMs - nowMs) / 1000;
  const retryAfterSeconds = asked ?? (status === 429 || status === 503 || status === 529 ? RETRY_AFTER_SECONDS_DEFAULT : undefined);
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
  return {
    errorClass,
    error,
    ...(asked === undefined ? {} : { retryAfterSeconds: asked }),
    ...(isNative && isSafe ? { nativeBody: body } : {}),
  };
}

function refusedAccess({ provider }: Deployment, errorClass: "credential" | "geo-blocked", status?: number): UpstreamRefusal {
  const said = status === undefined ? "" : ` (status ${status})`;
  if (errorClass === "geo-blocked") {
    const message = `${provider.name} does not serve the region from which the gateway called${said}. Try again, or ask for another model.`;
    return { errorClass, error: new GatewayError("upstream-failed", message, { code: "upstream_region_refused" }) };
  }
  const message = `${provider.name} refused the gateway's credential or access${said}. The operator must check ${provider.env.apiKey}.`;
  return { errorClass, error: new GatewayError("upstream-failed", message, { code: "upstream_credential_refused" }) };
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
  if (errorClass === "credential" || errorClass === "geo-blocked") return refusedAccess(deployment, errorClass);
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
