import type { Span } from "../finding";
import { saidBefore } from "./context";

const OCTET = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
const V4 = new RegExp(`(?<![0-9A-Za-z_]|\\d\\.|-)${OCTET}(?:\\.${OCTET}){3}(?![0-9A-Za-z_]|\\.\\d)`, "g");
const WHOLE_V4 = new RegExp(`^${OCTET}(?:\\.${OCTET}){3}$`);
/** Longest textual form: six groups and an embedded IPv4 address. */
const V6_CHARS_MAX = 45;
const V6 = new RegExp(`[0-9A-Fa-f:][0-9A-Fa-f:.]{1,${V6_CHARS_MAX}}`, "y");
const ZONE = /%[0-9A-Za-z_.-]{1,15}/y;
const VERSION_WORDS = /version|\bver\b|\bv ?$|release|build|버전|개정|section|chapter|§|rfc|clause|항목/;
const ADDRESS_WORDS = /\bip|주소|host|server|address|서버|gateway|route|subnet/;

/** IPv4 in dots (not a version number), and IPv6 with or without zone (not a bare "::"). */
export function findIpAddresses(text: string): Span[] {
  return [...findV4(text), ...findV6(text)];
}

function findV4(text: string): Span[] {
  const found: Span[] = [];
  for (const match of text.matchAll(V4)) {
    const start = match.index;
    if (saidBefore(text, start, VERSION_WORDS, 14) && !saidBefore(text, start, ADDRESS_WORDS, 14)) continue;
    found.push({ type: "IP_ADDRESS", start, end: start + match[0].length, score: 0.95 });
  }
  return found;
}

function findV6(text: string): Span[] {
  const found: Span[] = [];
  let done = 0;
  for (let colon = text.indexOf(":"); colon >= 0; colon = text.indexOf(":", Math.max(colon + 1, done))) {
    let start = colon;
    while (start > done && colon - start < 4 && /[0-9A-Fa-f]/.test(text[start - 1] ?? "")) start--;
    V6.lastIndex = start;
    let candidate = V6.exec(text)?.[0] ?? "";
    // A sentence may end right behind it, or go on with a colon.
    candidate = candidate.replace(/\.+$|(?<!:):$/, "");
    done = Math.max(done, start + candidate.length);
    const end = start + candidate.length;
    if (/[0-9A-Za-z_]/.test(text[start - 1] ?? "") || /[0-9A-Za-z_]/.test(text[end] ?? "") || !isV6(candidate)) continue;
    ZONE.lastIndex = end;
    const zone = candidate.toLowerCase().startsWith("fe80") ? (ZONE.exec(text)?.[0] ?? "") : "";
    found.push({ type: "IP_ADDRESS", start, end: end + zone.length, score: 0.95 });
  }
  return found;
}

/** RFC 4291 §2.2; an address without a digit, or with nothing beside "::", is left to programming languages. */
export function isV6(address: string): boolean {
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
