import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";

export type Estimator = typeof import("../src/metering/estimate-tokens") &
  typeof import("../src/metering/token-classes") &
  typeof import("../src/metering/token-pieces");

/** A counted text, as in the evaluation set. */
export interface CountedText {
  text: string;
  encoding: "o200k_base" | "cl100k_base";
  count: number;
  kind: string;
  source: string;
}

/** The estimator as the Worker has it: bundled first, because Node resolves no import without an extension. */
export async function loadEstimator(): Promise<Estimator> {
  const rooms = ["estimate-tokens", "token-classes", "token-pieces"];
  const result = await build({
    stdin: {
      contents: rooms.map((file) => `export * from "./src/metering/${file}";`).join("\n"),
      resolveDir: resolve(import.meta.dirname, ".."),
    },
    bundle: true,
    format: "esm",
    write: false,
  });
  const code = result.outputFiles[0]?.text ?? "";
  return (await import(`data:text/javascript;base64,${Buffer.from(code).toString("base64")}`)) as Estimator; // what was bundled just above
}

export function readCountedTexts(path: string): CountedText[] {
  const lines = readFileSync(path, "utf8").split("\n").filter(Boolean);
  return lines.map((line): CountedText => JSON.parse(line));
}

/** A vocabulary's entries by rank (those that are no UTF-8 as bytes), and a counter, from the folder of an installed `gpt-tokenizer` package (4.x). */
export async function loadTokenizer(folder: string, encoding: "o200k_base" | "cl100k_base") {
  const load = (file: string) => import(pathToFileURL(resolve(folder, file)).href);
  const entries: (string | number[])[] = (await load(`esm/bpeRanks/${encoding}.js`)).default;
  const patterns: Record<string, RegExp> = await load("esm/encodingParams/constants.js");
  const pattern = patterns[encoding === "o200k_base" ? "O200K_TOKEN_SPLIT_REGEX" : "CL100K_TOKEN_SPLIT_REGEX"] ?? /$/g;
  // Bytes as characters, so that they can be keys.
  const bytes = (text: string) => Buffer.from(text, "utf8").toString("latin1");
  const rankOf = new Map(entries.map((entry, rank) => [typeof entry === "string" ? bytes(entry) : String.fromCharCode(...entry), rank]));
  const encode = (text: string) => (text.match(pattern) ?? []).flatMap((piece) => mergePairs(bytes(piece), rankOf));
  return { encode, entries };
}

/** Byte pair encoding: always the pair of the lowest rank first. */
function mergePairs(piece: string, rankOf: ReadonlyMap<string, number>): number[] {
  const whole = rankOf.get(piece);
  if (whole !== undefined) return [whole];
  const none = Number.POSITIVE_INFINITY;
  const starts = Array.from({ length: piece.length + 1 }, (_, at) => at);
  const rankAt = (at: number) => rankOf.get(piece.slice(starts[at], starts[at + 2])) ?? none;
  const ranks = starts.map((_, at) => (at + 2 < starts.length ? rankAt(at) : none));
  for (;;) {
    let best = 0;
    for (let at = 1; at < ranks.length; at++) if ((ranks[at] ?? none) < (ranks[best] ?? none)) best = at;
    if ((ranks[best] ?? none) === none) break;
    starts.splice(best + 1, 1);
    ranks.splice(best + 1, 1);
    for (const at of [best - 1, best]) if (at >= 0) ranks[at] = at + 2 < starts.length ? rankAt(at) : none;
  }
  return starts.slice(0, -1).map((start, at) => rankOf.get(piece.slice(start, starts[at + 1])) ?? 0);
}
