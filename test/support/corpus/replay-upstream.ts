import http from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as afterMs, setImmediate as nextTurn } from "node:timers/promises";
import type { CorpusCase, Wire } from "./cases.ts";
import { objectOf, parse, textOf } from "./json.ts";
import { type Split, splitBody } from "./split.ts";

/** A request as the upstream received it. */
export interface Received {
  path: string;
  headers: http.IncomingHttpHeaders;
  text: string;
}

/** Serves recorded answers on 127.0.0.1, over either wire's path. */
export interface ReplayUpstream {
  /** Without a trailing slash. */
  url: string;
  /** All requests for one model name, in order; they are then forgotten. */
  take: (model: string) => Received[];
  close: () => Promise<void>;
}

/** The model name that makes the upstream answer with a case. `run` sets requests for the same answer apart. */
export function modelOf(recorded: CorpusCase, split: Split, run: string): string {
  return `case:${recorded.id};split=${split};run=${run}`;
}

/** Time for the last bytes to leave before a connection is broken, in milliseconds. */
const RESET_AFTER_MS = 20;

const MODEL = /^case:([^;]+);split=(whole|random|bytes);run=/;

/** Headers that belong to one connection; this server sets its own. */
const HOP_HEADERS = new Set(["content-length", "content-encoding", "transfer-encoding", "connection", "keep-alive", "date"]);

export async function startReplayUpstream(cases: readonly CorpusCase[]): Promise<ReplayUpstream> {
  const byId = new Map(cases.map((recorded) => [recorded.id, recorded]));
  const received = new Map<string, Received[]>();

  const server = http.createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const text = Buffer.concat(parts).toString();
      const path = request.url ?? "";
      const model = textOf(objectOf(parse(text))?.model) ?? "";
      received.set(model, [...(received.get(model) ?? []), { path, headers: request.headers, text }]);
      const [, id = "", split = "whole"] = MODEL.exec(model) ?? [];
      const recorded = byId.get(id);
      if (!recorded || wireOfPath(path) !== recorded.wire) return refuse(response, recorded ? `${id} is not of ${path}` : `no case ${id}`);
      answer(response, recorded, split as Split).catch((error: unknown) => response.destroy(error as Error)); // MODEL matched; Errors only
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // a TCP server that listens has one

  return {
    url: `http://127.0.0.1:${port}`,
    take(model) {
      const found = received.get(model) ?? [];
      received.delete(model);
      return found;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(response: http.ServerResponse, { id, body, expect, isReset }: CorpusCase, split: Split): Promise<void> {
  response.socket?.setNoDelay(true);
  for (const [name, value] of Object.entries(expect.http.headers)) if (!HOP_HEADERS.has(name)) response.setHeader(name, value);
  response.writeHead(expect.http.status);
  response.flushHeaders();
  for (const piece of splitBody(body, split, seedOf(id))) {
    if (response.destroyed) return;
    // A turn of the loop in between keeps each piece a write, and as a rule a packet, of its own.
    if (response.write(piece)) await nextTurn();
    else await Promise.race([event(response, "drain"), event(response, "close")]);
  }
  if (!isReset) return void response.end();
  // What was written leaves first.
  await afterMs(RESET_AFTER_MS);
  response.destroy();
}

function event(response: http.ServerResponse, name: string): Promise<void> {
  return new Promise((resolve) => void response.once(name, () => resolve()));
}

function wireOfPath(path: string): Wire | undefined {
  if (path.endsWith("/chat/completions")) return "openai-chat";
  return path.endsWith("/v1/messages") ? "anthropic-messages" : undefined;
}

/** Any number that differs from case to case and stays the same from run to run. */
function seedOf(id: string): number {
  let seed = 0;
  for (const char of id) seed = (Math.imul(seed, 31) + (char.codePointAt(0) ?? 0)) >>> 0;
  return seed;
}

function refuse(response: http.ServerResponse, message: string): void {
  response.writeHead(418, { "content-type": "application/json" });
  response.end(JSON.stringify({ error: { type: "replay_refused", message } }));
}
