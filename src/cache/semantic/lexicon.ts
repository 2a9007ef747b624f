import {
  CONFUSABLE_WORDS,
  CONTRAST_WORDS,
  FILLER_WORDS,
  GLUE_WORDS,
  LIGHT_PREPOSITIONS,
  LIGHT_WORDS,
  OPPOSITES,
  SYMMETRIC_WORDS,
} from "./english-lexicon";
import { ENGLISH_PHRASES, REQUEST_OPENERS, REQUEST_VERBS } from "./english-phrases";
import { stemEnglish } from "./english-stem";
import { ENGLISH_SYNONYMS } from "./english-synonyms";

/** A run of words and what it is read as. */
export interface Phrase {
  words: string[];
  readAs: string[];
}

/** The English word lists as look-up tables. */
export interface EnglishLexicon {
  glue: Set<string>;
  filler: Set<string>;
  light: Set<string>;
  contrast: Set<string>;
  prepositions: Set<string>;
  symmetric: Set<string>;
  confusable: Set<string>;
  synonyms: Map<string, string[]>;
  /** Lemma to the lines and sides it stands on. */
  opposites: Map<string, { line: number; side: number }[]>;
  phrases: Map<string, Phrase[]>;
}

let built: EnglishLexicon | undefined;

/** Built at first use, so that a Worker that never verifies a pair does not pay for it. */
export function englishLexicon(): EnglishLexicon {
  built ??= {
    glue: listOf(GLUE_WORDS),
    filler: listOf(FILLER_WORDS),
    light: new Set([...listOf(LIGHT_WORDS)].map(stemEnglish)),
    contrast: listOf(CONTRAST_WORDS),
    prepositions: listOf(LIGHT_PREPOSITIONS),
    symmetric: listOf(SYMMETRIC_WORDS),
    confusable: new Set(CONFUSABLE_WORDS.split(/[|\n]/).flatMap((pair) => [pair.trim(), pair.trim().split(" ").reverse().join(" ")])),
    synonyms: synonymSets(ENGLISH_SYNONYMS, stemEnglish),
    opposites: oppositeSides(OPPOSITES, stemEnglish),
    phrases: phraseTable(`${ENGLISH_PHRASES.trim()}\n${requests()}`),
  };
  return built;
}

/** Word to the names of the sets that it is in. */
export function synonymSets(lines: string, lemmaOf: (word: string) => string): Map<string, string[]> {
  const sets = new Map<string, string[]>();
  for (const [index, line] of lines.trim().split(/[;\n]/).entries())
    for (const word of new Set(line.trim().split(" ").map(lemmaOf))) sets.set(word, [...(sets.get(word) ?? []), String(index)]);
  return sets;
}

/** Word to the pairs of opposites that it is in, and on which side. */
export function oppositeSides(lines: string, lemmaOf: (word: string) => string): Map<string, { line: number; side: number }[]> {
  const sides = new Map<string, { line: number; side: number }[]>();
  for (const [line, pair] of lines.trim().split("\n").entries())
    for (const [side, words] of pair.split("|").entries())
      for (const word of words.split(" ").filter(Boolean).map(lemmaOf)) sides.set(word, [...(sides.get(word) ?? []), { line, side }]);
  return sides;
}

function requests(): string {
  const openers = REQUEST_OPENERS.split("|");
  return REQUEST_VERBS.split(" ")
    .map((verb) => `${openers.map((opener) => `${opener} ${verb}`).join("|")}=>${verb}`)
    .join("\n");
}

function listOf(words: string): Set<string> {
  return new Set(words.split(/\s+/).filter(Boolean));
}

/** Phrases are found by their first two words. */
export function phraseKey(first = "", second = ""): string {
  return `${first} ${second}`;
}

function phraseTable(lines: string): Map<string, Phrase[]> {
  const table = new Map<string, Phrase[]>();
  for (const line of lines.trim().split("\n")) {
    const [variants = "", readAs = ""] = line.split("=>");
    for (const variant of variants.split("|")) {
      const words = variant.split(" ");
      const first = phraseKey(words[0], words[1]);
      table.set(first, [...(table.get(first) ?? []), { words, readAs: readAs.split(" ").filter(Boolean) }]);
    }
  }
  for (const phrases of table.values()) phrases.sort((a, b) => b.words.length - a.words.length);
  return table;
}
