/** What a read saves and a write costs beyond plain input, in shares of the input price. https://platform.claude.com/docs/en/about-claude/pricing */
const READ_SAVES = 0.9;
const WRITE_COSTS_5M = 0.25;
const WRITE_COSTS_1H = 1;
/** How long the provider keeps what was written or read, in milliseconds. */
const TTL_5M_MS = 300_000;
const TTL_1H_MS = 3_600_000;
/** After a write that nobody read nothing is marked for so long, in milliseconds; twice as long after each further one, up to a day. */
const PAUSE_MS = 1_800_000;
const PAUSE_MAX_MS = 86_400_000;
/** Prefixes remembered; the one that was seen longest ago goes first. */
const PREFIXES_MAX = 512;

interface PrefixRecord {
  /** Requests in a row whose writes cost more than their reads saved. */
  lossesInRow: number;
  /** Unix milliseconds of the last reply. */
  seenAtMs: number;
  ttlMs: number;
  /** What exactly was written last. */
  prefix?: string;
}

/** What is known of the prompt caching of each kind of traffic. */
export type CacheHistory = ReadonlyMap<string, PrefixRecord>;

export const NO_CACHE_HISTORY: CacheHistory = new Map();

/** The usage of one reply whose request was marked; tokens. */
export interface CacheObservation {
  /** Kinds of traffic that the request belongs to: tenant, model and each of `prefixFamilies`. */
  prefixKeys: readonly string[];
  /** A hash of what stands before the conversation (`staticPrefix`), where it is known. */
  prefix?: string;
  read: number;
  /** Written for five minutes, and for an hour. */
  written: number;
  written1h?: number;
}

/** Takes note of what a marked request read and wrote. */
export function observeCache(history: CacheHistory, nowMs: number, seen: CacheObservation): CacheHistory {
  const { prefixKeys, prefix, read, written, written1h = 0 } = seen;
  // Below the model's minimum nothing is written, and nothing lost.
  if (read === 0 && written === 0 && written1h === 0) return history;
  const isLoss = read * READ_SAVES < written * WRITE_COSTS_5M + written1h * WRITE_COSTS_1H;
  const ttlMs = written1h > 0 ? TTL_1H_MS : TTL_5M_MS;
  const next = new Map(history);
  for (const key of prefixKeys) {
    const lossesInRow = isLoss ? (history.get(key)?.lossesInRow ?? 0) + 1 : 0;
    next.delete(key);
    next.set(key, { lossesInRow, seenAtMs: nowMs, ttlMs, ...(prefix === undefined ? {} : { prefix }) });
  }
  for (const oldest of next.keys()) {
    if (next.size <= PREFIXES_MAX) break;
    next.delete(oldest);
  }
  return next;
}

/**
 * Whether marks are likely to pay, by all kinds of traffic that the request belongs to. After a write: as long as it can still be read; with
 * `prefix`, only where exactly that was written, so that prompts that change every time lose one write and no more. When it was not read in
 * its time, nothing is marked for a pause that grows with every further loss; then one request tries again.
 */
export function shouldMark(history: CacheHistory, prefixKeys: readonly string[], nowMs: number, prefix?: string): boolean {
  return prefixKeys.every((key) => {
    const record = history.get(key);
    return !record || isWorth(record, nowMs, prefix);
  });
}

function isWorth({ lossesInRow, seenAtMs, ttlMs, prefix: written }: PrefixRecord, nowMs: number, prefix: string | undefined): boolean {
  if (lossesInRow === 0) return true;
  const ageMs = nowMs - seenAtMs;
  if (ageMs >= Math.min(PAUSE_MAX_MS, Math.max(ttlMs, PAUSE_MS * 2 ** (lossesInRow - 1)))) return true;
  const isSame = prefix === undefined || written === undefined || prefix === written;
  return lossesInRow === 1 && ageMs < ttlMs && isSame;
}

/** Prices of a model's input, in nano-dollars per token. */
export interface CachePrices {
  input: number;
  cacheRead: number;
  cacheWrite5m: number;
  cacheWrite1h: number;
}

/** What prompt caching saved on a reply, in nano-dollars: what its reads cost less than plain input, minus what its writes cost more. May be negative. */
export function netSaving(tokens: { cacheRead: number; write5m: number; write1h: number }, prices: CachePrices): number {
  const { input, cacheRead, cacheWrite5m, cacheWrite1h } = prices;
  const saved = tokens.cacheRead * (input - cacheRead);
  const premium = tokens.write5m * (cacheWrite5m - input) + tokens.write1h * (cacheWrite1h - input);
  return Math.round(saved - premium);
}
