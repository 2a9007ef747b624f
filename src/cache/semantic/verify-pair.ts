import { type Alignment, align } from "./align";
import { cosine, embedLexical, KOREAN_SHARE_MIN } from "./embed-lexical";
import { readEnglish } from "./english-reader";
import { readKorean } from "./korean-reader";
import { codeOf } from "./literals";
import { CLEAN_LEFT_MAX, pairFeatures } from "./pair-features";
import { PAIR_WEIGHTS } from "./pair-weights";
import type { Reading } from "./reading";
import { hangulShare, mainScript } from "./text";
import { isOneSlip } from "./typing-slip";
import { hardVetoOf, leftTokens, softVetoOf } from "./vetoes";

/** How much evidence a hit needs. "strict" serves what differs in form only, "lenient" also likely paraphrases. */
export type VerifySetting = "balanced" | "strict" | "lenient";

/** Whether the answer to one question is right for another. */
export interface PairVerdict {
  /** Cosine of the two lexical embeddings, -1 to 1; 1 for identical texts. */
  similarity: number;
  same: boolean;
  /** "same", or what differs. Never holds text from the questions. */
  reason: string;
}

/** What a setting asks for: the least cosine, and the least probability by the learned scorer (for pairs of which each word is accounted for, and for others). */
export interface Thresholds {
  similarityMin: number;
  cleanScoreMin: number;
  looseScoreMin: number;
}

export const THRESHOLDS: Readonly<Record<VerifySetting, Thresholds>> = {
  lenient: { similarityMin: 0.3, cleanScoreMin: 0.3, looseScoreMin: 0.85 },
  balanced: { similarityMin: 0.4, cleanScoreMin: 0.5, looseScoreMin: 0.95 },
  strict: { similarityMin: 0.7, cleanScoreMin: 0.8, looseScoreMin: 1.1 },
};

/** Longer texts are compared for equality only: a paraphrase of a whole document is not for rules to judge. */
const CHARACTERS_COMPARED_MAX = 4_000;

/** What the rules found, before any threshold. */
export type Examined =
  | { kind: "equal" }
  | { kind: "vetoed"; reason: string }
  | { kind: "open"; features: number[]; clean: boolean; reason: string };

/**
 * Would the answer to `a` be right for `b`? Rules on numbers, names, code, quotes, negation, opposites, order, roles, tense, question type and instruction payload
 * first, then a learned scorer for what they leave open. English and Korean; other languages only when they differ in form alone.
 */
export function verifyPair(a: string, b: string, setting: VerifySetting): PairVerdict {
  if (a.normalize("NFC") === b.normalize("NFC")) return { similarity: 1, same: true, reason: "same" };
  if (Math.max(a.length, b.length) > CHARACTERS_COMPARED_MAX) return { similarity: 0, same: false, reason: "too long to compare" };
  const similarity = cosine(embedLexical(a), embedLexical(b));
  const examined = examinePair(a, b, similarity);
  if (examined.kind === "vetoed") return { similarity, same: false, reason: examined.reason };
  if (examined.kind === "equal") return { similarity, same: true, reason: "same" };
  const thresholds = THRESHOLDS[setting];
  if (similarity < thresholds.similarityMin) return { similarity, same: false, reason: "similarity too low" };
  const same = passes(examined, thresholds, PAIR_WEIGHTS);
  return { similarity, same, reason: same ? "same" : examined.reason };
}

/** Whether an open pair scores high enough; `weights` are an argument for cross-validation. */
export function passes(examined: Extract<Examined, { kind: "open" }>, thresholds: Thresholds, weights: readonly number[]): boolean {
  return scoreOf(examined.features, weights) >= (examined.clean ? thresholds.cleanScoreMin : thresholds.looseScoreMin);
}

export function scoreOf(features: readonly number[], weights: readonly number[]): number {
  return 1 / (1 + Math.exp(-features.reduce((sum, value, at) => sum + value * (weights[at] ?? 0), 0)));
}

/** Applies the rules to two different texts. */
export function examinePair(a: string, b: string, similarity: number): Examined {
  if (mainScript(a) !== mainScript(b)) return { kind: "vetoed", reason: "language differs" };
  const [mine, theirs] = [readingOf(a), readingOf(b)];
  if (mine.language !== theirs.language) return { kind: "vetoed", reason: "language differs" };
  const sameForm = mine.compact === theirs.compact || isOneSlip(a, b);
  if (sameForm && mine.payload === theirs.payload && codeOf(a).join("\n") === codeOf(b).join("\n")) return { kind: "equal" };
  const alignment = align(mine, theirs);
  const veto = hardVetoOf(mine, theirs, alignment);
  if (veto !== undefined) return { kind: "vetoed", reason: veto };
  const doubt = softVetoOf(mine, theirs, alignment);
  const clean = doubt === undefined && leftWeight(mine, theirs, alignment) <= CLEAN_LEFT_MAX;
  return { kind: "open", features: pairFeatures(mine, theirs, alignment, similarity), clean, reason: doubt ?? "content differs" };
}

export function readingOf(text: string): Reading {
  return hangulShare(text) >= KOREAN_SHARE_MIN ? readKorean(text) : readEnglish(text);
}

function leftWeight(a: Reading, b: Reading, alignment: Alignment): number {
  return leftTokens(a, b, alignment).reduce((sum, token) => sum + token.weight, 0);
}
