import { describe, expect, it } from "vitest";
import { parseDirectives, ScenarioError } from "./directives";
import { CALM, directivesInText, readScenario, splitModel, withoutFaults } from "./scenario";

const read = (model: string, header: string | null = null, lastUserText = "") => readScenario({ header, model, lastUserText }).scenario;

describe("directives that cannot be read", () => {
  it.each([
    ["status=abc", "status must be a whole number"],
    ["status=200", "from 400 to 599"],
    ["stall=", "stall must be"],
    ["cut=-1", "cut must be"],
    ["cut=1.5", "cut must be"],
    ["nonsense=1", 'unknown directive "nonsense"'],
    ["constructor=1", 'unknown directive "constructor"'],
    ["no-usage=7", "takes no value"],
    ["split=sideways", "split must be"],
    ["bytes=0", "bytes must be"],
    ["key=", "needs a value"],
  ])("refuses %s and says why", (directive, reason) => {
    expect(() => parseDirectives(directive)).toThrow(ScenarioError);
    expect(() => parseDirectives(directive)).toThrow(reason);
  });
});

describe("where directives are found", () => {
  it("takes them from the model, whatever stands before", () => {
    expect(read("gpt-4o;sim:status=429,retry-after=2")).toMatchObject({ status: 429, retryAfterSeconds: 2 });
    expect(read("openai/sim:stall=5")).toMatchObject({ stall: 5 });
    expect(read("sim-cut=3")).toMatchObject({ cut: 3 });
    expect(read("sim-empty")).toMatchObject({ empty: true });
  });

  it("leaves ordinary names alone", () => {
    for (const model of ["gpt-4o", "sim-large", "simulated", "claude-sonnet-4-6", "meta/llama-3:free"]) expect(read(model)).toEqual(CALM);
  });

  it("takes them from the prompt, several if need be", () => {
    expect(directivesInText("a [[sim:cut=3]] b [[case:x-1]] [[refuse]]")).toBe("sim:cut=3;case:x-1");
    expect(read("gpt-4o", null, "hello [[sim:cut=3,bytes=1]]")).toMatchObject({ cut: 3, split: { kind: "bytes", size: 1 } });
  });

  it("lets the header win over the model, and the model over the prompt", () => {
    expect(read("gpt-4o;sim:cut=2", "cut=1", "[[sim:cut=3,tokens=9]]")).toMatchObject({ cut: 1, tokens: 9 });
    expect(read("gpt-4o;sim:cut=2", null, "[[sim:cut=3]]")).toMatchObject({ cut: 2 });
  });

  it("reads a recorded case together with directives", () => {
    expect(read("any/case:msg-s-1;split=random(7),cut=4")).toMatchObject({ caseId: "msg-s-1", split: { kind: "random" }, seed: 7, cut: 4 });
  });

  it("sends at once on delay=0, and still takes a first-token pause that is asked for", () => {
    expect(read("sim:delay=0")).toMatchObject({ delayMs: 0, firstTokenMs: 0 });
    expect(read("sim:delay=0,first-token=30")).toMatchObject({ delayMs: 0, firstTokenMs: 30 });
  });
});

describe("the model's name", () => {
  it.each([
    ["gpt-4o;sim:stall=5", "gpt-4o"],
    ["openai/gpt-4o:sim:cut=1", "openai/gpt-4o"],
    ["sim:cut=1", "simulated"],
    ["case:abc", "simulated"],
    ["sim-cut=1", "simulated"],
    ["sim-large", "sim-large"],
    ["gpt-4o", "gpt-4o"],
  ])("of %s is %s", (model, name) => {
    expect(splitModel(model).name).toBe(name);
  });
});

it("keeps what shapes the reply when the faults are used up", () => {
  const scenario = { ...CALM, status: 500, cut: 1, delayMs: 99, tokens: 7, seed: 3, times: 1 };
  expect(withoutFaults(scenario)).toEqual({ ...CALM, tokens: 7, seed: 3 });
});
