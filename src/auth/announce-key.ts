import type { Clock } from "../core/clock";
import { errorFacts, type Log } from "../core/log";
import type { KeySnapshot } from "./look-up-key";
import type { VirtualKey } from "./principal";

export interface KeySnapshotWriter {
  put(snapshot: KeySnapshot): Promise<void>;
}

export interface KeyAnnouncement {
  memory: { forget(id: string): void };
  snapshots?: KeySnapshotWriter;
  /** Whoever keeps the key's limits, or did before the change: from its next request on it holds. Absent in a deployment without. */
  authority?: { setKey(key: VirtualKey, before: VirtualKey | undefined): Promise<void> };
  clock: Clock;
  log: Log;
}

/**
 * Makes a change of a key known: this isolate forgets what it held, and the snapshot that serves while the source of truth is down is
 * rewritten. Other isolates see the change within `SERVED_MS`. `before`: the key as it was, unless it is new. Returns warnings for the
 * operator.
 */
export async function announceKey(key: VirtualKey, announcement: KeyAnnouncement, before?: VirtualKey): Promise<string[]> {
  announcement.memory.forget(key.id);
  return [...(await tellAuthority(key, announcement, before)), ...(await writeSnapshot(key, announcement))];
}

async function tellAuthority(key: VirtualKey, { authority, log }: KeyAnnouncement, before?: VirtualKey): Promise<string[]> {
  try {
    await authority?.setKey(key, before);
    return [];
  } catch (error) {
    log("error", "key-authority-not-told", { key_id: key.id, ...errorFacts(error) });
    return ["the change takes up to 10 seconds to hold everywhere, because the object that keeps this key's limits did not answer"];
  }
}

async function writeSnapshot(key: VirtualKey, { snapshots, clock, log }: KeyAnnouncement): Promise<string[]> {
  if (!snapshots) return [];
  try {
    await snapshots.put({ key, writtenAtMs: clock() });
    return [];
  } catch (error) {
    log("error", "key-snapshot-not-written", { key_id: key.id, ...errorFacts(error) });
    return [
      "the copy of this key that serves while the database is down could not be rewritten; repeat this call to try again (it is harmless to do so)",
    ];
  }
}
