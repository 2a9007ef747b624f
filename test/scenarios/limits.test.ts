import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startGateway, type TestGateway } from "../support/gateway";
import { bothProviders, chatChunk, chatUsage, pause, startUpstream, streams, type Upstream } from "../support/upstream";

let gateway: TestGateway;
let upstream: Upstream;
beforeAll(async () => {
  upstream = await startUpstream();
  gateway = await startGateway(bothProviders(upstream), "test/support/single-call-worker.ts");
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

/** 10 tokens in and 20 out of gpt-4o: 10 × $2.50 + 20 × $10 per million. */
const COST_NANO_USD = 225_000;

const whole = (model = "gpt-4o"): string =>
  JSON.stringify({
    id: "chatcmpl-1",
    object: "chat.completion",
    created: 1,
    model,
    choices: [{ index: 0, finish_reason: "stop", message: { role: "assistant", content: "Hi" } }],
    usage: { prompt_tokens: 10, completion_tokens: 20, total_tokens: 30 },
  });

/** Answers whole or streaming, after a moment. */
function well(afterMs = 20): void {
  const stream = streams(
    [
      chatChunk({ role: "assistant", content: "" }),
      chatChunk({ content: "Hi" }),
      chatChunk({}, "stop"),
      chatUsage(10, 20),
      "data: [DONE]\n\n",
    ],
    0,
  );
  upstream.answer(async (response, received) => {
    await pause(afterMs);
    if (received.body.stream === true) return stream(response, received);
    response.writeHead(200, { "content-type": "application/json" }).end(whole());
  });
}

function ask(key: string, body: object = {}, headers: Record<string, string> = {}, signal?: AbortSignal): Promise<Response> {
  return fetch(`${gateway.url}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json", ...headers },
    body: JSON.stringify({ model: "openai/gpt-4o", messages: [{ role: "user", content: "hi" }], ...body }),
    ...(signal ? { signal } : {}),
  });
}

const rowsOf = async (keyId: string): Promise<Record<string, unknown>[]> => {
  const { DB } = await gateway.env();
  return (await DB.prepare("SELECT * FROM usage WHERE key_id = ?1 ORDER BY id").bind(keyId).all()).results;
};

/** Waits until a key has so many rows. */
async function rowsWhen(keyId: string, count: number): Promise<Record<string, unknown>[]> {
  for (let tries = 0; tries < 100; tries++) {
    const rows = await rowsOf(keyId);
    if (rows.length >= count) return rows;
    await pause(100);
  }
  throw new Error(`${keyId} has ${(await rowsOf(keyId)).length} rows, not ${count}`);
}

describe("concurrency and money are exact", () => {
  it("PITFALLS D 30: 500 parallel requests against a budget for 20: at most 20 are admitted, none of it overshot, the denied cost nothing", {
    timeout: 60_000,
  }, async () => {
    well();
    // On a busy machine the limiter itself is late for some: they are refused, too.
    const { id, key } = await gateway.createKey({ budget: { total: (20 * COST_NANO_USD) / 1e9 }, on_limiter_failure: "closed" });
    const before = upstream.received.length;
    const limiterLate = expect.stringContaining("limiter_unavailable");
    const responses = await Promise.all(Array.from({ length: 500 }, (_, at) => ask(key, { max_tokens: 20, stream: at % 2 === 0 })));
    const texts = await Promise.all(responses.map((response) => response.text()));
    const served = responses.filter(({ status }) => status === 200).length;
    expect(served).toBeLessThanOrEqual(20);
    expect(served).toBeGreaterThanOrEqual(15);
    expect(upstream.received.length - before).toBe(served);
    for (const [at, { status }] of responses.entries())
      if (status !== 200) expect([status, texts[at]]).toEqual(status === 503 ? [503, limiterLate] : [429, expect.stringMatching(/budget/)]);
    const rows = await rowsWhen(id, served);
    await pause(1500);
    expect(await rowsOf(id)).toHaveLength(served);
    expect(rows.reduce((sum, row) => sum + Number(row.cost_nano_usd), 0)).toBeLessThanOrEqual(20 * COST_NANO_USD);
  });

  it("a limit of 20 requests admits 20 of 500, and denied requests take nothing (PITFALLS D 32)", { timeout: 60_000 }, async () => {
    well();
    const { key } = await gateway.createKey({ limits: { rpd: 20 } });
    const responses = await Promise.all(Array.from({ length: 500 }, () => ask(key)));
    const statuses = responses.map(({ status }) => status);
    await Promise.all(responses.map((response) => response.text()));
    expect(statuses.filter((status) => status === 200)).toHaveLength(20);
    expect(statuses.filter((status) => status === 429)).toHaveLength(480);
  });

  it("a client that is steadily over its limit gets exactly its rate (PITFALLS D 32)", { timeout: 60_000 }, async () => {
    well();
    const { id, key } = await gateway.createKey({ limits: { rpm: 20 } });
    const startedAtMs = Date.now();
    const first = await Promise.all(Array.from({ length: 100 }, () => ask(key)));
    let served = first.filter(({ status }) => status === 200).length;
    // One place every three seconds since the first, however often it was asked for.
    await pause(3100);
    expect((await ask(key)).status).toBe(200);
    served += 1;
    let status = 200;
    while (status === 200) {
      status = (await ask(key)).status;
      if (status === 200) served += 1;
    }
    expect(served).toBeGreaterThanOrEqual(21);
    expect(served).toBeLessThanOrEqual(20 + (Date.now() - startedAtMs) / 3000);
    await rowsWhen(id, served);
  });

  it("with twice the budget that is needed nobody is denied", { timeout: 60_000 }, async () => {
    well();
    const { key } = await gateway.createKey({ budget: { total: (200 * COST_NANO_USD) / 1e9 } });
    const responses = await Promise.all(Array.from({ length: 100 }, () => ask(key, { max_tokens: 20 })));
    expect(responses.map(({ status }) => status)).toEqual(Array(100).fill(200));
  });

  it("needs no max_tokens: a budget is spent to its end, one after the other", async () => {
    well(0);
    const { key } = await gateway.createKey({ budget: { day: (5 * COST_NANO_USD) / 1e9 } });
    const statuses: number[] = [];
    for (let calls = 0; calls < 7; calls++) {
      const response = await ask(key);
      await response.text();
      statuses.push(response.status);
      await pause(50);
    }
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429, 429]);
  });

  it("reserves what writing a prompt into the provider's cache costs, whoever marks it, and is not overshot by that", async () => {
    // 10,000 tokens at $3 per million are $0.03; written for five minutes $0.0375, for an hour $0.06.
    const text = "word ".repeat(10_000);
    upstream.answer((response) => {
      const usage = { input_tokens: 0, cache_creation_input_tokens: 9000, output_tokens: 5 };
      const reply = {
        id: "msg_1",
        type: "message",
        role: "assistant",
        model: "claude-sonnet-4-6",
        stop_reason: "end_turn",
        stop_sequence: null,
      };
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify({ ...reply, content: [{ type: "text", text: "Hi" }], usage }));
    });
    const statusWith = async (budget: number, body: object): Promise<number> => {
      const { key } = await gateway.createKey({ budget });
      const asked = { model: "anthropic/claude-sonnet-4-6", max_tokens: 10, messages: [{ role: "user", content: "hi" }], ...body };
      const response = await fetch(`${gateway.url}/v1/messages`, {
        method: "POST",
        headers: { "x-api-key": key, "content-type": "application/json" },
        body: JSON.stringify(asked),
      });
      await response.text();
      return response.status;
    };
    const marked = (ttl: string) => ({ system: [{ type: "text", text, cache_control: { type: "ephemeral", ttl } }] });
    const unmarked = { messages: [{ role: "user", content: text }] };
    expect([await statusWith(0.035, unmarked), await statusWith(0.025, unmarked)]).toEqual([200, 429]);
    expect([await statusWith(0.045, marked("5m")), await statusWith(0.035, marked("5m"))]).toEqual([200, 429]);
    expect([await statusWith(0.07, marked("1h")), await statusWith(0.045, marked("1h"))]).toEqual([200, 429]);
    // The gateway marks a long system prompt by itself.
    expect([await statusWith(0.045, { system: text }), await statusWith(0.035, { system: text })]).toEqual([200, 429]);
  });

  it("a call that waits for room in a budget is not overtaken by smaller ones that come later", async () => {
    const { key } = await gateway.createKey({ budget: 0.01 });
    const other = await gateway.createKey({ budget: 0.01 });
    const takesMs: Record<string, number> = { 590: 1000, 790: 200, 290: 4000, 300: 0 };
    upstream.answer(async (response, received) => {
      await pause(takesMs[String(received.body.max_tokens)] ?? 0);
      response.writeHead(200, { "content-type": "application/json" }).end(whole());
    });
    const from = upstream.received.length;
    const statusOf = async (maxTokens: number, of = key) => (await ask(of, { max_tokens: maxTokens })).status;
    // A thousand tokens of output: the second waits for the first, and the third would fit in beside it for long enough to have the second
    // fail.
    const first = statusOf(590);
    await pause(200);
    const second = statusOf(790);
    await pause(200);
    const third = statusOf(290);
    expect(await statusOf(300, other.key)).toBe(200);
    expect(await Promise.all([first, second, third])).toEqual([200, 200, 200]);
    expect(upstream.received.slice(from).map(({ body }) => body.max_tokens)).toEqual([590, 300, 790, 290]);
  });

  it("holds calls at the same time to their limit, and gives the place back", async () => {
    well(700);
    const { key } = await gateway.createKey({ limits: { concurrency: 2 } });
    const first = [ask(key), ask(key)];
    await pause(200);
    // It waits for a place instead of being sent away at once.
    const third = await ask(key);
    expect([(await Promise.all(first)).map(({ status }) => status), third.status]).toEqual([[200, 200], 200]);
  });
});

describe("refusals and headers are native", () => {
  it("say which limit, of how much, and when it resets, in OpenAI's names", async () => {
    well(0);
    const { key } = await gateway.createKey({ limits: { requestsPerMinute: 1, tokens_per_minute: 100_000 } });
    const client = new OpenAI({ apiKey: key, baseURL: `${gateway.url}/v1`, maxRetries: 0 });
    const params = { model: "gpt-4o", messages: [{ role: "user" as const, content: "hi" }] };
    const { response } = await client.chat.completions.create(params).withResponse();
    expect(response.headers.get("x-ratelimit-limit-requests")).toBe("1");
    expect(response.headers.get("x-ratelimit-remaining-requests")).toBe("0");
    expect(response.headers.get("x-ratelimit-reset-requests")).toMatch(/^(60s|59(\.\d)?s|1m0s)$/);
    expect(Number(response.headers.get("x-ratelimit-remaining-tokens"))).toBeGreaterThan(90_000);
    const error = await client.chat.completions.create(params).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(OpenAI.RateLimitError);
    expect(error).toMatchObject({
      status: 429,
      code: "rate_limit_exceeded",
      message: expect.stringMatching(/1 requests per minute.*opens again at/),
    });
    const { headers } = error as InstanceType<typeof OpenAI.RateLimitError>; // checked above
    expect(Number(headers?.get("retry-after"))).toBeGreaterThan(50);
    expect(headers?.get("x-ratelimit-limit-requests")).toBe("1");
  });

  it("in Anthropic's names, and tell a spent budget from a rate", async () => {
    upstream.answer(
      (response) =>
        void response
          .writeHead(200, { "content-type": "application/json" })
          .end(
            '{"id":"msg_1","type":"message","role":"assistant","model":"claude-haiku-4-5","content":[{"type":"text","text":"Hi"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":10,"output_tokens":20}}',
          ),
    );
    const { key } = await gateway.createKey({ limits: { rpm: 100 }, budget: 0.00015 });
    const client = new Anthropic({ apiKey: key, baseURL: gateway.url, maxRetries: 0 });
    const params = { model: "claude-haiku-4-5", max_tokens: 20, messages: [{ role: "user" as const, content: "hi" }] };
    const { response } = await client.messages.create(params).withResponse();
    expect(response.headers.get("anthropic-ratelimit-requests-limit")).toBe("100");
    expect(response.headers.get("anthropic-ratelimit-requests-remaining")).toBe("99");
    expect(Date.parse(response.headers.get("anthropic-ratelimit-requests-reset") ?? "")).toBeGreaterThan(Date.now() - 1000);
    await pause(100);
    const error = await client.messages.create(params).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      status: 429,
      error: { error: { type: "billing_error", message: expect.stringContaining("total budget") } },
    });
  });
});

describe("changes take effect on the next request (PITFALLS D 33)", () => {
  it("raising, lowering, blocking and revoking, also of a key that is blocked", async () => {
    well(0);
    const { id, key } = await gateway.createKey({ limits: { rpm: 1 } });
    const status = async () => {
      const response = await ask(key);
      await response.text();
      return response.status;
    };
    const change = async (body: object) =>
      expect((await gateway.admin(`/keys/${id}`, { method: "PATCH", body: JSON.stringify(body) })).status).toBe(200);
    expect([await status(), await status()]).toEqual([200, 429]);
    await change({ limits: { rpm: 3 } });
    expect([await status(), await status()]).toEqual([200, 200]);
    expect(await status()).toBe(429);
    await change({ limits: null, models: ["anthropic/*"] });
    expect(await status()).toBe(403);
    await change({ models: null, budget: { total: 0 } });
    expect(await status()).toBe(429);
    await change({ budget: null, disabled: true });
    expect(await status()).toBe(401);
    await change({ disabled: false });
    expect(await status()).toBe(200);
    await gateway.admin(`/keys/${id}`, { method: "DELETE" });
    expect(await status()).toBe(401);
  });

  it("raising, for a call that waits already", async () => {
    const { id, key } = await gateway.createKey({ limits: { concurrency: 1 } });
    well(2500);
    const before = upstream.received.length;
    const first = ask(key);
    await pause(300);
    const second = ask(key);
    await pause(300);
    expect(upstream.received.length - before).toBe(1);
    await gateway.admin(`/keys/${id}`, { method: "PATCH", body: JSON.stringify({ limits: { concurrency: 2 } }) });
    let isOver = false;
    void first.then(() => {
      isOver = true;
    });
    while (upstream.received.length - before < 2 && !isOver) await pause(20);
    expect(isOver).toBe(false);
    expect([(await first).status, (await second).status]).toEqual([200, 200]);
  });
});

describe("users, teams and models have limits of their own", () => {
  it("each end user, all keys of a team, each model", async () => {
    well(0);
    const { key } = await gateway.createKey({ user_limits: { rpm: 1 }, require_user: true });
    const as = async (user: string) => (await ask(key, {}, { "x-sluice-user": user })).status;
    expect([await as("ann"), await as("ann"), await as("bob")]).toEqual([200, 429, 200]);
    const nobody = await ask(key);
    expect([nobody.status, await nobody.json()]).toMatchObject([400, { error: { code: "user_required" } }]);

    const team = { team: "search", team_limits: { rpm: 2 } };
    const [one, two] = [await gateway.createKey(team), await gateway.createKey(team)];
    expect([(await ask(one.key)).status, (await ask(two.key)).status, (await ask(one.key)).status]).toEqual([200, 200, 429]);

    const models = await gateway.createKey({ model_limits: { "openai/gpt-4o*": { rpm: 1 } } });
    expect([
      (await ask(models.key)).status,
      (await ask(models.key, { model: "openai/gpt-4o-mini" })).status,
      (await ask(models.key, { model: "openai/gpt-4.1" })).status,
    ]).toEqual([200, 429, 200]);
  });

  it("a model at its limit is not reached by another spelling, by `models` or behind an alias: the next is, and it is said", async () => {
    upstream.answer((response, received) => {
      const isMessages = received.path.endsWith("/messages");
      const message = {
        ...{ id: "msg_1", type: "message", role: "assistant", model: received.body.model, stop_reason: "end_turn", stop_sequence: null },
        ...{ content: [{ type: "text", text: "Hi" }], usage: { input_tokens: 10, output_tokens: 20 } },
      };
      response.writeHead(200, { "content-type": "application/json" }).end(isMessages ? JSON.stringify(message) : whole());
    });
    const { key } = await gateway.createKey({ model_limits: { "openai/*": { rpm: 2 }, "anthropic/claude-haiku*": { rpm: 1 } } });
    const [sonnet, gpt, haiku] = ["anthropic/claude-sonnet-4-6", "openai/gpt-4o", "anthropic/claude-haiku-4-5"];
    const said = async (body: object, headers: Record<string, string> = {}) => {
      const response = await ask(key, body, headers);
      await response.text();
      if (response.ok) await gateway.row(response.headers.get("x-request-id") ?? "");
      return [response.status, response.headers.get("x-sluice-model"), response.headers.get("x-sluice-limits")];
    };
    // Those that might have answered and were not asked keep what they have.
    expect(await said({ model: sonnet, models: [gpt] })).toEqual([200, "claude-sonnet-4-6", null]);
    expect(await said({ model: "gpt-4o" })).toEqual([200, "gpt-4o", null]);
    expect(await said({ model: "fast" })).toEqual([200, "claude-haiku-4-5", null]);
    expect(await said({ model: "fast" })).toEqual([200, "gpt-4o-mini", `skipped=${haiku}`]);
    const refused = await ask(key, { model: "fast" });
    expect([refused.status, await refused.text()]).toEqual([429, expect.stringContaining("This model is limited to")]);
    expect(await said({ model: gpt, models: [sonnet] })).toEqual([200, "claude-sonnet-4-6", `skipped=${gpt}`]);
    expect(await said({ model: gpt, models: [sonnet] }, { "x-sluice-fallback": "off" })).toEqual([429, null, null]);
  });
});

describe("tokens (PITFALLS D 31)", () => {
  it("count for streams and for clients that leave, as they were used", async () => {
    well(0);
    const { key } = await gateway.createKey({ limits: { tpm: 10_000 } });
    const left = async () => Number((await ask(key)).headers.get("x-ratelimit-remaining-tokens"));
    const before = await left();
    await (await ask(key, { stream: true })).text();
    await pause(100);
    // What was reserved for it came back, but for the 30 tokens that it used; a minute's flow back is small.
    expect(before - (await left())).toBeLessThan(1200);
    upstream.answer(
      streams(
        [chatChunk({ role: "assistant", content: "" }), ...Array.from({ length: 40 }, () => chatChunk({ content: "word ".repeat(20) }))],
        20,
      ),
    );
    const controller = new AbortController();
    const leaving = await ask(key, { stream: true }, {}, controller.signal);
    await leaving.body?.getReader().read();
    await pause(300);
    controller.abort();
    await pause(700);
    well(0);
    // Some fifteen chunks of a hundred characters had come.
    expect(await left()).toBeLessThan(10_000 - 200);
  });
});

describe("Idempotency-Key", () => {
  it("answers the same request once, whole or streaming, and charges once", async () => {
    well(0);
    const { id, key } = await gateway.createKey();
    for (const stream of [false, true]) {
      const headers = { "idempotency-key": `once-${stream}` };
      const before = upstream.received.length;
      const first = await ask(key, { stream }, headers);
      const text = await first.text();
      await pause(150);
      const again = await ask(key, { stream }, headers);
      expect([again.status, await again.text(), again.headers.get("idempotent-replayed")]).toEqual([200, text, "true"]);
      expect(again.headers.get("content-type")).toBe(first.headers.get("content-type"));
      expect(upstream.received.length - before).toBe(1);
      const other = await ask(key, { stream, temperature: 1 }, headers);
      expect([other.status, await other.json()]).toMatchObject([409, { error: { code: "idempotency_mismatch" } }]);
    }
    expect(await rowsWhen(id, 2)).toHaveLength(2);
  });

  it("refuses a second request while the first is under way, and is free again when that failed", async () => {
    well(500);
    const { key } = await gateway.createKey();
    const headers = { "idempotency-key": "busy" };
    const first = ask(key, {}, headers);
    await pause(150);
    const second = await ask(key, {}, headers);
    expect([second.status, await second.json()]).toMatchObject([409, { error: { code: "idempotency_in_progress" } }]);
    expect((await first).status).toBe(200);
    upstream.answer((response) => void response.writeHead(500).end());
    const failing = { "idempotency-key": "failing" };
    expect((await ask(key, {}, failing)).status).toBeGreaterThanOrEqual(500);
    await pause(150);
    well(0);
    expect((await ask(key, {}, failing)).status).toBe(200);
  });
});

describe("a budget's soft threshold", () => {
  it("is a header, and tells its webhook once", async () => {
    well(0);
    const webhook = `${upstream.origin}/notice`;
    const { key } = await gateway.createKey({ budget: { total: (10 * COST_NANO_USD) / 1e9, soft_ratio: 0.5, webhook } });
    const seen: (string | null)[] = [];
    for (let calls = 0; calls < 7; calls++) {
      const response = await ask(key, { max_tokens: 20 });
      await response.text();
      seen.push(response.headers.get("x-sluice-budget"));
      await pause(60);
    }
    expect(seen.slice(0, 5)).toEqual(Array(5).fill(null));
    expect(seen.slice(5)).toEqual(["scope=key; window=total; used=0.50", "scope=key; window=total; used=0.60"]);
    const notices = upstream.received.filter(({ path }) => path === "/notice");
    expect(notices.map(({ body }) => body)).toMatchObject([{ event: "budget.soft_limit", window: "total", soft_ratio: 0.5 }]);
  });
});

describe("a budget that asks for cheaper models beyond its soft threshold", () => {
  it("has the plan's cheapest deployment asked first", async () => {
    upstream.answer((response, received) => {
      const isMessages = received.path.endsWith("/messages");
      const model = String(received.body.model);
      const message = `{"id":"msg_1","type":"message","role":"assistant","model":"${model}","content":[{"type":"text","text":"Hi"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":10,"output_tokens":20}}`;
      response.writeHead(200, { "content-type": "application/json" }).end(isMessages ? message : whole(model));
    });
    const { key } = await gateway.createKey({ budget: { total: 0.002, soft_ratio: 0.15, on_soft: "degrade" } });
    const served: (string | null)[] = [];
    for (let calls = 0; calls < 3; calls++) {
      const response = await ask(key, { model: "default", max_tokens: 20 });
      await response.text();
      served.push(response.headers.get("x-sluice-model"));
      await pause(100);
    }
    expect(served).toEqual(["claude-sonnet-4-6", "claude-haiku-4-5", "claude-haiku-4-5"]);
  });
});
