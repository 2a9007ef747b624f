import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { commonClasses, SCRIPT_COUNT } from "./token-classes";
import { CHARACTER_COSTS, countPieces, type PieceModel, RATIO_STEPS, readUnits, TALLY_SIZE, unitRoom } from "./token-pieces";

/** A model that knows no entry: only where pieces are cut matters here. */
const model = (capitalsSplit: boolean): PieceModel => ({
  classes: commonClasses(),
  slots: new Uint8Array(8),
  slotShift: 29,
  characterCosts: new Float32Array(CHARACTER_COSTS).fill(1),
  ratios: new Float32Array(SCRIPT_COUNT * RATIO_STEPS).fill(1),
  shares: new Float32Array(),
  capitalsSplit,
});

function pieces(text: string, capitalsSplit: boolean): string[] {
  const found: string[] = [];
  const room = unitRoom(text.length);
  const known = model(capitalsSplit);
  const length = readUnits(text, 0, text.length, known.classes, room);
  countPieces(room, length, known, new Float64Array(TALLY_SIZE), (start, end) => found.push(text.slice(start, end)));
  return found;
}

/** As published for the vocabulary of about 200,000 entries, and for its predecessor. */
const CONTRACTION = "'(?:[sS]|[dD]|[mM]|[tT]|[lL][lL]|[vV][eE]|[rR][eE])";
const UPPERS = "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]";
const LOWERS = "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]";
const LATER = new RegExp(
  `[^\\r\\n\\p{L}\\p{N}]?${UPPERS}*${LOWERS}+(?:${CONTRACTION})?|[^\\r\\n\\p{L}\\p{N}]?${UPPERS}+${LOWERS}*(?:${CONTRACTION})?|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`,
  "gu",
);
const EARLIER = new RegExp(
  `${CONTRACTION}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s+$|\\s*[\\r\\n]|\\s+(?!\\S)|\\s`,
  "gu",
);

describe("countPieces", () => {
  it.each([
    "Don't stop: HTTPServer isn't a camelCase name (yet).",
    "  two  spaces\tand\n\n  lines \r\n\tend  ",
    "path/to/file.ts => { return [1234567, 0.5e-10]; }\n",
    "안녕하세요~~~ 😊😊 반가워요!!! ㅋㅋㅋㅋ ㅠㅠ",
    "これは「テスト」です。100円、シャツ",
    "Ünïcödé naïve ＦＵＬＬ ４２",
    "हिन्दी में लिखा है। ১৯১০ সালের",
    "# Title\n\n- item **bold** `code`\n\n---------\n",
  ])("cuts as the published patterns do: %j", (text) => {
    expect(pieces(text, true)).toEqual(text.match(LATER));
    if (!/\p{M}/u.test(text)) expect(pieces(text, false)).toEqual(text.match(EARLIER));
  });

  it("covers every unit once, in order, whatever the text", () => {
    const units = fc.array(fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: 9, max: 0x7f })), { maxLength: 60 });
    fc.assert(
      fc.property(units, fc.boolean(), (codes, capitalsSplit) => {
        const text = String.fromCharCode(...codes);
        expect(pieces(text, capitalsSplit).join("")).toBe(text);
      }),
      { numRuns: 500 },
    );
  });

  it("takes time in proportion to length for runs that no entry covers", () => {
    for (const text of ["§".repeat(200_000), "ab§".repeat(70_000), "\ud83d\ude00".repeat(100_000)])
      expect(pieces(text, true).join("").length).toBe(text.length);
  });
});
