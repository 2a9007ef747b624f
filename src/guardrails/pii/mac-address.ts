import type { Span } from "../finding";
import { endOfMatch } from "../spotter";
import { CONTEXT_CHARS_BEFORE, hasOddCase, saidBefore } from "./context";
import type { Word } from "./words";

const COLONS_OR_HYPHENS =
  /(?<![0-9A-Fa-f:.-])[0-9A-Fa-f]{2}([:-])(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}(?:\1[0-9A-Fa-f]{2}\1[0-9A-Fa-f]{2})?(?![0-9A-Za-z]|[:-][0-9A-Fa-f])/y;
const DOTS = /(?<![0-9A-Za-z.])[0-9A-Fa-f]{4}(?:\.[0-9A-Fa-f]{4}){2,3}(?![0-9A-Za-z]|\.[0-9A-Fa-f])/y;
const SPACES =
  /(?<![0-9A-Za-z])(?<!\b[0-9A-Fa-f]{2} )[0-9A-Fa-f]{2}(?: [0-9A-Fa-f]{2}){5}(?: [0-9A-Fa-f]{2} [0-9A-Fa-f]{2})?(?![0-9A-Za-z]| [0-9A-Fa-f]{2}(?![A-Za-z]))/y;
const NO_SEPARATORS = /^(?=.*[A-Fa-f])(?:[0-9A-Fa-f]{12}|[0-9A-Fa-f]{16})$/;
const DEVICE_WORDS = /\bmacs?\b|device|hardware|ethernet|physical|bluetooth|wi-?fi|nic\b|eui|장치|기기|맥 ?주소|단말|하드웨어|물리/;
/** Every pair below sixty, with hyphens: a row of numbers, unless a word says otherwise. */
const COUNTED = /^[0-5]\d(?:-[0-5]\d)+$/;
const COUNTED_WORDS = new RegExp(`${DEVICE_WORDS.source}|\\bether\\b|hwaddr|lladdr|\\barp\\b|ssid|dhcp`);
/** Sixteen digits without separators are a hash more often. */
const EUI_WORDS = /\bmac|eui|hardware|physical|맥 ?주소|하드웨어|물리/;
/** One of them as it may be written; where the reach cuts a word, its end begins a new one. */
export const DEVICE_WORD = new RegExp(DEVICE_WORDS.source.replaceAll("\\b", ""), "iy");
const DEVICE_CHARS_BEFORE = 24;
/** All zeros and all ones name no device. */
const NOBODY = /^(?:0+|f+)$/i;

/** Stretches of a text, in order, in which what stands beside a word for a device begins. */
export type NearDevices = readonly { from: number; to: number }[];

/** `spots` are the places where matches of `DEVICE_WORD` may begin. */
export function nearDevices(text: string, spots: readonly number[]): NearDevices {
  if (hasOddCase(text)) return [{ from: 0, to: text.length }];
  const near: { from: number; to: number }[] = [];
  for (const at of spots) {
    const last = near.at(-1);
    if (endOfMatch(text, DEVICE_WORD, at) < 0) continue;
    if (last && at <= last.to) last.to = at + CONTEXT_CHARS_BEFORE;
    else near.push({ from: at, to: at + CONTEXT_CHARS_BEFORE });
  }
  return near;
}

/** MAC and EUI-64 addresses, with colons, hyphens or dots; with spaces or nothing between only near a word for a device. */
export function findMacAddresses(text: string, words: readonly Word[], near: NearDevices): Span[] {
  const found: Span[] = [];
  const take = (start: number, address: string, score: number) => {
    if (NOBODY.test(address.replace(/[^0-9A-Fa-f]/g, ""))) return;
    if (COUNTED.test(address) && !saidBefore(text, start, COUNTED_WORDS)) return;
    found.push({ type: "MAC_ADDRESS", start, end: start + address.length, score });
  };
  for (const mark of [":", "-"]) for (const [start, address] of marked(text, COLONS_OR_HYPHENS, mark, 2)) take(start, address, 0.98);
  for (const [start, address] of marked(text, DOTS, ".", 4))
    if (/[a-f]/i.test(address) || saidBefore(text, start, DEVICE_WORDS)) take(start, address, 0.9);
  if (near.length === 0) return found;
  for (const { from, to } of near)
    for (const [start, address] of marked(text, SPACES, " ", 2, from, to))
      if (saidBefore(text, start, DEVICE_WORDS)) take(start, address, 0.8);
  for (const { start, end } of words) {
    const length = end - start;
    if ((length !== 12 && length !== 16) || !NO_SEPARATORS.test(text.slice(start, end))) continue;
    const said = length === 12 ? DEVICE_WORDS : EUI_WORDS;
    if (saidBefore(text, start, said, DEVICE_CHARS_BEFORE)) take(start, text.slice(start, end), 0.7);
  }
  return found;
}

/**
 * Matches of a sticky pattern where `mark` stands after each `gap` characters: asked only at the first of two marks that are that far apart. They begin
 * in [from, to].
 */
function marked(text: string, pattern: RegExp, mark: string, gap: number, from = 0, to = text.length): [start: number, address: string][] {
  const found: [start: number, address: string][] = [];
  const code = mark.charCodeAt(0);
  for (let at = text.indexOf(mark, from + gap); at >= 0 && at <= to + gap; at = text.indexOf(mark, at + 1)) {
    const start = at - gap;
    if (text.charCodeAt(at + gap + 1) !== code || !isHexadecimal(text.charCodeAt(start))) continue;
    const before = text.charCodeAt(start - 1);
    if (isHexadecimal(before) || (before === code && mark !== " ")) continue;
    pattern.lastIndex = start;
    const address = pattern.exec(text)?.[0];
    if (address) found.push([start, address]);
  }
  return found;
}

function isHexadecimal(code: number): boolean {
  return (code >= 48 && code <= 57) || (code >= 97 && code <= 102) || (code >= 65 && code <= 70);
}
