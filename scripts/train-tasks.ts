/** Fits src/routing/task-weights.ts to scripts/task-prompts.jsonl, requests written for this repository; the same on every run. */
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { fitTasks, readLabelled } from "./fit-tasks.ts";
import { loadRouting } from "./routing-data.ts";

const rows = readLabelled(resolve(import.meta.dirname, "task-prompts.jsonl"));
const packed = fitTasks(await loadRouting(), rows);
const target = resolve(import.meta.dirname, "../src/routing/task-weights.ts");
const head = readFileSync(target, "utf8").split("export const")[0] ?? "";
const text = `${head}export const TASK_WEIGHTS: PackedTasks = ${JSON.stringify(packed)};\n`;
writeFileSync(target, text);
console.log(`${rows.length} requests, ${Math.round(text.length / 1000)} KB`);
