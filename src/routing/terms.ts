/** Words longer than this are also known by their beginning: a poor man's stem. */
const STEM_CHARS = 5;
const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;
const MARK_STEM = 0x51ed270b;
const MARK_PAIR = 0x2545f491;

/** What a character is to the reading of terms. */
const BREAK = 0;
const SPACE = 1;
const SIGN = 2;
const DIGIT = 3;
const LATIN = 4;
const OTHER = 5;

/**
 * Adds to `into` the hashed terms of a text, each once, as indexes under `2 ** bits`: its words, the stems of long ones, neighbouring words,
 * signs, numbers by their length, and for scripts other than Latin every pair of neighbouring characters (which finds stems and endings of
 * agglutinating languages, and words where no spaces are). `salt` sets one part of a request apart from another. Linear in the text.
 */
export function addTerms(text: string, salt: number, bits: number, into: Set<number>): void {
  const shift = 32 - bits;
  const add = (hash: number) => into.add(mixed(hash ^ salt) >>> shift);
  let before = 0;
  let at = 0;
  while (at < text.length) {
    const kind = kindOf(text.charCodeAt(at));
    if (kind === SPACE || kind === BREAK) {
      if (kind === BREAK) before = 0;
      at++;
      continue;
    }
    const start = at;
    let word = FNV_OFFSET;
    if (kind === SIGN) {
      add(Math.imul(text.charCodeAt(at++), FNV_PRIME));
      continue;
    }
    let last = 0;
    for (; at < text.length; at++) {
      const code = lowered(text.charCodeAt(at));
      if (kindOf(code) !== kind) break;
      if (kind === OTHER && last !== 0) add(Math.imul(Math.imul(last, FNV_PRIME) ^ code, FNV_PRIME));
      if (kind === LATIN && at - start === STEM_CHARS) add(word ^ MARK_STEM);
      word = Math.imul(word ^ (kind === DIGIT ? 48 : code), FNV_PRIME);
      last = code;
    }
    add(word);
    if (before !== 0) add(Math.imul(before, MARK_PAIR) ^ word);
    before = word;
  }
}

/** The whole text if it is short, otherwise its beginning and its end: what a request asks for stands at one of them. */
export function headAndTail(text: string, charsMax: number): string {
  if (text.length <= charsMax) return text;
  const half = Math.floor(charsMax / 2);
  return `${text.slice(0, half)}\n${text.slice(-half)}`;
}

function kindOf(code: number): number {
  if (code >= 97 && code <= 122) return LATIN;
  if (code >= 65 && code <= 90) return LATIN;
  if (code === 32 || code === 9) return SPACE;
  if (code === 10 || code === 13) return BREAK;
  if (code >= 48 && code <= 57) return DIGIT;
  if (code < 0xc0 || (code >= 0x2000 && code <= 0x2bff) || (code >= 0x3000 && code <= 0x3020) || code >= 0xff00) return SIGN;
  return code < 0x250 ? LATIN : OTHER;
}

function lowered(code: number): number {
  return code >= 65 && code <= 90 ? code + 32 : code;
}

/** The finalizer of MurmurHash3: every bit of the hash reaches the index. */
function mixed(hash: number): number {
  let value = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return value ^ (value >>> 16);
}
