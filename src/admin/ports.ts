import type { KeyAnnouncement, VirtualKey } from "../auth";
import type { ReplyCache } from "../cache";
import type { Clock } from "../core/clock";
import type { Log } from "../core/log";
import type { RandomBytes } from "../core/random";
import type { InferenceRequest, JsonObject } from "../inference";
import type { UsageReader } from "../metering";

/** A key and the history of its row. */
export interface StoredKey extends VirtualKey {
  updatedAtMs: number;
}

/** Where keys live. All throw when the store does not answer. */
export interface KeyRepository {
  insert(key: StoredKey): Promise<void>;
  get(id: string): Promise<StoredKey | null>;
  /** Newest first; `before` is the last key of the page before. */
  list(limit: number, before?: { createdAtMs: number; id: string }): Promise<StoredKey[]>;
  /**
   * Applies `change` to the key as it is and stores the result; nothing is written when it returns its argument. Done again when another
   * change came between, so `change` may run more than once; what it throws goes to the caller. null: no such key.
   */
  update(id: string, change: (key: StoredKey) => StoredKey): Promise<StoredKey | null>;
}

/** How one deployment is, as its object and this isolate know. Times in Unix milliseconds. */
export interface UpstreamHealth {
  id: string;
  /** null: its object did not answer. */
  breaker: { phase: "closed" | "open" | "half-open"; untilMs?: number } | null;
  blockedUntilMs: number;
  /** Calls that wait for a place, and calls that have one, where places are given out. */
  waiting: number;
  underWay: number;
  p95TtftMs: number | null;
  p95WholeMs: number | null;
}

export interface AdminServices {
  keys: KeyRepository;
  usage: UsageReader;
  cache: Pick<ReplyCache, "purge">;
  /** Tells this isolate and the snapshots of a changed key. */
  announcement: Pick<KeyAnnouncement, "memory" | "snapshots" | "authority">;
  /** What would become of a request. */
  explain: (call: Request, request: InferenceRequest) => Promise<JsonObject>;
  /** Largest body of a chat request. */
  requestBytesMax: number;
  /** The deployments in a region; without one, in that of the request. */
  upstreams: (request: Request, region?: string) => Promise<{ region: string; deployments: UpstreamHealth[] }>;
  clock: Clock;
  random: RandomBytes;
  log: Log;
  /** The secrets ADMIN_TOKEN and KEY_PEPPER, as the operator set them. */
  adminToken: string | undefined;
  pepper: string | undefined;
}
