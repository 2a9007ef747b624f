import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { splitParticle, stemPredicate } from "./korean-stem";

describe("taking a Korean word apart", () => {
  it("leaves a word alone whose end only looks like a particle", () => {
    for (const word of ["나이", "바다", "지도", "회의"])
      expect(splitParticle(word).stem.length + splitParticle(word).particle.length).toBe(word.length);
    expect(splitParticle("은행")).toEqual({ stem: "은행", particle: "" });
  });

  it("takes any string, and never leaves nothing", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(..."가나다라마하했습니다요을를이있없겠ㅋㅠab1 "), minLength: 1, maxLength: 12 }),
        (word) => {
          expect(stemPredicate(word).stem).not.toBe("");
          expect(splitParticle(word).stem).not.toBe("");
        },
      ),
    );
  });

  it.each([
    ["학교에서", "학교", "에서"],
    ["친구를", "친구", "를"],
    ["서울까지", "서울", "까지"],
  ])("splits %s", (word, stem, particle) => {
    expect(splitParticle(word)).toEqual({ stem, particle });
  });

  it.each([
    ["먹었습니다", "먹어요", false],
    ["변경하나요", "변경합니다", true],
    ["추천해주세요", "추천해줘", true],
    ["빨라요", "빠르다", true],
    ["배워요", "배우나요", true],
    ["어려워요", "어렵습니다", true],
  ])("gives %s and %s one stem, and tells the past apart", (one, other, sameTense) => {
    expect(stemPredicate(one).stem).toBe(stemPredicate(other).stem);
    expect(stemPredicate(one).past === stemPredicate(other).past).toBe(sameTense);
  });
});
