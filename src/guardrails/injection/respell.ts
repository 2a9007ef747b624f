import { CARRIERS } from "./carriers";
import { once } from "./once";
import { textOf, unitsOf } from "./units";

/** Whole words that are spelt in another order or alphabet, put right. respelt.ts tells which of these a text asks for. */

const SPACE = 32;
const LETTER_A = 97;
const carriers = once(() => new Set(CARRIERS));
const scrambledKeys = once(
  () => new Map(CARRIERS.flatMap((word) => (word.length >= SCRAMBLED_UNITS_MIN ? [[scrambleKey(word), word] as const] : []))),
);

export const SCRAMBLED_UNITS_MIN = 5;

/** "ignroe all prevoius": the carrier whose inner letters had been shuffled; undefined for any other word, and for the carrier itself. */
export function carrierOfScrambled(word: string): string | undefined {
  const right = scrambledKeys().get(scrambleKey(word));
  return right === undefined || carriers().has(word) ? undefined : right;
}

export function rot13(text: string): string {
  const units = unitsOf(text);
  for (let i = 0; i < units.length; i++) {
    const letter = (units[i] ?? 0) - LETTER_A;
    if (letter >= 0 && letter < 26) units[i] = LETTER_A + ((letter + 13) % 26);
  }
  return textOf(units, units.length);
}

/** The text from its end. */
export function reverse(text: string): string {
  const units = unitsOf(text);
  reversePart(units, 0, units.length);
  return textOf(units, units.length);
}

/** Each word from its end, the words in order. */
export function reverseWords(text: string): string {
  const units = unitsOf(text);
  for (let start = 0; start < units.length; ) {
    const space = units.indexOf(SPACE, start);
    const end = space < 0 ? units.length : space;
    reversePart(units, start, end);
    start = end + 1;
  }
  return textOf(units, units.length);
}

/** Surrogate pairs stay as they are. */
function reversePart(units: Uint16Array, start: number, end: number): void {
  units.subarray(start, end).reverse();
  for (let i = start; i + 1 < end; i++) {
    const [trail, lead] = [units[i] ?? 0, units[i + 1] ?? 0];
    if (trail < 0xdc00 || trail > 0xdfff || lead < 0xd800 || lead > 0xdbff) continue;
    units[i++] = lead;
    units[i] = trail;
  }
}

/** First letter, last letter, and the letters between in any order, as one number. */
function scrambleKey(word: string): number {
  const last = word.length - 1;
  let inner = last;
  for (let i = 1; i < last; i++) inner += Math.imul(word.charCodeAt(i), 0x9e3779b1) >>> 12;
  return ((word.charCodeAt(0) - 97) * 26 + word.charCodeAt(last) - 97) * 2 ** 27 + (inner & (2 ** 27 - 1));
}
