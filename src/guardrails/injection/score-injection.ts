import { eachFeature } from "./features";
import { logOdds, type Model, SEVERAL_WINDOWS_LOG_ODDS, shippedModel } from "./model";
import { normalise, type View } from "./normalise";
import { everywhereOf } from "./read-views";
import { overlapsRules } from "./rule-spans";
import { RULES, type RuleMet } from "./rules";
import { segmentsOf } from "./segments";
import { windowSums } from "./window-sums";
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
    const { views, signs } = normalise(segment.start === 0 && segment.end === text.length ? text : text.slice(segment.start, segment.end));
    for (const view of views) {
      const { rules, ...top } = topWindow(model, view, everywhereOf(view, signs), untrusted);
      if (view.name === "hidden-characters" && view.text.length >= HIDDEN_UNITS_MIN) top.odds = Math.max(top.odds, HIDDEN_TEXT_LOG_ODDS);
      if (!best || top.odds > best.odds) best = { ...top, view, rules, signs, offset: segment.start };
    }
  }
  if (!best) return { score: 0, label: "clean", start: 0, end: 0, reasons: [] };
  const score = 1 / (1 + Math.exp(-best.odds));
  const label = score >= ATTACK_SCORE ? "attack" : score >= UNCERTAIN_SCORE ? "uncertain" : "clean";
  const { start, end } = spanOf(best);
  return { score, label, start: start + best.offset, end: end + best.offset, reasons: label === "clean" ? [] : reasonsOf(best) };
}

interface Window {
  odds: number;
  start: number;
  end: number;
  /** Rules that were met in the whole view. */
  rules: RuleMet[];
}

interface Best extends Window {
  view: View;
  signs: readonly string[];
  /** Where the segment begins. */
  offset: number;
}

function topWindow(model: Model, { text }: View, everywhere: readonly number[], untrusted: boolean): Window {
  const { length } = text;
  const sums = windowSums();
  sums.begin(model, length);
  const rules = eachFeature(text, sums);
  sums.end(length);
  let shared = 0;
  for (const id of everywhere) shared += model.packed[id] ?? 0;
  const hasRule = untrusted ? overlapsRules(rules) : () => false;
  const top: Window = { odds: Number.NEGATIVE_INFINITY, start: 0, end: length, rules };
  let windows = 0;
  eachWindow(length, (start, end) => {
    windows++;
    const last = end === length ? end + 1 : end;
    const ngrams = sums.ngramsOf(start, last);
    const sparse = sums.sparseOf(start, last);
    let odds = logOdds(model, ngrams.weights, ngrams.count, sparse.weights + shared, sparse.count + everywhere.length);
    if (hasRule(start, end)) odds += UNTRUSTED_RULE_LOG_ODDS;
    if (odds > top.odds) Object.assign(top, { odds, start, end });
  });
  if (windows > 1) top.odds -= SEVERAL_WINDOWS_LOG_ODDS;
  return top;
}

function spanOf({ view, rules, start, end }: Best): { start: number; end: number } {
  if (view.name !== "plain") return { start: view.start, end: view.end };
  const { length } = view.text;
  const at = (place: number) => (view.at ? (view.at[place] ?? view.end) : place);
  const met = rules.filter((rule) => rule.start < end && rule.end > start);
  if (met.length === 0) return { start: at(start), end: end >= length ? view.end : at(end) };
  const from = sentenceStart(view.text, Math.min(...met.map((rule) => rule.start)), start);
  const to = sentenceEnd(view.text, Math.max(...met.map((rule) => rule.end)), end);
  return { start: at(from), end: to >= length ? view.end : at(to) };
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

function reasonsOf({ view, rules, start, end, signs }: Best): string[] {
  const met = rules.filter((rule) => rule.start < end && rule.end > start).map(({ rule }) => RULES[rule]?.name ?? "");
  const names = [...signs, ...(view.name === "plain" ? [] : [view.name]), ...met];
  return names.length === 0 ? ["learned-wording"] : [...new Set(names)];
}
