import { describe, expect, it } from "vitest";
import { seeded } from "../../test/support/seeded";
import { matchesAt, Spotter } from "./spotter";

const PATTERNS: readonly RegExp[] = [
  /pass(?:word|code)?|a[_ .-]?b|키(?=[는은= ])/i,
  /(?<![a-z])(?:ab?c{2}|d+e*f|[^a]x)(?=["']?\s{0,2}[:=])/i,
  /-us|\$ab\.|x/,
  /(?:a|bb|)c|\bd\d{2,4}/,
];

const ALPHABET = [..."aAbBcCdDeEfFxX12_-. $:=\"'\n", "pass", "word", "code", "키", "는", "은", "다", "ſ", "\u212a", "-us"];

describe("a spotter", () => {
  it("leads to every match that the whole text would show", () => {
    const random = seeded(11);
    const spotter = new Spotter(PATTERNS);
    for (let round = 0; round < 3_000; round++) {
      const text = Array.from({ length: Math.floor(random() * 30) }, () => ALPHABET[Math.floor(random() * ALPHABET.length)]).join("");
      const spots = spotter.spots(text);
      for (const [place, { source, flags }] of PATTERNS.entries()) {
        const all = [...text.matchAll(new RegExp(source, `${flags}g`))].map(({ index, 0: match }) => [index, match]);
        const led = [...matchesAt(text, new RegExp(source, `${flags}y`), spots[place] ?? [])].map(({ index, 0: match }) => [index, match]);
        expect(led).toEqual(all);
      }
    }
  });

  it("passes over nearly all of what no pattern begins with", () => {
    const [spots = []] = new Spotter([/password|token/i]).spots("The quick brown fox jumps over the lazy dog. ".repeat(20));
    expect(spots).toEqual([]);
  });

  it("refuses a pattern whose beginning cannot be told", () => {
    expect(() => new Spotter([/(a)\1/])).toThrow(RangeError);
  });
});
