import {
  BARE,
  CASELESS,
  classOf,
  KIND_MASK,
  LAYOUT,
  LOWER,
  MARK,
  NEWLINE,
  NUMBER,
  OTHER,
  PUNCTUATION,
  SCRIPT_COUNT,
  SCRIPT_SHIFT,
  SPACE,
  UPPER,
  WORDS,
} from "./token-classes";

/** Longest entry of a vocabulary that is looked for, in code units. */
const ENTRY_UNITS_MAX = 128;
/** Corrections for each script: one for pieces that are an entry, then by count and units for each of it. */
export const RATIO_STEPS = 32;
const COUNT_STEPS = 5;
const LENGTH_STEPS = 6;
/** Places in a tally for each script: pieces that are an entry, others, tokens of these. */
export const TALLY_STEPS = 3;
/** After the scripts, tokens that are known for sure. */
const PLAIN = SCRIPT_COUNT * TALLY_STEPS;
export const TALLY_SIZE = PLAIN + 1;
/** So many prefixes in a row may be no entries before the search for a longer one ends: by alphabet, other letters, the rest. */
const MISSES_CASED = 3;
const MISSES_CASELESS = 2;
const MISSES_OTHER = 4;
/** Cost of a character that is no entry: by the upper ten bits of a unit, then by ten bits of what a surrogate pair stands for. */
export const CHARACTER_COSTS = 2048;

const HASH_FACTOR = 0x9e3779b1;
const MIX_FACTOR = 0x85ebca6b;
const SECOND_FACTOR = 0xc2b2ae35;
const FINGERPRINT_MASK = 255;

/** After the last unit, so that no loop need look for the end; a unit that no text has. */
const END_UNIT = 0xffff;
const SENTINELS = 4;
const APOSTROPHE = 39;
const SLASH = 47;

export interface PieceModel {
  /** Kind and script by code unit, 0 where not asked for yet (`readUnits` does). */
  classes: Uint8Array;
  /** Fingerprints of the vocabulary's most used entries, each in one of its two slots; 0 also for none. A power of two of them. */
  slots: Uint8Array;
  /** How far a hash is shifted to be the number of a slot. */
  slotShift: number;
  characterCosts: Float32Array;
  /** By script, then by `ratioStep`: actual tokens for each that was counted. */
  ratios: Float32Array;
  /** By script, then by the share of its pieces that are entries: the same for all that were counted of the others. */
  shares: Float32Array;
  /** Of the two sets of rules the later: capitals begin a piece, marks belong to letters, a contraction to its word. */
  capitalsSplit: boolean;
}

/** What training reads: each piece with its script and its count before the correction; 0 for an entry, -1 for what needs no correction. */
export type PieceVisit = (start: number, end: number, script: number, count: number) => void;

export function hashStep(hash: number, unit: number): number {
  return Math.imul(hash ^ unit, HASH_FACTOR);
}

/** The two slots that an entry may be in, and its fingerprint. */
export function slotsOf(hash: number, shift: number): { first: number; second: number; fingerprint: number } {
  const mixed = Math.imul(hash ^ (hash >>> 15), MIX_FACTOR);
  return {
    first: mixed >>> shift,
    second: Math.imul(mixed ^ (mixed >>> 13), SECOND_FACTOR) >>> shift,
    fingerprint: mixed & FINGERPRINT_MASK,
  };
}

export function isEntry(hash: number, slots: Uint8Array, shift: number): boolean {
  const mixed = Math.imul(hash ^ (hash >>> 15), MIX_FACTOR);
  const fingerprint = mixed & FINGERPRINT_MASK;
  return slots[mixed >>> shift] === fingerprint || slots[Math.imul(mixed ^ (mixed >>> 13), SECOND_FACTOR) >>> shift] === fingerprint;
}

/** Room for so many units and the sentinels after them. */
export function unitRoom(units: number): Uint16Array {
  return new Uint16Array(units + SENTINELS);
}

/** Copies the units of a stretch of text, with sentinels after the last one, and sees to it that the class of each is known. */
export function readUnits(text: string, from: number, to: number, classes: Uint8Array, room: Uint16Array): number {
  const length = to - from;
  for (let at = 0; at < length; at++) {
    const unit = text.charCodeAt(from + at);
    room[at] = unit;
    if (classes[unit] === 0) classes[unit] = classOf(unit);
  }
  room.fill(END_UNIT, length, length + SENTINELS);
  return length;
}

/**
 * Adds the pieces of some units to a tally: one pass, pieces cut as the published patterns cut them, but for letters with case beside letters
 * without, which are cut apart (hardly an entry has both).
 */
export function countPieces(units: Uint16Array, length: number, model: PieceModel, tally: Float64Array, visit?: PieceVisit): void {
  const { classes, capitalsSplit } = model;
  const lastLetter = capitalsSplit ? MARK : CASELESS;
  let at = 0;
  while (at < length) {
    const start = at;
    let unit = units[at] ?? 0;
    let kind = classes[unit] ?? OTHER;
    let plain = kind & KIND_MASK;
    let top = kind;
    let hash = 0;
    const bare = unit === 32 ? WORDS : BARE;
    if (plain > lastLetter) {
      const next = units[at + 1] ?? 0;
      const nextKind = classes[next] ?? OTHER;
      const nextPlain = nextKind & KIND_MASK;
      if (nextPlain <= lastLetter && plain !== NUMBER && plain !== NEWLINE) {
        // One unit before letters belongs to them.
        hash = Math.imul(unit, HASH_FACTOR);
        at++;
        unit = next;
        kind = nextKind;
        plain = nextPlain;
        if (kind > top) top = kind;
      } else {
        at = endOfOther(units, start, length, plain, nextPlain, model);
        if (kind === NUMBER) {
          // Every group of up to three digits is an entry.
          tally[PLAIN] = (tally[PLAIN] ?? 0) + 1;
          visit?.(start, at, 0, -1);
          continue;
        }
        for (let index = start; index < at; index++) {
          unit = units[index] ?? 0;
          kind = classes[unit] ?? OTHER;
          if (kind > top) top = kind;
          hash = Math.imul(hash ^ unit, HASH_FACTOR);
        }
        addPiece(units, start, at, hash, top >> SCRIPT_SHIFT || (top <= NEWLINE ? LAYOUT : PUNCTUATION), model, tally, visit);
        continue;
      }
    }
    if (plain >= CASELESS) {
      do {
        if (kind > top) top = kind;
        hash = Math.imul(hash ^ unit, HASH_FACTOR);
        unit = units[++at] ?? 0;
        kind = classes[unit] ?? OTHER;
        plain = kind & KIND_MASK;
      } while (plain === CASELESS || (plain === MARK && capitalsSplit));
    } else {
      let lower = false;
      for (;;) {
        while (kind === LOWER) {
          hash = Math.imul(hash ^ unit, HASH_FACTOR);
          unit = units[++at] ?? 0;
          kind = classes[unit] ?? OTHER;
          lower = true;
        }
        plain = kind & KIND_MASK;
        if (plain === LOWER) lower = true;
        else if (plain === UPPER ? lower && capitalsSplit : plain !== MARK || !capitalsSplit) break;
        if (kind > top) top = kind;
        hash = Math.imul(hash ^ unit, HASH_FACTOR);
        unit = units[++at] ?? 0;
        kind = classes[unit] ?? OTHER;
      }
      if (unit === APOSTROPHE) {
        const more = contraction(units, at);
        if (more > 0 && capitalsSplit) for (const end = at + more; at < end; at++) hash = Math.imul(hash ^ (units[at] ?? 0), HASH_FACTOR);
        else if (more > 0) {
          addPiece(units, start, at, hash, top >> SCRIPT_SHIFT || bare, model, tally, visit);
          tally[PLAIN] = (tally[PLAIN] ?? 0) + 1;
          visit?.(at, at + more, 0, -1);
          at += more;
          continue;
        }
      }
    }
    addPiece(units, start, at, hash, top >> SCRIPT_SHIFT || bare, model, tally, visit);
  }
}

function addPiece(
  units: Uint16Array,
  start: number,
  end: number,
  hash: number,
  script: number,
  model: PieceModel,
  tally: Float64Array,
  visit?: PieceVisit,
): void {
  const row = script * TALLY_STEPS;
  if (isEntry(hash, model.slots, model.slotShift)) {
    tally[row] = (tally[row] ?? 0) + 1;
    visit?.(start, end, script, 0);
    return;
  }
  const count = splitCount(units, start, end, model);
  const ratio = model.ratios[script * RATIO_STEPS + ratioStep(count, end - start)] ?? 1;
  tally[row + 1] = (tally[row + 1] ?? 0) + 1;
  tally[row + 2] = (tally[row + 2] ?? 0) + count * ratio;
  visit?.(start, end, script, count);
}

/** Which correction a piece of so many counted tokens and code units has. */
export function ratioStep(count: number, units: number): number {
  const steps = count < 3.5 ? Math.max(1, Math.round(count)) : count < 5.5 ? 4 : COUNT_STEPS;
  return 1 + (steps - 1) * LENGTH_STEPS + Math.min(LENGTH_STEPS - 1, Math.floor(units / count));
}

/** Where a piece ends that is no word: up to three digits; punctuation with the line ends after it; white space. */
function endOfOther(units: Uint16Array, start: number, length: number, plain: number, nextPlain: number, model: PieceModel): number {
  const { classes, capitalsSplit } = model;
  const plainAt = (at: number) => (classes[units[at] ?? 0] ?? OTHER) & KIND_MASK;
  if (plain === NUMBER) {
    if (nextPlain !== NUMBER) return start + 1;
    return plainAt(start + 2) === NUMBER ? start + 3 : start + 2;
  }
  let end = start + 1;
  if (plain !== SPACE && plain !== NEWLINE ? true : units[start] === 32 && (nextPlain === OTHER || nextPlain === MARK)) {
    let next = plainAt(end);
    while (next === OTHER || next === MARK) next = plainAt(++end);
    while (next === NEWLINE || (capitalsSplit && units[end] === SLASH)) next = plainAt(++end);
    return Math.min(end, length);
  }
  // White space up to its last line end; else all of it but the unit before what follows.
  let newline = plain === NEWLINE ? start : -1;
  for (let next = nextPlain; next === SPACE || next === NEWLINE; next = plainAt(++end)) if (next === NEWLINE) newline = end;
  if (newline >= 0) return newline + 1;
  return end === length || end - start === 1 ? end : end - 1;
}

/** Length of an apostrophe and one of s, t, d, m, ll, ve, re, or 0. */
function contraction(units: Uint16Array, at: number): number {
  const first = (units[at + 1] ?? 0) | 32;
  if (first === 115 || first === 116 || first === 100 || first === 109) return 2;
  const second = (units[at + 2] ?? 0) | 32;
  return (first === 108 && second === 108) || ((first === 118 || first === 114) && second === 101) ? 3 : 0;
}

/** Longest entry first, from left to right: what byte pair encoding comes to, but for about one piece in fifty. */
function splitCount(units: Uint16Array, start: number, end: number, model: PieceModel): number {
  const { classes, slots, slotShift, characterCosts } = model;
  let count = 0;
  let at = start;
  while (at < end) {
    const first = units[at] ?? 0;
    const second = at + 1 < end ? (units[at + 1] ?? 0) : END_UNIT;
    let found = 0;
    if (first === second && at + 3 < end && units[at + 2] === first && units[at + 3] === first) {
      // Runs of one unit have entries of many lengths with gaps between them.
      const last = Math.min(end, at + ENTRY_UNITS_MAX);
      let hash = 0;
      let index = at;
      while (index < last && units[index] === first) {
        hash = Math.imul(hash ^ first, HASH_FACTOR);
        index++;
        if (isEntry(hash, slots, slotShift)) found = index - at;
      }
      if (found > 0) {
        const times = Math.floor((index - at) / found);
        count += times;
        at += times * found;
      } else {
        count += (index - at) * (characterCosts[first >> 6] ?? 1);
        at = index;
      }
      continue;
    }
    const plain = (classes[second] ?? 0) & KIND_MASK;
    const patience = plain <= UPPER ? MISSES_CASED : plain <= MARK ? MISSES_CASELESS : MISSES_OTHER;
    let hash = 0;
    let last = Math.min(end, at + patience);
    for (let index = at; index < last; ) {
      hash = Math.imul(hash ^ (units[index++] ?? 0), HASH_FACTOR);
      const mixed = Math.imul(hash ^ (hash >>> 15), MIX_FACTOR);
      const fingerprint = mixed & FINGERPRINT_MASK;
      if (
        slots[mixed >>> slotShift] === fingerprint ||
        slots[Math.imul(mixed ^ (mixed >>> 13), SECOND_FACTOR) >>> slotShift] === fingerprint
      ) {
        found = index - at;
        last = Math.min(end, index + patience);
      }
    }
    if (found > 0) {
      count++;
      at += found;
    } else if (first >= 0xd800 && first < 0xdc00 && second >= 0xdc00 && second < 0xe000) {
      count += characterCosts[pairCost(first, second)] ?? 1;
      at += 2;
    } else {
      count += characterCosts[first >> 6] ?? 1;
      at++;
    }
  }
  return count;
}

/** Where a surrogate pair's cost is. */
export function pairCost(high: number, low: number): number {
  return 1024 + (((((high & 0x3ff) << 10) | (low & 0x3ff)) >> 6) & 1023);
}
