import type { Clock } from "../core/clock";
import { errorFacts, type Log } from "../core/log";
import type { KeySnapshotWriter } from "./announce-key";
import { keyIsLive } from "./key-policy";
import type { VirtualKey } from "./principal";

/** Writes per run: a Worker invocation may make 1,000 KV operations. */
const PUTS_MAX = 800;
const PAGE_KEYS = 100;
/** Writes in flight: a Worker may have six connections waiting. */
const PUTS_AT_ONCE = 5;
const HOUR_MS = 60 * 60 * 1000;
/** How far the clocks of two isolates may differ. */
const CLOCK_SKEW_MS = 60 * 1000;
/** First characters of ids, two per run: 16 hourly runs go round, well within a snapshot's 24 hours. */
const ID_STARTS = "0123456789abcdefghjkmnpqrstvwxyz";
const STARTS_PER_RUN = 2;

/** Reads keys in the order of their ids. */
export interface KeyPages {
  /** At most `limit` keys with `from` < id < `to`. */
  between(from: string, to: string, limit: number): Promise<VirtualKey[]>;
  /** At most `limit` keys changed at `sinceMs` or later. */
  changedSince(sinceMs: number, limit: number): Promise<VirtualKey[]>;
}

export interface SnapshotRefresh {
  keys: KeyPages;
  snapshots: KeySnapshotWriter;
  clock: Clock;
  log: Log;
}

/**
 * To be run once an hour: rewrites the snapshots of a sixteenth of the live keys, so that none that is in use grows older than a day.
 * Keys that changed meanwhile are written once more at the end, so that a slow run cannot put an old state over a new one.
 * Returns how many it wrote. Throws when the source of truth fails.
 */
export async function refreshSnapshots({ keys, snapshots, clock, log }: SnapshotRefresh): Promise<number> {
  const startedMs = clock();
  let written = 0;
  const put = async (batch: VirtualKey[]): Promise<void> => {
    for (let at = 0; at < batch.length; at += PUTS_AT_ONCE) {
      const some = batch.slice(at, at + PUTS_AT_ONCE);
      const results = await Promise.allSettled(some.map((key) => snapshots.put({ key, writtenAtMs: clock() })));
      for (const result of results) {
        if (result.status === "fulfilled") written += 1;
        else log("warn", "key-snapshot-not-written", errorFacts(result.reason));
      }
    }
  };
  const run = Math.floor(startedMs / HOUR_MS) % (ID_STARTS.length / STARTS_PER_RUN);
  let from = `key_${ID_STARTS.charAt(run * STARTS_PER_RUN)}`;
  const to = `key_${ID_STARTS.charAt((run + 1) * STARTS_PER_RUN) || "~"}`;
  let seen = 0;
  for (;;) {
    const page = await keys.between(from, to, PAGE_KEYS);
    await put(page.filter((key) => keyIsLive(key, startedMs)));
    seen += page.length;
    const last = page.at(-1);
    if (!last || page.length < PAGE_KEYS) break;
    if (seen >= PUTS_MAX) {
      log("error", "key-snapshots-incomplete", { written, from: last.id, to });
      break;
    }
    from = last.id;
  }
  await put(await keys.changedSince(startedMs - CLOCK_SKEW_MS, PAGE_KEYS));
  return written;
}
