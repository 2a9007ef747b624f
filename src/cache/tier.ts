import type { CacheEntry } from "./entry";
import type { PurgeRule, PurgeSelector } from "./purge";

/** A place beyond the isolate where entries are kept, by exact key. Every call may be slow or fail: that is a miss. */
export interface CacheTier {
  name: "kv" | "d1";
  /** The entry; also one that is no longer fresh, where the tier keeps such. */
  get(key: string): Promise<CacheEntry | null>;
  put(entry: CacheEntry): Promise<void>;
  remove(keys: readonly string[]): Promise<void>;
}

/** What the table of entries can do besides: it knows them all. */
export interface CacheTable extends CacheTier {
  /** The keys of entries that match; takes them out of the table, and remembers the rule for copies elsewhere. */
  purge(rule: PurgeRule, selector: PurgeSelector): Promise<string[]>;
  rules(): Promise<PurgeRule[]>;
  /** Adds a rule. */
  remember(rule: PurgeRule): Promise<void>;
}

/** Vectors of prompts, by namespace; nothing of one namespace is found in another. */
export interface VectorIndex {
  /** The nearest, by cosine similarity. */
  query(at: Place, vector: Float32Array, count: number): Promise<{ id: string; similarity: number }[]>;
  upsert(at: Place, id: string, vector: Float32Array): Promise<void>;
  /** Takes out an entry and all of its namespace that are at least so near to it. */
  removeNear(at: Place, id: string, similarityMin: number): Promise<string[]>;
}

/** `tenant` decides which object or index keeps it. */
export interface Place {
  tenant: string;
  namespace: string;
}

/** Turns a text into a vector of length 1. */
export type Embed = (text: string) => Promise<Float32Array>;
