-- One row per admitted request. Request ids begin with their time, so the primary key is also the order of time and no index on at_ms is
-- needed; the one index holds (key_id, id), which is the order of time per key. WITHOUT ROWID: an insert writes two rows (row, index)
-- instead of three. The wide columns come last, so that sums need not read them.
CREATE TABLE usage (
  id TEXT NOT NULL PRIMARY KEY,
  at_ms INTEGER NOT NULL,
  key_id TEXT NOT NULL,
  user TEXT,
  endpoint TEXT NOT NULL,
  protocol TEXT NOT NULL,
  stream INTEGER NOT NULL,
  model_asked TEXT NOT NULL,
  model_served TEXT,
  provider TEXT,
  task TEXT,
  status TEXT NOT NULL,
  http_status INTEGER NOT NULL,
  error_class TEXT,
  finish TEXT,
  input_tokens INTEGER NOT NULL,
  cache_read_tokens INTEGER NOT NULL,
  cache_write_5m_tokens INTEGER NOT NULL,
  cache_write_1h_tokens INTEGER NOT NULL,
  output_tokens INTEGER NOT NULL,
  reasoning_tokens INTEGER NOT NULL,
  estimated INTEGER NOT NULL,
  cost_nano_usd INTEGER,
  price_version TEXT,
  latency_ms INTEGER NOT NULL,
  ttfb_ms INTEGER,
  ttft_ms INTEGER,
  attempts INTEGER NOT NULL,
  upstream_id TEXT,
  tags TEXT NOT NULL,
  warnings TEXT NOT NULL,
  usage_raw TEXT
) STRICT, WITHOUT ROWID;

CREATE INDEX usage_by_key ON usage (key_id);
