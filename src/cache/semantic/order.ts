import type { Alignment, Match } from "./align";
import { englishLexicon } from "./lexicon";
import type { Reading, Token } from "./reading";

/** Lighter words may stand anywhere, and so may "best": "which laptop is best" asks for the best laptop. */
const WEIGHT_MIN = 0.5;
const FREE_WORDS = /^(?:good|best)$/;
/** Words other than names that may change places around a relation that holds both ways. */
const EXCHANGED_WORDS_MAX = 2;

/**
 * How many times the order of words changed in a way that changes who does what to whom. Allowed are a phrase that moves with its preposition from one
 * end of the text to the other ("for Python, which editor …"), neighbours in a list joined by "and" or "or", and the two sides of a relation that
 * holds both ways ("married to").
 */
export function roleChanges(a: Reading, b: Reading, alignment: Alignment): number {
  const isBound = (token: Token | undefined) => token !== undefined && token.weight >= WEIGHT_MIN && !FREE_WORDS.test(token.key);
  const matches = alignment.matches.filter((match) => match.kind !== "joined" && isBound(a.tokens[match.a]));
  if (a.language === "korean")
    return (
      matches.filter((match) => caseSwapped(a, b, match)).length +
      headChanges(
        a,
        b,
        matches.filter((match) => a.tokens[match.a]?.kind !== "question"),
      )
    );
  const targets = matches.map((match) => match.b);
  const ranks = targets.toSorted((x, y) => x - y);
  const moved = matches.filter((match, rank) => ranks[rank] !== match.b);
  if (moved.length === 0 || bothWays(a, b, moved)) return 0;
  let changes = 0;
  for (let index = 1; index < matches.length; index++) {
    if ((targets[index] ?? 0) > (targets[index - 1] ?? 0)) continue;
    const first = matches.slice(runBefore(targets, index), index);
    const second = matches.slice(index, runAfter(targets, index));
    if (!isListSwap(a, b, first, second) && !isAdverbialMove(a, b, first, second)) changes++;
  }
  return changes;
}

/** The start of the ascending run that ends before `index`. */
function runBefore(targets: readonly number[], index: number): number {
  let start = index - 1;
  while (start > 0 && (targets[start - 1] ?? 0) < (targets[start] ?? 0) && (targets[start - 1] ?? 0) > (targets[index] ?? 0)) start--;
  return start;
}

/** The end (exclusive) of the ascending run that starts at `index`. */
function runAfter(targets: readonly number[], index: number): number {
  let end = index + 1;
  while (end < targets.length && (targets[end] ?? 0) > (targets[end - 1] ?? 0) && (targets[end] ?? 0) < (targets[index - 1] ?? 0)) end++;
  return end;
}

/** Two names, or two words, that stand on the two sides of a relation such as "married to" in both texts, each the whole of its phrase. */
function bothWays(a: Reading, b: Reading, moved: readonly Match[]): boolean {
  const names = moved.every((match) => tokenAt(a, match.a)?.kind === "name");
  if (!names && moved.length > EXCHANGED_WORDS_MAX) return false;
  const stands = (reading: Reading, places: readonly number[]) => {
    const [from, to] = [Math.min(...places), Math.max(...places)];
    const relates = (token: Token) => isSymmetric(token);
    return (
      reading.tokens.slice(Math.max(0, from - 1), to).some(relates) &&
      places.every((at) => places.includes(at + 1) || endsPhrase(reading, at))
    );
  };
  return (
    stands(
      a,
      moved.map((match) => match.a),
    ) &&
    stands(
      b,
      moved.map((match) => match.b),
    )
  );
}

function endsPhrase(reading: Reading, at: number): boolean {
  const next = tokenAt(reading, at + 1);
  return next === undefined || next.governor !== "" || next.link !== "" || isSymmetric(next);
}

function isSymmetric(token: Token): boolean {
  return token.key === "?difference" || englishLexicon().symmetric.has(token.key);
}

/** "A and B" for "B and A": each block directly behind the other, joined by "and", "or" or a comma in both texts. */
function isListSwap(a: Reading, b: Reading, first: readonly Match[], second: readonly Match[]): boolean {
  const [headA, headB] = [tokenAt(a, second[0]?.a), tokenAt(b, first[0]?.b)];
  if (headA === undefined || headB === undefined || headA.link === "" || headB.link === "") return false;
  const [endB, startB] = [second.at(-1)?.b ?? 0, first[0]?.b ?? 0];
  const [endA, startA] = [first.at(-1)?.a ?? 0, second[0]?.a ?? 0];
  return startA - endA <= 2 && startB - endB <= 2;
}

/** A phrase that opens with a preposition, "when" or an owner, at one end of `a` and at the other end of `b`; nothing else changed its preposition. */
function isAdverbialMove(a: Reading, b: Reading, first: readonly Match[], second: readonly Match[]): boolean {
  const movable = (block: readonly Match[], atStart: boolean) => {
    const [head, tail] = [block[0], block.at(-1)];
    if (head === undefined || tail === undefined || !opensPhrase(a, b, head)) return false;
    return atStart ? head.a === 0 && tail.b === b.tokens.length - 1 : tail.a === a.tokens.length - 1 && head.b === 0;
  };
  return (movable(first, true) && isSteady(a, b, second)) || (movable(second, false) && isSteady(a, b, first));
}

function opensPhrase(a: Reading, b: Reading, match: Match): boolean {
  const [mine, theirs] = [tokenAt(a, match.a), tokenAt(b, match.b)];
  if (mine === undefined || theirs === undefined) return false;
  return (mine.governor !== "" && mine.governor !== "than" && mine.governor === theirs.governor) || mine.key === "?when";
}

/** Whether no word of a block changed its preposition. */
function isSteady(a: Reading, b: Reading, block: readonly Match[]): boolean {
  return block.every((match) => tokenAt(a, match.a)?.governor === tokenAt(b, match.b)?.governor);
}

/** A noun that was the subject and is now the object, or the giver and now the receiver. */
function caseSwapped(a: Reading, b: Reading, match: Match): boolean {
  const [mine, theirs] = [tokenAt(a, match.a)?.governor ?? "", tokenAt(b, match.b)?.governor ?? ""];
  return mine !== theirs && mine !== "" && theirs !== "" && !(a.symmetric && b.symmetric);
}

/** Korean words carry their part in a particle and may move; what has none must stay before the same word: "한국 사람이 일본 사람보다". */
function headChanges(a: Reading, b: Reading, matches: readonly Match[]): number {
  const inB = matches.toSorted((x, y) => x.b - y.b);
  if (inB.every((match, at) => match === matches[at])) return 0;
  const follower = (list: readonly Match[], match: Match) => list[list.indexOf(match) + 1];
  return matches.filter(
    (match) =>
      tokenAt(a, match.a)?.governor === "" && tokenAt(b, match.b)?.governor === "" && follower(matches, match) !== follower(inB, match),
  ).length;
}

function tokenAt(reading: Reading, at: number | undefined): Token | undefined {
  return at === undefined ? undefined : reading.tokens[at];
}
