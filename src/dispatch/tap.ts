import { utf8Length } from "../core/utf8";
import { type FinishKind, type InferenceEvent, isOutput, mergeUsage, type StreamError, type Usage } from "../inference";

/**
 * What the gateway learns from a reply as it passes: when output began, how much there was, what it cost and how it ended. Fed with
 * the events of a stream, by the byte path and by translation alike.
 */
export class Tap {
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

  observe(event: InferenceEvent, nowMs: number): void {
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
}
