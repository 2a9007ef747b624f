import { pointAt } from "./units";

/** Letters that stand alone, one after another: "i.g n-o". */
export interface SpacedRun {
  start: number;
  end: number;
  letters: string[];
  /** How many separators stand before each letter but the first. */
  gaps: number[];
}

/** Letters of a run, of which the longest is taken in parts; and separators between two of them. */
const LETTERS_MIN = 7;
const LETTERS_MAX = 2_001;
export const GAP_MAX = 3;

const IS_SEPARATOR = Uint8Array.from({ length: 0xb8 }, (_, unit) => (" .-_*|/,·~+".includes(String.fromCharCode(unit)) ? 1 : 0));
const LETTER = /[\p{L}\p{N}]/u;
const IS_ASCII_LETTER = Uint8Array.from({ length: 0x80 }, (_, unit) => (LETTER.test(String.fromCharCode(unit)) ? 1 : 0));
const LETTER_OR_SIGN = /[\p{L}\p{N}@$!]/u;

/** The runs of a text, in order. Linear in its length. */
export function* spacedRuns(source: string): Generator<SpacedRun> {
  for (let i = 0; i < source.length; ) {
    const next = i + widthAt(source, i);
    const run = isSeparator(source, next) && !isAfterLetter(source, i) ? runFrom(source, i) : undefined;
    if (run) yield run;
    i = run ? run.end : next;
  }
}

function runFrom(source: string, start: number): SpacedRun | undefined {
  if (!LETTER_OR_SIGN.test(signAt(source, start))) return undefined;
  const letters = [signAt(source, start)];
  const gaps: number[] = [];
  let end = start + widthAt(source, start);
  while (letters.length < LETTERS_MAX) {
    let gap = 0;
    while (gap < GAP_MAX && isSeparator(source, end + gap)) gap++;
    const letter = gap === 0 ? "" : signAt(source, end + gap);
    const letterEnd = end + gap + letter.length;
    if (!LETTER_OR_SIGN.test(letter) || isLetter(source, letterEnd)) break;
    letters.push(letter);
    gaps.push(gap);
    end = letterEnd;
  }
  return letters.length < LETTERS_MIN ? undefined : { start, end, letters, gaps };
}

function isSeparator(source: string, index: number): boolean {
  return index < source.length && IS_SEPARATOR[source.charCodeAt(index)] === 1;
}

function isAfterLetter(source: string, index: number): boolean {
  if (index === 0) return false;
  const isPair = index > 1 && widthAt(source, index - 2) === 2;
  return isLetter(source, isPair ? index - 2 : index - 1);
}

function isLetter(source: string, index: number): boolean {
  const point = index < source.length ? pointAt(source, index) : 0;
  return point < 0x80 ? IS_ASCII_LETTER[point] === 1 : LETTER.test(String.fromCodePoint(point));
}

/** The character at this place; nothing after the end. */
function signAt(source: string, index: number): string {
  return index < source.length ? String.fromCodePoint(pointAt(source, index)) : "";
}

function widthAt(source: string, index: number): number {
  return pointAt(source, index) > 0xffff ? 2 : 1;
}
