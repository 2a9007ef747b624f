import { Spotter } from "../spotter";

/** Characters before a value that may hold the words that say what it is. */
export const CONTEXT_CHARS_BEFORE = 48;
/** Characters after it, for languages whose particles and verbs follow. */
export const CONTEXT_CHARS_AFTER = 16;

/** Words that say what a number is. */
export interface Words {
  /** Lower-case. */
  pattern: RegExp;
  /** Its bit in `wordsNear`. */
  bit: number;
}

const spoken: RegExp[] = [];
/** Made once, at the first number. */
let spotter: Spotter | undefined;

/** Makes the words known to `wordsNear`: for constants, at most sixteen. */
export function words(pattern: RegExp): Words {
  spoken.push(pattern);
  return { pattern, bit: 1 << (spoken.length - 1) };
}

/** Characters after a number, and its extension, that any words are looked for in. */
const NEAR_CHARS_AFTER = 40;

/** Tells the bits of the words of which some may stand before `start` or after `end` in the text. One look for all of them. */
export function wordsNear(text: string): (start: number, end: number) => number {
  if (hasOddCase(text)) return () => -1;
  spotter ??= new Spotter(spoken);
  const words = spotter;
  return (start, end) => {
    const [from, to] = [Math.max(0, start - CONTEXT_CHARS_BEFORE), Math.min(text.length, end + NEAR_CHARS_AFTER)];
    return words.within(text, from, start) | words.within(text, end, to);
  };
}

/** Whether the text has letters outside ASCII whose lower case is one of ASCII, or begins with one. */
export function hasOddCase(text: string): boolean {
  return text.includes("\u0130") || text.includes("\u212a");
}

/** Whether one of the words stands before `start`, where `near` are the bits of words that may. */
export function saysBefore(near: number, text: string, start: number, { pattern, bit }: Words, reach = CONTEXT_CHARS_BEFORE): boolean {
  return (near & bit) !== 0 && saidBefore(text, start, pattern, reach);
}

/** Where the last match of `words` (a global, lower-case pattern) ends in the context before `start`; -1 when there is none. */
export function lastWordBefore(text: string, start: number, words: RegExp, reach = CONTEXT_CHARS_BEFORE): number {
  const from = wholeWordsFrom(text, Math.max(0, start - reach), start);
  const context = text.slice(from, start).toLowerCase();
  let last = -1;
  while (words.test(context)) last = from + words.lastIndex;
  return last;
}

/** Whether `words` (lower-case) occur in the context before `start`. */
export function saidBefore(text: string, start: number, words: RegExp, reach = CONTEXT_CHARS_BEFORE): boolean {
  return words.test(text.slice(wholeWordsFrom(text, Math.max(0, start - reach), start), start).toLowerCase());
}

/** Whether `words` (lower-case) occur in the context after `end`. */
export function saidAfter(text: string, end: number, words: RegExp, reach = CONTEXT_CHARS_AFTER): boolean {
  return words.test(text.slice(end, end + reach).toLowerCase());
}

/** Past a Latin word that the reach cuts in two, so that the end of "however" is no "ver". */
function wholeWordsFrom(text: string, from: number, start: number): number {
  let at = from;
  if (at > 0 && isLatin(text.charCodeAt(at - 1))) while (at < start && isLatin(text.charCodeAt(at))) at++;
  return at;
}

function isLatin(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90);
}
