import type { Span } from "../finding";
import { saidBefore, saysBefore, words } from "./context";
import type { NumberRun } from "./number-runs";
import { standsAlone } from "./number-runs";

const SSN = /(?<!\d)(\d{3})([- .]?)(\d{2})\2(\d{4})(?!\d)/g;
/** 20 CFR 422.103: never issued. */
const NEVER_AREA = /^(?:000|666|9\d\d)$/;
const SSN_WORDS = words(/\bssns?\b|social security|social sec|사회 ?보장/);
/** Digits of a number, and of its last group. */
const [SSN_DIGITS, SERIAL_DIGITS] = [9, 4];
/** Printed in advertisements, and voided by the agency. */
const VOID = new Set(["078051120", "219099999"]);
/** What names this very number another, hyphens and all: "order #123-45-6789". */
const OTHER_NAME =
  /(?:\b(?:order|invoice|part|item|lot|ticket|sku|model|serial)(?: ?(?:no|number|num|id)\b[.:]?| ?#)|(?:주문|부품) ?번호:?|품번:?) ?#?$/;
const OTHER_NAME_CHARS = 16;
const OTHER_WORDS = words(/account|routing|sort code|policy|order|invoice|계좌|정책|주문|전화|phone/);

/** US social security numbers: with hyphens by their ranges; spaced or bare only with a word nearby or alone in the text. */
export function findSsns(text: string, run: NumberRun): Span[] {
  if (run.digits < SSN_DIGITS || run.longest < SERIAL_DIGITS) return [];
  const found: Span[] = [];
  const slice = text.slice(run.start, run.end);
  for (let match = SSN.exec(slice); match; match = SSN.exec(slice)) {
    const [whole, area = "", separator, group = "", serial = ""] = match;
    const [start, end] = [run.start + match.index, run.start + match.index + whole.length];
    if (NEVER_AREA.test(area) || group === "00" || serial === "0000" || VOID.has(area + group + serial)) continue;
    if (!standsAlone(text, start, end) || /[A-Za-z]-$/.test(text.slice(Math.max(0, start - 2), start))) continue;
    const said = saysBefore(run.words, text, start, SSN_WORDS);
    const written = separator === "-" || (separator === " " && !besideNumber(text, start, end));
    if (!said && saidBefore(text, start, OTHER_NAME, OTHER_NAME_CHARS)) continue;
    if (!said && (!written || (separator === " " && saysBefore(run.words, text, start, OTHER_WORDS)))) continue;
    found.push({ type: "US_SSN", start, end, score: said ? 0.97 : separator === "-" ? 0.9 : 0.78 });
  }
  return found;
}

function besideNumber(text: string, start: number, end: number): boolean {
  return /\d[ )]$/.test(text.slice(Math.max(0, start - 2), start)) || /^ \(?\d/.test(text.slice(end, end + 3));
}
