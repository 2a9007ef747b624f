/**
 * How well the complexity router decides, on held-out folds: node scripts/eval-routing.ts [ANSWERED.jsonl]
 * A model is fitted anew for each fold by the same code as the shipped one. The shipped weights themselves are not measured here: they have
 * seen these rows.
 */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { fitComplexity } from "./fit-complexity.ts";
import { type AnsweredPrompt, chance, foldsOf, gapRecovered, groupsOf, loadRouting, readLines } from "./routing-data.ts";

const FOLDS = 5;
const SEEDS = [1, 2, 3];
const SUBJECT_FOLDS = 10;

const path = process.argv[2] ?? resolve(import.meta.dirname, "../../shared/evals/routing/dev.jsonl");
if (!existsSync(path)) {
  console.log(`skipped: there are no answered prompts at ${path}; give a file of {prompt, weak, strong, task, subject} lines`);
  process.exit(0);
}
const routing = await loadRouting();
const rows = readLines<AnsweredPrompt>(path);
const groups = groupsOf(rows.map(({ prompt }) => prompt));
const random = chance(1);
const lines = [
  line(
    "random",
    rows.map(() => random()),
  ),
  line(
    "prompt length",
    rows.map(({ prompt }) => prompt.length),
  ),
  ...SEEDS.map((seed) => line(`held-out folds, seed ${seed}`, heldOut(foldsOf(groups, FOLDS, seed)))),
  line("held-out subjects", heldOut(subjectFolds())),
];
console.log(`${rows.length} prompts in ${new Set(groups).size} groups of near duplicates, each group in one fold of ${FOLDS}`);
console.log("APGR: average performance gap recovered; @80 %: share of strong calls that recovers 80 % of the gap");
console.table(lines);

function heldOut(folds: readonly number[]): Float64Array {
  const scores = new Float64Array(rows.length);
  for (const fold of new Set(folds)) {
    const model = routing.unpackComplexity(
      fitComplexity(
        routing,
        rows.filter((_, at) => folds[at] !== fold),
      ),
    );
    for (const [at, { prompt }] of rows.entries()) if (folds[at] === fold) scores[at] = routing.complexityBy(model, prompt);
  }
  return scores;
}

/** Folds that hold out whole subjects, where there is more than one in a task. */
function subjectFolds(): number[] {
  const subjects = [...new Set(rows.map(({ subject }) => subject))].sort();
  const single = new Set(
    rows.map(({ task }) => task).filter((task) => new Set(rows.filter((row) => row.task === task).map((row) => row.subject)).size === 1),
  );
  const units = rows.map(({ task, subject }, at) => (single.has(task) ? subjects.length + (groups[at] ?? 0) : subjects.indexOf(subject)));
  return foldsOf(units, SUBJECT_FOLDS, 1);
}

function line(name: string, scores: ArrayLike<number>) {
  const all = gapRecovered(rows, scores);
  const tasks = [...new Set(rows.map(({ task }) => task))].map((task) => {
    const members = rows.map((_, at) => at).filter((at) => rows[at]?.task === task);
    const own = gapRecovered(
      members.flatMap((at) => rows[at] ?? []),
      members.map((at) => scores[at] ?? 0),
    );
    return [`${task} APGR`, round(own.apgr)] as const;
  });
  return { scores: name, APGR: round(all.apgr), "@80 %": round(all.shareFor80), ...Object.fromEntries(tasks) };
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
