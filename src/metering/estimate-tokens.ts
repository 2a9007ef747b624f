import { ACCENTED, BARE, commonClasses, KIND_MASK, NEWLINE, SCRIPT_COUNT, SPACE, WORDS } from "./token-classes";
import { COEFFICIENTS, type PackedCoefficients } from "./token-coefficients";
import { CHARACTER_COSTS, countPieces, type PieceModel, RATIO_STEPS, readUnits, TALLY_SIZE, TALLY_STEPS, unitRoom } from "./token-pieces";

/** A vocabulary with published counts: the one of about 200,000 entries, or its predecessor of about 100,000. */
export type TokenFamily = keyof typeof COEFFICIENTS;
const DEFAULT_FAMILY: TokenFamily = "o200k";

/** Up to this many code units every one is looked at; of what is longer, one more for each `STRIDE` of them, in blocks. */
const UNITS_LOOKED_AT = 768;
/** The same for texts mostly in scripts of three bytes a letter: their units say more and cost more. */
const WIDE_UNITS_LOOKED_AT = 448;
const FIRST_WIDE = 0x800;
const PROBES = 32;
const STRIDE = 16;
const BLOCK = 96;
/** One block in each stretch of the text, at places that keep step with no rhythm of it, such as that of its lines. */
const GOLDEN = 0.618034;
/** So far is a block's end moved to come upon white space, so that it cuts no word. */
const ALIGNED_WITHIN = 64;

/**
 * About how many tokens a text is, without a tokenizer: never 0 for a text that is not empty, linear in its length. `multiplier` is for
 * models whose tokenizer is not public: their counts are taken to be this many times the family's (their providers' counting endpoints
 * tell), and 1 means as many.
 */
export function estimateTokens(text: string, family: TokenFamily = DEFAULT_FAMILY, multiplier = 1): number {
  if (text.length === 0) return 0;
  const tokens = expectedTokens(text, modelOf(family));
  return Math.max(1, Math.round(tokens * multiplier));
}

/** The expected number of tokens, not rounded; of a long text, from blocks over its whole length. */
export function expectedTokens(text: string, model: PieceModel): number {
  const tally = new Float64Array(TALLY_SIZE);
  const whole = text.length > WIDE_UNITS_LOOKED_AT && isWide(text) ? WIDE_UNITS_LOOKED_AT : UNITS_LOOKED_AT;
  if (text.length <= whole) {
    const room = unitRoom(text.length);
    countPieces(room, readUnits(text, 0, text.length, model.classes, room), model, tally);
    return corrected(tally, model);
  }
  const room = unitRoom(BLOCK + ALIGNED_WITHIN);
  const blocks = Math.floor((whole + (text.length - whole) / STRIDE) / BLOCK);
  let units = 0;
  for (let index = 0; index < blocks; index++) {
    const start = Math.floor(((text.length - BLOCK) * (index + ((index * GOLDEN) % 1))) / blocks);
    const from = start === 0 ? 0 : nextSpace(text, start, model);
    const to = nextSpace(text, start + BLOCK, model);
    countPieces(room, readUnits(text, from, to, model.classes, room), model, tally);
    units += to - from;
  }
  return (corrected(tally, model) * text.length) / units;
}

function isWide(text: string): boolean {
  let wide = 0;
  for (let probe = 0; probe < PROBES; probe++) if (text.charCodeAt(Math.floor((text.length * probe) / PROBES)) >= FIRST_WIDE) wide++;
  return wide > PROBES / 2;
}

/** Languages of one script differ in how many of their words are entries; so does, then, what the others come to. */
function corrected(tally: Float64Array, model: PieceModel): number {
  let tokens = tally[TALLY_SIZE - 1] ?? 0;
  for (let script = 0; script < SCRIPT_COUNT; script++) {
    const rest = tally[script * TALLY_STEPS + 2] ?? 0;
    tokens += (tally[script * TALLY_STEPS] ?? 0) * (model.ratios[script * RATIO_STEPS] ?? 1);
    if (rest > 0) for (const [at, part] of shareFeatures(tally, script)) tokens += rest * part * (model.shares[at] ?? 1);
  }
  return tokens;
}

/** Between them the correction is linear. */
const SHARE_KNOTS = 9;
/** For each script, then once more for ASCII words among accented ones, and for bare ones where no word has a space before it. */
export const SHARES = (SCRIPT_COUNT + 2) * SHARE_KNOTS;
/** A few pieces say little: so many more, and so many of these no entries, are thought to be with them. */
const PRIOR_PIECES = 3;
const PRIOR_OTHERS = 0.6;
/** Share of accented words from which on a text in Latin letters is in no way English. */
const ACCENTED_SHARE = 0.1;
/** Words after a space for each bare one, from which on a text is in no way a random string. */
const SPACED_SHARE = 0.2;

/** Which corrections a script's counted tokens have, and how much of each: by the share of its pieces that are no entries (small ones have more knots). */
export function shareFeatures(tally: Float64Array, script: number): readonly (readonly [at: number, part: number])[] {
  const entries = tally[script * TALLY_STEPS] ?? 0;
  const others = tally[script * TALLY_STEPS + 1] ?? 0;
  const place = Math.sqrt((others + PRIOR_OTHERS) / (entries + others + PRIOR_PIECES)) * (SHARE_KNOTS - 1);
  const below = Math.min(SHARE_KNOTS - 2, Math.floor(place));
  const part = place - below;
  const row = script * SHARE_KNOTS + below;
  if (script !== WORDS && script !== BARE) {
    return [
      [row, 1 - part],
      [row + 1, part],
    ];
  }
  const pieces = (of: number) => (tally[of * TALLY_STEPS] ?? 0) + (tally[of * TALLY_STEPS + 1] ?? 0);
  const words = entries + others;
  const apart =
    script === WORDS
      ? Math.min(1, pieces(ACCENTED) / (pieces(ACCENTED) + words) / ACCENTED_SHARE)
      : Math.max(0, 1 - pieces(WORDS) / words / SPACED_SHARE);
  const second = (script === WORDS ? SCRIPT_COUNT : SCRIPT_COUNT + 1) * SHARE_KNOTS + below;
  return [
    [row, (1 - part) * (1 - apart)],
    [row + 1, part * (1 - apart)],
    [second, (1 - part) * apart],
    [second + 1, part * apart],
  ];
}

/** The next white space after something else, or the given place if there is none near. */
function nextSpace(text: string, from: number, model: PieceModel): number {
  const end = Math.min(text.length, from + ALIGNED_WITHIN);
  let after = from > 0 && isSpace(text.charCodeAt(from - 1), model);
  for (let at = from; at < end; at++) {
    const space = isSpace(text.charCodeAt(at), model);
    if (space && !after) return at;
    after = space;
  }
  return Math.min(text.length, from);
}

function isSpace(unit: number, model: PieceModel): boolean {
  const plain = (model.classes[unit] ?? 0) & KIND_MASK;
  return plain === SPACE || plain === NEWLINE;
}

/** Constant tables, unpacked when first asked for. */
const unpacked = new Map<TokenFamily, PieceModel>();

function modelOf(family: TokenFamily): PieceModel {
  const known = unpacked.get(family);
  if (known) return known;
  const model = unpackModel(COEFFICIENTS[family]);
  unpacked.set(family, model);
  return model;
}

/** One vowel and no G, so that the packed tables hold no word by chance. */
export const DIGITS = "0123456789BCDFAHJKLMNPQRSTVWXYZbcdfahjklmnpqrstvwxyz?#$%&()*+,-.";
/** Steps of one in a character's cost, and in a ratio or share. */
export const COST_STEPS = 12;
export const RATIO_UNIT = 1024;

/** Four digits for three slots, one for each character's cost, two for each ratio and share. */
export function unpackModel(packed: PackedCoefficients): PieceModel {
  const digit = new Uint8Array(128);
  for (let value = 0; value < DIGITS.length; value++) digit[DIGITS.charCodeAt(value)] = value;
  const value = (text: string, at: number) => digit[text.charCodeAt(at)] ?? 0;
  const pairs = (text: string) =>
    Float32Array.from({ length: text.length / 2 }, (_, at) => (value(text, 2 * at) * 64 + value(text, 2 * at + 1)) / RATIO_UNIT);
  const slots = new Uint8Array(1 << packed.slotBits);
  for (let from = 0, at = 0; at < slots.length; from += 4, at += 3) {
    const bits = (value(packed.slots, from) << 18) | (value(packed.slots, from + 1) << 12) | (value(packed.slots, from + 2) << 6);
    const three = bits | value(packed.slots, from + 3);
    slots[at] = three >> 16;
    slots[at + 1] = three >> 8;
    slots[at + 2] = three;
  }
  return {
    classes: commonClasses(),
    slots,
    slotShift: 32 - packed.slotBits,
    characterCosts: Float32Array.from({ length: CHARACTER_COSTS }, (_, at) => value(packed.characterCosts, at) / COST_STEPS),
    ratios: pairs(packed.ratios),
    shares: pairs(packed.shares),
    capitalsSplit: packed.capitalsSplit,
  };
}
