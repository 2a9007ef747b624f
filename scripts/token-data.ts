import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";

export type Estimator = typeof import("../src/metering/estimate-tokens") & typeof import("../src/metering/token-classes");

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
  const result = await build({
    stdin: {
      contents: 'export * from "./src/metering/estimate-tokens"; export * from "./src/metering/token-classes";',
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

/** A tokenizer's vocabulary and encoder, from the folder of an installed `gpt-tokenizer` package (4.x). */
export async function loadTokenizer(folder: string, encoding: string) {
  const load = (file: string) => import(pathToFileURL(resolve(folder, file)).href);
  const ranks: (string | number[])[] = (await load(`esm/bpeRanks/${encoding}.js`)).default;
  const encoder: { encode(text: string, options: object): number[] } = await load(`esm/encoding/${encoding}.js`);
  const bytesOf = ranks.map((entry) => (typeof entry === "string" ? Buffer.byteLength(entry) : entry.length));
  return { encode: (text: string) => encoder.encode(text, { disallowedSpecial: new Set(), allowedSpecial: new Set() }), bytesOf };
}
