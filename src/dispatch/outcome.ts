import type { FinishKind, InferenceResponse, Usage } from "../inference";
import type { StreamEnding } from "./stream";
import type { Tap } from "./tap";

/** How a reply ended, and what is to be metered of it. Times in Unix milliseconds. */
export interface Outcome {
  /** `interrupted`: the upstream failed after the reply began. `aborted`: the client left. `error`: there was no reply. */
  status: "ok" | "error" | "interrupted" | "aborted";
  /** Of the reply to the client. */
  httpStatus: number;
  errorClass?: string;
  finish?: FinishKind;
  /** The upstream gave no finish reason. */
  finishInferred?: true;
  /** As the upstream said; absent when it never did. */
  usage?: Usage;
  /** Output seen, in bytes of UTF-8: for an estimate where the upstream never said. */
  outputBytes: number;
  firstByteAtMs?: number;
  firstOutputAtMs?: number;
  /** The upstream's own id of the reply. */
  upstreamId?: string;
  /** The whole reply, where it was to be kept and came to its end. */
  response?: InferenceResponse;
}

/** What a stream that is over amounts to. */
export function outcomeOfStream({ tap, clientLeft }: StreamEnding, firstByteAtMs: number): Outcome {
  const status = tap.complete ? "ok" : clientLeft ? "aborted" : "interrupted";
  return {
    ...outcomeOfTap(tap),
    status,
    httpStatus: 200,
    firstByteAtMs,
    ...(status === "interrupted" ? { errorClass: `stream-${tap.error?.kind ?? "truncated"}` } : {}),
  };
}

function outcomeOfTap(tap: Tap): Omit<Outcome, "status" | "httpStatus"> {
  const { response } = tap;
  return {
    ...(response ? { response } : {}),
    outputBytes: tap.outputBytes,
    ...(tap.usage ? { usage: tap.usage } : {}),
    ...(tap.finish ? { finish: tap.finish } : {}),
    ...(tap.finishInferred ? { finishInferred: true } : {}),
    ...(tap.firstOutputAtMs === undefined ? {} : { firstOutputAtMs: tap.firstOutputAtMs }),
    ...(tap.replyId === undefined ? {} : { upstreamId: tap.replyId }),
  };
}
