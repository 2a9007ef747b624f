/** One vowel and no G, so that the packed tables hold no word by chance. */
export const DIGITS_OF_64 = "0123456789BCDFAHJKLMNPQRSTVWXYZbcdfahjklmnpqrstvwxyz?#$%&()*+,-.";

const CODES = 128;

/** One step for each character of a packed table, from -32 to 31. */
export function unpackSteps(packed: string): Int8Array {
  const digits = new Int8Array(CODES);
  for (let value = 0; value < DIGITS_OF_64.length; value++) digits[DIGITS_OF_64.charCodeAt(value)] = value - 32;
  const steps = new Int8Array(packed.length);
  for (let at = 0; at < packed.length; at++) steps[at] = digits[packed.charCodeAt(at)] ?? 0;
  return steps;
}

/**
 * The row of a table for each of `buckets` hash buckets, -1 where a bucket has none: rows are in the order of the buckets, of which each
 * character names six, the first by its lowest bit.
 */
export function unpackRows(packed: string, buckets: number): Int16Array {
  const rows = new Int16Array(buckets).fill(-1);
  const steps = unpackSteps(packed);
  let next = 0;
  for (let bucket = 0; bucket < buckets; bucket++) {
    const kept = (((steps[Math.floor(bucket / 6)] ?? -32) + 32) >> (bucket % 6)) & 1;
    if (kept) rows[bucket] = next++;
  }
  return rows;
}
