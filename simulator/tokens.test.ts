import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countTokens, pieces } from "./tokens";

const anyText = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: "grapheme" }),
  fc.constantFrom("naïve café 東京 🙂👩‍👩‍👧 12.5%\n\n\tx", ""),
);

describe("tokens", () => {
  it("joined again are the text, whatever it holds", () => {
    fc.assert(fc.property(anyText, (text) => pieces(text).join("") === text));
  });

  it("are never empty and never half a character", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) =>
        pieces(text).every((piece) => piece !== "" && piece.isWellFormed() === text.isWellFormed()),
      ),
    );
  });

  it("are counted as they are cut", () => {
    expect(countTokens("Hello, world! 東京 12345")).toBe(pieces("Hello, world! 東京 12345").length);
    expect(pieces("Hello, world!")).toEqual(["Hello", ",", " world", "!"]);
  });

  it("are extrapolated for megabytes of text", () => {
    const word = " abcdefgh";
    expect(countTokens(word.repeat(200_000))).toBeGreaterThan(195_000);
    expect(countTokens(word.repeat(200_000))).toBeLessThan(205_000);
  });
});
