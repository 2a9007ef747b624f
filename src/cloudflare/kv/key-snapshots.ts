import { type KeySnapshot, type KeySnapshotReader, type KeySnapshotWriter, SNAPSHOT_AGE_MS_MAX } from "../../auth";

/** Data centers may hold a value they read for this long; KV takes no less. */
const CACHE_SECONDS = 30;
/** KV takes one write per second and key. */
const RETRY_AFTER_MS = 1100;

interface SnapshotValue extends KeySnapshot {
  v: 1;
}

/** Key snapshots under `key:<id>`; they vanish by themselves after a day. Holds hashes and policies, no keys. */
export class KvKeySnapshots implements KeySnapshotReader, KeySnapshotWriter {
  readonly #kv: KVNamespace;
  readonly #wait: (ms: number) => Promise<void>;

  constructor(kv: KVNamespace, wait: (ms: number) => Promise<void> = (ms) => new Promise((resolve) => setTimeout(resolve, ms))) {
    this.#kv = kv;
    this.#wait = wait;
  }

  /** null also for a snapshot of a version that this code does not know. */
  async find(id: string): Promise<KeySnapshot | null> {
    const value = await this.#kv.get<SnapshotValue>(`key:${id}`, { type: "json", cacheTtl: CACHE_SECONDS });
    return value?.v === 1 ? { key: value.key, writtenAtMs: value.writtenAtMs } : null;
  }

  /** Tries twice, because two changes of a key within a second are refused by KV. */
  async put(snapshot: KeySnapshot): Promise<void> {
    const name = `key:${snapshot.key.id}`;
    const text = JSON.stringify({ v: 1, ...snapshot } satisfies SnapshotValue);
    const options = { expirationTtl: SNAPSHOT_AGE_MS_MAX / 1000 };
    try {
      await this.#kv.put(name, text, options);
    } catch {
      await this.#wait(RETRY_AFTER_MS);
      await this.#kv.put(name, text, options);
    }
  }
}
