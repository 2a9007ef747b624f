import { afterAll, beforeAll, expect, it } from "vitest";
import { startGateway, type TestGateway } from "../support/gateway";
import { bothProviders, pause, saysHi, startUpstream, type Upstream } from "../support/upstream";

let gateway: TestGateway;
let upstream: Upstream;
beforeAll(async () => {
  upstream = await startUpstream();
  upstream.answer(saysHi);
  gateway = await startGateway(bothProviders(upstream), "test/support/late-limiter-worker.ts");
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

it.each(["decides late", "answers late"])(
  "a call that is refused because its limiter %s holds no place, no money and no idempotency key, and leaves no row",
  async (name) => {
    const { id, key } = await gateway.createKey({ name, on_limiter_failure: "closed", limits: { concurrency: 1 }, budget: 0.0004 });
    const ask = async (): Promise<[number, string]> => {
      const response = await fetch(`${gateway.url}/v1/chat/completions`, {
        method: "POST",
        headers: {
          ...{ authorization: `Bearer ${key}`, "content-type": "application/json" },
          ...{ "idempotency-key": "once", "x-sluice-timeout-ms": "1500" },
        },
        body: JSON.stringify({ model: "openai/gpt-4o", max_tokens: 20, messages: [{ role: "user", content: "hi" }] }),
      });
      return [response.status, await response.text()];
    };
    expect(await ask()).toEqual([503, expect.stringContaining("limiter_unavailable")]);
    await pause(600);
    expect(await ask()).toEqual([200, expect.stringContaining("Hi")]);
    // Beyond what a lease lasts: 1.5 s, and 1 s more.
    await pause(4500);
    const { DB } = await gateway.env();
    const { results } = await DB.prepare("SELECT status FROM usage WHERE key_id = ?1").bind(id).all();
    expect(results).toEqual([{ status: "ok" }]);
  },
);
