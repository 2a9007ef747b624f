import { wordsNear } from "./context";

/** Fewer digits than this are no number of a person. */
const RUN_DIGITS_MIN = 7;
/** Most characters between two digits of one number, as in "900101 - 1234567". */
const SEPARATOR_CHARS_MAX = 3;

/** One group of more digits is nobody's number: a card has nineteen. */
const GROUP_DIGITS_MAX = 19;
/** As many digits as a run needs. */
const RUN_START = new RegExp(`\\d(?:[ ()+\\-./]{0,${SEPARATOR_CHARS_MAX}}\\d){${RUN_DIGITS_MIN - 1}}`, "g");

/** A stretch of digits and the separators that numbers are written with. Starts and ends with a digit, "+" or bracket. */
export interface NumberRun {
  start: number;
  end: number;
  digits: number;
  /** Digits of its longest group without separators. */
  longest: number;
  /** Bits of the words that may stand beside it. */
  words: number;
}

/** Every stretch of text that could hold a phone, card or identity number, in one pass. */
export function numberRuns(text: string): NumberRun[] {
  const runs: NumberRun[] = [];
  let near: ReturnType<typeof wordsNear> | undefined;
  RUN_START.lastIndex = 0;
  for (let match = RUN_START.exec(text); match; match = RUN_START.exec(text)) {
    const start = withOpening(text, match.index);
    let [digits, lastDigit, group, longest] = [0, match.index, 0, 0];
    for (let at = match.index; at - lastDigit <= SEPARATOR_CHARS_MAX + 1 && at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (isDigit(code)) {
        digits++;
        lastDigit = at;
        if (++group > longest) longest = group;
      } else if (isSeparator(code)) group = 0;
      else break;
    }
    const end = lastDigit + 1;
    RUN_START.lastIndex = end;
    if (longest > GROUP_DIGITS_MAX && longest === digits) continue;
    near ??= wordsNear(text);
    runs.push({ start, end, digits, longest, words: near(start, end) });
  }
  return runs;
}

/** Digits only, of a piece of text. */
export function digitsOf(text: string): string {
  return text.replace(/\D+/g, "");
}

export function countDigits(text: string): number {
  let digits = 0;
  for (let at = 0; at < text.length; at++) if (isDigit(text.charCodeAt(at))) digits++;
  return digits;
}

/**
 * Whether neither side of [start, end) goes on with the same word or number: no "v" before, no ".5" or "-9" after.
 * A slash parts a number that has separators of its own from the next.
 */
export function standsAlone(text: string, start: number, end: number): boolean {
  if (start > 0) {
    const before = text.charCodeAt(start - 1);
    if (isWord(before) || (start > 1 && isDigit(text.charCodeAt(start - 2)) && joins(before, text, start, end))) return false;
  }
  if (end >= text.length) return true;
  const after = text.charCodeAt(end);
  return !isWord(after) && !(end + 1 < text.length && isDigit(text.charCodeAt(end + 1)) && joins(after, text, start, end));
}

export function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** Letters, digits, "_". */
function isWord(code: number): boolean {
  return (code >= 97 && code <= 122) || isDigit(code) || (code >= 65 && code <= 90) || code === 95;
}

/** "-", ".", and between bare digits "/". */
function joins(code: number, text: string, start: number, end: number): boolean {
  return code === 45 || code === 46 || (code === 47 && /^\d+$/.test(text.slice(start, end)));
}

function withOpening(text: string, start: number): number {
  let at = start;
  while (at > 0 && start - at < 2 && isOpening(text.charCodeAt(at - 1))) at--;
  return at;
}

/** "(", "+". */
function isOpening(code: number): boolean {
  return code === 40 || code === 43;
}

function isSeparator(code: number): boolean {
  // space ( ) + - . /
  return code === 32 || code === 40 || code === 41 || code === 43 || (code >= 45 && code <= 47);
}
