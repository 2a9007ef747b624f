import { withDeadline } from "../core/deadline";
import { errorFacts, type Log } from "../core/log";
import { type CacheEntry, fitsCap } from "./entry";
import type { CacheKeys } from "./key";
import type { MemoryTier } from "./memory";
import type { CachePolicy } from "./policy";
import { matches, type PurgeRule, type PurgeSelector, withRule } from "./purge";
import { isAlive, type PurgeLog } from "./purge-log";
import type { SemanticCache, SemanticMatch } from "./semantic-cache";
import type { CacheTable, CacheTier } from "./tier";

/** The client waits no longer for a tier: it is then as if there were nothing. */
const TIER_DEADLINE_MS = { kv: 150, d1: 250 } as const;

export interface ReplyCachePorts {
  memory: MemoryTier;
  kv: CacheTier;
  table: CacheTable;
  semantic: SemanticCache;
  purges: PurgeLog;
  now: () => number;
  log: Log;
}

/** A stored reply that answers a request. */
export interface Found {
  tier: "memory" | "kv" | "d1" | "semantic";
  entry: CacheEntry;
  similarity?: number;
}

/** What a request asks of the cache. */
export interface Lookup {
  keys: CacheKeys;
  tenant: string;
  policy: CachePolicy;
  outputTokensMax: number | undefined;
  background: (work: Promise<void>) => void;
}

/** Stored replies, nearest tier first. A tier that fails or is slow is a miss, never an error. */
export class ReplyCache {
  readonly #ports: ReplyCachePorts;

  constructor(ports: ReplyCachePorts) {
    this.#ports = ports;
  }

  /** The reply to this request, if there is one that may be served. Never rejects. */
  async lookUp(lookup: Lookup): Promise<Found | null> {
    const { keys, policy, background } = lookup;
    if (!policy.reads) return null;
    const { memory, kv, table, purges, now } = this.#ports;
    const reading = purges.current(now(), () => table.rules(), background);
    const near = memory.get(keys.exact);
    if (near && this.#mayServe(near, lookup, await reading)) return { tier: "memory", entry: near };
    for (const tier of [kv, table]) {
      const entry = await this.#read(tier, keys.exact);
      if (!entry || !this.#mayServe(entry, lookup, await reading)) continue;
      this.#remember(entry);
      if (tier === table) background(this.#quietly("promote to kv", () => kv.put(entry)));
      return { tier: tier.name, entry };
    }
    if (policy.semantic !== "on") return null;
    const match = await this.findSimilar(lookup);
    return match && { tier: "semantic", ...match };
  }

  /** A reply to another request that differs in its words alone and asks for the same. Never rejects. */
  async findSimilar(lookup: Lookup): Promise<SemanticMatch | null> {
    const { purges, table, now, semantic } = this.#ports;
    const rules = await purges.current(now(), () => table.rules(), lookup.background);
    const load = async (key: string): Promise<CacheEntry | null> => {
      const entry = this.#ports.memory.get(key) ?? (await this.#read(this.#ports.kv, key)) ?? (await this.#read(table, key));
      return entry && this.#mayServe(entry, lookup, rules) ? entry : null;
    };
    try {
      return await semantic.find(lookup, load);
    } catch (error) {
      this.#ports.log("warn", "semantic-cache-failed", errorFacts(error));
      return null;
    }
  }

  /** The newest reply to the very same request, fresh or not: for when nobody else answers. May reject. */
  async findStale({ keys, tenant, outputTokensMax, background }: Lookup): Promise<CacheEntry | null> {
    const { memory, table, purges, now } = this.#ports;
    const entry = memory.get(keys.exact) ?? (await table.get(keys.exact));
    const rules = await purges.current(now(), () => table.rules(), background);
    return entry && entry.tenant === tenant && fitsCap(entry, outputTokensMax) && isAlive(entry, rules) ? entry : null;
  }

  /** Puts a reply into every tier: into memory at once, into the others in the background. Never rejects. */
  async store(entry: CacheEntry, policy: CachePolicy): Promise<void> {
    const { kv, table, semantic } = this.#ports;
    const isCached = policy.writes;
    if (isCached) this.#remember(entry);
    await Promise.all([
      this.#quietly("store in d1", () => table.put(entry)),
      ...(isCached ? [this.#quietly("store in kv", () => kv.put(entry))] : []),
      ...(entry.semantic ? [this.#quietly("index", () => semantic.add(entry))] : []),
    ]);
  }

  /** Takes away what matches, here at once, elsewhere within seconds; how many entries of the table it was. Throws when the table does not answer. */
  async purge(selector: PurgeSelector): Promise<number> {
    const { table, kv, memory, purges, now } = this.#ports;
    const rule: PurgeRule = { ...selector, atMs: now() };
    const keys = await table.purge(rule, selector);
    memory.removeWhere((entry) => matches(entry, selector));
    purges.add(withRule(await table.rules(), rule), now());
    await this.#quietly("purge kv", () => kv.remove(keys));
    return keys.length;
  }

  /** Takes away one reply, and those to questions that are near to its own. */
  async forget(key: string): Promise<number> {
    const { table, kv, memory, semantic, purges, now } = this.#ports;
    const entry = memory.get(key) ?? (await table.get(key));
    const near = entry ? await semantic.forget(entry) : [];
    const keys = [...new Set([key, ...near])];
    // Copies in other isolates and in KV's data centers go by the rule.
    const rule: PurgeRule = { entries: keys, atMs: now() };
    await table.remember(rule);
    memory.remove(keys);
    purges.add(withRule(await table.rules(), rule), now());
    await table.remove(keys);
    await this.#quietly("forget in kv", () => kv.remove(keys));
    return entry ? keys.length : 0;
  }

  #remember(entry: CacheEntry): void {
    this.#ports.memory.put(entry);
  }

  #mayServe(entry: CacheEntry, { tenant, policy, outputTokensMax }: Lookup, rules: readonly PurgeRule[] | undefined): boolean {
    const nowMs = this.#ports.now();
    if (entry.tenant !== tenant || !isAlive(entry, rules)) return false;
    return entry.freshUntilMs > nowMs && nowMs - entry.storedAtMs <= policy.ageMsMax && fitsCap(entry, outputTokensMax);
  }

  async #read(tier: CacheTier, key: string): Promise<CacheEntry | null> {
    try {
      return await withDeadline(tier.get(key), TIER_DEADLINE_MS[tier.name], `cache tier ${tier.name}`);
    } catch (error) {
      this.#ports.log("warn", "cache-tier-failed", { tier: tier.name, ...errorFacts(error) });
      return null;
    }
  }

  async #quietly(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#ports.log("warn", "cache-write-failed", { what, ...errorFacts(error) });
    }
  }
}
