import { lexiconTrie } from "./concepts";
import { childOf } from "./stem-trie";
import { textOf, unitsOf } from "./units";

/** "1gn0r3 4ll": digits and signs in place of letters. */

/** What each stands for; "1" and "!" may be an l as well. */
export const LEET: Readonly<Record<string, string>> = {
  "0": "o",
  "1": "i",
  "2": "z",
  "3": "e",
  "4": "a",
  "5": "s",
  "6": "g",
  "7": "t",
  "8": "b",
  "9": "g",
  "@": "a",
  $: "s",
  "!": "i",
  "|": "l",
  "+": "t",
};

/** A longer run of letters, digits and signs is read in parts, a shorter one or the rest of one not at all. */
const TOKEN_UNITS_MAX = 24;
const TOKEN_UNITS_MIN = 3;
const STEM_UNITS_MIN = 4;
const STEM_UNITS_MAX = 14;
const SIGN = /[0-9@$!|+]/g;

/** The letter for each ASCII unit that is one or may stand for one, otherwise 0; with "1" as an i, and as an l. */
const AS_I = Uint8Array.from({ length: 128 }, (_, unit) => letterOf(String.fromCharCode(unit)).charCodeAt(0));
const AS_L = AS_I.map((letter, unit) => ("1!".includes(String.fromCharCode(unit)) ? "l".charCodeAt(0) : letter));

/** Whether at least so many words of a folded text become words that carry attacks once digits and signs are read as letters. */
export function hasLeetCarriers(text: string, wordsMin: number): boolean {
  let carriers = 0;
  eachMixedToken(text, (start, end) => {
    if (alphabetOf(text, start, end) !== undefined) carriers++;
  });
  return carriers >= wordsMin;
}

/** The text with digits and signs read as letters wherever letters stand beside them. */
export function readLeet(text: string): string {
  const units = unitsOf(text);
  eachMixedToken(text, (start, end) => {
    const alphabet = alphabetOf(text, start, end) ?? AS_I;
    for (let i = start; i < end; i++) units[i] = alphabet[units[i] ?? 0] ?? 0;
  });
  return textOf(units, units.length);
}

/** The reading that makes a token a word that carries attacks. */
function alphabetOf(text: string, start: number, end: number): Uint8Array | undefined {
  if (beginsCarrier(text, start, end, AS_I)) return AS_I;
  return beginsCarrier(text, start, end, AS_L) ? AS_L : undefined;
}

/** Whether a token in that alphabet begins with a stem of the lexicon, neither very short nor very long. */
function beginsCarrier(text: string, start: number, end: number, alphabet: Uint8Array): boolean {
  const lexicon = lexiconTrie();
  const most = Math.min(end, start + STEM_UNITS_MAX);
  let node = lexicon.first[alphabet[text.charCodeAt(start)] ?? 0] ?? 0;
  for (let i = start + 1; node !== 0; i++) {
    if (i - start >= STEM_UNITS_MIN && ((lexicon.open[node] ?? 0) | (lexicon.closed[node] ?? 0)) !== 0) return true;
    node = i < most ? childOf(lexicon, node, alphabet[text.charCodeAt(i)] ?? 0) : 0;
  }
  return false;
}

/** Calls `visit` with every token that has letters as well as digits or signs. */
function eachMixedToken(text: string, visit: (start: number, end: number) => void): void {
  SIGN.lastIndex = 0;
  while (SIGN.test(text)) {
    let start = SIGN.lastIndex - 1;
    let runEnd = SIGN.lastIndex;
    while (start > 0 && isTokenUnit(text.charCodeAt(start - 1))) start--;
    while (runEnd < text.length && isTokenUnit(text.charCodeAt(runEnd))) runEnd++;
    for (; runEnd - start >= TOKEN_UNITS_MIN; start += TOKEN_UNITS_MAX) {
      const end = Math.min(runEnd, start + TOKEN_UNITS_MAX);
      if (isMixed(text, start, end)) visit(start, end);
    }
    SIGN.lastIndex = runEnd;
  }
}

function isMixed(text: string, start: number, end: number): boolean {
  let letters = 0;
  for (let i = start; i < end; i++) {
    const unit = text.charCodeAt(i);
    if (AS_I[unit] === unit) letters++;
  }
  return letters > 0 && letters < end - start;
}

function isTokenUnit(unit: number): boolean {
  return unit < 0x80 && AS_I[unit] !== 0;
}

function letterOf(sign: string): string {
  return /[a-z]/.test(sign) ? sign : (LEET[sign] ?? "\0");
}
