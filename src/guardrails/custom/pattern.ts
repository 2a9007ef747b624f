import safeRegex from "safe-regex2";
import type { Finding } from "../finding";
import { repeatProblem } from "./pattern-repeats";

/** Characters of an expression. */
export const PATTERN_CHARS_MAX = 500;
/** Repetitions in one expression, "?" included. */
export const PATTERN_REPEATS_MAX = 10;
/** The text is searched in windows, so that an expression of quadratic time costs little; a match is no longer than the overlap. */
export const PATTERN_WINDOW_CHARS = 256;
export const PATTERN_MATCH_CHARS_MAX = 128;

/** Why an operator's expression is not accepted, as a sentence for them; undefined when it is. Asked when a policy is saved. */
export function patternProblem(source: string): string | undefined {
  if (source === "") return "the expression is empty";
  if (source.length > PATTERN_CHARS_MAX) return `the expression is longer than ${PATTERN_CHARS_MAX} characters`;
  const compiled = compile(source);
  if (!compiled) return "the expression is not a valid regular expression";
  if (compiled.test("")) return "the expression matches the empty text";
  if (/\\[1-9]|\\k</.test(source)) return "the expression refers back to a group, which can take exponential time";
  if (!safeRegex(source, { limit: PATTERN_REPEATS_MAX }))
    return "the expression repeats a repetition or has too many, which can take exponential time";
  return repeatProblem(source);
}

/** An accepted expression; throws RangeError with the problem otherwise. */
export interface Pattern {
  find(text: string): Finding[];
}

/** Matches of `source`, case-insensitive, at most PATTERN_MATCH_CHARS_MAX long, in order and without overlaps. */
export function compilePattern(guard: string, type: string, source: string): Pattern {
  const problem = patternProblem(source);
  const expression = compile(source);
  if (problem || !expression) throw new RangeError(problem ?? "the expression is not a valid regular expression");
  return { find: (text) => findMatches(expression, text).map((span) => ({ guard, type, score: 1, ...span })) };
}

function findMatches(expression: RegExp, text: string): { start: number; end: number }[] {
  const found: { start: number; end: number }[] = [];
  let done = 0;
  for (let from = 0; ; from += PATTERN_WINDOW_CHARS - PATTERN_MATCH_CHARS_MAX) {
    const isLast = from + PATTERN_WINDOW_CHARS >= text.length;
    for (const match of text.slice(from, from + PATTERN_WINDOW_CHARS).matchAll(expression)) {
      const [start, end] = [from + match.index, from + match.index + match[0].length];
      if (start < done || end === start) continue;
      // A match in the overlap is read again, whole, in the next window.
      if (!isLast && match.index >= PATTERN_WINDOW_CHARS - PATTERN_MATCH_CHARS_MAX) break;
      found.push({ start, end });
      done = end;
    }
    if (isLast) return found;
  }
}

function compile(source: string): RegExp | undefined {
  try {
    return new RegExp(source, "giu");
  } catch {
    return undefined;
  }
}
