import type { CacheEntry, CacheTier } from "../../cache";

/** KV keeps nothing for less. */
const TTL_SECONDS_MIN = 60;
/** Data centers may hold a value they read for this long; KV takes no less. */
const CACHE_SECONDS = 30;
/** Far below KV's 25 MB: what is larger is not worth its price here. */
const ENTRY_CHARS_MAX = 1024 * 1024;

/** L2: replies under `cache:<key>`, which vanish by themselves when they are no longer fresh. */
export class KvCacheTier implements CacheTier {
  readonly name = "kv";
  readonly #kv: KVNamespace;
  readonly #now: () => number;

  constructor(kv: KVNamespace, now: () => number) {
    this.#kv = kv;
    this.#now = now;
  }

  /** null also for an entry of a version that this code does not know. */
  async get(key: string): Promise<CacheEntry | null> {
    const entry = await this.#kv.get<CacheEntry>(`cache:${key}`, { type: "json", cacheTtl: CACHE_SECONDS });
    return entry?.v === 1 ? entry : null;
  }

  async put(entry: CacheEntry): Promise<void> {
    const expirationTtl = Math.floor((entry.freshUntilMs - this.#now()) / 1000);
    const text = JSON.stringify(entry);
    if (expirationTtl < TTL_SECONDS_MIN || text.length > ENTRY_CHARS_MAX) return;
    await this.#kv.put(`cache:${entry.key}`, text, { expirationTtl });
  }

  async remove(keys: readonly string[]): Promise<void> {
    await Promise.all(keys.slice(0, REMOVED_MAX).map((key) => this.#kv.delete(`cache:${key}`)));
  }
}

/** One invocation may do 1,000 operations; what is not deleted is hidden by its purge rule. */
const REMOVED_MAX = 500;
