/** Whose house style errors and headers follow. */
export type House = "openai" | "anthropic";

export interface ApiErrorOptions {
  type?: string;
  param?: string;
  code?: string;
  /** Anthropic: machine-readable words for the cause. */
  details?: { error_code: string };
}

/** A refusal in the provider's own words; `render` gives it the house's shape. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  readonly type: string | undefined;
  readonly param: string | undefined;
  readonly code: string | undefined;
  readonly details: ApiErrorOptions["details"];

  constructor(status: number, message: string, options: ApiErrorOptions = {}) {
    super(message);
    this.status = status;
    this.type = options.type;
    this.param = options.param;
    this.code = options.code;
    this.details = options.details;
  }
}

/** 400 with the field at fault (OpenAI names it apart, Anthropic writes it into the message). */
export function invalid(message: string, param?: string, code?: string): ApiError {
  return new ApiError(400, message, { ...(param === undefined ? {} : { param }), ...(code === undefined ? {} : { code }) });
}

/** https://docs.anthropic.com/en/api/errors */
const ANTHROPIC_TYPES: Record<number, string> = {
  400: "invalid_request_error",
  401: "authentication_error",
  402: "billing_error",
  403: "permission_error",
  404: "not_found_error",
  413: "request_too_large",
  429: "rate_limit_error",
  500: "api_error",
  504: "timeout_error",
  529: "overloaded_error",
};

/** The error object that goes under `error`, in bodies and in stream events alike. */
export function errorObject(house: House, error: ApiError): Record<string, unknown> {
  if (house === "anthropic") {
    return {
      type: error.type ?? ANTHROPIC_TYPES[error.status] ?? (error.status < 500 ? "invalid_request_error" : "api_error"),
      message: error.message,
      ...(error.details === undefined ? {} : { details: error.details }),
    };
  }
  const type = error.type ?? (error.status < 500 ? "invalid_request_error" : "server_error");
  return { message: error.message, type, param: error.param ?? null, code: error.code ?? null };
}

/** The error as a response body: OpenAI indents its JSON, Anthropic does not. */
export function errorBody(house: House, error: ApiError, requestId: string): string {
  const object = errorObject(house, error);
  if (house === "openai") return JSON.stringify({ error: object }, null, 2);
  // Anthropic's edge answers these two itself, without the envelope's type and request id.
  if (error.status === 413 || error.type === "forbidden") return JSON.stringify({ error: object });
  return JSON.stringify({ type: "error", error: object, request_id: requestId });
}

const HTML_502 =
  "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n";

export interface ErrorReply {
  status: number;
  contentType: string;
  body: string;
}

/** The answer to `status=…`: what the provider says with that status. `code` replaces OpenAI's code and type (`insufficient_quota`). */
export function faultReply(house: House, status: number, code: string | undefined, requestId: string): ErrorReply {
  if (status === 502) return { status, contentType: "text/html", body: HTML_502 };
  return { status, contentType: "application/json", body: errorBody(house, faultError(house, status, code), requestId) };
}

export function faultError(house: House, status: number, code?: string): ApiError {
  const [message, options] = (house === "openai" ? OPENAI_FAULTS : ANTHROPIC_FAULTS)[status] ?? [`(simulated) status ${status}`, {}];
  if (code === undefined) return new ApiError(status, message, options);
  return new ApiError(
    status,
    message,
    house === "openai" && status === 429 ? { type: code, code } : { ...options, code, ...(house === "anthropic" ? { type: code } : {}) },
  );
}

const OPENAI_FAULTS: Record<number, [string, ApiErrorOptions]> = {
  400: ["(simulated) This request is invalid.", {}],
  401: ["(simulated) Incorrect API key provided.", { code: "invalid_api_key" }],
  402: ["(simulated) Insufficient balance.", { type: "insufficient_quota", code: "insufficient_quota" }],
  403: [
    "(simulated) Country, region, or territory not supported",
    { type: "request_forbidden", code: "unsupported_country_region_territory" },
  ],
  404: ["(simulated) The model does not exist or you do not have access to it.", { code: "model_not_found" }],
  413: ["(simulated) Request body too large.", { code: "request_too_large" }],
  429: [
    "(simulated) Rate limit reached on requests per min (RPM): Limit 3, Used 3, Requested 1.",
    { type: "requests", code: "rate_limit_exceeded" },
  ],
  500: ["(simulated) The server had an error while processing your request.", { type: "server_error" }],
  503: ["(simulated) The engine is currently overloaded, please try again later", { type: "server_error" }],
  529: ["(simulated) Overloaded", { type: "server_error", code: "overloaded" }],
};

const ANTHROPIC_FAULTS: Record<number, [string, ApiErrorOptions]> = {
  400: ["(simulated) This request is invalid.", {}],
  401: ["invalid x-api-key", {}],
  402: ["(simulated) Payment required.", {}],
  403: ["Request not allowed", { type: "forbidden" }],
  404: ["model: simulated", {}],
  413: ["Request exceeds the maximum size", {}],
  429: ["(simulated) This request would exceed the rate limit for your organization.", {}],
  500: ["Internal server error", {}],
  503: ["(simulated) Service unavailable", {}],
  529: ["Overloaded", {}],
};
