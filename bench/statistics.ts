/** The middle of the values that are there; null when there are none. */
export function median(values: readonly (number | null | undefined)[]): number | null {
  const sorted = values.filter((value): value is number => typeof value === "number" && Number.isFinite(value)).sort((a, b) => a - b);
  const high = sorted[Math.floor(sorted.length / 2)];
  const low = sorted[Math.ceil(sorted.length / 2) - 1];
  return high === undefined || low === undefined ? null : (low + high) / 2;
}

/** How far the values stray from their median: the median distance from it, as a share of it. */
export function spread(values: readonly (number | null | undefined)[]): number | null {
  const middle = median(values);
  if (middle === null || middle === 0) return null;
  const distance = median(values.map((value) => (typeof value === "number" ? Math.abs(value - middle) : null)));
  return distance === null ? null : distance / middle;
}

/** The value below which the share `p` of a sorted list lies; null for an empty list. */
export function percentile(sorted: readonly number[], p: number): number | null {
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(sorted.length * p) - 1))] ?? null;
}
