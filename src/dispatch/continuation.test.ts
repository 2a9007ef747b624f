import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { collectEvents, type InferenceEvent, type InferenceRequest } from "../inference";
import { Splice, withoutOverlap } from "./continuation";

const request: InferenceRequest = {
  model: "m",
  turns: [{ role: "user", parts: [{ type: "text", text: "Go" }] }],
  sampling: {},
  stream: true,
  streamUsage: false,
};
const start: InferenceEvent = { type: "start", id: "1", model: "m" };
const opens: InferenceEvent = { type: "part-start", choice: 0, part: 0, start: { type: "text" } };
const text = (words: string, part = 0): InferenceEvent => ({ type: "part-delta", choice: 0, part, delta: { type: "text", text: words } });
const closes = (part = 0): InferenceEvent => ({ type: "part-end", choice: 0, part });
const finish: InferenceEvent = { type: "finish", choice: 0, reason: { kind: "stop", raw: "stop" } };
const end: InferenceEvent = { type: "end" };

/** What a client reads of a reply that broke off after `first` and was gone on with by `second`. */
function spliced(first: readonly InferenceEvent[], second: readonly InferenceEvent[]) {
  const splice = new Splice();
  const shown = splice.pass(first);
  splice.resume(request);
  return [...shown, ...splice.pass(second)];
}
const textOf = (events: InferenceEvent[]) =>
  collectEvents(events).response.choices[0]?.parts.map((part) => (part.type === "text" ? part.text : part.type));

describe("a reply that is gone on with (PITFALLS A 4)", () => {
  const story = Array.from(
    { length: 12 },
    (_, night) => `In night ${night * 7919} the keeper of the lighthouse counted ${night ** 3 + 11} ships. `,
  ).join("");

  it("reads as one, wherever it broke, whatever the continuation repeats", () => {
    fc.assert(
      fc.property(
        fc.nat(story.length - 1),
        fc.nat(300),
        fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1 }),
        (cut, repeated, sizes) => {
          const before = story.slice(0, cut + 1);
          // From the very beginning, from some words back, or from the very next character.
          const from = repeated % 3 === 0 ? 0 : repeated % 3 === 1 ? Math.max(0, before.length - 12 - repeated) : before.length;
          const rest = story.slice(from);
          const pieces: InferenceEvent[] = [];
          for (let at = 0, turn = 0; at < rest.length; turn++) {
            const size = sizes[turn % sizes.length] ?? 1;
            pieces.push(text(rest.slice(at, at + size)));
            at += size;
          }
          const events = spliced([start, opens, text(before)], [start, opens, ...pieces, closes(), finish, end]);
          expect(textOf(events)).toEqual([story]);
          expect(events.filter(({ type }) => type === "start")).toHaveLength(1);
          expect(events.filter(({ type }) => type === "part-start")).toHaveLength(1);
          expect(events.filter(({ type }) => type === "end")).toHaveLength(1);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("leaves the continuation's own reasoning out, and shows a tool call behind its text", () => {
    const reasons: InferenceEvent[] = [
      { type: "part-start", choice: 0, part: 0, start: { type: "reasoning" } },
      { type: "part-delta", choice: 0, part: 0, delta: { type: "reasoning", text: "hm" } },
      closes(0),
    ];
    const call: InferenceEvent[] = [
      { type: "part-start", choice: 0, part: 2, start: { type: "tool-call", id: "c", name: "f", kind: "function" } },
      closes(2),
    ];
    const second = [start, ...reasons, { ...opens, part: 1 }, text("and on", 1), closes(1), ...call, finish, end];
    const events = spliced([start, opens, text("So ")], second);
    expect(textOf(events)).toEqual(["So and on", "tool-call"]);
  });

  it("is never one in which a tool call began, that had finished, or of which nothing was shown", () => {
    const canContinue = (events: InferenceEvent[]) => {
      const splice = new Splice();
      splice.pass(events);
      return splice.canContinue;
    };
    expect(canContinue([start, opens, text("Hello")])).toBe(true);
    expect(canContinue([start, opens])).toBe(false);
    expect(canContinue([start, opens, text("Hello"), closes(), finish])).toBe(false);
    const call: InferenceEvent = {
      type: "part-start",
      choice: 0,
      part: 0,
      start: { type: "tool-call", id: "c", name: "f", kind: "function" },
    };
    expect(canContinue([start, call, closes(), { ...opens, part: 1 }, text("Hello", 1)])).toBe(false);
  });

  it("is asked for in a turn of the user's: no model is given its own words to begin with", () => {
    const splice = new Splice();
    splice.pass([start, opens, text("Hello")]);
    expect(splice.resume(request).turns.map(({ role }) => role)).toEqual(["user", "assistant", "user"]);
  });
});

describe("withoutOverlap", () => {
  it("takes a short match for chance", () => {
    expect(withoutOverlap("the cat", "cat food")).toBe("cat food");
    expect(withoutOverlap("it was the best of times", "the best of times, it was")).toBe(", it was");
  });
});
