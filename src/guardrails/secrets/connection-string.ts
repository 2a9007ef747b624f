import type { Span } from "../finding";
import { matchesAt } from "../spotter";
import { isPlaceholder } from "./randomness";

const SCHEME = /[A-Za-z][A-Za-z0-9+.-]{1,30}$/;
/** A password may hold one "@" of its own, though it should be written "%40". */
const AUTHORITY = /([^\s/@:"'<>`]{0,128}):([^\s/@"'<>`]{1,200}(?:@[^\s/@?"'<>`]{1,60}(?=@))?)@([A-Za-z0-9.\-[\]]{1,253})/y;
const KEY_VALUE = /(?=p)(?<=^|[;"'\s])(?:password|pwd)\s{0,2}=\s{0,2}([^;"'\s]{4,128})/iy;
const DATABASE = /(?:server|host|data source|database|uid|user id)\s{0,2}=/i;
/** The shell's variable for the folder one is in: sudo writes it into every line of its log. */
const WORKING_FOLDER = /^PWD=\/[\w.@+/-]*$/;
/** Shorter ones are letters of an example. */
const PASSWORD_CHARS_MIN = 4;
/** Hosts and passwords of documentation. */
const FOR_SHOW = /^(?:password|passwd|pass|pwd|secret|user|username|token|x-access-token|root|admin|guest|postgres|x{3,}|\*+|\.+)$/i;

/** `scheme://user:password@host`, and `Server=…;Password=…` strings. Spans hold user and password, or the password.
 * `passwords` says where "password" or "pwd" may begin. */
export function findConnectionStrings(text: string, passwords: readonly number[]): Span[] {
  return [...(text.includes("@") ? findAuthorities(text) : []), ...findKeyValues(text, passwords)];
}

function findAuthorities(text: string): Span[] {
  const found: Span[] = [];
  for (let at = text.indexOf("://"); at >= 0; at = text.indexOf("://", at + 3)) {
    AUTHORITY.lastIndex = at + 3;
    const match = AUTHORITY.exec(text);
    const scheme = match && SCHEME.exec(text.slice(Math.max(0, at - 31), at))?.[0];
    if (!match || !scheme || (match[2] ?? "").length < PASSWORD_CHARS_MIN) continue;
    const [whole, user = "", password = "", host = ""] = match;
    // A documentation password counts only where a file would be fetched with it.
    if (isTemplate(password) || (isForShow(password) && !(scheme.startsWith("ftp") && user !== ""))) continue;
    found.push({ type: "CONNECTION_STRING", start: at + 3, end: at + 3 + whole.length - host.length - 1, score: 0.9 });
  }
  return found;
}

function isTemplate(password: string): boolean {
  return /^[$<{%[]/.test(password);
}

function isForShow(password: string): boolean {
  return FOR_SHOW.test(password) || isPlaceholder(password);
}

function findKeyValues(text: string, passwords: readonly number[]): Span[] {
  const found: Span[] = [];
  let isDatabase: boolean | undefined;
  for (const match of matchesAt(text, KEY_VALUE, passwords)) {
    isDatabase ??= DATABASE.test(text);
    if (!isDatabase) break;
    const value = (match[1] ?? "").replace(/,$/, "");
    const end = match.index + match[0].length - (match[1] ?? "").length + value.length;
    if (!isForShow(value) && !WORKING_FOLDER.test(match[0]) && !/\(|^(?:self|this)\./.test(value))
      found.push({ type: "CONNECTION_STRING", start: end - value.length, end, score: 0.8 });
  }
  return found;
}
