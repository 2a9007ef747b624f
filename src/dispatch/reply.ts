import type { GatewayError } from "../core/errors";
import type { Deployment } from "../routing";
import type { Outcome } from "./outcome";

/** One call upstream, over. Times in Unix milliseconds. */
export interface AttemptLog {
  deployment: Deployment;
  startedAtMs: number;
  endedAtMs: number;
  /** Started beside another that was still silent. */
  beside: boolean;
  outcome: Outcome;
}

/** Who answers, known before the first byte. */
export interface Answered {
  deployment: Deployment;
  warnings: string[];
  /** Why it is not the plan's first deployment at the first try. */
  fallback?: FallbackNote;
  /** The reply is a stored one. */
  stored?: StoredNote;
}

/** Of a stored reply: who gave it, how old it is, where it was found, and how near to its question the request is (0 to 1). */
export interface StoredNote {
  provider: string;
  model: string;
  ageSeconds: number;
  tier: "memory" | "kv" | "d1" | "semantic" | "stale";
  similarity?: number;
}

/** What the client is told of a degraded reply. */
export interface FallbackNote {
  from: string;
  /** Undefined when nobody answered. */
  to: string | undefined;
  reason: string;
  /** Calls made, the successful one included. */
  attempts: number;
  /** What became of each deployment that did not answer, in order. */
  tried: { deployment: string; reason: string }[];
}

/** How a request ended, for its usage row. */
export interface Settled {
  /** Who answered, or was tried first; null when nobody was. */
  deployment: Deployment | null;
  warnings: string[];
  fallback?: FallbackNote;
  stored?: Answered["stored"];
  /** It was found not to do, and given for want of a better one: not to be stored. */
  isWanting?: true;
  /** A guard did not let it leave: it is nothing to store either. */
  isWithheld?: true;
  outcome: Outcome;
  /** Every call upstream in order of their start, the one that answered included. */
  attempts: AttemptLog[];
}

/** What goes back to the client. A promise in here never rejects. */
export type Reply =
  /** `answered` is absent when the client had to be sent a sign of life before anybody answered. */
  | { kind: "stream"; body: ReadableStream<Uint8Array>; answered?: Answered; settled: Promise<Settled> }
  | { kind: "whole"; body: string; answered: Answered; settled: Promise<Settled> }
  | { kind: "refused"; error: GatewayError; nativeBody?: string; answered?: Answered; settled: Promise<Settled> };
