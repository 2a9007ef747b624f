import type { Span } from "../finding";
import { saidAfter, saidBefore } from "./context";
import { isDigit } from "./number-runs";

const OCTET = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
const V4 = new RegExp(`(?<![0-9A-Za-z_]|\\d\\.|(?<!\\.\\d{1,3})-)${OCTET}(?:\\.${OCTET}){3}(?![0-9A-Za-z_]|\\.\\d)`, "y");
const OCTET_DIGITS_MAX = 3;
const DOT = 46;
const WHOLE_V4 = new RegExp(`^${OCTET}(?:\\.${OCTET}){3}$`);
/** Longest textual form: six groups and an embedded IPv4 address. */
const V6_CHARS_MAX = 45;
const ZONE = /%[0-9A-Za-z_.-]{1,15}/y;
const VERSION_WORDS =
  /version|versión|versão|\bver\b|\bv ?$|release|build|section|chapter|§|rfc|clause|버전|개정|항목|제 ?\d+조|バージョン|版本|верси/;
const VERSION_CHARS_BEFORE = 14;
/** Right behind a number of parts, "3.1.2.1절", or of a build, "11.5.9.0.sb00039210", "2.4.0.1-beta". */
const PART_AFTER =
  /^ ?(?:절|항|조|장|章|節|节|条)(?![가-힣]{3})|^\.[a-z]{1,10}\d\d|^-(?:rc|alpha|beta|snapshot|release|final|dev|pre|stable|lts|build)/i;
const PART_CHARS_AFTER = 13;
/** As browsers call themselves: "Chrome/119.0.0.0". */
const PRODUCT_BEFORE = /(?:^|[\s("])[A-Z][A-Za-z]*\/$/;
const PRODUCT_CHARS = 24;
const ADDRESS_WORDS = /\bip|주소|host|server|address|서버|gateway|route|subnet/;
/** Four numbers as small as these are rather a version or a paragraph, where nothing around them speaks of networks. */
const SMALL = /^(?:\d|1[1-9])(?:\.1?\d){3}$/;
const WELL_KNOWN = new Set(["0.0.0.0", "1.1.1.1", "1.0.0.1", "8.8.8.8", "8.8.4.4", "9.9.9.9"]);
const NETWORK_WORDS =
  /(?:\b|_)ip|addr|host|server|gateway|rout|subnet|network|\bnet\b|dns|\bping|ssh|proxy|\bvpn|firewall|(?:client|remote|peer|request|connect|login)[^.;\n]{0,8}$|(?<!grad(?:e|ed|ing) )from ?$|src|dst|inet|whois|아이피|주소|서버|접속|로그인|호스트|네트워크|차단|адрес|アドレス|サーバ|地址|服务器/;
const NETWORK_CHARS = 32;
/** A port, a prefix length or a path. */
const PORT_AFTER = /^[:/]\d|^\/[a-z]/i;

/** IPv4 in dots (not a version number), and IPv6 with or without zone (not a bare "::"). */
export function findIpAddresses(text: string): Span[] {
  return [...findV4(text), ...findV6(text)];
}

function findV4(text: string): Span[] {
  const found: Span[] = [];
  for (let dot = text.indexOf("."); dot >= 0; dot = text.indexOf(".", lastDot(text, dot) + 1)) {
    if (!isDigit(text.charCodeAt(dot + 1))) continue;
    let start = dot;
    while (start > 0 && dot - start < OCTET_DIGITS_MAX && isDigit(text.charCodeAt(start - 1))) start--;
    V4.lastIndex = start;
    const address = start < dot ? V4.exec(text)?.[0] : undefined;
    if (!address) continue;
    const end = start + address.length;
    if (isVersion(text, start, end)) continue;
    found.push({ type: "IP_ADDRESS", start, end, score: 0.95 });
  }
  return found;
}

/** The last dot of numbers with dots between: an address begins with the first of these numbers, or with none. The first may stand behind the dot. */
function lastDot(text: string, dot: number): number {
  let last = dot;
  if (!isDigit(text.charCodeAt(dot - 1))) return last;
  for (let at = dot + 1; ; at++) {
    const code = text.charCodeAt(at);
    if (isDigit(code)) continue;
    if (code !== DOT || at === last + 1 || !isDigit(text.charCodeAt(at + 1))) return last;
    last = at;
  }
}

/** Whether four numbers count something else: a release, a paragraph. */
function isVersion(text: string, start: number, end: number): boolean {
  if (
    PART_AFTER.test(text.slice(end, end + PART_CHARS_AFTER)) ||
    PRODUCT_BEFORE.test(text.slice(Math.max(0, start - PRODUCT_CHARS), start))
  )
    return true;
  if (saidBefore(text, start, VERSION_WORDS, VERSION_CHARS_BEFORE)) return !saidBefore(text, start, ADDRESS_WORDS, VERSION_CHARS_BEFORE);
  const address = text.slice(start, end);
  if (!SMALL.test(address) || WELL_KNOWN.has(address) || address.length === text.trim().length) return false;
  const isNetwork = PORT_AFTER.test(text.slice(end, end + 2)) || saidBefore(text, start, NETWORK_WORDS, NETWORK_CHARS);
  return !isNetwork && !saidAfter(text, end, NETWORK_WORDS, NETWORK_CHARS);
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
    if (!isV6(candidate) || isSlice(text, start, candidate)) continue;
    ZONE.lastIndex = end;
    const zone = candidate.toLowerCase().startsWith("fe80") ? (ZONE.exec(text)?.[0] ?? "") : "";
    found.push({ type: "IP_ADDRESS", start, end: end + zone.length, score: 0.95 });
  }
  return found;
}

/** `every[::2]`, `odd[1::2]`: steps through a list. The loopback address is as short. */
function isSlice(text: string, start: number, candidate: string): boolean {
  if (/^\d{0,2}::\d{0,2}$/.test(candidate) && candidate !== "::1") return true;
  return candidate === "::1" && /[\w)\]]\[$/.test(text.slice(Math.max(0, start - 2), start));
}

/** Six groups and an embedded address, where none is left out. */
const GROUPS_MIN = 7;

/** RFC 4291 §2.2; an address without a digit, or with nothing beside "::", is left to programming languages, single digits to ratios. */
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
  return halves.length === 2 ? count >= 1 && count <= 7 : count === 8 && all.some((group) => group.length > 1);
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
