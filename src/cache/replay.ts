import { expandResponse, type InferenceEvent, type InferenceResponse } from "../inference";
import type { Protocol, ReplyOptions } from "../protocols";

/** A delta of a replayed stream holds about so many characters: a few words, as models send them. */
const DELTA_CHARS = 24;
/** Sent at once where no pace is asked for. */
const WRITE_CHARS = 8192;

/** A stored reply as a stream of the client's protocol: only as fast as it is read, and with a pause between events where one is asked for. */
export function replayStream(
  response: InferenceResponse,
  protocol: Protocol,
  options: ReplyOptions,
  paceMs: number,
): ReadableStream<Uint8Array> {
  const encoder = protocol.streamEncoder(options);
  const events = expandResponse(response).flatMap(inDeltas);
  const utf8 = new TextEncoder();
  let next = 0;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (paceMs > 0 && next > 0) await new Promise((resolve) => setTimeout(resolve, paceMs));
        let text = "";
        while (next < events.length && text.length < WRITE_CHARS) {
          const event = events[next];
          next += 1;
          if (event) text += encoder.push(event);
          if (paceMs > 0 && text !== "") break;
        }
        if (text !== "") controller.enqueue(utf8.encode(text));
        if (next >= events.length) controller.close();
      },
      cancel() {
        next = events.length;
      },
    },
    { highWaterMark: 0 },
  );
}

/** A delta of text as several; they amount to the same. */
function inDeltas(event: InferenceEvent): InferenceEvent[] {
  if (event.type !== "part-delta" || !("text" in event.delta)) return [event];
  const { delta } = event;
  return pieces(delta.text).map((text) => ({ ...event, delta: { ...delta, text } }));
}

/** Cut behind white space where there is some, never within a surrogate pair. */
function pieces(text: string): string[] {
  const found = text.match(new RegExp(`[^]{1,${DELTA_CHARS}}(?:\\s|$)|[^]{1,${DELTA_CHARS}}`, "gu"));
  return found ?? [text];
}
