import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { type Found, type Guardrails, percent, readRows, scores, type Tally } from "./guardrail-data.ts";

const CORE = new Set(
  "EMAIL PHONE CREDIT_CARD IBAN US_SSN IP_ADDRESS MAC_ADDRESS CRYPTO KR_RRN KR_BRN KR_PASSPORT KR_DRIVER_LICENSE".split(" "),
);
/** Where a source calls "anna.larsson@…" a person, finding the address is no false alarm. */
const SOFT = new Set(["PERSON", "ORG", "LOCATION", "USERNAME", "TITLE"]);
const SHOWN = Number(process.env.SHOWN ?? 0);

interface Entity {
  type: string;
  start: number;
  end: number;
  value: string;
  weak?: boolean;
}
interface Row {
  text: string;
  entities: Entity[];
  lang: string;
  source: string;
  scope?: string[];
}

/** Precision, recall and F1 of personal data by type, source and language, and of redaction undone. */
export function evalPii(folder: string, guards: Guardrails): void {
  const path = resolve(folder, "pii/dev.jsonl");
  if (!existsSync(path)) {
    console.log(`pii skipped: there is no ${path}`);
    return;
  }
  const rows = readRows<Row>(path);
  const tallies = { type: new Map<string, Tally>(), source: new Map<string, Tally>(), lang: new Map<string, Tally>() };
  const total: Tally = { right: 0, missed: 0, wrong: 0 };
  const shown: string[] = [];
  let insideSoft = 0;
  let restored = 0;
  for (const row of rows) {
    if (comesBack(row.text, guards)) restored++;
    const found = guards.findPii(row.text).filter(({ type }) => CORE.has(type) && (!row.scope || row.scope.includes(type)));
    const count = (type: string, outcome: keyof Tally, start: number, end: number) => {
      for (const tally of [total, of(tallies.type, type), of(tallies.source, row.source), of(tallies.lang, row.lang)]) tally[outcome]++;
      if (outcome === "right") return;
      const around = `${row.text.slice(Math.max(0, start - 30), start)}<<${row.text.slice(start, end)}>>${row.text.slice(end, end + 12)}`;
      shown.push(`${outcome} ${type} ${row.source} ${JSON.stringify(around)}`);
    };
    const used = new Set<Found>();
    for (const entity of row.entities.filter(({ type }) => CORE.has(type))) {
      const match = found.find((finding) => finding.type === entity.type && !used.has(finding) && overlaps(finding, entity));
      if (match) used.add(match);
      if (!entity.weak) count(entity.type, match ? "right" : "missed", entity.start, entity.end);
    }
    for (const finding of found) {
      if (used.has(finding)) continue;
      if (row.entities.some((entity) => SOFT.has(entity.type) && finding.start < entity.end && finding.end > entity.start)) insideSoft++;
      else count(finding.type, "wrong", finding.start, finding.end);
    }
  }
  console.log(`personal data: ${rows.length} rows`);
  for (const [name, groups] of Object.entries(tallies))
    console.table(Object.fromEntries([...groups].sort().map(([group, tally]) => [`${name} ${group}`, scores(tally)])));
  console.table({ "core types": scores(total), "core types, strict": scores({ ...total, wrong: total.wrong + insideSoft }) });
  console.log(`redaction undone exactly, whole and in a stream: ${percent(restored, rows.length)} % of ${rows.length}`);
  for (const line of shown.slice(0, SHOWN)) console.log(line);
}

/** Whether a text is the same again after its values were replaced and put back, at once and in a stream cut at every character. */
function comesBack(text: string, guards: Guardrails): boolean {
  const vault = new guards.Vault();
  vault.reserve(text);
  const redacted = vault.redact(text, guards.resolveOverlaps([...guards.findPii(text), ...guards.findSecrets(text)]));
  const stream = new guards.RestoreStream(vault);
  const pieces = [...redacted].map((piece) => stream.push(piece));
  return vault.restore(redacted) === text && pieces.join("") + stream.end() === text;
}

/** At least half of the longer of the two is shared. */
function overlaps(a: { start: number; end: number }, b: { start: number; end: number }): boolean {
  const shared = Math.min(a.end, b.end) - Math.max(a.start, b.start);
  return shared * 2 >= Math.max(a.end - a.start, b.end - b.start);
}

function of(groups: Map<string, Tally>, name: string): Tally {
  const tally = groups.get(name) ?? { right: 0, missed: 0, wrong: 0 };
  groups.set(name, tally);
  return tally;
}
