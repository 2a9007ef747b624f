import { type Alignment, align } from "./align";
import { cosine, embedReading } from "./embed-lexical";
import { codeOf } from "./literals";
import { readText } from "./read-text";
import type { Reading } from "./reading";
import { mainScript } from "./text";
import { isOneSlip } from "./typing-slip";
import { hardVetoOf, softVetoOf } from "./vetoes";

/**
 * How much may differ in a hit. "strict": form, word forms and set phrases. "balanced": synonyms, typing errors and words that say little as well.
 * "lenient": also one word of weight that only one of the texts has.
 */
export type VerifySetting = "balanced" | "strict" | "lenient";

/** Whether the answer to one question is right for another. */
export interface PairVerdict {
  /** Cosine of the two lexical embeddings, -1 to 1; 1 for identical texts. */
  similarity: number;
  same: boolean;
  /** "same", or what differs. Never holds text from the questions. */
  reason: string;
}

/** What a setting allows. Weights: an ordinary word is 1, one that hardly narrows a question about a third. */
export interface Allowance {
  similarityMin: number;
  /** Weight of the words without a counterpart, in the text that has more of it. */
  leftWeightMax: number;
  /** The same, in the text that has less. */
  otherLeftWeightMax: number;
  /** Share of matched words that are matched by the lexicon or as typing errors only. */
  looseShareMax: number;
}

export const ALLOWANCES: Readonly<Record<VerifySetting, Allowance>> = {
  strict: { similarityMin: 0.55, leftWeightMax: 0, otherLeftWeightMax: 0, looseShareMax: 0 },
  balanced: { similarityMin: 0.25, leftWeightMax: 0.75, otherLeftWeightMax: 0.4, looseShareMax: 0.7 },
  lenient: { similarityMin: 0.2, leftWeightMax: 1.4, otherLeftWeightMax: 0.4, looseShareMax: 0.8 },
};

/** Longer texts are compared for equality only: a paraphrase of a whole document is not for rules to judge. */
const CHARACTERS_COMPARED_MAX = 4_000;
/** Words of weight; the comparison takes time in proportion to the product of both counts. */
const WORDS_COMPARED_MAX = 160;

/** What the rules found, before a setting is applied. */
export type Examined =
  | { kind: "equal"; similarity: number }
  | { kind: "vetoed"; similarity: number; reason: string }
  | { kind: "open"; similarity: number; leftWeight: number; otherLeftWeight: number; looseShare: number };

/**
 * Would the answer to `a` be right for `b`? Each word of weight must have a counterpart: itself in another form, or a word or phrase that the lexicon
 * holds for the same; and numbers, names, code, quotes, negation, opposites, order, roles, tense, question type and instruction payload must agree.
 * English and Korean; other languages only when they differ in form alone.
 */
export function verifyPair(a: string, b: string, setting: VerifySetting): PairVerdict {
  if (a.normalize("NFC") === b.normalize("NFC")) return { similarity: 1, same: true, reason: "same" };
  if (Math.max(a.length, b.length) > CHARACTERS_COMPARED_MAX) return { similarity: 0, same: false, reason: "too long to compare" };
  const examined = examinePair(a, b);
  const reason = refusalOf(examined, ALLOWANCES[setting]);
  return { similarity: examined.similarity, same: reason === undefined, reason: reason ?? "same" };
}

/** Why a setting does not let an examined pair hit; undefined when it does. */
export function refusalOf(examined: Examined, allowance: Allowance): string | undefined {
  if (examined.kind === "equal") return undefined;
  if (examined.kind === "vetoed") return examined.reason;
  if (examined.leftWeight > allowance.leftWeightMax || examined.otherLeftWeight > allowance.otherLeftWeightMax) return "content differs";
  if (examined.looseShare > allowance.looseShareMax) return "wording differs";
  return examined.similarity < allowance.similarityMin ? "similarity too low" : undefined;
}

/** Applies the rules to two different texts. */
export function examinePair(a: string, b: string): Examined {
  const [mine, theirs] = [readText(a), readText(b)];
  const similarity = cosine(embedReading(mine), embedReading(theirs));
  const otherScript = mine.language === "english" && mainScript(a) !== mainScript(b);
  if (mine.language !== theirs.language || otherScript) return { kind: "vetoed", similarity, reason: "language differs" };
  const sameForm = mine.compact === theirs.compact || isOneSlip(a, b);
  if (sameForm && mine.payload === theirs.payload && codeOf(a).join("\n") === codeOf(b).join("\n")) return { kind: "equal", similarity };
  if (Math.max(mine.tokens.length, theirs.tokens.length) > WORDS_COMPARED_MAX)
    return { kind: "vetoed", similarity, reason: "too long to compare" };
  const alignment = align(mine, theirs);
  const reason =
    alignment.matches.length === 0 ? "content differs" : (hardVetoOf(mine, theirs, alignment) ?? softVetoOf(mine, theirs, alignment));
  if (reason !== undefined) return { kind: "vetoed", similarity, reason };
  const left = [weightOf(mine, alignment.leftA), weightOf(theirs, alignment.leftB)];
  return {
    kind: "open",
    similarity,
    leftWeight: Math.max(...left),
    otherLeftWeight: Math.min(...left),
    looseShare: looseShareOf(alignment),
  };
}

function weightOf(reading: Reading, at: readonly number[]): number {
  return at.reduce((sum, index) => sum + (reading.tokens[index]?.weight ?? 0), 0);
}

function looseShareOf({ matches }: Alignment): number {
  return matches.filter((match) => match.kind !== "same" && match.kind !== "joined").length / Math.max(1, matches.length);
}
