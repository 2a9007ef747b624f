import { hashKey, KeyMemory, newKeyId, newKeyText, type VirtualKey } from "../../src/auth";
import type { Log } from "../../src/core/log";
import { systemRandom } from "../../src/core/random";

export const TEST_PEPPER = "test pepper, long enough";

/** A live key and its text. */
export async function makeKey(change: Partial<VirtualKey> = {}): Promise<{ key: VirtualKey; text: string }> {
  const id = change.id ?? newKeyId(systemRandom);
  const text = newKeyText(id, systemRandom);
  const hash = await hashKey(text, TEST_PEPPER);
  return { key: { id, name: "test", hash, policy: {}, createdAtMs: 0, expiresAtMs: null, revokedAtMs: null, ...change }, text };
}

/** Gathers log lines. */
export function collectLog(): { log: Log; lines: string[] } {
  const lines: string[] = [];
  return { lines, log: (level, event, facts) => void lines.push(JSON.stringify({ level, event, ...facts })) };
}

/** One isolate: its memory, and its view of stores that a test can change, slow down or break. */
export class Isolate {
  readonly memory = new KeyMemory();
  readonly pending: Promise<void>[] = [];
  readonly pepper = TEST_PEPPER;
  readonly #world: KeyWorld;

  constructor(world: KeyWorld) {
    this.#world = world;
  }

  readonly clock = (): number => this.#world.nowMs;
  readonly log: Log = (...event) => this.#world.log(...event);
  readonly background = (work: Promise<void>): void => void this.pending.push(work);
  readonly source = { find: (id: string) => this.#world.readSource(id) };
  readonly snapshots = { find: (id: string) => this.#world.readSnapshot(id) };

  async settle(): Promise<void> {
    await Promise.all(this.pending.splice(0));
  }
}

export class KeyWorld {
  nowMs = 1_795_000_000_000;
  readonly keys = new Map<string, VirtualKey>();
  readonly copies = new Map<string, { key: VirtualKey; writtenAtMs: number }>();
  /** `silent`: never answers. */
  sourceState: "up" | "down" | "silent" = "up";
  snapshotState: "up" | "down" | "silent" = "up";
  sourceReads = 0;
  snapshotReads = 0;
  readonly lines: string[] = [];
  readonly log: Log = (level, event, facts) => void this.lines.push(JSON.stringify({ level, event, ...facts }));

  async readSource(id: string): Promise<VirtualKey | null> {
    this.sourceReads += 1;
    await this.#answer(this.sourceState);
    return this.keys.get(id) ?? null;
  }

  async readSnapshot(id: string): Promise<{ key: VirtualKey; writtenAtMs: number } | null> {
    this.snapshotReads += 1;
    await this.#answer(this.snapshotState);
    return this.copies.get(id) ?? null;
  }

  async #answer(state: "up" | "down" | "silent"): Promise<void> {
    if (state === "down") throw new Error("store is down");
    if (state === "silent") await new Promise(() => {});
  }
}
