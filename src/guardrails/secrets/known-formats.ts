import type { Span } from "../finding";
import { endOfMatch } from "../spotter";
import { type SecretFormat, secretFormats } from "./formats";
import { isBlanked } from "./randomness";

const DOT = 46;

interface Compiled extends SecretFormat {
  pattern: RegExp;
}

/** Compiled once, at the first text: formats by their first two code units. */
let byHead: Map<number, Compiled[]> | undefined;

/** The beginnings of all formats. */
export function formatPrefixes(): RegExp {
  return new RegExp(
    secretFormats()
      .map(({ prefix }) => prefix.replace(/[$.]/g, "\\$&"))
      .join("|"),
  );
}

/**
 * Tokens of published formats, where `spots` says that a prefix may begin. Each starts at a word's start; every body is bounded, so the
 * time is linear.
 */
export function findKnownFormats(text: string, spots: readonly number[]): Span[] {
  byHead ??= compile();
  const found: Span[] = [];
  for (const at of spots) {
    const span = isWordStart(text, at) ? formatAt(text, at, byHead) : undefined;
    if (span) found.push(span);
  }
  return found;
}

/** All prefixes begin with a letter or a digit. */
function isWordStart(text: string, at: number): boolean {
  if (at === 0) return true;
  const before = text.charCodeAt(at - 1);
  return before !== DOT && !isWordCode(before);
}

function formatAt(text: string, at: number, formats: ReadonlyMap<number, readonly Compiled[]>): Span | undefined {
  for (const { type, prefix, pattern, anyBody } of formats.get(headAt(text, at)) ?? []) {
    if (!text.startsWith(prefix, at)) continue;
    const end = endOfMatch(text, pattern, at + prefix.length);
    if (end < 0) continue;
    const body = text.slice(at + prefix.length, end);
    if (anyBody ? /X{8}|^[A-Z0-9]{9}EXAMPLE$/.test(body) : isBlank(body)) continue;
    return { type, start: at, end, score: 0.95 };
  }
  return undefined;
}

function isBlank(body: string): boolean {
  return /(.)\1{15}|(\w{2,6})\2{3}/.test(body) || (isBlanked(body.slice(0, 40)) && !/[a-z]\d[a-z]|[A-Z][a-z][A-Z]/.test(body.slice(0, 40)));
}

function headAt(text: string, at: number): number {
  return (text.charCodeAt(at) << 16) | text.charCodeAt(at + 1);
}

function compile(): Map<number, Compiled[]> {
  const longestFirst = secretFormats().toSorted((a, b) => b.prefix.length - a.prefix.length);
  const compiled = longestFirst.map((format) => ({ ...format, pattern: new RegExp(`(?:${format.body})(?![A-Za-z0-9_])`, "y") }));
  return Map.groupBy(compiled, ({ prefix }) => headAt(prefix, 0));
}

function isWordCode(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || (code >= 48 && code <= 57);
}
