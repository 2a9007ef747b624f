import { describe, expect, it } from "vitest";
import { admit, bindingScopes, type Meters, settle, standing } from "./admission";
import { type LimitPolicy, scopesOf } from "./scopes";

const T0 = Date.parse("2026-11-27T12:00:00Z");
const [GPT, MINI, SONNET] = ["openai/gpt-4o", "openai/gpt-4o-mini", "anthropic/claude-sonnet-4-6"];

/** A key's calls, one after the other. */
class Books {
  meters: Meters = new Map();
  readonly #policy: LimitPolicy;
  #calls = 0;

  constructor(policy: LimitPolicy) {
    this.#policy = policy;
  }

  /** Has a call admitted, under names as the client wrote them, that these models may answer; and settled, as answered by `by`. */
  call(names: string[], models: string[], by?: string[]) {
    const scopes = scopesOf(this.#policy, { keyId: "key_1", user: undefined, names, models });
    const want = { requests: 1, tokens: 100, nanoUsd: 0, leastNanoUsd: 0, isBound: true };
    const [meters, admission] = admit(this.meters, T0, { id: String(++this.#calls), leaseUntilMs: T0, scopes, models, want });
    this.meters = meters;
    if (admission.kind === "denied") return admission.denial.name;
    const { permit, barred } = admission;
    const asked = by ?? models.filter((model) => !barred.includes(model)).slice(0, 1);
    const remaining = standing(meters, T0, bindingScopes(permit.scopes, models, barred)).requests?.remaining;
    this.meters = settle(meters, T0, permit, { requests: 1, tokens: 30, nanoUsd: 0 }, false, asked);
    return { barred, remaining };
  }
}

describe("limits of models", () => {
  it.each([
    ["openai/*", GPT],
    ["openai/*", "gpt-4o"],
    ["gpt-4o", "gpt-4o"],
    ["gpt-4o*", GPT],
    [GPT, "gpt-4o"],
  ])("of %s hold for %s, however it is spelled", (pattern, name) => {
    const books = new Books({ modelLimits: { [pattern]: { requestsPerMinute: 1 } } });
    expect([books.call([name], [GPT]), books.call([name], [GPT])]).toEqual([{ barred: [], remaining: 0 }, "requestsPerMinute"]);
    expect(books.call([SONNET], [SONNET])).toEqual({ barred: [] });
  });

  it("hold behind an alias, and for names to be tried after the first: a model at its limit is not asked, others are", () => {
    const books = new Books({ modelLimits: { "openai/*": { requestsPerMinute: 2 } } });
    const chain = [GPT, SONNET];
    expect([books.call(["smart"], chain), books.call([GPT, SONNET], chain)]).toEqual([{ barred: [] }, { barred: [] }]);
    expect(books.call(["smart"], chain)).toEqual({ barred: [GPT] });
    expect(books.call([SONNET, GPT], [SONNET, GPT])).toEqual({ barred: [GPT] });
    expect(books.call(["smart"], [GPT, MINI])).toBe("requestsPerMinute");
  });

  it("count who was asked, not who might have been", () => {
    const books = new Books({ modelLimits: { "openai/*": { requestsPerMinute: 2, tokensPerMinute: 1000, concurrency: 1 } } });
    for (let calls = 0; calls < 20; calls++) expect(books.call(["smart"], [SONNET, GPT])).toEqual({ barred: [] });
    expect(books.meters.get("model key_1/openai/*")).toMatchObject({
      taken: { requestsPerMinute: { amount: 0 }, tokensPerMinute: { amount: 0 } },
      underWay: 0,
    });
    books.call(["smart"], [SONNET, GPT], [SONNET, GPT]);
    expect(books.meters.get("model key_1/openai/*")).toMatchObject({
      taken: { requestsPerMinute: { amount: 1 }, tokensPerMinute: { amount: 30 } },
      underWay: 0,
    });
  });

  it("of an alias hold by its own name, whoever answers", () => {
    const books = new Books({ modelLimits: { smart: { requestsPerMinute: 1 } } });
    expect([books.call(["smart"], [GPT, SONNET]), books.call(["smart"], [SONNET])]).toEqual([
      { barred: [], remaining: 0 },
      "requestsPerMinute",
    ]);
    expect(books.call([GPT], [GPT])).toEqual({ barred: [] });
  });
});
