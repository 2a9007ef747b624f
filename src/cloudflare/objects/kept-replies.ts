import type { KeptReply } from "../../limits";

/** How long a reply answers its idempotency key. */
const KEPT_MS = 24 * 60 * 60 * 1000;
/** A row takes 2 MB at the most. */
const PIECE_BYTES = 1024 * 1024;

/** Replies by idempotency key, in an object's own tables; one under way has none yet. */
export class KeptReplies {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(`
      CREATE TABLE IF NOT EXISTS kept_replies (name TEXT PRIMARY KEY, body_hash TEXT NOT NULL, until_ms INTEGER NOT NULL, head TEXT) WITHOUT ROWID;
      CREATE INDEX IF NOT EXISTS kept_replies_until ON kept_replies (until_ms);
      CREATE TABLE IF NOT EXISTS kept_pieces (name TEXT NOT NULL, place INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (name, place)) WITHOUT ROWID;
    `);
  }

  /** What stands in the way of a new call with this key: its reply, or a conflict. Undefined when nothing does. */
  look(
    name: string,
    bodyHash: string,
    nowMs: number,
  ): { kind: "replay"; reply: KeptReply } | { kind: "conflict"; reason: "under-way" | "other-body" } | undefined {
    const [row] = this.#sql.exec<{ body_hash: string; until_ms: number; head: string | null }>(
      "SELECT body_hash, until_ms, head FROM kept_replies WHERE name = ?",
      name,
    );
    if (!row || row.until_ms <= nowMs) return undefined;
    if (row.body_hash !== bodyHash) return { kind: "conflict", reason: "other-body" };
    if (row.head === null) return { kind: "conflict", reason: "under-way" };
    const head = JSON.parse(row.head) as Omit<KeptReply, "body">; // written by `end`
    return { kind: "replay", reply: { ...head, body: this.#body(name) } };
  }

  /** A call with this key has been admitted; it holds the key no longer than its lease. */
  begin(name: string, bodyHash: string, nowMs: number, leaseUntilMs: number): void {
    this.#delete(name);
    this.#sql.exec("INSERT INTO kept_replies VALUES (?, ?, ?, NULL)", name, bodyHash, Math.max(leaseUntilMs, nowMs));
  }

  /** Its reply; without one the key is free again. */
  end(name: string, reply: KeptReply | undefined, nowMs: number): void {
    if (!reply) {
      this.#delete(name);
      return;
    }
    const { body, ...head } = reply;
    this.#sql.exec("DELETE FROM kept_pieces WHERE name = ?", name);
    this.#sql.exec("UPDATE kept_replies SET head = ?, until_ms = ? WHERE name = ?", JSON.stringify(head), nowMs + KEPT_MS, name);
    for (let start = 0, place = 0; start < body.byteLength; start += PIECE_BYTES, place++) {
      this.#sql.exec("INSERT OR REPLACE INTO kept_pieces VALUES (?, ?, ?)", name, place, body.slice(start, start + PIECE_BYTES));
    }
  }

  /** When the first of them is to be forgotten; null without any. */
  get nextEndMs(): number | null {
    return this.#sql.exec<{ at: number | null }>("SELECT MIN(until_ms) AS at FROM kept_replies").one().at;
  }

  /** Lets go of what nobody may have any more, 100 at a time. */
  forget(nowMs: number): void {
    const old = this.#sql.exec<{ name: string }>("SELECT name FROM kept_replies WHERE until_ms <= ? LIMIT 100", nowMs).toArray();
    for (const { name } of old) this.#delete(name);
  }

  #delete(name: string): void {
    this.#sql.exec("DELETE FROM kept_replies WHERE name = ?", name);
    this.#sql.exec("DELETE FROM kept_pieces WHERE name = ?", name);
  }

  #body(name: string): Uint8Array {
    const pieces = this.#sql.exec<{ bytes: ArrayBuffer }>("SELECT bytes FROM kept_pieces WHERE name = ? ORDER BY place", name).toArray();
    const body = new Uint8Array(pieces.reduce((sum, { bytes }) => sum + bytes.byteLength, 0));
    let start = 0;
    for (const { bytes } of pieces) {
      body.set(new Uint8Array(bytes), start);
      start += bytes.byteLength;
    }
    return body;
  }
}
