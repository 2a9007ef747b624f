import type { Part } from "./code-parts";
import type { Piece, ViewName } from "./normalise";
import { ESCAPES_MIN, type Traces } from "./traces";

/** Encoded pieces that are tried in one text, per encoding; and the characters of one piece that are decoded. */
const PIECES_MAX = 24;
const PIECE_CHARS_MAX = 8_000;
/** Share of decoded characters that must be readable for the piece to count as text. */
const READABLE_MIN = 0.92;
const LETTERS_MIN = 0.6;
const TEXT_CHARS_MIN = 8;

/** What a part of a text must be to be decoded; code-parts.ts counts these signs. */
const HEX = /(?:[0-9a-fA-F]{2}[\s:,-]?){12,}/g;
const HEX_PREFIXED = /(?:(?:0x|\\x)[0-9a-fA-F]{2}[\s,;]{0,2}){6,}/g;
const BINARY = /(?:[01]{8}[\s,]{0,2}){6,}/g;
const DECIMAL = /(?:\d{2,3}[\s,]{1,2}){9,}\d{2,3}/g;
const MORSE = /(?:[.\-·−–]{1,6}[ /|]{1,4}){8,}[.\-·−–]{1,6}/g;
const ESCAPE = /&#x?[0-9a-f]{2,5};?|\\u00[0-9a-f]{2}|\\x[0-9a-f]{2}|%[2-7][0-9a-f]/gi;

/** Every encoding but escapes, of which a text has traces. */
export function decodeParts(source: string, traces: Traces): Piece[] {
  return [
    ...decodeBase64(source, traces.base64),
    ...decodeEach(source, traces.hex, HEX, "hex", textOfHex),
    ...decodeEach(source, traces.prefixedHex, HEX_PREFIXED, "hex", (run) => textOfHex(run.replaceAll(/0x|\\x/gi, " "))),
    ...decodeEach(source, traces.binary, BINARY, "character-codes", (run) => textOfCodes(run, /[01]{8}/g, 2)),
    ...decodeEach(source, traces.decimal, DECIMAL, "character-codes", (run) => textOfCodes(run, /\d+/g, 10)),
    ...decodeEach(source, traces.morse, MORSE, "morse", textOfMorse),
  ];
}

function decodeBase64(source: string, runs: readonly Part[]): Piece[] {
  const pieces: Piece[] = [];
  for (const { start, end } of runs.slice(0, PIECES_MAX)) {
    const padding = source[end] !== "=" ? 0 : source[end + 1] !== "=" ? 1 : 2;
    const text = textOfBase64(source.slice(start, Math.min(end, start + PIECE_CHARS_MAX)));
    if (isReadable(text)) pieces.push({ name: "base64", text, start, end: end + padding });
  }
  return pieces;
}

function textOfBase64(run: string): string {
  if (!/[A-Z]/.test(run) || !/[a-z]/.test(run)) return "";
  const standard = run.replaceAll("-", "+").replaceAll("_", "/");
  try {
    const binary = atob(standard.slice(0, standard.length - (standard.length % 4 === 1 ? 1 : 0)));
    const bytes = new Uint8Array(binary.length);
    for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
    return utf8(bytes);
  } catch {
    return "";
  }
}

function textOfHex(run: string): string {
  const digits = run.toLowerCase();
  const bytes = new Uint8Array(digits.length >> 1);
  let size = 0;
  for (let i = 0; i + 1 < digits.length; i++) {
    const high = HEX_DIGITS.indexOf(digits[i] ?? "");
    const low = HEX_DIGITS.indexOf(digits[i + 1] ?? "");
    if (high < 0 || low < 0) continue;
    bytes[size++] = high * 16 + low;
    i++;
  }
  return utf8(bytes.subarray(0, size));
}

/** Characters written as numbers. */
function textOfCodes(run: string, digits: RegExp, radix: number): string {
  return utf8(Uint8Array.from(run.match(digits) ?? [], (code) => Math.min(255, Number.parseInt(code, radix))));
}

function textOfMorse(run: string): string {
  return run
    .replaceAll(/[·]/g, ".")
    .replaceAll(/[−–]/g, "-")
    .split(/ *[/|] *| {2,}/)
    .map((word) =>
      word
        .split(" ")
        .map((letter) => MORSE_LETTERS[letter] ?? "")
        .join(""),
    )
    .join(" ");
}

/** The whole text with URL, HTML and string escapes resolved, where it has several (one suffices in HTML's decimal form). */
export function decodeEscapes(source: string): Piece[] {
  const all = source.match(ESCAPE);
  if (!all || (all.length < ESCAPES_MIN && !all.some((found) => found.startsWith("&#")))) return [];
  const text = source.replace(ESCAPE, (written) => {
    const digits = written.replace(/^(?:&#x|\\u|\\x|%)/i, "");
    const isDecimal = /^&#\d/.test(digits);
    const code = isDecimal ? Number.parseInt(digits.slice(2), 10) : Number.parseInt(digits, 16);
    return code > 0 && code < 0xd800 ? String.fromCharCode(code) : " ";
  });
  return [{ name: "escapes", text, start: 0, end: source.length }];
}

function decodeEach(source: string, parts: readonly Part[], pattern: RegExp, name: ViewName, decode: (run: string) => string): Piece[] {
  const pieces: Piece[] = [];
  let tried = 0;
  for (const part of parts)
    for (const match of source.slice(part.start, part.end).matchAll(pattern)) {
      if (++tried > PIECES_MAX) return pieces;
      const text = decode(match[0].slice(0, PIECE_CHARS_MAX));
      const start = part.start + match.index;
      if (isReadable(text)) pieces.push({ name, text, start, end: start + match[0].length });
    }
  return pieces;
}

/** Whether decoded bytes are words of some language rather than noise. */
function isReadable(text: string): boolean {
  if (text.length < TEXT_CHARS_MIN) return false;
  let readable = 0;
  let letters = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if ((unit >= 32 && unit < 127) || unit === 10 || unit === 9 || unit === 13 || (unit >= 0xa1 && unit < 0xfffd)) readable++;
    if (unit === 32 || (unit >= 65 && unit <= 90) || (unit >= 97 && unit <= 122) || (unit >= 0x370 && unit < 0xfffd)) letters++;
  }
  return readable >= READABLE_MIN * text.length && letters >= LETTERS_MIN * text.length;
}

function utf8(bytes: Uint8Array): string {
  return UTF8.decode(bytes);
}

const UTF8 = new TextDecoder();
const HEX_DIGITS = "0123456789abcdef";

const MORSE_LETTERS: Readonly<Record<string, string>> = Object.fromEntries(
  "a.- b-... c-.-. d-.. e. f..-. g--. h.... i.. j.--- k-.- l.-.. m-- n-. o--- p.--. q--.- r.-. s... t- u..- v...- w.-- x-..- y-.-- z--.. 0----- 1.---- 2..--- 3...-- 4....- 5..... 6-.... 7--... 8---.. 9----."
    .split(" ")
    .map((entry) => [entry.slice(1), entry.slice(0, 1)]),
);
