import * as fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { openD1, type SqliteD1 } from "../../../test/support/sqlite-d1";
import { makeFacts } from "../../../test/support/usage";
import { newRequestId } from "../../core/id";
import { systemRandom } from "../../core/random";
import { buildRecord, USAGE_GROUPS, type UsageRecord } from "../../metering";
import { D1Usage } from "./usage";

const DAY_MS = 24 * 3_600_000;
const MIDNIGHT = Date.parse("2026-11-20T00:00:00Z");
const EVER = { fromMs: 0, toMs: MIDNIGHT + 100 * DAY_MS };

let fake: SqliteD1;
let usage: D1Usage;

beforeEach(() => {
  const opened = openD1();
  fake = opened.fake;
  usage = new D1Usage(opened.db);
});

function record(change: Partial<UsageRecord> = {}): UsageRecord {
  const atMs = change.atMs ?? MIDNIGHT;
  return { ...buildRecord(makeFacts({ atMs, id: newRequestId(atMs, systemRandom) })), ...change };
}

const text = fc.string({ unit: "binary", maxLength: 12 }).filter((value) => value.isWellFormed() && !value.includes("\0"));
const count = fc.nat(2 ** 40);
const records = fc.record({
  id: fc.constantFrom(..."abcdefgh").map((letter) => `req_${letter.repeat(26)}`),
  atMs: count,
  cache: fc.option(text),
  cacheKey: fc.option(text),
  savedTokens: count,
  savedNanoUsd: count,
  savedMs: count,
  guardrails: fc.array(fc.record({ guard: text, direction: text, action: text, count }), { maxLength: 3 }),
  route: fc.option(text),
  promptCacheNanoUsd: fc.option(fc.integer()),
  leftOutTokens: count,
  leftOutNanoUsd: count,
  routingNanoUsd: count,
  shadow: fc.constantFrom(null, "agree" as const, "differ" as const),
  keyId: text,
  user: fc.option(text),
  tags: fc.dictionary(text, text),
  endpoint: text,
  protocol: fc.constantFrom("openai-chat" as const, "anthropic-messages" as const),
  stream: fc.boolean(),
  modelAsked: text,
  modelServed: fc.option(text),
  provider: fc.option(text),
  task: fc.option(text),
  status: fc.constantFrom("ok" as const, "error" as const, "interrupted" as const, "aborted" as const),
  httpStatus: count,
  errorClass: fc.option(text),
  finish: fc.option(text),
  inputTokens: count,
  cacheReadTokens: count,
  cacheWrite5mTokens: count,
  cacheWrite1hTokens: count,
  outputTokens: count,
  reasoningTokens: count,
  estimated: fc.boolean(),
  costNanoUsd: fc.option(count),
  priceVersion: fc.option(text),
  latencyMs: count,
  ttfbMs: fc.option(count),
  ttftMs: fc.option(count),
  attempts: count,
  otherAttempts: fc.array(
    fc.record({
      provider: text,
      model: text,
      status: fc.constantFrom("error" as const, "aborted" as const, "interrupted" as const),
      errorClass: fc.option(text),
      startedMs: count,
      latencyMs: count,
      beside: fc.boolean(),
      inputTokens: count,
      outputTokens: count,
      estimated: fc.boolean(),
      costNanoUsd: fc.option(count),
    }),
    { maxLength: 3 },
  ),
  upstreamId: fc.option(text),
  warnings: fc.array(text),
  usageRaw: fc.option(fc.dictionary(text, fc.oneof(text, count, fc.constant(null)))),
});

describe("insert", () => {
  test("any record comes back as it was put", async () => {
    await fc.assert(
      fc.asyncProperty(records, async (one) => {
        fake.sqlite.exec("DELETE FROM usage");
        await usage.insert([one]);
        expect(await usage.get(one.id)).toEqual(one);
      }),
      { numRuns: 200 },
    );
  });

  test("a record that comes twice makes one row, and the first one stays", async () => {
    const one = record();
    await usage.insert([one, one]);
    await usage.insert([{ ...one, costNanoUsd: 1 }, record()]);
    expect((await usage.report("key", EVER)).totals.requests).toBe(2);
    expect(await usage.get(one.id)).toEqual(one);
  });

  test("a row that nobody had settled is replaced by the truth, and by nothing else", async () => {
    const one = record();
    const lost = { ...one, status: "unsettled" as const, costNanoUsd: 9 };
    await usage.insert([lost]);
    await usage.insert([{ ...lost, costNanoUsd: 5 }]);
    expect(await usage.get(one.id)).toEqual(lost);
    await usage.insert([one]);
    await usage.insert([lost]);
    expect(await usage.get(one.id)).toEqual(one);
  });

  test("a hundred rows are one statement, large ones a few, all or none", async () => {
    await usage.insert(Array.from({ length: 100 }, () => record()));
    expect(fake.statements).toBe(1);
    fake.statements = 0;
    await usage.insert(Array.from({ length: 60 }, () => record({ modelAsked: "x".repeat(20_000) })));
    expect(fake.statements).toBe(3);
    // What the table refuses takes the whole batch with it.
    const bad = { ...record({ modelAsked: "x".repeat(600_000) }), endpoint: null as unknown as string };
    await expect(usage.insert([record(), bad])).rejects.toMatchObject({ status: 503 });
    expect((await usage.report("key", EVER)).totals.requests).toBe(160);
    await usage.insert([]);
  });
});

describe("report", () => {
  test("sums what rows hold: tokens, money, errors, and what has no price", async () => {
    await usage.insert([
      record({
        costNanoUsd: 1,
        inputTokens: 10,
        outputTokens: 3,
        cacheReadTokens: 4,
        cacheWrite5mTokens: 1,
        cacheWrite1hTokens: 2,
        reasoningTokens: 1,
      }),
      record({ costNanoUsd: 2, status: "interrupted", estimated: true }),
      record({ costNanoUsd: null, status: "error" }),
      record({ costNanoUsd: 0, status: "aborted", modelServed: null, modelAsked: "fast" }),
    ]);
    const { groups, totals } = await usage.report("model", EVER);
    expect(totals).toMatchObject({
      requests: 4,
      errors: 2,
      aborted: 1,
      inputTokens: 10 + 3 * 1650,
      cacheReadTokens: 4 + 3 * 1000,
      cacheWriteTokens: 3 + 3 * 150,
      outputTokens: 3 + 3 * 40,
      reasoningTokens: 1 + 3 * 10,
      estimatedRequests: 1,
      costNanoUsd: 3,
      unpricedRequests: 1,
    });
    expect(groups.map(({ group, requests, costNanoUsd }) => [group, requests, costNanoUsd])).toEqual([
      ["claude-sonnet-4-6", 3, 3],
      ["fast", 1, 0],
    ]);
  });

  test("no rows: zeros, and no price", async () => {
    expect(await usage.report("model", EVER)).toMatchObject({ groups: [], truncated: false, totals: { requests: 0, costNanoUsd: null } });
  });

  test("only rows without a price: no price", async () => {
    await usage.insert([record({ costNanoUsd: null })]);
    expect((await usage.report("key", EVER)).groups).toMatchObject([{ costNanoUsd: null, unpricedRequests: 1 }]);
  });

  test("groups by everything there is; what a row lacks is null", async () => {
    await usage.insert([record({ user: null, task: "code" }), record({ task: null, keyId: "key_b", provider: null })]);
    const groups = async (by: (typeof USAGE_GROUPS)[number]) => (await usage.report(by, EVER)).groups.map(({ group }) => group).sort();
    expect(Object.fromEntries(await Promise.all(USAGE_GROUPS.map(async (by) => [by, await groups(by)])))).toEqual({
      cache: [null],
      model: ["claude-sonnet-4-6"],
      key: ["key_0123456789ab", "key_b"],
      user: ["ann", null],
      day: ["2026-11-20"],
      provider: ["anthropic", null],
      task: ["code", null],
    });
  });

  test("days are days in UTC, in order; the span takes its start and not its end", async () => {
    const at = [MIDNIGHT - 1, MIDNIGHT, MIDNIGHT + DAY_MS - 1, MIDNIGHT + DAY_MS];
    await usage.insert(at.map((atMs) => record({ atMs })));
    const days = async (span: { fromMs: number; toMs: number }) =>
      (await usage.report("day", span)).groups.map(({ group, requests }) => `${group}:${requests}`);
    expect(await days(EVER)).toEqual(["2026-11-19:1", "2026-11-20:2", "2026-11-21:1"]);
    expect(await days({ fromMs: MIDNIGHT, toMs: MIDNIGHT + DAY_MS })).toEqual(["2026-11-20:2"]);
  });

  test("a row whose clock was read a little after its id was made is still found", async () => {
    await usage.insert([{ ...record(), atMs: MIDNIGHT + 1500 }]);
    expect((await usage.report("key", { fromMs: MIDNIGHT + 1000, toMs: MIDNIGHT + 2000 })).totals.requests).toBe(1);
  });

  test("one key's rows only", async () => {
    await usage.insert([record({ keyId: "key_a" }), record({ keyId: "key_b" }), record({ keyId: "key_b" })]);
    expect((await usage.report("key", { ...EVER, keyId: "key_b" })).totals.requests).toBe(2);
  });

  test("more groups than it shows: says so, and the totals count all", async () => {
    await usage.insert(Array.from({ length: 1003 }, (_, at) => record({ user: `user-${at}` })));
    const { groups, truncated, totals } = await usage.report("user", EVER);
    expect([groups.length, truncated, totals.requests]).toEqual([1000, true, 1003]);
  });
});

describe("list", () => {
  test("newest first, page by page, each row once", async () => {
    const all = Array.from({ length: 23 }, (_, at) => record({ atMs: MIDNIGHT + at }));
    await usage.insert([...all].reverse());
    const seen: string[] = [];
    let before: string | undefined;
    for (;;) {
      const page = await usage.list({ ...EVER, limit: 5, ...(before === undefined ? {} : { before }) });
      seen.push(...page.map(({ id }) => id));
      before = page.at(-1)?.id;
      if (page.length < 5) break;
    }
    expect(seen).toEqual(all.map(({ id }) => id).reverse());
  });

  test("filters by key, status and model, whether asked for or served", async () => {
    const rows = [
      record({ keyId: "key_a", status: "ok", modelAsked: "fast", modelServed: "gpt-4o-mini" }),
      record({ keyId: "key_a", status: "error", modelAsked: "gpt-4o-mini", modelServed: null }),
      record({ keyId: "key_b", status: "error" }),
    ];
    await usage.insert(rows);
    const ids = async (filter: object) =>
      (await usage.list({ ...EVER, limit: 10, ...filter })).map(({ id }) => rows.findIndex((row) => row.id === id));
    expect((await ids({ keyId: "key_a" })).sort()).toEqual([0, 1]);
    expect((await ids({ status: "error" })).sort()).toEqual([1, 2]);
    expect((await ids({ model: "gpt-4o-mini" })).sort()).toEqual([0, 1]);
    expect(await ids({ model: "gpt-4o-mini", status: "error", keyId: "key_a" })).toEqual([1]);
    expect(await ids({ model: "x' OR '1'='1" })).toEqual([]);
  });
});

describe("the primary key is the order of time, so that", () => {
  const plan = (sql: string): string =>
    fake.sqlite
      .prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .all()
      .map((row) => String(row.detail))
      .join("; ");

  test("a span is a range of it and needs no sorting, for one key in the index", () => {
    const span = "id >= 'req_0' AND id < 'req_1' AND at_ms >= 1 AND at_ms < 2";
    expect(plan(`SELECT * FROM usage WHERE ${span} ORDER BY id DESC LIMIT 5`)).toBe("SEARCH usage USING PRIMARY KEY (id>? AND id<?)");
    expect(plan(`SELECT * FROM usage WHERE key_id = 'k' AND ${span} ORDER BY id DESC LIMIT 5`)).toBe(
      "SEARCH usage USING INDEX usage_by_key (key_id=? AND id>? AND id<?)",
    );
  });
});
