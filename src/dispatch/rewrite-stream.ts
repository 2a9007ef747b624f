import { dataOf, SseDecoder } from "../core/sse";
import type { InferenceEvent, StreamError } from "../inference";
import type { StreamEncoder } from "../protocols";
import {
  abandon,
  deliver,
  finish,
  lastEvents,
  onAbort,
  READ_BYTES_MAX,
  SETTLED_MS,
  type StreamPlan,
  type StreamReply,
  streamErrorOf,
  Watchdog,
} from "./stream";
import { Tap } from "./tap";

/** Turns the upstream's bytes into the client's text. Each step also gives the events that were read, for the tap. */
export interface Rewriter {
  push(bytes: Uint8Array): Rewritten;
  /** The upstream's bytes are over, or could not be read to their end because of `failure`. */
  end(failure?: StreamError): Rewritten;
}

export interface Rewritten {
  text: string;
  events: InferenceEvent[];
}

/** Sends the client what `rewriter` makes of the upstream's stream: one write per read, back-pressure intact. */
export function rewriteStream(plan: StreamPlan, rewriter: Rewriter): StreamReply {
  const { readable, writable } = new IdentityTransformStream();
  const conclude = async () => {
    const tap = new Tap();
    const writer = writable.getWriter();
    const reader = plan.upstream.getReader({ mode: "byob" });
    // An abort alone leaves the connection open as long as a read is pending.
    const letGo = () => {
      plan.abortUpstream();
      reader.cancel().catch(() => {});
    };
    const watchdog = new Watchdog(plan.idleMs, plan.now, letGo);
    const unsubscribe = onAbort(plan.clientGone, letGo);
    const pass = ({ text, events }: Rewritten): Promise<boolean> => {
      const nowMs = plan.now();
      for (const event of events) tap.observe(event, nowMs);
      return deliver(writer, text);
    };
    let buffer = new Uint8Array(READ_BYTES_MAX);
    let clientLeft = false;
    try {
      while (!tap.complete && !tap.error && !clientLeft) {
        const { done, value } = await reader.read(buffer);
        // Letting go ends a pending read as if the upstream had ended.
        if (watchdog.fired || plan.clientGone.aborted) throw new Error("let go");
        watchdog.feed();
        clientLeft = !(await pass(done ? rewriter.end() : rewriter.push(value)));
        if (done) break;
        if (plan.decoder.settled) watchdog.shorten(SETTLED_MS);
        buffer = new Uint8Array(value.buffer);
      }
    } catch (error) {
      clientLeft = !(await pass(rewriter.end(streamErrorOf(error, watchdog.fired)))) || plan.clientGone.aborted;
    }
    watchdog.stop();
    unsubscribe();
    if (!tap.complete || clientLeft) letGo();
    if (clientLeft) await abandon(writer);
    else clientLeft = !(await finish(writer, ""));
    return { tap, clientLeft };
  };
  return { body: readable, over: conclude() };
}

/** Translation between protocols. */
export function translating({ decoder }: Pick<StreamPlan, "decoder">, encoder: StreamEncoder): Rewriter {
  const sse = new SseDecoder();
  const rewritten = (events: InferenceEvent[]): Rewritten => {
    let text = "";
    for (const event of events) text += encoder.push(event);
    return { text, events };
  };
  return {
    push: (bytes) => rewritten(sse.push(bytes).flatMap((frame) => decoder.push(frame))),
    end: (failure) =>
      rewritten(failure ? lastEvents(decoder, failure) : [...sse.end().flatMap((frame) => decoder.push(frame)), ...decoder.end()]),
  };
}

/** One protocol on both sides, with events that the client must not see: the others are passed on as they came, whole events at a time. */
export function withholding(
  { decoder, encodeError }: Pick<StreamPlan, "decoder" | "encodeError">,
  isHidden: (data: string) => boolean,
): Rewriter {
  const sse = new SseDecoder();
  const decodeText = new TextDecoder("utf-8", { fatal: false, ignoreBOM: true });
  let held = "";
  const visible = (events: string): string =>
    events
      .split(/(?<=\r\n\r\n|\n\n|\r\r)/)
      .filter((event) => !isHidden(dataOf(event)))
      .join("");
  return {
    push(bytes) {
      const events = sse.push(bytes).flatMap((frame) => decoder.push(frame));
      held += decodeText.decode(bytes, { stream: true });
      const whole = held.slice(0, held.length - sse.pending.length);
      held = sse.pending;
      const failure = events.find((event) => event.type === "error")?.error;
      // The upstream's own error event is in `whole`; any other failure has to be told.
      return { text: visible(whole) + (failure && failure.kind !== "upstream" ? encodeError(failure) : ""), events };
    },
    end(failure) {
      const events = failure ? lastEvents(decoder, failure) : [...sse.end().flatMap((frame) => decoder.push(frame)), ...decoder.end()];
      const error = events.find((event) => event.type === "error")?.error;
      // What is held is a cut event when the stream failed: the error takes its place.
      return { text: error ? encodeError(error) : visible(held), events };
    },
  };
}
