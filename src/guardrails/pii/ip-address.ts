import type { Span } from "../finding";
import { saidBefore } from "./context";
import { isDigit } from "./number-runs";

const OCTET = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
const V4 = new RegExp(`(?<![0-9A-Za-z_]|\\d\\.|-)${OCTET}(?:\\.${OCTET}){3}(?![0-9A-Za-z_]|\\.\\d)`, "y");
const OCTET_DIGITS_MAX = 3;
const DOT = 46;
const WHOLE_V4 = new RegExp(`^${OCTET}(?:\\.${OCTET}){3}$`);
/** Longest textual form: six groups and an embedded IPv4 address. */
const V6_CHARS_MAX = 45;
const ZONE = /%[0-9A-Za-z_.-]{1,15}/y;
const VERSION_WORDS = /version|\bver\b|\bv ?$|release|build|버전|개정|section|chapter|§|rfc|clause|항목/;
const ADDRESS_WORDS = /\bip|주소|host|server|address|서버|gateway|route|subnet/;

/** IPv4 in dots (not a version number), and IPv6 with or without zone (not a bare "::"). */
export function findIpAddresses(text: string): Span[] {
  return [...findV4(text), ...findV6(text)];
}

function findV4(text: string): Span[] {
  const found: Span[] = [];
  for (let dot = text.indexOf("."); dot >= 0; dot = text.indexOf(".", dot + 1)) {
    if (!isDigit(text.charCodeAt(dot + 1))) continue;
    let start = dot;
    while (start > 0 && dot - start < OCTET_DIGITS_MAX && isDigit(text.charCodeAt(start - 1))) start--;
    if (text.charCodeAt(start - 1) === DOT && isDigit(text.charCodeAt(start - 2))) continue;
    V4.lastIndex = start;
    const address = start < dot ? V4.exec(text)?.[0] : undefined;
    if (!address) continue;
    if (saidBefore(text, start, VERSION_WORDS, 14) && !saidBefore(text, start, ADDRESS_WORDS, 14)) continue;
    found.push({ type: "IP_ADDRESS", start, end: start + address.length, score: 0.95 });
  }
  return found;
}

function findV6(text: string): Span[] {
  const found: Span[] = [];
  let done = 0;
  for (let colon = text.indexOf(":"); colon >= 0; colon = text.indexOf(":", Math.max(colon + 1, done))) {
    // What goes on with something else is no more than a word and its colon.
    if (!isV6Code(text.charCodeAt(colon + 1))) continue;
    let start = colon;
    while (start > done && colon - start < 4 && isHexadecimal(text.charCodeAt(start - 1))) start--;
    const end = withoutSentenceEnd(text, start, v6End(text, start));
    done = Math.max(done, end);
    if (/[0-9A-Za-z_]/.test(text[start - 1] ?? "") || /[0-9A-Za-z_]/.test(text[end] ?? "")) continue;
    const candidate = text.slice(start, end);
    if (!isV6(candidate)) continue;
    ZONE.lastIndex = end;
    const zone = candidate.toLowerCase().startsWith("fe80") ? (ZONE.exec(text)?.[0] ?? "") : "";
    found.push({ type: "IP_ADDRESS", start, end: end + zone.length, score: 0.95 });
  }
  return found;
}

/** Six groups and an embedded address, where none is left out. */
const GROUPS_MIN = 7;

/** RFC 4291 §2.2; an address without a digit, or with nothing beside "::", is left to programming languages. */
export function isV6(address: string): boolean {
  if (!address.includes("::") && address.split(":", GROUPS_MIN).length < GROUPS_MIN) return false;
  const halves = address.split("::");
  if (halves.length > 2 || !/\d/.test(address)) return false;
  const groups = halves.map((half) => (half === "" ? [] : half.split(":")));
  const all = groups.flat();
  const last = all.at(-1) ?? "";
  const embedded = last.includes(".");
  if (embedded && !WHOLE_V4.test(last)) return false;
  if (!all.slice(0, embedded ? -1 : undefined).every((group) => /^[0-9A-Fa-f]{1,4}$/.test(group))) return false;
  const count = all.length + (embedded ? 1 : 0);
  return halves.length === 2 ? count >= 1 && count <= 7 : count === 8;
}

/** Up to where an address that begins at `start` could go on. */
function v6End(text: string, start: number): number {
  let end = start;
  while (end < text.length && end - start <= V6_CHARS_MAX && isV6Code(text.charCodeAt(end))) end++;
  return end - start > 1 ? end : start;
}

/** A sentence may end right behind it, or go on with a colon. */
function withoutSentenceEnd(text: string, start: number, end: number): number {
  let at = end;
  while (at > start && text[at - 1] === ".") at--;
  return at === end && at > start && text[at - 1] === ":" && (at - 1 === start || text[at - 2] !== ":") ? at - 1 : at;
}

function isV6Code(code: number): boolean {
  return isHexadecimal(code) || code === 58 || code === 46;
}

function isHexadecimal(code: number): boolean {
  return (code >= 48 && code <= 57) || (code >= 97 && code <= 102) || (code >= 65 && code <= 70);
}
