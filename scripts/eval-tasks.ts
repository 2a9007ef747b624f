/**
 * How well requests are told apart by task: node scripts/eval-tasks.ts
 * First on held-out folds of scripts/task-prompts.jsonl, a model fitted anew for each fold (requests about the same text in one fold), then
 * the shipped weights on requests that training never sees.
 */
import { resolve } from "node:path";
import { fitTasks, type LabelledRequest, readLabelled, requestGroups, variantsOf } from "./fit-tasks.ts";
import { foldsOf, loadRouting } from "./routing-data.ts";

const FOLDS = 5;
const TIMED_ROUNDS = 2000;
const TIMED_CHARS = 4096;

const routing = await loadRouting();
const rows = readLabelled(resolve(import.meta.dirname, "task-prompts.jsonl"));
const folds = foldsOf(requestGroups(rows), FOLDS, 1);
const answers = rows.map(() => ({ task: "", confidence: 0 }));
let variants = 0;
let variantsRight = 0;
for (let fold = 0; fold < FOLDS; fold++) {
  const model = routing.unpackTasks(
    fitTasks(
      routing,
      rows.filter((_, at) => folds[at] !== fold),
    ),
  );
  for (const [at, { view }] of rows.entries()) {
    if (folds[at] !== fold) continue;
    answers[at] = routing.taskBy(model, view);
    for (const variant of rows.slice(at, at + 1).flatMap(variantsOf)) {
      variants++;
      if (routing.taskBy(model, variant.view).task === variant.task) variantsRight++;
    }
  }
}
report(`held-out folds (${FOLDS}) of ${rows.length} requests`, rows, answers);
console.log(
  `their ${variants} variants (general system text, fifth turn, instruction at the end): ${((100 * variantsRight) / variants).toFixed(1)} % right`,
);
const unseen = readLabelled(resolve(import.meta.dirname, "../test/fixtures/task-holdout.jsonl"));
report(
  `the shipped weights on ${unseen.length} requests not trained on`,
  unseen,
  unseen.map(({ view }) => routing.classifyTask(view)),
);

const long = `Summarize the notes below.\n\n${rows.map(({ view }) => view.lastUserText).join("\n")}`.slice(0, TIMED_CHARS);
const view = { ...(rows[0]?.view ?? unseen[0]?.view), lastUserText: long } as LabelledRequest["view"]; // both sets have rows
for (let round = 0; round < TIMED_ROUNDS; round++) routing.classifyTask(view);
const before = process.cpuUsage();
for (let round = 0; round < TIMED_ROUNDS; round++) routing.classifyTask(view);
const spent = process.cpuUsage(before);
console.log(`${Math.round((spent.user + spent.system) / TIMED_ROUNDS)} µs of CPU for ${TIMED_CHARS} code units`);

function report(name: string, labelled: readonly LabelledRequest[], given: readonly { task: string; confidence: number }[]): void {
  const share = (members: readonly number[]) => {
    const right = members.filter((at) => labelled[at]?.task === given[at]?.task).length;
    return `${((100 * right) / members.length).toFixed(1)} %`;
  };
  const all = labelled.map((_, at) => at);
  const confidence = given.reduce((sum, answer) => sum + answer.confidence, 0) / given.length;
  const languages = (["en", "ko"] as const).map((lang) => `${lang} ${share(all.filter((at) => labelled[at]?.lang === lang))}`);
  console.log(`${name}: ${share(all)} right, ${languages.join(", ")}; mean confidence ${confidence.toFixed(2)}`);
  const line = (task: string) => {
    const members = all.filter((at) => labelled[at]?.task === task);
    const counts = routing.TASKS.map((other) => [other, members.filter((at) => given[at]?.task === other).length] as const);
    return [task, { ...Object.fromEntries(counts), right: share(members) }] as const;
  };
  console.log("rows: as labelled; columns: as classified");
  console.table(Object.fromEntries(routing.TASKS.map(line)));
  if (process.argv.includes("--wrong"))
    for (const at of all.filter((at) => labelled[at]?.task !== given[at]?.task))
      console.log(`${labelled[at]?.task} as ${given[at]?.task}: ${JSON.stringify(labelled[at]?.view.lastUserText.slice(0, 110))}`);
}
