import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SseDecoder, type SseFrame } from "../../src/core/sse";
import { SINGLE_CALL, startGateway, type TestGateway } from "../support/gateway";
import {
  chatChunk,
  chatUsage,
  messageEvent,
  messageStream,
  pause,
  reset,
  startUpstream,
  streams,
  type Upstream,
} from "../support/upstream";

let upstream: Upstream;
let gateway: TestGateway;

beforeAll(async () => {
  upstream = await startUpstream();
  gateway = await startGateway(
    {
      OPENAI_API_KEY: "sk-upstream-openai-secret",
      OPENAI_BASE_URL: `${upstream.origin}/v1`,
      ANTHROPIC_API_KEY: "sk-upstream-anthropic-secret",
      ANTHROPIC_BASE_URL: upstream.origin,
    },
    SINGLE_CALL,
  );
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

const CHAT = "/v1/chat/completions";
const MESSAGES = "/v1/messages";
const messages = [{ role: "user", content: "hi" }];

function post(path: string, body: object, init: RequestInit = {}): Promise<Response> {
  return fetch(gateway.url + path, {
    method: "POST",
    headers: { authorization: `Bearer ${gateway.key}`, "content-type": "application/json" },
    body: JSON.stringify({ messages, stream: true, ...(path === MESSAGES ? { max_tokens: 100 } : {}), ...body }),
    ...init,
  });
}

function frames(text: string): SseFrame[] {
  const sse = new SseDecoder();
  return [...sse.push(new TextEncoder().encode(text)), ...sse.end()];
}

const rowOf = (response: Response) => gateway.row(response.headers.get("x-request-id") ?? "");

const chatPieces = [
  chatChunk({ role: "assistant", content: "" }),
  chatChunk({ content: "Hel" }),
  chatChunk({ content: "lo 🗼" }),
  chatChunk({}, "stop"),
];
const done = "data: [DONE]\n\n";

describe("the byte path", () => {
  it("forwards the bytes of a stream untouched, unknown fields and comments included", async () => {
    const wire = [": hello\n\n", ...chatPieces, `data: {"id":"x", "choices":[], "vendor_extra": 1.0 }\r\n\r\n`, chatUsage(10, 2), done];
    upstream.answer(streams(wire));
    const response = await post(CHAT, { model: "openai/gpt-4o", stream_options: { include_usage: true } });
    expect(await response.text()).toBe(wire.join(""));
    expect(await rowOf(response)).toMatchObject({ status: "ok", input_tokens: 10, output_tokens: 2, finish: "stop", estimated: 0 });
  });

  it("sends the client's own text upstream, bar the model's name", async () => {
    upstream.answer(streams(messageStream(["x"])));
    const body = `{ "max_tokens" : 100,"model":"anthropic/claude-x/y", "unknown": {"big": 12345678901234567890, "n": 1.0}, "stream":true, "messages":[{"role":"user","content":"\\u00e9"}]}`;
    const response = await post(MESSAGES, {}, { body });
    await response.text();
    expect(upstream.received.at(-1)?.text).toBe(body.replace("anthropic/claude-x/y", "claude-x/y"));
    expect(upstream.received.at(-1)?.headers["x-api-key"]).toBe("sk-upstream-anthropic-secret");
    expect(upstream.received.at(-1)?.headers.authorization).toBeUndefined();
  });

  it("delivers every piece when it comes, not when the tap wakes", async () => {
    upstream.answer(
      streams(
        [...chatPieces.slice(0, 2), ...Array.from({ length: 10 }, () => chatChunk({ content: "x" })), ...chatPieces.slice(3), done],
        60,
      ),
    );
    const response = await post(CHAT, { model: "openai/gpt-4o", stream_options: { include_usage: true } });
    const reader = response.body?.getReader();
    let reads = 0;
    while (!(await reader?.read())?.done) reads += 1;
    expect(reads).toBeGreaterThan(8);
  });

  it("meters usage that the client did not ask for, and does not show it", async () => {
    upstream.answer(streams([...chatPieces, chatUsage(11, 3), done]));
    const response = await post(CHAT, { model: "openai/gpt-4o" });
    expect(await response.text()).toBe([...chatPieces, done].join(""));
    expect(upstream.received.at(-1)?.body.stream_options).toEqual({ include_usage: true });
    expect(await rowOf(response)).toMatchObject({ status: "ok", input_tokens: 11, output_tokens: 3 });
  });
});

/** One protocol on both sides (with and without hidden usage), and translation both ways. */
const paths = [
  { name: "bytes, Anthropic", path: MESSAGES, body: { model: "anthropic/claude-sonnet-4-6" }, wire: messageStream(["Hel", "lo 🗼", "!"]) },
  {
    name: "bytes, OpenAI",
    path: CHAT,
    body: { model: "openai/gpt-4o", stream_options: { include_usage: true } },
    wire: [...chatPieces, chatUsage(10, 2), done],
  },
  { name: "OpenAI, usage withheld", path: CHAT, body: { model: "openai/gpt-4o" }, wire: [...chatPieces, chatUsage(10, 2), done] },
  { name: "Anthropic to OpenAI", path: CHAT, body: { model: "anthropic/claude-sonnet-4-6" }, wire: messageStream(["Hel", "lo 🗼", "!"]) },
  { name: "OpenAI to Anthropic", path: MESSAGES, body: { model: "openai/gpt-4o" }, wire: [...chatPieces, chatUsage(10, 2), done] },
];

function isError(frame: SseFrame | undefined, path: string): boolean {
  if (!frame) return false;
  const data = JSON.parse(frame.data) as { type?: string; error?: unknown };
  return path === MESSAGES ? frame.event === "error" && data.type === "error" : data.error !== undefined;
}

const isTerminal = (frame: SseFrame) => frame.data === "[DONE]" || frame.event === "message_stop";

describe.each(paths)("a stream never lies: $name (PITFALLS A 1, A 3)", ({ path, body, wire }) => {
  const whole = new TextEncoder().encode(wire.join(""));
  /** Cuts inside headers of an event, inside JSON, inside the 🗼, and between events. */
  const cuts = [0.05, 0.3, 0.45, 0.52, 0.55, 0.6].map((share) => Math.floor(whole.length * share));
  const rune = whole.indexOf(0xf0);

  const firstOutput = wire.findIndex((event) => event.includes('"Hel"'));
  const outputAt = new TextEncoder().encode(wire.slice(0, firstOutput + 1).join("")).length;

  it.each([...cuts, rune + 1, rune + 2])("tells of a connection that is reset after %i bytes", async (cut) => {
    upstream.answer(streams([whole.slice(0, Math.floor(cut / 2)), whole.slice(Math.floor(cut / 2), cut)], 10, reset));
    const response = await post(path, body);
    if (cut < outputAt) {
      // Nothing was promised yet: the failure has a status of its own.
      expect(response.status).toBe(502);
      expect(await response.json()).toMatchObject({ error: { message: expect.any(String) } });
      expect(await rowOf(response)).toMatchObject({ status: "error", http_status: 502 });
      return;
    }
    const seen = frames(await response.text());
    for (const frame of seen) expect(() => frame.data === "" || JSON.parse(frame.data), frame.data).not.toThrow();
    expect(isError(seen.at(-1), path), JSON.stringify(seen.at(-1))).toBe(true);
    expect(seen.filter((frame) => isError(frame, path))).toHaveLength(1);
    expect(seen.filter(isTerminal)).toHaveLength(0);
    expect(await rowOf(response)).toMatchObject({ status: "interrupted" });
  });

  const nativeError = wire[0]?.startsWith("event:")
    ? messageEvent("error", { error: { type: "overloaded_error", message: "Overloaded" } })
    : 'data: {"error":{"message":"Overloaded","type":"overloaded_error","param":null,"code":null}}\n\n';

  it("answers with a status when the first thing to come is an error event (PITFALLS A 3)", async () => {
    for (const before of [0, 1]) {
      upstream.answer(streams([...wire.slice(0, before), nativeError]));
      const response = await post(path, body);
      expect([before, response.status, Number(response.headers.get("retry-after")) > 0]).toEqual([before, 503, true]);
      expect(await response.json()).toMatchObject({ error: { message: "Overloaded" } });
      expect(await rowOf(response)).toMatchObject({ status: "error", error_class: "overloaded", cost_nano_usd: 0 });
    }
  });

  it("answers with a status when nothing comes at all", async () => {
    upstream.answer(streams([]));
    const response = await post(path, body);
    expect(response.status).toBe(502);
    await response.text();
  });

  it("passes an error event on that comes after output, once", async () => {
    upstream.answer(streams([...wire.slice(0, firstOutput + 1), nativeError]));
    const response = await post(path, body);
    const seen = frames(await response.text());
    expect(seen.filter((frame) => isError(frame, path))).toHaveLength(1);
    expect(isError(seen.at(-1), path)).toBe(true);
    expect(await rowOf(response)).toMatchObject({ status: "interrupted", error_class: "stream-upstream" });
  });

  it("ends in one error event when the stream ends cleanly before the reply does", async () => {
    upstream.answer(streams(wire.slice(0, 3)));
    const response = await post(path, body);
    const seen = frames(await response.text());
    expect(isError(seen.at(-1), path)).toBe(true);
    expect(seen.filter(isTerminal)).toHaveLength(0);
    expect(await rowOf(response)).toMatchObject({ status: "interrupted", error_class: "stream-truncated" });
  });

  it("ends in one error event after an event that is no JSON", async () => {
    upstream.answer(streams([...wire.slice(0, 3), 'data: {"broken": tru]\n\n'], 10, () => {}));
    const response = await post(path, body);
    const text = await response.text();
    expect(isError(frames(text).at(-1), path)).toBe(true);
    expect(frames(text).filter(isTerminal)).toHaveLength(0);
    expect(await rowOf(response)).toMatchObject({ status: "interrupted", error_class: "stream-malformed" });
  });

  it("says nothing of an error when all went well", async () => {
    upstream.answer(streams(wire));
    const response = await post(path, body);
    const seen = frames(await response.text());
    expect(seen.filter(isTerminal)).toHaveLength(1);
    expect(isTerminal(seen.at(-1) ?? { data: "" })).toBe(true);
    expect(await rowOf(response)).toMatchObject({ status: "ok" });
  });

  it("meters what was used when the client leaves in the middle: neither nothing nor everything (PITFALLS D 34)", async () => {
    upstream.answer(async (response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      for (const piece of wire.slice(0, 2)) response.write(piece);
      for (let n = 0; n < 200 && !response.destroyed; n++) {
        response.write(wire[2]);
        await pause(20);
      }
      response.end();
    });
    const controller = new AbortController();
    const response = await post(path, body, { signal: controller.signal });
    const reader = response.body?.getReader();
    for (let reads = 0; reads < 20; reads++) await reader?.read();
    controller.abort();
    const row = await rowOf(response);
    expect(row).toMatchObject({ status: "aborted", estimated: 1 });
    // Some 20 pieces were read, of about one token each; 200 would have come.
    expect(row.output_tokens).toBeGreaterThan(5);
    expect(row.output_tokens).toBeLessThan(100);
  });
});

describe("an upstream that answers otherwise than asked", () => {
  const completion = {
    id: "chatcmpl-1",
    object: "chat.completion",
    created: 1,
    model: "gpt-4o",
    choices: [{ index: 0, message: { role: "assistant", content: "Hello" }, finish_reason: "stop" }],
    usage: { prompt_tokens: 5, completion_tokens: 1, total_tokens: 6 },
  };

  it("a whole reply where a stream was asked for becomes a stream", async () => {
    upstream.answer((response) => void response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(completion)));
    const response = await post(CHAT, { model: "openai/gpt-4o" });
    expect(response.headers.get("content-type")).toContain("text/event-stream");
    const seen = frames(await response.text());
    expect(seen.at(-1)?.data).toBe("[DONE]");
    expect(seen.map((frame) => frame.data).join("")).toContain("Hello");
    expect(await rowOf(response)).toMatchObject({ status: "ok", input_tokens: 5, output_tokens: 1 });
  });

  it("a stream where a whole reply was asked for becomes a whole reply", async () => {
    upstream.answer(streams([...chatPieces, chatUsage(10, 2), done]));
    const response = await post(CHAT, { model: "openai/gpt-4o", stream: false });
    expect(await response.json()).toMatchObject({ choices: [{ message: { content: "Hello 🗼" } }], usage: { prompt_tokens: 10 } });
  });

  it.each(["not json", "[]", "null", "{}", '{"choices":7}'])("a 200 that is no reply (%s) is a native 502", async (text) => {
    upstream.answer((response) => void response.writeHead(200, { "content-type": "application/json" }).end(text));
    const response = await post(CHAT, { model: "openai/gpt-4o", stream: false });
    expect(response.status).toBe(502);
    expect(await response.json()).toMatchObject({ error: { type: "server_error", message: expect.stringContaining("cannot be read") } });
    expect(await rowOf(response)).toMatchObject({ status: "error", error_class: "malformed", cost_nano_usd: 0 });
  });
});

describe("an upstream's refusal (decision 4)", () => {
  const refuse = (status: number, body: string, headers: Record<string, string> = {}) =>
    upstream.answer((response) => void response.writeHead(status, { "content-type": "application/json", ...headers }).end(body));

  it("passes in the client's own protocol byte for byte, with retry-after", async () => {
    const body = '{ "error": {"message":"slow down","type":"requests","param":null,"code":"rate_limit_exceeded", "extra":1} }';
    refuse(429, body, { "retry-after": "7" });
    // A model of its own: it is left alone for these 7 s.
    const response = await post(CHAT, { model: "openai/gpt-4o-mini" });
    expect([response.status, await response.text(), response.headers.get("retry-after")]).toEqual([429, body, "7"]);
  });

  it("is told natively across protocols", async () => {
    refuse(529, '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}');
    const response = await post(CHAT, { model: "anthropic/claude-sonnet-4-6" });
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ error: { message: "Overloaded", type: "server_error" } });
    expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
  });

  it.each([401, 402, 403])("of the credential (%i) is a 502 that quotes nothing", async (status) => {
    refuse(
      status,
      '{"error":{"message":"Incorrect API key provided: sk-upst*********cret","type":"invalid_request_error","code":"invalid_api_key"}}',
    );
    const response = await post(CHAT, { model: "openai/gpt-4o" });
    const text = await response.text();
    expect(response.status).toBe(502);
    expect(text).toContain("OPENAI_API_KEY");
    expect(text).not.toMatch(/sk-|Incorrect/);
    expect(await rowOf(response)).toMatchObject({ status: "error", error_class: "credential", cost_nano_usd: 0 });
  });

  it("that is HTML is told natively, without the page", async () => {
    upstream.answer(
      (response) => void response.writeHead(502, { "content-type": "text/html" }).end("<html><h1>502</h1>internal-host.corp</html>"),
    );
    const response = await post(MESSAGES, { model: "anthropic/claude-sonnet-4-6" });
    const text = await response.text();
    expect(response.status).toBe(502);
    expect(JSON.parse(text)).toMatchObject({ type: "error", error: { type: "api_error" } });
    expect(text).not.toMatch(/html|internal-host/);
  });

  it("never follows a redirect with a credential", async () => {
    upstream.answer((response) => void response.writeHead(307, { location: "/v1/elsewhere" }).end());
    const before = upstream.received.length;
    const response = await post(CHAT, { model: "openai/gpt-4o" });
    expect(response.status).toBe(502);
    await response.text();
    expect(upstream.received.slice(before).map(({ path }) => path)).toEqual(["/v1/chat/completions"]);
  });
});
