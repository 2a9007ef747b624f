/** Cosine of two texts by their rare words and phrases, from which one counts as like the other. Low on purpose: it also catches stock phrases. */
const ALIKE_COSINE = 0.15;
const PHRASE_WORDS_MAX = 3;

/**
 * For each text, the numbers of the evaluation texts that it resembles. What was written after a text tells of it as much as the text itself does,
 * so it is left out of a fit together with it. Words and phrases weigh by how few texts hold them.
 */
export function findAlike(texts: readonly string[], evaluated: readonly string[]): Set<number>[] {
  const left = texts.map(phrasesOf);
  const right = evaluated.map(phrasesOf);
  const holders = new Map<string, number>();
  for (const phrases of [...left, ...right]) for (const phrase of phrases) holders.set(phrase, (holders.get(phrase) ?? 0) + 1);
  const weightOf = (phrase: string) => Math.log((left.length + right.length) / (holders.get(phrase) ?? 1)) ** 2;
  const lengthOf = (phrases: ReadonlySet<string>) => Math.sqrt([...phrases].reduce((sum, phrase) => sum + weightOf(phrase), 0));
  const lengths = right.map(lengthOf);
  const places = new Map<string, number[]>();
  right.forEach((phrases, index) => {
    for (const phrase of phrases) {
      const at = places.get(phrase);
      if (at) at.push(index);
      else places.set(phrase, [index]);
    }
  });
  return left.map((phrases) => {
    const shared = new Float64Array(right.length);
    for (const phrase of phrases) for (const index of places.get(phrase) ?? []) shared[index] = (shared[index] ?? 0) + weightOf(phrase);
    const least = ALIKE_COSINE * lengthOf(phrases);
    return new Set([...shared.keys()].filter((index) => (shared[index] ?? 0) > least * (lengths[index] ?? 0)));
  });
}

function phrasesOf(text: string): Set<string> {
  const words = text.toLowerCase().match(/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]|[\p{L}\p{N}']+/gu) ?? [];
  const phrases = new Set<string>();
  for (let size = 1; size <= PHRASE_WORDS_MAX; size++)
    for (let start = 0; start + size <= words.length; start++) phrases.add(words.slice(start, start + size).join(" "));
  return phrases;
}
