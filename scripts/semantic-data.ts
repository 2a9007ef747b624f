import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { build } from "esbuild";

export type Verifier = typeof import("../src/cache/semantic/verify-pair") & typeof import("../src/cache/semantic/embed-lexical");

/** A judged pair, as in the evaluation set. */
export interface JudgedPair {
  a: string;
  b: string;
  same: boolean;
  source: string;
  kind: string;
}

/** The verifier as the Worker has it: bundled first, because Node resolves no import without an extension. */
export async function loadVerifier(): Promise<Verifier> {
  const result = await build({
    stdin: {
      contents: 'export * from "./src/cache/semantic/verify-pair"; export * from "./src/cache/semantic/embed-lexical";',
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
  const lines = readFileSync(path, "utf8").split("\n").filter(Boolean);
  return lines.map((line): JudgedPair => JSON.parse(line));
}
