import { redactCredentials } from "../core/redact";
import { SseDecoder } from "../core/sse";
import type { InferenceEvent, StreamError } from "../inference";
import type { StreamDecoder } from "../protocols";
import { Tap } from "./tap";

/** An upstream's stream as it is read: bytes in, neutral events out, and what they tell kept in `tap`. */
export class UpstreamEvents {
  readonly tap: Tap;
  readonly #sse = new SseDecoder();
  readonly #decoder: StreamDecoder;
  readonly #now: () => number;
  readonly #credential: string | undefined;

  /** `credential` is taken out of error messages, where an upstream quotes it. */
  constructor(decoder: StreamDecoder, now: () => number, credential?: string, keepsReply = false) {
    this.tap = new Tap(keepsReply);
    this.#decoder = decoder;
    this.#now = now;
    this.#credential = credential;
  }

  /** The events that these bytes complete. Throws when an event grows past all bounds. */
  push(bytes: Uint8Array): InferenceEvent[] {
    return this.#observed(this.#sse.push(bytes).flatMap((frame) => this.#decoder.push(frame)));
  }

  /**
   * The last events, once the bytes are over. With `failure` they could not be read to their end: a reply that was complete all the same
   * ends as such (only the end of the bytes was missing), any other ends in `failure`.
   */
  end(failure?: StreamError): InferenceEvent[] {
    if (!failure) return this.#observed([...this.#sse.end().flatMap((frame) => this.#decoder.push(frame)), ...this.#decoder.end()]);
    return this.#observed(this.#decoder.end().map((event) => (event.type === "error" ? { type: "error", error: failure } : event)));
  }

  /** What came of an event that is not complete: text after the last blank line. */
  get pending(): string {
    return this.#sse.pending;
  }

  /** The wire's own last event has come. */
  get settled(): boolean {
    return this.#decoder.settled;
  }

  #observed(read: InferenceEvent[]): InferenceEvent[] {
    const events = read.map((event) => (event.type === "error" ? { ...event, error: redacted(event.error, this.#credential) } : event));
    const nowMs = this.#now();
    for (const event of events) this.tap.observe(event, nowMs);
    return events;
  }
}

function redacted(error: StreamError, credential: string | undefined): StreamError {
  return {
    ...error,
    message: redactCredentials(error.message, credential),
    ...(error.code === undefined ? {} : { code: redactCredentials(error.code, credential) }),
  };
}
