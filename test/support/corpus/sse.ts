/** What stands between two blank lines of an event stream. */
export interface SseBlock {
  /** As it stands in the stream, with the blank line that ends it. */
  raw: string;
  /** The event's name, where it has one. */
  event?: string;
  /** Absent in a block of comments. */
  data?: string;
}

export interface SseEvent {
  event?: string;
  data: string;
}

/**
 * Reads a whole event stream. `rest` is what stands after the last blank line: an event that never ended, or nothing.
 * https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export function readBlocks(stream: string): { blocks: SseBlock[]; rest: string } {
  const blocks: SseBlock[] = [];
  let block: SseBlock = { raw: "" };
  for (const [line, text = ""] of stream.matchAll(/([^\r\n]*)(?:\r\n|\n|\r)/g)) {
    block.raw += line;
    if (text === "") {
      blocks.push(block);
      block = { raw: "" };
      continue;
    }
    const colon = text.indexOf(":");
    const field = colon < 0 ? text : text.slice(0, colon);
    const value = colon < 0 ? "" : text.slice(colon + 1).replace(/^ /, "");
    if (field === "data") block.data = block.data === undefined ? value : `${block.data}\n${value}`;
    if (field === "event") block.event = value;
  }
  const readLength = blocks.reduce((length, { raw }) => length + raw.length, 0);
  return { blocks, rest: stream.slice(readLength) };
}

/** The events alone, and whether the stream ended on an event's boundary. */
export function readEvents(stream: string): { events: SseEvent[]; whole: boolean } {
  const { blocks, rest } = readBlocks(stream);
  const events = blocks.flatMap(({ event, data }) => (data === undefined ? [] : [event === undefined ? { data } : { event, data }]));
  return { events, whole: rest === "" };
}
