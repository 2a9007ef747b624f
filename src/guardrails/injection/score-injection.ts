import { isSparse, logOdds, type Model, SEVERAL_WINDOWS_LOG_ODDS, shippedModel } from "./model";
import { type ReadView, readViews } from "./read-views";
import { RULES } from "./rules";
import { segmentsOf } from "./segments";
import { eachWindow } from "./windows";

export interface InjectionScore {
  /** Like a probability, 0 to 1; `attack` begins at 0.5. */
  score: number;
  label: "clean" | "uncertain" | "attack";
  /** UTF-16 offsets, in the given text, of the part that scored highest. */
  start: number;
  end: number;
  /** Names of rules and signs that were met there; never text. Empty when clean. */
  reasons: string[];
}

export interface InjectionOptions {
  /** The text is a tool's result or a document: it has no business giving the assistant orders, so signs of orders weigh more. */
  untrusted?: boolean;
}

const ATTACK_SCORE = 0.5;
/** From here on a second opinion is worth its price. */
export const UNCERTAIN_SCORE = 0.18;
/** Log-odds added in untrusted text where a rule was met. */
const UNTRUSTED_RULE_LOG_ODDS = 1.5;
/** Text in tag characters or variation selectors has no honest use; a flag's region code is shorter than this many units. */
const HIDDEN_UNITS_MIN = 12;
const HIDDEN_TEXT_LOG_ODDS = 2;

/** How likely a text tries to take over the model that reads it. Pure; linear in the text, of which very long ones are sampled (segments.ts). */
export function scoreInjection(text: string, options: InjectionOptions = {}): InjectionScore {
  return scoreWith(shippedModel(), text, options);
}

/** As `scoreInjection`, with a given model. */
export function scoreWith(model: Model, text: string, { untrusted = false }: InjectionOptions = {}): InjectionScore {
  let best: Best | undefined;
  for (const segment of segmentsOf(text.length)) {
    const { views, signs } = readViews(segment.start === 0 && segment.end === text.length ? text : text.slice(segment.start, segment.end));
    for (const read of views) {
      const top = topWindow(model, read, untrusted);
      if (read.view.name === "hidden-characters" && read.features.length >= HIDDEN_UNITS_MIN)
        top.odds = Math.max(top.odds, HIDDEN_TEXT_LOG_ODDS);
      if (!best || top.odds > best.odds) best = { ...top, read, signs, offset: segment.start };
    }
  }
  if (!best) return { score: 0, label: "clean", start: 0, end: 0, reasons: [] };
  const score = 1 / (1 + Math.exp(-best.odds));
  const label = score >= ATTACK_SCORE ? "attack" : score >= UNCERTAIN_SCORE ? "uncertain" : "clean";
  const { start, end } = spanOf(best.read, best.start, best.end);
  return { score, label, start: start + best.offset, end: end + best.offset, reasons: label === "clean" ? [] : reasonsOf(best) };
}

interface Best extends Window {
  read: ReadView;
  signs: readonly string[];
  /** Where the segment begins. */
  offset: number;
}

interface Window {
  odds: number;
  start: number;
  end: number;
}

/** Prefix sums of weights by place make each window two subtractions. */
function topWindow(model: Model, { features, everywhere }: ReadView, untrusted: boolean): Window {
  const { ids, places, count, length, rules } = features;
  const ngrams = new Int32Array(length + 2);
  const counts = new Int32Array(length + 2);
  const sparse = new Int32Array(length + 2);
  const sparseCounts = new Int32Array(length + 2);
  for (let i = 0; i < count; i++) {
    const id = ids[i] ?? 0;
    const place = (places[i] ?? 0) + 1;
    const weight = model.packed[id] ?? 0;
    if (isSparse(id)) {
      sparse[place] = (sparse[place] ?? 0) + weight;
      sparseCounts[place] = (sparseCounts[place] ?? 0) + 1;
    } else {
      ngrams[place] = (ngrams[place] ?? 0) + weight;
      counts[place] = (counts[place] ?? 0) + 1;
    }
  }
  for (let i = 1; i < length + 2; i++) {
    ngrams[i] = (ngrams[i] ?? 0) + (ngrams[i - 1] ?? 0);
    counts[i] = (counts[i] ?? 0) + (counts[i - 1] ?? 0);
    sparse[i] = (sparse[i] ?? 0) + (sparse[i - 1] ?? 0);
    sparseCounts[i] = (sparseCounts[i] ?? 0) + (sparseCounts[i - 1] ?? 0);
  }
  let shared = 0;
  for (const id of everywhere) shared += model.packed[id] ?? 0;
  const top: Window = { odds: Number.NEGATIVE_INFINITY, start: 0, end: length };
  const sum = (of: Int32Array, start: number, end: number) => (of[end] ?? 0) - (of[start] ?? 0);
  let windows = 0;
  eachWindow(length, (start, end) => {
    windows++;
    const last = end === length ? end + 1 : end;
    const sparseCount = sum(sparseCounts, start, last) + everywhere.length;
    let odds = logOdds(model, sum(ngrams, start, last), sum(counts, start, last), sum(sparse, start, last) + shared, sparseCount);
    if (untrusted && rules.some((met) => met.start < end && met.end > start)) odds += UNTRUSTED_RULE_LOG_ODDS;
    if (odds > top.odds) Object.assign(top, { odds, start, end });
  });
  if (windows > 1) top.odds -= SEVERAL_WINDOWS_LOG_ODDS;
  return top;
}

function spanOf({ view, features }: ReadView, start: number, end: number): { start: number; end: number } {
  if (view.name !== "plain") return { start: view.start, end: view.end };
  const at = (place: number) => (view.at ? (view.at[place] ?? view.end) : place);
  const met = features.rules.filter((rule) => rule.start < end && rule.end > start);
  if (met.length === 0) return { start: at(start), end: end >= features.length ? view.end : at(end) };
  const from = sentenceStart(view.text, Math.min(...met.map((rule) => rule.start)), start);
  const to = sentenceEnd(view.text, Math.max(...met.map((rule) => rule.end)), end);
  return { start: at(from), end: to >= features.length ? view.end : at(to) };
}

const SENTENCE_END = /[.!?。！？]/;

function sentenceStart(text: string, from: number, least: number): number {
  let start = from;
  while (start > least && !SENTENCE_END.test(text[start - 1] ?? "")) start--;
  while (start < from && text[start] === " ") start++;
  return start;
}

function sentenceEnd(text: string, from: number, most: number): number {
  let end = from;
  while (end < most && !SENTENCE_END.test(text[end] ?? "")) end++;
  return Math.min(end + 1, Math.max(most, from));
}

function reasonsOf({ read, start, end, signs }: Best): string[] {
  const rules = read.features.rules.filter((met) => met.start < end && met.end > start).map((met) => RULES[met.rule]?.name ?? "");
  const names = [...signs, ...(read.view.name === "plain" ? [] : [read.view.name]), ...rules];
  return names.length === 0 ? ["learned-wording"] : [...new Set(names)];
}
