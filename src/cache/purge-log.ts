import { withDeadline } from "../core/deadline";
import type { CacheEntry } from "./entry";
import { isPurged, type PurgeRule } from "./purge";

/** An isolate's knowledge of purges is renewed when it is older than this: how long a purge takes to hold everywhere. */
const FRESH_MS = 10_000;
/** Older knowledge is no longer relied on: then nothing is served from the cache. */
const USABLE_MS = 60_000;
const READ_DEADLINE_MS = 300;

/** What this isolate knows of purges. Plain data: requests share it, none waits for another's reading. */
export class PurgeLog {
  #rules: readonly PurgeRule[] = [];
  #readAtMs = Number.NEGATIVE_INFINITY;
  #readingSinceMs = Number.NEGATIVE_INFINITY;

  /** Rules that are good enough to serve by; reads them where they are too old, in the background where they will do. Undefined: unknown. */
  async current(
    nowMs: number,
    read: () => Promise<PurgeRule[]>,
    background: (work: Promise<void>) => void,
  ): Promise<readonly PurgeRule[] | undefined> {
    const age = nowMs - this.#readAtMs;
    if (age <= FRESH_MS) return this.#rules;
    if (age <= USABLE_MS) {
      if (nowMs - this.#readingSinceMs > READ_DEADLINE_MS * 2) background(this.#read(nowMs, read));
      return this.#rules;
    }
    await this.#read(nowMs, read);
    return this.#readAtMs >= nowMs ? this.#rules : undefined;
  }

  /** A purge made through this isolate holds here at once. */
  add(rules: readonly PurgeRule[], nowMs: number): void {
    this.#rules = rules;
    this.#readAtMs = nowMs;
  }

  async #read(nowMs: number, read: () => Promise<PurgeRule[]>): Promise<void> {
    this.#readingSinceMs = nowMs;
    try {
      const rules = await withDeadline(read(), READ_DEADLINE_MS, "the purge log");
      // A purge made here meanwhile knows more.
      if (nowMs > this.#readAtMs) this.add(rules, nowMs);
    } catch {
      // Unknown is a defined outcome: nothing is served then.
    }
  }
}

export function isAlive(entry: CacheEntry, rules: readonly PurgeRule[] | undefined): boolean {
  return rules !== undefined && !isPurged(entry, rules);
}
