/**
 * Hits and wrong hits of the semantic verifier by kind and source, and its cost: node scripts/eval-semantic.ts [PAIRS.jsonl]
 *
 * No weight in the verifier is fitted, so there is nothing to cross-validate; but its rules and word lists were written with these rows in view, so expect somewhat
 * less on others. The pairs written for this project are scored as a source of their own.
 */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { type JudgedPair, loadVerifier, readPairs } from "./semantic-data.ts";
import { writtenPairs } from "./semantic-pairs.ts";

const HUMAN_KINDS = new Set(["lexical-overlap", "other-question"]);
const TIMED_PAIRS = 4_000;
const WRONG_SHOWN = 12;

const path = process.argv[2] ?? resolve(import.meta.dirname, "../../shared/evals/semantic/dev.jsonl");
if (!existsSync(path)) {
  console.log(`skipped: there are no judged pairs at ${path}; give a file of {a, b, same, source, kind} lines`);
  process.exit(0);
}
const verifier = await loadVerifier();
const rows = readPairs(path);

/** Whether a row would be served; `alone` as if the embedder called everything similar. */
function isHit(row: JudgedPair, setting: keyof typeof verifier.ALLOWANCES, alone: boolean): boolean {
  if (!alone) return verifier.verifyPair(row.a, row.b, setting).same;
  return verifier.refusalOf(verifier.examinePair(row.a, row.b), { ...verifier.ALLOWANCES[setting], similarityMin: -1 }) === undefined;
}

const judged = rows.map((row) => ({
  row,
  balanced: isHit(row, "balanced", false),
  strict: isHit(row, "strict", false),
  alone: isHit(row, "balanced", true),
  lenient: isHit(row, "lenient", false),
}));
type Judged = (typeof judged)[number];
const tableBy = (keyOf: (row: JudgedPair) => string) =>
  [...Map.groupBy(judged, ({ row }) => `${row.same ? "same" : "different"} ${keyOf(row)}`)]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([group, members]) => ({
      group,
      rows: members.length,
      balanced: count(members, "balanced"),
      strict: count(members, "strict"),
      alone: count(members, "alone"),
      lenient: count(members, "lenient"),
    }));
console.log("hits, by kind (a hit on a different pair is a wrong answer)");
console.table(tableBy((row) => row.kind));
console.log("hits, by source");
console.table(tableBy((row) => row.source));

const groups: [string, (row: JudgedPair) => boolean][] = [
  ["same", (row) => row.same],
  ["different, controlled", (row) => !row.same && !HUMAN_KINDS.has(row.kind)],
  ["different, human-labelled", (row) => !row.same && HUMAN_KINDS.has(row.kind)],
  ["different, all", (row) => !row.same],
];
console.log("hits in %, overall");
console.table(
  groups.map(([group, belongs]) => {
    const members = judged.filter(({ row }) => belongs(row));
    const share = (setting: keyof Omit<Judged, "row">) => Math.round((1000 * count(members, setting)) / members.length) / 10;
    return {
      group,
      rows: members.length,
      balanced: share("balanced"),
      strict: share("strict"),
      "verification alone": share("alone"),
      lenient: share("lenient"),
    };
  }),
);
const written = writtenPairs();
const servedOf = (same: boolean) =>
  written.filter((pair) => pair.same === same && verifier.verifyPair(pair.a, pair.b, "balanced").same).length;
console.log(
  `pairs written for this project, balanced: ${servedOf(true)} of ${written.filter((pair) => pair.same).length} hits, ${servedOf(false)} of ${written.filter((pair) => !pair.same).length} wrong hits`,
);
console.log("wrong hits at balanced");
for (const { row } of judged.filter((entry) => entry.balanced && !entry.row.same).slice(0, WRONG_SHOWN))
  console.log(`${row.kind}  ${JSON.stringify(row.a.slice(0, 90))}  ${JSON.stringify(row.b.slice(0, 90))}`);

const sample = rows
  .filter((row) => row.a.length + row.b.length > 100)
  .map((row) => ({ ...row, a: row.a.slice(0, 200), b: row.b.slice(0, 200) }));
time("verifyPair, questions of 50 to 200 characters", (at) =>
  verifier.verifyPair(sample[at % sample.length]?.a ?? "", sample[at % sample.length]?.b ?? "", "balanced"),
);
const long = rows
  .map((row) => row.a)
  .join(" ")
  .slice(0, 2048);
time("embedLexical, 2 KB", () => verifier.embedLexical(long));

function time(what: string, run: (at: number) => void): void {
  for (let at = 0; at < TIMED_PAIRS / 4; at++) run(at);
  const before = process.cpuUsage();
  for (let at = 0; at < TIMED_PAIRS; at++) run(at);
  const spent = process.cpuUsage(before);
  console.log(`${what}: ${((spent.user + spent.system) / TIMED_PAIRS / 1000).toFixed(3)} ms of CPU`);
}

function count(members: readonly Judged[], setting: keyof Omit<Judged, "row">): number {
  return members.filter((entry) => entry[setting]).length;
}
