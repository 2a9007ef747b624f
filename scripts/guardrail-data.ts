import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { gunzipSync } from "node:zlib";
import { build } from "esbuild";

export type Guardrails = typeof import("../src/guardrails/index");
export type Found = import("../src/guardrails/index").Finding;

/** The guards as the Worker has them: bundled first, because Node resolves no import without an extension. */
export async function loadGuardrails(): Promise<Guardrails> {
  const result = await build({
    stdin: { contents: 'export * from "./src/guardrails/index";', resolveDir: resolve(import.meta.dirname, "..") },
    bundle: true,
    minify: true,
    format: "esm",
    write: false,
  });
  const code = result.outputFiles[0]?.text ?? "";
  return (await import(`data:text/javascript;base64,${Buffer.from(code).toString("base64")}`)) as Guardrails; // what was bundled just above
}

/** Rows of a JSON Lines file, gzipped or not. */
export function readRows<T>(path: string): T[] {
  const bytes = readFileSync(path);
  const text = (path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
  return text
    .split("\n")
    .filter(Boolean)
    .map((line): T => JSON.parse(line));
}

export interface Tally {
  right: number;
  missed: number;
  wrong: number;
}

/** A share in per cent, with one decimal; "-" of nothing. */
export function percent(part: number, whole: number): string {
  return whole === 0 ? "-" : ((100 * part) / whole).toFixed(1);
}

/** Precision, recall and F1 of a tally, as a line of a table. */
export function scores({ right, missed, wrong }: Tally) {
  return {
    "P %": percent(right, right + wrong),
    "R %": percent(right, right + missed),
    "F1 %": percent(2 * right, 2 * right + missed + wrong),
    right,
    missed,
    wrong,
  };
}
