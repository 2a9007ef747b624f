import { describe, expect, it } from "vitest";
import { defineConfig } from "../config";
import { parseObject } from "../core/json";
import type { JsonObject } from "../inference";
import { providers } from "../providers";
import type { Balance } from "./balance";
import { planFor, type Routes } from "./plan";
import { takeModels } from "./take-models";

const config = defineConfig({
  aliases: {
    plain: ["anthropic/claude-sonnet-4-6", "openai/gpt-4o"],
    weighted: [
      {
        oneOf: [
          { model: "openai/gpt-4o", weight: 3 },
          { model: "groq/llama", weight: 1 },
        ],
      },
    ],
    quickest: [{ oneOf: [{ model: "openai/gpt-4o" }, { model: "groq/llama" }], by: "latency" }],
    sticky: [{ oneOf: [{ model: "openai/gpt-4o" }, { model: "groq/llama" }, { model: "mistral/large" }], sticky: true }],
    patient: { chain: ["openai/gpt-4o"], failover: "after-retries", deadlines: { idleMs: 5 } },
  } as never, // what leaves defaults out is what an operator writes
  models: [],
  cors: { origins: [], maxAgeSeconds: 0 },
  limits: { requestBytesMax: 1024, replyBytesMax: 1024, nestingMax: 8 },
  failover: { retry: { roundsMax: 1 } },
});
const settings = { ANTHROPIC_API_KEY: "a", OPENAI_API_KEY: "b", GROQ_API_KEY: "c", MISTRAL_API_KEY: "d" };
const routes: Routes = { config, providers, settings };
const balance = (change: Partial<Balance> = {}): Balance => ({ random: () => 0.5, ttftMs: () => undefined, principal: "key_1", ...change });
const ids = (asked: string, given = balance(), others: string[] = []) => planFor(asked, routes, given, others).chain.map(({ id }) => id);

describe("a plan", () => {
  it("is the alias's chain, and the client's own names behind it, each once", () => {
    expect(ids("plain", balance(), ["openai/gpt-4o", "groq/llama"])).toEqual([
      "anthropic/claude-sonnet-4-6",
      "openai/gpt-4o",
      "groq/llama",
    ]);
  });

  it("has a deployment for every credential of a provider", () => {
    const { chain } = planFor("openai/gpt-4o", { ...routes, settings: { ...settings, OPENAI_API_KEY_2: "second" } });
    expect(chain.map(({ id, access }) => [id, access.credential])).toEqual([
      ["openai/gpt-4o", "b"],
      ["openai/gpt-4o#2", "second"],
    ]);
  });

  it("has the alias's policy over the configured one over the defaults", () => {
    expect(planFor("patient", routes).policy).toMatchObject({
      failover: "after-retries",
      deadlines: { idleMs: 5, headersMs: 600_000 },
      retry: { roundsMax: 1, baseMs: 1000 },
    });
    expect(planFor("plain", routes).policy).toMatchObject({ failover: "walk-first", deadlines: { idleMs: 120_000 } });
  });
});

describe("one step with several deployments", () => {
  it("is spread by weight, and the others stand by", () => {
    let state = 1;
    const random = () => {
      state = (state * 48_271) % 2_147_483_647;
      return state / 2_147_483_647;
    };
    const firsts = Array.from({ length: 4000 }, () => ids("weighted", balance({ random }))[0]);
    const share = firsts.filter((id) => id === "openai/gpt-4o").length / firsts.length;
    expect(share).toBeGreaterThan(0.7);
    expect(share).toBeLessThan(0.8);
    expect(ids("weighted")).toHaveLength(2);
  });

  it("prefers the quickest, and one that has not been measured before all", () => {
    const known: Record<string, number> = { "openai/gpt-4o": 900, "groq/llama": 300 };
    expect(ids("quickest", balance({ ttftMs: (id) => known[id] }))[0]).toBe("groq/llama");
    expect(ids("quickest", balance({ ttftMs: (id) => (id === "groq/llama" ? 300 : undefined) }))[0]).toBe("openai/gpt-4o");
  });

  it("keeps a principal where it was, and spreads principals over all", () => {
    const first = (principal: string) => ids("sticky", balance({ principal, random: Math.random }))[0];
    const principals = Array.from({ length: 300 }, (_, at) => `key_${at}`);
    for (const principal of principals) expect(first(principal)).toBe(first(principal));
    const counts = new Map<string | undefined, number>();
    for (const principal of principals) counts.set(first(principal), (counts.get(first(principal)) ?? 0) + 1);
    expect([...counts.values()].every((count) => count > 60)).toBe(true);
  });
});

describe("takeModels", () => {
  const take = (text: string) => {
    const { json, others } = takeModels(parseObject<JsonObject>(text, 16), 16);
    return { text: json.text, others };
  };

  it.each([
    ['{"model":"a","models":["a","b"],"x":1}', '{"model":"a","x":1}', ["b"]],
    ['{"model":"a", "x":1, "models" : ["b"] }', '{"model":"a", "x":1 }', ["b"]],
    ['{"models":["a","b"],"n":1.0}', '{"model":"a","n":1.0}', ["b"]],
    ['{"models":["a"]}', '{"model":"a"}', []],
    ['{"mod\\u0065ls":["a","b"],"model":"a"}', '{"model":"a"}', ["b"]],
    ['{"model":"a"}', '{"model":"a"}', []],
  ])("%s", (text, after, others) => {
    expect(take(text)).toEqual({ text: after, others });
  });

  it.each(['{"models":[]}', '{"models":"a"}', '{"models":[1]}', '{"models":[""]}', `{"models":${JSON.stringify(Array(9).fill("a"))}}`])(
    "refuses %s",
    (text) => {
      expect(() => take(text)).toThrow(/models/);
    },
  );
});
