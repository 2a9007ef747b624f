/** The shortest word that could be an identifier by itself: a Korean passport number. */
const WORD_CHARS_MIN = 9;

/** A run of Latin letters and digits, as far as it goes on both sides. */
export interface Word {
  start: number;
  end: number;
}

/** Every long enough run of Latin letters and digits. Looks from where a run would be long enough back to its start, so that it passes over most of prose. */
export function longWords(text: string): Word[] {
  const words: Word[] = [];
  let start = 0;
  while (start + WORD_CHARS_MIN <= text.length) {
    let at = start + WORD_CHARS_MIN - 1;
    while (at >= start && isAlphanumeric(text.charCodeAt(at))) at--;
    if (at >= start) {
      start = at + 1;
      continue;
    }
    let end = start + WORD_CHARS_MIN;
    while (end < text.length && isAlphanumeric(text.charCodeAt(end))) end++;
    words.push({ start, end });
    start = end + 1;
  }
  return words;
}

function isAlphanumeric(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 48 && code <= 57) || (code >= 65 && code <= 90);
}
