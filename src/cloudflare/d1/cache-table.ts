import { type CacheEntry, type CacheTable, type PurgeRule, type PurgeSelector, withRule } from "../../cache";
import { query } from "./query";

/** A row takes 2 MB; texts are counted in characters, of which one may take three bytes. */
const BODY_CHARS_MAX = 512 * 1024;
/** A longer reply is not stored at all. */
const ENTRY_CHARS_MAX = 8 * 1024 * 1024;
/** How long a reply is there for when every provider fails, from its storing. */
const STALE_MS = 30 * 24 * 60 * 60 * 1000;
/** Rows taken away in one statement. */
const PURGED_MAX = 10_000;
const EXPIRED_MAX = 1000;
/** Such statements in one hourly round. */
const EXPIRY_TURNS_MAX = 100;
/** Keys that R2 deletes in one call. */
const OBJECTS_MAX = 1000;
/** Purges at the same time see each other's rules after so many tries. */
const RULE_TURNS_MAX = 8;

/** L3: the table `cache_entries`, and R2 for what is too large for it. Knows every entry; also serves those that are no longer fresh. */
export class D1CacheTable implements CacheTable {
  readonly name = "d1";
  readonly #db: D1Database;
  readonly #bucket: R2Bucket;

  constructor(db: D1Database, bucket: R2Bucket) {
    this.#db = db;
    this.#bucket = bucket;
  }

  async get(key: string): Promise<CacheEntry | null> {
    const row = await query("read a cache entry", () =>
      this.#db.prepare("SELECT body FROM cache_entries WHERE key = ?1").bind(key).first<{ body: string | null }>(),
    );
    if (!row) return null;
    const text = row.body ?? (await (await this.#bucket.get(objectName(key)))?.text());
    if (text === undefined) return null;
    const entry = JSON.parse(text) as CacheEntry; // written below
    return entry.v === 1 ? entry : null;
  }

  async put(entry: CacheEntry): Promise<void> {
    const text = JSON.stringify(entry);
    if (text.length > ENTRY_CHARS_MAX) return;
    const isLarge = text.length > BODY_CHARS_MAX;
    if (isLarge) await this.#bucket.put(objectName(entry.key), text);
    const goneAtMs = Math.max(entry.freshUntilMs, entry.storedAtMs + STALE_MS);
    const { key, keyId, user, model, modelAsked, tags, requestId, storedAtMs, freshUntilMs } = entry;
    const values = [key, keyId, user, model, modelAsked, JSON.stringify(tags), requestId, storedAtMs, freshUntilMs, goneAtMs];
    await query("store a cache entry", () =>
      this.#db
        .prepare("INSERT OR REPLACE INTO cache_entries VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)")
        .bind(...values, isLarge ? null : text)
        .run(),
    );
  }

  async remove(keys: readonly string[]): Promise<void> {
    const { results } = await query("remove cache entries", () =>
      this.#db
        .prepare("DELETE FROM cache_entries WHERE key IN (SELECT value FROM json_each(?1)) RETURNING key, body IS NULL AS isLarge")
        .bind(JSON.stringify([...keys]))
        .all<{ key: string; isLarge: number }>(),
    );
    await this.#deleteObjects(results);
  }

  async purge(rule: PurgeRule, selector: PurgeSelector): Promise<string[]> {
    // The rule first: whatever fails then, nothing that matches is served any more.
    await this.remember(rule);
    const { where, values } = condition(selector);
    const statement = `DELETE FROM cache_entries WHERE key IN (SELECT key FROM cache_entries WHERE ${where} LIMIT ${PURGED_MAX})
      RETURNING key, body IS NULL AS isLarge`;
    const { results } = await query("purge cache entries", () =>
      this.#db
        .prepare(statement)
        .bind(...values)
        .all<{ key: string; isLarge: number }>(),
    );
    await this.#deleteObjects(results);
    return results.map(({ key }) => key);
  }

  async rules(): Promise<PurgeRule[]> {
    const row = await query("read purges", () => this.#db.prepare("SELECT rules FROM cache_purges").first<{ rules: string }>());
    return row ? (JSON.parse(row.rules) as PurgeRule[]) : []; // written above
  }

  /** The key of the entry that a request made. */
  async keyOf(requestId: string): Promise<string | null> {
    const row = await query("find a request's entry", () =>
      this.#db.prepare("SELECT cache_key AS key FROM usage WHERE id = ?1").bind(requestId).first<{ key: string | null }>(),
    );
    return row?.key ?? null;
  }

  /** Deletes what has come to its end; the hourly round. */
  async expire(nowMs: number): Promise<void> {
    for (let turn = 0; turn < EXPIRY_TURNS_MAX; turn++) if ((await this.#expireSome(nowMs)) < EXPIRED_MAX) return;
  }

  async #expireSome(nowMs: number): Promise<number> {
    const { results } = await query("expire cache entries", () =>
      this.#db
        .prepare(
          `DELETE FROM cache_entries WHERE key IN (SELECT key FROM cache_entries WHERE gone_at_ms <= ?1 LIMIT ${EXPIRED_MAX})
            RETURNING key, body IS NULL AS isLarge`,
        )
        .bind(nowMs)
        .all<{ key: string; isLarge: number }>(),
    );
    await this.#deleteObjects(results);
    return results.length;
  }

  /** Puts the rule to those that are there, also where another purge does so at the same moment. */
  async remember(rule: PurgeRule): Promise<void> {
    for (let turn = 0; turn < RULE_TURNS_MAX; turn++) {
      const row = await query("read purges", () => this.#db.prepare("SELECT rules FROM cache_purges").first<{ rules: string }>());
      const before = row?.rules ?? "[]";
      const after = JSON.stringify(withRule(JSON.parse(before) as PurgeRule[], rule)); // written here
      const { results } = await query("remember a purge", () =>
        this.#db
          .prepare(
            "INSERT INTO cache_purges VALUES (1, ?1) ON CONFLICT (id) DO UPDATE SET rules = excluded.rules WHERE cache_purges.rules = ?2 RETURNING id",
          )
          .bind(after, before)
          .all(),
      );
      if (results.length > 0) return;
    }
    throw new Error("a purge could not be remembered: there are too many at once");
  }

  async #deleteObjects(rows: readonly { key: string; isLarge: number }[]): Promise<void> {
    const large = rows.filter(({ isLarge }) => isLarge !== 0).map(({ key }) => objectName(key));
    for (let at = 0; at < large.length; at += OBJECTS_MAX) await this.#bucket.delete(large.slice(at, at + OBJECTS_MAX));
  }
}

function objectName(key: string): string {
  return `cache/${key}`;
}

function condition({ key, user, model, tag }: PurgeSelector): { where: string; values: string[] } {
  const clauses: [clause: string, ...values: string[]][] = [];
  if (key !== undefined) clauses.push(["key_id = ?", key]);
  if (user !== undefined) clauses.push(["user = ?", user]);
  if (model !== undefined) clauses.push(["? IN (model, model_asked)", model]);
  if (tag !== undefined)
    clauses.push(["EXISTS (SELECT 1 FROM json_each(tags) AS tag WHERE tag.key = ? AND tag.value = ?)", tag.name, tag.value]);
  return { where: clauses.map(([clause]) => clause).join(" AND ") || "true", values: clauses.flatMap(([, ...values]) => values) };
}
