import type { Span } from "../finding";

/** Characters of the user and password part that are looked at. */
const CREDENTIALS_CHARS_MAX = 256;
const CREDENTIALS = new RegExp(`[^\\s/@:"'<>\`]{0,128}:([^\\s/@"'<>\`]{1,${CREDENTIALS_CHARS_MAX}})@[A-Za-z0-9\\[]`, "y");
const PLACEHOLDER = /^(?:\$|<|\{|%[^0-9A-Fa-f]|\*+$|x+$|\[)/i;

/** `scheme://user:password@host`: the span is `user:password`. */
export function findUrlCredentials(text: string): Span[] {
  const found: Span[] = [];
  for (let at = text.indexOf("://"); at >= 0; at = text.indexOf("://", at + 3)) {
    CREDENTIALS.lastIndex = at + 3;
    const match = CREDENTIALS.exec(text);
    if (!match?.[1] || PLACEHOLDER.test(match[1])) continue;
    found.push({ type: "URL_CREDENTIALS", start: at + 3, end: at + 3 + match[0].length - 2, score: 0.95 });
  }
  return found;
}
