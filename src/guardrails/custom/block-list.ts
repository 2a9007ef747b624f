import type { Finding } from "../finding";
import { resolveOverlaps } from "../finding";
import { foldWidth } from "../fold-width";

/** Terms of one list, characters of one term. */
export const BLOCK_TERMS_MAX = 5_000;
export const BLOCK_TERM_CHARS_MAX = 200;

/** A compiled list of terms; `find` answers in order, without overlaps, in time linear in the text. */
export interface BlockList {
  find(text: string): Finding[];
  /** How many code units at the text's end may be the beginning of a term. */
  mayGrow(text: string): number;
}

interface State {
  next: Map<number, number>;
  /** State of the longest proper suffix that is also a beginning of some term. */
  fallback: number;
  /** Units from the root. */
  depth: number;
  /** Length of the term that ends here, 0 for none. */
  length: number;
  /** Nearest state along the fallbacks where a term ends, 0 for none. */
  shorter: number;
}

/**
 * Terms as an Aho-Corasick automaton (Aho and Corasick, 1975). Case, width and the amount of white space do not matter. A term's edge that is a Latin or other
 * spaced letter, or a digit, must be a word's edge in the text; Korean, Chinese and Japanese edges need not, for particles follow
 * words directly there. Throws RangeError beyond the limits.
 */
export function compileBlockList(guard: string, type: string, terms: readonly string[]): BlockList {
  if (terms.length > BLOCK_TERMS_MAX) throw new RangeError(`a block list holds at most ${BLOCK_TERMS_MAX} terms`);
  if (terms.some((term) => term.length > BLOCK_TERM_CHARS_MAX))
    throw new RangeError(`a term has at most ${BLOCK_TERM_CHARS_MAX} characters`);
  const states = buildStates(terms.map((term) => normalise(term).replace(/\s+/g, " ").trim()).filter((term) => term !== ""));
  return {
    find: (text) => findTerms(states, text).map((span) => ({ guard, type, score: 1, ...span })),
    mayGrow: (text) => begunAt(states, text.slice(-GROW_CHARS_MAX)),
  };
}

/** As far back as a term may have begun, with some white space within it. */
const GROW_CHARS_MAX = 2 * BLOCK_TERM_CHARS_MAX;

function begunAt(states: readonly State[], text: string): number {
  const folded = normalise(text);
  const places: number[] = [];
  let [state, depth] = [0, 0];
  for (let at = 0; at < folded.length; at++) {
    const isSpace = WHITE_SPACE.test(folded[at] ?? "");
    if (isSpace && WHITE_SPACE.test(folded[at - 1] ?? "")) continue;
    places.push(at);
    const code = isSpace ? SPACE : folded.charCodeAt(at);
    while (state !== 0 && !states[state]?.next.has(code)) state = states[state]?.fallback ?? 0;
    state = states[state]?.next.get(code) ?? 0;
    depth = states[state]?.depth ?? 0;
  }
  return depth === 0 ? 0 : folded.length - (places[places.length - depth] ?? folded.length);
}

function findTerms(states: readonly State[], text: string): { start: number; end: number }[] {
  const folded = normalise(text);
  const found: { type: string; score: number; start: number; end: number }[] = [];
  // Where each unit stands that was read: a run of white space is read as one space.
  const places: number[] = [];
  let state = 0;
  for (let at = 0; at < folded.length; at++) {
    const isSpace = WHITE_SPACE.test(folded[at] ?? "");
    if (isSpace && WHITE_SPACE.test(folded[at - 1] ?? "")) continue;
    places.push(at);
    state = step(states, state, isSpace ? SPACE : folded.charCodeAt(at));
    for (let ending = states[state]?.length ? state : (states[state]?.shorter ?? 0); ending > 0; ending = states[ending]?.shorter ?? 0) {
      const start = places[places.length - (states[ending]?.length ?? 0)] ?? at;
      if (!isEdge(folded, start) || !isEdge(folded, at + 1)) continue;
      found.push({ type: "", score: 1, start, end: at + 1 });
      break;
    }
  }
  return resolveOverlaps(found).map(({ start, end }) => ({ start, end }));
}

function buildStates(terms: readonly string[]): State[] {
  const states: State[] = [newState(0)];
  for (const term of terms) {
    let state = 0;
    for (let at = 0; at < term.length; at++) {
      const code = term.charCodeAt(at);
      const known = states[state]?.next.get(code);
      const next = known ?? states.push(newState(at + 1)) - 1;
      states[state]?.next.set(code, next);
      state = next;
    }
    const last = states[state];
    if (last) last.length = term.length;
  }
  linkFallbacks(states);
  return states;
}

/** Breadth first, so that a state's fallback is linked before it. */
function linkFallbacks(states: readonly State[]): void {
  const queue = [...(states[0]?.next.values() ?? [])];
  for (let at = 0; at < queue.length; at++) {
    const from = queue[at] ?? 0;
    for (const [code, to] of states[from]?.next ?? []) {
      const state = states[to];
      if (!state) continue;
      state.fallback = step(states, states[from]?.fallback ?? 0, code);
      const behind = states[state.fallback];
      state.shorter = behind?.length ? state.fallback : (behind?.shorter ?? 0);
      queue.push(to);
    }
  }
}

function step(states: readonly State[], from: number, code: number): number {
  let state = from;
  for (;;) {
    const next = states[state]?.next.get(code);
    if (next !== undefined) return next;
    if (state === 0) return 0;
    state = states[state]?.fallback ?? 0;
  }
}

function newState(depth: number): State {
  return { next: new Map(), fallback: 0, depth, length: 0, shorter: 0 };
}

/** Whether a word may begin or end between `at - 1` and `at`. */
function isEdge(text: string, at: number): boolean {
  return !(SPACED.test(text[at - 1] ?? "") && SPACED.test(text[at] ?? ""));
}

const WHITE_SPACE = /\s/;
const SPACE = 0x20;

/** Letters of scripts that put spaces between words, and digits. */
const SPACED = /[\p{L}\p{N}_](?<![\p{Script=Hangul}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}])/u;

/** Same length as `text`: small letters, ASCII width. */
function normalise(text: string): string {
  const folded = foldWidth(text);
  const lower = folded.toLowerCase();
  return lower.length === folded.length ? lower : Array.from({ length: folded.length }, (_, at) => lowerUnit(folded[at] ?? "")).join("");
}

function lowerUnit(unit: string): string {
  const lower = unit.toLowerCase();
  return lower.length === 1 ? lower : unit;
}
