/** The shortest word that could be an identifier by itself: a Korean passport number. */
const WORD_CHARS_MIN = 9;

/** A run of Latin letters and digits, as far as it goes on both sides. */
export interface Word {
  start: number;
  end: number;
}

/** Every long enough run of Latin letters and digits, in one pass. */
export function longWords(text: string): Word[] {
  const words: Word[] = [];
  let start = 0;
  for (let at = 0; at <= text.length; at++) {
    if (at < text.length && isAlphanumeric(text.charCodeAt(at))) continue;
    if (at - start >= WORD_CHARS_MIN) words.push({ start, end: at });
    start = at + 1;
  }
  return words;
}

function isAlphanumeric(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 48 && code <= 57) || (code >= 65 && code <= 90);
}
