import type { LimitStanding } from "../protocol";

/** `x-ratelimit-limit-requests` and so on; resets as durations: https://platform.openai.com/docs/guides/rate-limits#rate-limits-in-headers */
export function encodeLimits({ requests, tokens, nowMs }: LimitStanding): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [unit, standing] of Object.entries({ requests, tokens })) {
    if (!standing) continue;
    headers[`x-ratelimit-limit-${unit}`] = String(Math.floor(standing.limit));
    headers[`x-ratelimit-remaining-${unit}`] = String(standing.remaining);
    headers[`x-ratelimit-reset-${unit}`] = duration(Math.max(0, standing.resetAtMs - nowMs));
  }
  return headers;
}

/** `120ms`, `1.5s`, `6m0s`, `1h2m3s`. */
function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)}ms`;
  if (ms < 60_000) return `${Math.round(ms / 100) / 10}s`;
  const seconds = Math.round(ms / 1000);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return `${hours > 0 ? `${hours}h` : ""}${minutes}m${seconds % 60}s`;
}
