/** Samples kept, and how long. Of fewer, a 95th percentile strays too far. */
const SAMPLES_MAX = 500;
const AGE_MS_MAX = 10 * 60_000;

/** How long things took lately: the latest samples. Times in Unix milliseconds, durations in milliseconds. */
export class LatencyWindow {
  /** Oldest first. */
  readonly #samples: { atMs: number; ms: number }[] = [];
  /** The same durations, shortest first. */
  readonly #sorted: number[] = [];

  add(nowMs: number, ms: number): void {
    this.#samples.push({ atMs: nowMs, ms });
    this.#sorted.splice(placeOf(this.#sorted, ms), 0, ms);
    if (this.#samples.length > SAMPLES_MAX) this.#dropOldest();
  }

  /** The 95th percentile of what is not too old; of a few samples that is the largest. Undefined without any. */
  p95(nowMs: number): number | undefined {
    while ((this.#samples[0]?.atMs ?? nowMs) < nowMs - AGE_MS_MAX) this.#dropOldest();
    return nearestRank(this.#sorted, 0.95);
  }

  #dropOldest(): void {
    const oldest = this.#samples.shift();
    if (oldest) this.#sorted.splice(placeOf(this.#sorted, oldest.ms), 1);
  }
}

/** The smallest of the sorted samples that at least this share of them does not exceed; undefined without any. */
export function nearestRank(sorted: readonly number[], share: number): number | undefined {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
}

/** Index of the first sample that is not smaller. */
function placeOf(sorted: readonly number[], ms: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? 0) < ms) low = middle + 1;
    else high = middle;
  }
  return low;
}
