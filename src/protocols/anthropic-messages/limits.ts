import type { LimitStanding } from "../protocol";

/** `anthropic-ratelimit-requests-limit` and so on; resets in RFC 3339: https://platform.claude.com/docs/en/api/rate-limits#response-headers */
export function encodeLimits({ requests, tokens }: LimitStanding): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [unit, standing] of Object.entries({ requests, tokens })) {
    if (!standing) continue;
    headers[`anthropic-ratelimit-${unit}-limit`] = String(Math.floor(standing.limit));
    headers[`anthropic-ratelimit-${unit}-remaining`] = String(standing.remaining);
    headers[`anthropic-ratelimit-${unit}-reset`] = new Date(standing.resetAtMs).toISOString();
  }
  return headers;
}
