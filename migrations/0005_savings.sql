-- What each measure saved, in nano-dollars: the provider's prompt cache (reads minus what writes cost more; may be negative, null where nothing was read
-- or written), turns that were left out, a smaller model than the task's own. `route`: the router's choice (`small`, `strong`, a route, an arm).
ALTER TABLE usage ADD COLUMN route TEXT;
ALTER TABLE usage ADD COLUMN prompt_cache_nano_usd INTEGER;
ALTER TABLE usage ADD COLUMN left_out_tokens INTEGER NOT NULL DEFAULT 0;
ALTER TABLE usage ADD COLUMN left_out_nano_usd INTEGER NOT NULL DEFAULT 0;
ALTER TABLE usage ADD COLUMN routing_nano_usd INTEGER NOT NULL DEFAULT 0;
