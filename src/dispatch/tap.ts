import { utf8Length } from "../core/utf8";
import {
  Collector,
  type FinishKind,
  type InferenceEvent,
  type InferenceResponse,
  isOutput,
  mergeUsage,
  type StreamError,
  type Usage,
} from "../inference";

/** A longer reply is not kept whole. */
const KEPT_BYTES_MAX = 4 * 1024 * 1024;

/**
 * What the gateway learns from a reply as it passes: when output began, how much there was, what it cost and how it ended. Fed with
 * the events of a stream, by the byte path and by translation alike.
 */
export class Tap {
  /** Gathers the reply, where it is wanted whole; given up when it grows too large. */
  #collector: Collector | undefined;
  usage: Usage | undefined;
  /** Of the first choice that finished. */
  finish: FinishKind | undefined;
  /** The upstream gave no reason; the kind was inferred. */
  finishInferred = false;
  error: StreamError | undefined;
  /** The reply came to its proper end. */
  complete = false;
  /** Unix milliseconds at which the first output was seen. */
  firstOutputAtMs: number | undefined;
  /** The upstream's id of the reply. */
  replyId: string | undefined;
  /** Output seen, all kinds, in bytes of UTF-8: what an estimate rests on where the upstream never said. */
  outputBytes = 0;

  constructor(keepsReply = false) {
    if (keepsReply) this.#collector = new Collector();
  }

  /** The reply, when it is complete and was to be kept. */
  get response(): InferenceResponse | undefined {
    return this.complete ? this.#collector?.result().response : undefined;
  }

  observe(event: InferenceEvent, nowMs: number): void {
    this.#collect(event);
    if (this.firstOutputAtMs === undefined && isOutput(event)) this.firstOutputAtMs = nowMs;
    switch (event.type) {
      case "start":
        this.replyId = event.id || undefined;
        break;
      case "part-delta":
        if ("text" in event.delta) this.outputBytes += utf8Length(event.delta.text);
        break;
      case "usage":
        this.usage = mergeUsage(this.usage, event.usage);
        break;
      case "finish":
        this.finish ??= event.reason.kind;
        this.finishInferred ||= event.reason.raw === null;
        break;
      case "end":
        this.complete = true;
        break;
      case "error":
        this.error ??= event.error;
        break;
      default:
        break;
    }
  }

  #collect(event: InferenceEvent): void {
    try {
      this.#collector?.push(event);
    } catch {
      // Events out of order: what they amount to is nobody's reply. The client's stream has its own rules.
      this.#collector = undefined;
    }
    if (this.outputBytes > KEPT_BYTES_MAX) this.#collector = undefined;
  }
}
