import { WIDE_UNITS } from "./windows";

/** A long text is read in segments, so that memory does not grow with it. UTF-16 units. */
export const SEGMENT_UNITS = 32_768;
/** Longer texts are sampled: their head and tail in full, and between them slices at even distances. An order that falls between slices is missed. */
export const FULL_SCAN_UNITS = 196_608;
const HEAD_UNITS = 98_304;
const TAIL_UNITS = 32_768;
const SLICES = 32;
const SLICE_UNITS = 2_048;

export interface Segment {
  start: number;
  end: number;
}

/** The parts of a text that are read: all of it in overlapping segments, or a sample of bounded size. */
export function segmentsOf(length: number): Segment[] {
  if (length <= FULL_SCAN_UNITS) return cover(0, length);
  const tail = length - TAIL_UNITS;
  const step = (tail - HEAD_UNITS) / SLICES;
  const slices = Array.from({ length: SLICES }, (_, index) => {
    const start = Math.floor(HEAD_UNITS + index * step);
    return { start, end: Math.min(tail, start + SLICE_UNITS) };
  });
  return [...cover(0, HEAD_UNITS), ...slices, ...cover(tail, length)];
}

function cover(start: number, end: number): Segment[] {
  const segments: Segment[] = [];
  for (let from = start; ; from += SEGMENT_UNITS - WIDE_UNITS) {
    const to = Math.min(end, from + SEGMENT_UNITS);
    segments.push({ start: from, end: to });
    if (to === end) return segments;
  }
}
