import { LRUCache } from "lru-cache";
import type { CacheEntry } from "./entry";

/** What an isolate's replies may take of its 128 MB, as characters of their text. */
const CHARS_MAX = 8 * 1024 * 1024;
/** A longer reply is left to the other tiers. */
const ENTRY_CHARS_MAX = 512 * 1024;
/** What an entry takes besides its texts. */
const FRAME_CHARS = 1024;

/** L1: the isolate's own memory. Entries are plain data that requests share and nobody changes. */
export class MemoryTier {
  readonly #entries: LRUCache<string, CacheEntry>;

  constructor(charsMax: number = CHARS_MAX) {
    this.#entries = new LRUCache({ maxSize: charsMax, maxEntrySize: ENTRY_CHARS_MAX });
  }

  get(key: string): CacheEntry | null {
    return this.#entries.get(key) ?? null;
  }

  put(entry: CacheEntry): void {
    this.#entries.set(entry.key, entry, { size: FRAME_CHARS + JSON.stringify(entry.response).length });
  }

  remove(keys: readonly string[]): void {
    for (const key of keys) this.#entries.delete(key);
  }

  removeWhere(isGone: (entry: CacheEntry) => boolean): void {
    for (const [key, entry] of this.#entries.entries()) if (isGone(entry)) this.#entries.delete(key);
  }
}
