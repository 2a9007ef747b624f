import type { Choice, FinishKind, InferenceResponse, Usage } from "../inference";

/** A reply that may be given again. Plain data; times in Unix milliseconds, money in nano-dollars. */
export interface CacheEntry {
  v: 1;
  /** Its exact key. */
  key: string;
  /** Whose it is, as `tenantName` says. */
  tenant: string;
  response: InferenceResponse;
  /** Who gave it. */
  provider: string;
  model: string;
  modelAsked: string;
  requestId: string;
  keyId: string;
  user: string | null;
  tags: Record<string, string>;
  storedAtMs: number;
  freshUntilMs: number;
  /** What it cost then; null where the price was unknown. */
  costNanoUsd: number | null;
  latencyMs: number;
  inputTokens: number;
  outputTokens: number;
  /** Of a reply that is found by meaning: where, and to which words. */
  semantic?: { namespace: string; prompt: string };
}

const FINISHED: ReadonlySet<FinishKind> = new Set(["stop", "stop-sequence", "tool-calls"]);

/** Whether a reply came to a good end and says something: cut, filtered, refused and empty ones are not worth giving again. */
export function isStorable({ choices }: InferenceResponse): boolean {
  return choices.length > 0 && choices.every((choice) => FINISHED.has(choice.finish.kind) && saysSomething(choice));
}

function saysSomething({ parts }: Choice): boolean {
  return parts.some((part) => part.type === "tool-call" || (part.type === "text" && part.text.trim() !== ""));
}

/** Whether the reply could have been given under this cap on output, too. */
export function fitsCap({ outputTokens }: CacheEntry, outputTokensMax: number | undefined): boolean {
  return outputTokensMax === undefined || outputTokens <= outputTokensMax;
}

/**
 * The reply as it is shown again: what its tokens were, without the provider's own object, which would show cache writes as spent once more; they are
 * plain input here.
 */
export function replayable(response: InferenceResponse): InferenceResponse {
  if (!response.usage) return response;
  const { cacheWrite5mTokens = 0, cacheWrite1hTokens = 0, raw: _raw, ...usage } = response.usage;
  const shown: Usage = { ...usage, uncachedInputTokens: usage.uncachedInputTokens + cacheWrite5mTokens + cacheWrite1hTokens };
  return { ...response, usage: shown };
}
