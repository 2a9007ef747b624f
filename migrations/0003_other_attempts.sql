-- Calls upstream that did not give the client its reply (failed, overtaken, broken off and continued elsewhere): a JSON array of
-- {provider, model, status, errorClass, startedMs, latencyMs, beside, inputTokens, outputTokens, estimated, costNanoUsd}; null when there
-- were none, which is nearly always. Their cost is part of cost_nano_usd.
ALTER TABLE usage ADD COLUMN other_attempts TEXT;
