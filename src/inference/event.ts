import type { Citation, Extensions, OpaquePart, RedactedReasoningPart } from "./part";
import type { FinishReason, Logprobs } from "./response";
import type { Usage } from "./usage";

/**
 * One step of a streamed reply. Order, per choice: `start`, then for every part `part-start`, deltas, `part-end`
 * (parts never overlap), then `finish`; `usage` may come at any time and replaces what came before; last `end` or `error`.
 * `part` counts the parts of a choice from 0.
 */
export type InferenceEvent =
  | { type: "start"; id: string; model: string; createdAt?: number; extensions?: Extensions }
  | { type: "part-start"; choice: number; part: number; start: PartStart }
  | { type: "part-delta"; choice: number; part: number; delta: PartDelta }
  | { type: "part-end"; choice: number; part: number }
  /** Appends to the choice's log probabilities. */
  | { type: "logprobs"; choice: number; logprobs: Logprobs }
  /** `extensions` become the choice's. */
  | { type: "finish"; choice: number; reason: FinishReason; extensions?: Extensions }
  /** The figures known so far; later ones replace earlier ones field by field. */
  | { type: "usage"; usage: Usage }
  /** The upstream says that it is alive. */
  | { type: "ping" }
  /** The reply is complete. */
  | { type: "end" }
  /** The reply failed; nothing follows. */
  | { type: "error"; error: StreamError };

export type PartStart =
  | { type: "text" }
  | { type: "reasoning" }
  | RedactedReasoningPart
  | { type: "refusal" }
  | { type: "tool-call"; id: string; name: string; kind: "function" | "custom"; extensions?: Extensions }
  | OpaquePart;

export type PartDelta =
  | { type: "text"; text: string }
  | { type: "citation"; citation: Citation }
  | { type: "reasoning"; text: string }
  /** Replaces the part's signature. */
  | { type: "signature"; signature: string }
  | { type: "refusal"; text: string }
  /** A further piece of a tool call's argument text. */
  | { type: "arguments"; text: string }
  /** A delta of an opaque part, in the words of its protocol. */
  | { type: "opaque"; value: OpaquePart };

/** What went wrong with a stream after it began. */
export interface StreamError {
  /**
   * `upstream`: an error event of the provider. `truncated`: the bytes ended before the reply did. `malformed`: an event that is no
   * valid JSON or breaks the protocol. `timeout`: silence for too long. `network`: the connection broke.
   */
  kind: "upstream" | "truncated" | "malformed" | "timeout" | "network";
  /** Safe to show to the caller. */
  message: string;
  /** The provider's own error type, code and parameter, where it gave them. */
  type?: string;
  code?: string;
  param?: string;
}

/** True for an event that shows output to the client: the moment that TTFT measures. */
export function isOutput(event: InferenceEvent): boolean {
  if (event.type === "part-start") return event.start.type !== "text" && event.start.type !== "reasoning";
  return event.type === "part-delta";
}
