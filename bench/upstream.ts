// Both providers, simulated as cheaply as can be: a raw TCP server that knows just enough HTTP, so that it is not what limits a run
// (`--contenders direct` shows its own ceiling). It answers POST …/chat/completions and …/messages, streamed when the body asks for it.
// `POST /configure` sets what it does until the next such call.
import net from "node:net";
import { announceReady } from "./children.ts";

/** What the upstream does. */
export interface UpstreamBehaviour {
  /** Content events of a stream. */
  events: number;
  /** Time between two of them; 0 sends them one write each, as fast as the socket takes them. */
  intervalMs: number;
  /** Length of the text of a reply that is not streamed. */
  replyBytes: number;
}

export const DEFAULT_BEHAVIOUR: UpstreamBehaviour = { events: 200, intervalMs: 0, replyBytes: 700 };

/** Events written before other streams get their turn. */
const BURST = 20;
const ID = "chatcmpl-CfXq2Zr8yLkVn0T4JdQwH3bUeM1sA";
const CREATED = 1_790_000_000;
const INPUT_TOKENS = 19;

type Wire = "openai" | "anthropic";

/** A stream in pieces: text that carries a stamp goes between `before` and `after`. */
interface StreamText {
  head: string;
  before: string;
  after: string;
  tail: string;
}

let behaviour = DEFAULT_BEHAVIOUR;

function chatStream(withUsage: boolean): StreamText {
  const shared = {
    id: ID,
    object: "chat.completion.chunk",
    created: CREATED,
    model: "gpt-4o-mini",
    service_tier: "default",
    system_fingerprint: "fp_0123456789",
  };
  // With include_usage every chunk but the last says `"usage":null`, without it none has the field.
  const event = (choices: unknown[], usage: unknown = null) => sse(JSON.stringify({ ...shared, choices, ...(withUsage ? { usage } : {}) }));
  const choice = (delta: unknown, finish: string | null = null) => [{ index: 0, delta, logprobs: null, finish_reason: finish }];
  const usage = {
    prompt_tokens: INPUT_TOKENS,
    completion_tokens: behaviour.events,
    total_tokens: INPUT_TOKENS + behaviour.events,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0, accepted_prediction_tokens: 0, rejected_prediction_tokens: 0 },
  };
  return {
    head: event(choice({ role: "assistant", content: "", refusal: null })),
    ...around(event(choice({ content: STAMP }))),
    tail: event(choice({}, "stop")) + (withUsage ? event([], usage) : "") + sse("[DONE]"),
  };
}

function messagesStream(): StreamText {
  const event = (type: string, fields: object = {}) => sse(JSON.stringify({ type, ...fields }), type);
  const usage = { input_tokens: INPUT_TOKENS, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 1 };
  const message = {
    id: "msg_01SimSimSimSimSimSimSimS",
    type: "message",
    role: "assistant",
    model: "claude-haiku-4-5",
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage,
  };
  return {
    head:
      event("message_start", { message }) +
      event("content_block_start", { index: 0, content_block: { type: "text", text: "" } }) +
      event("ping"),
    ...around(event("content_block_delta", { index: 0, delta: { type: "text_delta", text: STAMP } })),
    tail:
      event("content_block_stop", { index: 0 }) +
      event("message_delta", { delta: { stop_reason: "end_turn", stop_sequence: null }, usage: { output_tokens: behaviour.events } }) +
      event("message_stop"),
  };
}

/** Where a stamp goes; it stays as it is in JSON. */
const STAMP = "(stamp)";

function around(event: string): { before: string; after: string } {
  const [before = "", after = ""] = event.split(STAMP);
  return { before, after: ` word${after}` };
}

function sse(data: string, name?: string): string {
  return `${name === undefined ? "" : `event: ${name}\n`}data: ${data}\n\n`;
}

function wholeReply(wire: Wire): string {
  const text = "lorem ipsum dolor sit amet ".repeat(Math.ceil(behaviour.replyBytes / 27)).slice(0, behaviour.replyBytes);
  if (wire === "anthropic") {
    const usage = { input_tokens: INPUT_TOKENS, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 100 };
    const content = [{ type: "text", text }];
    return JSON.stringify({
      id: "msg_01SimSimSimSimSimSimSimS",
      type: "message",
      role: "assistant",
      model: "claude-haiku-4-5",
      content,
      stop_reason: "end_turn",
      stop_sequence: null,
      usage,
    });
  }
  return JSON.stringify({
    id: ID,
    object: "chat.completion",
    created: CREATED,
    model: "gpt-4o-mini",
    choices: [{ index: 0, message: { role: "assistant", content: text, refusal: null }, logprobs: null, finish_reason: "stop" }],
    usage: {
      prompt_tokens: INPUT_TOKENS,
      completion_tokens: 100,
      total_tokens: INPUT_TOKENS + 100,
      prompt_tokens_details: { cached_tokens: 0 },
    },
    system_fingerprint: "fp_0123456789",
  });
}

function prepare() {
  const whole = (wire: Wire) => httpReply(wholeReply(wire));
  return {
    whole: { openai: whole("openai"), anthropic: whole("anthropic") },
    streams: { openai: chatStream(false), openaiWithUsage: chatStream(true), anthropic: messagesStream() },
  };
}

let prepared = prepare();

function httpReply(json: string): string {
  return `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nx-request-id: req_sim\r\nContent-Length: ${Buffer.byteLength(json)}\r\n\r\n${json}`;
}

const STREAM_HEAD =
  "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nCache-Control: no-cache\r\nx-request-id: req_sim\r\nTransfer-Encoding: chunked\r\n\r\n";

/** One HTTP chunk. All that is sent is ASCII. */
function chunk(text: string): string {
  return `${text.length.toString(16)}\r\n${text}\r\n`;
}

/** Microseconds of a clock that all processes of this machine share, as the load client reads it too. */
function nowUs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e6 + Math.floor(nanoseconds / 1e3);
}

function stream(socket: net.Socket, text: StreamText, done: () => void): void {
  const { events, intervalMs } = behaviour;
  const startMs = performance.now();
  let sent = 0;
  // Every event carries the time of its writing: the client reads the delay off it, whatever became of the framing on the way.
  const sendOne = (): boolean => {
    sent += 1;
    return socket.write(chunk(`${text.before}~${nowUs().toString(36)}~${text.after}`), "latin1");
  };
  const finish = () => {
    socket.write(`${chunk(text.tail)}0\r\n\r\n`, "latin1");
    done();
  };
  const go = (): void => {
    for (let burst = 0; burst < (intervalMs > 0 ? 1 : BURST) && sent < events; burst++) {
      if (socket.destroyed) return;
      if (!sendOne()) {
        socket.once("drain", go);
        return;
      }
    }
    const next = sent >= events ? finish : go;
    if (intervalMs > 0) setTimeout(next, Math.max(1, startMs + sent * intervalMs - performance.now()));
    else setImmediate(next);
  };
  socket.write(STREAM_HEAD + chunk(text.head), "latin1");
  go();
}

function answer(socket: net.Socket, path: string, body: Buffer, done: () => void): void {
  if (path === "/configure") {
    // Sent by run.ts.
    behaviour = { ...DEFAULT_BEHAVIOUR, ...(JSON.parse(body.toString()) as Partial<UpstreamBehaviour>) };
    prepared = prepare();
    socket.write(httpReply("{}"));
    done();
    return;
  }
  const { whole, streams } = prepared;
  const wire: Wire = path.endsWith("/messages") ? "anthropic" : "openai";
  if (body.includes('"stream":true')) {
    const withUsage = body.includes('"include_usage":true');
    const text = wire === "anthropic" ? streams.anthropic : withUsage ? streams.openaiWithUsage : streams.openai;
    stream(socket, text, done);
  } else {
    socket.write(whole[wire], "latin1");
    done();
  }
}

/** Takes requests off one connection, in order. */
function serve(socket: net.Socket): void {
  let parts: Buffer[] = [];
  let length = 0;
  /** Bytes that have to be there before it is worth looking again: a large body is put together once. */
  let needed = 0;
  let busy = false;
  const next = (): void => {
    if (busy || length === 0 || length < needed) return;
    const bytes = parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts);
    parts = [bytes];
    const request = readRequest(bytes);
    if ("needed" in request) {
      needed = request.needed;
      return;
    }
    const rest = bytes.subarray(request.end);
    parts = rest.length > 0 ? [rest] : [];
    length = rest.length;
    needed = 0;
    busy = true;
    answer(socket, request.path, request.body, () => {
      busy = false;
      next();
    });
  };
  socket.on("data", (bytes) => {
    parts.push(bytes);
    length += bytes.length;
    next();
  });
  // A client that leaves in the middle is an ordinary event here.
  socket.on("error", () => socket.destroy());
}

/** The first request among the bytes, or how many bytes there must be before it can be one. */
function readRequest(bytes: Buffer): { path: string; body: Buffer; end: number } | { needed: number } {
  const headEnd = bytes.indexOf("\r\n\r\n");
  if (headEnd < 0) return { needed: bytes.length + 1 };
  const head = bytes.toString("latin1", 0, headEnd);
  const path = head.slice(head.indexOf(" ") + 1, head.indexOf(" ", head.indexOf(" ") + 1));
  const start = headEnd + 4;
  const contentLength = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  if (contentLength !== undefined) {
    const end = start + Number(contentLength);
    return bytes.length < end ? { needed: end } : { path, body: bytes.subarray(start, end), end };
  }
  if (!/\r\ntransfer-encoding: *chunked/i.test(head)) return { path, body: Buffer.alloc(0), end: start };
  const chunks: Buffer[] = [];
  for (let at = start; ; ) {
    const lineEnd = bytes.indexOf("\r\n", at);
    if (lineEnd < 0) return { needed: bytes.length + 1 };
    const size = Number.parseInt(bytes.toString("latin1", at, lineEnd), 16);
    const end = lineEnd + 2 + size + 2;
    if (bytes.length < end) return { needed: end };
    if (size === 0) return { path, body: Buffer.concat(chunks), end };
    chunks.push(bytes.subarray(lineEnd + 2, end - 2));
    at = end;
  }
}

const server = net.createServer({ noDelay: true }, serve);
server.listen(0, "127.0.0.1", 1024, () => {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the upstream has no port");
  announceReady({ origin: `http://127.0.0.1:${address.port}` }, () => {
    server.close();
  });
});
