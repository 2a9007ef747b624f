import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startDirectGateway } from "../support/direct-gateway";
import { startGateway, type TestGateway } from "../support/gateway";
import { type Answer, chatChunk, chatUsage, pause, startUpstream, streams, type Upstream } from "../support/upstream";

let upstream: Upstream;
beforeAll(async () => {
  upstream = await startUpstream();
});
afterAll(() => upstream.close());

const secrets = () => ({
  OPENAI_API_KEY: "sk-upstream-openai-secret",
  OPENAI_BASE_URL: `${upstream.origin}/v1`,
  ANTHROPIC_API_KEY: "sk-upstream-anthropic-secret",
  ANTHROPIC_BASE_URL: upstream.origin,
});

const wellChat = streams(
  [chatChunk({ role: "assistant", content: "" }), chatChunk({ content: "Hi" }), chatChunk({}, "stop"), chatUsage(3, 1), "data: [DONE]\n\n"],
  0,
);
const down: Answer = (response) =>
  void response.writeHead(500, { "content-type": "application/json" }).end('{"error":{"message":"down","type":"server_error"}}');

/** Answers by model. */
function byModel(answers: Record<string, Answer>, otherwise: Answer = wellChat): Answer {
  return (response, received) => (answers[String(received.body.model)] ?? otherwise)(response, received);
}

const callsTo = (model: string): number => upstream.received.filter(({ body }) => body.model === model).length;

function post(
  origin: string,
  key: string,
  model: string,
  init: { stream?: boolean; headers?: Record<string, string> } = {},
): Promise<Response> {
  return fetch(`${origin}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json", ...init.headers },
    body: JSON.stringify({ model, stream: init.stream ?? true, messages: [{ role: "user", content: "hi" }] }),
  });
}

describe("with default settings", () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway(secrets());
  });
  afterAll(() => gateway.close());
  const ask = () => post(gateway.url, gateway.key, "default");

  it("a hanging primary costs a client less than 2 s to the first byte, and is left alone once its breaker is open", async () => {
    // Never a header: the call ends when the gateway hangs up.
    upstream.answer(byModel({ "claude-sonnet-4-6": () => {} }));
    const tookMs: number[] = [];
    for (let round = 0; round < 2; round++) {
      const startedAtMs = Date.now();
      const responses = await Promise.all(Array.from({ length: 6 }, ask));
      tookMs.push(Date.now() - startedAtMs);
      for (const response of responses) {
        expect([response.status, response.headers.get("x-sluice-model")]).toEqual([200, "gpt-4o"]);
        expect(response.headers.get("x-sluice-fallback")).toMatch(/reason=slow; attempts=2$/);
        await response.text();
      }
    }
    // The faster round: a busy machine may hold one of them up.
    expect(Math.min(...tookMs)).toBeLessThan(2000);
    // Twelve slow calls: it is open, here and in its object.
    await pause(200);
    const before = callsTo("claude-sonnet-4-6");
    const quick = await Promise.all(Array.from({ length: 20 }, ask));
    for (const response of quick) {
      expect(response.headers.get("x-sluice-fallback")).toBe(
        "from=anthropic/claude-sonnet-4-6; to=openai/gpt-4o; reason=circuit-open; attempts=1",
      );
      await response.text();
    }
    expect(callsTo("claude-sonnet-4-6")).toBe(before);
    const health = (await (await gateway.admin("/health/upstreams")).json()) as { data: Record<string, unknown>[] }; // its shape is what is tested
    expect(health.data.find(({ deployment }) => deployment === "anthropic/claude-sonnet-4-6")).toMatchObject({
      state: "open",
      open_until: expect.any(String),
    });
    expect(health.data.find(({ deployment }) => deployment === "openai/gpt-4o")).toMatchObject({ state: "closed", open_until: null });
  });

  it("opens for streams that break off as well as for calls that fail (PITFALLS A 7)", async () => {
    upstream.answer(byModel({ "breaks-off": streams([chatChunk({ role: "assistant", content: "" }), chatChunk({ content: "Hi" })], 0) }));
    const broken = await Promise.all(Array.from({ length: 10 }, () => post(gateway.url, gateway.key, "openai/breaks-off")));
    for (const response of broken) {
      expect(response.status).toBe(200);
      expect(await response.text()).toContain('"error"');
    }
    await pause(300);
    const refused = await post(gateway.url, gateway.key, "openai/breaks-off");
    expect([refused.status, await refused.json()]).toMatchObject([503, { error: { code: "circuit_open" } }]);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
  });
});

describe("a breaker that is half-open", () => {
  it("lets exactly its probes through, however many ask (PITFALLS A 8), and survives a restart", { timeout: 60_000 }, async () => {
    const persist = fs.mkdtempSync(path.join(os.tmpdir(), "sluice-persist-"));
    let gateway = await startDirectGateway("test/support/brisk-worker.ts", secrets(), persist);
    const ask = () => post(gateway.origin, gateway.key, "lonely", { stream: false });
    try {
      upstream.answer(byModel({ lonely: down }));
      for (let calls = 0; calls < 4; calls++) await (await ask()).text();
      await pause(100);
      const open = await ask();
      expect([open.status, (await open.json()) as unknown]).toMatchObject([503, { error: { code: "circuit_open" } }]);

      // The object is gone from memory: what it knew is not.
      await gateway.close();
      gateway = await startDirectGateway("test/support/brisk-worker.ts", secrets(), persist);
      const early = callsTo("lonely");
      // A new isolate has no snapshot yet: its first call may go, the next ones know.
      await (await ask()).text();
      await pause(100);
      const known = await ask();
      expect(known.status).toBe(503);
      await known.text();
      expect(callsTo("lonely") - early).toBeLessThanOrEqual(1);

      // One probe is out and does not come back for a while: everybody else is refused.
      await pause(8200);
      let answerProbe = () => {};
      const probed = new Promise<void>((resolve) => {
        answerProbe = resolve;
      });
      upstream.answer(
        byModel({
          lonely: async (response) => {
            await probed;
            response
              .writeHead(200, { "content-type": "application/json" })
              .end(
                '{"id":"1","object":"chat.completion","created":1,"model":"lonely","choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"Hi"}}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}',
              );
          },
        }),
      );
      const before = callsTo("lonely");
      const crowd = Array.from({ length: 200 }, ask);
      await pause(3000);
      expect(callsTo("lonely") - before).toBe(1);
      answerProbe();
      const statuses = (await Promise.all(crowd)).map(({ status }) => status);
      expect(statuses.filter((status) => status === 200)).toHaveLength(1);
      expect(statuses.filter((status) => status === 503)).toHaveLength(199);
      // Two probes that went well close it.
      await pause(100);
      for (let calls = 0; calls < 3; calls++) expect((await ask()).status).toBe(200);
      expect((await Promise.all(Array.from({ length: 10 }, ask))).map(({ status }) => status)).toEqual(Array(10).fill(200));
    } finally {
      await gateway.close();
      fs.rmSync(persist, { recursive: true, force: true });
    }
  });
});

describe("limits and latency", () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway(secrets(), "test/support/brisk-worker.ts");
  });
  afterAll(() => gateway.close());

  it("50 clients against 10 requests per minute: fair shares, nobody lost, a bounded wait, an honest retry-after", {
    timeout: 30_000,
  }, async () => {
    upstream.answer(wellChat);
    const startedAtMs = Date.now();
    const asked = Array.from({ length: 50 }, async (_, at) => {
      const response = await post(gateway.url, gateway.key, "limited", { headers: { "x-sluice-user": `client-${at % 10}` } });
      const text = await response.text();
      return { at, response, text, tookMs: Date.now() - startedAtMs };
    });
    const answers = await Promise.all(asked);
    const served = answers.filter(({ response }) => response.status === 200);
    const refused = answers.filter(({ response }) => response.status === 429);
    expect([served.length, served.length + refused.length]).toEqual([11, 50]);
    expect(callsTo("limited")).toBe(11);
    const shares = Array.from({ length: 10 }, (_, client) => served.filter(({ at }) => at % 10 === client).length);
    expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
    for (const { tookMs, response, text } of refused) {
      expect(tookMs).toBeLessThan(9000);
      expect(JSON.parse(text)).toMatchObject({ error: { code: "provider_rate_limited" } });
      // The next place is 6 s after the one before it.
      expect(Number(response.headers.get("retry-after"))).toBeGreaterThanOrEqual(4);
    }
  });

  it("hedging cuts the slowest of a bimodal upstream by half at no more than 5 % extra calls", { timeout: 60_000 }, async () => {
    let calls = 0;
    // One in ten is slow: one in twenty a little, one in twenty very.
    upstream.answer(
      byModel({
        bimodal: async (response, received) => {
          calls += 1;
          if (calls % 20 === 10) await pause(150);
          if (calls % 20 === 0) await pause(1500);
          await wellChat(response, received);
        },
      }),
    );
    const times: number[] = [];
    for (let requests = 0; requests < 200; requests++) {
      const startedAtMs = Date.now();
      await (await post(gateway.url, gateway.key, "bimodal")).text();
      times.push(Date.now() - startedAtMs);
    }
    // Until the slow ones are known and the first hedge is earned there is none.
    const settled = times.slice(60).sort((a, b) => a - b);
    expect(settled[Math.ceil(settled.length * 0.99) - 1]).toBeLessThan(750);
    expect(callsTo("steady")).toBeGreaterThan(0);
    expect(callsTo("steady")).toBeLessThanOrEqual(200 * 0.05);
  });
});
