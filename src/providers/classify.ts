/** What an upstream's failure means for the request, by status, type and code, and never by message text. */
export type ErrorClass =
  /** The gateway's credential is refused or out of credit: not the caller's fault, and hopeless on this credential. */
  | "credential"
  /** The provider does not serve the place that the gateway calls from. */
  | "geo-blocked"
  /** The account has used up what it may: as hopeless as a refused credential, but no secret of the operator's. */
  | "quota"
  | "rate-limited"
  | "overloaded"
  | "server-error"
  | "timeout"
  | "network"
  /** A reply that is none: not JSON, or not of the protocol. */
  | "malformed"
  /** The prompt is larger than the model's context window. */
  | "context-length"
  /** The provider's content policy refused the request. */
  | "content-policy"
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

/** Codes and types that say more than the status they come with. */
const TELLING: readonly [RegExp, ErrorClass][] = [
  [/^context_(length|window)_exceeded$|^model_context_window_exceeded$|^string_above_max_length$/, "context-length"],
  [/^content_(filter|policy_violation)$|^responsible_?ai/i, "content-policy"],
  // OpenAI's code for a country; Anthropic's edge answers `forbidden`, where its API says `permission_error`.
  [/^unsupported_country_region_territory$|^forbidden$/, "geo-blocked"],
  // https://platform.openai.com/docs/guides/error-codes: a 429 that waiting does not mend.
  [/^insufficient_quota$|^billing_(hard_limit_reached|not_active)$/, "quota"],
];

/** Classifies an error reply: by its code or type where that says more than the status. */
export function classifyRefusal(status: number, type: string | undefined, code: string | undefined): ErrorClass {
  return named(TELLING, type, code) ?? classifyStatus(status);
}

/** Error types and codes that vendors name where there is no status: error events in streams. */
const NAMED: readonly [RegExp, ErrorClass][] = [
  ...TELLING,
  [/^(authentication|permission|billing)_error$|^invalid_api_key$/, "credential"],
  [/^rate_limit/, "rate-limited"],
  [/overloaded/, "overloaded"],
  [/timeout/, "timeout"],
  [/^not_found_error$|^model_not_found$/, "not-found"],
  [/^(invalid_request|request_too_large)/, "invalid-request"],
];

/** Classifies an error by its type and code, where a vendor gives no status; some give the status as the code. */
export function classifyError(type: string | undefined, code: string | undefined): ErrorClass {
  if (code !== undefined && /^[45]\d\d$/.test(code)) return classifyStatus(Number(code));
  return named(NAMED, type, code) ?? "server-error";
}

function named(table: typeof NAMED, type: string | undefined, code: string | undefined): ErrorClass | undefined {
  const names = [code, type].filter((name) => name !== undefined);
  return table.find(([pattern]) => names.some((name) => pattern.test(name)))?.[1];
}
