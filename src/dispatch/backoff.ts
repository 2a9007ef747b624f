/** Share by which a wait is stretched or shortened at random, so that many who failed together do not come back together. */
const JITTER = 0.25;

/** The wait before a further round: `baseMs`, then twice, four times, …, ± 25 %. Rounds count from 1; `random` gives 0 to 1. */
export function backoffMs(round: number, random: () => number, baseMs: number): number {
  return baseMs * 2 ** (round - 1) * (1 - JITTER + 2 * JITTER * random());
}
