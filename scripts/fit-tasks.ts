import { readFileSync } from "node:fs";
import { fitRidge, type SparseRow } from "./fit-ridge.ts";
import { groupsOf, type Routing } from "./routing-data.ts";

type Packed = Parameters<Routing["unpackTasks"]>[0];
type View = Parameters<Routing["classifyTask"]>[0];

/** A line of a labelled set. */
interface LabelledLine {
  task: string;
  lang: "en" | "ko";
  user: string;
  system?: string;
  /** Name of the text that the instruction is about; the same text appears under several tasks. */
  payload?: string;
  turns?: number;
  tools?: number;
  schema?: object;
  images?: boolean;
}

export interface LabelledRequest {
  task: string;
  lang: "en" | "ko";
  payload?: string | undefined;
  view: View;
}

/** Ridge penalties, chosen by cross-validation: dense features, and terms. */
const PENALTY_DENSE = 1;
const PENALTY_TERM = 1;
const STEPS = 31;
const TERMS_KEPT = 0.999;

export function readLabelled(path: string): LabelledRequest[] {
  const lines = readFileSync(path, "utf8").split("\n").filter(Boolean);
  return lines.map((line) => {
    const { task, lang, user, system = "", payload, turns = 1, tools = 0, schema, images = false }: LabelledLine = JSON.parse(line);
    const view: View = {
      systemText: system,
      lastUserText: user,
      turnCount: turns,
      toolCount: tools,
      hasOutputSchema: schema !== undefined,
      ...(schema && { schemaText: JSON.stringify(schema) }),
      hasImages: images,
      textLength: user.length + system.length,
    };
    return { task, lang, payload, view };
  });
}

/** Requests about the same text are in one group, and those whose instructions share a run of words. */
export function requestGroups(rows: readonly LabelledRequest[]): number[] {
  // A payload's name, ten times over, is a run of words that its requests share.
  return groupsOf(rows.map(({ payload, view }) => (payload ? `${payload} `.repeat(10) : view.lastUserText)));
}

/** What a variant counts beside the request that it is made from. */
const VARIANT_WEIGHT = 0.3;
const GENERIC_SYSTEM = { en: "You are a helpful assistant.", ko: "당신은 유용한 도우미입니다." };
const VARIANT_TURNS = 5;

/** The same request in other circumstances: under a general system text, late in a conversation, with its instruction behind the text. */
export function variantsOf(row: LabelledRequest): LabelledRequest[] {
  const { view } = row;
  const cut = view.lastUserText.indexOf("\n\n");
  const [ask, rest] = [view.lastUserText.slice(0, cut), view.lastUserText.slice(cut + 2)];
  return [
    ...(view.systemText === "" ? [{ ...row, view: { ...view, systemText: GENERIC_SYSTEM[row.lang] } }] : []),
    ...(view.turnCount === 1 ? [{ ...row, view: { ...view, turnCount: VARIANT_TURNS } }] : []),
    ...(row.payload && cut > 0 && ask.length < rest.length ? [{ ...row, view: { ...view, lastUserText: `${rest}\n\n${ask}` } }] : []),
  ];
}

/** One linear model for each task against the others, by least squares. */
export function fitTasks(routing: Routing, rows: readonly LabelledRequest[]): Packed {
  const { TASKS, TASK_FEATURE_COUNT: width, TASK_TERM_COUNT: buckets } = routing;
  const all = [...rows, ...rows.flatMap(variantsOf)];
  const matrix = all.map(({ view }) => rowOf(routing.taskFeatures(view), width));
  const columns = width + 1 + buckets;
  const penalty = (column: number) => (column < width ? PENALTY_DENSE : column === width ? 0.01 : PENALTY_TERM);
  const fitted = TASKS.map((task) =>
    fitRidge(
      matrix,
      all.map((row) => (row.task === task ? 1 : 0)),
      columns,
      penalty,
      (at) => (at < rows.length ? 1 : VARIANT_WEIGHT),
    ),
  );
  const across = (from: number, to: number) =>
    Array.from({ length: (to - from) * TASKS.length }, (_, at) => fitted[at % TASKS.length]?.[from + Math.floor(at / TASKS.length)] ?? 0);
  const terms = across(width + 1, columns);
  const sizes = terms.map(Math.abs).sort((a, b) => a - b);
  const termStep = short((sizes[Math.floor((sizes.length - 1) * TERMS_KEPT)] ?? 1) / STEPS);
  const digit = (value: number) => routing.DIGITS_OF_64.charAt(Math.max(-32, Math.min(31, Math.round(value / termStep))) + 32);
  return { dense: across(0, width + 1).map(short), terms: terms.map(digit).join(""), termStep };
}

function rowOf({ dense, terms }: ReturnType<Routing["taskFeatures"]>, width: number): SparseRow {
  const entries = new Map<number, number>([...dense.entries(), [width, 1]]);
  for (const { indexes, value } of terms)
    for (const index of indexes) entries.set(width + 1 + index, (entries.get(width + 1 + index) ?? 0) + value);
  const kept = [...entries].filter(([, value]) => value !== 0);
  return { indexes: Int32Array.from(kept, ([index]) => index), values: Float64Array.from(kept, ([, value]) => value) };
}

function short(value: number): number {
  return Number(value.toPrecision(4));
}
