import { decodeEscapes, decodeParts } from "./decode";
import { fold } from "./fold";
import { readLeet } from "./leet";
import { reverse, reverseWords, rot13 } from "./respell";
import { type Respelt, respellingsIn } from "./respelt";
import { joinSpaced } from "./spaced";
import { tracesIn } from "./traces";

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

  const traces = tracesIn(source);
  const pieces: Piece[] = [
    ...decodeParts(source, traces),
    ...(traces.hasSpacedLetters ? joinSpaced(source) : []),
    ...(traces.hasEscapes ? decodeEscapes(source) : []),
    ...respelt(plain).map(([name, text]): Piece => ({ name, text, start: 0, end: source.length })),
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

/** The whole text in plain spelling, once for each way that it may have been respelt. */
function respelt(text: string): [ViewName, string][] {
  const found = respellingsIn(text);
  const readings: [ViewName, string][] = [];
  if (found.leet) readings.push(["leet", readLeet(text)]);
  if (found.scrambled.length > 0) readings.push(["scrambled", withWords(text, found.scrambled)]);
  if (found.rot13) readings.push(["rot13", rot13(text)]);
  if (found.reversed) readings.push(["reversed", reverse(text)], ["reversed", reverseWords(text)]);
  return readings;
}

function withWords(text: string, respelt: readonly Respelt[]): string {
  let read = "";
  let from = 0;
  for (const { start, end, word } of respelt) {
    read += text.slice(from, start) + word;
    from = end;
  }
  return read + text.slice(from);
}
