import { describe, expect, it } from "vitest";
import * as reader from "./reader";

const at = "messages[2]";

describe("readers of a client's fields", () => {
  it.each<[string, () => unknown, string]>([
    ["a missing string", () => reader.readString({}, "role", at), "messages[2].role is missing: it must be a string."],
    ["a wrong string", () => reader.readString({ role: 1 }, "role", at), "messages[2].role must be a string, but is an integer."],
    ["a field of the body itself", () => reader.readString({ model: null }, "model", ""), "model must be a string, but is null."],
    ["an array for an object", () => reader.readObject({ a: [] }, "a", at), "messages[2].a must be an object, but is an array."],
    ["an object for an array", () => reader.readArray({ a: {} }, "a", at), "messages[2].a must be an array, but is an object."],
    [
      "a string for a boolean",
      () => reader.optionalBoolean({ a: "" }, "a", at),
      "messages[2].a must be a boolean, but is an empty string.",
    ],
    ["Infinity", () => reader.optionalNumber({ a: Number.POSITIVE_INFINITY }, "a", ""), "a must be a finite number, but is a number."],
    ["a fraction", () => reader.readInteger({ a: 0.5 }, "a", "", 0), "a must be an integer, but is a number."],
    ["too little", () => reader.readInteger({ a: 0 }, "a", "", 1), "a must be an integer from 1 to 2147483647."],
    ["too much", () => reader.optionalInteger({ a: 5 }, "a", "", 1, 5), "a must be an integer from 1 to 4."],
    ["an element", () => reader.optionalStrings({ a: ["x", 1] }, "a", ""), "a[1] must be a string, but is an integer."],
    ["a word that is none", () => reader.readOneOf({ a: "secret" }, "a", "", ["x", "y"]), "a must be one of x, y."],
    ["no word", () => reader.readOneOf({}, "a", "", ["x", "y"]), "a is missing: it must be one of x, y."],
    ["no object", () => reader.asObject(undefined, "tools[0]"), "tools[0] is missing: it must be an object."],
  ])("refuse %s", (_, read, message) => {
    expect(read).toThrow(expect.objectContaining({ message, kind: "bad-request", param: message.split(" ")[0] }));
  });

  it("take null and absent alike where a field is optional", () => {
    for (const body of [{}, { a: null }]) {
      expect(reader.optionalString(body, "a", at)).toBeUndefined();
      expect(reader.optionalObject(body, "a", at)).toBeUndefined();
      expect(reader.optionalArray(body, "a", at)).toBeUndefined();
      expect(reader.optionalBoolean(body, "a", at)).toBeUndefined();
      expect(reader.optionalNumber(body, "a", at)).toBeUndefined();
      expect(reader.optionalInteger(body, "a", at, 0)).toBeUndefined();
      expect(reader.optionalStrings(body, "a", at)).toBeUndefined();
      expect(reader.optionalOneOf(body, "a", at, ["x"])).toBeUndefined();
    }
  });

  it("give values as they are", () => {
    const body = { s: "", n: -0.5, i: 3, b: false, a: [1], o: {} };
    expect(reader.readString(body, "s", "")).toBe("");
    expect(reader.optionalNumber(body, "n", "")).toBe(-0.5);
    expect(reader.optionalInteger(body, "i", "", 3)).toBe(3);
    expect(reader.optionalBoolean(body, "b", "")).toBe(false);
    expect(reader.readArray(body, "a", "")).toBe(body.a);
    expect(reader.readObject(body, "o", "")).toBe(body.o);
  });
});
