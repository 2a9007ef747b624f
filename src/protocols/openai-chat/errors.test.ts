import { describe, expect, it } from "vitest";
import { ERROR_STATUS, type ErrorKind, GatewayError } from "../../core/errors";
import { decodeError, encodeError, encodeStreamError } from "./errors";

describe("errors of the gateway", () => {
  it.each<[ErrorKind, string, string | null]>([
    ["bad-request", "invalid_request_error", null],
    ["unauthenticated", "invalid_request_error", "invalid_api_key"],
    ["forbidden", "invalid_request_error", "permission_denied"],
    ["rate-limited", "requests", "rate_limit_exceeded"],
    ["budget-exhausted", "insufficient_quota", "insufficient_quota"],
    ["internal", "server_error", null],
    ["upstream-failed", "server_error", null],
    ["unavailable", "server_error", null],
  ])("%s", (kind, type, code) => {
    expect(encodeError(new GatewayError(kind, "Do this.", { detail: "secret" }), "req_1")).toEqual({
      error: { message: "Do this.", type, param: null, code },
    });
  });

  it("every kind has a type, and shows the field and the code that it was given", () => {
    for (const kind of Object.keys(ERROR_STATUS) as ErrorKind[]) {
      const { error } = encodeError(new GatewayError(kind, "m", { param: "model", code: "model_not_found" }), "req_1") as { error: object }; // own shape
      expect(error).toEqual({ message: "m", type: expect.any(String), param: "model", code: "model_not_found" });
    }
  });

  it("an upstream's own refusal is the request's fault", () => {
    const error = new GatewayError("upstream-failed", "m", { status: 400 });
    expect(encodeError(error, "req_1")).toMatchObject({ error: { type: "invalid_request_error" } });
  });

  it("in a stream they keep the upstream's words", () => {
    const frame = encodeStreamError({ kind: "upstream", message: "line\nbreak", type: "overloaded", code: "c", param: "p" }, "req_1");
    expect(frame).toBe('data: {"error":{"message":"line\\nbreak","type":"overloaded","param":"p","code":"c"}}\n\n');
  });
});

describe("errors of upstreams", () => {
  it.each<[unknown, object]>([
    [{ error: { message: "m", type: "t", code: "c", param: "p" } }, { message: "m", type: "t", code: "c", param: "p", native: true }],
    [{ error: { message: "m", code: 404 } }, { message: "m", code: "404", native: true }],
    [{ error: "m" }, { message: "m", native: false }],
    [
      { error: "m", error_type: "overloaded" },
      { message: "m", type: "overloaded", native: false },
    ],
    [
      { error: "m", code: "c" },
      { message: "m", code: "c", native: false },
    ],
    [
      { message: "m", type: "t" },
      { message: "m", type: "t", native: false },
    ],
    [{ detail: "m" }, { message: "m", native: false }],
    [{ detail: [{ loc: ["body", "n"], msg: "m", type: "x" }] }, { message: "n: m", native: false }],
    [
      { object: "error", message: { detail: [{ loc: ["body", "n"], msg: "m" }] } },
      { message: "n: m", native: false },
    ],
    [
      { success: false, errors: [{ message: "m", code: 5007 }] },
      { message: "m", code: "5007", native: false },
    ],
    [
      { error_code: "BAD", message: "m" },
      { message: "m", code: "BAD", native: false },
    ],
    [
      { type: "error", error: { type: "t", message: "m" } },
      { message: "m", type: "t", native: true },
    ],
    [
      [{ error: { code: 400, message: "m", status: "INVALID_ARGUMENT" } }],
      { message: "m", code: "400", type: "INVALID_ARGUMENT", native: true },
    ],
    [
      { title: "m", status: 401 },
      { message: "m", native: false },
    ],
  ])("%j", (body, read) => {
    expect(decodeError(400, JSON.stringify(body))).toEqual(read);
  });

  it.each(["<html><b>internal-host</b></html>", "upstream internal-host refused", "", "null", "[]", "7", '{"error":null}', '{"error":{}}'])(
    "%s: names the status and quotes nothing",
    (body) => {
      const { message, native } = decodeError(502, body);
      expect(message).toContain("502");
      expect(message).not.toContain("internal-host");
      expect(native).toBe(false);
    },
  );

  it("a message that quotes a whole request is cut", () => {
    expect(decodeError(400, JSON.stringify({ error: { message: "x".repeat(100_000) } })).message.length).toBeLessThanOrEqual(2000);
  });
});
