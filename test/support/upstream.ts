import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A request that reached the fake provider. */
export interface Received {
  path: string;
  headers: IncomingMessage["headers"];
  text: string;
  body: Record<string, unknown>;
  /** Unix milliseconds at which the caller hung up before the reply was over. */
  abandonedAtMs?: number;
}

export type Answer = (response: ServerResponse, received: Received) => void | Promise<void>;

/** A provider of which the test decides every byte. */
export interface Upstream {
  origin: string;
  received: Received[];
  /** How the next requests are answered. */
  answer: (answer: Answer) => void;
  close: () => Promise<void>;
}

export async function startUpstream(): Promise<Upstream> {
  let current: Answer = (response) => void response.writeHead(500).end();
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    response.socket?.setNoDelay(true);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    const entry: Received = { path: request.url ?? "", headers: request.headers, text, body: text ? JSON.parse(text) : {} };
    received.push(entry);
    response.on("close", () => {
      if (!response.writableFinished) entry.abandonedAtMs = Date.now();
    });
    await current(response, entry);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // listening on TCP: never a pipe's name
  return {
    origin: `http://127.0.0.1:${port}`,
    received,
    answer: (answer) => {
      current = answer;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** What makes a gateway call this upstream in the place of both providers. */
export function bothProviders({ origin }: Pick<Upstream, "origin">): Record<string, string> {
  return {
    OPENAI_API_KEY: "sk-upstream-openai-secret",
    OPENAI_BASE_URL: `${origin}/v1`,
    ANTHROPIC_API_KEY: "sk-upstream-anthropic-secret",
    ANTHROPIC_BASE_URL: origin,
  };
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Sends these pieces as an event stream, `gapMs` apart, then does `last` (ends cleanly unless told otherwise). */
export function streams(
  pieces: readonly (string | Uint8Array)[],
  gapMs = 5,
  last: (response: ServerResponse) => void = (response) => void response.end(),
): Answer {
  return async (response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.flushHeaders();
    for (const piece of pieces) {
      if (response.destroyed) return;
      response.write(piece);
      await pause(gapMs);
    }
    last(response);
  };
}

/** A whole reply of chat completions: "Hi", 10 tokens in, 20 out. */
export function saysHi(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "application/json" }).end(
    JSON.stringify({
      ...{ id: "chatcmpl-1", object: "chat.completion", created: 1, model: "gpt-4o" },
      choices: [{ index: 0, finish_reason: "stop", message: { role: "assistant", content: "Hi" } }],
      usage: { prompt_tokens: 10, completion_tokens: 20, total_tokens: 30 },
    }),
  );
}

/** Breaks the connection off. */
export const reset = (response: ServerResponse): void => void response.destroy();

export const chatChunk = (delta: object, finish: string | null = null, extra: object = {}): string =>
  `data: ${JSON.stringify({ id: "chatcmpl-1", object: "chat.completion.chunk", created: 1, model: "gpt-4o-2024-08-06", choices: [{ index: 0, delta, finish_reason: finish }], ...extra })}\n\n`;

export const chatUsage = (prompt: number, completion: number): string =>
  `data: ${JSON.stringify({ id: "chatcmpl-1", object: "chat.completion.chunk", created: 1, model: "gpt-4o-2024-08-06", choices: [], usage: { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion } })}\n\n`;

export const messageEvent = (type: string, fields: object = {}): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;

/** A short Anthropic stream of these texts. */
export function messageStream(texts: readonly string[]): string[] {
  return [
    messageEvent("message_start", {
      message: {
        id: "msg_1",
        type: "message",
        role: "assistant",
        model: "claude-sonnet-4-6",
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage: { input_tokens: 12, output_tokens: 1 },
      },
    }),
    messageEvent("content_block_start", { index: 0, content_block: { type: "text", text: "" } }),
    ...texts.map((text) => messageEvent("content_block_delta", { index: 0, delta: { type: "text_delta", text } })),
    messageEvent("content_block_stop", { index: 0 }),
    messageEvent("message_delta", { delta: { stop_reason: "end_turn", stop_sequence: null }, usage: { output_tokens: texts.length } }),
    messageEvent("message_stop"),
  ];
}
