import Anthropic from "@anthropic-ai/sdk";
import type OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startGateway, type TestGateway } from "../support/gateway";
import { bothProviders, chatChunk, chatUsage, pause, startUpstream, streams, type Upstream } from "../support/upstream";

let gateway: TestGateway;
let upstream: Upstream;
let key: string;
let keyId: string;
beforeAll(async () => {
  upstream = await startUpstream();
  gateway = await startGateway(bothProviders(upstream), "test/support/single-call-worker.ts");
  ({ id: keyId, key } = await gateway.createKey());
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

let counter = 0;
/** A prompt that no other test uses. */
const fresh = (): string => `question ${++counter}`;

/** Answers whole or streaming; each reply has another text. */
function well(options: { afterMs?: number; gapMs?: number; finish?: string; texts?: string[]; status?: number } = {}): void {
  const { afterMs = 0, gapMs = 0, finish = "stop", status = 200 } = options;
  upstream.answer(async (response, received) => {
    const texts = options.texts ?? [`answer ${upstream.received.length}`, ", and", " more"];
    await pause(afterMs);
    if (status !== 200) return void response.writeHead(status, { "content-type": "application/json" }).end('{"error":{"message":"down"}}');
    if (received.body.stream === true) {
      const pieces = [
        chatChunk({ role: "assistant", content: "" }),
        ...texts.map((content) => chatChunk({ content })),
        chatChunk({}, finish),
        ...((received.body.stream_options as { include_usage?: boolean } | undefined)?.include_usage ? [chatUsage(10, 20)] : []),
        "data: [DONE]\n\n",
      ];
      return streams(pieces, gapMs)(response, received);
    }
    response.writeHead(200, { "content-type": "application/json" }).end(
      JSON.stringify({
        ...{ id: "chatcmpl-1", object: "chat.completion", created: 1, model: "gpt-4o" },
        choices: [{ index: 0, finish_reason: finish, message: { role: "assistant", content: texts.join("") } }],
        usage: { prompt_tokens: 10, completion_tokens: 20, total_tokens: 30 },
      }),
    );
  });
}

function ask(prompt: string, body: object = {}, headers: Record<string, string> = {}, of = key, signal?: AbortSignal): Promise<Response> {
  return fetch(`${gateway.url}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${of}`, "content-type": "application/json", ...headers },
    body: JSON.stringify({ model: "openai/gpt-4o", temperature: 0, messages: [{ role: "user", content: prompt }], ...body }),
    ...(signal ? { signal } : {}),
  });
}

const textOf = async (response: Response): Promise<string> => {
  const { choices } = (await response.json()) as OpenAI.ChatCompletion;
  return choices[0]?.message.content ?? "";
};
const tierOf = (response: Response): string | null => response.headers.get("x-sluice-cache");
const streamed = (text: string): string => [...text.matchAll(/"content":"([^"]*)"/g)].map(([, piece]) => piece).join("");

describe("exact caching", () => {
  it("is on at temperature 0, off otherwise, and serves what it stored: whole, streaming, and in the other protocol", async () => {
    well();
    const prompt = fresh();
    const first = await ask(prompt);
    expect([first.status, tierOf(first)]).toEqual([200, "miss"]);
    const text = await textOf(first);
    await gateway.row(first.headers.get("x-request-id") ?? "");
    const calls = upstream.received.length;

    const again = await ask(prompt);
    expect([tierOf(again), again.headers.get("x-sluice-cost-usd"), again.headers.get("x-sluice-provider")]).toEqual([
      "memory",
      "0",
      "openai",
    ]);
    expect(Number(again.headers.get("age"))).toBeGreaterThanOrEqual(0);
    expect(await textOf(again)).toBe(text);

    const stream = await ask(prompt, { stream: true });
    expect(tierOf(stream)).toBe("memory");
    const body = await stream.text();
    expect(streamed(body)).toBe(text);
    expect(body.endsWith("data: [DONE]\n\n")).toBe(true);

    const anthropic = new Anthropic({ apiKey: key, baseURL: gateway.url, maxRetries: 0 });
    const message = await anthropic.messages.create({
      ...{ model: "openai/gpt-4o", max_tokens: 100, temperature: 0 },
      messages: [{ role: "user", content: prompt }],
    });
    expect(message).toMatchObject({ stop_reason: "end_turn", content: [{ type: "text", text }], usage: { output_tokens: 20 } });
    const messages = await anthropic.messages
      .stream({ model: "openai/gpt-4o", max_tokens: 100, temperature: 0, messages: [{ role: "user", content: prompt }] })
      .finalMessage();
    expect(messages.content).toMatchObject([{ type: "text", text }]);
    expect(upstream.received.length).toBe(calls);

    const row = await gateway.row(again.headers.get("x-request-id") ?? "");
    expect(row).toMatchObject({
      status: "ok",
      cache: "memory",
      cost_nano_usd: 0,
      input_tokens: 0,
      saved_tokens: 30,
      saved_nano_usd: 225_000,
      attempts: 0,
    });

    const warm = await ask(prompt, { temperature: 0.7 });
    expect(tierOf(warm)).toBe("bypass");
    await warm.text();
  });

  it("stores a stream as it stores a whole reply", async () => {
    well();
    const prompt = fresh();
    const first = await ask(prompt, { stream: true, stream_options: { include_usage: true } });
    const text = streamed(await first.text());
    await gateway.row(first.headers.get("x-request-id") ?? "");
    const second = await ask(prompt);
    expect([tierOf(second), await textOf(second)]).toEqual(["memory", text]);
  });

  it.each<[string, () => void, object]>([
    ["cut at length", () => well({ finish: "length" }), {}],
    ["filtered", () => well({ finish: "content_filter" }), {}],
    ["empty", () => well({ texts: [""] }), {}],
    [
      "broken off",
      () => upstream.answer(streams([chatChunk({ content: "half" })], 5, (response) => void response.destroy())),
      { stream: true },
    ],
    ["failed", () => well({ status: 500 }), {}],
  ])("never stores a reply that was %s (PITFALLS C 26)", async (_, prepare, body) => {
    prepare();
    const prompt = fresh();
    const first = await ask(prompt, body);
    await first.text();
    await gateway.row(first.headers.get("x-request-id") ?? "");
    well();
    const second = await ask(prompt);
    expect(tierOf(second)).toBe("miss");
    await second.text();
  });

  it("never stores a reply whose client left", async () => {
    well({ gapMs: 60, texts: Array.from({ length: 30 }, () => "word ") });
    const prompt = fresh();
    const controller = new AbortController();
    const first = await ask(prompt, { stream: true }, {}, key, controller.signal);
    await first.body?.getReader().read();
    controller.abort();
    await gateway.row(first.headers.get("x-request-id") ?? "");
    well();
    const second = await ask(prompt);
    expect(tierOf(second)).toBe("miss");
    await second.text();
  });

  it("heeds Cache-Control and the caller's own headers, and refuses what they cannot mean", async () => {
    well();
    const prompt = fresh();
    await (await ask(prompt, {}, { "cache-control": "no-store" })).text();
    const stored = await ask(prompt, {}, { "cache-control": "no-cache" });
    expect(tierOf(stored)).toBe("bypass");
    await stored.text();
    await gateway.row(stored.headers.get("x-request-id") ?? "");
    const hit = await ask(prompt);
    expect(tierOf(hit)).toBe("memory");
    await hit.text();
    await pause(1100);
    const young = await ask(prompt, {}, { "cache-control": "max-age=1" });
    expect(tierOf(young)).toBe("miss");
    await young.text();
    const refused = await ask(prompt, {}, { "x-sluice-cache": "maybe" });
    expect(refused.status).toBe(400);
    expect(await refused.text()).toContain("off, exact or semantic");
  });

  it("goes on without its stores, and finds in KV and D1 what memory has lost", async () => {
    well();
    const prompt = fresh();
    const first = await ask(prompt);
    const text = await textOf(first);
    const row = await gateway.row(first.headers.get("x-request-id") ?? "");
    const { DB, KV } = await gateway.env();
    await pause(200);
    expect(await KV.get(`cache:${row.cache_key}`)).toContain(text);
    const held = await DB.prepare("SELECT body FROM cache_entries WHERE key = ?1").bind(row.cache_key).first<{ body: string }>();
    expect(held?.body).toContain(text);
  });
});

describe("whose entries", () => {
  it("never crosses keys, users or teams, whatever their rotation (PITFALLS C 23)", async () => {
    well();
    const prompt = fresh();
    const [a, b] = await Promise.all([gateway.createKey(), gateway.createKey()]);
    const first = await ask(prompt, {}, {}, a.key);
    const text = await textOf(first);
    await gateway.row(first.headers.get("x-request-id") ?? "");
    const foreign = await ask(prompt, {}, {}, b.key);
    expect(tierOf(foreign)).toBe("miss");
    expect(await textOf(foreign)).not.toBe(text);
    const rotated = (await (await gateway.admin(`/keys/${a.id}/rotate`, { method: "POST" })).json()) as { key: string };
    const own = await ask(prompt, {}, {}, rotated.key);
    expect([own.status, await textOf(own)]).not.toEqual([200, await textOf(await ask(prompt, {}, {}, b.key))]);

    const byUser = await gateway.createKey({ cache: { scope: "user" } });
    await (await ask(prompt, {}, { "x-sluice-user": "ann" }, byUser.key)).text();
    await pause(300);
    const ann = await ask(prompt, {}, { "x-sluice-user": "ann" }, byUser.key);
    const bob = await ask(prompt, {}, { "x-sluice-user": "bob" }, byUser.key);
    expect([tierOf(ann), tierOf(bob)]).toEqual(["memory", "miss"]);
    await Promise.all([ann.text(), bob.text()]);

    const team = { cache: { scope: "team" }, team: "red" };
    const [c, d] = await Promise.all([gateway.createKey(team), gateway.createKey(team)]);
    await (await ask(prompt, {}, {}, c.key)).text();
    await pause(300);
    const mate = await ask(prompt, {}, {}, d.key);
    expect(tierOf(mate)).toBe("memory");
    await mate.text();
    await gateway.admin(`/keys/${d.id}`, { method: "PATCH", body: JSON.stringify({ team: "blue" }) });
    const moved = await ask(prompt, {}, {}, d.key);
    expect(tierOf(moved)).toBe("miss");
    await moved.text();
  });

  it("gives nothing to a revoked key or beyond an exhausted budget (PITFALLS C 28)", async () => {
    well();
    const prompt = fresh();
    const poor = await gateway.createKey({ budget: 0.0003 });
    const first = await ask(prompt, { max_tokens: 20 }, {}, poor.key);
    expect(first.status).toBe(200);
    await first.text();
    await gateway.row(first.headers.get("x-request-id") ?? "");
    const hit = await ask(prompt, { max_tokens: 20 }, {}, poor.key);
    // What is left of the budget does not pay for the call anew.
    expect(hit.status).toBe(429);
    const revoked = await gateway.createKey();
    await (await ask(prompt, {}, {}, revoked.key)).text();
    await gateway.admin(`/keys/${revoked.id}`, { method: "DELETE" });
    const refused = await ask(prompt, {}, {}, revoked.key);
    expect(refused.status).toBe(401);
  });
});

describe("single flight", () => {
  it("100 identical streams are one call upstream and 100 equal replies; each has its row, the cost is booked once", {
    timeout: 60_000,
  }, async () => {
    well({ afterMs: 50, gapMs: 10, texts: Array.from({ length: 20 }, (_, at) => `word${at} `) });
    const { id, key: own } = await gateway.createKey();
    const prompt = fresh();
    const before = upstream.received.length;
    const responses = await Promise.all(Array.from({ length: 100 }, () => ask(prompt, { stream: true }, {}, own)));
    const texts = await Promise.all(responses.map((response) => response.text()));
    expect(upstream.received.length - before).toBe(1);
    // One that comes when the stream is over has the stored reply, in pieces of its own.
    for (const text of texts) expect(streamed(text)).toBe(Array.from({ length: 20 }, (_, at) => `word${at} `).join(""));
    for (const text of texts) expect(text.endsWith("data: [DONE]\n\n")).toBe(true);
    const rows = await rowsWhen(id, 100);
    expect(rows.filter(({ cost_nano_usd: cost }) => cost !== 0)).toHaveLength(1);
    // Shared with the leader, or stored by it while they were still looking in KV or D1.
    expect(rows.filter(({ cache }) => ["memory", "kv", "d1"].includes(String(cache)))).toHaveLength(99);
  });

  it.each([0, 3, 9])("the leader's leaving after %i pieces leaves 20 whole replies", { timeout: 60_000 }, async (pieces) => {
    const texts = Array.from({ length: 20 }, (_, at) => `word${at} `);
    well({ afterMs: 100, gapMs: 40, texts });
    const prompt = fresh();
    const before = upstream.received.length;
    const controller = new AbortController();
    const leader = ask(prompt, { stream: true }, {}, key, controller.signal);
    leader.catch(() => {});
    await pause(50);
    const followers = Array.from({ length: 20 }, () => ask(prompt, { stream: true }));
    if (pieces === 0) await pause(10);
    else {
      const reader = (await leader).body?.getReader();
      for (let read = 0; read < pieces; read++) await reader?.read();
    }
    controller.abort();
    const bodies = await Promise.all(followers.map(async (follower) => (await follower).text()));
    for (const body of bodies) expect(streamed(body)).toBe(texts.join(""));
    expect(upstream.received.length - before).toBe(1);
  });

  it("a leader that fails leaves the others to go on their own", async () => {
    let calls = 0;
    upstream.answer(async (response) => {
      await pause(100);
      calls += 1;
      response.writeHead(400, { "content-type": "application/json" }).end('{"error":{"message":"no"}}');
    });
    const prompt = fresh();
    const responses = await Promise.all([1, 2, 3].map(() => ask(prompt, { stream: true })));
    expect(responses.map(({ status }) => status)).toEqual([400, 400, 400]);
    expect(calls).toBe(3);
    await Promise.all(responses.map((response) => response.text()));
  });
});

describe("purge, feedback, savings", () => {
  it("purges by key, user, model, tag and everything", async () => {
    well();
    const own = await gateway.createKey();
    const selectors = [
      { key: own.id },
      { user: "eve" },
      { model: "openai/gpt-4o" },
      { tag: { name: "app", value: "x" } },
      { everything: true },
    ];
    for (const selector of selectors) {
      const prompt = fresh();
      const headers = { "x-sluice-user": "eve", "x-sluice-tags": '{"app":"x"}' };
      const first = await ask(prompt, {}, headers, own.key);
      await first.text();
      await gateway.row(first.headers.get("x-request-id") ?? "");
      await pause(100);
      const hit = await ask(prompt, {}, headers, own.key);
      expect(tierOf(hit)).toBe("memory");
      await hit.text();
      const purged = await gateway.admin("/cache/purge", { method: "POST", body: JSON.stringify(selector) });
      expect([purged.status, ((await purged.json()) as { purged: number }).purged > 0]).toEqual([200, true]);
      const after = await ask(prompt, {}, headers, own.key);
      expect([selector, tierOf(after)]).toEqual([selector, "miss"]);
      await after.text();
    }
    const empty = await gateway.admin("/cache/purge", { method: "POST", body: "{}" });
    expect(empty.status).toBe(400);
  });

  it("takes out what its client calls bad", async () => {
    well();
    const prompt = fresh();
    const first = await ask(prompt);
    await first.text();
    const id = first.headers.get("x-request-id") ?? "";
    await gateway.row(id);
    const feedback = await fetch(`${gateway.url}/v1/feedback`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: JSON.stringify({ request_id: id, rating: "down" }),
    });
    expect([feedback.status, await feedback.json()]).toEqual([200, { request_id: id, rating: "down", removed_from_cache: 1 }]);
    const after = await ask(prompt);
    expect(tierOf(after)).toBe("miss");
    await after.text();
    const foreign = await gateway.createKey();
    const others = await fetch(`${gateway.url}/v1/feedback`, {
      method: "POST",
      headers: { authorization: `Bearer ${foreign.key}`, "content-type": "application/json" },
      body: JSON.stringify({ request_id: id, rating: "down" }),
    });
    expect(others.status).toBe(404);
  });

  it("shows what was saved, by tier", async () => {
    const response = await gateway.admin(`/usage?group_by=cache&key=${keyId}`);
    const { data, totals } = (await response.json()) as { data: Record<string, unknown>[]; totals: Record<string, number> };
    const memory = data.find(({ group }) => group === "memory");
    expect(Number(memory?.cache_hits)).toBeGreaterThan(5);
    expect(Number(memory?.saved_usd)).toBeGreaterThan(0);
    expect(totals.saved_tokens).toBeGreaterThan(0);
  });

  it("a reply that is no longer fresh serves when every provider fails, and says so", async () => {
    well();
    const prompt = fresh();
    const first = await ask(prompt, {}, { "x-sluice-cache-ttl": "1" });
    const text = await textOf(first);
    await gateway.row(first.headers.get("x-request-id") ?? "");
    await pause(1200);
    well({ status: 503 });
    const stale = await ask(prompt);
    expect([stale.status, tierOf(stale), await textOf(stale)]).toEqual([200, "stale", text]);
    expect(stale.headers.get("x-sluice-fallback")).toContain("to=stored reply");
    const row = await gateway.row(stale.headers.get("x-request-id") ?? "");
    expect(row).toMatchObject({ cache: "stale", status: "ok" });
  });

  it("not to a client that wants one call and its answer as it is", async () => {
    well();
    const prompt = fresh();
    const first = await ask(prompt, {}, { "x-sluice-cache-ttl": "1" });
    await first.text();
    await gateway.row(first.headers.get("x-request-id") ?? "");
    await pause(1200);
    well({ status: 503 });
    for (const body of [{}, { stream: true }]) {
      const calls = upstream.received.length;
      const refused = await ask(prompt, body, { "x-sluice-fallback": "off" });
      await refused.text();
      expect([refused.ok, tierOf(refused), upstream.received.length - calls]).toEqual([false, "miss", 1]);
    }
  });
});

describe("semantic caching", () => {
  const semantic = { "x-sluice-cache": "semantic" };

  it("serves the same question in other words, and no other one", async () => {
    well();
    const { key: own } = await gateway.createKey();
    const first = await ask("How do I reset my password?", {}, semantic, own);
    const text = await textOf(first);
    await gateway.row(first.headers.get("x-request-id") ?? "");
    await pause(300);
    const same = await ask("How can I reset my password?", {}, semantic, own);
    expect([tierOf(same), await textOf(same)]).toEqual(["semantic", text]);
    expect(Number(same.headers.get("x-sluice-cache-similarity"))).toBeGreaterThan(0.3);
    for (const other of ["How do I reset my username?", "How do I not reset my password?", "Why do I reset my password?"]) {
      const miss = await ask(other, {}, semantic, own);
      expect([other, tierOf(miss)]).toEqual([other, "miss"]);
      await miss.text();
    }
    const otherSystem = await ask(
      "",
      {
        messages: [
          { role: "system", content: "Be brief." },
          { role: "user", content: "How can I reset my password?" },
        ],
      },
      semantic,
      own,
    );
    expect(tierOf(otherSystem)).toBe("miss");
    await otherSystem.text();
  });

  it("does not find another tenant's entry, however near", async () => {
    well();
    const [a, b] = await Promise.all([gateway.createKey(), gateway.createKey()]);
    await (await ask("How do I export my data?", {}, semantic, a.key)).text();
    await pause(500);
    const foreign = await ask("How can I export my data?", {}, semantic, b.key);
    expect(tierOf(foreign)).toBe("miss");
    await foreign.text();
  });

  it("in shadow mode serves nothing, and tells how often it would have been wrong", async () => {
    const shadow = await gateway.createKey({ cache: { mode: "semantic" } });
    well({ texts: ["You reset it in the settings."] });
    await (await ask("How do I reset my password?", {}, {}, shadow.key)).text();
    await pause(500);
    const second = await ask("How can I reset my password?", {}, {}, shadow.key);
    expect(tierOf(second)).toBe("miss");
    await second.text();
    const row = await gateway.row(second.headers.get("x-request-id") ?? "");
    expect(row.shadow).toBe("agree");
  });

  it("answers operators what it thinks of a pair", async () => {
    const verify = async (a: string, b: string) =>
      (await gateway.admin("/cache/verify", { method: "POST", body: JSON.stringify({ a, b }) })).json();
    expect(await verify("What is 5% of 20?", "What is 5% of 30?")).toMatchObject({ same: false });
    expect(await verify("Hi there", "Hi there")).toEqual({ similarity: 1, same: true, reason: "same" });
  });
});

async function rowsWhen(id: string, count: number): Promise<Record<string, unknown>[]> {
  const { DB } = await gateway.env();
  for (let tries = 0; tries < 100; tries++) {
    const { results } = await DB.prepare("SELECT * FROM usage WHERE key_id = ?1").bind(id).all();
    if (results.length >= count) return results;
    await pause(100);
  }
  throw new Error(`${id} has fewer than ${count} rows`);
}
