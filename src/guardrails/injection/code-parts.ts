import { isSpace } from "./units";

/** Part of a text, in UTF-16 units. */
export interface Part {
  start: number;
  end: number;
}

/** Parts of a text, by the codes that each may hold; a part may be of several. */
export interface CodeParts {
  hex: Part[];
  /** "0x69" or "\x69", again and again. */
  prefixedHex: Part[];
  binary: Part[];
  decimal: Part[];
  morse: Part[];
}

/** What the shortest code of each sort is made of (the patterns are in decode.ts). */
const HEX_PAIRS_MIN = 12;
const PREFIXES_MIN = 6;
const BYTES_MIN = 6;
const DECIMALS_MIN = 10;
const MORSE_LETTERS_MIN = 9;
/** Units of the shortest of all, a Morse letter being one sign. */
export const CODE_UNITS_MIN = 2 * MORSE_LETTERS_MIN - 1;

/** What a unit may be to a code, as bits. */
const HEX_DIGIT = 1;
const DIGIT = 2;
const BINARY_DIGIT = 4;
const DECIMAL_BREAK = 8;
const MORSE_SIGN = 16;
const MORSE_BREAK = 32;
const PREFIX = 64;
const ROLES = Uint8Array.from({ length: 128 }, (_, unit) => {
  const sign = String.fromCharCode(unit);
  return (
    (/[0-9a-fA-F]/.test(sign) ? HEX_DIGIT : 0) |
    (/[0-9]/.test(sign) ? DIGIT : 0) |
    (/[01]/.test(sign) ? BINARY_DIGIT : 0) |
    (/[\s,]/.test(sign) ? DECIMAL_BREAK : 0) |
    (/[.-]/.test(sign) ? MORSE_SIGN : 0) |
    (/[ /|]/.test(sign) ? MORSE_BREAK : 0) |
    (sign === "x" ? PREFIX : 0)
  );
});

/** Sorts a stretch of code signs in under the codes that it has enough signs for. Linear in its length. */
export function sortCodePart(source: string, part: Part, parts: CodeParts): void {
  let hexDigits = 0;
  let digits = 0;
  let binaryDigits = 0;
  let decimalBreaks = 0;
  let morseSigns = 0;
  let morseBreaks = 0;
  let prefixes = 0;
  for (let i = part.start; i < part.end; i++) {
    const unit = source.charCodeAt(i);
    const roles = unit < 0x80 ? (ROLES[unit] ?? 0) : rolesBeyondAscii(unit);
    if ((roles & HEX_DIGIT) !== 0) hexDigits++;
    if ((roles & DIGIT) !== 0) digits++;
    if ((roles & BINARY_DIGIT) !== 0) binaryDigits++;
    if ((roles & DECIMAL_BREAK) !== 0) decimalBreaks++;
    if ((roles & MORSE_SIGN) !== 0) morseSigns++;
    if ((roles & MORSE_BREAK) !== 0) morseBreaks++;
    if ((roles & PREFIX) !== 0) prefixes++;
  }
  if (hexDigits >= 2 * HEX_PAIRS_MIN) parts.hex.push(part);
  if (prefixes >= PREFIXES_MIN) parts.prefixedHex.push(part);
  if (binaryDigits >= 8 * BYTES_MIN) parts.binary.push(part);
  if (digits >= 2 * DECIMALS_MIN && decimalBreaks >= DECIMALS_MIN - 1) parts.decimal.push(part);
  if (morseSigns >= MORSE_LETTERS_MIN && morseBreaks >= MORSE_LETTERS_MIN - 1) parts.morse.push(part);
}

function rolesBeyondAscii(unit: number): number {
  if (isWideMorseSign(unit)) return MORSE_SIGN;
  return isSpace(unit) ? DECIMAL_BREAK : 0;
}

/** A middle dot, an en dash or a minus sign. */
export function isWideMorseSign(unit: number): boolean {
  return unit === 0xb7 || unit === 0x2013 || unit === 0x2212;
}
