import { readText } from "./read-text";
import type { Reading } from "./reading";

/** Dimensions of the built-in embedding; a power of two, so that a hash is cut to it by a mask. */
export const EMBEDDING_DIMENSIONS = 512;

/** Characters read from the start and from the end of a long text each; the middle does not change its vector. */
const CHARACTERS_READ = 450;
/** Lengths of character n-grams; a Hangul syllable says as much as two or three Latin letters. */
const GRAMS_LATIN = { shortest: 3, longest: 4 };
const GRAMS_HANGUL = { shortest: 1, longest: 2 };
const WORD_WEIGHT = 1;
const PAIR_WEIGHT = 0.35;
const GRAM_WEIGHT = 0.28;
const HASH_START = 0x811c9dc5;
const HASH_PRIME = 0x01000193;
/** Keep words and grams of the same letters apart. */
const WORD_SALT = 0x5bd1e995;
const GRAM_SALT = 0x1b873593;
/**
 * The built-in lexical embedding of a question: an L2-normalised vector of hashed lemmas, lemma pairs and character n-grams, so that the dot product
 * of two is their cosine. Rare-looking (long) words weigh more, frequent ones less; Korean words lose particles and endings first.
 * Deterministic, offline, and alike for texts that share words, not meaning: always verify a neighbour. An empty text gives the zero vector.
 */
export function embedLexical(text: string): Float32Array {
  const read = text.length > 2 * CHARACTERS_READ ? `${text.slice(0, CHARACTERS_READ)} ${text.slice(-CHARACTERS_READ)}` : text;
  return embedReading(readText(read));
}

/** The embedding of a text that has been read already. */
export function embedReading(reading: Reading): Float32Array {
  const vector = new Float32Array(EMBEDDING_DIMENSIONS);
  const add = (hash: number, weight: number) => {
    const index = hash & (EMBEDDING_DIMENSIONS - 1);
    vector[index] = (vector[index] ?? 0) + (hash & 0x10000 ? -weight : weight);
  };
  let previous = 0;
  for (const token of reading.tokens) {
    const hash = hashOf(token.key, WORD_SALT);
    add(hash, WORD_WEIGHT * token.weight * rarity(token.key));
    if (previous !== 0) add(mix(previous ^ Math.imul(hash, 31)), PAIR_WEIGHT);
    previous = hash;
  }
  const { compact } = reading;
  const { shortest, longest } = reading.language === "korean" ? GRAMS_HANGUL : GRAMS_LATIN;
  for (let start = 0; start + shortest <= compact.length; start++) {
    let hash = HASH_START ^ GRAM_SALT;
    const end = Math.min(start + longest, compact.length);
    for (let at = start; at < end; at++) {
      hash = Math.imul(hash ^ compact.charCodeAt(at), HASH_PRIME);
      if (at - start + 1 >= shortest) add(mix(hash), GRAM_WEIGHT);
    }
  }
  for (let at = 0; at < vector.length; at++) vector[at] = Math.sign(vector[at] ?? 0) * Math.sqrt(Math.abs(vector[at] ?? 0));
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

/** FNV-1a, 32 bits, mixed at the end so that the low bits depend on every character. */
function hashOf(text: string, salt: number): number {
  let hash = HASH_START ^ salt;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), HASH_PRIME);
  return mix(hash);
}

function mix(hash: number): number {
  const once = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (once ^ (once >>> 13)) >>> 0;
}

function normalised(vector: Float32Array): Float32Array {
  let square = 0;
  for (const value of vector) square += value * value;
  if (square === 0) return vector;
  const length = Math.sqrt(square);
  for (let at = 0; at < vector.length; at++) vector[at] = (vector[at] ?? 0) / length;
  return vector;
}
