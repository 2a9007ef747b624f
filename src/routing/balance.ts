import type { ChainStep } from "../config";

/** What a choice between deployments of one step rests on. */
export interface Balance {
  /** From 0 to 1, a new one at each call. */
  random: () => number;
  /** Rolling 95th percentile of the time to first output, in milliseconds; undefined where nothing is known. */
  ttftMs: (reference: string) => number | undefined;
  /** Who asks: for steps that keep a principal with its deployment. */
  principal: string;
}

/** The references of a step, in the order in which they are to be tried. */
export function orderOf(step: ChainStep, balance: Balance): string[] {
  if (typeof step === "string") return [step];
  const { oneOf, by, sticky } = step;
  if (by === "latency") {
    // What has not been measured yet goes first, so that it is.
    return sorted(oneOf, ({ model }) => balance.ttftMs(model) ?? 0);
  }
  // Weighted random order (Efraimidis & Spirakis); with a hash for chance it is weighted rendezvous hashing: each principal has its own
  // fixed order, and losing a deployment moves only those who were on it.
  const chance = (model: string): number => (sticky ? hashToUnit(`${balance.principal}\n${model}`) : balance.random());
  return sorted(oneOf, ({ model, weight }) => -Math.log(Math.max(Number.MIN_VALUE, chance(model))) / weight);
}

function sorted<Entry extends { model: string }>(entries: readonly Entry[], rank: (entry: Entry) => number): string[] {
  return entries
    .map((entry) => ({ model: entry.model, rank: rank(entry) }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ model }) => model);
}

/** FNV-1a with a final mix, as a number from 0 to 1. */
export function hashToUnit(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b);
  hash = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
