/** Characters before a value that may hold the words that say what it is. */
export const CONTEXT_CHARS_BEFORE = 48;
/** Characters after it, for languages whose particles and verbs follow. */
export const CONTEXT_CHARS_AFTER = 16;

/** Where the last match of `words` (a global, lower-case pattern) ends in the context before `start`; -1 when there is none. */
export function lastWordBefore(text: string, start: number, words: RegExp, reach = CONTEXT_CHARS_BEFORE): number {
  const from = wholeWordsFrom(text, Math.max(0, start - reach), start);
  let last = -1;
  for (const match of text.slice(from, start).toLowerCase().matchAll(words)) last = from + match.index + match[0].length;
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
  if (at > 0 && LATIN.test(text[at - 1] ?? "")) while (at < start && LATIN.test(text[at] ?? "")) at++;
  return at;
}

const LATIN = /[A-Za-z]/;
