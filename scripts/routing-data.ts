import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { build } from "esbuild";

export type Routing = typeof import("../src/routing/terms") &
  typeof import("../src/routing/complexity-features") &
  typeof import("../src/routing/judge-complexity") &
  typeof import("../src/routing/packed-weights") &
  typeof import("../src/routing/task-cues") &
  typeof import("../src/routing/task-features") &
  typeof import("../src/routing/classify-task");

/** A prompt that two models answered, as in the evaluation set. */
export interface AnsweredPrompt {
  prompt: string;
  /** Whether the weak model's answer was right. */
  weak: boolean;
  strong: boolean;
  task: string;
  subject: string;
}

/** The router's parts as the Worker has them: bundled first, because Node resolves no import without an extension. */
export async function loadRouting(): Promise<Routing> {
  const files = ["terms", "complexity-features", "judge-complexity", "packed-weights", "task-cues", "task-features", "classify-task"];
  const result = await build({
    stdin: {
      contents: files.map((file) => `export * from "./src/routing/${file}";`).join("\n"),
      resolveDir: resolve(import.meta.dirname, ".."),
    },
    bundle: true,
    format: "esm",
    write: false,
  });
  const code = result.outputFiles[0]?.text ?? "";
  return (await import(`data:text/javascript;base64,${Buffer.from(code).toString("base64")}`)) as Routing; // what was bundled just above
}

export function readLines<Row>(path: string): Row[] {
  const lines = readFileSync(path, "utf8").split("\n").filter(Boolean);
  return lines.map((line): Row => JSON.parse(line));
}

/** Words in a row that two prompts share only when one is made from the other. */
const SHINGLE_WORDS = 10;

/** A group for each text; texts that share a run of words are in one group, so that a fold never holds out a text whose twin was learned. */
export function groupsOf(texts: readonly string[]): number[] {
  const parent = texts.map((_, at) => at);
  const root = (at: number): number => {
    let top = at;
    while (parent[top] !== top) top = parent[top] ?? top;
    parent[at] = top;
    return top;
  };
  const seen = new Map<string, number>();
  for (const [at, text] of texts.entries()) {
    const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
    for (let from = 0; from === 0 || from + SHINGLE_WORDS <= words.length; from++) {
      const shingle = words.slice(from, from + SHINGLE_WORDS).join(" ");
      const other = seen.get(shingle);
      if (other === undefined) seen.set(shingle, at);
      else parent[root(at)] = root(other);
    }
  }
  return texts.map((_, at) => root(at));
}

/** Puts whole groups into `count` folds of about the same size, the same way on every run. */
export function foldsOf(groups: readonly number[], count: number, seed: number): number[] {
  const sizes = new Map<number, number>();
  for (const group of groups) sizes.set(group, (sizes.get(group) ?? 0) + 1);
  const loads = new Array<number>(count).fill(0);
  const foldOf = new Map<number, number>();
  const order = shuffled([...sizes], seed).sort(([, a], [, b]) => (a > 3 || b > 3 ? b - a : 0));
  for (const [group, size] of order) {
    const fold = loads.indexOf(Math.min(...loads));
    loads[fold] = (loads[fold] ?? 0) + size;
    foldOf.set(group, fold);
  }
  return groups.map((group) => foldOf.get(group) ?? 0);
}

/** A shuffle that is the same on every run. */
export function shuffled<T>(items: readonly T[], seed: number): T[] {
  const random = chance(seed);
  return items
    .map((item) => ({ item, rank: random() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ item }) => item);
}

/** Numbers from 0 to 1 that are the same on every run (mulberry32). */
export function chance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** How well scores decide who asks the strong model. */
export interface GapRecovered {
  /** Average performance gap recovered: the mean of PGR over shares of strong calls from 0 to 1; PGR = (routed - weak) / (strong - weak). */
  apgr: number;
  /** The smallest share of strong calls from which on 80 % of the gap is recovered. */
  shareFor80: number;
}

export function gapRecovered(rows: readonly AnsweredPrompt[], scores: ArrayLike<number>): GapRecovered {
  const order = rows.map((_, at) => at).sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || a - b);
  const gains = order.map((at) => Number(rows[at]?.strong) - Number(rows[at]?.weak));
  const gap = gains.reduce((sum, gain) => sum + gain, 0);
  let recovered = 0;
  let area = 0;
  let shareFor80 = 1;
  for (const [at, gain] of gains.entries()) {
    const before = recovered;
    recovered += gain / gap;
    area += (before + recovered) / 2 / gains.length;
    if (shareFor80 === 1 && recovered >= 0.8) shareFor80 = (at + 1) / gains.length;
  }
  return { apgr: area, shareFor80 };
}
