import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../inference";
import { MalformedReplyError } from "../protocol";
import { decodeResponse } from "./decode-response";

const HINTS = { requestId: "req_1" };
const reply = (message: unknown, rest: object = {}) =>
  decodeResponse({ id: "1", model: "m", choices: [{ index: 0, message, finish_reason: "stop", ...rest }] } as JsonObject, HINTS); // a vendor's body
const partsOf = (message: unknown) => reply(message).choices[0]?.parts;

describe("what is no reply", () => {
  it.each([{}, { choices: null }, { choices: [] }, { error: { message: "boom" } }, { error: { message: "boom" }, choices: [] }])(
    "%j",
    (body) => {
      expect(() => decodeResponse(body as JsonObject, HINTS)).toThrow(MalformedReplyError); // a vendor's body
    },
  );
});

describe("choices", () => {
  it("without a message, or with nonsense in place of one", () => {
    for (const message of [undefined, null, "text", []]) expect(partsOf(message)).toEqual([]);
    expect(decodeResponse({ choices: [null] }, HINTS).choices[0]).toEqual({ index: 0, parts: [], finish: { kind: "stop", raw: null } });
  });

  it("with a delta in place of a message", () => {
    expect(decodeResponse({ choices: [{ delta: { content: "a" }, finish_reason: "stop" }] }, HINTS).choices[0]?.parts).toEqual([
      { type: "text", text: "a" },
    ]);
  });

  it("with an error of their own", () => {
    expect(reply({ content: "" }, { error: { message: "boom" } }).choices[0]?.finish).toEqual({
      kind: "error",
      raw: "stop",
      details: { message: "boom" },
    });
  });

  it("keep what is not read: of the reply, the choice and the message", () => {
    const read = decodeResponse(
      {
        id: "1",
        model: "m",
        citations: ["https://a"],
        system_fingerprint: null,
        choices: [
          { index: 0, native_finish_reason: "x", message: { content: "a", provider_metadata: { a: 1 }, annotations: [{ type: "file" }] } },
        ],
      },
      HINTS,
    );
    expect(read.extensions).toEqual({ "openai-chat": { citations: ["https://a"] } });
    expect(read.choices[0]?.extensions).toEqual({
      "openai-chat": { native_finish_reason: "x", message: { provider_metadata: { a: 1 }, annotations: [{ type: "file" }] } },
    });
  });
});

describe("messages", () => {
  it("refusals and text are parts of their own", () => {
    expect(partsOf({ content: "a", refusal: "no" })).toEqual([
      { type: "text", text: "a" },
      { type: "refusal", text: "no" },
    ]);
  });

  it("12: stop with tool calls means tool calls; calls without ids get some", () => {
    const { parts, finish } =
      reply({ content: null, tool_calls: [{ function: { name: "f" } }, { id: "", function: { name: "g", arguments: { a: 1 } } }] })
        .choices[0] ?? {};
    expect(finish).toEqual({ kind: "tool-calls", raw: "stop" });
    expect(parts).toEqual([
      { type: "tool-call", id: "call_req_1_0_0", name: "f", arguments: "", kind: "function" },
      { type: "tool-call", id: "call_req_1_0_1", name: "g", arguments: '{"a":1}', kind: "function" },
    ]);
  });

  it("both forms of a call filled in, one of them empty", () => {
    const call = { id: "a", type: "function", custom: { name: "", input: "" }, function: { name: "f", arguments: "{}" } };
    expect(partsOf({ tool_calls: [call], function_call: { name: "", arguments: "" } })).toEqual([
      { type: "tool-call", id: "a", name: "f", arguments: "{}", kind: "function" },
    ]);
  });

  it("another vendor's ciphertext is opaque: it may only return on this wire", () => {
    const detail = { type: "reasoning.encrypted", data: "x", format: "openai-responses-v1", index: 0 };
    expect(partsOf({ content: "a", reasoning: "hm", reasoning_details: [detail] })).toEqual([
      { type: "reasoning", text: "hm" },
      { type: "opaque", protocol: "openai-chat", value: detail },
      { type: "text", text: "a" },
    ]);
  });

  it("details that clash or have no index come first, those of one index are one", () => {
    const detail = (text: string, index?: number, signature?: string) => ({ type: "reasoning.text", text, index, signature });
    expect(partsOf({ content: "a", reasoning_details: [detail("h", 1), detail("m", 1, "s")] })).toEqual([
      { type: "text", text: "a" },
      { type: "reasoning", text: "hm", signature: "s" },
    ]);
    expect(partsOf({ content: "a", reasoning_details: [detail("h", 1, "s"), detail("m", 1, "t")] })?.map(({ type }) => type)).toEqual([
      "reasoning",
      "reasoning",
      "text",
    ]);
    expect(partsOf({ content: "a", reasoning_details: [detail("h")] })?.map(({ type }) => type)).toEqual(["reasoning", "text"]);
    expect(partsOf({ content: "a", reasoning_details: [detail("h", 7, "s")] })?.map(({ type }) => type)).toEqual(["text", "reasoning"]);
  });

  it("the forced tool's call is text, and the reply has stopped", () => {
    const body = {
      choices: [
        {
          message: { content: null, tool_calls: [{ id: "a", function: { name: "out", arguments: '{"a":1}' } }] },
          finish_reason: "tool_calls",
        },
      ],
    };
    expect(decodeResponse(body, { ...HINTS, structuredOutputTool: "out" }).choices[0]).toEqual({
      index: 0,
      parts: [{ type: "text", text: '{"a":1}' }],
      finish: { kind: "stop", raw: "tool_calls" },
    });
  });
});
