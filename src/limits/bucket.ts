/**
 * A token bucket by what is taken out of it, with takes that may turn out smaller: a call takes its estimate when it starts, and when it ends the bucket
 * stands as if it had taken no more than it used, at the moment it started. What it held too much therefore comes back only as far as time has not
 * let it flow back already: by no more than the lowest level since that take (a queue with reflection at zero; lowering its start by `d` lowers its
 * later level by the lesser of `d` and the lowest level in between). Plain data; times in Unix milliseconds, amounts in the unit of the limit.
 */
export interface Bucket {
  amount: number;
  atMs: number;
  /** Of takes that may still shrink, oldest first. */
  marks?: Mark[];
}

/** The stretch from one take to the next: its lowest level, and how many calls that took at its start are under way. */
interface Mark {
  atMs: number;
  low: number;
  open: number;
}

/** Stretches remembered. Beyond, the two that are nearest in time become one: their calls get back rather less, never more. */
const MARKS_MAX = 64;

/** What is out of the bucket at this moment. A clock that was set back gives nothing and takes nothing. */
export function amountAt({ amount, atMs }: Bucket, nowMs: number, perMs: number): number {
  return Math.max(0, amount - Math.max(0, nowMs - atMs) * perMs);
}

/** Takes for good; a negative amount lets in what never was. */
export function takeOut(bucket: Bucket, nowMs: number, perMs: number, amount: number): Bucket {
  const marks = lowered(bucket, nowMs, perMs);
  return { amount: amountAt(bucket, nowMs, perMs) + amount, atMs: Math.max(nowMs, bucket.atMs), ...(marks.length > 0 ? { marks } : {}) };
}

/** Takes what a call may need at the most; `putBack` ends that. */
export function hold(bucket: Bucket, nowMs: number, perMs: number, amount: number): Bucket {
  const after = takeOut(bucket, nowMs, perMs, amount);
  const marks = [...(after.marks ?? [])];
  const last = marks.at(-1);
  // Takes of one moment are one step: no time lies between them.
  if (last && last.atMs === after.atMs) marks[marks.length - 1] = { ...last, low: after.amount, open: last.open + 1 };
  else marks.push({ atMs: after.atMs, low: after.amount, open: 1 });
  return { ...after, marks: marks.length > MARKS_MAX ? nearestMerged(marks) : marks };
}

/** A call that held since `sinceMs` is over, and needed `surplus` less. */
export function putBack(bucket: Bucket, nowMs: number, perMs: number, sinceMs: number, surplus: number): Bucket {
  const amount = amountAt(bucket, nowMs, perMs);
  const atMs = Math.max(nowMs, bucket.atMs);
  const marks = lowered(bucket, nowMs, perMs);
  const own = marks.findLastIndex((mark) => mark.atMs <= sinceMs);
  // Nothing was held for it: the limit is younger than the call.
  if (own < 0) return { amount, atMs, ...(marks.length > 0 ? { marks } : {}) };
  let lowest = Number.POSITIVE_INFINITY;
  const after = marks.map((mark, at) => {
    if (at < own) return mark;
    lowest = Math.min(lowest, mark.low);
    return { ...mark, low: mark.low - Math.min(surplus, lowest), open: at === own ? mark.open - 1 : mark.open };
  });
  const left = closed(after, own);
  return { amount: amount - Math.min(surplus, lowest), atMs, ...(left.length > 0 ? { marks: left } : {}) };
}

/** The stretch that goes on until now has come down to this level. */
function lowered(bucket: Bucket, nowMs: number, perMs: number): Mark[] {
  const marks = bucket.marks ?? [];
  const last = marks.at(-1);
  if (!last) return [];
  return [...marks.slice(0, -1), { ...last, low: Math.min(last.low, amountAt(bucket, nowMs, perMs)) }];
}

/** A stretch whose calls are all over belongs to the one before it; before the first one nothing matters. */
function closed(marks: Mark[], at: number): Mark[] {
  const [before, own] = [marks[at - 1], marks[at]];
  if (!own || own.open > 0) return marks;
  return before ? marks.toSpliced(at - 1, 2, { ...before, low: Math.min(before.low, own.low) }) : marks.slice(1);
}

function nearestMerged(marks: Mark[]): Mark[] {
  let [nearest, gapMs] = [1, Number.POSITIVE_INFINITY];
  for (const [at, mark] of marks.entries()) {
    const before = marks[at - 1];
    if (!before || mark.atMs - before.atMs >= gapMs) continue;
    [nearest, gapMs] = [at, mark.atMs - before.atMs];
  }
  const [first, second] = [marks[nearest - 1], marks[nearest]];
  if (!first || !second) return marks;
  const one = { atMs: first.atMs, low: Math.min(first.low, second.low), open: first.open + second.open };
  return marks.toSpliced(nearest - 1, 2, one);
}
