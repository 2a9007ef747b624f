import { concatBytes } from "../core/bytes";
import type { InferenceEvent, StreamError } from "../inference";
import { onAbort, READ_BYTES_MAX, type StreamPlan, streamErrorOf, Watchdog } from "./stream";

/** Held back at most; beyond that the client gets what there is. In time, the plan's deadline is the bound. */
const HELD_BYTES_MAX = 64 * 1024;

/** The beginning of an upstream's stream, up to its first output: what the client has to be sent first. */
export interface Opening {
  bytes: Uint8Array;
  /** The events that these bytes completed. */
  events: InferenceEvent[];
  /** The stream is over already; these are its last events. */
  last: InferenceEvent[] | undefined;
}

/**
 * Reads a stream until its first output, its end or a bound, before the client is promised anything: a 200 that is followed by an error,
 * by nothing at all or by a long silence is a failure like any other, and can be answered with its status. Returns the error then.
 */
export async function readOpening(plan: StreamPlan): Promise<Opening | StreamError> {
  const { upstream, events, now } = plan;
  const reader = upstream.getReader({ mode: "byob" });
  const letGo = () => {
    plan.abortUpstream();
    reader.cancel().catch(() => {});
  };
  const watchdog = new Watchdog(plan.idleMs, now, letGo, plan.deadlineMs);
  const unsubscribe = onAbort(plan.stop, letGo);
  const held: Uint8Array[] = [];
  const opening: Opening = { bytes: new Uint8Array(), events: [], last: undefined };
  let bytesHeld = 0;
  try {
    while (!isDecided(plan) && !opening.last && bytesHeld < HELD_BYTES_MAX) {
      const { done, value } = await reader.read(new Uint8Array(READ_BYTES_MAX));
      if (watchdog.fired || plan.stop.aborted) throw new Error("let go");
      watchdog.feed();
      if (done) {
        opening.last = events.end();
      } else {
        bytesHeld += value.byteLength;
        held.push(value);
        opening.events.push(...events.push(value));
      }
    }
  } catch (error) {
    events.end(streamErrorOf(error, watchdog.fired));
  } finally {
    watchdog.stop();
    unsubscribe();
    reader.releaseLock();
  }
  const { tap } = events;
  if (tap.error && tap.firstOutputAtMs === undefined) return tap.error;
  opening.bytes = concatBytes(held);
  return opening;
}

function isDecided({ events: { tap } }: StreamPlan): boolean {
  return tap.firstOutputAtMs !== undefined || tap.complete || tap.error !== undefined;
}
