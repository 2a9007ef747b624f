-- Replies that may be given again, by the SHA-256 of what asked for them; also the index of all copies in KV and memory, by what purges go by.
-- Beyond `fresh_until_ms` a reply is only served when every provider fails; at `gone_at_ms` the hourly round deletes it. A body too large for a row
-- is in R2 under `cache/<key>`, and null here. Holds what models wrote. Times in Unix milliseconds.
CREATE TABLE cache_entries (
  key TEXT NOT NULL PRIMARY KEY,
  key_id TEXT NOT NULL,
  user TEXT,
  model TEXT NOT NULL,
  model_asked TEXT NOT NULL,
  tags TEXT NOT NULL,
  request_id TEXT NOT NULL,
  stored_at_ms INTEGER NOT NULL,
  fresh_until_ms INTEGER NOT NULL,
  gone_at_ms INTEGER NOT NULL,
  body TEXT
) STRICT, WITHOUT ROWID;

CREATE INDEX cache_entries_by_end ON cache_entries (gone_at_ms);

-- Purges, for copies that this table cannot reach: a JSON array of {atMs, key?, user?, model?, tag?: {name, value}} in the one row.
CREATE TABLE cache_purges (
  id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
  rules TEXT NOT NULL
) STRICT;

-- Of each request: what the cache did (`miss`, `bypass`, a tier, `stale`; null in rows of before), the entry that it used or made, and what a hit
-- saved. `shadow`: what the semantic cache would have served, compared with the real reply (`agree`, `differ`).
ALTER TABLE usage ADD COLUMN cache TEXT;
ALTER TABLE usage ADD COLUMN cache_key TEXT;
ALTER TABLE usage ADD COLUMN saved_tokens INTEGER NOT NULL DEFAULT 0;
ALTER TABLE usage ADD COLUMN saved_nano_usd INTEGER NOT NULL DEFAULT 0;
ALTER TABLE usage ADD COLUMN saved_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE usage ADD COLUMN shadow TEXT;
