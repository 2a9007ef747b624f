import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { collectLog } from "../../test/support/keys";
import { makeFacts } from "../../test/support/usage";
import {
  buildRecord,
  describeGeneration,
  findGeneration,
  mergeTags,
  NO_SAVINGS,
  NOT_CACHED,
  readTags,
  readUsageMessage,
  recordUsage,
  retryDelaySeconds,
  type UsageMessage,
} from ".";

describe("buildRecord", () => {
  test("a finished request", () => {
    expect(buildRecord(makeFacts())).toEqual({
      id: "req_01kaaaaaaaaaaaaaaaaaaaaaaa",
      atMs: 1_795_000_000_000,
      keyId: "key_0123456789ab",
      user: "ann",
      tags: { team: "search", feature: "chat" },
      endpoint: "/v1/chat/completions",
      protocol: "openai-chat",
      stream: true,
      modelAsked: "default",
      modelServed: "claude-sonnet-4-6",
      provider: "anthropic",
      task: null,
      status: "ok",
      httpStatus: 200,
      errorClass: null,
      finish: "stop",
      inputTokens: 1650,
      cacheReadTokens: 1000,
      cacheWrite5mTokens: 100,
      cacheWrite1hTokens: 50,
      outputTokens: 40,
      reasoningTokens: 10,
      estimated: false,
      costNanoUsd: 3_075_000,
      priceVersion: "genai-prices/0.1.8",
      latencyMs: 1200,
      ttfbMs: 301,
      ttftMs: 350,
      attempts: 2,
      otherAttempts: [],
      upstreamId: "req_011CSHoEeqs5C35K2UUqR7Fy",
      warnings: ["`logit_bias` was left out"],
      ...NOT_CACHED,
      ...NO_SAVINGS,
      guardrails: [],
      usageRaw: { input_tokens: 500 },
    });
  });

  test("an error before any attempt costs nothing", () => {
    const record = buildRecord(
      makeFacts({ deployment: null, usage: undefined, outcome: { status: "error", httpStatus: 503, errorClass: "unavailable" } }),
    );
    expect(record).toMatchObject({
      modelServed: null,
      provider: null,
      costNanoUsd: 0,
      inputTokens: 0,
      errorClass: "unavailable",
      ...NOT_CACHED,
      ...NO_SAVINGS,
      guardrails: [],
      usageRaw: null,
    });
  });

  test("a failed attempt without figures costs nothing, a broken or left stream without figures costs who knows what", () => {
    const cost = (status: "error" | "interrupted" | "aborted" | "ok") =>
      buildRecord(makeFacts({ usage: undefined, outcome: { status, httpStatus: 200 } })).costNanoUsd;
    expect([cost("error"), cost("interrupted"), cost("aborted"), cost("ok")]).toEqual([0, null, null, null]);
  });

  test("estimated figures are priced and marked", () => {
    const usage = { uncachedInputTokens: 100, outputTokens: 10, estimated: true as const };
    expect(buildRecord(makeFacts({ usage }))).toMatchObject({ estimated: true, costNanoUsd: 450_000, usageRaw: null });
  });

  test("an unknown model has no price, not the price 0", () => {
    const deployment = { provider: { id: "anthropic", pricesId: "anthropic" }, model: "claude-99" };
    expect(buildRecord(makeFacts({ deployment }))).toMatchObject({ costNanoUsd: null, priceVersion: null });
  });

  test("figures that cannot be do not spoil the row", () => {
    const usage = { uncachedInputTokens: Number.NaN, outputTokens: -4, cacheReadTokens: 1.6 };
    const record = buildRecord(makeFacts({ usage }));
    expect(record).toMatchObject({ inputTokens: 0, outputTokens: 0, cacheReadTokens: 2, costNanoUsd: null });
    expect(readUsageMessage({ v: 1, record })).toHaveProperty("record");
  });

  test("stays far below a queue message whatever a client sends", () => {
    const long = "x".repeat(1_000_000);
    const record = buildRecord(
      makeFacts({
        principal: { key: { id: "key_0", policy: {} }, user: long },
        modelAsked: long,
        deployment: { provider: { id: "openai", pricesId: null }, model: long },
        upstreamId: long,
        warnings: Array.from({ length: 1000 }, () => long),
        usage: { uncachedInputTokens: 1, outputTokens: 1, raw: { long } },
      }),
    );
    expect(JSON.stringify(record).length).toBeLessThan(32_000);
    expect(record.warnings.at(-1)).toContain("too large to keep");
    expect(record.usageRaw).toBeNull();
  });
});

describe("tags", () => {
  test.each([
    ["no JSON", "{team"],
    ["an array", '["a"]'],
    ["null", "null"],
    ["a number as value", '{"a":1}'],
    ["an empty name", '{"":"a"}'],
    ["a long value", JSON.stringify({ a: "x".repeat(257) })],
    ["too many", JSON.stringify(Object.fromEntries(Array.from({ length: 17 }, (_, at) => [at, "x"])))],
    ["a long header", JSON.stringify({ a: "x".repeat(5000) })],
  ])("refuses %s, naming the header", (_, text) => {
    expect(() => readTags(new Headers({ "x-sluice-tags": text }))).toThrow(
      expect.objectContaining({ status: 400, param: "x-sluice-tags" }),
    );
  });

  test("reads an object of strings; absent is none; the key's own win", () => {
    expect(readTags(new Headers({ "x-sluice-tags": '{"team":"ads","run":"7"}' }))).toEqual({ team: "ads", run: "7" });
    expect(readTags(new Headers())).toEqual({});
    expect(mergeTags({ team: "search" }, { team: "ads", run: "7" })).toEqual({ team: "search", run: "7" });
  });
});

describe("recordUsage", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());
  const record = buildRecord(makeFacts());

  function sink(queueState: "up" | "down" | "silent", storeState: "up" | "down" | "silent") {
    const queued: UsageMessage[] = [];
    const stored: unknown[] = [];
    const answer = (state: string) =>
      state === "up" ? Promise.resolve() : state === "down" ? Promise.reject(new Error("down")) : new Promise<void>(() => {});
    return {
      queued,
      stored,
      queue: {
        send(message: UsageMessage) {
          queued.push(message);
          return answer(queueState);
        },
      },
      store: {
        insert(records: readonly unknown[]) {
          stored.push(...records);
          return answer(storeState);
        },
      },
    };
  }

  test("goes into the queue, with the version of its shape", async () => {
    const { queued, stored, ...rest } = sink("up", "up");
    const { log, lines } = collectLog();
    await recordUsage(record, rest, log);
    expect(queued).toEqual([{ v: 1, record }]);
    expect([stored, lines]).toEqual([[], []]);
  });

  test.each(["down", "silent"] as const)("queue %s: straight into the table", async (state) => {
    const { stored, ...rest } = sink(state, "up");
    const { log, lines } = collectLog();
    const done = recordUsage(record, rest, log);
    await vi.advanceTimersByTimeAsync(3000);
    await done;
    expect(stored).toEqual([record]);
    expect(lines).toEqual([expect.stringContaining("usage-queue-failed")]);
  });

  test("no queue at all: straight into the table", async () => {
    const { stored, store } = sink("up", "up");
    await recordUsage(record, { store }, collectLog().log);
    expect(stored).toEqual([record]);
  });

  test.each(["down", "silent"] as const)("queue and table %s: into the outbox of its key", async (state) => {
    const kept: [string, UsageMessage][] = [];
    const outbox = (keyId: string) => ({ keep: async (message: UsageMessage) => void kept.push([keyId, message]) });
    const { log, lines } = collectLog();
    const done = recordUsage(record, { ...sink(state, state), outbox }, log);
    await vi.advanceTimersByTimeAsync(10_000);
    await done;
    expect(kept).toEqual([[record.keyId, { v: 1, record }]]);
    expect(lines.join()).not.toContain("usage-record-not-stored");
  });

  test.each(["down", "silent"] as const)(
    "queue and table %s, no outbox: the log holds all of it, within 10 s, and nothing throws",
    async (state) => {
      const { log, lines } = collectLog();
      const done = recordUsage(record, sink(state, state), log);
      await vi.advanceTimersByTimeAsync(10_000);
      await done;
      const last = JSON.parse(lines.at(-1) ?? "{}");
      expect(last).toMatchObject({ level: "error", event: "usage-record-not-stored" });
      expect(readUsageMessage({ v: 1, record: last.record })).toEqual({ record });
    },
  );
});

describe("queue messages", () => {
  const record = buildRecord(makeFacts());

  test("survive JSON", () => {
    expect(readUsageMessage(JSON.parse(JSON.stringify({ v: 1, record })))).toEqual({ record });
  });

  test("with fields of a later time are read without them", () => {
    expect(readUsageMessage({ v: 1, record: { ...record, colo: "FRA" }, more: 1 })).toEqual({ record });
  });

  test.each<[string, unknown, string]>([
    ["nothing", null, ": invalid_type"],
    ["another version", { v: 2, record }, "v: invalid_value"],
    ["no id", { v: 1, record: { ...record, id: "" } }, "record.id: too_small"],
    ["half a token", { v: 1, record: { ...record, inputTokens: 1.5 } }, "record.inputTokens: invalid_type"],
    ["a missing field", { v: 1, record: { ...record, user: undefined } }, "record.user: invalid_type"],
  ])("with %s are refused by the names of the fields", (_, body, fault) => {
    expect(readUsageMessage(body)).toEqual({ faults: [fault] });
  });

  test("wait longer each time, at most an hour", () => {
    expect([1, 2, 3, 9, 10, 100].map(retryDelaySeconds)).toEqual([10, 20, 40, 2560, 3600, 3600]);
    expect(retryDelaySeconds(0)).toBe(10);
  });
});

describe("generation", () => {
  const record = buildRecord(makeFacts());
  const usage = { get: async (id: string) => (id === record.id ? record : null) };

  test("another key's is like one that does not exist", async () => {
    expect(await findGeneration(record.id, "key_other", usage)).toBeNull();
    expect(await findGeneration("req_none", record.keyId, usage)).toBeNull();
  });

  test("one's own shows who answered, tokens, cost and times", async () => {
    const shown = await findGeneration(record.id, record.keyId, usage);
    expect(shown).toEqual(describeGeneration(record));
    expect(shown?.data).toMatchObject({
      id: record.id,
      model: "claude-sonnet-4-6",
      provider_name: "anthropic",
      total_cost: 0.003075,
      tokens_prompt: 1650,
      native_tokens_cached: 1000,
      latency: 1200,
      generation_time: 850,
      streamed: true,
      cancelled: false,
      status: "ok",
    });
  });

  test("an unknown price is null there too", () => {
    expect(describeGeneration({ ...record, costNanoUsd: null }).data).toMatchObject({ total_cost: null });
  });
});
