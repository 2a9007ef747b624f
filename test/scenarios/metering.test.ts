import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { UsageMessage } from "../../src/metering";
import { SINGLE_CALL, startGateway, type TestGateway } from "../support/gateway";
import { messageStream, pause, startUpstream, streams, type Upstream } from "../support/upstream";

let upstream: Upstream;
let gateway: TestGateway;
beforeAll(async () => {
  upstream = await startUpstream();
  gateway = await startGateway(
    {
      OPENAI_API_KEY: "sk-upstream-secret",
      OPENAI_BASE_URL: `${upstream.origin}/v1`,
      ANTHROPIC_API_KEY: "sk-upstream-secret",
      ANTHROPIC_BASE_URL: upstream.origin,
    },
    SINGLE_CALL,
  );
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

const completion = (usage: object) => ({
  id: "chatcmpl-1",
  object: "chat.completion",
  created: 1,
  model: "gpt-4o-2024-08-06",
  choices: [{ index: 0, message: { role: "assistant", content: "Hello" }, finish_reason: "stop" }],
  usage,
});
const answerWhole = (body: object) =>
  upstream.answer((response) => void response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body)));
const post = (path: string, body: object, headers: Record<string, string> = {}) =>
  fetch(gateway.url + path, {
    method: "POST",
    headers: { authorization: `Bearer ${gateway.key}`, "content-type": "application/json", ...headers },
    body: JSON.stringify({ messages: [{ role: "user", content: "hi" }], ...body }),
  });

const RECORD = {
  id: "req_x",
  atMs: Date.now(),
  keyId: "key_x",
  user: null,
  tags: {},
  endpoint: "/v1/chat/completions",
  protocol: "openai-chat",
  stream: false,
  modelAsked: "m",
  modelServed: "m",
  provider: "openai",
  task: null,
  status: "ok",
  httpStatus: 200,
  errorClass: null,
  finish: "stop",
  inputTokens: 1,
  cacheReadTokens: 0,
  cacheWrite5mTokens: 0,
  cacheWrite1hTokens: 0,
  outputTokens: 1,
  reasoningTokens: 0,
  estimated: false,
  costNanoUsd: 1,
  priceVersion: null,
  latencyMs: 1,
  ttfbMs: 1,
  ttftMs: 1,
  attempts: 1,
  otherAttempts: [],
  upstreamId: null,
  warnings: [],
  cache: null,
  cacheKey: null,
  savedTokens: 0,
  savedNanoUsd: 0,
  savedMs: 0,
  shadow: null,
  guardrails: [],
  route: null,
  promptCacheNanoUsd: null,
  leftOutTokens: 0,
  leftOutNanoUsd: 0,
  routingNanoUsd: 0,
  usageRaw: null,
} as const satisfies UsageMessage["record"];

describe("usage rows", () => {
  it("hold tokens, nano-dollars, who and what, and say the cost on whole replies", async () => {
    answerWhole(
      completion({ prompt_tokens: 1000, completion_tokens: 100, total_tokens: 1100, prompt_tokens_details: { cached_tokens: 400 } }),
    );
    const response = await post(
      "/v1/chat/completions",
      { model: "openai/gpt-4o", user: "body-user" },
      { "x-sluice-tags": '{"team":"search"}' },
    );
    await response.text();
    // 600 at $2.50, 400 at $1.25, 100 at $10 per million.
    expect(response.headers.get("x-sluice-cost-usd")).toBe("0.003");
    const row = await gateway.row(response.headers.get("x-request-id") ?? "");
    expect(row).toMatchObject({
      status: "ok",
      http_status: 200,
      model_asked: "openai/gpt-4o",
      model_served: "gpt-4o",
      provider: "openai",
      user: "body-user",
      input_tokens: 1000,
      cache_read_tokens: 400,
      output_tokens: 100,
      cost_nano_usd: 3_000_000,
      upstream_id: "chatcmpl-1",
      stream: 0,
      estimated: 0,
    });
    expect(JSON.parse(String(row.tags))).toEqual({ team: "search" });
    expect(JSON.parse(String(row.usage_raw))).toMatchObject({ prompt_tokens: 1000 });
  });

  it("price cache writes of both kinds", async () => {
    const usage = {
      input_tokens: 10,
      output_tokens: 10,
      cache_read_input_tokens: 1000,
      cache_creation_input_tokens: 300,
      cache_creation: { ephemeral_5m_input_tokens: 200, ephemeral_1h_input_tokens: 100 },
    };
    answerWhole({
      id: "msg_1",
      type: "message",
      role: "assistant",
      model: "claude-sonnet-4-6",
      content: [{ type: "text", text: "x" }],
      stop_reason: "end_turn",
      stop_sequence: null,
      usage,
    });
    const response = await post("/v1/messages", { model: "claude-sonnet-4-6", max_tokens: 10, metadata: { user_id: "u1" } });
    await response.text();
    // Per million: input $3, read $0.30, 5-minute write $3.75, 1-hour write $6, output $15.
    const nanoUsd = 10 * 3000 + 1000 * 300 + 200 * 3750 + 100 * 6000 + 10 * 15_000;
    expect(await gateway.row(response.headers.get("x-request-id") ?? "")).toMatchObject({
      cost_nano_usd: nanoUsd,
      user: "u1",
      input_tokens: 1310,
      cache_write_5m_tokens: 200,
      cache_write_1h_tokens: 100,
    });
  });

  it("say null, not 0, for an unknown price", async () => {
    answerWhole(completion({ prompt_tokens: 1000, completion_tokens: 100, total_tokens: 1100 }));
    const response = await post("/v1/chat/completions", { model: "openai/my-own-model" });
    await response.text();
    expect(response.headers.get("x-sluice-cost-usd")).toBeNull();
    expect(await gateway.row(response.headers.get("x-request-id") ?? "")).toMatchObject({ cost_nano_usd: null, output_tokens: 100 });
  });

  it("are estimated and marked when the upstream never says (PITFALLS E 36)", async () => {
    const { usage: _, ...silent } = completion({});
    answerWhole(silent);
    const response = await post("/v1/chat/completions", { model: "openai/gpt-4o" });
    await response.text();
    const row = await gateway.row(response.headers.get("x-request-id") ?? "");
    expect(row).toMatchObject({ estimated: 1, status: "ok" });
    expect(row.input_tokens).toBeGreaterThan(0);
    expect(row.output_tokens).toBeGreaterThan(0);
  });

  it("tell the first byte from the first token", async () => {
    const [start = "", ...rest] = messageStream(["a", "b"]);
    upstream.answer(async (response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(start);
      await pause(300);
      response.end(rest.join(""));
    });
    const response = await post("/v1/messages", { model: "claude-sonnet-4-6", max_tokens: 10, stream: true });
    await response.text();
    const row = await gateway.row(response.headers.get("x-request-id") ?? "");
    expect(Number(row.ttft_ms) - Number(row.ttfb_ms)).toBeGreaterThan(200);
    expect(Number(row.latency_ms)).toBeGreaterThanOrEqual(Number(row.ttft_ms));
  });

  it("come once, however often the queue delivers them", async () => {
    answerWhole(completion({ prompt_tokens: 7, completion_tokens: 1, total_tokens: 8 }));
    const response = await post("/v1/chat/completions", { model: "openai/gpt-4o" });
    await response.text();
    const id = response.headers.get("x-request-id") ?? "";
    await gateway.row(id);
    const { DB, USAGE_QUEUE } = await gateway.env();
    const seen = (await (await gateway.admin(`/requests/${id}`)).json()) as Record<string, unknown>;
    expect(seen.id ?? (seen.data as Record<string, unknown>).id).toBe(id);
    const record = { ...RECORD, id };
    await USAGE_QUEUE.sendBatch([
      { body: { v: 1, record } },
      { body: { v: 1, record } },
      { body: { v: 1, record: { ...record, id: "req_marker" } } },
    ]);
    await gateway.row("req_marker");
    const { results } = await DB.prepare("SELECT input_tokens FROM usage WHERE id = ?1").bind(id).all();
    expect(results).toEqual([{ input_tokens: 7 }]);
  });

  it("that neither queue nor table took are kept in the key's outbox and come once", async () => {
    const { PRINCIPALS, DB } = await gateway.env();
    const outbox = PRINCIPALS.getByName("key_outbox");
    for (const id of ["req_kept_1", "req_kept_2", "req_kept_1"]) await outbox.keep({ v: 1, record: { ...RECORD, id } });
    await gateway.row("req_kept_1");
    await gateway.row("req_kept_2");
    const { results } = await DB.prepare("SELECT id FROM usage WHERE id LIKE 'req_kept%' ORDER BY id").all();
    expect(results).toEqual([{ id: "req_kept_1" }, { id: "req_kept_2" }]);
  });

  it("are shown to the key that made the request, and to no other", async () => {
    answerWhole(completion({ prompt_tokens: 7, completion_tokens: 1, total_tokens: 8 }));
    const response = await post("/v1/chat/completions", { model: "openai/gpt-4o" });
    await response.text();
    const id = response.headers.get("x-request-id") ?? "";
    await gateway.row(id);
    const read = (key: string) => fetch(`${gateway.url}/v1/generations/${id}`, { headers: { authorization: `Bearer ${key}` } });
    expect(await (await read(gateway.key)).json()).toMatchObject({ data: { id, tokens_prompt: 7, total_cost: expect.any(Number) } });
    expect((await read((await gateway.createKey()).key)).status).toBe(404);
  });

  it("add up in the admin API, by every grouping", async () => {
    for (const group of ["model", "key", "user", "day", "provider", "task"]) {
      const response = await gateway.admin(`/usage?group_by=${group}`);
      expect([group, response.status, response.headers.get("cache-control")]).toEqual([group, 200, "no-store"]);
      const report = (await response.json()) as { data: { requests: number }[]; totals: { requests: number } };
      expect(report.data.reduce((sum, { requests }) => sum + requests, 0)).toBe(report.totals.requests);
    }
    expect((await gateway.admin("/usage?group_by=nonsense")).status).toBe(400);
  });
});

describe("secrecy (PITFALLS F 40)", () => {
  it("keeps keys, prompts and internal hosts out of every log line, row and error", async () => {
    const prompt = "PROMPT-7f3a9c";
    const replyText = "REPLY-51bd02";
    const bodies = [
      { model: "openai/gpt-4o" },
      { model: "anthropic/claude-sonnet-4-6" },
      { model: "nonsense" },
      { model: "openai/gpt-4o", messages: 7 },
    ];
    const texts: string[] = [];
    const answers = [
      () =>
        answerWhole({
          ...completion({ prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 }),
          choices: [{ index: 0, message: { role: "assistant", content: replyText }, finish_reason: "stop" }],
        }),
      () => upstream.answer((response) => void response.destroy()),
      () => upstream.answer((response) => void response.writeHead(200).end(`${prompt} not json`)),
      () =>
        upstream.answer((response) => void response.writeHead(401).end(`{"error":{"message":"bad key sk-upstream-secret","type":"x"}}`)),
      () =>
        upstream.answer(
          (response) => void response.writeHead(500).end(`{"error":{"message":"key sk-upstream-secret at 10.1.2.3","type":"x"}}`),
        ),
      () => upstream.answer(streams(["data: {oops\n\n"])),
    ];
    const ids: string[] = [];
    for (const answer of answers) {
      answer();
      for (const body of bodies) {
        const request = { messages: [{ role: "user", content: prompt }], max_tokens: 5, ...body };
        const response = await post("/v1/chat/completions", request, { "x-sluice-user": "someone" });
        texts.push(await response.text());
        ids.push(response.headers.get("x-request-id") ?? "");
      }
    }
    const errors = texts.filter((text) => !text.includes(replyText)).join("\n");
    for (const secret of ["sk-upstream-secret", gateway.key, upstream.origin, "127.0.0.1"]) expect(errors).not.toContain(secret);
    const { DB } = await gateway.env();
    await gateway.row(ids[0] ?? "");
    const rows = JSON.stringify((await DB.prepare("SELECT * FROM usage").all()).results);
    const logs = JSON.stringify(gateway.harness.getLogs());
    expect(logs).toContain("request");
    for (const secret of [prompt, replyText, "sk-upstream-secret", gateway.key, upstream.origin]) {
      expect(logs, "logs").not.toContain(secret);
      expect(rows, "rows").not.toContain(secret);
    }
    const { results } = await DB.prepare("SELECT hash FROM virtual_keys").all<{ hash: string }>();
    const listed = await (await gateway.admin("/keys")).text();
    for (const { hash } of results) expect(listed + logs).not.toContain(hash);
  });
});
