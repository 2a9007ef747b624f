/** How far the token estimate is off, by kind and encoding, its worst rows, and its cost: node scripts/eval-tokens.ts [COUNTED.jsonl] */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { type CountedText, loadEstimator, readCountedTexts } from "./token-data.ts";

const WORST_SHOWN = 15;
const TIMED_BYTES = 20_000_000;

const path = process.argv[2] ?? resolve(import.meta.dirname, "../../shared/evals/tokens/dev.jsonl");
if (!existsSync(path)) {
  console.log(`skipped: there are no counted texts at ${path}; give a file of {text, encoding, count, kind, source} lines`);
  process.exit(0);
}
const { estimateTokens } = await loadEstimator();
const rows = readCountedTexts(path);
const familyOf = (row: CountedText) => (row.encoding === "cl100k_base" ? "cl100k" : "o200k");
const measured = rows.map((row) => {
  const estimate = estimateTokens(row.text, familyOf(row));
  return { ...row, estimate, error: estimate / row.count - 1 };
});

const mean = (values: readonly number[]) => (100 * values.reduce((sum, value) => sum + value, 0)) / values.length;
const groups = Map.groupBy(measured, (row) => `${row.kind} ${row.encoding}`);
const table = [...groups].map(([group, members]) => {
  const errors = members.map((row) => row.error);
  return { group, rows: members.length, "error %": round(mean(errors.map(Math.abs))), "bias %": round(mean(errors)) };
});
console.table(table.sort((a, b) => b["error %"] - a["error %"]));
console.log(`mean over groups ${round(table.reduce((sum, line) => sum + line["error %"], 0) / table.length)} %`);

console.log("worst rows");
for (const row of measured.toSorted((a, b) => Math.abs(b.error) - Math.abs(a.error)).slice(0, WORST_SHOWN))
  console.log(
    `${round(100 * row.error)} %  ${row.estimate} for ${row.count}  ${row.kind} ${row.encoding}  ${JSON.stringify(row.text.slice(0, 60))}`,
  );

for (const kinds of [
  ["code", "en", "markdown"],
  ["ko", "ko-long"],
  ["zh", "ja"],
  ["base64", "hex"],
]) {
  const text = rows
    .filter((row) => kinds.includes(row.kind))
    .map((row) => row.text)
    .join("\n")
    .slice(0, 60_000);
  const bytes = Buffer.byteLength(text);
  if (bytes === 0) continue;
  const rounds = Math.ceil(TIMED_BYTES / bytes);
  for (let round = 0; round < 20; round++) estimateTokens(text);
  const before = process.cpuUsage();
  for (let round = 0; round < rounds; round++) estimateTokens(text);
  const spent = process.cpuUsage(before);
  console.log(`${kinds.join(", ")}: ${round((spent.user + spent.system) / ((rounds * bytes) / 10_000))} µs of CPU per 10 KB`);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
