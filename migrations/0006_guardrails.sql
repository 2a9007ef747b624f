-- What guards did in a request: a JSON array of {guard, direction, action, count}; null when they did nothing. Names and counts, never text.
ALTER TABLE usage ADD COLUMN guardrails TEXT;
