import fc from "fast-check";
import { expect, it } from "vitest";
import { CONCEPTS } from "./lexicon";
import { RULES, RuleTracker } from "./rules";

it("completes a rule with each concept of it once every group has one within the rule's reach", () => {
  const step = fc.tuple(fc.nat(CONCEPTS.length - 1), fc.integer({ min: 1, max: 50 }));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const tracker = new RuleTracker();
      const last = new Map<string, number>();
      let place = 0;
      for (const [concept, distance] of steps) {
        const name = CONCEPTS[concept];
        place += distance;
        if (name) last.set(name, place);
        const expected = RULES.flatMap(({ groups, unitsMax }, index) => {
          const latest = groups.map((group) => Math.max(...group.map((one) => last.get(one) ?? Number.NEGATIVE_INFINITY)));
          return groups.flat().some((one) => one === name) && latest.every((at) => at >= place - unitsMax) ? [index] : [];
        });
        expect(tracker.meet(concept, place, place + 1)).toEqual(expected);
      }
    }),
  );
});

it("tells where a rule was met, once within its reach", () => {
  const tracker = new RuleTracker();
  const meet = (concept: (typeof CONCEPTS)[number], place: number) => tracker.meet(CONCEPTS.indexOf(concept), place, place + 5);
  meet("reveal", 10);
  meet("system", 30);
  meet("prompt", 45);
  meet("prompt", 48);
  expect(tracker.met.map(({ rule, ...span }) => ({ name: RULES[rule]?.name, ...span }))).toEqual([
    { name: "prompt-leak", start: 10, end: 50 },
    { name: "leak-system-prompt", start: 10, end: 50 },
  ]);
});
