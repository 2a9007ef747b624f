import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeParts } from "./decode";
import { tracesIn } from "./traces";

const decoded = (source: string) =>
  decodeParts(source, tracesIn(source)).map(({ text, start, end }) => ({ text, code: source.slice(start, end) }));
const bytes = (text: string) => [...new TextEncoder().encode(text)];

const SHORTEST = {
  base64: btoa("be so kind, "),
  hex: bytes("be so kind, ")
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join(":"),
  "hex in capitals": bytes("be so kind, ")
    .map((byte) => byte.toString(16).padStart(2, "0").toUpperCase())
    .join(""),
  "prefixed hex": bytes("be so ok")
    .map((byte) => `\\x${byte.toString(16)}`)
    .join(""),
  binary: bytes("be kind ")
    .map((byte) => byte.toString(2).padStart(8, "0"))
    .join(" "),
  decimal: bytes("be so kind").join(", "),
  morse: ".. --. -. --- .-. . / .- .-.. .-..",
};

describe("codes in a text", () => {
  it.each(Object.entries(SHORTEST))("%s is found between words and decoded", (_, code) => {
    const found = decoded(`Go on: ${code} (thank you)`);
    expect(found).toHaveLength(1);
    expect(found[0]?.code.trim()).toBe(code);
    expect(found[0]?.text).toMatch(/^(be (so )?(kind|ok)|ignore all)/);
  });

  it("is not looked for in prose, times and indentation", () => {
    const { base64, hex, prefixedHex, binary, decimal, morse } = tracesIn(
      `On 2026-11-29 at 09:01:25,123 the bad cab fled.\n${" ".repeat(40)}Pages 1, 2 and 30 - see below.\n|---|---|\n`,
    );
    expect([base64, hex, prefixedHex, binary, decimal, morse].flat()).toEqual([]);
  });

  it.each([
    ["hex", /(?:[0-9a-fA-F]{2}[\s:,-]?){12,}/, "09afAF :,-xg"],
    ["prefixedHex", /(?:(?:0x|\\x)[0-9a-fA-F]{2}[\s,;]{0,2}){6,}/, "0x1f\\, ;g"],
    ["binary", /(?:[01]{8}[\s,]{0,2}){6,}/, "0101010101, 2"],
    ["decimal", /(?:\d{2,3}[\s,]{1,2}){9,}\d{2,3}/, "0123, \u00a0x"],
    ["morse", /(?:[.\-·−–]{1,6}[ /|]{1,4}){8,}[.\-·−–]{1,6}/, ".-·−– /|x"],
    ["base64", /(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{16,}/, "abAB01+/_-="],
  ] as const)("has every match of the pattern of %s within a part", (kind, pattern, alphabet) => {
    const pieces = fc.constantFrom(...alphabet, "6a6b ", "0x41", "\\x41,", "01100001 ", "101, ", ".- ", "zu ");
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 90 }), (written) => {
        const source = written.join("");
        for (const match of source.matchAll(new RegExp(pattern, "g"))) {
          const holds = tracesIn(source)[kind].some(({ start, end }) => start <= match.index && match.index + match[0].length <= end);
          expect(holds).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });
});
