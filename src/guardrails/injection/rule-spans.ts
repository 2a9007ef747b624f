import type { RuleMet } from "./rules";

/** A function that tells, in logarithmic time, whether a window has a part of any rule that was met. */
export function overlapsRules(rules: readonly RuleMet[]): (start: number, end: number) => boolean {
  if (rules.length === 0) return () => false;
  const starts = Int32Array.from(rules, (rule) => rule.start).sort();
  const ends = Int32Array.from(rules, (rule) => rule.end).sort();
  // More rules begin before the window's end than have ended where it begins.
  return (start, end) => countBelow(starts, end) > countBelow(ends, start + 1);
}

/** How many of some sorted numbers are below a limit. */
function countBelow(sorted: Int32Array, limit: number): number {
  let from = 0;
  let to = sorted.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if ((sorted[middle] ?? 0) < limit) from = middle + 1;
    else to = middle;
  }
  return from;
}
