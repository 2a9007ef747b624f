import { fitRidge, type SparseRow } from "./fit-ridge.ts";
import type { AnsweredPrompt, Routing } from "./routing-data.ts";

type Packed = Parameters<Routing["unpackComplexity"]>[0];

/** Terms kept, by how much they tell about the subject. */
const TERMS_KEPT = 1200;
/** A term must be in this many prompts. */
const ROWS_OF_TERM_MIN = 3;
/** Strength of the prior of a term's frequency in a subject: its frequency over all, in terms. */
const PRIOR_TERMS = 1000;
/** Strength of the prior of a subject's gain: the gain over all, in prompts. */
const PRIOR_PROMPTS = 20;
/** Ridge penalties of the features within a subject. Multiple choice has little to read beyond its subject. */
const PENALTY_CHOICE = 100;
const PENALTY_OPEN = 1;
/** Share of the open questions beyond each bound of a feature. */
const BOUND = 0.01;
const EVIDENCE_STEPS = 31;
/** Share of the evidence that is not clipped. */
const EVIDENCE_KEPT = 0.999;

/**
 * Learns how much a strong model gains over a weak one. A single row says little (a gain is -1, 0 or 1), a subject's mean says more: so the
 * subject is recognized by its terms, its mean gain (drawn towards the mean over all) is the expectation, and the form of the prompt
 * corrects it within the subject.
 */
export function fitComplexity(routing: Routing, rows: readonly AnsweredPrompt[]): Packed {
  const gainOf = rows.map((row) => Number(row.strong) - Number(row.weak));
  const subjects = [...new Set(rows.map((row) => row.subject))].sort();
  const subjectOf = rows.map((row) => subjects.indexOf(row.subject));
  const gains = shrunkenMeans(gainOf, subjectOf, subjects.length);
  const termsOf = rows.map(({ prompt }) => {
    const terms = new Set<number>();
    routing.addTerms(prompt, 0, routing.COMPLEXITY_TERM_BITS, terms);
    return terms;
  });
  const topics = fitSubjects(termsOf, subjectOf, subjects.length, 1 << routing.COMPLEXITY_TERM_BITS, routing.DIGITS_OF_64);

  const features = rows.map(({ prompt }) => routing.complexityFeatures(prompt));
  const width = routing.COMPLEXITY_FEATURES.length;
  const isChoice = routing.COMPLEXITY_FEATURES.indexOf("isChoice");
  const residuals = gainOf.map((gain, at) => gain - (gains[subjectOf[at] ?? 0] ?? 0));
  const within = (choice: boolean, penalty: number): number[] => {
    const members = rows.map((_, at) => at).filter((at) => ((features[at]?.[isChoice] ?? 0) === 1) === choice);
    const { means, deviations } = describe(
      members.flatMap((at) => features[at] ?? []),
      width,
    );
    const matrix = members.map((at) => standardized(features[at] ?? new Float64Array(width), means, deviations));
    const targets = members.map((at) => residuals[at] ?? 0);
    const weights = fitRidge(matrix, targets, width + 1, (column) => (column < width ? penalty : 1));
    const scaled = means.map((_, at) => (weights[at] ?? 0) / (deviations[at] ?? 1) / Math.sqrt(width));
    const constant = (weights[width] ?? 0) - scaled.reduce((sum, weight, at) => sum + weight * (means[at] ?? 0), 0);
    return [...scaled, constant].map(short);
  };
  const isOpenSubject = (subject: number) => {
    const members = features.filter((_, at) => subjectOf[at] === subject);
    return members.filter((row) => row[isChoice] === 0).length * 2 > members.length;
  };
  const openRows = features.filter((row) => row[isChoice] === 0);
  const { least, most } = describe(openRows, width);
  const packed: Packed = {
    ...topics,
    gains: gains.map(short),
    choice: within(true, PENALTY_CHOICE),
    open: within(false, PENALTY_OPEN),
    isOpen: subjects.map((_, subject) => (isOpenSubject(subject) ? 1 : 0)),
    least: least.map((value) => Math.floor(value * 100) / 100),
    most: most.map((value) => Math.ceil(value * 100) / 100),
    mean: 0,
    spread: 1,
  };
  const model = routing.unpackComplexity(packed);
  const expected = rows.map(({ prompt }) => routing.expectedGain(model, prompt));
  const mean = expected.reduce((sum, value) => sum + value, 0) / expected.length;
  const variance = expected.reduce((sum, value) => sum + (value - mean) ** 2, 0) / expected.length;
  return { ...packed, mean: short(mean), spread: short(Math.sqrt(variance)) };
}

function shrunkenMeans(values: readonly number[], classOf: readonly number[], classes: number): number[] {
  const overall = values.reduce((sum, value) => sum + value, 0) / values.length;
  const sums = new Array<number>(classes).fill(PRIOR_PROMPTS * overall);
  const counts = new Array<number>(classes).fill(PRIOR_PROMPTS);
  for (const [at, value] of values.entries()) {
    const group = classOf[at] ?? 0;
    sums[group] = (sums[group] ?? 0) + value;
    counts[group] = (counts[group] ?? 0) + 1;
  }
  return sums.map((sum, group) => sum / (counts[group] ?? 1));
}

function fitSubjects(
  termsOf: readonly ReadonlySet<number>[],
  classOf: readonly number[],
  classes: number,
  buckets: number,
  digits: string,
) {
  const counts = Array.from({ length: classes }, () => new Float64Array(buckets));
  const termsIn = new Float64Array(classes);
  const rowsIn = new Float64Array(classes);
  const rowsWith = new Float64Array(buckets);
  let all = 0;
  for (const [at, terms] of termsOf.entries()) {
    const group = classOf[at] ?? 0;
    rowsIn[group] = (rowsIn[group] ?? 0) + 1;
    const own = counts[group] ?? new Float64Array(buckets);
    for (const term of terms) {
      own[term] = (own[term] ?? 0) + 1;
      rowsWith[term] = (rowsWith[term] ?? 0) + 1;
    }
    termsIn[group] = (termsIn[group] ?? 0) + terms.size;
    all += terms.size;
  }
  const information = Array.from({ length: buckets }, (_, term) => {
    const total = rowsWith[term] ?? 0;
    if (total < ROWS_OF_TERM_MIN) return 0;
    let sum = 0;
    for (let group = 0; group < classes; group++) {
      const inside = counts[group]?.[term] ?? 0;
      const without = (rowsIn[group] ?? 0) - inside;
      if (inside > 0) sum += inside * Math.log((inside * termsOf.length) / (total * (rowsIn[group] ?? 1)));
      if (without > 0) sum += without * Math.log((without * termsOf.length) / ((termsOf.length - total) * (rowsIn[group] ?? 1)));
    }
    return sum;
  });
  const enough = information.toSorted((a, b) => b - a)[TERMS_KEPT] ?? 0;
  const kept = information.map((value) => value > enough);
  const evidence: number[] = [];
  for (let term = 0; term < buckets; term++) {
    if (!kept[term]) continue;
    const overall = ((rowsWith[term] ?? 0) + 1) / (all + buckets);
    for (let group = 0; group < classes; group++) {
      const inside = ((counts[group]?.[term] ?? 0) + PRIOR_TERMS * overall) / ((termsIn[group] ?? 0) + PRIOR_TERMS);
      evidence.push(Math.log(inside / overall));
    }
  }
  const sizes = evidence.map(Math.abs).sort((a, b) => a - b);
  const step = short((sizes[Math.floor((sizes.length - 1) * EVIDENCE_KEPT)] ?? 1) / EVIDENCE_STEPS);
  const digit = (value: number) => digits.charAt(Math.max(-32, Math.min(31, Math.round(value / step))) + 32);
  const bits = Array.from({ length: Math.ceil(buckets / 6) }, (_, at) =>
    digits.charAt([0, 1, 2, 3, 4, 5].reduce((sum, bit) => sum + (kept[6 * at + bit] ? 1 << bit : 0), 0)),
  );
  return { kept: bits.join(""), evidence: evidence.map(digit).join(""), evidenceStep: step };
}

function describe(features: readonly Float64Array[], width: number) {
  const columns = Array.from({ length: width }, (_, column) => features.map((row) => row[column] ?? 0).sort((a, b) => a - b));
  const means = columns.map((values) => values.reduce((sum, value) => sum + value, 0) / values.length);
  const deviations = columns.map((values, column) => {
    const variance = values.reduce((sum, value) => sum + (value - (means[column] ?? 0)) ** 2, 0) / values.length;
    return variance > 1e-12 ? Math.sqrt(variance) : Number.POSITIVE_INFINITY;
  });
  return {
    means,
    deviations,
    least: columns.map((values) => values[Math.floor(values.length * BOUND)] ?? 0),
    most: columns.map((values) => values[Math.ceil(values.length * (1 - BOUND)) - 1] ?? 0),
  };
}

function standardized(features: Float64Array, means: readonly number[], deviations: readonly number[]): SparseRow {
  const values = [...features].map((value, at) => (value - (means[at] ?? 0)) / (deviations[at] ?? 1) / Math.sqrt(features.length));
  return { indexes: Int32Array.from({ length: values.length + 1 }, (_, at) => at), values: Float64Array.from([...values, 1]) };
}

function short(value: number): number {
  return Number(value.toPrecision(4));
}
