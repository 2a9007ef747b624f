import type { Piece } from "./normalise";

/** Encoded pieces that are tried in one text, per encoding; and the characters of one piece that are decoded. */
const PIECES_MAX = 24;
const PIECE_CHARS_MAX = 8_000;
/** Share of decoded characters that must be readable for the piece to count as text. */
const READABLE_MIN = 0.92;
const LETTERS_MIN = 0.6;
const TEXT_CHARS_MIN = 8;

const BASE64 = /(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{16,}={0,2}/g;
const HEX = /(?:[0-9a-fA-F]{2}[\s:,-]?){12,}/g;
const HEX_PREFIXED = /(?:(?:0x|\\x)[0-9a-fA-F]{2}[\s,;]{0,2}){6,}/g;
const BINARY = /(?:[01]{8}[\s,]{0,2}){6,}/g;
const DECIMAL = /(?:\d{2,3}[\s,]{1,2}){9,}\d{2,3}/g;
const MORSE = /(?:[.\-·−–]{1,6}[ /|]{1,4}){8,}[.\-·−–]{1,6}/g;
const ESCAPE = /&#x?[0-9a-f]{2,5};?|\\u00[0-9a-f]{2}|\\x[0-9a-f]{2}|%[2-7][0-9a-f]/gi;
const ESCAPES_MIN = 3;

export function decodeBase64(source: string): Piece[] {
  return decodeEach(source, BASE64, "base64", (run) => {
    if (!/[A-Z]/.test(run) || !/[a-z]/.test(run)) return "";
    const standard = run.replaceAll("-", "+").replaceAll("_", "/").replaceAll("=", "");
    try {
      return utf8(
        Uint8Array.from(atob(standard.slice(0, standard.length - (standard.length % 4 === 1 ? 1 : 0))), (char) => char.charCodeAt(0)),
      );
    } catch {
      return "";
    }
  });
}

export function decodeHex(source: string): Piece[] {
  const bytes = (run: string) => utf8(Uint8Array.from(run.match(/[0-9a-f]{2}/gi) ?? [], (pair) => Number.parseInt(pair, 16)));
  return [
    ...decodeEach(source, HEX, "hex", bytes),
    ...decodeEach(source, HEX_PREFIXED, "hex", (run) => bytes(run.replaceAll(/0x|\\x/gi, " "))),
  ];
}

/** Characters written as their codes: eight bits, or decimal ASCII. */
export function decodeCodes(source: string): Piece[] {
  const codes = (radix: number, digits: RegExp) => (run: string) =>
    utf8(Uint8Array.from(run.match(digits) ?? [], (code) => Math.min(255, Number.parseInt(code, radix))));
  return [
    ...decodeEach(source, BINARY, "character-codes", codes(2, /[01]{8}/g)),
    ...decodeEach(source, DECIMAL, "character-codes", codes(10, /\d+/g)),
  ];
}

export function decodeMorse(source: string): Piece[] {
  return decodeEach(source, MORSE, "morse", (run) =>
    run
      .replaceAll(/[·]/g, ".")
      .replaceAll(/[−–]/g, "-")
      .split(/ *[/|] *| {2,}/)
      .map((word) =>
        word
          .split(" ")
          .map((letter) => MORSE_LETTERS[letter] ?? "")
          .join(""),
      )
      .join(" "),
  );
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

function decodeEach(source: string, pattern: RegExp, name: Piece["name"], decode: (run: string) => string): Piece[] {
  const pieces: Piece[] = [];
  let tried = 0;
  for (const match of source.matchAll(pattern)) {
    if (++tried > PIECES_MAX) break;
    const text = decode(match[0].slice(0, PIECE_CHARS_MAX));
    if (isReadable(text)) pieces.push({ name, text, start: match.index, end: match.index + match[0].length });
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
  return new TextDecoder().decode(bytes);
}

const MORSE_LETTERS: Readonly<Record<string, string>> = Object.fromEntries(
  "a.- b-... c-.-. d-.. e. f..-. g--. h.... i.. j.--- k-.- l.-.. m-- n-. o--- p.--. q--.- r.-. s... t- u..- v...- w.-- x-..- y-.-- z--.. 0----- 1.---- 2..--- 3...-- 4....- 5..... 6-.... 7--... 8---.. 9----."
    .split(" ")
    .map((entry) => [entry.slice(1), entry.slice(0, 1)]),
);
