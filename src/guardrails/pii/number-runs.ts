/** Fewer digits than this are no number of a person. */
const RUN_DIGITS_MIN = 7;
/** Most characters between two digits of one number, as in "900101 - 1234567". */
const SEPARATOR_CHARS_MAX = 3;

/** A stretch of digits and the separators that numbers are written with. Starts and ends with a digit, "+" or bracket. */
export interface NumberRun {
  start: number;
  end: number;
  digits: number;
}

/** Every stretch of text that could hold a phone, card or identity number, in one pass. */
export function numberRuns(text: string): NumberRun[] {
  const runs: NumberRun[] = [];
  let start = -1;
  let lastDigit = -1;
  let digits = 0;
  const close = () => {
    if (start >= 0 && digits >= RUN_DIGITS_MIN) runs.push({ start: withOpening(text, start), end: lastDigit + 1, digits });
    start = -1;
  };
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code >= 48 && code <= 57) {
      if (start < 0) [start, digits] = [at, 0];
      digits++;
      lastDigit = at;
    } else if (start >= 0 && (!isSeparator(code) || at - lastDigit > SEPARATOR_CHARS_MAX)) close();
  }
  close();
  return runs;
}

/** Digits only, of a piece of text. */
export function digitsOf(text: string): string {
  return text.replace(/\D/g, "");
}

/** Whether neither side of [start, end) goes on with the same word or number: no "v" before, no ".5" or "-9" after. */
export function standsAlone(text: string, start: number, end: number): boolean {
  return !GOES_ON_BEFORE.test(text.slice(Math.max(0, start - 2), start)) && !GOES_ON_AFTER.test(text.slice(end, end + 2));
}

const GOES_ON_BEFORE = /[A-Za-z0-9_]$|\d[-./]$/;
const GOES_ON_AFTER = /^[A-Za-z0-9_]|^[-./]\d/;

function withOpening(text: string, start: number): number {
  let at = start;
  while (at > 0 && start - at < 2 && /[+(]/.test(text[at - 1] ?? "")) at--;
  return at;
}

function isSeparator(code: number): boolean {
  // space ( ) + - . /
  return code === 32 || code === 40 || code === 41 || code === 43 || (code >= 45 && code <= 47);
}
