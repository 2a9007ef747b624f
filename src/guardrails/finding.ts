/** What one guard saw at one place of a text. */
export interface Finding {
  /** The guard that saw it: "pii", "secrets", a custom guard's own name. */
  guard: string;
  /** What it is, in capitals: "EMAIL", "KR_RRN", "AWS_ACCESS_KEY". */
  type: string;
  /** First UTF-16 code unit of the span, in the text that was given. */
  start: number;
  /** One past the last code unit of the span. */
  end: number;
  /** 0 to 1: a passed checksum is near 1, a guess from context words near 0.5. */
  score: number;
}

/** A finding before its guard has put a name to it. */
export type Span = Omit<Finding, "guard">;

/** Findings in order of place, none overlapping another: where two do, the higher score wins, then the longer. */
export function resolveOverlaps<T extends Span>(findings: readonly T[]): T[] {
  if (findings.length < 2) return [...findings];
  const inOrder = findings.filter(({ start, end }) => end > start).sort((a, b) => a.start - b.start);
  const kept: T[] = [];
  for (let first = 0, next = 0; first < inOrder.length; first = next) {
    // Findings that overlap one another, directly or by those between them; most stand alone.
    let end = 0;
    for (let one = inOrder[next]; one && (next === first || one.start < end); one = inOrder[++next]) end = Math.max(end, one.end);
    const alone = inOrder[first];
    if (next === first + 1 && alone) kept.push(alone);
    else for (const one of bestOf(inOrder.slice(first, next))) kept.push(one);
  }
  return kept;
}

function bestOf<T extends Span>(overlapping: readonly T[]): T[] {
  const best = overlapping.toSorted((a, b) => b.score - a.score || b.end - b.start - (a.end - a.start) || a.start - b.start);
  // Disjoint spans kept sorted by start, so that a newcomer only has two neighbours to ask.
  const kept: T[] = [];
  for (const finding of best) {
    const place = firstAtOrAfter(kept, finding.start);
    const [before, after] = [kept[place - 1], kept[place]];
    if ((before && before.end > finding.start) || (after && after.start < finding.end)) continue;
    kept.splice(place, 0, finding);
  }
  return kept;
}

function firstAtOrAfter(sorted: readonly Span[], start: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle]?.start ?? 0) < start) low = middle + 1;
    else high = middle;
  }
  return low;
}
