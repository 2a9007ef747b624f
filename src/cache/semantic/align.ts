import { koreanLexicon } from "./korean-reader";
import { englishLexicon } from "./lexicon";
import type { Reading, Token } from "./reading";

/** How two words were found to be the same. */
export type MatchKind = "same" | "synonym" | "typo" | "derived" | "joined";

export interface Match {
  a: number;
  b: number;
  kind: MatchKind;
}

/** Which words of two questions stand for each other, and which are left over. */
export interface Alignment {
  /** In the order of `a`. */
  matches: Match[];
  leftA: number[];
  leftB: number[];
  /** Pairs of left-over words that are opposites. */
  opposites: number;
}

/** Words shorter than this are never taken for typing errors of each other. */
const TYPO_LETTERS_MIN = 4;
const ROOT_LETTERS_MIN = 5;
/** Nouns that only look derived. */
const UNDERIVED =
  /^(?:depart|apart|state|compart|base|ele|seg|docu|monu|instru|invest)ment$|^(?:foundation|vocation|corporation|convention|session|passion|section|function|fraction|factor|question|region|religion|mission|commission)$/;
const JOINED_WORDS_MAX = 3;

export function align(a: Reading, b: Reading): Alignment {
  const matches: Match[] = [];
  const takenA = new Set<number>();
  const takenB = new Set<number>();
  const take = (at: number, to: number, kind: MatchKind) => {
    matches.push({ a: at, b: to, kind });
    takenA.add(at);
    takenB.add(to);
  };
  const stage = (kind: MatchKind, agrees: (x: Token, y: Token) => boolean) => {
    for (const [at, x] of a.tokens.entries()) {
      if (takenA.has(at)) continue;
      let best = -1;
      for (const [to, y] of b.tokens.entries())
        if (!takenB.has(to) && agrees(x, y) && (best < 0 || distance(a, b, at, to) < distance(a, b, at, best))) best = to;
      if (best >= 0) take(at, best, kind);
    }
  };
  stage("same", (x, y) => x.key === y.key);
  if (a.language === "korean") stage("same", (x, y) => isWord(x) && isWord(y) && formsOf(x).some((form) => formsOf(y).includes(form)));
  if (takenA.size < a.tokens.length && takenB.size < b.tokens.length) {
    const sets = a.language === "korean" ? koreanLexicon().synonyms : englishLexicon().synonyms;
    stage(
      "synonym",
      (x, y) => isWord(x) && isWord(y) && formsOf(x).some((form) => formsOf(y).some((other) => shares(sets.get(form), sets.get(other)))),
    );
    if (a.language === "english") stage("typo", (x, y) => isWord(x) && isWord(y) && isTypo(x.key, y.key));
  }
  const cancelled = doubleOpposites(a, b, takenA, takenB);
  for (const [at, to] of cancelled) take(at, to, "synonym");
  joinSplit(a, b, takenA, takenB, (at, to) => take(at, to, "joined"));
  joinSplit(b, a, takenB, takenA, (at, to) => take(to, at, "joined"));
  const opposites = cancelled.length > 0 ? 0 : oppositePairs(a, b, takenA, takenB).length;
  if (a.language === "english") stage("derived", (x, y) => x.kind === "word" && y.kind === "word" && isDerived(x.key, y.key));
  return {
    matches: matches.sort((x, y) => x.a - y.a),
    leftA: leftOf(a, takenA),
    leftB: leftOf(b, takenB),
    opposites,
  };
}

/** Whether two words are one slip of the fingers apart: two neighbouring letters swapped, or a letter doubled or not. */
export function isTypo(x: string, y: string): boolean {
  if (Math.min(x.length, y.length) < TYPO_LETTERS_MIN || Math.abs(x.length - y.length) > 1 || !/^[a-z]+$/.test(x + y)) return false;
  if (englishLexicon().confusable.has(`${x} ${y}`)) return false;
  let at = 0;
  while (at < x.length && x[at] === y[at]) at++;
  if (x.length === y.length) return x[at] === y[at + 1] && x[at + 1] === y[at] && x.slice(at + 2) === y.slice(at + 2);
  const [long, short] = x.length > y.length ? [x, y] : [y, x];
  return short.length >= 5 && long.slice(at + 1) === short.slice(at) && long[at] === long[at - 1] && !long.endsWith("ss");
}

/** Whether one word is the noun of the other: "explore" and "exploration". Endings that change the meaning (-er, -ist, -ic, -ity) do not count. */
function isDerived(x: string, y: string): boolean {
  const root = rootOf(x);
  return x !== y && root.length >= ROOT_LETTERS_MIN && root === rootOf(y);
}

function rootOf(word: string): string {
  return UNDERIVED.test(word) ? word : word.replace(/(?:ation|ion|ment|ness)$/, "").replace(/(?:ate|at|e|y|i)$/, "");
}

function formsOf(token: Token): readonly string[] {
  return [token.key, ...token.others];
}

function sidesOf<T>(token: Token | undefined, sides: ReadonlyMap<string, T[]>): T[] {
  return token === undefined ? [] : formsOf(token).flatMap((form) => sides.get(form) ?? []);
}

function isWord(token: Token): boolean {
  return token.kind === "word" || token.kind === "name";
}

function distance(a: Reading, b: Reading, at: number, to: number): number {
  const sameGovernor = a.tokens[at]?.governor === b.tokens[to]?.governor ? 0 : 0.05;
  return Math.abs(at / Math.max(1, a.tokens.length) - to / Math.max(1, b.tokens.length)) + sameGovernor;
}

function shares(x: readonly string[] | undefined, y: readonly string[] | undefined): boolean {
  return x !== undefined && y !== undefined && x.some((set) => y.includes(set));
}

function leftOf(reading: Reading, taken: ReadonlySet<number>): number[] {
  return [...reading.tokens.keys()].filter((at) => !taken.has(at));
}

function oppositePairs(a: Reading, b: Reading, takenA: ReadonlySet<number>, takenB: ReadonlySet<number>): [number, number][] {
  const sides = a.language === "korean" ? koreanLexicon().opposites : englishLexicon().opposites;
  const found: [number, number][] = [];
  for (const at of leftOf(a, takenA)) {
    const mine = sidesOf(a.tokens[at], sides);
    if (mine.length === 0) continue;
    const to = leftOf(b, takenB).find((other) =>
      sidesOf(b.tokens[other], sides).some((theirs) => mine.some(({ line, side }) => line === theirs.line && side !== theirs.side)),
    );
    if (to !== undefined) found.push([at, to]);
  }
  return found;
}

/** "less pessimistic" for "more optimistic": two opposites next to each other cancel out. */
function doubleOpposites(a: Reading, b: Reading, takenA: ReadonlySet<number>, takenB: ReadonlySet<number>): [number, number][] {
  const pairs = oppositePairs(a, b, takenA, takenB);
  const degree = pairs.find(([at]) => /^(?:more|less)$/.test(a.tokens[at]?.key ?? ""));
  const quality = pairs.find(([at, to]) => degree !== undefined && at === degree[0] + 1 && to === degree[1] + 1);
  return degree !== undefined && quality !== undefined ? [degree, quality] : [];
}

/** "web site" for "website", "해외 여행" for "해외여행". */
function joinSplit(
  apart: Reading,
  whole: Reading,
  takenApart: ReadonlySet<number>,
  takenWhole: ReadonlySet<number>,
  take: (apartAt: number, wholeAt: number) => void,
): void {
  for (const to of leftOf(whole, takenWhole)) {
    const word = whole.tokens[to]?.key ?? "";
    const start = leftOf(apart, takenApart).find(
      (at) => word.startsWith(apart.tokens[at]?.key ?? " ") && run(apart, at, takenApart, word) > 1,
    );
    if (start === undefined) continue;
    const length = run(apart, start, takenApart, word);
    for (let offset = 0; offset < length; offset++) take(start + offset, to);
  }
}

/** How many words from `at` on spell `word` when joined; 0 when none do. */
function run(reading: Reading, at: number, taken: ReadonlySet<number>, word: string): number {
  let joined = "";
  for (let length = 1; length <= JOINED_WORDS_MAX; length++) {
    const token = reading.tokens[at + length - 1];
    if (token === undefined || taken.has(at + length - 1)) return 0;
    joined += token.key;
    if (joined === word) return length;
  }
  return 0;
}
