import fc from "fast-check";
import { expect, it } from "vitest";
import { overlapsRules } from "./rule-spans";

it("tells whether a window has a part of any rule", () => {
  const span = fc.tuple(fc.nat(60), fc.integer({ min: 1, max: 20 })).map(([start, length]) => ({ rule: 0, start, end: start + length }));
  fc.assert(
    fc.property(fc.array(span, { maxLength: 5 }), fc.nat(80), fc.integer({ min: 1, max: 20 }), (rules, start, length) => {
      const end = start + length;
      expect(overlapsRules(rules)(start, end)).toBe(rules.some((rule) => rule.start < end && rule.end > start));
    }),
  );
});
