import type { Alignment, MatchKind } from "./align";
import { roleChanges } from "./order";
import type { Reading, Token } from "./reading";
import { leftTokens, prepositionChanges, slotChanges, softVetoOf, tensesDiffer } from "./vetoes";

/** Names of the features, in the order of the vector and of the learned weights. */
export const FEATURE_NAMES = [
  "bias",
  "clean",
  "left weight a",
  "left weight b",
  "left share a",
  "left share b",
  "left share max",
  "left weight min",
  "left both sides",
  "left heavy count",
  "left light count",
  "left rare letters",
  "slot changes",
  "role changes",
  "tense differs",
  "preposition changes",
  "synonym share",
  "typo share",
  "derived share",
  "joined share",
  "length log",
  "length ratio",
  "cosine",
  "cosine squared",
  "adjacent share",
  "same order share",
  "glue difference",
  "list difference",
  "question first",
  "statement",
  "korean",
  "korean left",
  "korean cosine",
  "long and few left",
  "negated",
  "numbers",
  "names",
  "short and left",
] as const;

const LONG_TOKENS_MIN = 9;
const HEAVY = 0.5;

/** The features of an aligned pair that passed the hard rules; `similarity` is the cosine of the lexical embeddings. */
export function pairFeatures(a: Reading, b: Reading, alignment: Alignment, similarity: number): number[] {
  const [leftA, leftB] = [weightOf(a, alignment.leftA), weightOf(b, alignment.leftB)];
  const left = leftTokens(a, b, alignment);
  const totalA = Math.max(1, weightOf(a, [...a.tokens.keys()]));
  const totalB = Math.max(1, weightOf(b, [...b.tokens.keys()]));
  const matched = Math.max(1, alignment.matches.length);
  const share = (kind: MatchKind) => alignment.matches.filter((match) => match.kind === kind).length / matched;
  const size = Math.min(a.tokens.length, b.tokens.length);
  const korean = a.language === "korean" ? 1 : 0;
  const shareMax = Math.max(leftA / totalA, leftB / totalB);
  const clean = softVetoOf(a, b, alignment) === undefined && leftA + leftB <= CLEAN_LEFT_MAX;
  const has = (kind: Token["kind"]) => (a.tokens.some((token) => token.kind === kind) ? 1 : 0);
  const heavy = left.filter((token) => token.weight > HEAVY);
  const adjacent = adjacency(alignment);
  return [
    1,
    clean ? 1 : 0,
    Math.min(leftA, 6),
    Math.min(leftB, 6),
    leftA / totalA,
    leftB / totalB,
    shareMax,
    Math.min(leftA, leftB, 4),
    leftA > HEAVY && leftB > HEAVY ? 1 : 0,
    Math.min(heavy.length, 8),
    Math.min(left.length - heavy.length, 6),
    Math.min(heavy.reduce((sum, token) => sum + token.key.length, 0) / 10, 5),
    Math.min(slotChanges(a, b, alignment), 4),
    Math.min(roleChanges(a, b, alignment), 4),
    tensesDiffer(a, b) ? 1 : 0,
    Math.min(prepositionChanges(a, b, alignment), 3),
    share("synonym"),
    share("typo"),
    share("derived"),
    share("joined"),
    Math.log(1 + size),
    size / Math.max(1, a.tokens.length, b.tokens.length),
    similarity,
    similarity * similarity,
    adjacent.kept,
    adjacent.ordered,
    glueDifference(a, b),
    Math.min(Math.abs(a.ands - b.ands) + Math.abs(a.ors - b.ors), 3),
    has("question"),
    has("question") === 0 && size >= LONG_TOKENS_MIN ? 1 : 0,
    korean,
    korean * shareMax,
    korean * similarity,
    size >= LONG_TOKENS_MIN && shareMax < 0.25 ? 1 : 0,
    a.negations > 0 ? 1 : 0,
    has("number"),
    has("name"),
    size <= 4 && heavy.length > 0 ? 1 : 0,
  ];
}

/** Two light words may be left over in a pair that needs no further evidence. */
export const CLEAN_LEFT_MAX = 0.75;

function weightOf(reading: Reading, at: readonly number[]): number {
  return at.reduce((sum, index) => sum + (reading.tokens[index]?.weight ?? 0), 0);
}

/** Shares of neighbouring matches that are neighbours, and that stand in the same order, in the other text too. */
function adjacency(alignment: Alignment): { kept: number; ordered: number } {
  const pairs = Math.max(1, alignment.matches.length - 1);
  let kept = 0;
  let ordered = 0;
  for (const [index, match] of alignment.matches.entries()) {
    const previous = alignment.matches[index - 1];
    if (previous === undefined) continue;
    if (match.b === previous.b + 1) kept++;
    if (match.b > previous.b) ordered++;
  }
  return { kept: kept / pairs, ordered: ordered / pairs };
}

function glueDifference(a: Reading, b: Reading): number {
  const rest = [...b.glue];
  let shared = 0;
  for (const word of a.glue) {
    const at = rest.indexOf(word);
    if (at >= 0) {
      rest.splice(at, 1);
      shared++;
    }
  }
  return 1 - (2 * shared + 1) / (a.glue.length + b.glue.length + 1);
}
