import { describe, expect, it } from "vitest";
import { seeded } from "../../test/support/seeded";
import { DEVICE_WORD } from "./pii/mac-address";
import { PASSPORT, TOLD_PATTERNS } from "./pii/told-by-context";
import { HEADER, PRODUCT, TELLING } from "./secrets/assigned";
import { JWT_START, SHAPE_HINTS } from "./secrets/shapes";
import { matchesAt, Spotter } from "./spotter";

const PATTERNS: readonly RegExp[] = [
  /pass(?:word|code)?|a[_ .-]?b|키(?=[는은= ])/i,
  /(?<![a-z])(?:ab?c{2}|d+e*f|[^a]x)(?=["']?\s{0,2}[:=])/i,
  /-us|\$ab\.|x/,
  /(?:a|bb|)c|\bd\d{2,4}/,
];

/** Those of the guards that are looked for in every text. */
const OWN = [TELLING, PRODUCT, HEADER, SHAPE_HINTS, JWT_START, PASSPORT, DEVICE_WORD, ...TOLD_PATTERNS];
/** Their own words, and what stands around such. */
const WORDS = [
  ...OWN.flatMap(({ source }) => source.split(/[^A-Za-z가-힣]+/)),
  ...["My name is Kim ", "이름은 홍길동 ", " born on 1990-01-02 ", "address: 12 Main Street ", "서울특별시 강남구 역삼로 12 "],
  ...["passport A1234567 ", "authorization: bearer a1b2c3d4e5f6 ", " heroku: ", " eyJ"],
  ...[" ", " ", ": ", "=", "_", "-", "은 ", "\n", "1", "9", "é", "다"],
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

  it("leads to every match of the guards' own patterns", () => {
    const random = seeded(12);
    const spotter = new Spotter(OWN);
    const met = OWN.map(() => 0);
    for (let round = 0; round < 3_000; round++) {
      const drawn = Array.from({ length: 12 }, () => WORDS[Math.floor(random() * WORDS.length)]).join("");
      const text = random() < 0.3 ? drawn.toUpperCase() : drawn;
      const spots = spotter.spots(text);
      for (const [place, pattern] of OWN.entries()) {
        const all = [...text.matchAll(new RegExp(pattern.source, pattern.flags.replace("y", "g")))].map(({ index }) => index);
        met[place] = (met[place] ?? 0) + all.length;
        expect([...matchesAt(text, pattern, spots[place] ?? [])].map(({ index }) => index)).toEqual(all);
      }
    }
    expect(Math.min(...met)).toBeGreaterThan(0);
  });

  it("passes over nearly all of what no pattern begins with", () => {
    const [spots = []] = new Spotter([/password|token/i]).spots("The quick brown fox jumps over the lazy dog. ".repeat(20));
    expect(spots).toEqual([]);
  });

  it("refuses a pattern whose beginning cannot be told", () => {
    expect(() => new Spotter([/(a)\1/])).toThrow(RangeError);
  });
});
