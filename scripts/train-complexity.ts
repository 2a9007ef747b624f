/**
 * Fits src/routing/complexity-weights.ts, the same on every run: node scripts/train-complexity.ts [ANSWERED.jsonl]
 * ANSWERED.jsonl has {prompt, weak, strong, task, subject} lines: whether a weak and a strong model answered each prompt right. Its source
 * is the routing set of the evaluation sets (multiple-choice questions of MMLU and word problems of GSM8K, both MIT).
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { fitComplexity } from "./fit-complexity.ts";
import { type AnsweredPrompt, gapRecovered, loadRouting, readLines } from "./routing-data.ts";

const path = process.argv[2] ?? resolve(import.meta.dirname, "../../shared/evals/routing/dev.jsonl");
if (!existsSync(path)) {
  console.log(`skipped: there are no answered prompts at ${path}; give a file of {prompt, weak, strong, task, subject} lines`);
  process.exit(0);
}
const routing = await loadRouting();
const rows = readLines<AnsweredPrompt>(path);
const packed = fitComplexity(routing, rows);
const model = routing.unpackComplexity(packed);
console.log(
  "on its own training rows",
  gapRecovered(
    rows,
    rows.map(({ prompt }) => routing.complexityBy(model, prompt)),
  ),
);
const target = resolve(import.meta.dirname, "../src/routing/complexity-weights.ts");
const head = readFileSync(target, "utf8").split("export const")[0] ?? "";
const text = `${head}export const COMPLEXITY_WEIGHTS: PackedComplexity = ${JSON.stringify(packed)};\n`;
writeFileSync(target, text);
console.log(`${rows.length} prompts, ${Math.round(text.length / 1000)} KB`);
