import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { InferenceEvent } from "../inference";
import { OUTPUT_CHARS_MAX } from "./custom";
import { Decisions } from "./guard";
import { OutputCheck } from "./output-check";

const schema = { type: "object", properties: { n: { type: "integer" } }, required: ["n"] };

function checking(action: "flag" | "block" = "block") {
  const decisions = new Decisions();
  return { check: new OutputCheck({ schema, action }, decisions), decisions };
}

const says = (choice: number, text: string): InferenceEvent => ({ type: "part-delta", choice, part: 0, delta: { type: "text", text } });

describe("a streamed reply", () => {
  it("is held against the schema choice by choice, however its pieces are cut and mixed", () => {
    const texts = ['{"n":1}', '{"n":"one"}', ' {\n"n": 7 }', "Sure!"];
    const cuts = fc.array(fc.record({ choice: fc.nat(texts.length - 1), size: fc.integer({ min: 1, max: 4 }) }), { maxLength: 60 });
    fc.assert(
      fc.property(cuts, (pieces) => {
        const { check } = checking();
        const at = texts.map(() => 0);
        const send = (choice: number, size: number) => {
          const from = at[choice] ?? 0;
          check.see(says(choice, (texts[choice] ?? "").slice(from, from + size)));
          at[choice] = from + size;
        };
        for (const { choice, size } of pieces) send(choice, size);
        for (const [choice, text] of texts.entries()) send(choice, text.length);
        expect(texts.map((_, choice) => check.mayEnd(choice))).toEqual([true, false, true, false]);
      }),
    );
  });

  it("that said nothing, or more than can be checked, is not what the schema asks for", () => {
    const { check } = checking();
    check.see(says(1, `{"n":1}${" ".repeat(OUTPUT_CHARS_MAX)}`));
    expect([check.mayEnd(0), check.mayEnd(1)]).toEqual([false, false]);
  });

  it("is not held against it where it calls a tool, in that choice alone", () => {
    const { check } = checking();
    check.see(says(0, "I look it up."));
    check.see({ type: "part-start", choice: 0, part: 1, start: { type: "tool-call", kind: "function", id: "c", name: "f" } });
    check.see(says(0, "Wait."));
    check.see(says(1, "No."));
    expect([check.mayEnd(0), check.mayEnd(1)]).toEqual([true, false]);
  });
});

describe("a whole reply", () => {
  it("is told of, and leaves, where the policy only flags", () => {
    const { check, decisions } = checking("flag");
    expect(check.mayPass([{ type: "text", text: "No." }])).toBe(true);
    expect(decisions.list).toEqual([{ guard: "output-schema", direction: "output", action: "flag", count: 1 }]);
  });

  it("has the texts of its parts put together", () => {
    const { check, decisions } = checking();
    const parts = ['{"n"', ":1}"].map((text) => ({ type: "text" as const, text }));
    expect([check.mayPass(parts), check.mayPass(parts.slice(1))]).toEqual([true, false]);
    expect(decisions.list).toHaveLength(1);
  });
});
