import type { VirtualKey } from "./principal";

/** Most keys held, and most unknown ids held, per isolate. */
const ENTRIES_MAX = 1000;
/** After this long a refresh that never reported back is taken for lost. */
const REFRESH_LOST_MS = 1000;

/** What was read of a key; `key` is null when the id is unknown. `readAtMs` is when reading began, so it never flatters its age. */
export interface KeyReading {
  key: VirtualKey | null;
  readAtMs: number;
}

interface Entry extends KeyReading {
  refreshStartedMs: number | null;
}

/**
 * The readings that one isolate holds: plain data, so that requests may share them. Bounded, the least recently used entry goes first;
 * unknown ids have a table of their own, so that a flood of them pushes no real key out.
 */
export class KeyMemory {
  readonly #known = new Map<string, Entry>();
  readonly #unknown = new Map<string, Entry>();
  readonly #entriesMax: number;

  constructor(entriesMax: number = ENTRIES_MAX) {
    this.#entriesMax = entriesMax;
  }

  get(id: string): KeyReading | undefined {
    const entries = this.#known.has(id) ? this.#known : this.#unknown;
    const entry = entries.get(id);
    if (entry === undefined) return undefined;
    entries.delete(id);
    entries.set(id, entry);
    return entry;
  }

  /** Keeps a reading, unless a later one is there already. */
  set(id: string, reading: KeyReading): void {
    const held = this.get(id);
    if (held !== undefined && held.readAtMs > reading.readAtMs) return;
    this.forget(id);
    const entries = reading.key === null ? this.#unknown : this.#known;
    entries.set(id, { ...reading, refreshStartedMs: null });
    if (entries.size <= this.#entriesMax) return;
    for (const oldest of entries.keys()) {
      entries.delete(oldest);
      return;
    }
  }

  forget(id: string): void {
    this.#known.delete(id);
    this.#unknown.delete(id);
  }

  /** True for one caller at a time: the one that should read this entry anew. */
  claimRefresh(id: string, nowMs: number): boolean {
    const entry = this.#known.get(id);
    if (entry === undefined) return false;
    const started = entry.refreshStartedMs;
    if (started !== null && nowMs >= started && nowMs - started < REFRESH_LOST_MS) return false;
    entry.refreshStartedMs = nowMs;
    return true;
  }

  get size(): number {
    return this.#known.size + this.#unknown.size;
  }
}
