import { readEnglish } from "./english-reader";
import { readKorean } from "./korean-reader";
import { compactText, foldText, hangulShare } from "./text";

/** Dimensions of the built-in embedding; a power of two, so that a hash is cut to it by a mask. */
export const EMBEDDING_DIMENSIONS = 512;

/** Characters read of a text; the rest does not change its vector. */
const CHARACTERS_READ_MAX = 4096;
const GRAM_LENGTHS_LATIN = [3, 4];
const GRAM_LENGTHS_HANGUL = [1, 2];
const WORD_WEIGHT = 1;
const PAIR_WEIGHT = 0.35;
const GRAM_WEIGHT = 0.28;
/** From this share of Hangul letters on, a text is read as Korean. */
export const KOREAN_SHARE_MIN = 0.3;

/**
 * The built-in lexical embedding of a question: an L2-normalised vector of hashed lemmas, lemma pairs and character n-grams, so that the dot product
 * of two is their cosine. Rare-looking (long) words weigh more, frequent ones less; Korean words lose particles and endings first.
 * Deterministic, offline, and alike for texts that share words, not meaning: always verify a neighbour. An empty text gives the zero vector.
 */
export function embedLexical(text: string): Float32Array {
  const vector = new Float32Array(EMBEDDING_DIMENSIONS);
  const folded = foldText(text.slice(0, CHARACTERS_READ_MAX));
  const korean = hangulShare(folded) >= KOREAN_SHARE_MIN;
  const reading = korean ? readKorean(folded) : readEnglish(folded);
  const counts = new Map<string, number>();
  const add = (feature: string, weight: number) => counts.set(feature, (counts.get(feature) ?? 0) + weight);
  let previous = "";
  for (const token of reading.tokens) {
    add(`w${token.key}`, WORD_WEIGHT * token.weight * rarity(token.key));
    if (previous !== "") add(`p${previous} ${token.key}`, PAIR_WEIGHT);
    previous = token.key;
  }
  const compact = compactText(folded);
  for (const length of korean ? GRAM_LENGTHS_HANGUL : GRAM_LENGTHS_LATIN)
    for (let at = 0; at + length <= compact.length; at++) add(`g${compact.slice(at, at + length)}`, GRAM_WEIGHT);
  for (const [feature, weight] of counts) {
    const hash = hashOf(feature);
    const index = hash & (EMBEDDING_DIMENSIONS - 1);
    vector[index] = (vector[index] ?? 0) + (hash & 0x10000 ? -1 : 1) * Math.sqrt(weight);
  }
  return normalised(vector);
}

/** The dot product of two normalised vectors, which is their cosine; 0 when either is empty. */
export function cosine(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += (a[at] ?? 0) * (b[at] ?? 0);
  return Math.max(-1, Math.min(1, sum));
}

/** In place of an inverse document frequency, which needs a corpus: longer words are rarer (Zipf's law of abbreviation). */
function rarity(word: string): number {
  return 0.6 + Math.min(word.length, 10) / 8;
}

/** FNV-1a, 32 bits, with a final mix so that the low bits depend on every character. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) >>> 0;
}

function normalised(vector: Float32Array): Float32Array {
  let square = 0;
  for (const value of vector) square += value * value;
  if (square === 0) return vector;
  const length = Math.sqrt(square);
  for (let at = 0; at < vector.length; at++) vector[at] = (vector[at] ?? 0) / length;
  return vector;
}
