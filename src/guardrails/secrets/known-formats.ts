import type { Span } from "../finding";
import { type SecretFormat, secretFormats } from "./formats";
import { isBlanked } from "./randomness";

interface Compiled extends SecretFormat {
  pattern: RegExp;
}

/** Compiled once, at the first text: formats by their first two characters. */
let byHead: Map<string, Compiled[]> | undefined;

/** Tokens of published formats. Each starts at a word's start; every body is bounded, so the time is linear. */
export function findKnownFormats(text: string): Span[] {
  byHead ??= compile();
  const found: Span[] = [];
  let insideWord = false;
  for (let at = 0; at < text.length; at++) {
    const inWord = isWordCode(text.charCodeAt(at));
    if (inWord && !insideWord && text[at - 1] !== ".") {
      const span = formatAt(text, at, byHead);
      if (span) found.push(span);
    }
    insideWord = inWord;
  }
  return found;
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
