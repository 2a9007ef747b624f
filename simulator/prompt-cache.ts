import { Fingerprint } from "./random";
import { countTokens, pieces } from "./tokens";

/** Entries kept; the oldest go first. */
const ENTRIES_MAX = 5_000;
/** How many segments before a breakpoint Anthropic looks back for an earlier entry. */
const LOOKBACK_SEGMENTS = 20;
const TTL_MS = { "5m": 300_000, "1h": 3_600_000 };
/** OpenAI caches from this many tokens, in steps. https://platform.openai.com/docs/guides/prompt-caching */
const OPENAI_MIN_TOKENS = 1_024;
const OPENAI_STEP_TOKENS = 128;

/** A stretch of prompt; the breakpoint, where there is one, lies at its end. */
export interface Segment {
  text: string;
  tokens: number;
  breakpoint?: "5m" | "1h";
}

export interface CacheUse {
  readTokens: number;
  write5mTokens: number;
  write1hTokens: number;
}

/** Which prompt prefixes this isolate has seen, and until when the provider would still hold them. */
export class PromptCache {
  readonly #expiry = new Map<string, number>();

  /** Anthropic: reads the longest known prefix, writes up to the last breakpoint. `scope` keeps models and organisations apart. */
  useBreakpoints(scope: string, segments: Segment[], minTokens: number, nowMs: number): CacheUse {
    const print = new Fingerprint().update(scope);
    let total = 0;
    const prefixes = segments.map((segment) => {
      total += segment.tokens;
      return { key: print.update(segment.text).update("\u0000").digest(), tokens: total, breakpoint: segment.breakpoint };
    });
    const use: CacheUse = { readTokens: 0, write5mTokens: 0, write1hTokens: 0 };
    prefixes.forEach((prefix, at) => {
      if (prefix.breakpoint === undefined || prefix.tokens < minTokens) return;
      const known = prefixes.slice(Math.max(0, at - LOOKBACK_SEGMENTS), at + 1).filter(({ key }) => (this.#expiry.get(key) ?? 0) > nowMs);
      use.readTokens = Math.max(use.readTokens, known.at(-1)?.tokens ?? 0);
    });
    let covered = use.readTokens;
    for (const { key, tokens, breakpoint } of prefixes) {
      if (breakpoint === undefined || tokens < minTokens) continue;
      const written = Math.max(0, tokens - covered);
      covered += written;
      if (breakpoint === "1h") use.write1hTokens += written;
      else use.write5mTokens += written;
      this.#remember(key, nowMs + TTL_MS[breakpoint]);
    }
    return use;
  }

  /** OpenAI: how many tokens of the prompt's beginning were seen before; the prompt is remembered. */
  usePrefix(scope: string, prompt: string, nowMs: number): number {
    if (countTokens(prompt) < OPENAI_MIN_TOKENS) return 0;
    const tokens = pieces(prompt);
    const print = new Fingerprint().update(scope);
    let cached = 0;
    for (let at = 0; at + OPENAI_STEP_TOKENS <= tokens.length; at += OPENAI_STEP_TOKENS) {
      const key = print.update(tokens.slice(at, at + OPENAI_STEP_TOKENS).join("")).digest();
      const length = at + OPENAI_STEP_TOKENS;
      if (length < OPENAI_MIN_TOKENS) continue;
      if ((this.#expiry.get(key) ?? 0) > nowMs) cached = length;
      this.#remember(key, nowMs + TTL_MS["5m"]);
    }
    return cached;
  }

  clear(): void {
    this.#expiry.clear();
  }

  #remember(key: string, expiresAtMs: number): void {
    this.#expiry.delete(key);
    this.#expiry.set(key, expiresAtMs);
    if (this.#expiry.size <= ENTRIES_MAX) return;
    const oldest = this.#expiry.keys().next();
    if (oldest.done !== true) this.#expiry.delete(oldest.value);
  }
}
