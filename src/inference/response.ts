import type { Extensions, JsonValue, Part } from "./part";
import type { Usage } from "./usage";

export type FinishKind =
  | "stop"
  | "stop-sequence"
  | "length"
  | "tool-calls"
  /** Refused by the model, or cut by the provider's content filter. */
  | "refusal"
  /** The provider paused a long turn; the client sends it back to go on. */
  | "pause"
  | "error"
  | "other";

export interface FinishReason {
  kind: FinishKind;
  /** The provider's own word; null when it gave none and the kind was inferred. */
  raw: string | null;
  /** The stop sequence that matched, where the wire says. */
  stopSequence?: string;
  /** Further details of a refusal, in the words of the wire that gave them. */
  details?: JsonValue;
}

/** Log probabilities of the output, in OpenAI's shape (no other wire has them). */
export interface Logprobs {
  content: JsonValue[] | null;
  refusal: JsonValue[] | null;
}

export interface Choice {
  index: number;
  parts: Part[];
  finish: FinishReason;
  logprobs?: Logprobs;
  extensions?: Extensions;
}

export interface InferenceResponse {
  /** The upstream's id of the reply; empty when it gave none. */
  id: string;
  /** The model as the upstream names it. */
  model: string;
  /** Unix seconds, where the wire says. */
  createdAt?: number;
  choices: Choice[];
  /** Absent when the upstream sent none. */
  usage?: Usage;
  extensions?: Extensions;
}
