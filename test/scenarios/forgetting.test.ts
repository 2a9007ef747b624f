import { afterAll, beforeAll, expect, it } from "vitest";
import { startGateway, type TestGateway } from "../support/gateway";
import { bothProviders, pause, saysHi, startUpstream, type Upstream } from "../support/upstream";
import type { Stored } from "../support/watched-worker";

let gateway: TestGateway;
let upstream: Upstream;
beforeAll(async () => {
  upstream = await startUpstream();
  upstream.answer(saysHi);
  gateway = await startGateway(bothProviders(upstream), "test/support/watched-worker.ts");
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

const DAY_MS = 86_400_000;

/** What a key's object has in store; after its alarm at a moment, where one is given. */
async function storedOf(keyId: string, atMs?: number): Promise<Stored> {
  const response = await fetch(`${gateway.url}/objects/${keyId}${atMs === undefined ? "" : `?at=${atMs}`}`);
  return (await response.json()) as Stored; // as the test's Worker gives it
}

async function whenSent(keyId: string): Promise<Stored> {
  for (let tries = 0; tries < 100; tries++) {
    const stored = await storedOf(keyId);
    if (stored.rows === 0) return stored;
    await pause(100);
  }
  throw new Error("the ledger is not sent");
}

function ask(key: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${gateway.url}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json", ...headers },
    body: JSON.stringify({ model: "openai/gpt-4o", max_tokens: 20, messages: [{ role: "user", content: "hi" }] }),
  });
}

it("a kept reply is forgotten a day after it was given, though its key is never used again", async () => {
  const { id, key } = await gateway.createKey();
  const startedAtMs = Date.now();
  for (const name of ["a", "b"]) await (await ask(key, { "idempotency-key": name })).text();
  const stored = await whenSent(id);
  expect(stored).toMatchObject({ replies: 2, pieces: 2 });
  const alarmAtMs = Number(stored.alarmAtMs);
  expect(alarmAtMs).toBeGreaterThanOrEqual(startedAtMs + DAY_MS);
  expect(alarmAtMs).toBeLessThanOrEqual(Date.now() + DAY_MS);
  // The second one is a moment younger.
  const one = await storedOf(id, alarmAtMs);
  expect(one).toMatchObject({ replies: 1, pieces: 1 });
  expect(await storedOf(id, Number(one.alarmAtMs))).toEqual({ replies: 0, pieces: 0, rows: 0, alarmAtMs: null });
});

it("an object with nothing in store has nothing to wake up for", async () => {
  const { id, key } = await gateway.createKey();
  await (await ask(key)).text();
  await whenSent(id);
  await pause(500);
  expect(await storedOf(id)).toEqual({ replies: 0, pieces: 0, rows: 0, alarmAtMs: null });
});
