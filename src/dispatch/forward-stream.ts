import { sealEvent } from "../core/seal";
import { SseDecoder } from "../core/sse";
import type { InferenceEvent } from "../inference";
import {
  abandon,
  finish,
  lastEvents,
  onAbort,
  READ_BYTES_MAX,
  SETTLED_MS,
  type StreamEnding,
  type StreamPlan,
  type StreamReply,
  streamErrorOf,
  Watchdog,
} from "./stream";
import { Tap } from "./tap";

/** How long the tap lets bytes gather before it reads them: each wake costs more CPU than forwarding a chunk. */
const TAP_INTERVAL_MS = 250;
/** How long the tap waits for last bytes once the client has left. */
const PARTING_READ_MS = 20;

/**
 * The byte path. The upstream's bytes reach the client untouched through a native pipe; a second branch is read in the background and
 * seldom, to learn of first output, usage and ending. When the upstream breaks off, an error event of the client's protocol is put
 * after what came, on a clean event boundary.
 */
export function forwardStream(plan: StreamPlan, ignoredEventName?: string): StreamReply {
  const [toClient, toTap] = plan.upstream.tee();
  const { readable, writable } = new IdentityTransformStream();
  const reading = new TapReading(plan, toTap);
  const piped = toClient.pipeTo(writable, { preventClose: true, preventAbort: true }).then(
    () => reading.hurry(),
    async () => ((await isErrored(writable)) ? reading.leave() : reading.hurry()),
  );
  const unsubscribe = onAbort(plan.clientGone, () => reading.leave());
  const conclude = async (): Promise<StreamEnding> => {
    await reading.toTheEnd();
    await piped;
    unsubscribe();
    const { tap } = reading;
    const writer = writable.getWriter();
    if (reading.clientLeft) {
      await abandon(writer);
      return { tap, clientLeft: true };
    }
    // An error event of the upstream's own has reached the client already, in the same protocol.
    const told = tap.complete || tap.error?.kind === "upstream";
    const parting = told || !tap.error ? "" : sealEvent(reading.pending, ignoredEventName) + plan.encodeError(tap.error);
    return { tap, clientLeft: !(await finish(writer, parting)) };
  };
  return { body: readable, over: conclude() };
}

/** Reads the second branch: eagerly until output begins, then at intervals, to the end or until the client leaves. */
class TapReading {
  readonly tap = new Tap();
  clientLeft = false;
  readonly #plan: StreamPlan;
  readonly #reader: ReadableStreamBYOBReader;
  readonly #sse = new SseDecoder();
  readonly #watchdog: Watchdog;
  #hurried = false;
  #wake: () => void = () => {};

  constructor(plan: StreamPlan, branch: ReadableStream<Uint8Array>) {
    this.#plan = plan;
    this.#reader = branch.getReader({ mode: "byob" });
    this.#watchdog = new Watchdog(plan.idleMs, plan.now, () => plan.abortUpstream());
  }

  /** What came of an event that never ended. */
  get pending(): string {
    return this.#sse.pending;
  }

  /** The client has everything there is: no reason to wait any longer. */
  hurry(): void {
    this.#hurried = true;
    this.#wake();
  }

  /** The client is gone: see what came until now, then end the upstream. */
  leave(): void {
    if (this.clientLeft) return;
    this.clientLeft = true;
    this.#wake();
    setTimeout(() => this.#plan.abortUpstream(), PARTING_READ_MS);
  }

  async toTheEnd(): Promise<void> {
    const { decoder } = this.#plan;
    let buffer = new Uint8Array(READ_BYTES_MAX);
    try {
      for (;;) {
        const { done, value } = await this.#reader.read(buffer);
        if (done) break;
        this.#watchdog.feed();
        this.#observe(value);
        buffer = new Uint8Array(value.buffer);
        // After a malformed event nothing is worth its tokens; the pipe then ends, and the client is told.
        if (this.tap.error?.kind === "malformed") this.#plan.abortUpstream();
        if (decoder.settled) this.#watchdog.shorten(SETTLED_MS);
        if (this.tap.firstOutputAtMs !== undefined && !this.#hurried && !this.clientLeft) await this.#pause();
      }
      const frames = this.#sse.end();
      this.#tell([...frames.flatMap((frame) => decoder.push(frame)), ...decoder.end()]);
    } catch (error) {
      this.#tell(lastEvents(decoder, streamErrorOf(error, this.#watchdog.fired)));
      this.#plan.abortUpstream();
    } finally {
      this.#watchdog.stop();
    }
  }

  #observe(bytes: Uint8Array): void {
    this.#tell(this.#sse.push(bytes).flatMap((frame) => this.#plan.decoder.push(frame)));
  }

  #tell(events: readonly InferenceEvent[]): void {
    const nowMs = this.#plan.now();
    for (const event of events) this.tap.observe(event, nowMs);
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, TAP_INTERVAL_MS);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** Whether the reading side of a transform is gone, after a pipe into it broke. */
async function isErrored(writable: WritableStream<Uint8Array>): Promise<boolean> {
  const writer = writable.getWriter();
  try {
    const nextTurn = new Promise<false>((resolve) => setTimeout(resolve, 0, false));
    return await Promise.race([writer.closed.then(() => false), nextTurn]);
  } catch {
    return true;
  } finally {
    writer.releaseLock();
  }
}
