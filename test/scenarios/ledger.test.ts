import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type DirectGateway, startDirectGateway } from "../support/direct-gateway";
import { ADMIN_TOKEN } from "../support/gateway";
import { type Answer, chatChunk, pause, startUpstream, type Upstream } from "../support/upstream";

let upstream: Upstream;
let gateway: DirectGateway;
const persist = fs.mkdtempSync(path.join(os.tmpdir(), "sluice-ledger-"));
const start = () =>
  startDirectGateway(
    "test/support/frail-worker.ts",
    { OPENAI_API_KEY: "sk-upstream-openai-secret", OPENAI_BASE_URL: `${upstream.origin}/v1` },
    persist,
  );

beforeAll(async () => {
  upstream = await startUpstream();
  gateway = await start();
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
  fs.rmSync(persist, { recursive: true, force: true });
});

const silent: Answer = () => {};
const begins: Answer = (response) => {
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.write(chatChunk({ role: "assistant", content: "" }) + chatChunk({ content: "Hel" }));
};
const whole: Answer = (response) =>
  void response
    .writeHead(200, { "content-type": "application/json" })
    .end(
      '{"id":"1","object":"chat.completion","created":1,"model":"gpt-4o","choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"Hi"}}],"usage":{"prompt_tokens":10,"completion_tokens":20,"total_tokens":30}}',
    );

function ask(key: string, body: object): Promise<Response | undefined> {
  return fetch(`${gateway.origin}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json", "x-sluice-timeout-ms": "1500" },
    body: JSON.stringify({ model: "openai/gpt-4o", max_tokens: 20, messages: [{ role: "user", content: "hi" }], ...body }),
  }).catch(() => undefined);
}

/** A key with money for three calls, unless told otherwise. */
async function makeKey(settings: object = { budget: { total: 0.0008 } }): Promise<{ id: string; key: string }> {
  const response = await fetch(`${gateway.origin}/admin/v1/keys`, {
    method: "POST",
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, "content-type": "application/json" },
    body: JSON.stringify({ name: "kill", ...settings }),
  });
  return (await response.json()) as { id: string; key: string }; // the admin API's own answer
}

async function rowsWhen(keyId: string, count: number): Promise<Record<string, unknown>[]> {
  for (let tries = 0; tries < 150; tries++) {
    const rows = (await gateway.rows()).filter(({ key_id }) => key_id === keyId);
    if (rows.length >= count) return rows;
    await pause(100);
  }
  throw new Error(`no ${count} rows of ${keyId}`);
}

it("an isolate that dies leaves a row with the estimated cost, for a key without a budget too", { timeout: 60_000 }, async () => {
  upstream.answer(silent);
  const { id, key } = await makeKey({});
  const asked = ask(key, {});
  await pause(300);
  await gateway.close();
  await asked;
  gateway = await start();
  const [row] = await rowsWhen(id, 1);
  expect(row).toMatchObject({ status: "unsettled", estimated: 1 });
  expect(Number(row?.cost_nano_usd)).toBeGreaterThan(0);
});

it.each([
  ["between admission and the reply", silent, {}, 300, "unsettled"],
  ["in mid-stream", begins, { stream: true }, 500, "unsettled"],
  ["after the end, before its row is sent", whole, {}, 400, "ok"],
] as const)(
  "PITFALLS F 38: an isolate that dies %s leaves exactly one row, and a budget that is the sum of rows",
  { timeout: 60_000 },
  async (_, answer, body, killAfterMs, status) => {
    upstream.answer(answer);
    const { id, key } = await makeKey();
    const asked = ask(key, body).then((response) => response?.text().catch(() => undefined));
    await pause(killAfterMs);
    await gateway.close();
    await asked;
    gateway = await start();
    const rows = await rowsWhen(id, 1);
    await pause(2500);
    expect(await rowsWhen(id, 1)).toHaveLength(1);
    expect(rows[0]).toMatchObject({ status, estimated: status === "ok" ? 0 : 1 });
    // What the row says is spent, no more: the rest of the budget is there, all of it, and nothing beyond.
    upstream.answer(whole);
    let spent = Number(rows[0]?.cost_nano_usd);
    expect(spent).toBeGreaterThan(0);
    let calls = 0;
    for (; calls < 10; calls++) {
      const response = await ask(key, {});
      await response?.text();
      if (response?.status !== 200) break;
      spent += 225_000;
      await pause(100);
    }
    // One call is reserved at 260,000: it fits in or it does not.
    expect([spent <= 800_000, spent + 260_000 > 800_000]).toEqual([true, true]);
  },
);
