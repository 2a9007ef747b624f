import type { Span } from "../finding";
import { type SecretFormat, secretFormats } from "./formats";
import { isBlanked } from "./randomness";

const DOT = 46;

interface Compiled extends SecretFormat {
  pattern: RegExp;
}

/** Compiled once, at the first text: formats by their first two characters. */
let byHead: Map<string, Compiled[]> | undefined;

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

function formatAt(text: string, at: number, formats: ReadonlyMap<string, readonly Compiled[]>): Span | undefined {
  for (const { type, prefix, pattern, anyBody } of formats.get(text.slice(at, at + 2)) ?? []) {
    if (!text.startsWith(prefix, at)) continue;
    pattern.lastIndex = at + prefix.length;
    const body = pattern.exec(text)?.[0];
    if (body === undefined || (anyBody ? /X{8}/.test(body) : isBlank(body))) continue;
    return { type, start: at, end: at + prefix.length + body.length, score: 0.95 };
  }
  return undefined;
}

function isBlank(body: string): boolean {
  return isBlanked(body.slice(0, 40)) && !/[a-z]\d[a-z]|[A-Z][a-z][A-Z]/.test(body.slice(0, 40));
}

function compile(): Map<string, Compiled[]> {
  const longestFirst = secretFormats().toSorted((a, b) => b.prefix.length - a.prefix.length);
  const compiled = longestFirst.map((format) => ({ ...format, pattern: new RegExp(`(?:${format.body})(?![A-Za-z0-9_])`, "y") }));
  return Map.groupBy(compiled, ({ prefix }) => prefix.slice(0, 2));
}

function isWordCode(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || (code >= 48 && code <= 57);
}
