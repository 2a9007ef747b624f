import { decodeBase64, decodeCodes, decodeEscapes, decodeHex, decodeMorse } from "./decode";
import { fold } from "./fold";
import { joinSpaced, readLeet, readReversed, readRot13, unscramble } from "./respell";

/** One way of reading a text: folded, with single spaces. */
export interface View {
  name: ViewName;
  text: string;
  /** Source UTF-16 offset of each unit; absent where the view stands for `start`..`end` as a whole. */
  at?: Int32Array;
  start: number;
  end: number;
}

export type ViewName =
  | "plain"
  | "hidden-characters"
  | "base64"
  | "hex"
  | "character-codes"
  | "escapes"
  | "morse"
  | "spaced-letters"
  | "leet"
  | "scrambled"
  | "rot13"
  | "reversed";

/** A decoded piece of a text, before it is folded. */
export interface Piece {
  name: ViewName;
  text: string;
  start: number;
  end: number;
}

export interface Normalised {
  views: View[];
  /** Names of signs of disguise: they are features of every view. */
  signs: string[];
}

/** Units of all decoded views together. */
export const DECODED_CHARS_MAX = 16_000;
const HIDDEN_CHARS_MIN = 6;

/** Every reading of a text, the plain one first. Linear in its length; decoded views together are bounded. */
export function normalise(source: string): Normalised {
  const folded = fold(source);
  const plain = collapse(folded.text, folded.at);
  const views: View[] = [{ name: "plain", ...plain, start: 0, end: source.length }];
  const signs: string[] = [];
  if (folded.invisible >= 2) signs.push("invisible-characters");
  if (folded.lookalikes >= 2) signs.push("look-alike-letters");
  if (folded.marks >= 6) signs.push("stacked-marks");
  if (folded.jamo >= 3) signs.push("jamo-set-apart");
  if (folded.styled >= 6) signs.push("styled-letters");

  const pieces: Piece[] = [
    ...decodeBase64(source),
    ...decodeHex(source),
    ...decodeCodes(source),
    ...decodeMorse(source),
    ...joinSpaced(source),
    ...decodeEscapes(source),
    ...readLeet(plain.text, source.length),
    ...unscramble(plain.text, source.length),
    ...readRot13(plain.text, source.length),
    ...readReversed(plain.text, source.length),
  ];
  if (folded.hidden.length >= HIDDEN_CHARS_MIN)
    pieces.unshift({ name: "hidden-characters", text: folded.hidden, start: 0, end: source.length });
  let left = DECODED_CHARS_MAX;
  for (const piece of pieces) {
    if (left <= 0) break;
    const text = collapse(fold(piece.text.slice(0, left)).text).text;
    left -= text.length;
    if (text.length > 2) views.push({ name: piece.name, text, start: piece.start, end: piece.end });
  }
  return { views, signs };
}

/** Runs of white space become one space. */
function collapse(text: string, at?: Int32Array): { text: string; at?: Int32Array } {
  if (!/\s\s/.test(text)) return { text: text.replace(/\s/g, " "), ...(at && { at }) };
  const kept = new Int32Array(text.length);
  let size = 0;
  let wasSpace = false;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    const isSpace = unit === 32 || (unit >= 9 && unit <= 13) || unit === 0xa0;
    if (isSpace && wasSpace) continue;
    kept[size++] = at?.[i] ?? i;
    wasSpace = isSpace;
  }
  return { text: text.replace(/\s+/g, " "), at: kept.subarray(0, size) };
}
