import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { classifyTask } from "./classify-task";
import { TASKS } from "./task-cues";
import type { TaskView } from "./task-features";

const ask = (lastUserText: string, change: Partial<TaskView> = {}): TaskView => ({
  systemText: "",
  lastUserText,
  turnCount: 1,
  toolCount: 0,
  hasOutputSchema: false,
  hasImages: false,
  textLength: lastUserText.length,
  ...change,
});
const taskOf = (text: string, change: Partial<TaskView> = {}) => classifyTask(ask(text, change)).task;

/** Requests on which the weights are not trained; most of each kind must be told. */
const RIGHT_SHARE_MIN = 0.9;

interface LabelledLine {
  task: string;
  user: string;
  system?: string;
  turns?: number;
  schema?: object;
}

describe("a task", () => {
  it("has an answer for any request at all, however odd", () => {
    const view = fc.record({
      systemText: fc.string({ unit: "binary" }),
      lastUserText: fc.string({ unit: "binary" }),
      turnCount: fc.nat(),
      toolCount: fc.nat(),
      hasOutputSchema: fc.boolean(),
      schemaText: fc.string(),
      hasImages: fc.boolean(),
      textLength: fc.nat(),
    });
    fc.assert(
      fc.property(view, (given) => {
        const { task, confidence } = classifyTask(given);
        expect(TASKS).toContain(task);
        expect(confidence).toBeGreaterThanOrEqual(1 / TASKS.length - 1e-9);
        expect(confidence).toBeLessThanOrEqual(1);
        expect(classifyTask(given)).toEqual({ task, confidence });
      }),
    );
  });

  it("is told for most requests that the weights have not seen", () => {
    const lines = readFileSync(resolve(import.meta.dirname, "../../test/fixtures/task-holdout.jsonl"), "utf8")
      .split("\n")
      .filter(Boolean);
    const right = lines.filter((line) => {
      const { task, user, system = "", turns = 1, schema }: LabelledLine = JSON.parse(line);
      const form = { systemText: system, turnCount: turns, ...(schema && { hasOutputSchema: true, schemaText: JSON.stringify(schema) }) };
      return taskOf(user, form) === task;
    });
    expect(lines.length).toBeGreaterThanOrEqual(70);
    expect(right.length / lines.length).toBeGreaterThanOrEqual(RIGHT_SHARE_MIN);
  });

  it("is read off the form where the text is only a payload", () => {
    const text = "The parcel came two days late, but the shop was kind about it.";
    const choice = { type: "object", properties: { mood: { type: "string", enum: ["good", "bad"] } } };
    expect(taskOf(text, { hasOutputSchema: true, schemaText: JSON.stringify(choice) })).toBe("classification");
    const names = ["sender", "date", "carrier", "delay_days", "shop"];
    const record = { type: "object", properties: Object.fromEntries(names.map((name) => [name, { type: "string" }])) };
    expect(taskOf(text, { hasOutputSchema: true, schemaText: JSON.stringify(record) })).toBe("extraction");
  });

  it("is the same whether the instruction stands before a long text or behind it", () => {
    const story = "The ferry leaves at dawn and the harbour is quiet. Nobody has seen the keeper since the storm. ".repeat(300);
    expect(taskOf(`Summarize this text in two sentences.\n\n${story}`)).toBe("summarization");
    expect(taskOf(`${story}\n\nSummarize this text in two sentences.`)).toBe("summarization");
    expect(taskOf(`${story}\n\n위 글을 두 문장으로 요약해 주세요.`)).toBe("summarization");
  });

  it("costs no more for a long text than for one of 4 KB, and no text makes it slow", () => {
    const spent = (text: string) => {
      const view = ask(text);
      classifyTask(view);
      const before = performance.now();
      for (let round = 0; round < 20; round++) classifyTask(view);
      return (performance.now() - before) / 20;
    };
    const units = ["a", " ", "\n", "a, ", "((", "a_", ";\n ", "{\n", "[a,", "가나 ", "```", "=", "select ", "1,"];
    // Far above the usual 0.1 ms, far below what a quadratic pattern takes on a million characters.
    for (const unit of units) expect([unit, spent(unit.repeat(1_000_000 / unit.length)) < 20]).toEqual([unit, true]);
  });
});
