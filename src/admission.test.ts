import { describe, expect, it } from "vitest";
import { collectLog } from "../test/support/keys";
import { type Applicant, admitRequest, type LedgerKey } from "./admission";
import { defineConfig } from "./config";
import type { InferenceRequest } from "./inference";
import { budgetsSchema, type LedgerPort, OutputExpectation, principalObjectName, type Wanted } from "./limits";
import type { UsageRecord } from "./metering";
import { protocols } from "./protocols";
import { providers } from "./providers";
import { planFor, type Routes } from "./routing";

const T0 = Date.parse("2026-11-27T12:00:00Z");
const SONNET = "anthropic/claude-sonnet-4-6";
const config = defineConfig({
  aliases: { pair: ["openai/gpt-4o-mini", SONNET] },
  models: [],
  cors: { origins: [], maxAgeSeconds: 0 },
  limits: { requestBytesMax: 1024, replyBytesMax: 1024, nestingMax: 8 },
} as never); // what leaves defaults out is what an operator writes
const routes: Routes = { config, providers, settings: { ANTHROPIC_API_KEY: "a", OPENAI_API_KEY: "b" } };

const key: LedgerKey = {
  ...{ id: "key_1", name: "test", hash: "", createdAtMs: 0, updatedAtMs: 0, expiresAtMs: null, revokedAtMs: null },
  policy: { rules: { budget: budgetsSchema.parse(5) } },
};

type Ledger = LedgerPort<LedgerKey, UsageRecord>;

/** A ledger that admits everything. */
const generous: Ledger = {
  admit: async () => ({ kind: "admitted", standing: { requests: null, tokens: null, soft: [] }, barred: [] }),
  settle: async () => {},
  withdraw: async () => {},
};

function admission(model: string, change: Partial<Applicant>, ledger: (key: LedgerKey) => Ledger): ReturnType<typeof admitRequest> {
  const request: InferenceRequest = { model, turns: [], sampling: {}, stream: false, streamUsage: false, outputTokensMax: 100 };
  return admitRequest(
    {
      ...{ id: "req_1", endpoint: "/v1/messages", startedAtMs: T0, protocol: protocols["anthropic-messages"], principal: { key }, request },
      ...{ requestTags: {}, others: [], plan: planFor(model, routes), timeoutMs: undefined, inputTokens: () => 10_000 },
      ...{ cacheWriteOf: () => undefined, asides: () => [], headers: new Headers(), bodyText: "", background: () => {} },
      ...change,
    },
    {
      ...{ ledger, expectation: new OutputExpectation(), calibrations: new Map(), leaseMarginMs: 0 },
      ...{ clock: () => T0, log: collectLog().log },
    },
  );
}

/** What is asked of the ledger for a prompt of 10,000 tokens (and the frame's 16) and 100 of output. */
async function wantedBy(model: string, change: Partial<Applicant> = {}): Promise<Wanted> {
  const wants: Wanted[] = [];
  await admission(model, change, () => ({
    ...generous,
    admit: (call) => {
      wants.push(call.want);
      return generous.admit(call);
    },
  }));
  const [want] = wants;
  if (!want) throw new Error("nothing was asked for");
  return want;
}

describe("what a call reserves of a budget", () => {
  it("is its prompt, and its output as capped, at the dearest deployment", async () => {
    // $3 per million in, $15 out.
    expect(await wantedBy(SONNET)).toMatchObject({ nanoUsd: 10_016 * 3000 + 100 * 15_000, isBound: true });
    expect(await wantedBy("pair")).toMatchObject({ nanoUsd: 10_016 * 3000 + 100 * 15_000 });
  });

  it.each([
    ["5m", 3750],
    ["1h", 6000],
  ] as const)(
    "is what writing the prompt into the provider's cache for %s costs, where that is asked for",
    async (ttl, nanoUsdPerToken) => {
      const isSonnet = ({ provider }: { provider: { id: string } }) => provider.id === "anthropic";
      const change: Partial<Applicant> = { cacheWriteOf: (deployment) => (isSonnet(deployment) ? ttl : undefined) };
      expect(await wantedBy("pair", change)).toMatchObject({ nanoUsd: 10_016 * nanoUsdPerToken + 100 * 15_000 });
    },
  );

  it("is never less than plain input where writing costs nothing extra", async () => {
    const plain = await wantedBy("openai/gpt-4o");
    expect((await wantedBy("openai/gpt-4o", { cacheWriteOf: () => "1h" })).nanoUsd).toBeGreaterThanOrEqual(plain.nanoUsd);
  });

  it("has with it what other models are asked on its behalf", async () => {
    const { chain } = planFor("openai/gpt-4o-mini", routes);
    const aside = { chain, inputTokens: 984, outputTokens: 16 };
    // $0.15 per million in, $0.60 out.
    const more = 2 * (1000 * 150 + 16 * 600);
    expect((await wantedBy(SONNET, { asides: () => [aside, aside] })).nanoUsd).toBe((await wantedBy(SONNET)).nanoUsd + more);
  });
});

describe("a key that has joined or left a team", () => {
  it("is asked for where its books are kept now, as it is now, and is read anew", async () => {
    const moved: LedgerKey = { ...key, updatedAtMs: 1, policy: { team: "blue", rules: { team: "blue", teamLimits: {} } } };
    const again: LedgerKey = { ...moved, updatedAtMs: 2, policy: {} };
    const asked: [object: string, keyVersion: number][] = [];
    const admitted = await admission(SONNET, {}, (known) => {
      const object = principalObjectName(known.policy.rules ?? {}, known.id);
      return {
        ...generous,
        admit: async (call) => {
          asked.push([object, call.key.updatedAtMs]);
          if (call.key.updatedAtMs === 2) return generous.admit(call);
          return { kind: "moved", newerKey: call.key.updatedAtMs === 0 ? moved : again };
        },
      };
    });
    expect(asked).toEqual([
      ["key_1", 0],
      ["team:blue", 1],
      ["key_1", 2],
    ]);
    if ("replay" in admitted) throw new Error("nothing was kept");
    expect(admitted.newerKey?.updatedAtMs).toBe(2);
  });
});
