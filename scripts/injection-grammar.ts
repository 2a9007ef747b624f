import { seeded } from "../test/support/seeded.ts";
import type { InjectionRow } from "./injection-data.ts";
import { ENGLISH_ATTACKS, ENGLISH_BENIGN } from "./injection-grammar-english.ts";
import { KOREAN_ATTACKS, KOREAN_BENIGN, OTHER_ATTACKS, OTHER_BENIGN } from "./injection-grammar-languages.ts";

/** Patterns of texts: "[a|b]" is one of its parts (which may be empty and may nest), "{name}" one of the entries of that name; "⟦" stands for a bracket. */
export interface Grammar {
  lang: string;
  patterns: readonly string[];
  parts: Readonly<Record<string, readonly string[]>>;
}

/** Texts drawn of each pattern. */
const TEXTS_EACH = 24;
const SEED = 11;
const DEPTH_MAX = 8;

/** Texts composed from grammars, so that what is learnt is which kinds of words meet, not which sentence somebody wrote. */
export function readComposed(): InjectionRow[] {
  const random = seeded(SEED);
  const compose = (label: InjectionRow["label"], grammars: readonly Grammar[]) =>
    grammars.flatMap(({ lang, patterns, parts }) =>
      patterns.flatMap((pattern) => {
        const texts = new Set(Array.from({ length: TEXTS_EACH }, () => expand(pattern, parts, random)));
        return [...texts].map((text): InjectionRow => ({ text, label, source: "own", kind: "composed", lang }));
      }),
    );
  return [
    ...compose("attack", [ENGLISH_ATTACKS, KOREAN_ATTACKS, ...OTHER_ATTACKS]),
    ...compose("benign", [ENGLISH_BENIGN, KOREAN_BENIGN, ...OTHER_BENIGN]),
  ];
}

function expand(pattern: string, parts: Grammar["parts"], random: () => number): string {
  const pick = (choices: readonly string[]) => choices[Math.floor(random() * choices.length)] ?? "";
  let text = pattern;
  for (let depth = 0; depth < DEPTH_MAX && /\{\w+\}|\[[^[\]]*\]/.test(text); depth++)
    text = text
      .replace(/\[([^[\]]*)\]/g, (_, inner: string) => pick(inner.split("|")))
      .replace(/\{(\w+)\}/g, (_, name: string) => pick(parts[name] ?? [""]));
  return text
    .replace(/ {2,}/g, " ")
    .replace(/ ([.,;:?!])/g, "$1")
    .replaceAll("⟦", "[")
    .replaceAll("⟧", "]")
    .trim();
}
