// The client: HTTP/1.1 over raw sockets, so that it costs little. Takes one job per line on stdin, gives one result per line on stdout,
// and stays warm in between.
import net from "node:net";
import readline from "node:readline";
import { announceReady } from "./children.ts";
import { type CpuReading, cpuBetween, readCpu, spinMs } from "./cpu-time.ts";
import { HttpReply } from "./http-reply.ts";
import { percentile } from "./statistics.ts";

/** What to send, how much of it, and whom to watch meanwhile. */
export interface Job {
  port: number;
  path: string;
  headers: Record<string, string>;
  body: string;
  connections: number;
  requests: number;
  /** The connections start evenly spread over this time, so that slow streams do not march in step. */
  rampMs: number;
  /** Content events that every reply must have; null for a reply that is not streamed. */
  events: number | null;
  /** Process whose CPU time is read at the start and at the end. */
  workerdPid: number | null;
  /** Goes on watching it for so long after the last reply, for work that the client does not wait for. 0 does not. */
  settleMs: number;
}

export interface LoadResult {
  requests: number;
  /** What went wrong and how often; empty when all went well. */
  failures: Record<string, number>;
  /** Beginning of the first reply that was not right. */
  failedReply?: string;
  rps: number;
  /** Milliseconds to the first byte of a body, to its last byte; delay of each event against the time of its writing upstream. */
  ttfbMs: Quantiles;
  totalMs: Quantiles;
  delayMs: Quantiles;
  /** CPU milliseconds while the load ran, and in the time after it. */
  cpuMs: number | null;
  laterCpuMs: number | null;
  events: number;
  /** Speed of the machine around the run; see `spinMs`. */
  spinMs: number;
}

export interface Quantiles {
  p50: number | null;
  p99: number | null;
}

const RUN_MS_MAX = 30_000;
const READ_BYTES_MAX = 64 * 1024;
const REPLY_CHARS_KEPT = 400;

function run(job: Job): Promise<LoadResult> {
  const request = Buffer.from(
    `POST ${job.path} HTTP/1.1\r\nHost: 127.0.0.1:${job.port}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(job.body)}\r\n` +
      `${Object.entries(job.headers)
        .map(([name, value]) => `${name}: ${value}\r\n`)
        .join("")}\r\n${job.body}`,
  );
  const ttfbUs: number[] = [];
  const totalUs: number[] = [];
  const delayUs: number[] = [];
  const failures: Record<string, number> = {};
  let failedReply: string | undefined;
  let [started, finished, events] = [0, 0, 0];
  let over = false;
  const sockets = new Set<net.Socket>();
  const readWatched = (): CpuReading | null => (job.workerdPid === null ? null : readCpu(job.workerdPid));

  return new Promise((resolve) => {
    const fail = (why: string, reply = ""): void => {
      failures[why] = (failures[why] ?? 0) + 1;
      failedReply ??= reply.slice(0, REPLY_CHARS_KEPT);
    };
    const end = async (): Promise<void> => {
      if (over) return;
      over = true;
      clearTimeout(deadline);
      const wallMs = (nowUs() - startUs) / 1e3;
      const cpuAfter = readWatched();
      for (const socket of sockets) socket.destroy();
      if (job.settleMs > 0) await new Promise((settled) => setTimeout(settled, job.settleMs));
      resolve({
        requests: totalUs.length,
        failures,
        ...(failedReply ? { failedReply } : {}),
        rps: (totalUs.length / wallMs) * 1e3,
        ttfbMs: quantiles(ttfbUs),
        totalMs: quantiles(totalUs),
        delayMs: quantiles(delayUs),
        cpuMs: cpuBetween(cpuBefore, cpuAfter),
        laterCpuMs: job.settleMs > 0 ? cpuBetween(cpuAfter, readWatched()) : null,
        events,
        spinMs: 0,
      });
    };

    /** Sends requests one after another over one connection, and over a new one whenever it breaks. */
    const connect = (): void => {
      if (over || started >= job.requests) return;
      let reply: HttpReply | undefined;
      let sentUs = 0;
      const send = (): void => {
        if (over || started >= job.requests) return;
        started += 1;
        reply = new HttpReply();
        sentUs = nowUs();
        socket.write(request);
      };
      const close = (why?: string): void => {
        const done = reply;
        reply = undefined;
        if (!done) return;
        finished += 1;
        const doneUs = nowUs();
        if (why !== undefined) fail(why, done.beginning);
        else if (done.status !== 200) fail(`status ${done.status}`, done.beginning);
        else if (job.events !== null && done.stampsUs.length !== job.events) fail(`${done.stampsUs.length} events`, done.beginning);
        else {
          totalUs.push(doneUs - sentUs);
          ttfbUs.push((done.firstByteUs ?? doneUs) - sentUs);
        }
        if (finished >= job.requests) void end();
      };
      const take = (length: number, bytes: Buffer): boolean => {
        if (over || !reply) return true;
        const before = reply.stampsUs.length;
        const atUs = nowUs();
        reply.push(bytes.subarray(0, length), atUs);
        for (let at = before; at < reply.stampsUs.length; at++) delayUs.push(atUs - (reply.stampsUs[at] ?? atUs));
        events += reply.stampsUs.length - before;
        if (reply.complete) {
          close();
          send();
        }
        return true;
      };
      const buffer = Buffer.allocUnsafe(READ_BYTES_MAX);
      const socket = net.connect({
        host: "127.0.0.1",
        port: job.port,
        noDelay: true,
        onread: { buffer, callback: (n, b) => take(n, Buffer.from(b.buffer, b.byteOffset, b.byteLength)) },
      });
      sockets.add(socket);
      socket.on("error", (error) => {
        if (!over) fail(error.message);
      });
      socket.on("close", () => {
        sockets.delete(socket);
        if (over) return;
        close("connection closed");
        connect();
      });
      send();
    };

    const cpuBefore = readWatched();
    const startUs = nowUs();
    const deadline = setTimeout(() => {
      fail("not over in time");
      void end();
    }, RUN_MS_MAX);
    const connections = Math.min(job.connections, job.requests);
    for (let at = 0; at < connections; at++) setTimeout(connect, (job.rampMs * at) / connections);
  });
}

function quantiles(valuesUs: number[]): Quantiles {
  valuesUs.sort((a, b) => a - b);
  const ms = (p: number): number | null => {
    const us = percentile(valuesUs, p);
    return us === null ? null : us / 1e3;
  };
  return { p50: ms(0.5), p99: ms(0.99) };
}

/** Microseconds of the clock that the upstream stamps with. */
function nowUs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e6 + Math.floor(nanoseconds / 1e3);
}

announceReady({}, () => {});
for await (const line of readline.createInterface({ input: process.stdin })) {
  globalThis.gc?.();
  const before = spinMs();
  // Written by run.ts.
  const result = await run(JSON.parse(line) as Job);
  process.stdout.write(`${JSON.stringify({ ...result, spinMs: Math.max(before, spinMs()) } satisfies LoadResult)}\n`);
}
