import { Fingerprint } from "./random";
import { countTokens, pieces } from "./tokens";

/** Entries kept; the oldest go first. */
const ENTRIES_MAX = 5_000;
/**
 * From a breakpoint Anthropic looks for earlier entries at this many positions, its own counted. A run of calls is one position, and so is a
 * run of results. https://platform.claude.com/docs/en/build-with-claude/prompt-caching
 */
const LOOKBACK_POSITIONS = 20;
const TTL_MS = { "5m": 300_000, "1h": 3_600_000 };
/** OpenAI caches from this many tokens, in steps. https://platform.openai.com/docs/guides/prompt-caching */
const OPENAI_MIN_TOKENS = 1_024;
const OPENAI_STEP_TOKENS = 128;

export type Ttl = "5m" | "1h";

/** A stretch of prompt; the breakpoint, where there is one, lies at its end. */
export interface Segment {
  text: string;
  tokens: number;
  breakpoint?: Ttl;
  /** Marks on blocks inside it (a tool's result), which count as marks and whose breakpoint is the stretch's. */
  inner?: Ttl[];
  /** Stretches of the same kind that follow each other are one position of the lookback. */
  run?: "call" | "result";
  /** Cannot carry a mark (thinking). */
  unmarkable?: true;
}

export interface CacheUse {
  readTokens: number;
  write5mTokens: number;
  write1hTokens: number;
}

interface Entry {
  expiresAtMs: number;
  ttl: Ttl;
}

/** Which prompt prefixes this isolate has seen, and until when the provider would still hold them. */
export class PromptCache {
  readonly #entries = new Map<string, Entry>();

  /**
   * Anthropic: reads the longest prefix that an earlier request wrote and that lies within the lookback of a breakpoint, writes what follows
   * it up to the last breakpoint, one entry per breakpoint. An entry lives on when it is read. `scope` keeps models and organisations apart.
   */
  useBreakpoints(scope: string, segments: readonly Segment[], minTokens: number, nowMs: number): CacheUse {
    const print = new Fingerprint().update(scope);
    let total = 0;
    const prefixes = segments.map((segment) => {
      total += segment.tokens;
      const key = print.update(segment.text).update("\u0000").digest();
      return { key, tokens: total, breakpoint: breakpointOf(segment), isCachable: total >= minTokens };
    });
    let read = -1;
    for (const [at, { breakpoint, isCachable }] of prefixes.entries()) {
      if (breakpoint === undefined || !isCachable) continue;
      const found = prefixes.findLastIndex(({ key }, index) => index <= at && this.#isKnown(key, nowMs));
      if (found > read && positionsBetween(segments, found, at) < LOOKBACK_POSITIONS) read = found;
    }
    const use: CacheUse = { readTokens: prefixes[read]?.tokens ?? 0, write5mTokens: 0, write1hTokens: 0 };
    const readKey = prefixes[read]?.key;
    if (readKey !== undefined) this.#refresh(readKey, nowMs);
    let covered = use.readTokens;
    for (const { key, tokens, breakpoint, isCachable } of prefixes) {
      if (breakpoint === undefined || !isCachable) continue;
      if (this.#isKnown(key, nowMs) && tokens <= covered) {
        this.#refresh(key, nowMs);
        continue;
      }
      const written = Math.max(0, tokens - covered);
      covered += written;
      if (breakpoint === "1h") use.write1hTokens += written;
      else use.write5mTokens += written;
      this.#remember(key, { ttl: breakpoint, expiresAtMs: nowMs + TTL_MS[breakpoint] });
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
      if (this.#isKnown(key, nowMs)) cached = length;
      this.#remember(key, { ttl: "5m", expiresAtMs: nowMs + TTL_MS["5m"] });
    }
    return cached;
  }

  clear(): void {
    this.#entries.clear();
  }

  #isKnown(key: string, nowMs: number): boolean {
    return (this.#entries.get(key)?.expiresAtMs ?? 0) > nowMs;
  }

  #refresh(key: string, nowMs: number): void {
    const entry = this.#entries.get(key);
    if (entry) this.#remember(key, { ttl: entry.ttl, expiresAtMs: nowMs + TTL_MS[entry.ttl] });
  }

  #remember(key: string, entry: Entry): void {
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    if (this.#entries.size <= ENTRIES_MAX) return;
    const oldest = this.#entries.keys().next();
    if (oldest.done !== true) this.#entries.delete(oldest.value);
  }
}

function breakpointOf({ breakpoint, inner }: Segment): Ttl | undefined {
  return breakpoint ?? inner?.at(-1);
}

/** Positions from the breakpoint at `to` back to `from`, the breakpoint's own not counted. */
function positionsBetween(segments: readonly Segment[], from: number, to: number): number {
  let positions = 0;
  for (let at = to; at > from; at -= 1) {
    const run = segments[at]?.run;
    if (run === undefined || run !== segments[at - 1]?.run) positions += 1;
  }
  return positions;
}
