import type { CacheEntry } from "./entry";

/** What a purge takes away: entries that match every field given; without any, all of them. */
export interface PurgeSelector {
  key?: string;
  user?: string;
  model?: string;
  tag?: { name: string; value: string };
  /** Keys of single entries. */
  entries?: string[];
}

/** Entries that were stored before `atMs` (Unix milliseconds) and match are gone, wherever copies of them are. */
export interface PurgeRule extends PurgeSelector {
  atMs: number;
}

/** Rules kept; beyond, everything older than the oldest of them is purged in its place. */
const RULES_MAX = 200;
/** Single entries remembered, all in one rule. */
const ENTRIES_MAX = 500;

export function isPurged(entry: CacheEntry, rules: readonly PurgeRule[]): boolean {
  return rules.some((rule) => entry.storedAtMs <= rule.atMs && matches(entry, rule));
}

export function matches(
  entry: Pick<CacheEntry, "key" | "keyId" | "user" | "model" | "modelAsked" | "tags">,
  selector: PurgeSelector,
): boolean {
  const { key, user, model, tag, entries } = selector;
  if (entries !== undefined && !entries.includes(entry.key)) return false;
  if (key !== undefined && entry.keyId !== key) return false;
  if (user !== undefined && entry.user !== user) return false;
  if (model !== undefined && ![entry.model, entry.modelAsked].includes(model)) return false;
  return tag === undefined || (Object.hasOwn(entry.tags, tag.name) && entry.tags[tag.name] === tag.value);
}

/** The rules with a further one. A purge of everything makes the earlier ones needless. */
export function withRule(rules: readonly PurgeRule[], rule: PurgeRule): PurgeRule[] {
  const { atMs, ...selector } = rule;
  if (Object.keys(selector).length === 0) return [{ atMs }];
  if (rule.entries) {
    const known = rules.flatMap(({ entries = [] }) => entries);
    const others = rules.filter(({ entries }) => !entries);
    return [...others, { atMs, entries: [...new Set([...known, ...rule.entries])].slice(-ENTRIES_MAX) }];
  }
  const after = [...rules, rule];
  if (after.length <= RULES_MAX) return after;
  const [oldest, next, ...younger] = after;
  return [{ atMs: Math.max(oldest?.atMs ?? atMs, next?.atMs ?? atMs) }, ...younger];
}
