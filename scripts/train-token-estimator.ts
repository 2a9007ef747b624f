/**
 * Fits src/metering/token-coefficients.ts. Needs texts (JSON Lines of [group, source, text]) and an installed tokenizer package, neither of
 * which is shipped:
 *   node scripts/train-token-estimator.ts TEXTS.jsonl path/to/node_modules/gpt-tokenizer COUNTED.jsonl [--hold-out]
 * Texts are cut by the real tokenizer; a weight is fitted to where tokens begin, then the corrections to each stretch's ratio of actual to
 * expected tokens. COUNTED.jsonl is only measured, never fitted. With --hold-out the texts of its sources (by the first word of their name)
 * are left out of the fit and nothing is written.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { type CountedText, loadEstimator, loadTokenizer, readCountedTexts } from "./token-data.ts";

const [textsPath, tokenizerFolder, countedPath, flag] = process.argv.slice(2);
if (!textsPath || !tokenizerFolder || !countedPath) {
  console.log("skipped: give the texts, the folder of the tokenizer package and the counted texts (see the head of this file)");
  process.exit(0);
}
const holdOut = flag === "--hold-out";
const estimator = await loadEstimator();
const { CORRECTION_KNOTS, HASH_OFFSET, WEIGHT_COUNT, WORD_BITS, WORD_OFFSET, correctionFeatures, expectedTokens, unpackModel } = estimator;
type Model = Parameters<typeof expectedTokens>[1];
type Trace = NonNullable<Parameters<typeof expectedTokens>[2]>;
type Stretch = Trace["stretches"][number];

interface Text {
  weight: number;
  text: string;
  trace: Trace;
  starts: Uint8Array;
}

const EPOCHS = 4;
const counted = readCountedTexts(countedPath);
const family = (source: string) => source.split(/[/-]/)[0] ?? source;
const measured = new Set(counted.map((row) => family(row.source)).filter((name) => name !== "generated"));
const rows = readFileSync(textsPath, "utf8").split("\n").filter(Boolean);
const parsed = rows
  .map((line): [string, string, string] => JSON.parse(line))
  .filter(([, source]) => !holdOut || !measured.has(family(source)));
console.log(
  `${parsed.length} texts, ${parsed.reduce((sum, [, , text]) => sum + text.length, 0)} code units${holdOut ? ", without the measured sources" : ""}`,
);

const packed: Record<string, ReturnType<typeof pack>> = {};
for (const [name, encoding] of [
  ["o200k", "o200k_base"],
  ["cl100k", "cl100k_base"],
] as const) {
  const tokenizer = await loadTokenizer(resolve(tokenizerFolder), encoding);
  const model: Model = { weights: new Float32Array(WEIGHT_COUNT), wordScores: new Float32Array(1 << WORD_BITS), corrections: {} };
  const texts = parsed.map(([group, , raw]): Text => {
    const text = raw.toWellFormed();
    const trace: Trace = {
      base: new Int32Array(text.length),
      context: new Int32Array(text.length),
      word: new Int32Array(text.length),
      stretches: [],
    };
    expectedTokens(text, model, trace);
    return { weight: weightOf(group), text, trace, starts: startsOf(text, tokenizer.encode(text), tokenizer.bytesOf) };
  });
  fitWeights(model.weights, texts);
  model.corrections = fitCorrections(model, texts);
  packed[name] = pack(model);
  const shipped = unpackModel(packed[name]);
  report(encoding, (text) => expectedTokens(text, shipped));
}
if (!holdOut) {
  const path = resolve(import.meta.dirname, "../src/metering/token-coefficients.ts");
  const head = readFileSync(path, "utf8").split("export const COEFFICIENTS")[0]?.split("const EMPTY")[0] ?? "";
  writeFileSync(path, `${head}export const COEFFICIENTS = ${JSON.stringify(packed)} satisfies Record<string, PackedCoefficients>;\n`);
}

/** What a gateway sees most weighs most. */
function weightOf(group: string): number {
  const major =
    /^(mo|udhr)-(ko|kor|ja|jpn|zh_CN|cmn_hans|ru|rus|ar|arb|hi|hin|bn|ben|th|tha|vi|vie|tr|tur|de|deu_1996|fr|fra|es|spa|pt_BR|pt|por_BR|por_PT|it|ita)$/;
  if (group === "ko" || group === "en-eval") return 4;
  if (group === "udhr") return 0.1;
  if (major.test(group)) return group.startsWith("udhr") ? 5 : /-(it|tr)$/.test(group) ? 2.5 : 1;
  if (group.startsWith("udhr")) return 1;
  if (group.startsWith("mo")) return 0.4;
  return /^(json-ko|emoji|whitespace|runs|numbers|hex|hexU|base64|b64)/.test(group) ? 2 : 1;
}

/** How many tokens begin at each code unit; those that begin within a surrogate pair are shared between its halves. */
function startsOf(text: string, tokens: readonly number[], bytesOf: readonly number[]): Uint8Array {
  const starts = new Uint8Array(text.length);
  let tokenAt = 0;
  let next = 0;
  let bytes = 0;
  for (let at = 0; at < text.length; ) {
    const point = text.codePointAt(at) ?? 0;
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    let begun = 0;
    while (next < tokens.length && tokenAt < bytes) {
      tokenAt += bytesOf[tokens[next] ?? 0] ?? 0;
      next++;
      begun++;
    }
    if (point > 0xffff) {
      starts[at] = begun >> 1;
      starts[at + 1] = begun - (begun >> 1);
      at += 2;
    } else starts[at++] = begun;
  }
  if (next !== tokens.length || tokenAt !== bytes) throw new Error("the tokenizer's vocabulary does not add up");
  return starts;
}

/** Stochastic gradient on squared error per code unit; words are fitted to what their letters leave. Steps shrink to the mean of the rest. */
function fitWeights(weights: Float32Array, texts: readonly Text[]): void {
  const seen = new Float32Array(weights.length);
  const learn = (at: number, error: number, weight: number, rate: number, least: number, most: number) => {
    seen[at] = (seen[at] ?? 0) + weight;
    weights[at] = (weights[at] ?? 0) + (error * weight * rate) / Math.max(least, Math.min((seen[at] ?? 0) * rate, most));
  };
  for (let epoch = 0; epoch <= EPOCHS; epoch++) {
    const most = epoch === EPOCHS ? 4000 : epoch === 1 ? 300 : 1000;
    for (const { text, trace, starts, weight } of shuffled(texts, epoch + 1)) {
      let wordError = 0;
      for (let at = 0; at < text.length; at++) {
        const base = trace.base[at] ?? 0;
        const context = trace.context[at] ?? 0;
        const word = trace.word[at] ?? -1;
        const error = (starts[at] ?? 0) - (weights[base] ?? 0) - (weights[context] ?? 0);
        if (epoch === 0) {
          learn(base, error, weight, 1, 1, Number.POSITIVE_INFINITY);
          continue;
        }
        learn(base, error, weight, 0.3, 20, most * 5);
        learn(context, error, weight, 0.7, 4, most);
        if (epoch < EPOCHS - 1) continue;
        wordError = startsRun(text, at) ? error : wordError + error;
        if (word >= 0) learn(word, wordError - (weights[word] ?? 0), weight, 1, 6, most);
      }
    }
    if (epoch === 0) seen.fill(0);
    if (epoch === EPOCHS - 1) seen.fill(0, 0, WORD_OFFSET);
  }
}

function startsRun(text: string, at: number): boolean {
  const script = (index: number) => estimator.SCRIPT_OF[estimator.CLASS_OF[text.charCodeAt(index)] ?? 1] ?? 0;
  return at === 0 || script(at) !== script(at - 1);
}

/** The language scores of words, then the corrections by Gauss-Newton on (expected × e^correction − actual)² / (expected × actual). */
function fitCorrections(model: Model, texts: readonly Text[]): Record<number, number[]> {
  const sums = new Float32Array(1 << WORD_BITS);
  const counts = new Float32Array(1 << WORD_BITS).fill(3);
  const stretches: { stretch: Stretch; actual: number; weight: number; words: number[] }[] = [];
  for (const { text, weight, starts } of texts) {
    const trace: Trace = {
      base: new Int32Array(text.length),
      context: new Int32Array(text.length),
      word: new Int32Array(text.length),
      stretches: [],
    };
    expectedTokens(text, model, trace);
    const from = new Map<number, number>();
    for (const stretch of trace.stretches) {
      let actual = 0;
      const words: number[] = [];
      for (let at = from.get(stretch.group) ?? 0; at < stretch.end; at++) {
        const kind = estimator.CLASS_OF[text.charCodeAt(at)] ?? 1;
        if (estimator.GROUP_OF[kind] !== stretch.group) continue;
        actual += starts[at] ?? 0;
        const word = trace.word[at] ?? -1;
        if (word >= 0) words.push(word - WORD_OFFSET);
      }
      from.set(stretch.group, stretch.end);
      if (actual <= 0 || stretch.tokens <= 0) continue;
      const ratio = Math.max(-1, Math.min(1, Math.log(actual / stretch.tokens))) * (stretch.letters / (stretch.letters + 40));
      for (const word of words) {
        sums[word] = (sums[word] ?? 0) + ratio * weight;
        counts[word] = (counts[word] ?? 0) + weight;
      }
      if (stretch.letters >= 8)
        stretches.push({ stretch, actual, words, weight: (weight * stretch.letters) / (1 + stretch.letters / 100) });
    }
  }
  for (let at = 0; at < sums.length; at++) model.wordScores[at] = (sums[at] ?? 0) / (counts[at] ?? 1);
  const result: Record<number, number[]> = {};
  for (const group of new Set(stretches.map(({ stretch }) => stretch.group))) {
    const samples = stretches
      .filter(({ stretch }) => stretch.group === group)
      .map(({ stretch, actual, weight, words }) => {
        const features: [number, number][] = [];
        const score = words.reduce((sum, word) => sum + (model.wordScores[word] ?? 0), 0);
        correctionFeatures({ ...stretch, score }, (at, share) => features.push([at, share]));
        return { features, actual, expected: stretch.tokens, weight };
      });
    result[group] = solve(samples).map((value) => Math.round(value * 1000) / 1000);
  }
  return result;
}

function solve(samples: readonly { features: [number, number][]; actual: number; expected: number; weight: number }[]): number[] {
  const size = CORRECTION_KNOTS.reduce((sum, knots) => sum + knots.length, 0);
  const joints = new Set<number>();
  let end = 0;
  for (const knots of CORRECTION_KNOTS) {
    end += knots.length;
    joints.add(end);
  }
  const total = samples.reduce((sum, sample) => sum + sample.weight, 0);
  let solution: number[] = new Array(size).fill(0);
  for (let round = 0; round < 6; round++) {
    const rows = Array.from({ length: size }, () => new Float64Array(size + 1));
    const add = (row: number, column: number, value: number) => {
      const cells = rows[row];
      if (cells) cells[column] = (cells[column] ?? 0) + value;
    };
    for (const { features, actual, expected, weight } of samples) {
      const sum = features.reduce((total, [at, share]) => total + (solution[at] ?? 0) * share, 0);
      const correction = Math.max(-1, Math.min(1, sum));
      const slope = Math.exp(correction) * Math.sqrt(expected / actual);
      const rest = Math.sqrt(actual / expected) - slope;
      const scale = (weight / total) * 1000;
      for (const [at, share] of features) {
        add(at, size, scale * slope * share * (rest + slope * correction));
        for (const [other, part] of features) add(at, other, scale * slope * slope * share * part);
      }
    }
    for (let at = 0; at < size; at++) {
      add(at, at, 0.2);
      if (at + 1 >= size || joints.has(at + 1)) continue;
      for (const [row, column, value] of [
        [at, at, 0.5],
        [at + 1, at + 1, 0.5],
        [at, at + 1, -0.5],
        [at + 1, at, -0.5],
      ] as const)
        add(row, column, value);
    }
    solution = eliminate(rows);
  }
  return solution;
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
  const digits = "0123456789BCDFAHJKLMNPQRSTVWXYZbcdfahjklmnpqrstvwxyz?#$%&()*+,-.";
  const sized = (values: Float32Array, share: number, steps: number) => {
    const sizes = [...values].map(Math.abs).sort((a, b) => a - b);
    return Number(((sizes[Math.floor((sizes.length - 1) * share)] ?? 0) / steps).toPrecision(4)) || 1;
  };
  const clip = (value: number, step: number, half: number) => Math.max(-half, Math.min(half - 1, Math.round(value / step))) + half;
  const hashed = model.weights.subarray(HASH_OFFSET);
  const base = model.weights.subarray(0, HASH_OFFSET);
  const baseStep = sized(base, 1, 2040);
  const hashedStep = sized(hashed, 0.995, 31);
  const scoreStep = sized(model.wordScores, 0.998, 31);
  const two = (value: number) => `${digits.charAt(value >> 6)}${digits.charAt(value & 63)}`;
  return {
    base: [...base].map((value) => two(clip(value, baseStep, 2048))).join(""),
    baseStep,
    hashed: [...hashed].map((value) => digits.charAt(clip(value, hashedStep, 32))).join(""),
    hashedStep,
    scores: [...model.wordScores].map((value) => digits.charAt(clip(value, scoreStep, 32))).join(""),
    scoreStep,
    corrections: model.corrections,
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

/** A shuffle that is the same on every run. */
function shuffled<T>(items: readonly T[], seed: number): T[] {
  const result = [...items];
  let state = seed;
  for (let at = result.length - 1; at > 0; at--) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const other = state % (at + 1);
    const held = result[at];
    const swapped = result[other];
    if (held === undefined || swapped === undefined) continue;
    result[at] = swapped;
    result[other] = held;
  }
  return result;
}
