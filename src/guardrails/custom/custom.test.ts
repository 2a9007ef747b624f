import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkOutput, compileBlockList, compilePattern, compileTopic, patternProblem, schemaProblem, sizeProblem } from ".";
import { BLOCK_TERMS_MAX } from "./block-list";
import { PATTERN_MATCH_CHARS_MAX, PATTERN_WINDOW_CHARS } from "./pattern";

const texts = (text: string, found: { start: number; end: number }[]) => found.map(({ start, end }) => text.slice(start, end));

describe("a block list", () => {
  it("refuses more terms than it can hold", () => {
    expect(() =>
      compileBlockList(
        "g",
        "T",
        Array.from({ length: BLOCK_TERMS_MAX + 1 }, (_, at) => `t${at}`),
      ),
    ).toThrow(RangeError);
  });

  it("leaves words alone that only contain a term", () => {
    const list = compileBlockList("g", "T", ["ass", "cat"]);
    expect(list.find("class, concatenate, cats, _cat")).toEqual([]);
    expect(texts("A Cat, ASS.", list.find("A Cat, ASS."))).toEqual(["Cat", "ASS"]);
  });

  it("finds Korean and Chinese terms before particles, and full-width letters", () => {
    expect(compileBlockList("g", "T", ["project  falcon"]).find("of Project \n FALCON!")).toMatchObject([{ start: 3, end: 19 }]);
    const list = compileBlockList("g", "T", ["마약", "毒品", "Project X"]);
    const text = "마약을 사고, 买毒品的 ＰＲＯＪＥＣＴ　Ｘ";
    expect(texts(text, list.find(text))).toEqual(["마약", "毒品", "ＰＲＯＪＥＣＴ　Ｘ"]);
  });

  it("finds what a search term by term finds, longest first", () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: fc.constantFrom("가", "나", "다"), minLength: 1, maxLength: 4 }), { maxLength: 8 }),
        fc.string({ unit: fc.constantFrom("가", "나", "다", " ") }),
        (terms, text) => {
          const found = compileBlockList("g", "T", terms).find(text);
          expect(found.length > 0).toBe(terms.some((term) => text.includes(term)));
          for (const piece of texts(text, found)) expect(terms).toContain(piece);
        },
      ),
    );
  });
});

describe("a pattern", () => {
  it.each([
    ["(a+)+b"],
    ["(a|aa)+b"],
    ["((a|b)c)*"],
    ["\\s*\\s*x"],
    [".*x.*"],
    ["(a)\\1"],
    ["a*"],
    ["("],
    [""],
    ["a?a?a?a?a?a?a?aaaaaaa"],
    ["x".repeat(501)],
    ["a{0,50}a{0,50}b"],
  ])("%j is refused with a sentence", (source) => {
    expect(patternProblem(source)).toMatch(/^the expression/);
    expect(() => compilePattern("g", "T", source)).toThrow(RangeError);
  });

  it.each([["\\bPRJ-\\d{4,6}\\b"], ["사번\\s*:?\\s?\\d+"], ["project\\s+atlas\\s+\\d+"], ["(?:foo|bar)baz"], ["[A-Z]{2}\\d{6}[A-Z]?"]])(
    "%j is accepted",
    (source) => {
      expect(patternProblem(source)).toBeUndefined();
    },
  );

  it("finds matches across the edges of its windows, once", () => {
    const pattern = compilePattern("g", "T", "prj-\\d+");
    for (let at = 0; at < PATTERN_WINDOW_CHARS * 3; at += 7) {
      const text = `${" ".repeat(at)}PRJ-123456${" ".repeat(300)}`;
      expect(texts(text, pattern.find(text))).toEqual(["PRJ-123456"]);
    }
    expect(PATTERN_WINDOW_CHARS).toBeGreaterThan(PATTERN_MATCH_CHARS_MAX);
  });
});

describe("an output schema", () => {
  const schema = {
    type: "object" as const,
    required: ["id"],
    properties: { id: { type: "integer" as const } },
    additionalProperties: false,
  };

  it("refuses what is not JSON, and what is not as it wants", () => {
    expect(checkOutput(schema, "sure! {")).toEqual([{ at: "#", message: "the output is not JSON" }]);
    expect(checkOutput(schema, '{"id":"7"}')[0]?.at).toBe("#/id");
    expect(checkOutput(schema, '{"id":7}')).toEqual([]);
  });

  it("is refused when it points elsewhere, is too deep, or holds a slow expression", () => {
    expect(schemaProblem([])).toMatch(/object or a boolean/);
    expect(schemaProblem({ $ref: "https://example.com/schema" })).toMatch(/own parts/);
    expect(schemaProblem({ properties: { a: { pattern: "^(a+)+$" } } })).toMatch(/exponential/);
    let deep: object = {};
    for (let depth = 0; depth < 40; depth++) deep = { not: deep };
    expect(schemaProblem(deep)).toMatch(/deep/);
    expect(schemaProblem(schema)).toBeUndefined();
  });
});

describe("a topic", () => {
  it("needs as many different keywords as its rule says", () => {
    const topic = compileTopic({ name: "WEAPONS", keywords: ["gun", "ammo", "총기"], keywordsMin: 2 });
    expect(topic.find("gun gun GUN")).toEqual([]);
    expect(topic.find("a gun and ammo").map(({ type }) => type)).toEqual(["WEAPONS", "WEAPONS"]);
    expect(() => compileTopic({ name: "X", keywords: ["a", "a"], keywordsMin: 2 })).toThrow(RangeError);
  });
});

it("a size limit names what passed it", () => {
  expect(sizeProblem(["abc", "de"], { textCharsMax: 2 })).toEqual({ limit: "textCharsMax", max: 2, actual: 3 });
  expect(sizeProblem(["ab", "cd"], { totalCharsMax: 3 })).toEqual({ limit: "totalCharsMax", max: 3, actual: 4 });
  expect(sizeProblem(["a", "b"], { textsMax: 1 })).toEqual({ limit: "textsMax", max: 1, actual: 2 });
  expect(sizeProblem(["a"], {})).toBeUndefined();
});
