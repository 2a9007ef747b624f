import { describe, expect, it } from "vitest";
import { eachConcept } from "./concepts";
import { CONCEPTS, type Concept, LEXICON } from "./lexicon";

const conceptsIn = (text: string) => {
  const found: { concepts: Concept[]; met: string }[] = [];
  eachConcept(text, (bits, start, end) =>
    found.push({ concepts: CONCEPTS.filter((_, index) => (bits & (1 << index)) !== 0), met: text.slice(start, end) }),
  );
  return found;
};

describe("concepts", () => {
  it.each(CONCEPTS)("%s is met wherever one of its stems stands", (concept) => {
    for (const written of LEXICON[concept].split(/\s+/)) {
      const stem = written.replace("$", "").replaceAll("_", " ");
      const [first] = conceptsIn(`${stem} .`);
      expect(first?.concepts, stem).toContain(concept);
    }
  });

  it.each([
    ["a word that begins with a stem", "disregarding", ["disregard"]],
    ["no word that has a stem inside", "xdisregard", []],
    ["a whole word where the lexicon asks for one", "ai", ["ai"]],
    ["none that goes on", "aide", []],
    ["a stem inside Korean words", "이걸무시해", ["무시"]],
    ["the longest stem at a place", "ai agents", ["ai agents"]],
  ])("meets %s", (_, text, met) => {
    expect(conceptsIn(text).map((one) => one.met)).toEqual(met);
  });
});
