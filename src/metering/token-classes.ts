/** What a UTF-16 code unit is to the published pre-tokenizer rules: a kind in the low four bits and a script in the high four. */
export const KIND_MASK = 15;
export const LOWER = 1;
export const UPPER = 2;
/** A letter of a script without case. */
export const CASELESS = 3;
/** A combining mark, such as a vowel sign. */
export const MARK = 4;
export const NUMBER = 5;
/** White space but line feed and carriage return. */
export const SPACE = 6;
export const NEWLINE = 7;
/** Punctuation, symbols, halves of surrogate pairs. */
export const OTHER = 8;
/** The end of a text, for which the noncharacter U+FFFF stands. */
const END = 9;

/** Groups of scripts whose pieces are corrected alike. In a piece of several the last one of them counts. */
export const SCRIPT_SHIFT = 4;
export const SCRIPT_COUNT = 19;
/** Words of ASCII letters after a space. */
export const WORDS = 0;
const SYMBOLS = 1;
export const ACCENTED = 2;
const CYRILLIC = 3;
const ALPHABETS = 4;
const ARABIC = 5;
const DEVANAGARI = 6;
const BENGALI = 7;
const SOUTH_ASIA = 8;
const SOUTH_EAST_ASIA = 9;
const HAN = 10;
const KANA = 11;
const HANGUL = 12;
const JAMO = 13;
const FULL_WIDTH = 14;
const REST = 15;
/** Pieces of ASCII without letters: no unit's own script. */
export const PUNCTUATION = 16;
/** White space. */
export const LAYOUT = 18;
/** Words of ASCII letters that no space is before: of names in code, of random strings. */
export const BARE = 17;

/** First unit, last unit, script. Below U+0080 it is 0. */
const SCRIPTS: readonly (readonly [number, number, number])[] = [
  [0x80, 0xbf, SYMBOLS],
  [0xc0, 0x24f, ACCENTED],
  [0x250, 0x3ff, ALPHABETS],
  [0x400, 0x52f, CYRILLIC],
  [0x530, 0x5ff, ALPHABETS],
  [0x600, 0x77f, ARABIC],
  [0x780, 0x8ff, REST],
  [0x900, 0x97f, DEVANAGARI],
  [0x980, 0x9ff, BENGALI],
  [0xa00, 0xdff, SOUTH_ASIA],
  [0xe00, 0x109f, SOUTH_EAST_ASIA],
  [0x10a0, 0x10ff, ALPHABETS],
  [0x1100, 0x11ff, JAMO],
  [0x1200, 0x177f, REST],
  [0x1780, 0x17ff, SOUTH_EAST_ASIA],
  [0x1800, 0x1dff, REST],
  [0x1e00, 0x1eff, ACCENTED],
  [0x1f00, 0x1fff, ALPHABETS],
  [0x2000, 0x2dff, SYMBOLS],
  [0x2e00, 0x303f, HAN],
  [0x3040, 0x30ff, KANA],
  [0x3100, 0x312f, REST],
  [0x3130, 0x318f, JAMO],
  [0x3190, 0x9fff, HAN],
  [0xa000, 0xabff, REST],
  [0xac00, 0xd7a3, HANGUL],
  [0xd7a4, 0xd7ff, JAMO],
  [0xd800, 0xdfff, SYMBOLS],
  [0xe000, 0xfaff, REST],
  [0xfb00, 0xfdff, ARABIC],
  [0xfe00, 0xfe6f, SYMBOLS],
  [0xfe70, 0xfeff, ARABIC],
  [0xff00, 0xffef, FULL_WIDTH],
  [0xfff0, 0xffff, SYMBOLS],
];

const CATEGORIES: readonly (readonly [RegExp, number])[] = [
  [/[\r\n]/, NEWLINE],
  [/\s/, SPACE],
  [/\p{Ll}/u, LOWER],
  [/[\p{Lu}\p{Lt}]/u, UPPER],
  [/\p{L}/u, CASELESS],
  [/\p{M}/u, MARK],
  [/\p{N}/u, NUMBER],
];

/** Kind and script of a code unit, by the engine's own Unicode tables. */
export function classOf(unit: number): number {
  const character = String.fromCharCode(unit);
  const kind = CATEGORIES.find(([pattern]) => pattern.test(character))?.[1] ?? OTHER;
  const script = SCRIPTS.find(([first, last]) => unit >= first && unit <= last)?.[2] ?? 0;
  return (script << SCRIPT_SHIFT) | kind;
}

/** A table of classes with what most texts are made of; a unit of class 0 is yet to be asked of `classOf`. */
export function commonClasses(): Uint8Array {
  const table = new Uint8Array(0x10000);
  for (let unit = 0; unit < 0x80; unit++) table[unit] = classOf(unit);
  for (const sample of [0x4e00, 0xac00, 0xd800]) {
    const last = sample === 0x4e00 ? 0x9fff : sample === 0xac00 ? 0xd7a3 : 0xdfff;
    table.fill(classOf(sample), sample, last + 1);
  }
  table[0xffff] = END;
  return table;
}
