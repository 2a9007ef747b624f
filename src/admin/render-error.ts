import type { Context } from "hono";
import { GatewayError } from "../core/errors";
import { errorFacts, type Log } from "../core/log";

/** An error as this API answers it: OpenAI's shape, `{error: {message, type, param, code}}`, never stored by anybody on the way. */
export function renderError(c: Context, thrown: unknown, log: Log): Response {
  const error = thrown instanceof GatewayError ? thrown : unexpected(thrown);
  if (error.status >= 500) {
    log("error", "admin-call-failed", { path: c.req.path, method: c.req.method, detail: error.detail, ...errorFacts(error) });
  }
  const headers = new Headers(c.res.headers);
  headers.set("Cache-Control", "no-store");
  headers.set("Content-Type", "application/json");
  if (error.retryAfterSeconds !== undefined) headers.set("Retry-After", String(error.retryAfterSeconds));
  if (error.status === 401) headers.set("WWW-Authenticate", "Bearer");
  const body = { error: { message: error.message, type: typeOf(error), param: error.param ?? null, code: error.code ?? null } };
  return new Response(JSON.stringify(body), { status: error.status, headers });
}

function unexpected(cause: unknown): GatewayError {
  return new GatewayError("internal", "The gateway failed to answer this call; its log says why.", { code: "internal_error", cause });
}

function typeOf(error: GatewayError): string {
  if (error.status === 401) return "authentication_error";
  return error.status < 500 ? "invalid_request_error" : "server_error";
}
