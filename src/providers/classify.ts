/** What an upstream's failure means for the request, by status and never by message text. */
export type ErrorClass =
  /** The gateway's credential is refused or out of credit: not the caller's fault, and hopeless on this credential. */
  | "credential"
  | "rate-limited"
  | "overloaded"
  | "server-error"
  | "timeout"
  | "network"
  /** A reply that is none: not JSON, or not of the protocol. */
  | "malformed"
  /** The caller's request: another upstream would refuse it too. */
  | "invalid-request"
  | "not-found";

/** Classifies an HTTP status of 400 and above (or a redirect, which an API never answers with). */
export function classifyStatus(status: number): ErrorClass {
  if (status === 401 || status === 402 || status === 403) return "credential";
  if (status === 404) return "not-found";
  if (status === 408 || status === 504 || status === 524) return "timeout";
  if (status === 429) return "rate-limited";
  // 529 is Anthropic's overloaded_error: https://platform.claude.com/docs/en/api/errors
  if (status === 503 || status === 529) return "overloaded";
  if (status >= 500 || status < 400) return "server-error";
  return "invalid-request";
}

/** Error types and codes that vendors name where there is no status: error events in streams. */
const NAMED: readonly [RegExp, ErrorClass][] = [
  [/^(authentication|permission|billing)_error$|^(invalid_api_key|insufficient_quota|forbidden)$/, "credential"],
  [/^rate_limit/, "rate-limited"],
  [/overloaded/, "overloaded"],
  [/timeout/, "timeout"],
  [/^not_found_error$|^model_not_found$/, "not-found"],
  [/^(invalid_request|request_too_large)/, "invalid-request"],
];

/** Classifies an error by its type and code, where a vendor gives no status; some give the status as the code. */
export function classifyError(type: string | undefined, code: string | undefined): ErrorClass {
  if (code !== undefined && /^[45]\d\d$/.test(code)) return classifyStatus(Number(code));
  const names = [code, type].filter((name) => name !== undefined);
  return NAMED.find(([pattern]) => names.some((name) => pattern.test(name)))?.[1] ?? "server-error";
}
