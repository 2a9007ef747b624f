import { SseOverflowError } from "../core/sse";
import type { StreamError } from "../inference";
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
  /** Fires when the client leaves. */
  clientGone: AbortSignal;
  /** Ends the call upstream, so that nobody pays for tokens that nobody reads. May be called more than once. */
  abortUpstream: () => void;
  /** Longest silence of the upstream, in milliseconds. */
  idleMs: number;
  now: () => number;
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
  if (silent) return { kind: "timeout", message: "The provider fell silent; the reply is incomplete." };
  if (error instanceof SseOverflowError) return { kind: "malformed", message: "The provider sent an event that is too large." };
  return { kind: "network", message: "The connection to the provider broke; the reply is incomplete." };
}

/** Calls back once when nothing has happened for `idleMs`. One timer, however often it is fed. */
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
  ) {
    this.#idleMs = idleMs;
    this.#lastMs = now();
    this.#arm(idleMs);
  }

  /** From now on it waits no longer than this. */
  shorten(idleMs: number): void {
    if (idleMs >= this.#idleMs) return;
    this.#idleMs = idleMs;
    this.stop();
    this.#arm(idleMs);
  }

  /** Something happened. */
  feed(): void {
    this.#lastMs = this.now();
  }

  stop(): void {
    if (this.#timer !== undefined) clearTimeout(this.#timer);
  }

  #arm(ms: number): void {
    this.#timer = setTimeout(() => {
      if (this.isSuspended) this.feed();
      const left = this.#idleMs - (this.now() - this.#lastMs);
      if (left > 0) return this.#arm(left);
      this.fired = true;
      this.onIdle();
    }, ms);
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
