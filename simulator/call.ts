import type { House } from "./errors";
import type { Source } from "./faults";
import type { Chance } from "./random";
import type { Scenario } from "./scenario";
import type { World } from "./world";

/** A request as the endpoints see it. */
export interface Call {
  house: House;
  method: string;
  /** The origin that links in replies begin with. */
  origin: string;
  /** The path up to the endpoint's own part: `/v1`, `/groq/openai/v1`. */
  base: string;
  query: URLSearchParams;
  headers: Headers;
  /** The parsed JSON, or the form of an upload, or undefined. */
  body: unknown;
  scenario: Scenario;
  chance: Chance;
  nowMs: number;
  requestId: string;
  /** Stands for the caller's organisation: a fingerprint of its credential. */
  scope: string;
  world: World;
  /** Answers a further request as if it had come by itself, without streaming: for batches. */
  run: (path: string, body: unknown, requestId: string) => { status: number; body: unknown };
}

/** What an endpoint answers before faults touch it. */
export type Answer =
  | { kind: "json"; status?: number; body: unknown }
  | { kind: "file"; contentType: string; body: string | Uint8Array<ArrayBuffer> }
  | { kind: "stream"; source: Source; ping: string }
  | { kind: "recorded"; status: number; headers: Record<string, string>; source: Source; ping: string };

/** Unix seconds. */
export function seconds(ms: number): number {
  return Math.floor(ms / 1000);
}
