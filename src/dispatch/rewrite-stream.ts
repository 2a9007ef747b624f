import { dataOf } from "../core/sse";
import type { InferenceEvent } from "../inference";
import type { StreamEncoder } from "../protocols";
import type { Splice } from "./continuation";
import { KEEP_ALIVE } from "./keep-alive";
import type { Opening } from "./opening";
import { Pulse } from "./pulse";
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
  /** The reply broke off where another deployment may go on: what to send if none does. Undefined otherwise. */
  broken?(): string | undefined;
}

/** Sends the client what `rewriter` makes of the upstream's stream: one write per read, back-pressure intact. */
export function rewriteStream(plan: StreamPlan, opening: Opening, rewriter: Rewriter): StreamReply {
  const { readable, writable } = new IdentityTransformStream();
  const conclude = async () => {
    const writer = writable.getWriter();
    // A write that waits for a client who is gone would wait for ever.
    const unsubscribe = onAbort(plan.stop, () => void abandon(writer));
    const send = (text: string) => deliver(writer, text);
    let current = { plan, opening };
    try {
      let clientLeft = false;
      for (;;) {
        clientLeft = await rewriteAll(current.plan, current.opening, rewriter, send);
        if (clientLeft || rewriter.broken?.() === undefined) break;
        const next = await plan.continuing?.resume(current.plan);
        if (!next) {
          clientLeft = !(await send(rewriter.broken() ?? ""));
          break;
        }
        current = next;
      }
      if (clientLeft) await abandon(writer);
      else clientLeft = !(await finish(writer, ""));
      return { tap: current.plan.events.tap, clientLeft };
    } catch (error) {
      // Nothing here should throw; if it does, the client's stream breaks, the upstream ends, and the row is written all the same.
      current.plan.abortUpstream();
      current.plan.events.end(streamErrorOf(error, false));
      await abandon(writer);
      return { tap: current.plan.events.tap, clientLeft: plan.stop.aborted };
    } finally {
      unsubscribe();
    }
  };
  return { body: readable, over: conclude() };
}

type Send = (text: string) => Promise<boolean>;

/** Rewrites one upstream's stream. True when the client left. */
async function rewriteAll(plan: StreamPlan, opening: Opening, rewriter: Rewriter, send: Send): Promise<boolean> {
  let clientLeft = !(await send(rewriter.push(opening.bytes, opening.events)));
  if (opening.last) clientLeft ||= !(await send(rewriter.end(opening.last)));
  else clientLeft ||= await rewriteRest(plan, rewriter, send);
  if (!plan.events.tap.complete || clientLeft) plan.abortUpstream();
  return clientLeft;
}

/** Rewrites what is still to come. True when the client left. */
async function rewriteRest(plan: StreamPlan, rewriter: Rewriter, send: Send): Promise<boolean> {
  const { events } = plan;
  const reader = plan.upstream.getReader({ mode: "byob" });
  // An abort alone leaves the connection open as long as a read is pending.
  const letGo = () => {
    plan.abortUpstream();
    reader.cancel().catch(() => {});
  };
  const watchdog = new Watchdog(plan.idleMs, plan.now, letGo, plan.deadlineMs);
  const pulse = new Pulse(plan.keepAliveMs, plan.now, () => void send(KEEP_ALIVE));
  const unsubscribe = onAbort(plan.stop, letGo);
  let buffer = new Uint8Array(READ_BYTES_MAX);
  let clientLeft = false;
  try {
    while (!events.tap.complete && !events.tap.error && !clientLeft) {
      const { done, value } = await reader.read(buffer);
      // Letting go ends a pending read as if the upstream had ended.
      if (watchdog.fired || plan.stop.aborted) throw new Error("let go");
      watchdog.feed();
      const text = done ? rewriter.end(events.end()) : rewriter.push(value, events.push(value));
      watchdog.isSuspended = pulse.isSuspended = true;
      clientLeft = !(await send(text));
      watchdog.isSuspended = pulse.isSuspended = false;
      watchdog.feed();
      pulse.feed();
      if (done) break;
      if (events.settled) watchdog.shorten(SETTLED_MS);
      buffer = new Uint8Array(value.buffer);
    }
  } catch (error) {
    const last = rewriter.end(events.end(streamErrorOf(error, watchdog.fired)));
    clientLeft = plan.stop.aborted || !(await send(last));
  }
  watchdog.stop();
  pulse.stop();
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

/** Translation of a reply that another deployment may go on with: its failure is held back until it is clear whether one does. */
export function continuing(encoder: StreamEncoder, splice: Splice): Rewriter {
  let failure: InferenceEvent[] = [];
  const encode = (events: InferenceEvent[]): string => events.map((event) => encoder.push(event)).join("");
  const rewrite = (events: InferenceEvent[]): string => {
    const errorAt = events.findIndex(({ type }) => type === "error");
    if (errorAt < 0) return encode(splice.pass(events));
    // What the decoder closed on account of the failure stays open if somebody goes on.
    let openAt = errorAt;
    while (events[openAt - 1]?.type === "part-end") openAt -= 1;
    const text = encode(splice.pass(events.slice(0, openAt)));
    failure = events.slice(openAt);
    return splice.canContinue ? text : text + encode(splice.pass(failure));
  };
  return {
    push: (_, events) => {
      failure = [];
      return rewrite(events);
    },
    end: rewrite,
    broken: () => (failure.length > 0 && splice.canContinue ? encode(failure) : undefined),
  };
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
