/** The fit of the injection model, shared by the training script and the evaluation (which fits without the source that it asks about). */
import { seeded } from "../test/support/seeded.ts";
import { type InjectionRow, loadDetector, UNSEEN } from "./injection-data.ts";
import { disguises } from "./injection-disguises.ts";

/** Sources whose licence does not allow that weights made from them ship. They are scored, never fitted. */
export const UNLICENSED = ["TensorTrust", "GPTCache/qqp", "KLUE-STS", "KLUE-NER", "KorSTS"];
const EPOCHS = 14;
const WARM_UP_EPOCHS = 2;
const AVERAGED_EPOCHS = 4;
const RATE = 0.25;
const RATE_FLOOR = 1e-3;
const RIDGE_NGRAM = 1.4e-3;
const RIDGE_SPARSE = 2.1e-3;
const SPARSE_VALUE = 0.8;
const CLIP_QUANTILE = 0.9995;
const DISGUISED_SHARE = 0.22;
/** A feature of fewer texts says nothing of others: its weight stays zero. */
const TEXTS_MIN = 3;
const SEED = 7;
/** The ridge keeps log-odds small; times this they are those of an attack, measured on texts left out of the fit. Which texts are flagged stays the same. */
const SHARPNESS = 2;
/**
 * Added to the log-odds, so that "attack" begins where 1 everyday text in 500 and 3 hard ones in 100 are the most that are flagged, measured on texts left out
 * of the fit in three splits (0.59; rounded down to a twentieth).
 */
const LEAN = 0.55;

export const detector = await loadDetector();
export type Model = ReturnType<typeof detector.unpack>;

interface Window {
  ids: Int32Array;
  values: Float32Array;
  /** Whether its view has others. */
  isOneOfSeveral: boolean;
}

/** A row with all its windows, read once and used in every fold. */
export interface ReadRow {
  row: InjectionRow;
  isAttack: boolean;
  windows: Window[];
  disguised: Window[][];
}

export function isFitted({ source, kind }: InjectionRow): boolean {
  return !UNLICENSED.includes(source) && !kind.startsWith("contextual/");
}

export function readRows(rows: readonly InjectionRow[]): ReadRow[] {
  const random = seeded(SEED);
  return rows.map((row) => ({
    row,
    isAttack: row.label === "attack",
    windows: windowsOf(row.text),
    disguised: isFitted(row) && row.text.length < 400 && random() < DISGUISED_SHARE ? [windowsOf(disguises(row.text, random))] : [],
  }));
}

/** Logistic regression on the highest window of each text; AdaGrad, in a seeded order. */
export function fitModel(rows: readonly ReadRow[]): Model {
  const random = seeded(SEED);
  const weights = new Float32Array(detector.BUCKETS);
  const squares = new Float32Array(detector.BUCKETS).fill(RATE_FLOOR);
  let bias = -1;
  let biasSquares = 1;
  const texts = rows.flatMap(({ isAttack, windows, disguised, row }) =>
    [windows, ...disguised].map((of) => ({ isAttack, windows: of, weight: weightOf(row) })),
  );
  const textsWith = countTexts(texts);
  const step = (window: Window, target: number, weight: number) => {
    const { ids, values } = window;
    const error = (1 / (1 + Math.exp(-(bias + dot(weights, window)))) - target) * weight;
    biasSquares += error * error;
    bias -= (RATE / Math.sqrt(biasSquares)) * error;
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i] ?? 0;
      if ((textsWith[id] ?? 0) < TEXTS_MIN) continue;
      const weightHere = weights[id] ?? 0;
      const slope = error * (values[i] ?? 0) + (detector.isSparse(id) ? RIDGE_SPARSE : RIDGE_NGRAM) * weightHere;
      const square = (squares[id] ?? 0) + slope * slope;
      squares[id] = square;
      weights[id] = weightHere - (RATE * slope) / Math.sqrt(square);
    }
  };
  const order = texts.map((_, index) => index);
  const mean = new Float32Array(detector.BUCKETS);
  let meanBias = 0;
  for (let epoch = 0; epoch < EPOCHS; epoch++) {
    shuffle(order, random);
    for (const index of order) {
      const text = texts[index];
      if (!text) continue;
      const any = text.windows[Math.floor(random() * text.windows.length)];
      const top = highest(weights, text.windows);
      if (!any || !top) continue;
      if (text.isAttack) {
        // Which window of a long text holds the attack is not known before short ones have taught what one looks like.
        if (epoch >= WARM_UP_EPOCHS || text.windows.length === 1) step(top, 1, text.weight);
      } else {
        step(top, 0, text.weight);
        if (any !== top) step(any, 0, text.weight * 0.5);
      }
    }
    if (epoch < EPOCHS - AVERAGED_EPOCHS) continue;
    for (let id = 0; id < mean.length; id++) mean[id] = (mean[id] ?? 0) + (weights[id] ?? 0) / AVERAGED_EPOCHS;
    meanBias += bias / AVERAGED_EPOCHS;
  }
  return quantise(mean, meanBias);
}

/** In how many texts each feature is, up to `TEXTS_MIN`. */
function countTexts(texts: readonly { windows: Window[] }[]): Uint8Array {
  const counts = new Uint8Array(detector.BUCKETS);
  for (const { windows } of texts)
    for (const id of new Set(windows.flatMap(({ ids }) => [...ids]))) counts[id] = Math.min(TEXTS_MIN, (counts[id] ?? 0) + 1);
  return counts;
}

/** Role play in good faith is what a jailbreak most resembles; of the collected jailbreaks some are ordinary prompts; of one's own texts there are many. */
function weightOf({ source, kind }: InjectionRow): number {
  if (source === "jailbreak_llms/in-the-wild") return 0.9;
  if (kind === "composed" || source === UNSEEN) return 0.7;
  if (kind.startsWith("hard/")) return 1.2;
  if (kind === "roleplay") return 4;
  if (kind === "english-benign-roles" || kind === "english-benign-more") return 2;
  return 1;
}

function windowsOf(text: string): Window[] {
  const { views } = detector.readViews(text);
  return views.flatMap(({ features, everywhere }) => {
    const windows: Window[] = [];
    detector.eachWindow(features.length, (start, end) => {
      const last = end === features.length ? end + 1 : end;
      const counts = new Map<number, number>();
      let ngrams = 0;
      let sparse = everywhere.length;
      for (let i = 0; i < features.count; i++) {
        const place = features.places[i] ?? 0;
        if (place < start || place >= last) continue;
        const id = features.ids[i] ?? 0;
        counts.set(id, (counts.get(id) ?? 0) + 1);
        if (detector.isSparse(id)) sparse++;
        else ngrams++;
      }
      for (const id of everywhere) counts.set(id, (counts.get(id) ?? 0) + 1);
      const norm = 1 / Math.sqrt(ngrams + detector.NGRAM_PRIOR);
      const sparseNorm = SPARSE_VALUE / Math.sqrt(sparse + detector.SPARSE_PRIOR);
      const ids = Int32Array.from(counts.keys());
      windows.push({
        ids,
        values: Float32Array.from(ids, (id) => (counts.get(id) ?? 0) * (detector.isSparse(id) ? sparseNorm : norm)),
        isOneOfSeveral: false,
      });
    });
    return windows.map((window) => ({ ...window, isOneOfSeveral: windows.length > 1 }));
  });
}

function highest(weights: Float32Array, windows: readonly Window[]): Window | undefined {
  let best: Window | undefined;
  let most = Number.NEGATIVE_INFINITY;
  for (const window of windows) {
    const score = windows.length === 1 ? 0 : dot(weights, window);
    if (score <= most) continue;
    most = score;
    best = window;
  }
  return best;
}

function dot(weights: Float32Array, { ids, values }: Window): number {
  let sum = 0;
  for (let i = 0; i < ids.length; i++) sum += (weights[ids[i] ?? 0] ?? 0) * (values[i] ?? 0);
  return sum;
}

/** The highest log-odds among a text's windows. */
export function logOddsOf(model: Model, { windows }: ReadRow): number {
  let most = Number.NEGATIVE_INFINITY;
  for (const { ids, values, isOneOfSeveral } of windows) {
    let sum = model.bias;
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i] ?? 0;
      const scale = detector.isSparse(id) ? model.sparseScale / SPARSE_VALUE : model.ngramScale;
      sum += (model.packed[id] ?? 0) * scale * (values[i] ?? 0);
    }
    most = Math.max(most, sum - (isOneOfSeveral ? detector.SEVERAL_WINDOWS_LOG_ODDS : 0));
  }
  return most;
}

function quantise(weights: Float32Array, bias: number): Model {
  const scaleOf = (part: Float32Array) => {
    const sizes = part
      .filter((weight) => weight !== 0)
      .map(Math.abs)
      .sort();
    return (sizes[Math.floor((sizes.length - 1) * CLIP_QUANTILE)] ?? 1) / 127;
  };
  const ngramScale = scaleOf(weights.subarray(0, detector.NGRAM_BUCKETS));
  const sparseScale = scaleOf(weights.subarray(detector.NGRAM_BUCKETS));
  const packed = Int8Array.from(weights, (weight, id) =>
    Math.max(-127, Math.min(127, Math.round(weight / (detector.isSparse(id) ? sparseScale : ngramScale)))),
  );
  return { packed, ngramScale: ngramScale * SHARPNESS, sparseScale: sparseScale * SPARSE_VALUE * SHARPNESS, bias: bias * SHARPNESS + LEAN };
}

function shuffle(order: number[], random: () => number): void {
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j] ?? 0, order[i] ?? 0];
  }
}
