import { dataOf } from "../core/sse";
import type { InferenceEvent } from "../inference";
import type { StreamEncoder } from "../protocols";
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

/** What the client is sent for the upstream's bytes, or for the events that were read from them. */
export interface Rewriter {
  push(bytes: Uint8Array, events: InferenceEvent[]): string;
  /** `events` are the last ones. */
  end(events: InferenceEvent[]): string;
}

/** Sends the client what `rewriter` makes of the upstream's stream: one write per read, back-pressure intact. */
export function rewriteStream(plan: StreamPlan, opening: Opening, rewriter: Rewriter): StreamReply {
  const { readable, writable } = new IdentityTransformStream();
  const { tap } = plan.events;
  const conclude = async () => {
    const writer = writable.getWriter();
    // A write that waits for a client who is gone would wait for ever.
    const unsubscribe = onAbort(plan.clientGone, () => void abandon(writer));
    const send = (text: string) => deliver(writer, text);
    try {
      let clientLeft = !(await send(rewriter.push(opening.bytes, opening.events)));
      if (opening.last) clientLeft ||= !(await send(rewriter.end(opening.last)));
      else clientLeft ||= await rewriteRest(plan, rewriter, send);
      if (!tap.complete || clientLeft) plan.abortUpstream();
      if (clientLeft) await abandon(writer);
      else clientLeft = !(await finish(writer, ""));
      return { tap, clientLeft };
    } catch (error) {
      // Nothing here should throw; if it does, the client's stream breaks, the upstream ends, and the row is written all the same.
      plan.abortUpstream();
      plan.events.end(streamErrorOf(error, false));
      await abandon(writer);
      return { tap, clientLeft: plan.clientGone.aborted };
    } finally {
      unsubscribe();
    }
  };
  return { body: readable, over: conclude() };
}

/** Rewrites what is still to come. True when the client left. */
async function rewriteRest(plan: StreamPlan, rewriter: Rewriter, send: (text: string) => Promise<boolean>): Promise<boolean> {
  const { events } = plan;
  const reader = plan.upstream.getReader({ mode: "byob" });
  // An abort alone leaves the connection open as long as a read is pending.
  const letGo = () => {
    plan.abortUpstream();
    reader.cancel().catch(() => {});
  };
  const watchdog = new Watchdog(plan.idleMs, plan.now, letGo);
  const unsubscribe = onAbort(plan.clientGone, letGo);
  let buffer = new Uint8Array(READ_BYTES_MAX);
  let clientLeft = false;
  try {
    while (!events.tap.complete && !events.tap.error && !clientLeft) {
      const { done, value } = await reader.read(buffer);
      // Letting go ends a pending read as if the upstream had ended.
      if (watchdog.fired || plan.clientGone.aborted) throw new Error("let go");
      watchdog.feed();
      const text = done ? rewriter.end(events.end()) : rewriter.push(value, events.push(value));
      watchdog.isSuspended = true;
      clientLeft = !(await send(text));
      watchdog.isSuspended = false;
      watchdog.feed();
      if (done) break;
      if (events.settled) watchdog.shorten(SETTLED_MS);
      buffer = new Uint8Array(value.buffer);
    }
  } catch (error) {
    const last = rewriter.end(events.end(streamErrorOf(error, watchdog.fired)));
    clientLeft = plan.clientGone.aborted || !(await send(last));
  }
  watchdog.stop();
  unsubscribe();
  if (!events.tap.complete || clientLeft) letGo();
  return clientLeft;
}

/** Translation between protocols. */
export function translating(encoder: StreamEncoder): Rewriter {
  const encode = (events: InferenceEvent[]): string => {
    let text = "";
    for (const event of events) text += encoder.push(event);
    return text;
  };
  return { push: (_, events) => encode(events), end: encode };
}

/** One protocol on both sides, with events that the client must not see: the others are passed on as they came, whole events at a time. */
export function withholding({ events: upstream, encodeError }: StreamPlan, isHidden: (data: string) => boolean): Rewriter {
  const decoder = new TextDecoder("utf-8", { fatal: false, ignoreBOM: true });
  let held = "";
  const visible = (text: string): string =>
    text
      .split(/(?<=\r\n\r\n|\n\n|\r\r)/)
      .filter((event) => !isHidden(dataOf(event)))
      .join("");
  const errorIn = (events: InferenceEvent[]) => events.find((event) => event.type === "error")?.error;
  return {
    push(bytes, events) {
      held += decoder.decode(bytes, { stream: true });
      const whole = held.slice(0, held.length - upstream.pending.length);
      held = upstream.pending;
      const error = errorIn(events);
      // The upstream's own error event is in `whole`; any other failure has to be told.
      return visible(whole) + (error && error.kind !== "upstream" ? encodeError(error) : "");
    },
    end(events) {
      const error = errorIn(events);
      // What is held is a cut event when the stream failed: the error takes its place.
      return error && error.kind !== "upstream" ? encodeError(error) : visible(held);
    },
  };
}
