-- Virtual keys. `hash` is HMAC-SHA-256 of the key under KEY_PEPPER; the key itself is nowhere. Times in Unix milliseconds.
-- `version` counts changes, so that two changes at once cannot undo one another. Revoked keys stay: usage rows refer to them.
CREATE TABLE virtual_keys (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  hash TEXT NOT NULL,
  policy TEXT NOT NULL,
  disabled INTEGER NOT NULL DEFAULT 0,
  created_at_ms INTEGER NOT NULL,
  updated_at_ms INTEGER NOT NULL,
  expires_at_ms INTEGER,
  revoked_at_ms INTEGER,
  version INTEGER NOT NULL DEFAULT 1
) STRICT, WITHOUT ROWID;
