import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { resolveOverlaps } from "./finding";
import { foldWidth } from "./fold-width";

describe("overlapping findings", () => {
  it("give way to the surer one, then to the longer", () => {
    const found = [
      { type: "A", start: 0, end: 4, score: 0.5 },
      { type: "B", start: 3, end: 6, score: 0.9 },
      { type: "C", start: 6, end: 8, score: 0.5 },
      { type: "D", start: 6, end: 9, score: 0.5 },
      { type: "E", start: 9, end: 9, score: 1 },
    ];
    expect(resolveOverlaps(found).map(({ type }) => type)).toEqual(["B", "D"]);
  });

  it("leave an ordered list without overlaps, in which every loser meets a winner", () => {
    const span = fc.record({ start: fc.nat(50), length: fc.integer({ min: 1, max: 9 }), score: fc.constantFrom(0.5, 0.9) });
    fc.assert(
      fc.property(fc.array(span), (drawn) => {
        const found = drawn.map(({ start, length, score }) => ({ type: "T", start, end: start + length, score }));
        const kept = resolveOverlaps(found);
        for (const [at, { start }] of kept.entries()) expect(start).toBeGreaterThanOrEqual(kept[at - 1]?.end ?? 0);
        for (const one of found) expect(kept.some(({ start, end }) => start < one.end && one.start < end)).toBe(true);
      }),
    );
  });
});

it("folding width keeps every offset", () => {
  expect(foldWidth("０１０－１２３４\u00a05\u20116\u2212７＠ａ\u3000한")).toBe("010-1234 5-6-7@a 한");
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => foldWidth(text).length === text.length));
});
