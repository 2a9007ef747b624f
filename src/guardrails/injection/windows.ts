/** Parts of a text that are scored on their own, so that one hostile sentence in a long document weighs as much as it would alone. UTF-16 units. */
export const WIDE_UNITS = 640;
export const NARROW_UNITS = 140;
const WIDE_STEP = 320;
const NARROW_STEP = 70;
/** Up to this length a text is scored whole only. */
const WHOLE_ONLY_UNITS = 210;

/** Calls `visit` with every window of a text of this length. */
export function eachWindow(length: number, visit: (start: number, end: number) => void): void {
  if (length <= WIDE_UNITS + WIDE_STEP / 2) visit(0, length);
  else slide(length, WIDE_UNITS, WIDE_STEP, visit);
  if (length > WHOLE_ONLY_UNITS) slide(length, NARROW_UNITS, NARROW_STEP, visit);
}

function slide(length: number, size: number, step: number, visit: (start: number, end: number) => void): void {
  for (let start = 0; ; start += step) {
    const end = start + size;
    visit(Math.min(start, Math.max(0, length - size)), Math.min(end, length));
    if (end >= length) return;
  }
}
