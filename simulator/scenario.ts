import { isDirective, parseDirectives } from "./directives";

/** How the bytes of a stream are cut into chunks: one per event, `size` bytes each, at random, or inside every multi-byte character. */
export type Split = { kind: "event" } | { kind: "bytes"; size: number } | { kind: "random" } | { kind: "utf8" };

/** What one request is to meet. Counts of events start at 1; `undefined` means that the fault does not happen. */
export interface Scenario {
  status?: number;
  /** Replaces the error code of `status` (OpenAI), or its type (Anthropic). */
  code?: string;
  retryAfterSeconds?: number;
  retryAfterMs?: number;
  /** Seconds from now, sent as an HTTP date. */
  retryAfterDateSeconds?: number;
  headerDelayMs: number;
  firstTokenMs: number;
  delayMs: number;
  /** Silence after this many events. */
  stall?: number;
  /** The connection breaks after this many events. */
  cut?: number;
  /** The connection breaks inside this event. */
  cutInside?: number;
  /** The connection breaks inside a UTF-8 character of this event, or of the next that has one. */
  cutRune?: number;
  /** The cuts above end the body cleanly instead of breaking the connection. */
  cleanEnd: boolean;
  malformed?: number;
  /** An error event after this many events; 0 puts it first. */
  errorAt?: number;
  /** The status whose error the error event tells. */
  errorStatus?: number;
  noUsage: boolean;
  noTerminal: boolean;
  noFinish: boolean;
  split: Split;
  seed?: number;
  hugeKb?: number;
  tokens?: number;
  empty: boolean;
  pingsMs?: number;
  times?: number;
  key?: string;
  /** The model's context window in tokens. */
  contextTokens?: number;
  /** Shortest prompt prefix that Anthropic's prompt cache takes, instead of the model's own. */
  cacheMinTokens?: number;
  /** Accept fields that the provider does not know. */
  lenient: boolean;
  batchMs: number;
  /** Answer with the recorded case of this id. */
  caseId?: string;
}

export const CALM: Scenario = {
  headerDelayMs: 0,
  firstTokenMs: 10,
  delayMs: 5,
  cleanEnd: false,
  noUsage: false,
  noTerminal: false,
  noFinish: false,
  split: { kind: "event" },
  empty: false,
  lenient: false,
  batchMs: 1_000,
};

/** A model name → the name proper and its directives: `gpt-4o;sim:stall=5` → `gpt-4o` and `sim:stall=5`. */
export function splitModel(model: string): { name: string; directives: string } {
  const start = model.search(/sim:|case:/);
  if (start >= 0) return { name: model.slice(0, start).replace(/[;,:/\s]+$/, "") || "simulated", directives: model.slice(start) };
  if (!model.startsWith("sim-")) return { name: model, directives: "" };
  // `sim-status=503` and `sim-empty` are directives, `sim-large` is merely a name.
  const first = (model.slice(4).split(/[,;=]/)[0] ?? "").trim();
  return model.includes("=") || isDirective(first) ? { name: "simulated", directives: model.slice(4) } : { name: model, directives: "" };
}

/** Directives written into the prompt: `[[sim:cut=3]]`, `[[case:some-id]]`. */
export function directivesInText(prompt: string): string {
  return [...prompt.matchAll(/\[\[((?:sim|case):[^\]]*)\]\]/g)].map((match) => match[1]).join(";");
}

/** The scenario of a request. Directives of the header win over the model's, those over the prompt's. */
export function readScenario(source: { header: string | null; model: string; lastUserText: string }): {
  scenario: Scenario;
  directives: string;
} {
  const layers = [directivesInText(source.lastUserText), splitModel(source.model).directives, source.header ?? ""];
  const scenario: Scenario = Object.assign({ ...CALM }, ...layers.map(parseDirectives));
  return { scenario, directives: layers.filter((layer) => layer !== "").join(" < ") };
}

/** The scenario once its `times` are used up: what shapes the reply stays, what disturbs it goes. */
export function withoutFaults(scenario: Scenario): Scenario {
  const { seed, tokens, contextTokens, caseId, cacheMinTokens, lenient, batchMs } = scenario;
  return {
    ...CALM,
    lenient,
    batchMs,
    ...(cacheMinTokens === undefined ? {} : { cacheMinTokens }),
    ...(seed === undefined ? {} : { seed }),
    ...(tokens === undefined ? {} : { tokens }),
    ...(contextTokens === undefined ? {} : { contextTokens }),
    ...(caseId === undefined ? {} : { caseId }),
  };
}
