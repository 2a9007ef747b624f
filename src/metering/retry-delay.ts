const FIRST_SECONDS = 10;
const SECONDS_MAX = 3600;

/** How long a message that could not be stored waits: 10 s, 20 s, 40 s, … at most an hour. `attempts` counts deliveries, from 1. */
export function retryDelaySeconds(attempts: number): number {
  return Math.min(SECONDS_MAX, FIRST_SECONDS * 2 ** Math.max(0, attempts - 1));
}
