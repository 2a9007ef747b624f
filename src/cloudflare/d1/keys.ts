import type { KeyRepository, StoredKey } from "../../admin";
import type { KeyPages, KeyPolicy, KeySource } from "../../auth";
import { GatewayError } from "../../core/errors";
import { query } from "./query";

const COLUMNS = "id, name, hash, policy, disabled, created_at_ms, updated_at_ms, expires_at_ms, revoked_at_ms, version";
/** Another change may come between reading and writing this often. */
const UPDATE_TRIES_MAX = 4;

interface KeyRow {
  id: string;
  name: string;
  hash: string;
  policy: string;
  disabled: number;
  created_at_ms: number;
  updated_at_ms: number;
  expires_at_ms: number | null;
  revoked_at_ms: number | null;
  version: number;
}

/** The table `virtual_keys`. Throws `unavailable` when D1 fails. */
export class D1Keys implements KeyRepository, KeySource, KeyPages {
  readonly #db: D1Database;

  constructor(db: D1Database) {
    this.#db = db;
  }

  async find(id: string): Promise<StoredKey | null> {
    return this.get(id);
  }

  async get(id: string): Promise<StoredKey | null> {
    const row = await this.#row(id);
    return row && keyOf(row);
  }

  async insert(key: StoredKey): Promise<void> {
    const statement = this.#db
      .prepare(`INSERT INTO virtual_keys (${COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 1)`)
      .bind(key.id, key.name, key.hash, ...stateValues(key), key.createdAtMs, key.updatedAtMs, key.expiresAtMs, key.revokedAtMs);
    await query("insert a key", () => statement.run());
  }

  async list(limit: number, before?: { createdAtMs: number; id: string }): Promise<StoredKey[]> {
    const bound = before ?? { createdAtMs: Number.MAX_SAFE_INTEGER, id: "" };
    const statement = this.#db
      .prepare(`SELECT ${COLUMNS} FROM virtual_keys WHERE (created_at_ms, id) < (?1, ?2) ORDER BY created_at_ms DESC, id DESC LIMIT ?3`)
      .bind(bound.createdAtMs, bound.id, limit);
    return this.#all("list keys", statement);
  }

  async update(id: string, change: (key: StoredKey) => StoredKey): Promise<StoredKey | null> {
    for (let tries = 0; tries < UPDATE_TRIES_MAX; tries++) {
      const row = await this.#row(id);
      if (!row) return null;
      const before = keyOf(row);
      const after = change(before);
      if (after === before) return before;
      const statement = this.#db
        .prepare(
          `UPDATE virtual_keys SET name = ?3, hash = ?4, policy = ?5, disabled = ?6, updated_at_ms = ?7, expires_at_ms = ?8,
             revoked_at_ms = ?9, version = version + 1
           WHERE id = ?1 AND version = ?2`,
        )
        .bind(id, row.version, after.name, after.hash, ...stateValues(after), after.updatedAtMs, after.expiresAtMs, after.revokedAtMs);
      const { meta } = await query("update a key", () => statement.run());
      if (meta.changes > 0) return after;
    }
    throw new GatewayError("bad-request", "The key is being changed by others at this moment. Read it and try again.", {
      status: 409,
      code: "conflict",
    });
  }

  async between(from: string, to: string, limit: number): Promise<StoredKey[]> {
    const statement = this.#db
      .prepare(`SELECT ${COLUMNS} FROM virtual_keys WHERE id > ?1 AND id < ?2 ORDER BY id LIMIT ?3`)
      .bind(from, to, limit);
    return this.#all("read a range of keys", statement);
  }

  async changedSince(sinceMs: number, limit: number): Promise<StoredKey[]> {
    const statement = this.#db
      .prepare(`SELECT ${COLUMNS} FROM virtual_keys WHERE updated_at_ms >= ?1 ORDER BY updated_at_ms LIMIT ?2`)
      .bind(sinceMs, limit);
    return this.#all("read changed keys", statement);
  }

  #row(id: string): Promise<KeyRow | null> {
    const statement = this.#db.prepare(`SELECT ${COLUMNS} FROM virtual_keys WHERE id = ?1`).bind(id);
    return query("read a key", () => statement.first<KeyRow>());
  }

  async #all(what: string, statement: D1PreparedStatement): Promise<StoredKey[]> {
    const { results } = await query(what, () => statement.all<KeyRow>());
    return results.map(keyOf);
  }
}

/** `policy` and `disabled`, as they are stored. */
function stateValues(key: StoredKey): [string, number] {
  return [JSON.stringify(key.policy), key.disabled ? 1 : 0];
}

function keyOf(row: KeyRow): StoredKey {
  return {
    id: row.id,
    name: row.name,
    hash: row.hash,
    // Written by `stateValues` and by nothing else.
    policy: JSON.parse(row.policy) as KeyPolicy,
    disabled: row.disabled !== 0,
    createdAtMs: row.created_at_ms,
    updatedAtMs: row.updated_at_ms,
    expiresAtMs: row.expires_at_ms,
    revokedAtMs: row.revoked_at_ms,
  };
}
