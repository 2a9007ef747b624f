import type { GatewayError } from "../../core/errors";
import { encodeSse } from "../../core/sse";
import type { JsonObject, JsonValue, StreamError } from "../../inference";
import type { UpstreamErrorBody } from "../protocol";
import { isObject } from "../reader";
import type { WireError, WireErrorType } from "./wire";

/** Longest upstream message that is shown; some quote the whole request. */
const MESSAGE_CHARS_MAX = 2000;

const TYPES = {
  invalid_request_error: true,
  authentication_error: true,
  permission_error: true,
  not_found_error: true,
  request_too_large: true,
  rate_limit_error: true,
  billing_error: true,
  timeout_error: true,
  api_error: true,
  overloaded_error: true,
} as const satisfies Record<WireErrorType, true>;

/** What other wires' words for a failure amount to here. */
const TYPE_OF_FOREIGN = new Map<string, WireErrorType>([
  ["rate_limit_exceeded", "rate_limit_error"],
  ["insufficient_quota", "billing_error"],
  ["invalid_request", "invalid_request_error"],
  ["service_unavailable", "overloaded_error"],
  ["timeout", "timeout_error"],
]);

/**
 * https://platform.claude.com/docs/en/api/errors. The code goes where the official SDK reads it (`error.errorCode`): a client that meets
 * one that it does not know is to go by the type alone.
 */
export function encodeError(error: GatewayError, requestId: string): WireError {
  const details = error.code === undefined ? {} : { details: { error_code: error.code } };
  return { type: "error", error: { type: errorType(error), message: messageWithField(error), ...details }, request_id: requestId };
}

function errorType(error: GatewayError): WireErrorType {
  if (error.kind === "budget-exhausted") return "billing_error";
  switch (error.status) {
    case 401:
      return "authentication_error";
    case 402:
      return "billing_error";
    case 403:
      return "permission_error";
    case 404:
      return "not_found_error";
    case 408:
    case 504:
      return "timeout_error";
    case 413:
      return "request_too_large";
    case 429:
      return "rate_limit_error";
    case 503:
    case 529:
      return "overloaded_error";
    default:
      return error.status < 500 ? "invalid_request_error" : "api_error";
  }
}

/** The wire has no place for the field's name but the message, where the API itself puts it first. */
function messageWithField({ message, param }: GatewayError): string {
  return param === undefined || message.includes(param) ? message : `${param}: ${message}`;
}

/** `event: error`; the official SDK raises it, and nothing may follow. */
export function encodeStreamError(error: StreamError, requestId: string): string {
  const body: WireError = { type: "error", error: { type: streamErrorType(error), message: error.message }, request_id: requestId };
  return encodeSse(JSON.stringify(body), "error");
}

function streamErrorType(error: StreamError): WireErrorType {
  if (error.type !== undefined && isErrorType(error.type)) return error.type;
  const foreign = TYPE_OF_FOREIGN.get(error.code ?? "") ?? TYPE_OF_FOREIGN.get(error.type ?? "");
  return foreign ?? (error.kind === "timeout" ? "timeout_error" : "api_error");
}

function isErrorType(type: string): type is WireErrorType {
  return Object.hasOwn(TYPES, type);
}

/**
 * Reads `{type: "error", error: {type, message}}`; the API's own edge leaves the outer type out (413, one kind of 403). Relatives and
 * proxies answer in other shapes, in plain text or in HTML. What is no JSON is never quoted: it may name internal hosts.
 */
export function decodeError(status: number, bodyText: string): UpstreamErrorBody {
  const body = parseJson(bodyText);
  const object = Array.isArray(body) ? body[0] : body;
  const read = isObject(object) ? readErrorObject(object) : undefined;
  const native = isObject(body) && isObject(body.error) && typeof body.error.type === "string" && typeof body.error.message === "string";
  return { ...(read ?? { message: `The provider answered with status ${status} and no readable message.` }), native };
}

/** An error in one of the house styles; undefined where there is no message at all. */
export function readErrorObject(body: JsonObject): Omit<UpstreamErrorBody, "native"> | undefined {
  const error = isObject(body.error) ? body.error : body;
  const message = text(error.message) ?? text(body.error) ?? text(error.detail) ?? text(error.msg) ?? firstDetail(error.detail);
  if (message === undefined) return undefined;
  const type = text(error.type);
  const code = typeof error.code === "number" ? String(error.code) : text(error.code);
  const param = text(error.param);
  return {
    message: message.slice(0, MESSAGE_CHARS_MAX),
    ...(type === undefined || error === body ? {} : { type }),
    ...(code === undefined ? {} : { code }),
    ...(param === undefined ? {} : { param }),
  };
}

/** FastAPI's validation errors: a list, each with a `msg`. */
function firstDetail(detail: JsonValue | undefined): string | undefined {
  const first = Array.isArray(detail) ? detail.find(isObject) : undefined;
  return first && text(first.msg);
}

function text(value: JsonValue | undefined): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function parseJson(bodyText: string): JsonValue | undefined {
  try {
    return JSON.parse(bodyText);
  } catch {
    return undefined;
  }
}
