import fc from "fast-check";
import { expect, it } from "vitest";
import { spacedRuns } from "./spaced-runs";

/** What a run is, as a pattern, which would be slow on long texts. */
const RUN = /(?<![\p{L}\p{N}])[\p{L}\p{N}@$!](?:[ .\-_*|/,·~+]{1,3}[\p{L}\p{N}@$!](?![\p{L}\p{N}])){6,2000}/gu;

it("finds the runs that the pattern describes, in any script", () => {
  const pieces = fc.constantFrom(
    "a",
    "B",
    "7",
    "가",
    "𐌰",
    "@",
    "!",
    " ",
    ".",
    "-",
    "·",
    "  ",
    "ab",
    "a ",
    "b.",
    "c-",
    "나 ",
    "𐌱 ",
    "\ud83d",
    "é",
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 60 }), (written) => {
      const source = written.join("");
      const expected = [...source.matchAll(RUN)].map((match) => ({ start: match.index, end: match.index + match[0].length }));
      expect([...spacedRuns(source)].map(({ start, end }) => ({ start, end }))).toEqual(expected);
    }),
    { numRuns: 2_000 },
  );
});

it("has the letters of a run and how wide each gap is", () => {
  expect([...spacedRuns("say i.g--n o r e  가 now")]).toMatchObject([{ letters: [..."ignore가"], gaps: [1, 2, 1, 1, 1, 2] }]);
});
