/**
 * What can go wrong, as the caller sees it. Every kind has one HTTP status (DESIGN: errors are native); the protocols render it in
 * their own shape.
 */
export const ERROR_STATUS = {
  "bad-request": 400,
  unauthenticated: 401,
  forbidden: 403,
  "not-found": 404,
  "method-not-allowed": 405,
  "client-deadline": 408,
  "too-large": 413,
  "unsupported-media-type": 415,
  "rate-limited": 429,
  "budget-exhausted": 429,
  /** The client went away; nobody reads this reply. */
  "client-gone": 499,
  internal: 500,
  "upstream-failed": 502,
  unavailable: 503,
  "upstream-deadline": 504,
} as const;

export type ErrorKind = keyof typeof ERROR_STATUS;

export interface GatewayErrorOptions {
  /** The request field at fault, as a path: `messages[2].content`. */
  param?: string;
  /** A stable machine-readable code: `model_not_found`. */
  code?: string;
  retryAfterSeconds?: number;
  /** Further headers of the reply: the caller's limits, say. */
  headers?: Record<string, string>;
  /** For the operator's log only; never shown to the caller. Holds no key and no prompt either. */
  detail?: string;
  cause?: unknown;
  /** Overrides the kind's status: an upstream's own 4xx that is passed on. */
  status?: number;
}

/**
 * A refusal or failure with two audiences: `message` tells the caller what happened and what to do, `detail` goes to the log.
 * Neither may hold a key, a prompt or an internal host.
 */
export class GatewayError extends Error {
  override readonly name = "GatewayError";
  readonly kind: ErrorKind;
  readonly status: number;
  readonly param: string | undefined;
  readonly code: string | undefined;
  readonly retryAfterSeconds: number | undefined;
  readonly headers: Record<string, string>;
  readonly detail: string | undefined;

  constructor(kind: ErrorKind, message: string, options: GatewayErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.kind = kind;
    this.status = options.status ?? ERROR_STATUS[kind];
    this.param = options.param;
    this.code = options.code;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.headers = options.headers ?? {};
    this.detail = options.detail;
  }
}

/** The request is malformed; `param` names the field, the message what is expected there. */
export function badRequest(param: string | undefined, message: string, code?: string): GatewayError {
  return new GatewayError("bad-request", message, {
    ...(param === undefined ? {} : { param }),
    ...(code === undefined ? {} : { code }),
  });
}
