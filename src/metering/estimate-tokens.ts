import {
  CLASS_COUNT,
  CLASS_OF,
  DIGIT,
  EXTENDED_LATIN,
  GROUP_OF,
  HASH_OFFSET,
  REGION_CONTEXT,
  REGION_OFFSET,
  REGION_SHIFT,
  RUN_BUCKETS,
  RUN_OFFSET,
  SCRIPT_OF,
  SPACE,
  UPPER,
  WEIGHT_COUNT,
  WORD_BITS,
  WORD_OFFSET,
} from "./token-classes";
import { COEFFICIENTS, type PackedCoefficients } from "./token-coefficients";

/** A vocabulary with published counts: the one of about 200,000 entries, or its predecessor of about 100,000. */
export type TokenFamily = keyof typeof COEFFICIENTS;
const DEFAULT_FAMILY: TokenFamily = "o200k";

/** Up to this many code units every one is looked at; of what is longer, as many again for each `STRIDE` of them, in evenly spaced blocks. */
const UNITS_LOOKED_AT = 4096;
const STRIDE = 6;
const BLOCK = 256;

/** A script's letters are corrected together once there are this many, so that each stretch of a mixed text is corrected by itself. */
const SEGMENT_LETTERS = 400;
/** Words that a stretch's score for its language is diluted with: a short stretch says little. */
const PRIOR_WORDS = 3;
/** The natural logarithm of the largest correction. */
const CORRECTION_MAX = 1;

/** Where the piecewise linear corrections bend: tokens per letter, language score, share of accented letters, of capitals after others. */
export const CORRECTION_KNOTS: readonly (readonly number[])[] = [
  [0.08, 0.14, 0.2, 0.26, 0.33, 0.42, 0.55, 0.7, 0.9, 1.2, 1.6, 2.2],
  [-0.5, -0.3, -0.2, -0.13, -0.07, 0, 0.07, 0.13, 0.2, 0.3, 0.5],
  [0, 0.03, 0.1, 0.25],
  [0, 0.03, 0.1, 0.25],
];

export interface TokenModel {
  /** Tokens that begin at a code unit, as a sum of one weight for its class and run, one for its context, and at a word's end one for the word. */
  weights: Float32Array;
  /** What a word tells about its language: the logarithm of actual to expected tokens where it occurs. */
  wordScores: Float32Array;
  /** By group of scripts: the corrections at the knots, one after the other. */
  corrections: Readonly<Record<number, readonly number[]>>;
}

/** What a stretch of letters of one script came to: counts, expected tokens, and sums for the correction. */
export interface Stretch {
  group: number;
  letters: number;
  tokens: number;
  words: number;
  score: number;
  accented: number;
  flips: number;
}

/** Where training records which weights each code unit used; a word of -1 is none. */
export interface Trace {
  base: Int32Array;
  context: Int32Array;
  word: Int32Array;
  stretches: (Stretch & { end: number })[];
}

/**
 * About how many tokens a text is, without a tokenizer: never 0 for a text that is not empty, linear in its length. `multiplier` is for
 * models whose tokenizer is not public: their counts are taken to be this many times the family's (their providers' counting endpoints
 * tell), and 1 means as many.
 */
export function estimateTokens(text: string, family: TokenFamily = DEFAULT_FAMILY, multiplier = 1): number {
  if (text.length === 0) return 0;
  const model = modelOf(family);
  const sample = text.length <= UNITS_LOOKED_AT ? text : sampled(text);
  const tokens = (expectedTokens(sample, model) * text.length) / sample.length;
  return Math.max(1, Math.round(tokens * multiplier));
}

/** Blocks from the whole length of a text, one after the other. */
function sampled(text: string): string {
  const blocks = Math.floor((UNITS_LOOKED_AT + (text.length - UNITS_LOOKED_AT) / STRIDE) / BLOCK);
  const pieces: string[] = [];
  for (let index = 0; index < blocks; index++) {
    const start = Math.floor(((text.length - BLOCK) * index) / (blocks - 1));
    pieces.push(text.slice(start, start + BLOCK));
  }
  return pieces.join("");
}

/** One pass over all code units: the expected number of tokens, not rounded. */
export function expectedTokens(text: string, model: TokenModel, trace?: Trace): number {
  const end = text.length;
  const { weights, wordScores } = model;
  // As locals, the engine need not look whether they are still the same tables at every unit.
  const [classOf, scriptOf, regionContext, regionOffset, regionShift] = [CLASS_OF, SCRIPT_OF, REGION_CONTEXT, REGION_OFFSET, REGION_SHIFT];
  const open: (Stretch | undefined)[] = new Array(CLASS_COUNT);
  let tokens = 0;
  // The code units before this one, the last three of them within the run or standing for what was before it.
  let back3 = 0;
  let back2 = 0;
  let back1 = 0;
  let position = 0;
  let wordHash = 0;
  // Of the run of letters that this one is in.
  let letters = 0;
  let letterTokens = 0;
  let accented = 0;
  let flips = 0;
  let lastKind = 0;
  let lastScript = 0;
  let stretch: Stretch | undefined;
  let unit = text.charCodeAt(0);
  let nextKind = classOf[unit] ?? 1;
  let nextScript = scriptOf[nextKind] ?? 0;
  for (let at = 0; at < end; at++) {
    const kind = nextKind;
    const script = nextScript;
    const next = at + 1 < end ? text.charCodeAt(at + 1) : 0;
    nextKind = classOf[next] ?? 1;
    nextScript = scriptOf[nextKind] ?? 0;
    const ends = nextScript !== script;
    const goesOn = script === 0 ? kind === lastKind : script === lastScript;
    position = goesOn ? position + 1 : 0;
    let symbol = unit;
    let base: number;
    if (kind === DIGIT) {
      // Digits are cut into groups of three: only the place in the group counts.
      const phase = position % 3;
      symbol = 48 + phase;
      base = RUN_OFFSET + DIGIT * RUN_BUCKETS + phase + (lastScript !== 0 || position > 2 ? 3 : 0);
    } else if (goesOn && kind === lastKind) base = RUN_OFFSET + kind * RUN_BUCKETS + (position < 8 ? position : runBucket(position));
    else base = lastKind * CLASS_COUNT + kind;

    const ahead = script !== 0 && !ends ? next : nextKind;
    let hash = symbol;
    const context = regionContext[kind] ?? 1;
    if (context === 5) {
      hash = Math.imul(Math.imul(back3, 0x01000193) ^ back2, 0x2545f491) ^ back1;
      hash = Math.imul(Math.imul(Math.imul(hash, 0x9e3779b1) ^ symbol, 0x85ebca6b) ^ ahead, 0xc2b2ae35);
    } else if (context === 3) hash = Math.imul(Math.imul(Math.imul(back1, 0x9e3779b1) ^ symbol, 0x85ebca6b) ^ ahead, 0xc2b2ae35);
    else if (context === 2) hash = Math.imul(Math.imul(symbol, 0x85ebca6b) ^ ahead, 0xc2b2ae35);
    else hash = Math.imul(symbol, 0xc2b2ae35);
    hash ^= hash >>> 15;
    const hashed = (regionOffset[kind] ?? HASH_OFFSET) + (hash >>> (regionShift[kind] ?? 31));
    const expected = (weights[base] ?? 0) + (weights[hashed] ?? 0);
    if (trace) {
      trace.base[at] = base;
      trace.context[at] = hashed;
      trace.word[at] = -1;
    }

    if (script === 0) tokens += expected;
    else {
      if (!goesOn) {
        wordHash = back1 === 32 ? 77 : 0;
        letters = 0;
        letterTokens = 0;
        accented = 0;
        flips = 0;
      }
      wordHash = (Math.imul(wordHash ^ symbol, 0x85ebca6b) + 0x1234567) | 0;
      letters++;
      letterTokens += expected;
      if (kind === EXTENDED_LATIN) accented++;
      else if (kind === UPPER && goesOn && lastKind !== UPPER) flips++;
      if (ends || at + 1 === end) {
        const group = GROUP_OF[kind] ?? 0;
        if (stretch?.group !== group) {
          stretch = open[group] ?? { group, letters: 0, tokens: 0, words: 0, score: 0, accented: 0, flips: 0 };
          open[group] = stretch;
        }
        stretch.letters += letters;
        stretch.accented += accented;
        stretch.flips += flips;
        if (letters > 1) {
          const mixed = Math.imul(wordHash, 0xc2b2ae35);
          const word = (mixed ^ (mixed >>> 15)) >>> (32 - WORD_BITS);
          stretch.words++;
          letterTokens += weights[WORD_OFFSET + word] ?? 0;
          stretch.score += wordScores[word] ?? 0;
          if (trace) trace.word[at] = WORD_OFFSET + word;
        }
        stretch.tokens += letterTokens;
        if (stretch.letters >= SEGMENT_LETTERS) {
          tokens += corrected(stretch, model);
          trace?.stretches.push({ ...stretch, end: at + 1 });
          open[group] = undefined;
          stretch = undefined;
        }
      }
    }
    back3 = back2;
    back2 = back1;
    back1 = symbol;
    if (!goesOn && script !== 0) {
      back3 = 0;
      back2 = lastKind === SPACE ? 32 : lastKind < 20 ? 1 : 2;
    }
    lastKind = kind;
    lastScript = script;
    unit = next;
  }
  for (const rest of open) {
    if (!rest) continue;
    tokens += corrected(rest, model);
    trace?.stretches.push({ ...rest, end });
  }
  return tokens;
}

/** The places and shares of a stretch's features among its group's corrections. */
export function correctionFeatures(stretch: Stretch, visit: (at: number, share: number) => void): void {
  const { letters } = stretch;
  const values = [
    stretch.tokens / letters,
    stretch.score / (stretch.words + PRIOR_WORDS),
    stretch.accented / letters,
    stretch.flips / letters,
  ];
  let offset = 0;
  for (const [index, knots] of CORRECTION_KNOTS.entries()) {
    const value = values[index] ?? 0;
    let above = 0;
    while (above < knots.length && (knots[above] ?? 0) < value) above++;
    const low = knots[above - 1];
    const high = knots[above];
    if (low === undefined) visit(offset, 1);
    else if (high === undefined) visit(offset + above - 1, 1);
    else {
      const share = (value - low) / (high - low);
      visit(offset + above - 1, 1 - share);
      visit(offset + above, share);
    }
    offset += knots.length;
  }
}

function corrected(stretch: Stretch, model: TokenModel): number {
  const table = model.corrections[stretch.group];
  if (!table) return Math.max(0, stretch.tokens);
  let correction = 0;
  correctionFeatures(stretch, (at, share) => {
    correction += (table[at] ?? 0) * share;
  });
  return Math.max(0, stretch.tokens) * Math.exp(Math.max(-CORRECTION_MAX, Math.min(CORRECTION_MAX, correction)));
}

function runBucket(position: number): number {
  if (position < 12) return 8;
  if (position < 16) return 9;
  if (position < 24) return 10;
  return position < 48 ? 11 : 12;
}

/** Constant tables, unpacked when first asked for. */
const unpacked = new Map<TokenFamily, TokenModel>();

function modelOf(family: TokenFamily): TokenModel {
  const known = unpacked.get(family);
  if (known) return known;
  const model = unpackModel(COEFFICIENTS[family]);
  unpacked.set(family, model);
  return model;
}

/** One vowel and no G, so that the packed tables hold no word by chance. */
const DIGITS_OF_64 = "0123456789BCDFAHJKLMNPQRSTVWXYZbcdfahjklmnpqrstvwxyz?#$%&()*+,-.";

/** Weights of position in two characters each (4096 steps), the hashed ones in one (64 steps), steps around zero. */
export function unpackModel(packed: PackedCoefficients): TokenModel {
  const weights = new Float32Array(WEIGHT_COUNT);
  const digit = new Map([...DIGITS_OF_64].map((character, value) => [character, value]));
  const value = (text: string, at: number) => digit.get(text.charAt(at)) ?? 0;
  for (let at = 0; at < HASH_OFFSET; at++)
    weights[at] = (value(packed.base, 2 * at) * 64 + value(packed.base, 2 * at + 1) - 2048) * packed.baseStep;
  for (let at = HASH_OFFSET; at < WEIGHT_COUNT; at++) weights[at] = (value(packed.hashed, at - HASH_OFFSET) - 32) * packed.hashedStep;
  const wordScores = new Float32Array(1 << WORD_BITS);
  for (let at = 0; at < wordScores.length; at++) wordScores[at] = (value(packed.scores, at) - 32) * packed.scoreStep;
  return { weights, wordScores, corrections: packed.corrections };
}
