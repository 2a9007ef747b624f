import type { ServerResponse } from "node:http";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SseDecoder } from "../../src/core/sse";
import { type DirectGateway, startDirectGateway } from "../support/direct-gateway";
import { IN_REAL_TIME } from "../support/in-real-time";
import { chatChunk, chatUsage, messageStream, pause, startUpstream, streams, type Upstream } from "../support/upstream";

// Deadlines here: 600 ms to response headers, 400 ms of silence.
let upstream: Upstream;
let gateway: DirectGateway;
beforeAll(async () => {
  upstream = await startUpstream();
  gateway = await startDirectGateway("test/support/impatient-worker.ts", {
    OPENAI_API_KEY: "sk-upstream-secret",
    OPENAI_BASE_URL: `${upstream.origin}/v1`,
    ANTHROPIC_API_KEY: "sk-upstream-secret",
    ANTHROPIC_BASE_URL: upstream.origin,
  });
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

const CHAT = "/v1/chat/completions";
const MESSAGES = "/v1/messages";
const chat = [
  chatChunk({ role: "assistant", content: "" }),
  chatChunk({ content: "Hel" }),
  chatChunk({ content: "lo" }),
  chatChunk({}, "stop"),
  chatUsage(10, 2),
  "data: [DONE]\n\n",
];
const paths = [
  { name: "bytes, Anthropic", path: MESSAGES, body: { model: "anthropic/claude-sonnet-4-6" }, wire: messageStream(["Hel", "lo"]) },
  { name: "bytes, OpenAI", path: CHAT, body: { model: "openai/gpt-4o", stream_options: { include_usage: true } }, wire: chat },
  { name: "OpenAI, usage withheld", path: CHAT, body: { model: "openai/gpt-4o" }, wire: chat },
  { name: "Anthropic to OpenAI", path: CHAT, body: { model: "anthropic/claude-sonnet-4-6" }, wire: messageStream(["Hel", "lo"]) },
  { name: "OpenAI to Anthropic", path: MESSAGES, body: { model: "openai/gpt-4o" }, wire: chat },
];
const request = (body: object) => JSON.stringify({ messages: [{ role: "user", content: "hi" }], max_tokens: 100, stream: true, ...body });

describe.each(paths)("a client that leaves ($name)", ({ path, body, wire }) => {
  const leaveAfter = (ms: number): Promise<number> => {
    const text = request(body);
    const { hostname, port } = new URL(gateway.origin);
    const head = `POST ${path} HTTP/1.1\r\nhost: ${hostname}\r\nauthorization: Bearer ${gateway.key}\r\ncontent-type: application/json\r\ncontent-length: ${text.length}\r\n\r\n`;
    return new Promise((resolve, reject) => {
      const socket = connect(Number(port), hostname, () => {
        socket.write(head + text);
        setTimeout(() => {
          // A polite close (FIN) may come from a client that still listens; a reset leaves no doubt.
          socket.resetAndDestroy();
          resolve(Date.now());
        }, ms);
      });
      socket.on("error", reject);
    });
  };
  const abandonedAfter = async (leftAtMs: number): Promise<number> => {
    const received = upstream.received.at(-1);
    for (let tries = 0; tries < 75 && received?.abandonedAtMs === undefined; tries++) await pause(20);
    return (received?.abandonedAtMs ?? Number.POSITIVE_INFINITY) - leftAtMs;
  };
  const rowAfter = async (known: number): Promise<Record<string, unknown> | undefined> => {
    for (let tries = 0; tries < 100; tries++) {
      const rows = await gateway.rows();
      if (rows.length > known) return rows[0];
      await pause(50);
    }
    return undefined;
  };

  it("before the first byte ends the call upstream within a second, and has its row", IN_REAL_TIME, async () => {
    upstream.answer(() => pause(5000));
    const known = (await gateway.rows()).length;
    expect(await abandonedAfter(await leaveAfter(250))).toBeLessThan(1000);
    expect(await rowAfter(known)).toMatchObject({ status: "aborted" });
  });

  it("in mid-stream ends the call upstream within a second, and has its row", IN_REAL_TIME, async () => {
    upstream.answer(streams([...wire.slice(0, 2), ...Array.from({ length: 100 }, () => wire[2] ?? "")], 20));
    const known = (await gateway.rows()).length;
    expect(await abandonedAfter(await leaveAfter(400))).toBeLessThan(1000);
    const row = await rowAfter(known);
    expect(row).toMatchObject({ status: "aborted", estimated: 1 });
    expect(row?.output_tokens).toBeGreaterThan(3);
    expect(row?.output_tokens).toBeLessThan(80);
  });
});

describe.each(paths)("an upstream that stalls ($name) (PITFALLS A 2)", ({ path, body, wire }) => {
  const post = (more: object = {}) =>
    fetch(gateway.origin + path, {
      method: "POST",
      headers: { authorization: `Bearer ${gateway.key}`, "content-type": "application/json" },
      body: request({ ...body, ...more }),
    });

  it("before its headers is a native 504", async () => {
    upstream.answer(() => pause(3000));
    const response = await post();
    expect(response.status).toBe(504);
    const { error } = (await response.json()) as { error: { message: string } };
    expect(error.message).toContain("in time");
  });

  it.each([0, 1])("after %i events, before its first output, is a native 504 too", async (events) => {
    upstream.answer(streams(wire.slice(0, events), 10, () => {}));
    const response = await post();
    expect([response.status, await response.text()]).toEqual([504, expect.stringContaining("took too long")]);
    await expectHungUp();
  });

  it("after output ends in one error event, and the call upstream ends", async () => {
    upstream.answer(streams(wire.slice(0, 3), 10, () => {}));
    const response = await post();
    const sse = new SseDecoder();
    const frames = [...sse.push(new TextEncoder().encode(await response.text())), ...sse.end()];
    expect(frames.at(-1)?.data).toContain('"error"');
    expect(frames.filter(({ data }) => data.includes('"error"'))).toHaveLength(1);
    expect(frames.filter(({ data, event }) => data === "[DONE]" || event === "message_stop")).toHaveLength(0);
    await expectHungUp();
  });

  async function expectHungUp(): Promise<void> {
    for (let tries = 0; tries < 50 && upstream.received.at(-1)?.abandonedAtMs === undefined; tries++) await pause(20);
    expect(upstream.received.at(-1)?.abandonedAtMs).toBeDefined();
  }
});

describe("identical requests that share one call", () => {
  it("end it when the last client leaves, not before", async () => {
    upstream.answer(
      streams(
        Array.from({ length: 200 }, () => chatChunk({ content: "word " })),
        25,
      ),
    );
    const before = upstream.received.length;
    const ask = (signal: AbortSignal) =>
      fetch(`${gateway.origin}${CHAT}`, {
        method: "POST",
        headers: { authorization: `Bearer ${gateway.key}`, "content-type": "application/json" },
        body: request({ model: "openai/gpt-4o", temperature: 0 }),
        signal,
      });
    const [first, second] = [new AbortController(), new AbortController()];
    const both = await Promise.all([ask(first.signal), ask(second.signal)]);
    await Promise.all(both.map((response) => response.body?.getReader().read()));
    first.abort();
    await pause(500);
    expect(upstream.received.length - before).toBe(1);
    expect(upstream.received.at(-1)?.abandonedAtMs).toBeUndefined();
    second.abort();
    for (let tries = 0; tries < 100 && upstream.received.at(-1)?.abandonedAtMs === undefined; tries++) await pause(20);
    expect(upstream.received.at(-1)?.abandonedAtMs).toBeDefined();
  });
});

describe.each(paths)("an upstream that does not hang up properly ($name)", ({ path, body, wire }) => {
  it.each([
    ["never hangs up", () => {}],
    ["resets the connection", (response: ServerResponse) => void response.destroy()],
  ])("%s after its whole reply: the reply is whole", async (_, last) => {
    upstream.answer(streams(wire, 10, last));
    const response = await fetch(gateway.origin + path, {
      method: "POST",
      headers: { authorization: `Bearer ${gateway.key}`, "content-type": "application/json" },
      body: request(body),
    });
    const text = await response.text();
    expect(text).not.toContain('"error"');
    expect(text).toMatch(/(data: \[DONE\]|event: message_stop\n.*)\n\n$/);
    const id = response.headers.get("x-request-id");
    for (let tries = 0; tries < 60 && !(await gateway.rows()).some((row) => row.id === id); tries++) await pause(50);
    expect((await gateway.rows()).find((row) => row.id === id)).toMatchObject({ status: "ok", finish: "stop" });
  });
});

describe("a body that announces 40 MiB", () => {
  it("is refused before it is sent", async () => {
    const { hostname, port } = new URL(gateway.origin);
    const head = `POST ${CHAT} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${gateway.key}\r\ncontent-type: application/json\r\ncontent-length: ${40 * 1024 * 1024}\r\n\r\n{`;
    const said = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(port), hostname, () => socket.write(head));
      socket.setTimeout(5000, () => reject(new Error("no answer")));
      socket.once("error", reject);
      socket.once("data", (bytes) => {
        resolve(bytes.toString());
        socket.destroy();
      });
    });
    expect(said).toMatch(/^HTTP\/1\.1 413/);
  });
});
