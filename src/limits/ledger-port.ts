import type { Denial, Standing } from "./admission";
import type { Amounts, Wanted } from "./meter";
import type { RateLimits } from "./policy";
import type { LimitPolicy } from "./scopes";

/** A key as it was at some moment; the later of two is right. */
export interface KeyVersion {
  id: string;
  updatedAtMs: number;
  policy: { rules?: LimitPolicy };
}

/** A call that wants to be admitted. `Row` is the usage row, as it is if nobody ever settles the call. Times in Unix milliseconds. */
export interface AdmissionCall<Key extends KeyVersion, Row> {
  /** The request id. */
  id: string;
  key: Key;
  user?: string;
  /** Of this user, within what the key gives each of them. */
  userLimits?: RateLimits;
  /** As the client asked, and the others that it wants tried. */
  model: string;
  others: readonly string[];
  /** Who may answer, as `provider/model`. */
  models: readonly string[];
  want: Wanted;
  leaseUntilMs: number;
  draft: Row;
  idempotency?: { name: string; bodyHash: string };
  /** While only calls under way stand in the way: wait so long for their ends, in the order of arrival. */
  waitMsMax?: number;
}

/** A reply that was given to the same request before. */
export interface KeptReply {
  status: number;
  headers: Record<string, string>;
  /** What it was looked at by before it left, in a hash; absent where nothing looked. */
  guards?: string;
  body: Uint8Array;
}

export type AdmissionAnswer<Key extends KeyVersion> =
  /** `barred`: of the call's models, those whose own limits are used up. `newerKey`: the caller's reading of the key was old. */
  | { kind: "admitted"; standing: Standing; barred: string[]; newerKey?: Key }
  | { kind: "denied"; denial: Denial; standing: Standing }
  /** The key has been revoked or switched off. */
  | { kind: "ended"; newerKey: Key }
  /** The key's books are kept elsewhere since it joined or left a team. */
  | { kind: "moved"; newerKey: Key }
  /** The key may no longer use this model. */
  | { kind: "not-allowed"; model: string }
  | { kind: "replay"; reply: KeptReply }
  /** The same idempotency key is under way, or was used with another body. */
  | { kind: "conflict"; reason: "under-way" | "other-body" }
  /** The caller has said that it does not wait any more. */
  | { kind: "withdrawn" };

/** The end of a call. `reply` is kept for its idempotency key; without one the key is free again. */
export interface Settling<Row> {
  id: string;
  used: Amounts;
  /** Of the call's models, those that were asked. */
  asked: readonly string[];
  row: Row;
  idempotency?: { name: string; reply?: KeptReply };
}

/** The object that keeps meters and ledger of a key (or of its team). Every call may fail or be slow. */
export interface LedgerPort<Key extends KeyVersion, Row> {
  admit(call: AdmissionCall<Key, Row>): Promise<AdmissionAnswer<Key>>;
  settle(settling: Settling<Row>): Promise<void>;
  /** The call is not waited for and will not be made, whatever the answer to it is or was: nothing of it stays. */
  withdraw(call: { id: string; idempotency?: { name: string } }): Promise<void>;
}
