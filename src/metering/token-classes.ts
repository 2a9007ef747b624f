/** How a UTF-16 code unit behaves in byte-pair tokenizers: 46 classes, by script for letters, by role for ASCII punctuation. */
export const CLASS_COUNT = 46;
export const DIGIT = 16;
export const SPACE = 3;
const LOWER = 17;
export const UPPER = 18;
export const EXTENDED_LATIN = 19;
const COMBINING = 21;
export const HANGUL = 41;

/** First unit, last unit, class; a later row overrules an earlier one, and what no row covers is class 1. */
const RANGES: readonly (readonly [number, number, number])[] = [
  [0x00, 0x1f, 2],
  [0x20, 0x20, SPACE],
  [0x0a, 0x0a, 4],
  [0x0d, 0x0d, 4],
  [0x09, 0x09, 5],
  [0x21, 0x2f, 6],
  [0x3a, 0x40, 6],
  [0x5b, 0x60, 6],
  [0x7b, 0x7f, 6],
  [0x30, 0x39, DIGIT],
  [0x61, 0x7a, LOWER],
  [0x41, 0x5a, UPPER],
  [0xc0, 0x24f, EXTENDED_LATIN],
  [0xd7, 0xd7, 1],
  [0xf7, 0xf7, 1],
  [0x80, 0xbf, 20],
  [0x300, 0x36f, COMBINING],
  [0x1e00, 0x1eff, EXTENDED_LATIN],
  [0x370, 0x3ff, 22], // Greek
  [0x400, 0x52f, 23], // Cyrillic
  [0x530, 0x58f, 24], // Armenian
  [0x590, 0x5ff, 25], // Hebrew
  [0x600, 0x77f, 26], // Arabic
  [0x900, 0x97f, 27], // Devanagari
  [0x980, 0x9ff, 28], // Bengali
  [0xa00, 0xdff, 29], // other scripts of India and Sri Lanka
  [0xe00, 0xe7f, 30], // Thai
  [0xe80, 0x10ff, 31], // Lao to Georgian
  [0x1100, 0x11ff, 32], // Hangul letters
  [0x1200, 0x1dff, 31],
  [0x2000, 0x206f, 33], // typographic punctuation, joiners
  [0x2070, 0x24ff, 34], // signs
  [0x2500, 0x259f, 35], // box drawing
  [0x25a0, 0x27bf, 36], // symbols, old emoji
  [0x27c0, 0x2dff, 34],
  [0x3000, 0x303f, 37], // CJK punctuation
  [0x3040, 0x309f, 38], // Hiragana
  [0x30a0, 0x30ff, 39], // Katakana
  [0x3130, 0x318f, 32], // Hangul letters
  [0x4e00, 0x9fff, 40], // Han
  [0xa000, 0xabff, 31],
  [0xac00, 0xd7a3, HANGUL],
  [0xd800, 0xdbff, 42], // first half of a surrogate pair
  [0xdc00, 0xdfff, 43], // second half
  [0xfe00, 0xfe0f, 44], // variation selectors
  [0xff00, 0xffef, 45], // full-width forms
];
const ROLES: readonly (readonly [string, number])[] = [
  ["'", 7],
  ['"`', 8],
  [",.:", 9],
  ["-_", 10],
  ["/", 11],
  ["\\", 12],
  ["({[<$@", 13],
  [")}]>", 14],
  ["=*#|", 15],
];

/** The class of each code unit. */
export const CLASS_OF: Uint8Array = (() => {
  const table = new Uint8Array(0x10000).fill(1);
  for (const [first, last, kind] of RANGES) table.fill(kind, first, last + 1);
  for (const [characters, kind] of ROLES) for (const character of characters) table[character.charCodeAt(0)] = kind;
  return table;
})();

/** The script that a class of letters belongs to (one class stands for it), or 0 for what is no letter. Letters of one script form runs. */
export const SCRIPT_OF: Uint8Array = (() => {
  const table = new Uint8Array(CLASS_COUNT);
  for (const kind of [LOWER, UPPER, EXTENDED_LATIN, COMBINING]) table[kind] = LOWER;
  for (const kind of [22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 38, 39, 40, HANGUL]) table[kind] = kind;
  return table;
})();

/** The scripts that share one correction: kana and Han are mixed in every sentence. */
export const GROUP_OF: Uint8Array = SCRIPT_OF.map((script) => (script === 38 || script === 39 ? 40 : script));

/** Hashed contexts are kept apart by region, so that one script's do not spoil another's: size in bits, units of context, classes. */
const REGION_SIZES: readonly (readonly [bits: number, context: number, classes: readonly number[]])[] = [
  [13, 5, [LOWER, UPPER, EXTENDED_LATIN]],
  [11, 1, [38, 39, 40]],
  [12, 3, [HANGUL]],
  [12, 2, [COMBINING, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32]],
  [11, 2, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 20, 33, 34, 35, 36, 37, 42, 43, 44, 45]],
];
export const WORD_BITS = 12;

/** Weights by position: class to class, then 16 buckets of run length per class; then the hashed contexts; then the hashed words. */
export const RUN_OFFSET: number = CLASS_COUNT * CLASS_COUNT;
export const RUN_BUCKETS = 16;
export const HASH_OFFSET: number = RUN_OFFSET + CLASS_COUNT * RUN_BUCKETS;
export const WORD_OFFSET: number = HASH_OFFSET + REGION_SIZES.reduce((sum, [bits]) => sum + (1 << bits), 0);
export const WEIGHT_COUNT: number = WORD_OFFSET + (1 << WORD_BITS);

const regions = (() => {
  const offset = new Int32Array(CLASS_COUNT);
  const shift = new Uint8Array(CLASS_COUNT);
  const context = new Uint8Array(CLASS_COUNT);
  let at = HASH_OFFSET;
  for (const [bits, units, kinds] of REGION_SIZES) {
    for (const kind of kinds) {
      offset[kind] = at;
      shift[kind] = 32 - bits;
      context[kind] = units;
    }
    at += 1 << bits;
  }
  return { offset, shift, context };
})();
export const REGION_OFFSET: Int32Array = regions.offset;
export const REGION_SHIFT: Uint8Array = regions.shift;
export const REGION_CONTEXT: Uint8Array = regions.context;
