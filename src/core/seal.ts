import { dataOf } from "./sse";

/**
 * The text that ends a half-sent server-sent event so that a client can read on: the byte path has already handed over what came of
 * it, and an error event must follow on a clean boundary. Data that is cut JSON is completed to valid JSON (nothing is invented: open
 * strings, arrays and objects are closed). With `eventName` the completed event is renamed, as the last `event:` line of an event
 * counts, so that clients which go by name pass it over.
 */
export function sealEvent(pending: string, eventName?: string): string {
  if (/^[\r\n]*$/.test(pending)) return "";
  const completion = completeJson(dataOf(pending));
  if (!completion) return "\n\n";
  return `${completion}\n${eventName === undefined ? "" : `event: ${eventName}\n`}\n`;
}

/** What a JSON reader expects next. */
type Expected = "value" | "value-or-end" | "key" | "key-or-end" | "colon" | "comma-or-end" | "end";

/** The shortest text that satisfies what is expected, before the closers. */
const MISSING: Record<Expected, string> = {
  value: "null",
  "value-or-end": "",
  key: '"":null',
  "key-or-end": "",
  colon: ":null",
  "comma-or-end": "",
  end: "",
};

/** What must follow `text` to make it valid JSON; "" when it is complete, null when it is no beginning of any JSON value. */
export function completeJson(text: string): string | null {
  const closers: string[] = [];
  const close = () => closers.reverse().join("");
  const afterValue = (): Expected => (closers.length === 0 ? "end" : "comma-or-end");
  let expected: Expected = "value";
  let at = 0;
  while (at < text.length) {
    const char = text.charAt(at);
    const wantsValue: boolean = expected === "value" || expected === "value-or-end";
    const wantsKey: boolean = expected === "key" || expected === "key-or-end";
    if (/\s/.test(char)) {
      at += 1;
    } else if (char === '"' && (wantsValue || wantsKey)) {
      const { end, missing } = readString(text, at);
      if (missing !== "") return missing + (wantsKey ? ":null" : "") + close();
      at = end;
      expected = wantsKey ? "colon" : afterValue();
    } else if ((char === "{" || char === "[") && wantsValue) {
      closers.push(char === "{" ? "}" : "]");
      expected = char === "{" ? "key-or-end" : "value-or-end";
      at += 1;
    } else if (char === closers.at(-1) && (expected === "comma-or-end" || expected === (char === "}" ? "key-or-end" : "value-or-end"))) {
      closers.pop();
      expected = afterValue();
      at += 1;
    } else if (char === "," && expected === "comma-or-end") {
      expected = closers.at(-1) === "}" ? "key" : "value";
      at += 1;
    } else if (char === ":" && expected === "colon") {
      expected = "value";
      at += 1;
    } else if (wantsValue) {
      const scalar = /^[-+.\w]+/.exec(text.slice(at))?.[0] ?? "";
      at += scalar.length;
      const missing = endOfScalar(scalar, at === text.length);
      if (missing === null || scalar === "") return null;
      if (missing !== "") return missing + close();
      expected = afterValue();
    } else {
      return null;
    }
  }
  return MISSING[expected] + close();
}

/** Reads the string literal that opens at `open`: where it ends, and what it lacks when it is cut (a cut escape first). */
function readString(text: string, open: number): { end: number; missing: string } {
  for (let at = open + 1; at < text.length; at++) {
    if (text[at] === '"') return { end: at + 1, missing: "" };
    if (text[at] !== "\\") continue;
    const escapeLength = text[at + 1] === "u" ? 6 : 2;
    const lacking = at + escapeLength - text.length;
    if (lacking > 0) return { end: text.length, missing: `${escapeLength === 2 ? "\\" : "0".repeat(lacking)}"` };
    at += escapeLength - 1;
  }
  return { end: text.length, missing: '"' };
}

/** Ends a number or a word that may be cut; null when it is neither. */
function endOfScalar(scalar: string, isCut: boolean): string | null {
  for (const word of ["true", "false", "null"]) {
    if (word === scalar) return "";
    if (isCut && word.startsWith(scalar)) return word.slice(scalar.length);
  }
  if (/^-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?$/.test(scalar)) return "";
  if (isCut && /^-?((0|[1-9]\d*)(\.\d*)?([eE][-+]?)?)?$/.test(scalar)) return "0";
  return null;
}
