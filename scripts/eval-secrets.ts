import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { type Guardrails, percent, readRows } from "./guardrail-data.ts";

const SHOWN = Number(process.env.SHOWN ?? 0);

interface Row {
  text: string;
  kind: string | null;
  value?: string;
  source: string;
}
interface PiiRow {
  text: string;
  source: string;
  entities: { type: string }[];
}

/** Recall of credentials by source, false alarms on look-alikes by source and on everyday text. */
export function evalSecrets(folder: string, guards: Guardrails): void {
  const path = resolve(folder, "secrets/dev.jsonl.gz");
  if (!existsSync(path)) {
    console.log(`secrets skipped: there is no ${path}`);
    return;
  }
  const shown: string[] = [];
  const judged = readRows<Row>(path).map(({ text, kind, value, source }) => {
    const found = guards.findSecrets(text);
    const at = value === undefined ? -1 : text.indexOf(value);
    const hit = found.some(({ start, end }) => at < 0 || value === undefined || (start < at + value.length && end > at));
    const right = kind === null ? !hit : hit;
    if (!right)
      shown.push(`${kind ? "missed" : "wrong"} ${kind ?? found.map(({ type }) => type)} ${source} ${JSON.stringify(text.slice(0, 160))}`);
    return { source, kind, hit };
  });
  const table = (rows: typeof judged) =>
    Object.fromEntries(
      [...Map.groupBy(rows, ({ source }) => source)].map(([source, group]) => [
        source,
        rate(group.filter(({ hit }) => hit).length, group.length),
      ]),
    );
  console.log(`secrets: ${judged.length} rows`);
  const [dirty, clean] = [judged.filter(({ kind }) => kind !== null), judged.filter(({ kind }) => kind === null)];
  console.log("recall");
  console.table({ ...table(dirty), overall: rate(dirty.filter(({ hit }) => hit).length, dirty.length) });
  console.log("false alarms on look-alikes");
  console.table({ ...table(clean), overall: rate(clean.filter(({ hit }) => hit).length, clean.length) });
  console.log("false alarms on everyday text");
  console.table(Object.fromEntries(everyday(folder).map(([name, texts]) => [name, everydayRate(texts, guards, shown)])));
  for (const line of shown.slice(0, SHOWN)) console.log(line);
}

function rate(found: number, rows: number) {
  return { "flagged %": percent(found, rows), flagged: found, rows };
}

function everydayRate(texts: string[], guards: Guardrails, shown: string[]) {
  const hits = texts.filter((text) => {
    const [first] = guards.findSecrets(text);
    if (first) shown.push(`wrong ${first.type} everyday ${JSON.stringify(text.slice(Math.max(0, first.start - 40), first.end + 10))}`);
    return first !== undefined;
  });
  return rate(hits.length, texts.length);
}

function everyday(folder: string): [string, string[]][] {
  const read = <T>(name: string) => (existsSync(resolve(folder, name)) ? readRows<T>(resolve(folder, name)) : []);
  return [
    ["pii", read<PiiRow>("pii/dev.jsonl").flatMap(({ text, entities }) => (entities.some(({ type }) => type === "SECRET") ? [] : [text]))],
    [
      "injection, benign",
      read<{ text: string; label: string }>("injection/dev.jsonl").flatMap(({ text, label }) => (label === "benign" ? [text] : [])),
    ],
    ["semantic", read<{ a: string; b: string }>("semantic/dev.jsonl").flatMap(({ a, b }) => [a, b])],
  ];
}
