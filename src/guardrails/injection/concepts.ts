import { CONCEPTS, LEXICON } from "./lexicon";
import { once } from "./once";
import { buildStemTrie, childOf, type Stem, type StemTrie } from "./stem-trie";
import { isWordUnit } from "./units";

/** Scripts up to here set words apart by spaces. */
const WORDS_ONLY_BELOW = 0x0e00;

const stems = once(() =>
  CONCEPTS.flatMap((concept, index) => LEXICON[concept].split(/\s+/).flatMap((written) => stemOf(written, 1 << index))),
);
/** The lexicon, a concept being a bit. */
export const lexiconTrie = once(() => buildStemTrie(stems()));

/**
 * Calls `meet` for each place of a text where stems begin: their concepts as bits, and where the longest ends. A stem begins at a word's
 * beginning, or anywhere in scripts written without spaces; none begins inside another. Looks no further than the longest stem.
 */
export function eachConcept(text: string, meet: (concepts: number, start: number, end: number) => void): void {
  const lexicon = lexiconTrie();
  const matched = { end: 0 };
  for (let i = 0; i < text.length; ) {
    const unit = text.charCodeAt(i);
    if (i >= matched.end && lexicon.first[unit] !== 0) {
      const concepts = matchStems(lexicon, text, i, matched);
      if (concepts !== 0) meet(concepts, i, matched.end);
    }
    i++;
    if (isOfSpacedWord(unit)) while (i < text.length && isOfSpacedWord(text.charCodeAt(i))) i++;
  }
}

function isOfSpacedWord(unit: number): boolean {
  return unit < WORDS_ONLY_BELOW && isWordUnit(unit);
}

/** The concepts whose stems begin at `start`, as bits, and in `matched.end` where the longest ends. */
function matchStems(lexicon: StemTrie, text: string, start: number, matched: { end: number }): number {
  const { open, closed } = lexicon;
  let node = lexicon.first[text.charCodeAt(start)] ?? 0;
  let concepts = 0;
  for (let i = start + 1; node !== 0; i++) {
    const unit = i < text.length ? text.charCodeAt(i) : 32;
    const here = (open[node] ?? 0) | (closed[node] !== 0 && !isWordUnit(unit) ? (closed[node] ?? 0) : 0);
    if (here !== 0) {
      concepts |= here;
      matched.end = i;
    }
    node = childOf(lexicon, node, unit);
  }
  return concepts;
}

/** Stems of Latin letters, to part words that were run together or scrambled. */
export const latinStems = once(() =>
  stems()
    .map(({ stem }) => stem)
    .filter((stem) => /^[a-z]{3,}$/.test(stem)),
);

/** A stem of the lexicon as it stands in folded text; the lexicon says how it is written there. */
function stemOf(written: string, value: number): Stem[] {
  const isWhole = written.endsWith("$");
  const stem = (isWhole ? written.slice(0, -1) : written).replaceAll("_", " ");
  return stem === "" ? [] : [{ stem, isWhole, value }];
}
