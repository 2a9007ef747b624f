import { CARRIERS } from "./carriers";
import { hasLeetCarriers } from "./leet";
import { once } from "./once";
import { carrierOfScrambled, reverse, rot13, SCRAMBLED_UNITS_MIN } from "./respell";

/** Which respellings a text has enough words of to be read again in plain spelling. */
export interface Respellings {
  leet: boolean;
  /** Where words stand whose inner letters had been shuffled, and what they were; empty where they are too few. */
  scrambled: Respelt[];
  rot13: boolean;
  reversed: boolean;
}

export interface Respelt {
  start: number;
  end: number;
  word: string;
}

const LEET_WORDS_MIN = 2;
const SCRAMBLED_WORDS_MIN = 2;
const ROT13_WORDS_MIN = 2;
/** A longer run of letters is looked at in parts, a shorter one not at all. */
const WORD_UNITS_MAX = 14;
const WORD_UNITS_MIN = 3;
const REVERSED_UNITS_MIN = 6;
const KOREAN_REVERSED = /시무.{0,12}(?:시지|령명|칙규|침지)|트프롬프|템스시/;

const rot13Words = once(
  () => new Set([...CARRIERS.filter((word) => word.length >= 4), "the", "and", "all", "your", "you", "tell", "what"].map(rot13)),
);
const reversedWords = once(() => new Set(CARRIERS.filter((word) => word.length >= REVERSED_UNITS_MIN).map(reverse)));

/** Two small tables stand in front of the word lists, so that most words are turned away by a number that was made while reading them. */
const HASH_BITS = 12;
const FNV_OFFSET = 0x811c9dc5 | 0;
const FNV_PRIME = 0x01000193;
const listed = once(() => {
  const table = new Uint8Array(1 << HASH_BITS);
  for (const word of [...rot13Words(), ...reversedWords()]) {
    let hash = FNV_OFFSET;
    for (let i = 0; i < word.length; i++) hash = Math.imul(hash ^ word.charCodeAt(i), FNV_PRIME);
    table[hash >>> (32 - HASH_BITS)] = 1;
  }
  return table;
});
/** By first and last letter, which scrambling leaves in place. */
const scrambledEnds = once(() => {
  const table = new Uint8Array(32 * 32);
  for (const word of CARRIERS) table[endsOf(word.charCodeAt(0), word.charCodeAt(word.length - 1))] = 1;
  return table;
});

/** For a folded text. Linear in its length. */
export function respellingsIn(text: string): Respellings {
  const isListed = listed();
  const mayBeScrambled = scrambledEnds();
  const scrambled: Respelt[] = [];
  let rot13ed = 0;
  let reversed = 0;
  for (let i = 0; i < text.length; ) {
    const first = text.charCodeAt(i);
    if (!isLetter(first)) {
      i++;
      continue;
    }
    const start = i;
    let hash = FNV_OFFSET;
    let last = first;
    for (const most = Math.min(text.length, start + WORD_UNITS_MAX); i < most; i++) {
      const unit = text.charCodeAt(i);
      if (!isLetter(unit)) break;
      hash = Math.imul(hash ^ unit, FNV_PRIME);
      last = unit;
    }
    if (i - start < WORD_UNITS_MIN) continue;
    if (isListed[hash >>> (32 - HASH_BITS)] === 1) {
      const word = text.slice(start, i);
      if (rot13Words().has(word)) rot13ed++;
      if (reversedWords().has(word)) reversed++;
    }
    if (mayBeScrambled[endsOf(first, last)] !== 1 || i - start < SCRAMBLED_UNITS_MIN) continue;
    const word = carrierOfScrambled(text.slice(start, i));
    if (word !== undefined) scrambled.push({ start, end: i, word });
  }
  return {
    leet: hasLeetCarriers(text, LEET_WORDS_MIN),
    scrambled: scrambled.length >= SCRAMBLED_WORDS_MIN ? scrambled : [],
    rot13: rot13ed >= ROT13_WORDS_MIN,
    reversed: reversed > 0 || KOREAN_REVERSED.test(text),
  };
}

function isLetter(unit: number): boolean {
  return unit >= 97 && unit <= 122;
}

function endsOf(first: number, last: number): number {
  return (first & 31) * 32 + (last & 31);
}
