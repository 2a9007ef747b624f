import { COMPLEXITY_FEATURES, complexityFeatures } from "./complexity-features";
import { COMPLEXITY_WEIGHTS } from "./complexity-weights";
import { effortOf } from "./effort";
import { unpackRows, unpackSteps } from "./packed-weights";
import { addTerms, headAndTail } from "./terms";

/** Hash buckets of terms, as a power of two. */
export const COMPLEXITY_TERM_BITS = 14;
/** Longer prompts are read at their beginning and end, in UTF-16 code units. */
const READ_CHARS_MAX = 8000;

/** What scripts/train-complexity.ts writes. */
export interface PackedComplexity {
  /** Which hash buckets have a row in `evidence`. */
  kept: string;
  /** For each kept term how much it speaks for each subject, in steps of `evidenceStep` nats. */
  evidence: string;
  evidenceStep: number;
  /** How much more often the strong model than the weak one is right, for each subject. */
  gains: readonly number[];
  /** Weights of the features within a subject, and their constant, for multiple choice and for open questions. */
  choice: readonly number[];
  open: readonly number[];
  /** Which subjects are open questions. */
  isOpen: readonly (0 | 1)[];
  /** Bounds beyond which the features of open questions are not extrapolated. */
  least: readonly number[];
  most: readonly number[];
  /** Mean and standard deviation of the expected gain over the training prompts. */
  mean: number;
  spread: number;
}

/** The tables of a `PackedComplexity`, ready for use. */
export interface ComplexityModel extends Omit<PackedComplexity, "kept" | "evidence"> {
  rows: Int16Array;
  evidence: Int8Array;
}

/**
 * How likely it is that a prompt needs the strong model, from 0 to 1: the small model will do below a threshold, which is the dial between
 * cost and quality. The scale is about that of ranks: among prompts like those it was trained on, a share of 1 - t is above t.
 * Linear in the prompt up to a bound.
 */
export function judgeComplexity(prompt: string): number {
  shipped ??= unpackComplexity(COMPLEXITY_WEIGHTS);
  return complexityBy(shipped, prompt);
}

/** Unpacked at the first use: a Worker that never routes by complexity does not pay for it. */
let shipped: ComplexityModel | undefined;

export function unpackComplexity({ kept, evidence, ...rest }: PackedComplexity): ComplexityModel {
  return { ...rest, rows: unpackRows(kept, 1 << COMPLEXITY_TERM_BITS), evidence: unpackSteps(evidence) };
}

/** As `judgeComplexity`, by a given model. */
export function complexityBy(model: ComplexityModel, prompt: string): number {
  return 1 / (1 + Math.exp(-LOGISTIC_OF_NORMAL * ((expectedGain(model, prompt) - model.mean) / model.spread)));
}

/** The logistic function of this many standard deviations is within 0.01 of the normal distribution's. */
const LOGISTIC_OF_NORMAL = 1.702;

/** How much more likely the strong model is to be right than the weak one. */
export function expectedGain(model: ComplexityModel, prompt: string): number {
  const text = headAndTail(prompt, READ_CHARS_MAX);
  const terms = new Set<number>();
  addTerms(text, 0, COMPLEXITY_TERM_BITS, terms);
  const shares = subjectShares(model, terms);
  let gain = 0;
  for (let subject = 0; subject < shares.length; subject++) gain += (shares[subject] ?? 0) * (model.gains[subject] ?? 0);

  const features = complexityFeatures(text);
  if ((features[IS_CHOICE] ?? 0) > 0) return gain + weighed(model.choice, features);
  const learned =
    gain +
    weighed(
      model.open,
      features.map((value, at) => Math.max(model.least[at] ?? 0, Math.min(model.most[at] ?? 0, value))),
    );
  const familiar = shares.reduce((sum, share, subject) => sum + share * (model.isOpen[subject] ?? 0), 0);
  return familiar * learned + (1 - familiar) * (model.mean + model.spread * effortOf(features));
}

/** A constant stands behind the weights. */
function weighed(weights: readonly number[], features: Float64Array): number {
  return features.reduce((sum, value, at) => sum + (weights[at] ?? 0) * value, weights[features.length] ?? 0);
}

const IS_CHOICE = COMPLEXITY_FEATURES.indexOf("isChoice");

/** Naive Bayes, tempered because terms are not independent: how much of a prompt is about each subject. */
function subjectShares({ rows, evidence, evidenceStep, gains }: ComplexityModel, terms: ReadonlySet<number>): Float64Array {
  const shares = new Float64Array(gains.length);
  let found = 0;
  for (const term of terms) {
    const row = rows[term] ?? -1;
    if (row < 0) continue;
    found++;
    const start = row * shares.length;
    for (let subject = 0; subject < shares.length; subject++) shares[subject] = (shares[subject] ?? 0) + (evidence[start + subject] ?? 0);
  }
  const scale = (TEMPER * evidenceStep) / Math.sqrt(found + 1);
  let most = Number.NEGATIVE_INFINITY;
  for (const share of shares) most = Math.max(most, share);
  let total = 0;
  for (let at = 0; at < shares.length; at++) total += shares[at] = Math.exp(scale * ((shares[at] ?? 0) - most));
  return shares.map((share) => share / total);
}

/** Chosen by cross-validation (npm run eval:routing); from 1.8 to 3 it makes little difference. */
const TEMPER = 2;
