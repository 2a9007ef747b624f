import type { SseFrame } from "../../core/sse";
import type { InferenceEvent, JsonObject, JsonValue, PartDelta, StreamError } from "../../inference";
import type { ReplyHints, StreamDecoder } from "../protocol";
import { isObject } from "../reader";
import { choiceExtensions, replyExtensions } from "./decode-response";
import { readErrorObject } from "./errors";
import { ReplyTools } from "./reply-tools";
import { decodeFinish } from "./stop-reason";
import { type BlockReader, blockReader, impliedBlock } from "./stream-blocks";
import { decodeUsage, mergeUsageRaw } from "./usage";

/** Longest input of a tool that is held until it is whole, in UTF-16 units. */
const HELD_CHARS_MAX = 8 * 1024 * 1024;

/**
 * Reads a Messages stream. https://platform.claude.com/docs/en/build-with-claude/streaming
 *
 * `end` is given out when the bytes are over, not at `message_stop`: an `error` event may still follow that one, and must not be lost.
 * Whoever stops reading for another reason (silence, a broken connection) asks `end()` whether the reply was complete. Event types and
 * block types that are not known are what the API says it will add: the former are passed over, the latter carried.
 */
export function streamDecoder(hints: ReplyHints): StreamDecoder {
  return new MessageStreamDecoder(new ReplyTools(hints));
}

/** A content block that has begun and not ended. `part` is absent while nothing of it was given out. */
interface OpenBlock {
  index: number;
  reader: BlockReader;
  part?: number;
}

class MessageStreamDecoder implements StreamDecoder {
  readonly #tools: ReplyTools;
  /** `stopped`: `message_stop` came. `failed`: an error was given out, and nothing follows. */
  #state: "waiting" | "started" | "stopped" | "failed" = "waiting";
  #open: OpenBlock | undefined;
  readonly #closed = new Set<number>();
  #partCount = 0;
  #usage: JsonObject | undefined;
  /** The delta of `message_delta`: how the reply ended. */
  #ending: JsonObject | undefined;
  readonly #content = { calls: false, unwrapped: false };

  constructor(tools: ReplyTools) {
    this.#tools = tools;
  }

  get settled(): boolean {
    return this.#state === "stopped" || this.#state === "failed";
  }

  push(frame: SseFrame): InferenceEvent[] {
    if (this.#state === "failed" || frame.data === "[DONE]") return [];
    const data = parseJson(frame.data);
    const type = isObject(data) && typeof data.type === "string" ? data.type : frame.event;
    if (type === "error" || (isObject(data) && type === undefined && data.error !== undefined)) return this.#upstreamError(data);
    if (this.#state === "stopped") return [];
    if (!isObject(data)) return this.#malformed();
    switch (type) {
      case "ping":
        return [{ type: "ping" }];
      case "message_start":
        return this.#state === "waiting" ? this.#start(isObject(data.message) ? data.message : {}) : [];
      case "content_block_start":
        return isObject(data.content_block) ? this.#startBlock(data.content_block, data.index) : this.#malformed();
      case "content_block_delta":
        return isObject(data.delta) ? this.#delta(data.delta, data.index) : this.#malformed();
      case "content_block_stop":
        return this.#closeBlock();
      case "message_delta":
        return this.#messageDelta(data);
      case "message_stop":
        return this.#stop();
      default:
        return [];
    }
  }

  end(): InferenceEvent[] {
    if (this.#state === "failed") return [];
    // A reply that said how it ended is whole, even if its last event is missing.
    const missing = this.#state !== "stopped" && typeof this.#ending?.stop_reason === "string" ? this.#stop() : [];
    if (this.#state === "stopped") return [...missing, { type: "end" }];
    return this.#fail({ kind: "truncated", message: "The provider's stream ended before the reply did." });
  }

  #fail(error: StreamError): InferenceEvent[] {
    this.#state = "failed";
    return [{ type: "error", error }];
  }

  #malformed(): InferenceEvent[] {
    return this.#fail({ kind: "malformed", message: "The provider sent an event that cannot be read." });
  }

  #upstreamError(data: JsonValue | undefined): InferenceEvent[] {
    const read = isObject(data) ? readErrorObject(data) : undefined;
    return this.#fail({ kind: "upstream", ...(read ?? { message: "The provider reported an error." }) });
  }

  #start(message: JsonObject): InferenceEvent[] {
    this.#state = "started";
    return [
      {
        type: "start",
        id: typeof message.id === "string" ? message.id : "",
        model: typeof message.model === "string" ? message.model : "",
        ...replyExtensions(message),
      },
      ...this.#noteUsage(message.usage),
    ];
  }

  /** Relatives of this API leave `message_start` out, or put it late. */
  #startIfMissing(): InferenceEvent[] {
    return this.#state === "waiting" ? this.#start({}) : [];
  }

  #noteUsage(usage: JsonValue | undefined): InferenceEvent[] {
    if (!isObject(usage)) return [];
    this.#usage = mergeUsageRaw(this.#usage, usage);
    return [{ type: "usage", usage: decodeUsage(this.#usage) }];
  }

  #startBlock(block: JsonObject, index: JsonValue | undefined): InferenceEvent[] {
    const before = [...this.#startIfMissing(), ...this.#closeBlock()];
    const reader = blockReader(block, this.#tools);
    if (reader.start.type === "tool-call") this.#content.calls = true;
    if (reader.start.type === "text" && block.type === "tool_use") this.#content.unwrapped = true;
    this.#open = { index: typeof index === "number" ? index : this.#closed.size, reader };
    return [...before, ...(reader.lazy ? [] : this.#startPart(this.#open)), ...this.#give(this.#open, reader.first)];
  }

  #startPart(open: OpenBlock): InferenceEvent[] {
    open.part = this.#partCount;
    this.#partCount += 1;
    return [{ type: "part-start", choice: 0, part: open.part, start: open.reader.start }];
  }

  #give(open: OpenBlock, deltas: PartDelta[]): InferenceEvent[] {
    if (deltas.length === 0) return [];
    const events = open.part === undefined ? this.#startPart(open) : [];
    for (const delta of deltas) events.push({ type: "part-delta", choice: 0, part: open.part ?? 0, delta });
    return events;
  }

  /** Blocks do not overlap here: a delta belongs to the open one, also where an upstream leaves the index out. */
  #delta(delta: JsonObject, index: JsonValue | undefined): InferenceEvent[] {
    const open = this.#open;
    if (open && (typeof index !== "number" || index === open.index)) {
      const deltas = open.reader.read(delta);
      return open.reader.heldChars() > HELD_CHARS_MAX ? this.#malformed() : this.#give(open, deltas);
    }
    const implied = typeof index === "number" && this.#closed.has(index) ? undefined : impliedBlock(delta);
    if (!implied) return this.#malformed();
    const started = this.#startBlock(implied, index);
    return this.#open ? [...started, ...this.#give(this.#open, this.#open.reader.read(delta))] : started;
  }

  #closeBlock(): InferenceEvent[] {
    const open = this.#open;
    if (!open) return [];
    this.#open = undefined;
    this.#closed.add(open.index);
    const last = this.#give(open, open.reader.close());
    return open.part === undefined ? last : [...last, { type: "part-end", choice: 0, part: open.part }];
  }

  #messageDelta(data: JsonObject): InferenceEvent[] {
    const started = this.#startIfMissing();
    const said = isObject(data.delta) ? Object.entries(data.delta).filter(([, value]) => value !== null) : [];
    this.#ending = { ...this.#ending, ...Object.fromEntries(said) };
    return [...started, ...this.#noteUsage(data.usage)];
  }

  #stop(): InferenceEvent[] {
    const ending = this.#ending ?? {};
    const before = [...this.#startIfMissing(), ...this.#closeBlock()];
    this.#state = "stopped";
    return [...before, { type: "finish", choice: 0, reason: decodeFinish(ending, this.#content), ...choiceExtensions(ending) }];
  }
}

function parseJson(data: string): JsonValue | undefined {
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}
