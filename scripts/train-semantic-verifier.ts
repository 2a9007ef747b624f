/**
 * Fits the pair scorer of the semantic cache and writes its weights: node scripts/train-semantic-verifier.ts [EVALS_FOLDER]
 *
 * Learned from: marcotcr/checklist qqp_suite (MIT), songys/Question_pair and Chatbot_data (MIT), zilliztech/GPTCache mock_data (MIT), stanford_alpaca seed tasks
 * (Apache-2.0), FastChat mt_bench and vicuna_bench (Apache-2.0), and the pairs written for this project (scripts/semantic-pairs.ts). Not from Quora's questions
 * (GPTCache/qqp), KLUE-STS or KorSTS, nor from pairs derived from them: those are scored only.
 */
import { existsSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { fit, loadVerifier, readPairs, TEXT_SOURCES, TRAINED_SOURCES, trainingExamples } from "./semantic-data.ts";

const OUTPUT = resolve(import.meta.dirname, "../src/cache/semantic/pair-weights.ts");

const folder = process.argv[2] ?? resolve(import.meta.dirname, "../../shared/evals");
const [pairsPath, textsPath] = [resolve(folder, "semantic/dev.jsonl"), resolve(folder, "injection/dev.jsonl")];
if (!existsSync(pairsPath) || !existsSync(textsPath)) {
  console.log(`skipped: there are no evaluation sets in ${folder}; give the folder that holds semantic/dev.jsonl and injection/dev.jsonl`);
  process.exit(0);
}
const verifier = await loadVerifier();
const examples = trainingExamples(verifier, readPairs(pairsPath), textsPath);
const weights = fit(examples, verifier.FEATURE_NAMES.length);
console.log(
  `${examples.length} open pairs (${examples.filter((example) => example.same).length} same) of ${[...TRAINED_SOURCES, ...TEXT_SOURCES, "written"].join(", ")}`,
);
console.table(verifier.FEATURE_NAMES.map((name, at) => ({ name, weight: Number((weights[at] ?? 0).toFixed(2)) })));
writeFileSync(
  OUTPUT,
  `/** Logistic weights of the pair scorer, in the order of \`FEATURE_NAMES\`. Written by \`scripts/train-semantic-verifier.ts\`. */
export const PAIR_WEIGHTS: readonly number[] = [
${weights.map((weight) => `  ${Number(weight.toFixed(3))},`).join("\n")}
];
`,
);
