import Anthropic from "@anthropic-ai/sdk";
import { describe, expect, it } from "vitest";
import { badRequest, type ErrorKind, GatewayError } from "../../core/errors";
import { decodeError, encodeError, encodeStreamError } from "./errors";

describe("an error as the API answers it", () => {
  it.each<[ErrorKind, string]>([
    ["bad-request", "invalid_request_error"],
    ["unauthenticated", "authentication_error"],
    ["forbidden", "permission_error"],
    ["not-found", "not_found_error"],
    ["method-not-allowed", "invalid_request_error"],
    ["client-deadline", "timeout_error"],
    ["too-large", "request_too_large"],
    ["unsupported-media-type", "invalid_request_error"],
    ["rate-limited", "rate_limit_error"],
    ["budget-exhausted", "billing_error"],
    ["internal", "api_error"],
    ["upstream-failed", "api_error"],
    ["unavailable", "overloaded_error"],
    ["upstream-deadline", "timeout_error"],
  ])("%s is %s", (kind, type) => {
    expect(encodeError(new GatewayError(kind, "Words."), "req_1")).toEqual({
      type: "error",
      error: { type, message: "Words." },
      request_id: "req_1",
    });
  });

  it("goes by the status where an upstream's is passed on", () => {
    const type = (status: number) => encodeError(new GatewayError("upstream-failed", "x", { status }), "r").error.type;
    expect([402, 422, 529, 503, 500].map(type)).toEqual([
      "billing_error",
      "invalid_request_error",
      "overloaded_error",
      "overloaded_error",
      "api_error",
    ]);
  });

  it("names the field in the message, once", () => {
    const message = (param: string, words: string) => encodeError(badRequest(param, words), "r").error.message;
    expect(message("max_tokens", "max_tokens: Field required")).toBe("max_tokens: Field required");
    expect(message("model", "There is no such one.")).toBe("model: There is no such one.");
  });

  it("gives its code where the SDK reads it", async () => {
    const body = encodeError(badRequest("thread", "Send it all.", "thread_unsupported_request"), "req_9");
    expect(body.error.details).toEqual({ error_code: "thread_unsupported_request" });
    const fetch = async () => Response.json(body, { status: 400 });
    const client = new Anthropic({ apiKey: "x", baseURL: "http://unused.invalid", maxRetries: 0, fetch });
    const call = client.messages.create({ model: "m", max_tokens: 1, messages: [{ role: "user", content: "x" }] });
    await expect(call).rejects.toMatchObject({ errorCode: "thread_unsupported_request", apiMessage: "thread: Send it all." });
  });

  it("is read by the official SDK with its type, message and request id", async () => {
    const body = encodeError(new GatewayError("rate-limited", "Slow down."), "req_9");
    const client = new Anthropic({
      apiKey: "x",
      baseURL: "http://unused.invalid",
      maxRetries: 0,
      fetch: async () => Response.json(body, { status: 429 }),
    });
    const call = client.messages.create({ model: "m", max_tokens: 1, messages: [{ role: "user", content: "x" }] });
    await expect(call).rejects.toBeInstanceOf(Anthropic.RateLimitError);
    await expect(call).rejects.toMatchObject({ error: body });
  });
});

describe("an error within a stream", () => {
  it.each([
    [{ kind: "upstream" as const, type: "overloaded_error" }, "overloaded_error"],
    [{ kind: "upstream" as const, type: "server_error" }, "api_error"],
    [{ kind: "upstream" as const, type: "tokens", code: "rate_limit_exceeded" }, "rate_limit_error"],
    [{ kind: "timeout" as const }, "timeout_error"],
    [{ kind: "truncated" as const }, "api_error"],
    [{ kind: "network" as const, type: "constructor" }, "api_error"],
  ])("%j is of type %s", (error, type) => {
    expect(encodeStreamError({ message: "Words.", ...error }, "req_1")).toBe(
      `event: error\ndata: {"type":"error","error":{"type":"${type}","message":"Words."},"request_id":"req_1"}\n\n`,
    );
  });
});

describe("an upstream's error body", () => {
  it.each<[string, string, object]>([
    [
      "the API's own",
      '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}',
      { type: "overloaded_error", message: "Overloaded", native: true },
    ],
    [
      "its edge's, without the outer type",
      '{"error":{"type":"forbidden","message":"Request not allowed"}}',
      { type: "forbidden", message: "Request not allowed", native: true },
    ],
    [
      "OpenAI's, of a relative",
      '{"error":{"message":"m","code":404,"param":"model"}}',
      { message: "m", code: "404", param: "model", native: false },
    ],
    ["a string", '{"error":"model not found"}', { message: "model not found", native: false }],
    ["a message at the top", '{"code":"InvalidKey","message":"bad key"}', { message: "bad key", code: "InvalidKey", native: false }],
    ["FastAPI's", '{"detail":[{"loc":["body"],"msg":"field required"}]}', { message: "field required", native: false }],
    ["in a list", '[{"error":{"message":"m","code":400}}]', { message: "m", code: "400", native: false }],
  ])("%s is read", (_, body, expected) => {
    expect(decodeError(400, body)).toEqual(expected);
  });

  it.each(["", "<html>nginx at 10.0.0.7</html>", "connect ECONNREFUSED 10.0.0.7:8000", "{}", "null", "5", '{"error":{}}'])(
    "%j is never quoted",
    (body) => {
      expect(decodeError(502, body)).toEqual({ message: "The provider answered with status 502 and no readable message.", native: false });
    },
  );
});
