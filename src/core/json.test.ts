import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GatewayError } from "./errors";
import { parseObject, replaceSpans } from "./json";

const refusal = (text: string): string | undefined => {
  try {
    parseObject(text, 16);
  } catch (error) {
    if (error instanceof GatewayError) return error.message;
    throw error;
  }
  return undefined;
};

describe("parseObject", () => {
  it("refuses what is no JSON object, and says so", () => {
    for (const text of ["", "{", "[]", "null", "1", '"x"', "{'a':1}", '{"a":1,}', "\u0000"]) expect(refusal(text)).toMatch(/body/);
  });

  it("refuses a top-level field that is given twice, however it is spelt", () => {
    expect(refusal('{"model":"a","model":"b"}')).toContain("`model`");
    expect(refusal('{"model":"a","mod\\u0065l":"b"}')).toContain("`model`");
    expect(refusal('{"a":{"b":1,"b":2}}')).toBeUndefined();
  });

  it("refuses deep nesting before it parses", () => {
    expect(refusal(`${"[".repeat(1_000_000)}`)).toMatch(/nested deeper/);
    expect(refusal(`{"a":${"[".repeat(15)}${"]".repeat(15)}}`)).toBeUndefined();
    expect(refusal(`{"a":${"[".repeat(16)}${"]".repeat(16)}}`)).toMatch(/nested deeper/);
  });

  it("refuses an unpaired surrogate, and takes a pair or an escaped backslash", () => {
    expect(refusal('{"a":"\\ud83d"}')).toMatch(/surrogate/);
    expect(refusal('{"a":["\\udE00 x"]}')).toMatch(/surrogate/);
    expect(refusal('{"\\ud83d":1}')).toMatch(/surrogate/);
    expect(refusal('{"a":"\\ud83d\\ude00"}')).toBeUndefined();
    expect(refusal('{"a":"\\\\ud83d"}')).toBeUndefined();
  });

  it("finds every top-level value, whatever the rest holds", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: "grapheme" }), fc.jsonValue({ depthSize: "small" })), fc.nat(2), (object, space) => {
        const text = JSON.stringify(object, null, space);
        const parsed = parseObject<Record<string, unknown>>(text, 1000);
        for (const [key, value] of Object.entries(object)) {
          const span = parsed.members.get(key);
          expect(span && JSON.parse(text.slice(span.start, span.end))).toEqual(JSON.parse(JSON.stringify(value)));
        }
        expect(parsed.members.size).toBe(Object.keys(object).length);
      }),
    );
  });
});

describe("replaceSpans", () => {
  it("changes only the spans", () => {
    const text = '{ "model" : "a" , "big": 12345678901234567890, "stream" : true }';
    const { members } = parseObject(text, 16);
    const span = members.get("model");
    expect(span && replaceSpans(text, [{ ...span, replacement: '"b"' }])).toBe(
      '{ "model" : "b" , "big": 12345678901234567890, "stream" : true }',
    );
  });
});
