import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ADMIN_TOKEN, startGateway, type TestGateway } from "../support/gateway";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());

const call = (path: string, init: RequestInit = {}) =>
  fetch(gateway.url + path, { ...init, headers: { authorization: `Bearer ${gateway.key}`, ...init.headers } });
const json = { "content-type": "application/json" };
const chat = JSON.stringify({ model: "gpt-4o", messages: [{ role: "user", content: "hi" }] });

describe("paths and methods", () => {
  it("says that it is alive, to HEAD too", async () => {
    expect(await (await fetch(`${gateway.url}/health`)).json()).toEqual({ status: "ok" });
    const head = await fetch(`${gateway.url}/health`, { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([200, ""]);
  });

  it("refuses an unknown path natively", async () => {
    const openai = await call("/v1/nothing");
    expect([openai.status, await openai.json()]).toMatchObject([404, { error: { type: "invalid_request_error", code: "unknown_url" } }]);
    const anthropic = await call("/v1/messages/nothing");
    expect([anthropic.status, await anthropic.json()]).toMatchObject([404, { type: "error", error: { type: "not_found_error" } }]);
  });

  it.each(["/v1/chat/completions", "/v1/messages"])("%s answers another method with 405 and what it takes", async (path) => {
    for (const method of ["GET", "PUT", "DELETE", "PATCH", "HEAD"]) {
      const response = await call(path, { method });
      expect([method, response.status, response.headers.get("allow")]).toEqual([method, 405, "POST, OPTIONS"]);
      await response.text();
    }
    const wrong = await call("/v1/models", { method: "POST", headers: json, body: "{}" });
    expect([wrong.status, wrong.headers.get("allow")]).toEqual([405, "GET, HEAD, OPTIONS"]);
  });

  it("gives every reply a request id of its own", async () => {
    const ids = await Promise.all(
      ["/health", "/v1/nothing", "/v1/models"].map(async (path) => (await call(path)).headers.get("x-request-id")),
    );
    expect(new Set(ids).size).toBe(3);
    for (const id of ids) expect(id).toMatch(/^req_[0-9a-z]{26}$/);
  });
});

describe("CORS", () => {
  it("answers a preflight", async () => {
    const response = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: "OPTIONS",
      headers: {
        origin: "https://app.example",
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type,x-stainless-lang",
      },
    });
    expect(response.status).toBe(204);
    expect(response.headers.get("access-control-allow-origin")).toBe("*");
    expect(response.headers.get("access-control-allow-methods")).toContain("POST");
    expect(response.headers.get("access-control-allow-headers")).toContain("x-stainless-lang");
    expect(response.headers.get("access-control-max-age")).toBe("7200");
  });

  it("lets scripts read the gateway's headers, on errors and streams too", async () => {
    for (const body of ["{", chat, chat.replace("{", '{"stream":true,')]) {
      const response = await call("/v1/chat/completions", { method: "POST", headers: { ...json, origin: "https://app.example" }, body });
      expect(response.headers.get("access-control-allow-origin")).toBe("*");
      expect(response.headers.get("access-control-expose-headers")).toContain("x-request-id");
      await response.text();
    }
  });
});

describe("credentials", () => {
  it("refuses all that is wrong with one and the same 401", async () => {
    const id = gateway.key.slice(0, gateway.key.lastIndexOf("-") + 1);
    const wrong = [
      "",
      "Bearer ",
      "Bearer x",
      "Bearer sk-sluice-",
      `Bearer ${gateway.key}x`,
      `Bearer ${id}${"A".repeat(43)}`,
      `Basic ${gateway.key}`,
      `Bearer ${ADMIN_TOKEN}`,
    ];
    const answers = await Promise.all(
      wrong.map(async (authorization) => {
        const response = await fetch(`${gateway.url}/v1/chat/completions`, {
          method: "POST",
          headers: { ...json, authorization },
          body: chat,
        });
        return `${response.status} ${await response.text()}`;
      }),
    );
    expect(new Set(answers).size).toBe(1);
    expect(answers[0]).toMatch(/^401 .*"code":"invalid_api_key"/);
  });

  it("refuses before it looks at the body", async () => {
    const response = await fetch(`${gateway.url}/v1/messages`, { method: "POST", headers: json, body: "{" });
    expect([response.status, await response.json()]).toMatchObject([401, { type: "error", error: { type: "authentication_error" } }]);
  });

  it("takes a key as bearer and as x-api-key, on every endpoint", async () => {
    for (const path of ["/v1/chat/completions", "/v1/messages"]) {
      const body = path === "/v1/messages" ? chat.replace("{", '{"max_tokens":50,') : chat;
      const bearer = await call(path, { method: "POST", headers: json, body });
      const apiKey = await fetch(gateway.url + path, {
        method: "POST",
        headers: { ...json, "x-api-key": gateway.key, authorization: "Bearer placeholder" },
        body,
      });
      expect([bearer.status, apiKey.status]).toEqual([200, 200]);
    }
  });

  it("stops a revoked key within 10 s", async () => {
    const { id, key } = await gateway.createKey();
    const use = () => fetch(`${gateway.url}/v1/models`, { headers: { authorization: `Bearer ${key}` } });
    expect((await use()).status).toBe(200);
    expect((await gateway.admin(`/keys/${id}`, { method: "DELETE" })).status).toBe(200);
    const revokedAtMs = Date.now();
    while ((await use()).status !== 401 && Date.now() - revokedAtMs < 11_000) await new Promise((resolve) => setTimeout(resolve, 200));
    expect(Date.now() - revokedAtMs).toBeLessThan(10_000);
  });

  it("lets a key ask only for its own models, and shows it only those", async () => {
    const { key } = await gateway.createKey({ models: ["openai/*", "fast"] });
    const headers = { ...json, authorization: `Bearer ${key}` };
    const ask = (model: string) =>
      fetch(`${gateway.url}/v1/chat/completions`, { method: "POST", headers, body: JSON.stringify({ ...JSON.parse(chat), model }) });
    expect((await ask("openai/gpt-4o")).status).toBe(200);
    expect((await ask("fast")).status).toBe(200);
    const refused = await ask("anthropic/claude-opus-4-6");
    expect([refused.status, await refused.json()]).toMatchObject([403, { error: { code: "model_not_allowed", param: "model" } }]);
    const listed = (await (await fetch(`${gateway.url}/v1/models`, { headers })).json()) as { data: { id: string }[] };
    expect(listed.data.map(({ id }) => id)).toEqual(["fast", "openai/gpt-4o", "openai/gpt-4o-mini"]);
  });
});

describe("bodies", () => {
  it("refuses more than 32 MiB that were not announced", async () => {
    const body = new Blob([`{"model":"gpt-4o","pad":"${"x".repeat(40 * 1024 * 1024)}"}`]).stream();
    const untold = await call("/v1/messages", { method: "POST", headers: json, body, duplex: "half" } as RequestInit); // `duplex` is missing in the DOM's type
    expect([untold.status, await untold.json()]).toMatchObject([413, { type: "error", error: { type: "request_too_large" } }]);
  });

  it.each([
    ["text/plain", 415],
    ["application/x-www-form-urlencoded", 415],
    ["multipart/form-data; boundary=x", 415],
    ["application/json; charset=utf-8", 200],
    ["application/vnd.api+json", 200],
  ])("content type %s → %i", async (type, status) => {
    const response = await call("/v1/chat/completions", { method: "POST", headers: { "content-type": type }, body: chat });
    expect(response.status).toBe(status);
    await response.text();
  });

  it("names what it was asked for and what came near", async () => {
    const response = await call("/v1/chat/completions", { method: "POST", headers: json, body: chat.replace("gpt-4o", "gtp-4o") });
    expect([response.status, await response.json()]).toMatchObject([
      404,
      { error: { code: "model_not_found", param: "model", message: expect.stringMatching(/`gtp-4o`.*`gpt-4o`/) } },
    ]);
  });
});

describe("models", () => {
  it("are listed in the protocol of the caller", async () => {
    const openai = await (await call("/v1/models")).json();
    expect(openai).toMatchObject({
      object: "list",
      data: expect.arrayContaining([expect.objectContaining({ id: "default", object: "model" })]),
    });
    const anthropic = await (await call("/v1/models", { headers: { "anthropic-version": "2023-06-01" } })).json();
    expect(anthropic).toMatchObject({
      has_more: false,
      first_id: "default",
      data: expect.arrayContaining([expect.objectContaining({ type: "model" })]),
    });
  });

  it("can be looked up one by one, also with a slash in the name", async () => {
    expect(await (await call("/v1/models/groq/openai/gpt-oss-120b")).json()).toMatchObject({
      id: "groq/openai/gpt-oss-120b",
      owned_by: "groq",
    });
    expect((await call("/v1/models/nonsense")).status).toBe(404);
  });
});
