import { describe, expect, it } from "vitest";
import { SseDecoder } from "../core/sse";
import type { FinishKind, InferenceResponse, Part } from "../inference";
import { Collector, expandResponse } from "../inference";
import { protocols } from "../protocols";
import { type CacheEntry, isStorable, replayable } from "./entry";
import { Flight, Flights } from "./flight";
import { MemoryTier } from "./memory";
import { cachePolicy, readCacheHeaders } from "./policy";
import { matches, withRule } from "./purge";
import { PurgeLog } from "./purge-log";
import { replayStream } from "./replay";
import { type Lookup, ReplyCache, type ReplyCachePorts } from "./reply-cache";
import { SemanticCache } from "./semantic-cache";
import type { CacheTable } from "./tier";

const T0 = 1_800_000_000_000;
const reply = (text: string, kind: FinishKind = "stop", parts: Part[] = [{ type: "text", text }]): InferenceResponse => ({
  id: "r",
  model: "m",
  choices: [{ index: 0, parts, finish: { kind, raw: kind } }],
  usage: { uncachedInputTokens: 3, cacheWrite5mTokens: 4, cacheReadTokens: 5, outputTokens: 6, raw: { cache_creation_input_tokens: 4 } },
});
const entry = (change: Partial<CacheEntry> = {}): CacheEntry => ({
  ...{ v: 1, key: "k", tenant: "key:1", response: reply("Hello"), provider: "p", model: "m", modelAsked: "alias", requestId: "req" },
  ...{
    keyId: "1",
    user: null,
    tags: {},
    storedAtMs: T0,
    freshUntilMs: T0 + 60_000,
    costNanoUsd: 5,
    latencyMs: 9,
    inputTokens: 3,
    outputTokens: 6,
  },
  ...change,
});

describe("what is stored (PITFALLS C 26)", () => {
  it.each<[string, InferenceResponse, boolean]>([
    ["a whole reply", reply("Hello"), true],
    ["a tool call", reply("", "tool-calls", [{ type: "tool-call", id: "1", name: "f", kind: "function", arguments: "{}" }]), true],
    ["one cut at length", reply("Hello", "length"), false],
    ["a refusal", reply("No", "refusal"), false],
    ["an empty one", reply(" "), false],
    ["one that only thought", reply("", "stop", [{ type: "reasoning", text: "hm" }]), false],
    ["an unknown ending", reply("Hello", "other"), false],
  ])("%s", (_, response, isStored) => expect(isStorable(response)).toBe(isStored));

  it("is shown again without the provider's cache writes as new spend (PITFALLS C 29)", () => {
    expect(replayable(reply("x")).usage).toEqual({ uncachedInputTokens: 7, cacheReadTokens: 5, outputTokens: 6 });
  });
});

describe("policy", () => {
  const policyOf = (said: Partial<Parameters<typeof cachePolicy>[0]>, headers: Record<string, string> = {}) =>
    cachePolicy({
      ...{ config: {}, alias: undefined, key: undefined, temperature: undefined, isVolatile: false },
      wish: readCacheHeaders(new Headers(headers)),
      ...said,
    });

  it("caches at temperature 0 or where the caller asks, and nowhere else", () => {
    expect(policyOf({}).mode).toBe("off");
    expect(policyOf({ temperature: 0 }).mode).toBe("exact");
    expect(policyOf({ temperature: 0, isVolatile: true }).mode).toBe("off");
    expect(policyOf({}, { "x-sluice-cache": "exact" }).mode).toBe("exact");
    expect(policyOf({ temperature: 0 }, { "x-sluice-cache": "off" })).toMatchObject({ reads: false, writes: false });
  });

  it("lets nobody overrule an operator's or a key's off, and the alias refine the whole", () => {
    expect(policyOf({ alias: { mode: "off" } }, { "x-sluice-cache": "exact" }).mode).toBe("off");
    expect(policyOf({ key: { mode: "off" } }, { "x-sluice-cache": "semantic" }).mode).toBe("off");
    expect(policyOf({ config: { mode: "off" }, alias: { mode: "exact" } }).mode).toBe("exact");
    expect(policyOf({ alias: { ttlSeconds: 5 }, key: { ttl_seconds: 7, scope: "user" } })).toMatchObject({ ttlMs: 7000, scope: "user" });
  });

  it("heeds Cache-Control", () => {
    const asked = { "x-sluice-cache": "exact" };
    expect(policyOf({}, { ...asked, "cache-control": "no-store" })).toMatchObject({ reads: false, writes: false });
    expect(policyOf({}, { ...asked, "cache-control": "no-cache" })).toMatchObject({ reads: false, writes: true });
    expect(policyOf({}, { ...asked, "cache-control": "max-age=30, x=y" }).ageMsMax).toBe(30_000);
  });

  it("compares silently by default, and serves by meaning where the caller asks for it", () => {
    expect(policyOf({ alias: { mode: "semantic" } }).semantic).toBe("shadow");
    expect(policyOf({}, { "x-sluice-cache": "semantic" }).semantic).toBe("on");
    expect(policyOf({ alias: { semantic: "off" } }, { "x-sluice-cache": "semantic" }).semantic).toBe("off");
    expect(policyOf({ alias: { semantic: "on" } }, { "x-sluice-cache": "exact" }).semantic).toBe("off");
  });

  it.each([
    { "x-sluice-cache": "yes" },
    { "x-sluice-cache-ttl": "-1" },
    { "x-sluice-cache-ttl": "1e3" },
    { "x-sluice-cache-ttl": "9999999" },
  ])("refuses %o", (headers) => expect(() => readCacheHeaders(new Headers(headers as Record<string, string>))).toThrow(/x-sluice-cache/));
});

describe("lookup", () => {
  const table = (held: CacheEntry[] = []): CacheTable => ({
    name: "d1",
    get: async (key) => held.find((one) => one.key === key) ?? null,
    put: async () => {},
    remove: async () => {},
    purge: async () => [],
    rules: async () => [],
    remember: async () => {},
  });
  const never = (): Promise<never> => new Promise(() => {});
  const cacheWith = (change: Partial<ReplyCachePorts> = {}) =>
    new ReplyCache({
      memory: new MemoryTier(),
      kv: { ...table(), name: "kv" },
      table: table(),
      semantic: new SemanticCache({
        embed: async () => new Float32Array(1),
        index: { query: async () => [], upsert: async () => {}, removeNear: async () => [] },
        similarityMin: 0,
      }),
      purges: new PurgeLog(),
      now: () => T0 + 1000,
      log: () => {},
      ...change,
    });
  const lookup = (change: Partial<Lookup> = {}): Lookup => ({
    ...{ keys: { exact: "k" }, tenant: "key:1", outputTokensMax: undefined, background: () => {} },
    policy: cachePolicy({
      ...{ config: { mode: "exact" }, alias: undefined, key: undefined, temperature: undefined, isVolatile: false },
      wish: { reads: true, writes: true },
    }),
    ...change,
  });

  it("finds in the nearest tier, and promotes", async () => {
    const memory = new MemoryTier();
    const cache = cacheWith({ memory, table: table([entry()]) });
    expect((await cache.lookUp(lookup()))?.tier).toBe("d1");
    expect((await cache.lookUp(lookup()))?.tier).toBe("memory");
  });

  it.each<[string, Partial<CacheEntry>, Partial<Lookup>]>([
    ["another tenant's", { tenant: "key:2" }, {}],
    ["one that is no longer fresh", { freshUntilMs: T0 + 999 }, {}],
    ["a reply longer than the caller's cap", { outputTokens: 50 }, { outputTokensMax: 49 }],
  ])("never serves %s", async (_, change, asked) => {
    const memory = new MemoryTier();
    memory.put(entry(change));
    expect(await cacheWith({ memory, table: table([entry(change)]) }).lookUp(lookup(asked))).toBeNull();
  });

  it("serves nothing that was purged, nor anything while purges are unknown", async () => {
    const purged = { ...table([entry()]), rules: async () => [{ atMs: T0 }] };
    expect(await cacheWith({ table: purged }).lookUp(lookup())).toBeNull();
    const unknown = { ...table([entry()]), rules: () => Promise.reject(new Error("down")) };
    expect(await cacheWith({ table: unknown }).lookUp(lookup())).toBeNull();
  });

  it("takes a tier that fails or hangs for a miss, within a bounded time", async () => {
    const kv = { ...table(), name: "kv" as const, get: never };
    const startedAtMs = Date.now();
    expect((await cacheWith({ kv, table: table([entry()]) }).lookUp(lookup()))?.tier).toBe("d1");
    const broken = { ...table(), get: () => Promise.reject(new Error("down")) };
    expect(await cacheWith({ kv, table: broken }).lookUp(lookup())).toBeNull();
    expect(Date.now() - startedAtMs).toBeLessThan(3000);
  });

  it("keeps memory bounded, least recently used first", () => {
    const memory = new MemoryTier(5000);
    for (const key of ["a", "b", "c", "d", "e"]) memory.put(entry({ key }));
    expect(memory.get("a")).toBeNull();
    expect(memory.get("e")).not.toBeNull();
  });
});

describe("purging", () => {
  it("matches by key, user, model and tag", () => {
    const one = entry({ user: "u", tags: { team: "x" } });
    for (const selector of [{}, { key: "1" }, { user: "u" }, { model: "m" }, { model: "alias" }, { tag: { name: "team", value: "x" } }])
      expect(matches(one, selector)).toBe(true);
    for (const selector of [
      { key: "2" },
      { user: "v" },
      { key: "1", user: "v" },
      { model: "n" },
      { tag: { name: "toString", value: "x" } },
    ])
      expect(matches(one, selector)).toBe(false);
  });

  it("keeps a bounded list that never forgets a purge", () => {
    let rules = withRule([], { atMs: 1, key: "a" });
    for (let at = 2; at < 400; at++) rules = withRule(rules, { atMs: at, key: `k${at}` });
    expect(rules.length).toBeLessThanOrEqual(201);
    expect(rules.some((rule) => rule.key === undefined && rule.atMs >= 1)).toBe(true);
    expect(withRule(rules, { atMs: 500 })).toEqual([{ atMs: 500 }]);
  });
});

describe("replay (PITFALLS C 27)", () => {
  const parts: Part[] = [
    { type: "reasoning", text: "Let me think about it, at some length.", signature: "sig" },
    { type: "text", text: "Hello there, 안녕하세요 👩‍👩‍👧‍👦! ".repeat(40) },
    { type: "tool-call", id: "call_1", name: "f", kind: "function", arguments: '{"a":"some longer argument text, really"}' },
  ];
  const response = reply("", "tool-calls", parts);
  const options = { requestId: "req", model: "m", createdAt: 1, streamUsage: true, inputTokensEstimate: 1 };

  it.each(["openai-chat", "anthropic-messages"] as const)("streams in many pieces what amounts to the same reply: %s", async (id) => {
    const protocol = protocols[id];
    const bytes = new Uint8Array(await new Response(replayStream(response, protocol, options, 0)).arrayBuffer());
    const [sse, decoder, collector] = [new SseDecoder(), protocol.streamDecoder({ requestId: "req" }), new Collector()];
    let events = 0;
    for (const frame of [...sse.push(bytes), ...sse.end()])
      for (const event of decoder.push(frame)) {
        events += 1;
        collector.push(event);
      }
    for (const event of decoder.end()) collector.push(event);
    expect(events).toBeGreaterThan(20);
    const once = protocol.streamEncoder(options);
    const whole = new Collector();
    const direct = protocol.streamDecoder({ requestId: "req" });
    const text = expandResponse(response)
      .map((event) => once.push(event))
      .join("");
    const other = new SseDecoder();
    for (const frame of [...other.push(new TextEncoder().encode(text)), ...other.end()])
      for (const event of direct.push(frame)) whole.push(event);
    for (const event of direct.end()) whole.push(event);
    expect(collector.result()).toEqual(whole.result());
  });

  it("produces no more than is read, and stops when its reader leaves", async () => {
    const long = reply("word ".repeat(100_000));
    const reader = replayStream(long, protocols["openai-chat"], options, 0).getReader();
    const { value } = await reader.read();
    expect(value?.byteLength ?? 0).toBeLessThan(64 * 1024);
    await reader.cancel();
  });
});

describe("a flight", () => {
  const bytes = (text: string) => new TextEncoder().encode(text);

  it("gives late joiners what came before and then what comes", async () => {
    const flight = new Flight(Date.now);
    flight.add(bytes("one "));
    const early = new Response(
      flight.read(
        () => {},
        () => new Uint8Array(),
      ),
    ).text();
    flight.add(bytes("two "));
    const late = new Response(
      flight.read(
        () => {},
        () => new Uint8Array(),
      ),
    ).text();
    flight.add(bytes("three"));
    flight.state = "complete";
    expect(await Promise.all([early, late])).toEqual(["one two three", "one two three"]);
  });

  it("holds a bounded amount: the leader waits for slow readers, and in the end leaves them behind", async () => {
    let nowMs = T0;
    const flight = new Flight(() => nowMs);
    const slow = flight
      .read(
        () => {},
        () => bytes("LOST"),
      )
      .getReader();
    const chunk = new Uint8Array(1024 * 1024);
    let added = 0;
    while (flight.add(chunk)) added += 1;
    expect(added).toBe(4);
    nowMs += 31_000;
    expect(flight.add(chunk)).toBe(true);
    expect(new TextDecoder().decode((await slow.read()).value)).toBe("LOST");
    expect(flight.isJoinable).toBe(false);
  });

  it("tells its readers when its leader is gone", async () => {
    let nowMs = T0;
    const flight = new Flight(() => nowMs);
    flight.add(bytes("half"));
    const reading = new Response(
      flight.read(
        () => {},
        () => bytes(" ERROR"),
      ),
    ).text();
    nowMs += 11_000;
    expect(await reading).toBe("half ERROR");
    expect(new Flights(() => nowMs).follow("k")).toBeUndefined();
  });
});
