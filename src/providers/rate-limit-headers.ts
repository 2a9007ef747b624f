/** What a provider says of one of its limits. Times in Unix milliseconds. */
export interface LimitReading {
  limit?: number;
  remaining?: number;
  resetAtMs?: number;
}

/** What a reply's headers say of the provider's limits; absent is unsaid. */
export interface RateLimits {
  requests?: LimitReading;
  tokens?: LimitReading;
  /** When it may be asked again. */
  retryAtMs?: number | undefined;
}

/** No provider means a wait longer than a day. */
const WAIT_MS_MAX = 86_400_000;
/** A number above this is a time of the clock in seconds, not a duration; above a thousand times this, in milliseconds. */
const UNIX_SECONDS_MIN = 1_000_000_000;

type Part = "limit" | "remaining" | "reset";
type Names = (part: Part) => string;

/**
 * Header families. Anthropic: https://platform.claude.com/docs/en/api/rate-limits#response-headers (resets in RFC 3339); OpenAI and most
 * others: https://platform.openai.com/docs/guides/rate-limits#rate-limits-in-headers (resets as durations).
 */
const REQUESTS: readonly Names[] = [(part) => `anthropic-ratelimit-requests-${part}`, (part) => `x-ratelimit-${part}-requests`];
const TOKENS: readonly Names[] = [
  (part) => `anthropic-ratelimit-tokens-${part}`,
  (part) => `anthropic-ratelimit-input-tokens-${part}`,
  (part) => `anthropic-ratelimit-output-tokens-${part}`,
  (part) => `x-ratelimit-${part}-tokens`,
];

/** Reads what a reply says of limits; of several that apply, the tightest. What makes no sense is passed over. */
export function readRateLimits(headers: Headers, nowMs: number): RateLimits {
  const requests = tightest(REQUESTS, headers, nowMs);
  const tokens = tightest(TOKENS, headers, nowMs);
  const retryAtMs = retryAt(headers, nowMs);
  return { ...(requests ? { requests } : {}), ...(tokens ? { tokens } : {}), ...(retryAtMs === undefined ? {} : { retryAtMs }) };
}

/** When the provider wants to be asked again: `retry-after-ms`, or `retry-after` in seconds or as a date (by the provider's own clock). */
export function retryAt(headers: Headers, nowMs: number): number | undefined {
  const ms = amount(headers.get("retry-after-ms"));
  if (ms !== undefined) return nowMs + Math.min(ms, WAIT_MS_MAX);
  const value = headers.get("retry-after");
  const seconds = amount(value);
  if (seconds !== undefined) return nowMs + Math.min(seconds * 1000, WAIT_MS_MAX);
  if (value === null) return undefined;
  const said = headers.get("date");
  const waitMs = Date.parse(value) - (said === null ? nowMs : Date.parse(said));
  return waitMs >= 0 ? nowMs + Math.min(waitMs, WAIT_MS_MAX) : undefined;
}

function tightest(families: readonly Names[], headers: Headers, nowMs: number): LimitReading | undefined {
  const readings = families.flatMap((nameOf) => read(nameOf, headers, nowMs) ?? []);
  return readings.sort((a, b) => shareLeft(a) - shareLeft(b))[0];
}

function read(nameOf: Names, headers: Headers, nowMs: number): LimitReading | undefined {
  const limit = amount(headers.get(nameOf("limit")));
  const remaining = amount(headers.get(nameOf("remaining")));
  const resetAtMs = timeOf(headers.get(nameOf("reset")), nowMs);
  if (limit === undefined && remaining === undefined) return undefined;
  return {
    ...(limit === undefined ? {} : { limit }),
    ...(remaining === undefined ? {} : { remaining }),
    ...(resetAtMs === undefined ? {} : { resetAtMs }),
  };
}

function shareLeft({ limit, remaining }: LimitReading): number {
  return limit === undefined || remaining === undefined ? Number.POSITIVE_INFINITY : remaining / Math.max(1, limit);
}

function amount(text: string | null): number | undefined {
  return text !== null && /^\s*\d+(\.\d+)?\s*$/.test(text) ? Number(text) : undefined;
}

/** `2026-11-27T16:00:00Z`, `1h2m3.5s`, `120ms`, seconds, or a time of the clock. */
function timeOf(text: string | null, nowMs: number): number | undefined {
  if (text === null) return undefined;
  const number = amount(text);
  if (number !== undefined) {
    if (number >= UNIX_SECONDS_MIN * 1000) return inReach(number, nowMs);
    return inReach(number >= UNIX_SECONDS_MIN ? number * 1000 : nowMs + number * 1000, nowMs);
  }
  const durationMs = durationOf(text.trim());
  return inReach(durationMs === undefined ? Date.parse(text) : nowMs + durationMs, nowMs);
}

const UNIT_MS: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 };

function durationOf(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?(ms|[dhms]))+$/.test(text)) return undefined;
  const parts = text.matchAll(/(\d+(?:\.\d+)?)(ms|[dhms])/g);
  return [...parts].reduce((sum, [, value, unit = ""]) => sum + Number(value) * (UNIT_MS[unit] ?? 0), 0);
}

function inReach(atMs: number, nowMs: number): number | undefined {
  return Number.isFinite(atMs) ? Math.min(Math.max(atMs, nowMs), nowMs + WAIT_MS_MAX) : undefined;
}
