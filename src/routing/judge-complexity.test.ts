import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { COMPLEXITY_FEATURES, complexityFeatures } from "./complexity-features";
import { judgeComplexity } from "./judge-complexity";

describe("complexity", () => {
  it("is from 0 to 1 for any prompt at all, and the same each time", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 2000 }), (prompt) => {
        const complexity = judgeComplexity(prompt);
        expect(complexity).toBeGreaterThanOrEqual(0);
        expect(complexity).toBeLessThanOrEqual(1);
        expect(judgeComplexity(prompt)).toBe(complexity);
      }),
    );
  });

  it("has a finite feature for each name, also of the empty prompt", () => {
    for (const prompt of ["", " ", "\n\n", "9".repeat(400), "A. x\nB. y\n".repeat(50)]) {
      const features = complexityFeatures(prompt);
      expect(features).toHaveLength(COMPLEXITY_FEATURES.length);
      expect(features.every(Number.isFinite)).toBe(true);
    }
  });

  it.each([
    [
      "Hi",
      "Design a rate limiter for several regions. If one is cut off, it must not admit too much; first compare three algorithms, then prove the bound.",
    ],
    [
      "안녕?",
      "세 지역에서 동작하는 속도 제한기를 설계해 줘. 먼저 알고리즘 세 가지를 비교하고, 만약 한 지역이 끊기면 어떻게 되는지 분석한 다음 단계별로 증명해 줘.",
    ],
    [
      "Translate 'good morning' into Spanish.",
      "Prove that there are infinitely many primes of the form 4k + 3, then explain why the same argument fails for 4k + 1.",
    ],
    [
      "Tom has 3 apples and buys 4 more. How many apples does he have?",
      "A farm sells eggs in boxes of 12 at $3 each. On Monday it sold twice as many boxes as on Sunday, and on Tuesday a third fewer than on Monday. If Sunday's boxes brought $90 and 5 % of all eggs were returned at full price the next week, how much more money was left after three days than the $150 that the feed costs?",
    ],
  ])("of %j is below that of %j", (simple, hard) => {
    expect(judgeComplexity(simple)).toBeLessThan(judgeComplexity(hard));
  });

  it("costs no more for a long prompt than its bound, whatever it holds", () => {
    for (const unit of ["a", " ", "\n", "A. ", "\nA. x", "1,", "$", "\\a", "_", ".", "가", "x=", "def a", "( "]) {
      const prompt = unit.repeat(1_000_000 / unit.length);
      judgeComplexity(prompt);
      const before = performance.now();
      for (let round = 0; round < 5; round++) judgeComplexity(prompt);
      // Far above the usual 1 ms, far below what a quadratic pattern takes on a million characters.
      expect([unit, (performance.now() - before) / 5 < 100]).toEqual([unit, true]);
    }
  });
});
