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
  const { text: plain, at } = folded;
  const views: View[] = [{ name: "plain", text: plain, ...(at && { at }), start: 0, end: source.length }];
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
    ...readLeet(plain, source.length),
    ...unscramble(plain, source.length),
    ...readRot13(plain, source.length),
    ...readReversed(plain, source.length),
  ];
  if (folded.hidden.length >= HIDDEN_CHARS_MIN)
    pieces.unshift({ name: "hidden-characters", text: folded.hidden, start: 0, end: source.length });
  let left = DECODED_CHARS_MAX;
  for (const piece of pieces) {
    if (left <= 0) break;
    const text = fold(piece.text.slice(0, left)).text;
    left -= text.length;
    if (text.length > 2) views.push({ name: piece.name, text, start: piece.start, end: piece.end });
  }
  return { views, signs };
}
