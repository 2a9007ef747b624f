import type { Span } from "../finding";

/** RFC 5321 §4.5.3.1: octets of a local part and of a domain. */
const LOCAL_CHARS_MAX = 64;
const DOMAIN_CHARS_MAX = 255;

/** By code unit: letters, digits and signs of a local part, and Latin letters with accents. */
const LOCAL = localCodes();
const LOCAL_EDGE = /^[.'`*=|{}/!?#&~^-]+/;
/** Mailboxes in other scripts, where no Latin letter stands before the "@". */
const LETTER = /[\p{L}\p{N}._-]/u;
/** Labels may be in any script (RFC 5890); the last one is Latin, so that Korean particles stay outside. */
const DOMAIN = /(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.){1,8}[A-Za-z]{2,24}(?![A-Za-z0-9-])/uy;
/** "@" as it is written in the query of a web address. */
export const ENCODED_AT = "%40";
/** What looks like a top-level domain but ends a file name: "icon@2x.png". */
const FILE_ENDINGS = /\.(?:png|jpe?g|gif|svg|webp|ico|css|jsx?|mjs|cjs|tsx?|json|html?|md|txt|ya?ml|xml|zip|gz|py|pdf)$/i;
/** What is left of a file's name is an address where it ends as domains do, and not as scripts, translations ("app.en.json") or a size ("@2x") do. */
const DOMAIN_WITHIN_FILE = /^@(?!\d+x\.)[^@]+\.(?:com|net|org|edu|gov|mil|info|biz|(?!js|ts|py|md|gz|rs|sh|cs|rb|en|ja|ko|zh)[a-z]{2})$/i;

/** E-mail addresses: from each "@" backwards over the local part and forwards over the domain; as web addresses write them, too. */
export function findEmails(text: string): Span[] {
  const found: Span[] = [];
  for (let at = text.indexOf(ENCODED_AT); at >= 0; at = text.indexOf(ENCODED_AT, at + 1)) {
    const [start, end] = [afterDelimiter(text, localStart(text, at), at), domainEnd(text, at + ENCODED_AT.length)];
    if (end >= 0 && start < at) found.push({ type: "EMAIL", start, end, score: 0.95 });
  }
  for (let at = text.indexOf("@"); at >= 0; at = text.indexOf("@", at + 1)) {
    const domain = domainEnd(text, at + 1);
    const start = domain < 0 ? at : afterKey(text, afterUrlDelimiter(text, localStart(text, at), at), at);
    const end = start < at ? withoutFileEnding(text, at, domain) : -1;
    if (end < 0 || isAddressOfSomethingElse(text, start, at, end)) continue;
    found.push({ type: "EMAIL", start, end, score: 0.98 });
  }
  return found;
}

function localStart(text: string, at: number): number {
  let start = at;
  while (start > 0 && at - start < LOCAL_CHARS_MAX && LOCAL[text.charCodeAt(start - 1)]) start--;
  // No letter of ASCII is left to look for.
  if (start === at && text.charCodeAt(at - 1) > 127)
    while (start > 0 && at - start < LOCAL_CHARS_MAX && LETTER.test(text[start - 1] ?? "")) start--;
  const edge = LOCAL_EDGE.exec(text.slice(start, at));
  return start + (edge?.[0].length ?? 0);
}

/** Within a web address, or behind another mailbox, one begins after the last delimiter: "https://shop.example/?email=ada@example.com". */
function afterUrlDelimiter(text: string, start: number, at: number): number {
  return text.startsWith("://", start - 3) || text[start - 1] === "@" ? afterDelimiter(text, start, at) : start;
}

function afterDelimiter(text: string, start: number, at: number): number {
  const local = text.slice(start, at);
  return start + 1 + Math.max(...["/", "?", "=", "&", "#"].map((delimiter) => local.lastIndexOf(delimiter)));
}

/** The name of a field and "=", as in "user=ada@example.com"; where another's domain follows, the mailbox is a list's ("news-ada=example.org"). */
const KEY = /^[A-Za-z_-]{1,20}=['`]?(?=[^=])(?![^=]*\.(?:com|net|org|[A-Za-z]{2})$)/;
/** A sign that JSON escapes, whose last digits are letters of a mailbox too: "\u003cada@example.com". */
const ESCAPED_SIGN = /^u00[0-9A-Fa-f]{2}/;

function afterKey(text: string, start: number, at: number): number {
  const local = text.slice(start, at);
  const ahead = (local.includes("=") && KEY.exec(local)) || (text[start - 1] === "\\" && ESCAPED_SIGN.exec(local));
  return ahead ? start + ahead[0].length : start;
}

function localCodes(): Uint8Array {
  const codes = new Uint8Array(0x250).fill(1, 0xc0);
  for (const one of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.!#$%&'*+/=?^_`{|}~-") codes[one.charCodeAt(0)] = 1;
  return codes;
}

function domainEnd(text: string, from: number): number {
  if (!LOCAL[text.charCodeAt(from)] && !(text.charCodeAt(from) > 127)) return -1;
  DOMAIN.lastIndex = from;
  const match = DOMAIN.exec(text);
  return match && match[0].length <= DOMAIN_CHARS_MAX ? from + match[0].length : -1;
}

/** Where the address ends in `jane@example.org.pdf`; -1 for `name@2x.png`, where there is none. */
function withoutFileEnding(text: string, at: number, end: number): number {
  const file = text.slice(at, Math.max(at, end));
  let domain = file;
  while (FILE_ENDINGS.test(domain)) domain = domain.replace(FILE_ENDINGS, "");
  if (domain === file) return end;
  return DOMAIN_WITHIN_FILE.test(domain) ? at + domain.length : -1;
}

/** `https://name:password@host`, `git@host:path`: an "@" that is no mailbox. */
function isAddressOfSomethingElse(text: string, start: number, at: number, end: number): boolean {
  if (text[end] === ":" && text.slice(start, at) === "git") return true;
  if (text[start - 1] === "/") return text.slice(Math.max(0, start - 3), start) === "://";
  return text[start - 1] === ":" && /:\/\/[^\s/@]{0,64}:$/.test(text.slice(Math.max(0, start - LOCAL_CHARS_MAX), start));
}
