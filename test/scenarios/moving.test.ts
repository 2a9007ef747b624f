import { afterAll, beforeAll, expect, it } from "vitest";
import { startGateway, type TestGateway } from "../support/gateway";
import { bothProviders, saysHi, startUpstream, type Upstream } from "../support/upstream";

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

/** Asks, and waits until what it cost is booked. */
async function statusOf(key: string): Promise<number> {
  const response = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ model: "openai/gpt-4o", max_tokens: 20, messages: [{ role: "user", content: "hi" }] }),
  });
  await response.text();
  if (response.ok) await gateway.row(response.headers.get("x-request-id") ?? "");
  return response.status;
}

const change = async (id: string, body: object): Promise<number> =>
  (await gateway.admin(`/keys/${id}`, { method: "PATCH", body: JSON.stringify(body) })).status;

it("what a key has spent goes with it into a team and out of it, and is counted once", async () => {
  const shared = { team_limits: { rpm: 100 } };
  // One call costs $0.000225.
  const { id, key } = await gateway.createKey({ budget: 0.00075 });
  expect(await statusOf(key)).toBe(200);
  expect(await change(id, { team: "green", ...shared })).toBe(200);
  expect(await statusOf(key)).toBe(200);
  expect(await change(id, { team: null, team_limits: null })).toBe(200);
  expect(await statusOf(key)).toBe(200);
  expect(await statusOf(key)).toBe(429);
  expect(await change(id, { team: "green", ...shared })).toBe(200);
  expect(await statusOf(key)).toBe(429);
  expect(await change(id, { budget: 0.001 })).toBe(200);
  expect([await statusOf(key), await statusOf(key)]).toEqual([200, 429]);
});

interface Known {
  id: string;
  updatedAtMs: number;
  policy: { team?: string };
}

/** A key as an object knows it. */
async function knownTo(object: string, keyId: string): Promise<Known> {
  return (await (await fetch(`${gateway.url}/objects/${object}?key=${keyId}`)).json()) as Known; // as the object stored it
}

/** What an object answers to an isolate that knows no newer version of a key than this one. */
async function answerTo(object: string, key: Known): Promise<{ kind: string; newerKey?: Known }> {
  const call = {
    ...{ id: crypto.randomUUID(), object, model: "openai/gpt-4o", others: [], models: ["openai/gpt-4o"], leaseUntilMs: Date.now() + 1000 },
    key: { id: key.id, updatedAtMs: key.updatedAtMs, text: JSON.stringify(key) },
    want: { requests: 1, tokens: 30, nanoUsd: 0, leastNanoUsd: 0, isBound: true },
    draft: "{}",
  };
  return (await (await fetch(`${gateway.url}/objects/${object}`, { method: "POST", body: JSON.stringify(call) })).json()) as {
    kind: string;
  }; // the object's own answer
}

it("a key that joins, changes or leaves a team is admitted by its old object no more, whoever has not heard of it", async () => {
  const shared = { team_limits: { rpm: 100 } };
  const { id, key } = await gateway.createKey({ team: "red", ...shared });
  expect(await statusOf(key)).toBe(200);
  const inRed = await knownTo("team:red", id);
  expect((await answerTo("team:red", inRed)).kind).toBe("admitted");

  expect(await change(id, { team: "blue" })).toBe(200);
  expect(await answerTo("team:red", inRed)).toMatchObject({ kind: "moved", newerKey: { policy: { team: "blue" } } });
  const inBlue = await knownTo("team:blue", id);
  expect((await answerTo("team:blue", inBlue)).kind).toBe("admitted");

  expect(await change(id, { team: null, team_limits: null })).toBe(200);
  expect((await answerTo("team:blue", inBlue)).kind).toBe("moved");
  const alone = await knownTo(id, id);
  expect(await change(id, { team: "red", ...shared })).toBe(200);
  expect((await answerTo(id, alone)).kind).toBe("moved");
  expect(await statusOf(key)).toBe(200);

  // One who still goes to the first team is sent to where it is known that the key has ended.
  expect((await gateway.admin(`/keys/${id}`, { method: "DELETE" })).status).toBe(200);
  expect((await answerTo("team:blue", inBlue)).kind).toBe("moved");
  expect((await answerTo("team:red", inRed)).kind).toBe("ended");
});
