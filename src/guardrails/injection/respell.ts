import { latinStems } from "./concepts";
import { isWordUnit } from "./fold";
import type { Piece } from "./normalise";
import { once } from "./once";

/** Respelt tokens that a text needs before it is read again in plain spelling. */
const LEET_TOKENS_MIN = 2;
const SCRAMBLED_TOKENS_MIN = 2;
const ROT13_WORDS_MIN = 2;
const SPACED_CHARS_MIN = 6;
const SPACED_GAP_MAX = 3;
const STEM_CHARS_MAX = 14;
/** Letters set apart are joined up to here: normalise.ts keeps no more of a decoded view. The pattern below takes a longer run in parts. */
const JOINED_CHARS_MAX = 16_000;

const SPACED = /(?<![\p{L}\p{N}])[\p{L}\p{N}@$!](?:[ .\-_*|/,·~+]{1,3}[\p{L}\p{N}@$!](?![\p{L}\p{N}])){6,2000}/gu;
const SEPARATORS = /[ .\-_*|/,·~+]+/;
const SEPARATOR_SIGNS = " .-_*|/,·~+";
const LEET_TOKEN = /[a-z0-9@$!|+]{3,24}/g;
const LEET: Readonly<Record<string, string>> = {
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

/** Words that carry an attack in English, in full, for spellings that only whole words can undo. */
const CARRIERS =
  "ignore ignoring disregard forget previous instructions instruction system prompt reveal bypass restrictions restriction override password guidelines everything above safety secret hidden rules developer admin unrestricted jailbreak pretend repeat display print show output initial message following commands directives prior policy filters without respond confidential";
const COMMON =
  "the a an to of and or in on is are was be you your yours me my i it its this that all any as at by for from with without what now not no do does did will would can should must have has had been were they we he she his her their our about into out up down over under then than there here when where which who how why if so but only just please tell show give make write say said new old above below before after first last next one two";

const segmentWords = once(
  () => new Set([...latinStems(), ...CARRIERS.split(" "), ...COMMON.split(" ")].filter((word) => word.length > 1 || "ai".includes(word))),
);
/** How long the longest such word is, by its first two letters: most pairs begin none. */
const longestByPrefix = once(() => {
  const longest = new Map<string, number>();
  for (const word of segmentWords()) {
    const size = Math.min(STEM_CHARS_MAX, word.length);
    longest.set(word.slice(0, 2), Math.max(size, longest.get(word.slice(0, 2)) ?? 1));
  }
  return longest;
});
const carrierStems = once(() => new Set(latinStems().filter((stem) => stem.length >= 4)));
const scrambledKeys = once(
  () => new Map(CARRIERS.split(" ").flatMap((word) => (word.length >= 5 ? [[scrambleKey(word), word] as const] : []))),
);
const carriers = once(() => new Set(CARRIERS.split(" ")));
const rot13Words = once(
  () => new Set([...CARRIERS.split(" ").filter((word) => word.length >= 4), "the", "and", "all", "your", "you", "tell", "what"].map(rot13)),
);
const reversedWords = once(() => new Set(CARRIERS.split(" ").flatMap((word) => (word.length >= 6 ? [reverse(word)] : []))));
const KOREAN_REVERSED = /시무.{0,12}(?:시지|령명|칙규|침지)|트프롬프|템스시/;

/** "i g n o r e   a l l": letters set apart, joined; wider gaps are word breaks, otherwise a run is parted by a small dictionary. */
export function joinSpaced(source: string): Piece[] {
  if (!mayBeSpaced(source)) return [];
  const pieces: Piece[] = [];
  let text = "";
  let end = 0;
  let start = -1;
  for (const match of source.matchAll(SPACED)) {
    const run = match[0];
    const { words, breaks } = wordsOfRun(run);
    if (words.join("").length < SPACED_CHARS_MIN) continue;
    if (start < 0) start = match.index;
    text += `${source.slice(end === 0 ? Math.max(0, match.index - 80) : end, match.index)}${words.map((one) => (breaks ? one : partWords(one.toLowerCase()))).join(" ")}`;
    end = match.index + run.length;
    if (text.length >= JOINED_CHARS_MAX) break;
  }
  if (start >= 0) pieces.push({ name: "spaced-letters", text: `${text}${source.slice(end, end + 200)}`, start, end });
  return pieces;
}

/** The letters of a run, without what sets them apart; a gap wider than the narrowest ends a word. */
function wordsOfRun(run: string): { words: string[]; breaks: boolean } {
  const letters = run.split(SEPARATORS);
  const gaps: number[] = [];
  let narrow = SPACED_GAP_MAX;
  let at = 0;
  for (const letter of letters.slice(0, -1)) {
    const from = at + letter.length;
    at = from + 1;
    while (SEPARATOR_SIGNS.includes(run[at] ?? "a")) at++;
    gaps.push(at - from);
    narrow = Math.min(narrow, at - from);
  }
  const words: string[] = [];
  let word = "";
  letters.forEach((letter, index) => {
    word += letter;
    if ((gaps[index] ?? 0) <= narrow) return;
    words.push(word);
    word = "";
  });
  words.push(word);
  return { words, breaks: words.length > 1 };
}

/** A cheap look for a run of single letters, which few texts have. */
function mayBeSpaced(source: string): boolean {
  let singles = 0;
  let letters = 0;
  let gap = 0;
  for (let i = 0; i <= source.length; i++) {
    const unit = i < source.length ? source.charCodeAt(i) : 32;
    if ((unit >= 64 && unit <= 90) || unit === 33 || unit === 36 || isWordUnit(unit)) {
      letters++;
      gap = 0;
      continue;
    }
    if (letters > 0) singles = letters === 1 ? singles + 1 : 0;
    letters = 0;
    if (++gap > SPACED_GAP_MAX) singles = 0;
    if (singles > SPACED_CHARS_MIN) return true;
  }
  return false;
}

/** The text with digits and signs read as letters, where several of its words become carriers that way: "1gn0r3 pr3v10us". */
export function readLeet(text: string, sourceLength: number): Piece[] {
  let hits = 0;
  const stems = carrierStems();
  const plain = text.replace(LEET_TOKEN, (token) => {
    if (!/[0-9@$!|+]/.test(token) || !/[a-z]/.test(token)) return token;
    const asI = token.replace(/[0-9@$!|+]/g, (sign) => LEET[sign] ?? sign);
    const asL = token.replace(/[0-9@$!|+]/g, (sign) => (sign === "1" || sign === "!" ? "l" : (LEET[sign] ?? sign)));
    const best = startsWithStem(asI, stems) ? asI : startsWithStem(asL, stems) ? asL : "";
    if (best !== "") hits++;
    return best === "" ? asI : best;
  });
  return hits >= LEET_TOKENS_MIN ? [{ name: "leet", text: plain, start: 0, end: sourceLength }] : [];
}

/** The text with carriers put right whose inner letters had been shuffled: "ignroe all prevoius". */
export function unscramble(text: string, sourceLength: number): Piece[] {
  let hits = 0;
  const keys = scrambledKeys();
  const known = carriers();
  const plain = text.replace(/[a-z]{5,14}/g, (word) => {
    const right = keys.get(scrambleKey(word));
    if (right === undefined || known.has(word)) return word;
    hits++;
    return right;
  });
  return hits >= SCRAMBLED_TOKENS_MIN ? [{ name: "scrambled", text: plain, start: 0, end: sourceLength }] : [];
}

export function readRot13(text: string, sourceLength: number): Piece[] {
  const words = rot13Words();
  let hits = 0;
  for (const match of text.matchAll(/[a-z]{3,14}/g)) if (words.has(match[0]) && ++hits >= ROT13_WORDS_MIN) break;
  return hits >= ROT13_WORDS_MIN ? [{ name: "rot13", text: rot13(text), start: 0, end: sourceLength }] : [];
}

/** The text read from its end, and word by word, where that makes carriers. */
export function readReversed(text: string, sourceLength: number): Piece[] {
  const words = reversedWords();
  let isReversed = KOREAN_REVERSED.test(text);
  if (!isReversed)
    for (const match of text.matchAll(/[a-z]{6,14}/g))
      if (words.has(match[0])) {
        isReversed = true;
        break;
      }
  if (!isReversed) return [];
  const eachWord = text.split(" ").map(reverse).join(" ");
  return [reverse(text), eachWord].map((read) => ({ name: "reversed", text: read, start: 0, end: sourceLength }));
}

export function rot13(text: string): string {
  return text.replace(/[a-z]/g, (letter) => String.fromCharCode(((letter.charCodeAt(0) - 97 + 13) % 26) + 97));
}

function reverse(text: string): string {
  return [...text].reverse().join("");
}

function startsWithStem(word: string, stems: ReadonlySet<string>): boolean {
  for (let size = Math.min(word.length, STEM_CHARS_MAX); size >= 4; size--) if (stems.has(word.slice(0, size))) return true;
  return false;
}

/** First letter, last letter, and the letters between in any order, as one number. */
function scrambleKey(word: string): number {
  const last = word.length - 1;
  let inner = last;
  for (let i = 1; i < last; i++) inner += Math.imul(word.charCodeAt(i), 0x9e3779b1) >>> 12;
  return ((word.charCodeAt(0) - 97) * 26 + word.charCodeAt(last) - 97) * 2 ** 27 + (inner & (2 ** 27 - 1));
}

/** Parts a run of letters at the longest dictionary words; what fits none stays with its neighbours. */
function partWords(run: string): string {
  if (!/^[a-z0-9@$!]+$/.test(run)) return run;
  const plain = run.replace(/[013457@$!]/g, (sign) => LEET[sign] ?? sign);
  const words = segmentWords();
  const longest = longestByPrefix();
  let parted = "";
  for (let i = 0; i < plain.length; ) {
    let size = Math.min(longest.get(plain.slice(i, i + 2)) ?? 1, plain.length - i);
    while (size > 1 && !words.has(plain.slice(i, i + size))) size--;
    parted += size > 1 ? ` ${plain.slice(i, i + size)}` : plain[i];
    i += size;
  }
  return parted.trim();
}
