import type { Extensions, FinishReason, InferenceEvent, JsonObject, PartDelta, PartStart, Usage } from "../../inference";
import { mergeUsage } from "../../inference";
import type { ReplyOptions, StreamEncoder } from "../protocol";
import { isObject } from "../reader";
import { callBlock, replyFrame } from "./encode-response";
import { encodeStreamError } from "./errors";
import { kept } from "./leftovers";
import { encodeStopDetails, encodeStopReason } from "./stop-reason";
import { UNSIGNED } from "./thinking";
import { CUSTOM_TOOL_FIELD } from "./tools";
import { encodeUsage } from "./usage";
import { PROTOCOL, type WireDelta, type WireReplyBlock, type WireStreamEvent } from "./wire";

/**
 * Writes a Messages stream: one `message_start`, whole blocks one after the other, and `message_delta` with `message_stop` only when
 * the reply is complete. `message_start` waits for the event after `start`, so that it can name the prompt's tokens if the upstream
 * said them. Choices beyond the first are not shown: this wire has one reply.
 */
export function streamEncoder(options: ReplyOptions): StreamEncoder {
  return new MessageStreamEncoder(options);
}

/** Where a delta of each kind holds its text. */
const PIECE_FIELD = { text_delta: "text", thinking_delta: "thinking", input_json_delta: "partial_json" } as const satisfies {
  [Type in PieceType]: Exclude<keyof Extract<WireDelta, { type: Type }>, "type">;
};

type PieceType = "text_delta" | "thinking_delta" | "input_json_delta";

/** The block being written. `begun`: its start was sent. */
type OpenBlock = { begun: boolean } & (
  | { is: "text" }
  | { is: "thinking"; signed: boolean }
  | { is: "call" }
  /** Free text, which becomes a field of the input: held until it is whole. */
  | { is: "custom-call"; text: string }
  /** Sent whole at its end, when its value is final. */
  | { is: "opaque"; value: JsonObject }
  /** Not for this wire, or whole already. */
  | { is: "silent" }
);

class MessageStreamEncoder implements StreamEncoder {
  readonly #options: ReplyOptions;
  #reply: { id: string; extensions?: Extensions } = { id: "" };
  /** A `start` event came. */
  #announced = false;
  #started = false;
  #over = false;
  #index = 0;
  #open: OpenBlock | undefined;
  #usage: Usage | undefined;
  #finish: { reason: FinishReason; extensions?: Extensions } | undefined;
  readonly #content = { calls: false, refuses: false };

  constructor(options: ReplyOptions) {
    this.#options = options;
  }

  push(event: InferenceEvent): string {
    if (this.#over || ("choice" in event && event.choice !== 0)) return "";
    switch (event.type) {
      case "start":
        this.#reply = { id: event.id, ...(event.extensions ? { extensions: event.extensions } : {}) };
        this.#announced = true;
        return this.#usage ? this.#start() : "";
      case "usage":
        this.#usage = mergeUsage(this.#usage, event.usage);
        return this.#announced ? this.#start() : "";
      case "ping":
        // Before the reply began there may still be another attempt at it: a ping then stands alone.
        return `${this.#announced ? this.#start() : ""}event: ping\ndata: {"type":"ping"}\n\n`;
      case "part-start":
        return this.#start() + this.#startPart(event.start);
      case "part-delta":
        return this.#delta(event.delta);
      case "part-end":
        return this.#endPart();
      case "finish":
        this.#finish = { reason: event.reason, ...(event.extensions ? { extensions: event.extensions } : {}) };
        return this.#start();
      case "logprobs":
        return "";
      case "end":
        this.#over = true;
        return this.#start() + this.#end();
      case "error":
        this.#over = true;
        return encodeStreamError(event.error, this.#options.requestId);
    }
  }

  #start(): string {
    if (this.#started) return "";
    this.#started = true;
    return frame({
      type: "message_start",
      message: {
        ...replyFrame(this.#reply, this.#options),
        content: [],
        stop_reason: null,
        stop_sequence: null,
        stop_details: null,
        container: null,
        usage: encodeUsage(this.#usage, this.#options.inputTokensEstimate),
      },
    });
  }

  #end(): string {
    const { reason, extensions } = this.#finish ?? {};
    const container = extensions && kept({ extensions })?.container;
    return (
      frame({
        type: "message_delta",
        delta: {
          stop_reason: encodeStopReason(reason, this.#content),
          stop_sequence: reason?.stopSequence ?? null,
          stop_details: encodeStopDetails(reason),
          container: isObject(container) ? container : null,
        },
        // More than the SDK's type of this event names: what the upstream said late is in no other event.
        usage: encodeUsage(this.#usage, this.#options.inputTokensEstimate),
      }) + frame({ type: "message_stop" })
    );
  }

  #startPart(start: PartStart): string {
    switch (start.type) {
      case "text":
        this.#open = { is: "text", begun: false };
        return "";
      case "refusal":
        this.#content.refuses = true;
        this.#open = { is: "text", begun: false };
        return "";
      case "reasoning":
        this.#open = { is: "thinking", signed: false, begun: true };
        return this.#startBlock({ type: "thinking", thinking: "", signature: "" });
      case "redacted-reasoning":
        this.#open = { is: "silent", begun: true };
        return this.#startBlock({ type: "redacted_thinking", data: start.data });
      case "tool-call":
        this.#content.calls = true;
        this.#open = start.kind === "custom" ? { is: "custom-call", text: "", begun: true } : { is: "call", begun: true };
        return this.#startBlock(callBlock(start));
      case "opaque":
        this.#open = start.protocol === PROTOCOL ? { is: "opaque", value: start.value, begun: false } : { is: "silent", begun: false };
        return "";
    }
  }

  #delta(delta: PartDelta): string {
    const open = this.#open;
    if (!open) return "";
    switch (delta.type) {
      case "text":
      case "refusal":
        return delta.text === "" ? "" : this.#startText(open) + this.#piece("text_delta", delta.text);
      case "reasoning":
        return delta.text === "" ? "" : this.#piece("thinking_delta", delta.text);
      case "arguments":
        if (open.is !== "custom-call") return delta.text === "" ? "" : this.#piece("input_json_delta", delta.text);
        open.text += delta.text;
        return "";
      case "signature":
        if (open.is === "thinking") open.signed = true;
        return this.#blockDelta({ type: "signature_delta", signature: delta.signature });
      case "citation":
        if (delta.citation.raw.protocol !== PROTOCOL) return "";
        return this.#startText(open) + this.#blockDelta({ type: "citations_delta", citation: delta.citation.raw.value });
      case "opaque":
        if (open.is === "opaque") open.value = delta.value.value;
        return "";
    }
  }

  #endPart(): string {
    const open = this.#open;
    this.#open = undefined;
    if (!open) return "";
    const last = this.#lastOf(open);
    if (!open.begun) return last;
    const stop = frame({ type: "content_block_stop", index: this.#index });
    this.#index += 1;
    return last + stop;
  }

  /** What of a block is sent only when it is whole. */
  #lastOf(open: OpenBlock): string {
    switch (open.is) {
      case "thinking":
        return open.signed ? "" : this.#blockDelta({ type: "signature_delta", signature: UNSIGNED });
      case "custom-call":
        return this.#blockDelta({ type: "input_json_delta", partial_json: JSON.stringify({ [CUSTOM_TOOL_FIELD]: open.text }) });
      case "opaque":
        open.begun = true;
        return this.#startBlock(open.value);
      case "text":
      case "call":
      case "silent":
        return "";
    }
  }

  /** A text block begins with its first piece: an empty one is refused when a client sends it back. */
  #startText(open: OpenBlock): string {
    if (open.begun) return "";
    open.begun = true;
    return this.#startBlock({ type: "text", text: "", citations: null });
  }

  #startBlock(block: WireReplyBlock): string {
    return frame({ type: "content_block_start", index: this.#index, content_block: block });
  }

  #blockDelta(delta: WireDelta): string {
    return frame({ type: "content_block_delta", index: this.#index, delta });
  }

  /** The events that streams are made of, written without building them first. */
  #piece(type: PieceType, text: string): string {
    const delta = `{"type":"${type}","${PIECE_FIELD[type]}":${JSON.stringify(text)}}`;
    return `event: content_block_delta\ndata: {"type":"content_block_delta","index":${this.#index},"delta":${delta}}\n\n`;
  }
}

function frame(event: WireStreamEvent): string {
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}
