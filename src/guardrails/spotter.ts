import { ANY, BEGINNING_CHARS, type Beginning, beginningsOf } from "./first-letters";

// Bits are written out where they are used, for each character of each text: names would be read anew every time.

/** Ways for three code units to begin, five bits of each: the same for both cases of a Latin letter. */
const LATIN_BEGINNINGS = 2 ** 15;
const LATIN_LETTERS = 2 ** 5;

function withLatin(beginning: number, code: number): number {
  return ((beginning << 5) | (code & 31)) & 0x7fff;
}

/** Ways for two to begin, seven bits of each: Korean words are shorter, of more letters. */
const OTHER_BEGINNINGS = 2 ** 14;
const OTHER_LETTERS = 2 ** 7;

function pairOf(first: number, second: number): number {
  return (((first ^ (first >> 7)) & 127) << 7) | ((second ^ (second >> 7)) & 127);
}

const ASCII_MAX = 127;
/** A bit of the tables for each. */
const PATTERNS_MAX = 16;

/**
 * Looks at a text once for several patterns and tells where a match of each may begin, by the first letters that it can begin with. In prose that is one place
 * in a hundred; only there the pattern itself is asked.
 */
export class Spotter {
  /** By the bits of three code units, and of two of which one is not ASCII: a bit for each pattern. */
  readonly #latin = new Uint16Array(LATIN_BEGINNINGS);
  readonly #other = new Uint16Array(OTHER_BEGINNINGS);
  readonly #patterns: number;

  /** Throws a RangeError where there are more patterns than bits, or what one begins with cannot be told. */
  constructor(patterns: readonly RegExp[]) {
    if (patterns.length > PATTERNS_MAX) throw new RangeError(`At most ${PATTERNS_MAX} patterns can be looked for at once.`);
    this.#patterns = patterns.length;
    for (const [place, pattern] of patterns.entries()) for (const beginning of beginningsOf(pattern)) this.#add(beginning, 1 << place);
  }

  /** For each pattern, in their order, the places where a match may begin, in order. */
  spots(text: string): (readonly number[])[] {
    const spots: number[][] = new Array<number[]>(this.#patterns).fill(NOWHERE);
    const [latin, other, whole] = [this.#latin, this.#other, text.length - BEGINNING_CHARS + 1];
    let [first, second] = [codeAt(text, 0), codeAt(text, 1)];
    let beginning = withLatin(first, second);
    for (let at = 0; at < text.length; at++) {
      const third = at < whole ? text.charCodeAt(at + 2) : 0;
      beginning = withLatin(beginning, third);
      let bits = latin[beginning] ?? 0;
      if ((first | second) > 127) bits |= other[pairOf(first, second)] ?? 0;
      if (bits !== 0) note(spots, bits, at);
      first = second;
      second = third;
    }
    return spots;
  }

  /** The bits of the patterns, 1 for the first, of which a match may begin in [from, to). */
  within(text: string, from: number, to: number): number {
    const [latin, other] = [this.#latin, this.#other];
    let [first, second] = [codeAt(text, from), codeAt(text, from + 1)];
    let beginning = withLatin(first, second);
    let seen = 0;
    for (let at = from; at < to; at++) {
      const third = codeAt(text, at + 2);
      beginning = withLatin(beginning, third);
      seen |= latin[beginning] ?? 0;
      if ((first | second) > 127) seen |= other[pairOf(first, second)] ?? 0;
      first = second;
      second = third;
    }
    return seen;
  }

  #add(beginning: Beginning, bit: number): void {
    const [first, second] = [beginning.charAt(0) || ANY, beginning.charAt(1) || ANY];
    if (first.charCodeAt(0) <= ASCII_MAX && second.charCodeAt(0) <= ASCII_MAX) {
      for (const latin of latinBeginnings(beginning)) this.#latin[latin] = (this.#latin[latin] ?? 0) | bit;
      return;
    }
    for (const one of otherLetters(first))
      for (const two of otherLetters(second)) this.#other[pairOf(one, two)] = (this.#other[pairOf(one, two)] ?? 0) | bit;
  }
}

function latinBeginnings(beginning: Beginning): number[] {
  let all = [0];
  for (let depth = 0; depth < BEGINNING_CHARS; depth++) {
    const letter = beginning.charAt(depth) || ANY;
    if (letter !== ANY) all = all.map((before) => withLatin(before, letter.charCodeAt(0)));
    else all = all.flatMap((before) => Array.from({ length: LATIN_LETTERS }, (_, code) => withLatin(before, code)));
  }
  return all;
}

/** The code units that a letter stands for: of any, one for each way to keep its bits. */
function otherLetters(letter: string): number[] {
  if (letter === ANY) return Array.from({ length: OTHER_LETTERS }, (_, code) => code);
  const code = letter.charCodeAt(0);
  return code > ASCII_MAX ? [code] : [letter.toLowerCase().charCodeAt(0), letter.toUpperCase().charCodeAt(0)];
}

/** Shared by all patterns that begin nowhere: never written to. */
const NOWHERE: number[] = [];

function note(spots: number[][], bits: number, at: number): void {
  for (let place = 0; bits >> place > 0; place++) {
    if (((bits >> place) & 1) === 0) continue;
    const known = spots[place];
    if (known === undefined || known === NOWHERE) spots[place] = [at];
    else known.push(at);
  }
}

/** Zero behind the text's end, where a match may be shorter than a beginning: no pattern asks for it. */
function codeAt(text: string, at: number): number {
  return at < text.length ? text.charCodeAt(at) : 0;
}

/** What `text.matchAll` finds with the pattern, here sticky, that `spots` were looked up for. */
export function matchesAt(text: string, sticky: RegExp, spots: readonly number[]): Iterable<RegExpExecArray> {
  return spots.length === 0 ? [] : walk(text, sticky, spots);
}

function* walk(text: string, sticky: RegExp, spots: readonly number[]): Generator<RegExpExecArray> {
  let end = 0;
  for (const at of spots) {
    if (at < end) continue;
    sticky.lastIndex = at;
    const match = sticky.exec(text);
    if (!match) continue;
    end = at + match[0].length;
    yield match;
  }
}

/** Where the match of a sticky pattern at `at` ends; -1 where there is none. */
export function endOfMatch(text: string, sticky: RegExp, at: number): number {
  sticky.lastIndex = at;
  return sticky.test(text) ? sticky.lastIndex : -1;
}
