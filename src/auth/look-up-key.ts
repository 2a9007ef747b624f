import type { Clock } from "../core/clock";
import { withDeadline } from "../core/deadline";
import { GatewayError } from "../core/errors";
import { errorFacts, type Log } from "../core/log";
import type { KeyMemory, KeyReading } from "./key-memory";
import type { VirtualKey } from "./principal";

/** A reading up to this age is used as it is. */
export const FRESH_MS = 3000;
/** Up to this age it is used, and read anew in the background; beyond, the request waits for a new reading. */
export const SERVED_MS = 8000;
/** "No such key" is believed for this long, so that a key made a moment ago works everywhere at once. */
export const UNKNOWN_MS = 1000;
/** How long the source of truth and the snapshot may take. */
export const SOURCE_DEADLINE_MS = 400;
export const SNAPSHOT_DEADLINE_MS = 400;
/** An older snapshot is not believed. */
export const SNAPSHOT_AGE_MS_MAX = 24 * 60 * 60 * 1000;

/** The source of truth for keys. Throws when it cannot answer; null means that there is no such key. */
export interface KeySource {
  find(id: string): Promise<VirtualKey | null>;
}

/** A copy of a key as it was at `writtenAtMs`. */
export interface KeySnapshot {
  key: VirtualKey;
  writtenAtMs: number;
}

/** Copies of keys, for when the source of truth is down. */
export interface KeySnapshotReader {
  find(id: string): Promise<KeySnapshot | null>;
}

export interface KeyLookup {
  memory: KeyMemory;
  source: KeySource;
  /** Absent in a deployment without such a store. */
  snapshots?: KeySnapshotReader;
  clock: Clock;
  log: Log;
  /** Runs on after the reply; belongs to the request at hand. */
  background(work: Promise<void>): void;
}

/**
 * What is known of the key `id`, no older than `servedMs` as long as the source of truth answers. When that fails or is slow, the
 * snapshot is used and this is logged. Throws `unavailable` when neither can say. Nothing is shared between requests but plain data: a
 * Worker must not await another request's I/O.
 */
export async function lookUpKey(id: string, lookup: KeyLookup, servedMs: number = SERVED_MS): Promise<KeyReading> {
  const nowMs = lookup.clock();
  const held = lookup.memory.get(id);
  if (held) {
    const ageMs = nowMs - held.readAtMs;
    const limitMs = Math.min(servedMs, held.key ? SERVED_MS : UNKNOWN_MS);
    if (ageMs < 0) {
      // The clock jumped back: nothing is known about the real age.
      lookup.memory.forget(id);
    } else if (ageMs < limitMs) {
      if (ageMs >= FRESH_MS && lookup.memory.claimRefresh(id, nowMs)) lookup.background(refresh(id, lookup));
      return held;
    }
  }
  try {
    return await readSource(id, lookup);
  } catch (error) {
    lookup.log("warn", "key-source-failed", { key_id: id, ...errorFacts(error) });
  }
  return readSnapshot(id, lookup);
}

async function readSource(id: string, { source, memory, clock }: KeyLookup): Promise<KeyReading> {
  const readAtMs = clock();
  const key = await withDeadline(source.find(id), SOURCE_DEADLINE_MS, "the key table");
  const reading = { key, readAtMs };
  memory.set(id, reading);
  return reading;
}

/** A failed refresh leaves the old reading to grow too old, so that a later request waits for the truth. */
async function refresh(id: string, lookup: KeyLookup): Promise<void> {
  try {
    await readSource(id, lookup);
  } catch (error) {
    lookup.log("warn", "key-refresh-failed", { key_id: id, ...errorFacts(error) });
  }
}

async function readSnapshot(id: string, { snapshots, memory, clock, log }: KeyLookup): Promise<KeyReading> {
  const readAtMs = clock();
  let snapshot: KeySnapshot | null = null;
  try {
    snapshot = snapshots ? await withDeadline(snapshots.find(id), SNAPSHOT_DEADLINE_MS, "the key snapshots") : null;
  } catch (error) {
    log("error", "key-snapshot-failed", { key_id: id, ...errorFacts(error) });
  }
  const ageMs = snapshot ? clock() - snapshot.writtenAtMs : 0;
  if (!snapshot || ageMs > SNAPSHOT_AGE_MS_MAX) {
    throw new GatewayError("unavailable", "The gateway cannot check API keys at the moment. Try again in a few seconds.", {
      code: "key_store_unavailable",
      retryAfterSeconds: 5,
    });
  }
  log("warn", "key-from-snapshot", { key_id: id, age_ms: ageMs });
  // Held like any other reading, so that an outage does not cost every request the deadline.
  const reading = { key: snapshot.key, readAtMs };
  memory.set(id, reading);
  return reading;
}
