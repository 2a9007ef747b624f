import { describe, expect, it } from "vitest";
import config from "../../gateway.config";
import { defineConfig, type GatewayConfig } from "../config";
import type { InferenceRequest } from "../inference";
import { type RouteQuery, readTask, routeRequest } from "./route";

const gpt = "openai/gpt-4o";
const mini = "openai/gpt-4o-mini";
const request = (model: string, text = "hi"): InferenceRequest => ({
  ...{ model, sampling: {}, stream: false, streamUsage: false },
  turns: [{ role: "user", parts: [{ type: "text", text }] }],
});
const query = (change: Partial<RouteQuery> & { model: string }): RouteQuery => ({
  ...{ request: request(change.model), task: undefined, keyId: "key_1", user: undefined, tags: {}, inputTokens: () => 10, nowMs: 0 },
  ...change,
});
const withAlias = (alias: object): GatewayConfig => defineConfig({ ...config, aliases: { a: { chain: [gpt], ...alias } } });

describe("conditions of an alias", () => {
  it.each([
    [{ from: 9, to: 17, timeZone: "UTC" }, "2026-11-29T12:00:00Z", true],
    [{ from: 9, to: 17, timeZone: "UTC" }, "2026-11-29T17:00:00Z", false],
    [{ from: 22, to: 6, timeZone: "UTC" }, "2026-11-29T23:30:00Z", true],
    [{ from: 22, to: 6, timeZone: "UTC" }, "2026-11-29T12:00:00Z", false],
    [{ from: 9, to: 17, timeZone: "Asia/Seoul" }, "2026-11-29T01:00:00Z", true],
  ])("hours %o at %s: %s", (hours, at, holds) => {
    const routed = routeRequest(query({ model: "a", nowMs: Date.parse(at) }), withAlias({ routes: [{ when: { hours }, chain: [mini] }] }));
    expect(routed.steps).toEqual(holds ? [mini] : undefined);
  });

  it("hold all together, and the first that does decides", () => {
    const routes = [
      { when: { keys: ["key_1"], users: ["u"] }, chain: [mini] },
      { when: { keys: ["key_1"] }, chain: ["anthropic/claude-haiku-4-5"] },
    ];
    expect(routeRequest(query({ model: "a" }), withAlias({ routes }))).toMatchObject({
      steps: ["anthropic/claude-haiku-4-5"],
      note: { tier: "route 2" },
    });
    expect(routeRequest(query({ model: "a", user: "u" }), withAlias({ routes })).steps).toEqual([mini]);
    expect(routeRequest(query({ model: "a", keyId: "key_2" }), withAlias({ routes })).steps).toBeUndefined();
  });
});

describe("an experiment", () => {
  it("splits users by weight, each always to the same arm", () => {
    const split = [
      { name: "one", weight: 3, chain: [gpt] },
      { name: "two", weight: 1, chain: [mini] },
    ];
    const armOf = (user: string) => routeRequest(query({ model: "a", user }), withAlias({ split })).note?.tier;
    const users = Array.from({ length: 2000 }, (_, at) => `user ${at}`);
    const arms = users.map(armOf);
    expect(users.map(armOf)).toEqual(arms);
    const share = arms.filter((arm) => arm === "two").length / users.length;
    expect(share).toBeGreaterThan(0.21);
    expect(share).toBeLessThan(0.29);
  });
});

describe("auto", () => {
  it("asks more of the small models at a higher threshold, and has the task's own behind them", () => {
    const asked = (model: string) => routeRequest(query({ model, request: request(model, "Summarise: the cat sat.") }), config);
    const [cheap, best] = [asked("auto:cheap"), asked("auto:best")];
    expect(cheap.note?.complexity).toBe(best.note?.complexity);
    expect(cheap.steps?.[0]).toBe("anthropic/claude-haiku-4-5");
    expect(cheap.steps).toContain("anthropic/claude-sonnet-4-6");
  });

  it("takes the caller's word for the task", () => {
    expect(readTask(new Headers({ "x-sluice-task": " Coding " }))).toBe("coding");
    expect(routeRequest(query({ model: "auto", task: "reasoning" }), config).note?.task).toBe("reasoning");
    expect(() => readTask(new Headers({ "x-sluice-task": "x" }))).toThrow(/must be one of/);
  });

  it("is nobody's alias", () => {
    expect(() => defineConfig({ ...config, aliases: { auto: [gpt] } })).toThrow(/router's own names/);
  });
});
