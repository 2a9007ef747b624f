import type { ErrorKind, GatewayError } from "../../core/errors";
import { encodeSse } from "../../core/sse";
import type { JsonObject, StreamError } from "../../inference";
import type { UpstreamErrorBody } from "../protocol";
import { isObject } from "../reader";
import type { WireError } from "./wire";

/** Longest upstream message that is shown; some quote the whole request. */
const MESSAGE_CHARS_MAX = 2000;

/** An error as OpenAI's endpoints answer it: https://platform.openai.com/docs/guides/error-codes/api-errors */
export function encodeError(error: GatewayError, _requestId: string): JsonObject {
  const { type, code } = wireKind(error.kind, error.status);
  return wireError({ error: { message: error.message, type, param: error.param ?? null, code: error.code ?? code } });
}

/** An error within a stream: a chunk that holds only `error`, for which the official SDKs look. No `[DONE]` follows. */
export function encodeStreamError(error: StreamError, _requestId: string): string {
  const body: WireError = {
    error: {
      message: error.message,
      type: error.type ?? "server_error",
      param: error.param ?? null,
      code: error.code ?? STREAM_CODES[error.kind],
    },
  };
  return encodeSse(JSON.stringify(body));
}

const STREAM_CODES: Record<StreamError["kind"], string | null> = {
  upstream: null,
  truncated: "stream_truncated",
  malformed: "stream_malformed",
  timeout: "stream_timeout",
  network: "stream_interrupted",
};

/** Reads an upstream's error body, in any of a dozen house styles. A body that is no JSON is never quoted: it may name internal hosts. */
export function decodeError(status: number, bodyText: string): UpstreamErrorBody {
  let body: unknown;
  try {
    body = JSON.parse(bodyText);
  } catch {
    body = undefined;
  }
  // Google's OpenAI-shaped endpoint wraps the object in an array.
  if (Array.isArray(body)) body = body[0];
  const fields = isObject(body) ? readErrorFields(body) : {};
  const native = isObject(body) && isObject(body.error) && typeof body.error.message === "string";
  return { ...fields, message: fields.message ?? `The upstream answered with status ${status} and no readable message.`, native };
}

/** Message, type, code and parameter of an error object, wherever a vendor put them. Absent ones are left out. */
export function readErrorFields(body: JsonObject): Partial<Omit<UpstreamErrorBody, "native">> {
  const inner = isObject(body.error) ? body.error : body;
  const cloudflare = Array.isArray(body.errors) && isObject(body.errors[0]) ? body.errors[0] : undefined;
  const source = cloudflare ?? inner;
  const fields: Partial<Omit<UpstreamErrorBody, "native">> = {};

  const message =
    messageText(source.message) ??
    messageText(body.error) ?? // Ollama, TGI, xAI: {"error": "…"}
    messageText(source.detail) ?? // FastAPI: {"detail": "…" | [{loc, msg}]}
    messageText(source.error_msg) ??
    messageText(source.msg) ??
    messageText(body.message) ??
    messageText(source.title);
  if (message !== undefined) fields.message = message.slice(0, MESSAGE_CHARS_MAX);
  const type = text(source.type) ?? text(body.error_type) ?? (typeof source.status === "string" ? text(source.status) : undefined);
  if (type !== undefined && type !== "error") fields.type = type;
  const code = text(source.code) ?? text(body.error_code) ?? text(body.code);
  if (code !== undefined) fields.code = code;
  const param = text(source.param);
  if (param !== undefined) fields.param = param;
  return fields;
}

function messageText(value: unknown): string | undefined {
  if (typeof value === "string") return value === "" ? undefined : value;
  if (Array.isArray(value)) {
    const first: unknown = value[0];
    if (!isObject(first)) return messageText(first);
    const where = Array.isArray(first.loc) ? first.loc.filter((step) => step !== "body").join(".") : "";
    const what = messageText(first.msg) ?? messageText(first.message);
    return what === undefined || where === "" ? what : `${where}: ${what}`;
  }
  // Mistral's 422: {"message": {"detail": […]}}
  return isObject(value) ? messageText(value.detail) : undefined;
}

/** Codes come as numbers too (llama.cpp, OpenRouter). */
function text(value: unknown): string | undefined {
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value !== "" ? value : undefined;
}

function wireKind(kind: ErrorKind, status: number): { type: string; code: string | null } {
  switch (kind) {
    case "bad-request":
      return { type: "invalid_request_error", code: null };
    case "unauthenticated":
      return { type: "invalid_request_error", code: "invalid_api_key" };
    case "forbidden":
      return { type: "invalid_request_error", code: "permission_denied" };
    case "not-found":
      return { type: "invalid_request_error", code: null };
    case "method-not-allowed":
      return { type: "invalid_request_error", code: "method_not_supported" };
    case "client-deadline":
      return { type: "timeout", code: "request_timeout" };
    case "too-large":
      return { type: "invalid_request_error", code: "request_too_large" };
    case "unsupported-media-type":
      return { type: "invalid_request_error", code: "unsupported_media_type" };
    case "rate-limited":
      return { type: "requests", code: "rate_limit_exceeded" };
    case "budget-exhausted":
      return { type: "insufficient_quota", code: "insufficient_quota" };
    case "client-gone":
      return { type: "invalid_request_error", code: null };
    case "internal":
    case "upstream-failed":
    case "unavailable":
    case "upstream-deadline":
      // An upstream's own refusal that is passed on keeps its 4xx, and is then the request's fault.
      return { type: status < 500 ? "invalid_request_error" : "server_error", code: null };
  }
}

function wireError(body: WireError): JsonObject {
  return body;
}
