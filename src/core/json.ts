import { badRequest } from "./errors";

/** Where a top-level member of a JSON object stands in its text: `[start, end)` of the value. */
export interface MemberSpan {
  start: number;
  end: number;
}

/** The same, and where the member's name begins. */
export interface Member extends MemberSpan {
  keyStart: number;
}

/** A JSON object and its text, so that single values can be replaced without touching a byte of the rest. */
export interface JsonText<Value> {
  text: string;
  value: Value;
  members: ReadonlyMap<string, Member>;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const COMMA = 0x2c;
const COLON = 0x3a;

/**
 * Parses a request body. Refuses, with a `bad-request` that says why: what is no JSON object, nesting deeper than `nestingMax`
 * (checked before parsing, so that a hostile body costs no memory), a top-level field given twice (readers disagree about which one
 * holds), and text that is no Unicode (an escaped surrogate without its partner).
 */
export function parseObject<Value extends object>(text: string, nestingMax: number): JsonText<Value> {
  const members = scanMembers(text, nestingMax);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw badRequest(undefined, "The request body is not valid JSON.", "invalid_json");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw badRequest(undefined, "The request body must be a JSON object.", "invalid_json");
  }
  if (/\\u[dD][89a-fA-F]/.test(text) && !isWellFormed(value)) {
    throw badRequest(undefined, "The request body holds an unpaired UTF-16 surrogate escape; text must be valid Unicode.", "invalid_json");
  }
  // The caller's decoder checks every field it reads: `Value` says no more than "some JSON object".
  return { text, value: value as Value, members };
}

/** The text with some spans replaced. `edits` may come in any order and must not overlap. */
export function replaceSpans(text: string, edits: readonly (MemberSpan & { replacement: string })[]): string {
  let result = "";
  let position = 0;
  for (const edit of [...edits].sort((a, b) => a.start - b.start)) {
    result += text.slice(position, edit.start) + edit.replacement;
    position = edit.end;
  }
  return result + text.slice(position);
}

/** The text without a member, or with another one in its place (`"name":value`, no other member's name). */
export function removeMember<Value>({ text, members }: JsonText<Value>, name: string, replacement?: string): string {
  const member = members.get(name);
  if (!member) return text;
  if (replacement !== undefined) return text.slice(0, member.keyStart) + replacement + text.slice(member.end);
  const before = text.slice(0, member.keyStart);
  const after = text.slice(member.end);
  // The comma behind it goes too; behind the last member stands none, then the one before it does.
  const comma = /^\s*,/.exec(after);
  return comma ? before + after.slice(comma[0].length) : before.replace(/,\s*$/, "") + after;
}

/** Where the elements of an array stand. `span` is the array's, in text that was parsed before. */
export function elementSpans(text: string, { start, end }: MemberSpan): MemberSpan[] {
  const spans: MemberSpan[] = [];
  let depth = 0;
  let from = start + 1;
  for (let at = from; at < end - 1; at++) {
    switch (text.charCodeAt(at)) {
      case QUOTE:
        at = stringEnd(text, at) - 1;
        break;
      case OPEN_BRACE:
      case OPEN_BRACKET:
        depth += 1;
        break;
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        depth -= 1;
        break;
      case COMMA:
        if (depth > 0) break;
        spans.push(trim(text, from, at));
        from = at + 1;
        break;
    }
  }
  const last = trim(text, from, end - 1);
  return last.start < last.end ? [...spans, last] : spans;
}

/** Where the values of an object's members stand. Of a name given twice the last one holds, as in `JSON.parse`. */
export function memberSpans(text: string, span: MemberSpan): Map<string, MemberSpan> {
  return new Map(
    elementSpans(text, span).flatMap(({ start, end }) => {
      const keyEnd = stringEnd(text, start);
      const key = readKey(text.slice(start, keyEnd));
      return key === undefined ? [] : [[key, trim(text, text.indexOf(":", keyEnd) + 1, end)] as const];
    }),
  );
}

/**
 * Finds the values of the top-level members in one pass; strings, where the bulk of a prompt lies, are jumped over natively.
 * Tolerates text that is no JSON: the parser has the last word.
 */
function scanMembers(text: string, nestingMax: number): Map<string, Member> {
  const members = new Map<string, Member>();
  let depth = 0;
  let key: string | undefined;
  let keyStart = 0;
  let valueStart = -1;
  let lastString: [number, number] = [0, 0];
  const close = (end: number): void => {
    if (key === undefined || valueStart < 0) return;
    if (members.has(key)) {
      throw badRequest(key.slice(0, 100), `The field \`${key.slice(0, 100)}\` is given twice.`, "duplicate_field");
    }
    members.set(key, { keyStart, ...trim(text, valueStart, end) });
    key = undefined;
    valueStart = -1;
  };
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case QUOTE: {
        const end = stringEnd(text, at);
        lastString = [at, end];
        at = end - 1;
        break;
      }
      case OPEN_BRACE:
      case OPEN_BRACKET:
        depth += 1;
        if (depth > nestingMax) {
          throw badRequest(undefined, `The request body is nested deeper than ${nestingMax} levels.`, "nesting_too_deep");
        }
        break;
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        if (depth === 1) close(at);
        depth -= 1;
        break;
      case COMMA:
        if (depth === 1) close(at);
        break;
      case COLON:
        if (depth === 1 && key === undefined) {
          key = readKey(text.slice(...lastString));
          keyStart = lastString[0];
          valueStart = at + 1;
        }
        break;
    }
  }
  return members;
}

/** Index after the closing quote of the string that opens at `open`; the text's end if it never closes. */
function stringEnd(text: string, open: number): number {
  let close = text.indexOf('"', open + 1);
  while (close !== -1) {
    let backslashes = 0;
    while (text.charCodeAt(close - 1 - backslashes) === BACKSLASH) backslashes += 1;
    if (backslashes % 2 === 0) return close + 1;
    close = text.indexOf('"', close + 1);
  }
  return text.length;
}

function readKey(literal: string): string | undefined {
  try {
    const key: unknown = JSON.parse(literal);
    return typeof key === "string" ? key : undefined;
  } catch {
    return undefined;
  }
}

function trim(text: string, start: number, end: number): MemberSpan {
  const isSpace = (at: number) => text.charCodeAt(at) <= 0x20;
  while (start < end && isSpace(start)) start += 1;
  while (end > start && isSpace(end - 1)) end -= 1;
  return { start, end };
}

function isWellFormed(value: unknown): boolean {
  if (typeof value === "string") return value.isWellFormed();
  if (Array.isArray(value)) return value.every(isWellFormed);
  if (typeof value === "object" && value !== null) {
    return Object.entries(value).every(([key, member]) => key.isWellFormed() && isWellFormed(member));
  }
  return true;
}
