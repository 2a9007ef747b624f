import { sealEvent } from "../core/seal";
import type { Opening } from "./opening";
import {
  abandon,
  deliver,
  finish,
  onAbort,
  READ_BYTES_MAX,
  SETTLED_MS,
  type StreamPlan,
  type StreamReply,
  streamErrorOf,
  Watchdog,
} from "./stream";

/** How long the tap lets bytes gather before it reads them: each wake costs more CPU than forwarding a chunk. */
const TAP_INTERVAL_MS = 250;
/** How long the tap waits for last bytes once the client has left. */
const PARTING_READ_MS = 20;

/**
 * The byte path. The upstream's bytes reach the client untouched: what was held back first, the rest through a native pipe. A second
 * branch is read in the background and seldom, to learn of usage and ending. When the upstream breaks off, an error event of the client's
 * protocol is put after what came, on a clean event boundary.
 */
export function forwardStream(plan: StreamPlan, opening: Opening, ignoredEventName?: string): StreamReply {
  const { readable, writable } = new IdentityTransformStream();
  const { tap } = plan.events;
  const conclude = async () => {
    const clientLeft = !(await sendFirst(plan, writable, opening.bytes)) || (!opening.last && (await pipeRest(plan, writable)));
    const writer = writable.getWriter();
    if (clientLeft) {
      plan.abortUpstream();
      await abandon(writer);
      return { tap, clientLeft };
    }
    // An error event of the upstream's own has reached the client already, in the same protocol.
    const told = tap.complete || tap.error?.kind === "upstream";
    const parting = told || !tap.error ? "" : sealEvent(plan.events.pending, ignoredEventName) + plan.encodeError(tap.error);
    return { tap, clientLeft: !(await finish(writer, parting)) };
  };
  return { body: readable, over: conclude() };
}

async function sendFirst({ stop }: StreamPlan, writable: WritableStream<Uint8Array>, bytes: Uint8Array): Promise<boolean> {
  const writer = writable.getWriter();
  // A write that waits for a client who is gone would wait for ever.
  const unsubscribe = onAbort(stop, () => void abandon(writer));
  const isDelivered = await deliver(writer, bytes);
  unsubscribe();
  writer.releaseLock();
  return isDelivered;
}

/** Pipes what is still to come, and taps it. True when the client left. */
async function pipeRest(plan: StreamPlan, writable: WritableStream<Uint8Array>): Promise<boolean> {
  const [toClient, toTap] = plan.upstream.tee();
  const reading = new TapReading(plan, toTap);
  const piped = toClient.pipeTo(writable, { preventClose: true, preventAbort: true }).then(
    () => reading.hurry(),
    async () => ((await isErrored(writable)) ? reading.leave() : reading.hurry()),
  );
  const unsubscribe = onAbort(plan.stop, () => reading.leave());
  await reading.toTheEnd();
  await piped;
  unsubscribe();
  return reading.clientLeft;
}

/** Reads the second branch at intervals, to the end or until the client leaves. */
class TapReading {
  clientLeft = false;
  readonly #plan: StreamPlan;
  readonly #reader: ReadableStreamBYOBReader;
  readonly #watchdog: Watchdog;
  #hurried = false;
  #wake: () => void = () => {};

  constructor(plan: StreamPlan, branch: ReadableStream<Uint8Array>) {
    this.#plan = plan;
    this.#reader = branch.getReader({ mode: "byob" });
    this.#watchdog = new Watchdog(plan.idleMs, plan.now, () => plan.abortUpstream(), plan.deadlineMs);
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
    const { events, abortUpstream } = this.#plan;
    let buffer = new Uint8Array(READ_BYTES_MAX);
    try {
      for (;;) {
        if (!this.#hurried && !this.clientLeft) await this.#pause();
        const { done, value } = await this.#reader.read(buffer);
        if (done) break;
        this.#watchdog.feed();
        events.push(value);
        buffer = new Uint8Array(value.buffer);
        // After a malformed event nothing is worth its tokens; the pipe then ends, and the client is told.
        if (events.tap.error?.kind === "malformed") abortUpstream();
        if (events.settled) this.#watchdog.shorten(SETTLED_MS);
      }
      events.end();
    } catch (error) {
      events.end(streamErrorOf(error, this.#watchdog.fired));
      abortUpstream();
    } finally {
      this.#watchdog.stop();
    }
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
