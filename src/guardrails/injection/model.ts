import { BUCKETS, NGRAM_BUCKETS } from "./features";
import { once } from "./once";
import { PACKED_WEIGHTS } from "./weights";

/** A linear model over `Features`: a weight is `packed[id] * scale` of its kind. */
export interface Model {
  packed: Int8Array;
  ngramScale: number;
  sparseScale: number;
  bias: number;
}

/** As the training script writes it: numbers, then int8 weights as base64. */
export interface PackedModel {
  ngramScale: number;
  sparseScale: number;
  bias: number;
  weights: string;
}

/** Added to the count of n-grams of a window before its root is taken, so that a few words do not shout. */
export const NGRAM_PRIOR = 24;
/** The same for sparse features: a long text has more pairs of concepts by chance. */
export const SPARSE_PRIOR = 12;

/** Taken off where the highest of several windows counts: of many, one is high by chance. Chosen on texts left out of the fit. */
export const SEVERAL_WINDOWS_LOG_ODDS = 0.6;

export const shippedModel = once((): Model => unpack(PACKED_WEIGHTS));

export function unpack({ weights, ...numbers }: PackedModel): Model {
  const bytes = atob(weights);
  const packed = new Int8Array(BUCKETS);
  const size = Math.min(bytes.length, BUCKETS);
  for (let i = 0; i < size; i++) packed[i] = bytes.charCodeAt(i);
  return { packed, ...numbers };
}

/** The log-odds of a window: sums of packed weights, and how many features each sum is of. */
export function logOdds(model: Model, ngrams: number, ngramCount: number, sparse: number, sparseCount: number): number {
  const fromNgrams = (ngrams * model.ngramScale) / Math.sqrt(ngramCount + NGRAM_PRIOR);
  return model.bias + fromNgrams + (sparse * model.sparseScale) / Math.sqrt(sparseCount + SPARSE_PRIOR);
}

export function isSparse(id: number): boolean {
  return id >= NGRAM_BUCKETS;
}
