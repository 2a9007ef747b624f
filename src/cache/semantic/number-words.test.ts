import { describe, expect, it } from "vitest";
import { readNumber } from "./number-words";

const readValue = (text: string) => readNumber(text.split(" "), 0)?.value;

describe("reading a number", () => {
  it("finds none in words that only look like one", () => {
    for (const text of ["once-over", "tens", "hundredfold", "k", "", "1.2.3", "constructor", "toString"])
      expect(readValue(text)).toBeUndefined();
  });

  it("keeps versions apart that are one number", () => {
    expect(readValue("3.1")).not.toBe(readValue("3.10"));
  });

  it.each([
    ["two", "2"],
    ["forty two", "42"],
    ["one hundred and five", "105"],
    ["two thousand seventeen", "2017"],
    ["1,000", "1000"],
    ["35 k", "35000"],
    ["3 million", "3000000"],
    ["two crore", "20000000"],
    ["third", "3th"],
    ["twenty first", "21th"],
    ["dozen", "12"],
    ["5 apples", "5"],
  ])("reads %s", (text, value) => {
    expect(readValue(text)).toBe(value);
  });
});
