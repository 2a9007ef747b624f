import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { InferenceRequest, JsonObject } from "../inference";
import { type CapOptions, capOutput, OUTPUT_TOKENS_OF_TASK, schemaTokens } from "./cap-output";

const asking = (more: Partial<InferenceRequest> = {}): InferenceRequest => ({
  model: "any",
  turns: [{ role: "user", parts: [{ type: "text", text: "hi" }] }],
  sampling: {},
  stream: false,
  streamUsage: false,
  ...more,
});
const plain: CapOptions["capabilities"] = { outputTokensMax: 64_000, reasoning: "none", reasoningCanBeOff: true };
const budget: CapOptions["capabilities"] = { ...plain, reasoning: "budget" };
const tool = { kind: "function" as const, name: "write" };
const schema: JsonObject = {
  type: "object",
  properties: { rows: { type: "array", items: { type: "object", properties: { name: { type: "string" } } } } },
};

describe("output caps", () => {
  it("never raise a caller's own value, and lower it to hard limits only", () => {
    const any = fc.record({
      asked: fc.nat(200_000),
      key: fc.option(fc.integer({ min: 1, max: 100_000 }), { nil: undefined }),
      task: fc.nat(40_000),
    });
    fc.assert(
      fc.property(any, ({ asked, key, task }) => {
        const options = { capabilities: budget, defaultTokens: task, ...(key === undefined ? {} : { keyTokensMax: key }) };
        const request = asking({ outputTokensMax: asked, reasoning: { mode: "enabled", budgetTokens: 20_000 } });
        expect(capOutput(request, options).outputTokensMax).toBe(Math.min(asked, 64_000, key ?? Number.POSITIVE_INFINITY));
      }),
    );
    expect(capOutput(asking({ outputTokensMax: 0 }), { capabilities: plain, defaultTokens: 500 })).toEqual({
      outputTokensMax: 0,
      from: "caller",
    });
  });

  it("are the task's default, within the limits of model and key", () => {
    expect(capOutput(asking(), { capabilities: plain, defaultTokens: 1024 })).toEqual({ outputTokensMax: 1024, from: "task" });
    expect(capOutput(asking(), { capabilities: plain, defaultTokens: 99_000 })).toEqual({ outputTokensMax: 64_000, from: "model-limit" });
    expect(capOutput(asking(), { capabilities: plain, defaultTokens: 1024, keyTokensMax: 500 })).toEqual({
      outputTokensMax: 500,
      from: "key-limit",
    });
    expect(capOutput(asking(), { capabilities: plain, keyTokensMax: 500 })).toEqual({ outputTokensMax: 500, from: "key-limit" });
    expect(capOutput(asking(), { capabilities: plain })).toEqual({ from: "none" });
  });

  it("leave a thinking budget its room, and say by how much a hard limit falls short of it", () => {
    const request = asking({ reasoning: { mode: "enabled", budgetTokens: 10_000 } });
    expect(capOutput(request, { capabilities: budget, defaultTokens: 1024 }).outputTokensMax).toBeGreaterThan(11_000);
    expect(capOutput(request, { capabilities: budget, defaultTokens: 1024, keyTokensMax: 9000 })).toMatchObject({
      outputTokensMax: 9000,
      tokensShort: 3048,
    });
    expect(capOutput(asking({ reasoning: { mode: "disabled" } }), { capabilities: budget, defaultTokens: 1024 }).outputTokensMax).toBe(
      1024,
    );
  });

  it("leave room where the model thinks unasked, and none where it has to be asked", () => {
    const effort: CapOptions["capabilities"] = { ...plain, reasoning: "effort" };
    expect(capOutput(asking(), { capabilities: effort, defaultTokens: 1024 }).outputTokensMax).toBeGreaterThan(16_000);
    expect(capOutput(asking(), { capabilities: budget, defaultTokens: 1024 }).outputTokensMax).toBe(1024);
    // What was switched off goes on where the model cannot switch it off.
    const always: CapOptions["capabilities"] = { ...effort, reasoningCanBeOff: false };
    expect(
      capOutput(asking({ reasoning: { effort: "none" } }), { capabilities: always, defaultTokens: 1024 }).outputTokensMax,
    ).toBeGreaterThan(16_000);
  });

  it("leave room for calls and for what a schema asks for", () => {
    expect(capOutput(asking({ tools: [tool] }), { capabilities: plain, defaultTokens: 1024 }).outputTokensMax).toBeGreaterThanOrEqual(
      16_384,
    );
    expect(
      capOutput(asking({ tools: [tool], toolChoice: { mode: "none" } }), { capabilities: plain, defaultTokens: 1024 }).outputTokensMax,
    ).toBe(1024);
    const structured = asking({ outputFormat: { type: "json-schema", schema } });
    expect(capOutput(structured, { capabilities: plain, defaultTokens: OUTPUT_TOKENS_OF_TASK.classification }).outputTokensMax).toBe(
      schemaTokens(schema),
    );
    expect(schemaTokens(schema)).toBeGreaterThan(4096);
  });

  it("are bounded for schemas that never end", () => {
    let deep: JsonObject = { type: "string" };
    for (let depth = 0; depth < 5000; depth += 1) deep = { type: "array", items: deep };
    expect(schemaTokens(deep)).toBeLessThanOrEqual(32_768);
    const wide = {
      type: "object",
      properties: Object.fromEntries(Array.from({ length: 50_000 }, (_, at) => [`f${at}`, { type: "string" }])),
    };
    expect(schemaTokens(wide)).toBe(32_768);
    expect(schemaTokens({})).toBeGreaterThan(0);
  });
});
