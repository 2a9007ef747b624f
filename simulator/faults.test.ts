import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { plan, resplit, type Source, type Step } from "./faults";
import { CALM, type Scenario, type Split } from "./scenario";

const EVENTS = ['data: {"n":1}\n\n', 'data: {"n":2,"t":"café"}\n\n', 'data: {"n":3}\n\n', "data: [DONE]\n\n"];
const source = (events: Iterable<string> = EVENTS): Source => ({ events, opening: 1, errorEvent: (sent) => `data: {"error":${sent}}\n\n` });
const steps = (faults: Partial<Scenario>): Step[] => [...plan(source(), { ...CALM, firstTokenMs: 0, delayMs: 0, ...faults })];

/** Steps as text: bytes decoded, waits as `~ms`, a broken connection as `!`. */
function show(all: Iterable<Step>): string[] {
  return [...all].map((step) => (step.kind === "send" ? new TextDecoder().decode(step.bytes) : step.kind === "wait" ? `~${step.ms}` : "!"));
}

describe("faults", () => {
  it("leave a calm stream as it is", () => {
    expect(show(steps({}))).toEqual(EVENTS);
  });

  it("cut after n events, by a reset or cleanly", () => {
    expect(show(steps({ cut: 2 }))).toEqual([EVENTS[0], EVENTS[1], "!"]);
    expect(show(steps({ cut: 0 }))).toEqual(["!"]);
    expect(show(steps({ cut: 2, cleanEnd: true }))).toEqual([EVENTS[0], EVENTS[1]]);
    expect(show(steps({ cut: 99 }))).toEqual([...EVENTS, "!"]);
  });

  it("cut inside an event, and inside a character", () => {
    const inside = steps({ cutInside: 2 });
    expect(show(inside).at(-1)).toBe("!");
    expect(EVENTS[1]?.startsWith(show(inside)[1] ?? "?")).toBe(true);
    const rune = steps({ cutRune: 1 });
    const last = rune.at(-2);
    expect(last?.kind === "send" && last.bytes.at(-1)).toBe(0xc3); // the first byte of é
    expect(show(rune)).toHaveLength(3);
  });

  it("fall silent after n events, and break off in the end", () => {
    expect(show(steps({ stall: 1 }))).toEqual([EVENTS[0], "~600000", "!"]);
    expect(show(steps({ stall: 99 }))).toEqual([...EVENTS, "~600000", "!"]);
  });

  it("break the JSON of one event and keep its framing", () => {
    const [, broken, next] = show(steps({ malformed: 2 }));
    expect(broken).toMatch(/^data: \{"n":2.*\n\n$/);
    expect(() => JSON.parse(broken?.slice(6) ?? "")).toThrow(SyntaxError);
    expect(next).toBe(EVENTS[2]);
  });

  it("end with an error event after n events", () => {
    expect(show(steps({ errorAt: 0 }))).toEqual(['data: {"error":0}\n\n']);
    expect(show(steps({ errorAt: 2 }))).toEqual([EVENTS[0], EVENTS[1], 'data: {"error":2}\n\n']);
  });

  it("send nothing at all", () => {
    expect(steps({ empty: true })).toEqual([]);
  });

  it("pace: at once, the first token, then each event", () => {
    const paced = plan(source(), { ...CALM, firstTokenMs: 10, delayMs: 5 });
    expect(show(paced)).toEqual([EVENTS[0], "~10", EVENTS[1], "~5", EVENTS[2], "~5", EVENTS[3]]);
  });

  it("make events only as they are sent", () => {
    let made = 0;
    const counted = (function* () {
      for (const event of EVENTS) {
        made += 1;
        yield event;
      }
    })();
    const walk = plan(source(counted), { ...CALM, firstTokenMs: 0, delayMs: 0 });
    walk.next();
    expect(made).toBe(1);
  });
});

describe("splitting", () => {
  const splits: fc.Arbitrary<Split> = fc.oneof(
    fc.constantFrom<Split>({ kind: "event" }, { kind: "random" }, { kind: "utf8" }),
    fc.integer({ min: 1, max: 40 }).map((size): Split => ({ kind: "bytes", size })),
  );

  it("loses and adds no byte, and never sends an empty chunk", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "grapheme" })), splits, fc.nat(), (events, split, seed) => {
        const whole = [...plan(source(events.filter((event) => event !== "")), { ...CALM, firstTokenMs: 0, delayMs: 0 })];
        const chunks = [...resplit(whole, split, seed)].flatMap((step) => (step.kind === "send" ? [step.bytes] : []));
        const expected = whole.flatMap((step) => (step.kind === "send" ? [...step.bytes] : []));
        expect(chunks.flatMap((chunk) => [...chunk])).toEqual(expected);
        expect(chunks.every((chunk) => chunk.length > 0)).toBe(true);
      }),
    );
  });

  it("by size fills chunks across events, and sends what it holds before a wait", () => {
    const paced: Step[] = [send("abc"), send("de"), { kind: "wait", ms: 1 }, send("f")];
    expect(show(resplit(paced, { kind: "bytes", size: 4 }, undefined))).toEqual(["abcd", "e", "~1", "f"]);
    expect(show(resplit([send("abc")], { kind: "bytes", size: 1 }, undefined))).toEqual(["a", "b", "c"]);
  });

  it("sends what it holds before the connection breaks", () => {
    expect(show(resplit([send("abc"), { kind: "break" }], { kind: "bytes", size: 64 }, undefined))).toEqual(["abc", "!"]);
  });

  it("at characters leaves the first byte of each alone at the end of a chunk", () => {
    const chunks = [...resplit([send("aé\r\nb")], { kind: "utf8" }, undefined)].flatMap((step) =>
      step.kind === "send" ? [[...step.bytes]] : [],
    );
    expect(chunks).toEqual([
      [0x61, 0xc3],
      [0xa9, 0x0d],
      [0x0a, 0x62],
    ]);
  });

  it("at random is the same for the same seed", () => {
    const split = (seed: number) => show(resplit([send("x".repeat(500))], { kind: "random" }, seed));
    expect(split(5)).toEqual(split(5));
    expect(split(5)).not.toEqual(split(6));
  });
});

function send(text: string): Step {
  return { kind: "send", bytes: new TextEncoder().encode(text) };
}
