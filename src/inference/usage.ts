import type { JsonObject } from "./part";

/**
 * Tokens of one reply. The four input figures are disjoint: their sum is the prompt (Anthropic's `input_tokens` leaves the
 * cached part out, OpenAI's `prompt_tokens` includes it). `outputTokens` includes `reasoningTokens`.
 * An absent figure was not said by the wire, which is not the same as 0.
 */
export interface Usage {
  uncachedInputTokens: number;
  cacheReadTokens?: number;
  cacheWrite5mTokens?: number;
  cacheWrite1hTokens?: number;
  outputTokens: number;
  reasoningTokens?: number;
  audioInputTokens?: number;
  audioOutputTokens?: number;
  /** Web searches that the provider ran and bills. */
  webSearches?: number;
  /** "batch", "priority", "flex", …, as the provider says; it changes the price. */
  serviceTier?: string;
  /** The usage object as it came. Absent when the figures are an estimate. */
  raw?: JsonObject;
  /** True when the upstream never said, and the figures were estimated. */
  estimated?: true;
}

/** The whole prompt in tokens, cached or not. */
export function inputTokensTotal(usage: Usage): number {
  return usage.uncachedInputTokens + (usage.cacheReadTokens ?? 0) + (usage.cacheWrite5mTokens ?? 0) + (usage.cacheWrite1hTokens ?? 0);
}
