import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { build } from "esbuild";
import { writtenPairs } from "./semantic-pairs.ts";

export type Verifier = typeof import("../src/cache/semantic/verify-pair") &
  typeof import("../src/cache/semantic/embed-lexical") &
  typeof import("../src/cache/semantic/pair-features") &
  typeof import("../src/cache/semantic/pair-weights");

/** A judged pair, as in the evaluation set. */
export interface JudgedPair {
  a: string;
  b: string;
  same: boolean;
  source: string;
  kind: string;
}

/** A pair to learn from: its features, its label, the source that a fold leaves out, and how much it counts. */
export interface Example {
  features: number[];
  same: boolean;
  source: string;
  weight: number;
}

/** Sources whose licence allows shipped weights; the others (Quora's, and those under share-alike) are only ever scored. */
export const TRAINED_SOURCES = ["checklist/qqp_suite", "songys/Question_pair", "GPTCache/mock_data"];
/** Sources of single texts, from which contrasting pairs are made. */
export const TEXT_SOURCES = ["alpaca/seed_tasks", "mt_bench", "vicuna_bench", "songys/Chatbot_data"];
const TEXT_CHARACTERS_MAX = 300;
const SEED = 20_261_129;
const ROUNDS = 1500;
const RATE = 0.6;
const RIDGE = 2e-4;
/** A wrong hit costs more than a miss. */
const NEGATIVE_WEIGHT = 3;
/** Words whose exchange or insertion leaves a question what it was. */
const NO_CONTRAST =
  /^(?:would|should|could|about|which|there|where|their|these|those|using|gives|possible|happened?|what|really|someone|something|person|available|싶어|같아|하나요|있나요|정말|너무|자꾸|알려줘|알려주세요)$/i;
const NEIGHBOURS = 2;

/** The verifier as the Worker has it: bundled first, because Node resolves no import without an extension. */
export async function loadVerifier(): Promise<Verifier> {
  const rooms = ["verify-pair", "embed-lexical", "pair-features", "pair-weights"];
  const result = await build({
    stdin: {
      contents: rooms.map((room) => `export * from "./src/cache/semantic/${room}";`).join("\n"),
      resolveDir: resolve(import.meta.dirname, ".."),
    },
    bundle: true,
    format: "esm",
    write: false,
  });
  const code = result.outputFiles[0]?.text ?? "";
  return (await import(`data:text/javascript;base64,${Buffer.from(code).toString("base64")}`)) as Verifier; // what was bundled just above
}

export function readPairs(path: string): JudgedPair[] {
  return linesOf(path).map((line): JudgedPair => JSON.parse(line));
}

/** Judged pairs of the licensed sources and those written for this project, and pairs made from them and from single texts by one edit. */
export function trainingExamples(verifier: Verifier, judged: readonly JudgedPair[], textsPath: string): Example[] {
  const real = licensedPairs(judged);
  const made = madePairs(verifier, judged, textsPath);
  const examples: Example[] = [];
  for (const pair of [...real, ...made]) {
    const similarity = verifier.cosine(verifier.embedLexical(pair.a), verifier.embedLexical(pair.b));
    const examined = verifier.examinePair(pair.a, pair.b, similarity);
    if (examined.kind === "open")
      examples.push({
        features: examined.features,
        same: pair.same,
        source: pair.source,
        weight: pair.same ? 1 : NEGATIVE_WEIGHT * (pair.kind === "made" ? 0.5 : 1),
      });
  }
  return examples;
}

function licensedPairs(judged: readonly JudgedPair[]): JudgedPair[] {
  const written = writtenPairs().map((pair) => ({ ...pair, source: "written", kind: "written" }));
  return [...judged.filter((pair) => TRAINED_SOURCES.includes(pair.source)), ...written];
}

export function madePairs(verifier: Verifier, judged: readonly JudgedPair[], textsPath: string): JudgedPair[] {
  return contrasts(licensedPairs(judged), readTexts(textsPath), verifier);
}

/** Ridge-regularised logistic regression by full-batch gradient descent with momentum; deterministic. */
export function fit(examples: readonly Example[], width: number): number[] {
  const weights = new Array<number>(width).fill(0);
  const speed = new Array<number>(width).fill(0);
  const total = examples.reduce((sum, example) => sum + example.weight, 0);
  for (let round = 0; round < ROUNDS; round++) {
    const slope = new Array<number>(width).fill(0);
    for (const { features, same, weight } of examples) {
      let sum = 0;
      for (let at = 0; at < width; at++) sum += (features[at] ?? 0) * (weights[at] ?? 0);
      const error = (weight * (1 / (1 + Math.exp(-sum)) - (same ? 1 : 0))) / total;
      for (let at = 0; at < width; at++) slope[at] = (slope[at] ?? 0) + error * (features[at] ?? 0);
    }
    for (let at = 0; at < width; at++) {
      speed[at] = 0.9 * (speed[at] ?? 0) - RATE * ((slope[at] ?? 0) + RIDGE * (at === 0 ? 0 : (weights[at] ?? 0)));
      weights[at] = (weights[at] ?? 0) + (speed[at] ?? 0);
    }
  }
  return weights;
}

/** Pairs with different answers: one word exchanged, inserted, left out or moved, in a text and in the paraphrase of a text; and the nearest other text. */
function contrasts(real: readonly JudgedPair[], texts: readonly { text: string; source: string }[], verifier: Verifier): JudgedPair[] {
  const random = seeded(SEED);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T; // every list here is filled
  const vocabulary = [true, false].map((korean) =>
    real
      .flatMap(({ a }) => a.split(/\s+/))
      .filter(
        (word) =>
          word.length >= (korean ? 2 : 5) &&
          /\p{Script=Hangul}/u.test(word) === korean &&
          /^\p{L}+$/u.test(word) &&
          !NO_CONTRAST.test(word),
      ),
  );
  const edits = (text: string): string[] => {
    const words = text.split(/\s+/);
    const heavy = [...words.keys()].filter((at) => (words[at] ?? "").length >= (/\p{Script=Hangul}/u.test(words[at] ?? "") ? 2 : 5));
    if (heavy.length < 2 || words.length < 4) return [];
    const other = pick(vocabulary[/\p{Script=Hangul}/u.test(text) ? 0 : 1] ?? []);
    const [one, two] = [pick(heavy), pick(heavy)];
    const swapped = words.with(one, words[two] ?? "").with(two, words[one] ?? "");
    return [words.with(one, other), words.toSpliced(one, 0, other), words.toSpliced(two, 1), swapped].map((changed) => changed.join(" "));
  };
  const made: JudgedPair[] = [];
  const add = (a: string, b: string, source: string) => {
    if (spelling(a) !== spelling(b)) made.push({ a, b, same: false, source, kind: "made" });
  };
  for (const pair of real) {
    for (const changed of edits(pair.b)) if (spelling(changed) !== spelling(pair.b)) add(pair.a, changed, pair.source);
    for (const changed of edits(pair.a)) if (pair.same) add(pair.a, changed, pair.source);
  }
  for (const { text, source } of texts) for (const changed of edits(text)) add(text, changed, source);
  const statements = real.filter((pair) => pair.source === "GPTCache/mock_data" || pair.source === "written");
  const vectors = statements.map((pair) => verifier.embedLexical(pair.b));
  for (const [index, pair] of statements.entries()) {
    const mine = verifier.embedLexical(pair.a);
    const nearest = vectors
      .map((vector, at) => ({ at, near: statements[at]?.a === pair.a || at === index ? -1 : verifier.cosine(mine, vector) }))
      .sort((x, y) => y.near - x.near);
    for (const { at } of nearest.slice(0, NEIGHBOURS)) add(pair.a, statements[at]?.b ?? "", pair.source);
  }
  return made;
}

function spelling(text: string): string {
  return text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
}

function readTexts(path: string): { text: string; source: string }[] {
  const rows = linesOf(path).map((line): { text: string; source: string; label: string } => JSON.parse(line));
  return rows.filter((row) => row.label === "benign" && TEXT_SOURCES.includes(row.source) && row.text.length <= TEXT_CHARACTERS_MAX);
}

function linesOf(path: string): string[] {
  return readFileSync(path, "utf8").split("\n").filter(Boolean);
}

/** Mulberry32. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
