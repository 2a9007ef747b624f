import { describe, expect, it } from "vitest";
import { seeded } from "../../../test/support/seeded";
import { CONTEXT_CHARS_BEFORE, saidAfter, saidBefore, words, wordsNear } from "./context";

const KNOWN = [words(/phone|\btel\b|휴대 ?전화|폰/), words(/\bid\b|주문 ?번호|licen[cs]e/), words(/계좌|account (?:no|#)/)];
const PIECES = ["phone", "TEL", "Tel ", "휴대전화", "휴대 전화", "폰", "id ", "주문번호", "License", "계좌", "account #", "Account No"];
const AROUND = [" ", " ", ": ", "x", "7", "는 ", "\u0130", "p\u212aone", "A", "가나", "\n", "lorem ipsum dolor sit amet "];

describe("the look for words beside a number", () => {
  it("misses none that stands there", () => {
    const random = seeded(3);
    let met = 0;
    for (let round = 0; round < 3_000; round++) {
      const drawn = (count: number) =>
        Array.from({ length: count }, () => {
          const from = random() < 0.4 ? PIECES : AROUND;
          return from[Math.floor(random() * from.length)];
        }).join("");
      const [before, after] = [drawn(8), drawn(3)];
      const text = `${before}1234567${after}`;
      const [start, end] = [before.length, before.length + 7];
      const near = wordsNear(text)(start, end);
      for (const { pattern, bit } of KNOWN) {
        if (!saidBefore(text, start, pattern, CONTEXT_CHARS_BEFORE) && !saidAfter(text, end, pattern)) continue;
        met++;
        expect(near & bit).toBe(bit);
      }
    }
    expect(met).toBeGreaterThan(1_000);
  });

  it("finds none in a text that has none", () => {
    expect(wordsNear("It happened that 1234567 of them came, 그리고 돌아갔다")(17, 24)).toBe(0);
  });
});
