import { createParser } from "eventsource-parser";

/** Largest event held while it is incomplete, in UTF-16 units: an image in one event passes, an endless line does not. */
export const SSE_EVENT_CHARS_MAX = 32 * 1024 * 1024;

/** One server-sent event; `event` is absent when the stream did not name it. */
export interface SseFrame {
  event?: string;
  data: string;
}

/**
 * Bytes of a server-sent event stream → frames, however the bytes are split (inside a UTF-8 character or a line end too).
 * Comments are counted, not returned. https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export class SseDecoder {
  readonly #text = new TextDecoder("utf-8", { fatal: false, ignoreBOM: true });
  readonly #parser;
  readonly #tail = new EventTail();
  #frames: SseFrame[] = [];
  #overflow = false;
  /** A carriage return that came last: whether a line feed belongs to it, and so where the event ends, the next byte tells. */
  #held = "";
  /** Comment lines seen so far: signs of life that carry nothing. */
  comments = 0;

  constructor(eventCharsMax: number = SSE_EVENT_CHARS_MAX) {
    this.#parser = createParser({
      onEvent: ({ event, data }) => this.#frames.push(event === undefined ? { data } : { event, data }),
      onComment: () => {
        this.comments += 1;
      },
      onError: (error) => {
        if (error.type === "max-buffer-size-exceeded") this.#overflow = true;
      },
      maxBufferSize: eventCharsMax,
    });
  }

  /** The frames that these bytes complete. Throws `SseOverflowError` when an event grows past the bound. */
  push(bytes: Uint8Array): SseFrame[] {
    const text = this.#held + this.#text.decode(bytes, { stream: true });
    this.#held = text.endsWith("\r") ? "\r" : "";
    return this.#feed(this.#held === "" ? text : text.slice(0, -1));
  }

  /** What has come of an event that is not complete yet: the text after the last blank line. */
  get pending(): string {
    return this.#tail.text + this.#held;
  }

  /**
   * Call once after the last byte: an event whose final blank line never came is still an event (several vendors end so), unless its
   * data was cut.
   */
  end(): SseFrame[] {
    const last = this.#held + this.#text.decode();
    this.#held = "";
    const rest = this.#feed(last);
    // The blank line is ours alone: `pending` still says what the stream lacked.
    return isWhole(dataOf(this.pending)) ? rest.concat(this.#parse("\n\n")) : rest;
  }

  #feed(text: string): SseFrame[] {
    this.#tail.push(text);
    return this.#parse(text);
  }

  #parse(text: string): SseFrame[] {
    this.#parser.feed(text);
    if (this.#overflow) throw new SseOverflowError();
    const frames = this.#frames;
    this.#frames = [];
    return frames;
  }
}

/** An event larger than the bound. */
export class SseOverflowError extends Error {
  override readonly name = "SseOverflowError";
  constructor() {
    super("a server-sent event exceeds the size limit");
  }
}

/** One frame on the wire. `data` must hold no line break (JSON does not). */
export function encodeSse(data: string, event?: string): string {
  return event === undefined ? `data: ${data}\n\n` : `event: ${event}\ndata: ${data}\n\n`;
}

/** The data lines of an event's text, joined as the specification says. */
export function dataOf(eventText: string): string {
  return eventText
    .split(/\r\n|\n|\r/)
    .filter((line) => line.startsWith("data:"))
    .map((line) => line.slice(line.startsWith("data: ") ? 6 : 5))
    .join("\n");
}

/** Whether an event's data is all there: JSON, or OpenAI's `[DONE]`. */
function isWhole(data: string): boolean {
  if (data === "") return false;
  if (data.trim() === "[DONE]") return true;
  try {
    JSON.parse(data);
    return true;
  } catch {
    return false;
  }
}

/** The text since the last blank line. Fragments are joined only when asked for: a huge event in tiny pieces stays linear. */
class EventTail {
  #fragments: string[] = [];
  #last = "";

  push(text: string): void {
    // A blank line may straddle two pieces: three characters of overlap (CR LF CR) find it.
    const overlap = this.#last.slice(-3);
    const window = overlap + text;
    const end = blankLineEnd(window);
    if (end > overlap.length) this.#fragments = [window.slice(end)];
    else this.#fragments.push(text);
    this.#last = window.slice(-3);
  }

  get text(): string {
    return this.#fragments.join("");
  }
}

/** Index after the last blank line of `text`, or -1. */
function blankLineEnd(text: string): number {
  const lf = text.lastIndexOf("\n\n");
  const crlf = text.lastIndexOf("\r\n\r\n");
  const cr = text.lastIndexOf("\r\r");
  return Math.max(lf < 0 ? -1 : lf + 2, crlf < 0 ? -1 : crlf + 4, cr < 0 ? -1 : cr + 2);
}
