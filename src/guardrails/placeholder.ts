/** Characters of a placeholder's type, and digits of its number: they bound what a stream may hold back. */
export const PLACEHOLDER_TYPE_CHARS_MAX = 40;
export const PLACEHOLDER_DIGITS_MAX = 6;
/** Backslashes that a writer of Markdown, inside JSON, may put before one sign. */
const BACKSLASHES_MAX = 2;

/** `[EMAIL_1]` at some place of a text, however it was cased and escaped there. */
export interface PlaceholderMatch {
  start: number;
  end: number;
  /** In its own spelling: "EMAIL_1". */
  name: string;
}

/** What stands at `at`: a whole placeholder, the beginning of one cut by the text's end, or neither. */
export type PlaceholderReading = PlaceholderMatch | "cut" | "none";

/** How `name` is written into a text. Plain ASCII without quotes or backslashes, so JSON encoders leave it alone. */
export function placeholder(name: string): string {
  return `[${name}]`;
}

/** A finding's type as part of a placeholder. */
export function placeholderType(type: string): string {
  const plain = type
    .toUpperCase()
    .replace(/[^A-Z0-9]+/g, "_")
    .replace(/^_+|_+$/g, "");
  return plain.slice(0, PLACEHOLDER_TYPE_CHARS_MAX).replace(/_+$/, "") || "VALUE";
}

/** Every placeholder form in `text`, ours or not. */
export function placeholdersIn(text: string): PlaceholderMatch[] {
  const found: PlaceholderMatch[] = [];
  for (let at = text.indexOf("["); at >= 0; at = text.indexOf("[", at + 1)) {
    const reading = readPlaceholder(text, at);
    if (typeof reading !== "object") continue;
    found.push(reading);
    at = reading.end - 1;
  }
  return found;
}

/**
 * Reads a placeholder whose bracket opens at `bracket`: in any case, each "_" and the closing bracket possibly escaped by
 * backslashes. Backslashes before the opening bracket belong to it only when the closing one has them too; otherwise they are the
 * text's own.
 */
export function readPlaceholder(text: string, bracket: number): PlaceholderReading {
  let at = bracket + 1;
  let name = "";
  const cut = () => at >= text.length;
  for (;;) {
    const slashes = countBackslashes(text, at);
    at += slashes;
    if (cut()) return "cut";
    const character = text[at] ?? "";
    if (character === "]") return finish(text, bracket, name, at, slashes);
    if (slashes > 0 && character !== "_") return "none";
    if (!/[A-Za-z0-9_]/.test(character) || (name === "" && !/[A-Za-z]/.test(character))) return "none";
    name += character.toUpperCase();
    if (name.length > PLACEHOLDER_TYPE_CHARS_MAX + 1 + PLACEHOLDER_DIGITS_MAX) return "none";
    at++;
    if (cut()) return "cut";
  }
}

function finish(text: string, bracket: number, name: string, close: number, slashes: number): PlaceholderReading {
  if (!/^[A-Z][A-Z0-9_]*_[1-9]\d*$/.test(name) || name.length - name.lastIndexOf("_") - 1 > PLACEHOLDER_DIGITS_MAX) return "none";
  const opening = slashes > 0 ? Math.min(slashes, backslashesBefore(text, bracket)) : 0;
  return { start: bracket - opening, end: close + 1, name };
}

/** Backslashes right before `at`, as many as an escape may have. */
export function backslashesBefore(text: string, at: number): number {
  let count = 0;
  while (count < BACKSLASHES_MAX && text[at - 1 - count] === "\\") count++;
  return count;
}

function countBackslashes(text: string, at: number): number {
  let count = 0;
  while (count < BACKSLASHES_MAX && text[at + count] === "\\") count++;
  return count;
}
