import { connect } from "node:net";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DirectGateway, startDirectGateway } from "../support/direct-gateway";
import { chatChunk, messageStream, pause, startUpstream, streams, type Upstream } from "../support/upstream";

/** A credential without a vendor's prefix, as self-hosted servers and Azure have them: no pattern finds it. */
const CREDENTIAL = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";

// Deadlines here: 600 ms to response headers, 400 ms of silence.
let upstream: Upstream;
let gateway: DirectGateway;
beforeAll(async () => {
  upstream = await startUpstream();
  gateway = await startDirectGateway("test/support/impatient-worker.ts", {
    OPENAI_API_KEY: CREDENTIAL,
    OPENAI_BASE_URL: `${upstream.origin}/v1`,
    ANTHROPIC_API_KEY: CREDENTIAL,
    ANTHROPIC_BASE_URL: upstream.origin,
  });
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

const CHAT = "/v1/chat/completions";
const body = (more: object = {}) =>
  JSON.stringify({ model: "openai/gpt-4o", messages: [{ role: "user", content: "hi" }], max_tokens: 100, ...more });
const post = (text: string, path = CHAT) =>
  fetch(gateway.origin + path, {
    method: "POST",
    headers: { authorization: `Bearer ${gateway.key}`, "content-type": "application/json" },
    body: text,
    signal: AbortSignal.timeout(4000),
  });
const rowsOf = async (response: Response): Promise<Record<string, unknown>[]> => {
  const id = response.headers.get("x-request-id");
  for (let tries = 0; tries < 60 && !(await gateway.rows()).some((row) => row.id === id); tries++) await pause(50);
  return (await gateway.rows()).filter((row) => row.id === id);
};
const expectHungUp = async (): Promise<void> => {
  for (let tries = 0; tries < 50 && upstream.received.at(-1)?.abandonedAtMs === undefined; tries++) await pause(20);
  expect(upstream.received.at(-1)?.abandonedAtMs).toBeDefined();
};
const completion = JSON.stringify({
  id: "chatcmpl-1",
  object: "chat.completion",
  created: 1,
  model: "gpt-4o",
  choices: [{ index: 0, message: { role: "assistant", content: "Hello", refusal: null }, logprobs: null, finish_reason: "stop" }],
  usage: { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 },
});
/** The client's own headers on a socket, then what `sendBody` writes. */
const raw = (head: string, onOpen: (socket: ReturnType<typeof connect>) => void): Promise<string> => {
  const { hostname, port } = new URL(gateway.origin);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => {
      socket.write(`${head}\r\nhost: ${hostname}\r\nauthorization: Bearer ${gateway.key}\r\n`);
      onOpen(socket);
    });
    let said = "";
    socket.setTimeout(3000, () => socket.destroy());
    socket.on("data", (bytes) => {
      said += bytes.toString();
    });
    socket.on("close", () => resolve(said));
    socket.on("error", reject);
  });
};

describe("an upstream's body that never ends", () => {
  it.each([
    ["an error reply", 500, "application/json", '{"error":{"mess', {}, 500],
    ["an error reply to a stream", 429, "application/json", '{"error":{"mess', { stream: true }, 429],
    ["a whole reply", 200, "application/json", completion.slice(0, 50), {}, 504],
    ["a stream that nobody asked for", 200, "text/event-stream", chatChunk({ content: "Hel" }), {}, 504],
    ["a whole reply where a stream was asked for", 200, "application/json", completion.slice(0, 50), { stream: true }, 504],
  ])("%s is answered within the deadline, and the call upstream ends", async (_, status, type, start, more, expected) => {
    upstream.answer((response) => {
      response.writeHead(status, { "content-type": type });
      response.write(start);
    });
    const response = await post(body(more));
    expect([response.status, await response.text()]).toEqual([
      expected < 504 ? (expected === 500 ? 502 : 429) : 504,
      expect.stringContaining('"error"'),
    ]);
    await expectHungUp();
    expect(await rowsOf(response)).toHaveLength(1);
  });

  it("with a length announced is held to the deadline too", async () => {
    upstream.answer((response) => {
      response.writeHead(200, { "content-type": "application/json", "content-length": completion.length });
      response.write(completion.slice(0, 50));
    });
    const response = await post(body());
    expect(response.status).toBe(504);
    await expectHungUp();
    expect(await rowsOf(response)).toMatchObject([{ status: "error", error_class: "timeout" }]);
  });
});

describe("an upstream's body that breaks off", () => {
  it.each([
    ["an error reply", 500],
    ["an error reply of the caller's making", 400],
    ["a whole reply", 200],
  ])("in %s (%i) is an error with its row", async (_, status) => {
    upstream.answer(async (response) => {
      response.writeHead(status, { "content-type": "application/json", "content-length": 5000 });
      response.write('{"error":{"message":"x');
      await pause(50);
      response.destroy();
    });
    const response = await post(body());
    expect(response.status).toBe(status === 400 ? 400 : 502);
    expect(await response.text()).not.toContain("The gateway failed");
    expect(await rowsOf(response)).toMatchObject([{ status: "error", ...(status === 200 ? { error_class: "network" } : {}) }]);
  });
});

describe("an upstream's odd status", () => {
  it.each([204, 205, 304])("%i is a 502 with one row", async (status) => {
    upstream.answer((response) => void response.writeHead(status).end());
    const response = await post(body());
    expect([response.status, await response.text()]).toEqual([502, expect.stringContaining('"error"')]);
    expect(await rowsOf(response)).toHaveLength(1);
  });

  it.each([302, 307, 399, 600, 999])("%i never is the client's, whatever the body says", async (status) => {
    upstream.answer((response) => {
      response.writeHead(status, { location: `${upstream.origin}/elsewhere`, "content-type": "application/json" });
      response.end('{"error":{"message":"moved","type":"x"}}');
    });
    const known = upstream.received.length;
    const response = await post(body());
    expect(response.status).toBe(502);
    expect(response.headers.get("location")).toBeNull();
    expect(upstream.received).toHaveLength(known + 1);
    expect(await rowsOf(response)).toMatchObject([{ http_status: 502 }]);
  });
});

describe("an upstream that quotes the gateway's credential", () => {
  const error = { message: `Incorrect API key provided: ${CREDENTIAL}.`, type: "invalid_request_error", param: null, code: CREDENTIAL };

  it.each([CHAT, "/v1/messages"])("in an error reply does not get it to the client (%s)", async (path) => {
    upstream.answer((response) => void response.writeHead(400, { "content-type": "application/json" }).end(JSON.stringify({ error })));
    const response = await post(body(), path);
    expect(response.status).toBe(400);
    const text = await response.text();
    expect(text).toContain("Incorrect API key provided");
    expect(text).not.toContain(CREDENTIAL);
  });

  it.each([CHAT, "/v1/messages"])("in a stream's first event does not get it to the client (%s)", async (path) => {
    upstream.answer(streams([`data: ${JSON.stringify({ error })}\n\n`]));
    const response = await post(body({ stream: true }), path);
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(await response.text()).not.toContain(CREDENTIAL);
  });

  it("in an error within a translated stream does not get it to the client", async () => {
    upstream.answer(streams([chatChunk({ content: "Hel" }), `data: ${JSON.stringify({ error })}\n\n`], 30));
    const text = await (await post(body({ stream: true }), "/v1/messages")).text();
    expect(text).toContain("event: error");
    expect(text).not.toContain(CREDENTIAL);
  });
});

describe("an upstream that compresses", () => {
  it("a whole reply: the client reads it", async () => {
    upstream.answer((response) => {
      const zipped = gzipSync(completion);
      response
        .writeHead(200, { "content-type": "application/json", "content-encoding": "gzip", "content-length": zipped.length })
        .end(zipped);
    });
    const response = await post(body());
    expect(await response.json()).toEqual(JSON.parse(completion));
  });

  it("a stream: the client reads it", async () => {
    const wire = messageStream(["Hel", "lo"]);
    upstream.answer((response) => {
      response.writeHead(200, { "content-type": "text/event-stream", "content-encoding": "gzip" }).end(gzipSync(wire.join("")));
    });
    const response = await post(body({ model: "anthropic/claude-sonnet-4-6", stream: true }), "/v1/messages");
    expect(await response.text()).toBe(wire.join(""));
    expect(await rowsOf(response)).toMatchObject([{ status: "ok", input_tokens: 12 }]);
  });

  it("an error reply: the client reads it", async () => {
    upstream.answer((response) => {
      response.writeHead(400, { "content-type": "application/json", "content-encoding": "gzip" });
      response.end(gzipSync('{"error":{"message":"no such field","type":"invalid_request_error","param":null,"code":null}}'));
    });
    const response = await post(body());
    expect([response.status, await response.text()]).toEqual([400, expect.stringContaining("no such field")]);
  });
});

describe("a model's name", () => {
  const models = (name: string, authorization = `Bearer ${gateway.key}`) =>
    fetch(`${gateway.origin}/v1/models/${name}`, { headers: { authorization } });

  it.each(["%E0%A4%A", "%", "openai/%zz"])("that no client can have meant (%s) does not exist", async (name) => {
    const response = await models(name);
    expect([response.status, await response.text()]).toEqual([404, expect.stringContaining("model_not_found")]);
  });

  it("is looked at only once the key was", async () => {
    expect((await models("%E0%A4%A", "Bearer nothing")).status).toBe(401);
  });

  it.each(["constructor/x", "__proto__", "toString", "__proto__/x", "hasOwnProperty"])(
    "of JavaScript's own (%s) does not exist",
    async (name) => {
      expect((await models(name)).status).toBe(404);
      expect((await post(body({ model: name }))).status).toBe(404);
    },
  );

  it("of a megabyte makes no answer of a megabyte", async () => {
    for (const model of ["x".repeat(1e6), `groq/${"x".repeat(1e6)}`]) {
      const response = await post(body({ model }));
      expect((await response.text()).length).toBeLessThan(2000);
    }
  });
});

describe("a client that leaves", () => {
  it("while it sends its body is no failure of the gateway", async () => {
    const said = await raw(`POST ${CHAT} HTTP/1.1`, (socket) => {
      socket.write('content-type: application/json\r\ncontent-length: 100\r\n\r\n{"model":');
      setTimeout(() => socket.end(), 100);
    });
    expect(said).not.toContain("internal_error");
  });

  it("in the opening, after the upstream said what it bills, has it in its row", async () => {
    upstream.answer(streams(messageStream([]).slice(0, 1), 10, () => {}));
    const left = async () => (await gateway.rows()).filter(({ endpoint, status }) => endpoint === "/v1/messages" && status === "aborted");
    const text = body({ model: "anthropic/claude-sonnet-4-6", stream: true });
    await raw("POST /v1/messages HTTP/1.1", (socket) => {
      socket.write(`content-type: application/json\r\ncontent-length: ${text.length}\r\n\r\n${text}`);
      setTimeout(() => socket.resetAndDestroy(), 250);
    });
    for (let tries = 0; tries < 100 && (await left()).length === 0; tries++) await pause(50);
    expect(await left()).toMatchObject([{ input_tokens: 12 }]);
  });
});

describe("requests of HTTP's corners", () => {
  it("with Expect: 100-continue are answered", async () => {
    upstream.answer((response) => void response.writeHead(200, { "content-type": "application/json" }).end(completion));
    const text = body();
    const said = await raw(`POST ${CHAT} HTTP/1.1`, (socket) => {
      socket.write(`connection: close\r\nexpect: 100-continue\r\ncontent-type: application/json\r\ncontent-length: ${text.length}\r\n\r\n`);
      setTimeout(() => socket.write(text), 300);
    });
    expect(said).toMatch(/HTTP\/1\.1 200/);
  });

  it("HEAD on an endpoint that takes POST is refused", async () => {
    expect((await fetch(gateway.origin + CHAT, { method: "HEAD" })).status).toBe(405);
    expect((await fetch(`${gateway.origin}/health`, { method: "HEAD" })).status).toBe(200);
  });

  it.each(["/v1/models/%E0%A4%A", "/v1/nothing", CHAT])("errors can be read by a browser's script (%s)", async (path) => {
    const response = await fetch(gateway.origin + path, { headers: { origin: "https://app.example" } });
    expect(response.headers.get("access-control-allow-origin")).toBe("*");
    expect(response.headers.get("x-request-id")).toMatch(/^req_/);
  });

  it("a prototype in the body changes nothing", async () => {
    upstream.answer((response) => void response.writeHead(200, { "content-type": "application/json" }).end(completion));
    const text = body().replace("{", '{"__proto__":{"stream":true,"model":"x"},"constructor":1,');
    expect((await post(text)).status).toBe(200);
    expect(upstream.received.at(-1)?.text).toContain('"__proto__":{"stream":true');
    upstream.answer(streams([]));
    expect((await post(text.replace("openai/gpt-4o", "anthropic/claude-sonnet-4-6"))).status).toBe(502);
    expect(upstream.received.at(-1)?.body.stream ?? false).toBe(false);
  });
});
