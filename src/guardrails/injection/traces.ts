import { CODE_UNITS_MIN, type CodeParts, isWideMorseSign, type Part, sortCodePart } from "./code-parts";
import { GAP_MAX } from "./spaced-runs";
import { isSpace, isWordUnit } from "./units";

/** Where decoders may have work: what one look at a text finds no trace of is not there. */
export interface Traces extends CodeParts {
  /** Runs of base64's alphabet, long enough to be decoded. */
  base64: Part[];
  hasEscapes: boolean;
  hasSpacedLetters: boolean;
}

const BASE64_UNITS_MIN = 16;
/** Escapes that a text needs before they are resolved; one suffices in HTML's decimal form. */
export const ESCAPES_MIN = 3;
/** More single letters than this in a row are read together. */
export const SPACED_LETTERS_MIN = 6;

/** What a unit may be part of, as bits: base64, any of the codes of code-parts.ts, the beginning of an escape, a letter set apart. */
const BASE64 = 1;
const CODE = 2;
const ESCAPE = 4;
const LETTER = 8;
const KINDS = Uint8Array.from({ length: 128 }, (_, unit) => {
  const sign = String.fromCharCode(unit);
  return (
    (/[A-Za-z0-9+/_-]/.test(sign) ? BASE64 : 0) |
    (/[0-9a-fA-F\s:,;./|\\x-]/.test(sign) ? CODE : 0) |
    (/[&\\%]/.test(sign) ? ESCAPE : 0) |
    (/[A-Za-z0-9@$!]/.test(sign) ? LETTER : 0)
  );
});

/** Whether each of the last three units was a letter, as bits: the middle one alone was. */
const SINGLE_LETTER = 0b010;

/** Linear in the text. What most texts have none of is found by counters that make no decision until they are full. */
export function tracesIn(source: string): Traces {
  const codes: CodeParts = { hex: [], prefixedHex: [], binary: [], decimal: [], morse: [] };
  const base64: Part[] = [];
  let base64Units = 0;
  let codeUnits = 0;
  let escapes = 0;
  let letters = 0;
  let singles = 0;
  let singleEnd = 0;
  let hasSpacedLetters = false;
  for (let i = 0; i <= source.length; i++) {
    const kinds = i < source.length ? kindsOf(source.charCodeAt(i)) : 0;
    base64Units = (base64Units + 1) * (kinds & 1);
    codeUnits = (codeUnits + 1) * ((kinds >> 1) & 1);
    letters = ((letters << 1) | (kinds >> 3)) & 7;
    if (base64Units === BASE64_UNITS_MIN) base64.push(partOf(source, BASE64, i));
    if (codeUnits === CODE_UNITS_MIN) sortCodePart(source, partOf(source, CODE, i), codes);
    if (letters === SINGLE_LETTER) {
      singles = i - singleEnd <= GAP_MAX + 1 ? singles + 1 : 1;
      singleEnd = i;
      if (singles > SPACED_LETTERS_MIN) hasSpacedLetters = true;
    }
    if ((kinds & ESCAPE) !== 0) escapes += escapesAt(source, i);
  }
  return { ...codes, base64, hasEscapes: escapes >= ESCAPES_MIN, hasSpacedLetters };
}

/** The run of one kind of units around a place. */
function partOf(source: string, kind: number, index: number): Part {
  let start = index;
  let end = index + 1;
  while (start > 0 && (kindsOf(source.charCodeAt(start - 1)) & kind) !== 0) start--;
  while (end < source.length && (kindsOf(source.charCodeAt(end)) & kind) !== 0) end++;
  return { start, end };
}

function kindsOf(unit: number): number {
  return unit < 0x80 ? (KINDS[unit] ?? 0) : kindsBeyondAscii(unit);
}

function kindsBeyondAscii(unit: number): number {
  if (isWordUnit(unit)) return LETTER;
  return isSpace(unit) || isWideMorseSign(unit) ? CODE : 0;
}

/** How much an escape that may begin here counts towards ESCAPES_MIN. */
function escapesAt(source: string, index: number): number {
  const next = source[index + 1] ?? "";
  if (source[index] === "&") return next === "#" ? ESCAPES_MIN : 0;
  return (source[index] === "%" ? /[2-7]/ : /[ux]/i).test(next) ? 1 : 0;
}
