import { SseOverflowError } from "../core/sse";
import type { StreamError } from "../inference";
import type { Splice } from "./continuation";
import type { Opening } from "./opening";
import type { Tap } from "./tap";
import type { UpstreamEvents } from "./upstream-events";

/** Bytes that one read of an upstream stream may return. */
export const READ_BYTES_MAX = 64 * 1024;

/** How long to wait for an upstream's bytes to end once its reply has. */
export const SETTLED_MS = 1000;

/** What a client's stream is made from. */
export interface StreamPlan {
  upstream: ReadableStream<Uint8Array>;
  events: UpstreamEvents;
  /** Renders an error event of the client's protocol. */
  encodeError: (error: StreamError) => string;
  /** Fires when nobody wants the stream any more: its client left. */
  stop: AbortSignal;
  /** Ends the call upstream, so that nobody pays for tokens that nobody reads. May be called more than once. */
  abortUpstream: () => void;
  /** Longest silence of the upstream, in milliseconds. */
  idleMs: number;
  /** Silence after which the client is sent a comment. */
  keepAliveMs: number;
  /** The end of it, in Unix milliseconds, however much is still coming. */
  deadlineMs: number;
  now: () => number;
  /** Where a broken reply may be gone on with by another deployment. */
  continuing?: Continuing;
}

/** How a reply that broke off is gone on with. */
export interface Continuing {
  splice: Splice;
  /** Has another deployment go on with what broke; the plan to read its stream by, and its beginning. Null when nobody can. */
  resume: (broken: StreamPlan) => Promise<{ plan: StreamPlan; opening: Opening } | null>;
}

/** A stream for the client, and what became of it once it is over. `over` never rejects. */
export interface StreamReply {
  body: ReadableStream<Uint8Array>;
  over: Promise<StreamEnding>;
}

export interface StreamEnding {
  tap: Tap;
  clientLeft: boolean;
}

/** What a client is told when its upstream's stream could not be read to the end. */
export function streamErrorOf(error: unknown, silent: boolean): StreamError {
  if (silent) return { kind: "timeout", message: "The provider took too long; the reply is incomplete." };
  if (error instanceof SseOverflowError) return { kind: "malformed", message: "The provider sent an event that is too large." };
  return { kind: "network", message: "The connection to the provider broke; the reply is incomplete." };
}

/** A timer takes no more than 32 bits of milliseconds. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/** Calls back once: when nothing has happened for `idleMs`, or at `deadlineMs`, whatever happens. One timer, however often it is fed. */
export class Watchdog {
  #idleMs: number;
  #lastMs: number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** It has called back. */
  fired = false;
  /** Set while the silence is not the upstream's: something of ours waits for the client. */
  isSuspended = false;

  constructor(
    idleMs: number,
    readonly now: () => number,
    readonly onIdle: () => void,
    readonly deadlineMs: number = Number.POSITIVE_INFINITY,
  ) {
    this.#idleMs = idleMs;
    this.#lastMs = now();
    this.#arm(this.#left());
  }

  /** From now on it waits no longer than this. */
  shorten(idleMs: number): void {
    if (idleMs >= this.#idleMs) return;
    this.#idleMs = idleMs;
    this.stop();
    this.#arm(this.#left());
  }

  /** Something happened. */
  feed(): void {
    this.#lastMs = this.now();
  }

  stop(): void {
    if (this.#timer !== undefined) clearTimeout(this.#timer);
  }

  #arm(ms: number): void {
    this.#timer = setTimeout(
      () => {
        if (this.isSuspended) this.feed();
        const left = this.#left();
        if (left > 0) return this.#arm(left);
        this.fired = true;
        this.onIdle();
      },
      Math.min(ms, TIMER_MS_MAX),
    );
  }

  #left(): number {
    const nowMs = this.now();
    return Math.min(this.#idleMs - (nowMs - this.#lastMs), this.deadlineMs - nowMs);
  }
}

/** Calls `listener` when the signal fires, at once if it has; the returned function unsubscribes. */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
  if (signal.aborted) listener();
  else signal.addEventListener("abort", listener, { once: true });
  return () => signal.removeEventListener("abort", listener);
}

/** Writes text or bytes; false when nobody reads any more. */
export async function deliver(writer: WritableStreamDefaultWriter<Uint8Array>, content: string | Uint8Array): Promise<boolean> {
  if (content.length === 0) return true;
  try {
    await writer.write(typeof content === "string" ? new TextEncoder().encode(content) : content);
    return true;
  } catch {
    return false;
  }
}

/** Sends the last text and closes; false when nobody reads any more. */
export async function finish(writer: WritableStreamDefaultWriter<Uint8Array>, text: string): Promise<boolean> {
  try {
    if (!(await deliver(writer, text))) return false;
    await writer.close();
    return true;
  } catch {
    return false;
  }
}

/** Lets go of a stream that nobody reads. */
export async function abandon(writer: WritableStreamDefaultWriter<Uint8Array>): Promise<void> {
  try {
    await writer.abort();
  } catch {
    // It is errored already, by the client's leaving: the state we want.
  }
}
