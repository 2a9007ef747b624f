import { type CountryCode, type MetadataJson, parsePhoneNumberFromString } from "libphonenumber-js/core";
import metadata from "libphonenumber-js/min/metadata";
import type { Span } from "../finding";
import { countDigits, isDigit, type NumberRun } from "./number-runs";
import { maySpeakOfPhones, saidOther, saidQuantity, speaksOfPhones } from "./phone-words";

/** Numbers of one text that the phone library is asked about (some 20 µs each); beyond it their shape decides. */
export const LIBRARY_CALLS_MAX = 40;
/** E.164: digits of an international number; the shortest in use have seven. */
const [DIGITS_MIN, DIGITS_MAX] = [7, 15];
/** Countries whose bare national numbers are recognised without a word nearby. */
const COUNTRIES: readonly CountryCode[] = ["KR", "US", "GB", "PH", "TR", "JP", "DE", "FR", "IN"];

const GROUPS = "(?:[ .\\-/]{0,2}\\(?\\d{1,8}\\)?){1,7}";
const INTERNATIONAL = new RegExp(`(?:\\(?\\+\\(?\\d{1,3}\\)?|(?<!\\d)00[1-9]\\d{0,2}(?=[ .-]))${GROUPS}`, "y");
const NORTH_AMERICAN = /(?:[01][-. ])?(?:\(\d{3}\)[- ]?|\d{3}[-. ])\d{3}[-. ]?\d{4}/y;
/** So written, it is one even behind another number and a space: "Suite 200 415-555-0111". */
const HYPHENATED = /[2-9]\d\d-\d{3}-\d{4}/y;
const KOREAN =
  /\(?(?:01[016-9]\)?(?: ?[-.] ?| )?\d{3,4}(?: ?[-.] ?| )?\d{4}|0(?:2|[3-6]\d|70|50\d|80)(?:\)(?: ?[-.] ?| )?| ?[-.] ?| )\d{3,4}(?: ?[-.] ?| )\d{4})/y;
/** Mobile numbers of Korea and India, with the country's code and without its "+". */
const WITHOUT_PLUS = /82[-. ]\(?0?\)?1[016-9][-. ]?\d{3,4}[-. ]\d{4}|91[- ][6-9]\d{4}[- ]?\d{5}/y;
/** Numbers of companies, the same all over Korea. */
const KOREAN_COMPANY = /1(?:5(?:22|33|44|55|66|77|88|99)|6(?:00|11|22|44|55|60|61|66|68|70|88|99)|8(?:00|11|33|44|55|66|77|99))[- ]\d{4}/y;
/** Numbers within Brazil and Mexico, mobile numbers of China, and numbers that Australian companies pay for. */
const GROUPED = /\([1-9]\d\) ?9?\d{4}[- ]\d{4}|[1-9]\d 9\d{4}-\d{4}|1[3-9]\d([- ])\d{4}\1\d{4}|1[38]00 \d{3} \d{3}/y;
/** Mobile and area numbers within Russia. */
const RUSSIAN = /8[ -]?\(?[3489]\d\d\)?[ -]?\d{3}[ -]\d{2}[ -]\d{2}/y;
const LEADING_ZERO =
  /(?:0 ?\(\d{2,4}\) ?\d{2,4}|\(0\d{1,4}\)\d{2,4}|\(?0(?!\.| \d\d )\d{0,4}\)?(?: [-/](?= \d))?)(?:[ .\-/]{1,2}\(?\d{2,8}\)?){1,5}/y;
const LEADING_ZERO_BARE = /0\d{9,10}/y;
const THREE_THREE_TWO_TWO = /\d{3}[-. ]\d{3}[-. ]\d{2}[-. ]\d{2}/y;
const PLAIN = /\(?\d{1,5}\)?(?:[ .\-/]{0,2}\(?\d{1,8}\)?){0,5}/y;
const EXTENSION = /,? ?(?:ext\.?|x|#|내선) ?\d{1,6}(?![0-9A-Za-z])/iy;

/** Keys of a keyboard and the like. */
const FILLER = /^(?:0123456789|9876543210|(\d)\1+)$/;
/** Counters and round amounts. */
const COUNT = /^(?:000\d+|\d{1,5}0{6,})$/;
/** A decimal number; two groups of seven digits are a phone's. */
const DECIMAL = /^(?!\d{3}\.\d{4}$)\d+\.\d+$/;
/** The postal codes of the United States' north-east are like an area code and a number. */
const ZIP_PLUS_FOUR = /^0\d{4}-\d{4}$/;
/** And spans of years. */
const DATE = /^\(?(?:(?:19|20)\d\d[- /](?:19|20)\d\d$|(?:19|20)\d\d[-./ ]\d{1,2}[-./ ]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./](?:19|20)\d\d)(?!\d)/;
const QUARTET = /^(?:[01]?\d{1,2}|2[0-5]\d)(?:\.(?:[01]?\d{1,2}|2[0-5]\d)){3}$/;
const AFTER =
  /^[A-Za-z0-9_]|^[-.:](?!01\d-)\d|^\.[a-z]{2,4}\d?\b|^[%#]|^ ?(?:원|달러|usd|eur|kg|km|mm|px|ms\b)|^ (?:players?|users?|units?|times|people|rows?|records?|entries|items?|views?|steps?|bytes|points|copies)\b/i;
const AFTER_CHARS = 9;
/** What a thousand is written behind. */
const SHORT_GROUP_LAST = /(?:^|\D)\d{1,3}$/;
const THOUSAND = /^,\d{3}(?![\d-])/;

interface Reading {
  pattern: RegExp;
  /** 0 when `number` is no phone; `said` tells whether a word nearby speaks of phones. */
  judge(number: string, said: Said, ask: Library): number;
  /** Characters it can begin with. */
  starts: string;
  /** So unlike other numbers that no word for those speaks against it. */
  plain?: true;
  /** So like other numbers that it takes a word for phones. */
  needsWord?: true;
}

type Said = () => boolean;

/** Whether a number is one in its own form (null: with "+") or in a country. Undefined when the text's budget is spent. */
type Library = (number: string, country: CountryCode | null) => "valid" | "possible" | "no" | undefined;

const READINGS: readonly Reading[] = [
  { pattern: INTERNATIONAL, starts: "+(0", judge: judgeInternational, plain: true },
  { pattern: KOREAN, starts: "(0", judge: (number) => (countDigits(number) >= 9 ? 0.95 : 0), plain: true },
  { pattern: WITHOUT_PLUS, starts: "89", judge: () => 0.9, plain: true },
  { pattern: KOREAN_COMPANY, starts: "1", judge: judgeCompany },
  { pattern: RUSSIAN, starts: "8", judge: (number, said) => (said() ? 0.9 : number.includes("(") ? 0.85 : 0.75) },
  { pattern: NORTH_AMERICAN, starts: "(0123456789", judge: judgeNorthAmerican },
  { pattern: GROUPED, starts: "(123456789", judge: () => 0.75 },
  { pattern: LEADING_ZERO, starts: "(0", judge: judgeLeadingZero },
  { pattern: LEADING_ZERO_BARE, starts: "0", judge: judgeBare },
  { pattern: THREE_THREE_TWO_TWO, starts: "0123456789", judge: () => 0.75 },
  { pattern: PLAIN, starts: "(0123456789", judge: judgePlain, needsWord: true },
];

/** By the first code unit. */
const READINGS_FROM = new Map(
  [..."+(0123456789"].map((first) => [first.charCodeAt(0), READINGS.filter(({ starts }) => starts.includes(first))]),
);

/** Phone numbers in a run of digits, international and national, with extensions. One library budget for the whole text. */
export function findPhones(text: string, run: NumberRun, ask: Library): Span[] {
  const found: Span[] = [];
  let [before, digitsLeft, done] = [run.start > 0 ? text.charCodeAt(run.start - 1) : 0, run.digits, run.start];
  for (let at = run.start; digitsLeft >= DIGITS_MIN; at++) {
    const code = text.charCodeAt(at);
    const span = at >= done && isGroupStart(code, before) ? phoneAt(text, at, run, ask) : undefined;
    if (span) {
      found.push(span);
      done = span.end;
    }
    if (isDigit(code)) digitsLeft--;
    before = code;
  }
  return found;
}

/** The phone library with a budget of calls for one text. */
export function phoneLibrary(): Library {
  let calls = 0;
  return (number, country) => {
    if (++calls > LIBRARY_CALLS_MAX) return undefined;
    const options = country ? { defaultCountry: country, extract: false } : { extract: false };
    const parsed = parsePhoneNumberFromString(number, options, metadata as unknown as MetadataJson); // the package types its own data loosely
    if (!parsed?.isPossible()) return "no";
    return parsed.isValid() ? "valid" : "possible";
  };
}

function isGroupStart(code: number, before: number): boolean {
  return code === 43 || code === 40 || (isDigit(code) && before !== 43 && !isDigit(before));
}

function phoneAt(text: string, start: number, run: NumberRun, ask: Library): Span | undefined {
  if (goesOnBefore(text, start)) return undefined;
  const first = text.charCodeAt(start);
  const goesOn = start > 1 && text.charCodeAt(start - 1) === SPACE && isDigit(text.charCodeAt(start - 2));
  if (goesOn && isDigit(first) && first !== ZERO && !isHyphenated(text, start)) return undefined;
  const mayBeSaid = maySpeakOfPhones(run.words);
  let known: boolean | undefined = mayBeSaid ? undefined : false;
  let firstEnd: number | undefined;
  const said = () => {
    known ??= speaksOfPhones(text, start, firstEnd ?? start, run.words);
    return known;
  };
  for (const { pattern, judge, plain, needsWord } of READINGS_FROM.get(first) ?? []) {
    if ((goesOn && !plain && pattern !== NORTH_AMERICAN) || (needsWord && !mayBeSaid)) continue;
    pattern.lastIndex = start;
    const read = pattern.exec(text)?.[0];
    const number = read && read.length >= DIGITS_MIN ? balanced(read) : undefined;
    const digits = number ? countDigits(number) : 0;
    if (!number || digits < DIGITS_MIN || digits > DIGITS_MAX + 2 || DATE.test(number) || QUARTET.test(number)) continue;
    const bare = start + number.length;
    const end = bare + extensionChars(text, bare);
    if (bare > run.end + 1 || goesOnAfter(text, number, end)) continue;
    firstEnd ??= end;
    if (!plain && !said() && saidOther(text, start, run.words)) return undefined;
    if (needsWord && said() && (saidQuantity(text, start) || isArgument(text, start))) continue;
    const score = judge(number, said, ask);
    if (score > 0) return { type: "PHONE", start, end, score };
  }
  return undefined;
}

function goesOnAfter(text: string, number: string, end: number): boolean {
  const after = text.slice(end, end + AFTER_CHARS);
  if (AFTER.test(after)) return true;
  const mark = text.charCodeAt(end);
  if (mark === COMMA) return THOUSAND.test(after) && SHORT_GROUP_LAST.test(number);
  return mark === SLASH && /^\/\d(?!\d{8})/.test(after) && /^\d+$/.test(number);
}

/** How a value begins that is no part of an amount or fraction before a comma. */
const FIELD = /[+(]|\d{2,5}(?:[- )]\d|\.\d{3,4}\.\d)|01[016-9]\d{8}(?!\d)/y;
/** And of a decimal, time, date or path. */
const WRITTEN_OUT = /\+|\(\d{2,4}\) ?\d{3}|0\d{1,2}-\d{3,4}-\d{4}|\d{3}-\d{3}-\d{4}/y;
/** By code unit: what no number follows. Letters, digits, "_" and the signs of amounts. */
const BOUND_BEFORE = new Set([..."_#$€£₩%"].map((sign) => sign.charCodeAt(0)));
/** By code unit: what no number follows behind a digit. */
const JOINS_BEFORE = new Set([..."-./,:"].map((sign) => sign.charCodeAt(0)));
const [SPACE, CLOSING, COMMA, HYPHEN, DOT, SLASH, ZERO, ASCII_END] = [32, 41, 44, 45, 46, 47, 48, 128];

/** Whether a word, an amount or another number runs into what begins at `start`. */
function goesOnBefore(text: string, start: number): boolean {
  if (start === 0) return false;
  const before = text.charCodeAt(start - 1);
  if (isDigit(before) || isLatin(before) || BOUND_BEFORE.has(before)) return true;
  if (start === 1 || !JOINS_BEFORE.has(before)) return false;
  const further = text.charCodeAt(start - 2);
  if (isLatin(further)) return before === HYPHEN;
  const joins = isDigit(further) || (before === DOT && further < ASCII_END && further !== CLOSING);
  return joins && !isNext(text, start, before);
}

/** Whether the next value follows: behind a comma no thousand or fraction, behind a dot, colon or slash no decimal, time or date. */
function isNext(text: string, start: number, before: number): boolean {
  // Either begins with a sign, or with two digits at least.
  if (before === HYPHEN || (isDigit(text.charCodeAt(start)) && !isDigit(text.charCodeAt(start + 1)))) return false;
  return standsAt(before === COMMA ? FIELD : WRITTEN_OUT, text, start);
}

/** As in "setDelay(12345678)". */
function isArgument(text: string, start: number): boolean {
  return start > 1 && text[start - 1] === "(" && isLatin(text.charCodeAt(start - 2));
}

function isHyphenated(text: string, start: number): boolean {
  return text.charCodeAt(start + 3) === HYPHEN && standsAt(HYPHENATED, text, start);
}

/** Whether a sticky pattern matches at `start`. */
function standsAt(pattern: RegExp, text: string, start: number): boolean {
  pattern.lastIndex = start;
  return pattern.test(text);
}

function isLatin(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90);
}

/** As in "02)555-1234". */
const KOREAN_AREA = /^0\d{1,2}\)[^()]+$/;

/** Without a closing bracket that was opened outside; nothing when one is opened and not closed, or when brackets stand around it all. */
function balanced(number: string): string | undefined {
  if (!/[()]/.test(number)) return number;
  if (number.startsWith("(") && number.indexOf(")") === number.length - 1) return undefined;
  const [opened, closed] = [number.split("(").length, number.split(")").length];
  if (opened === closed || KOREAN_AREA.test(number)) return number;
  return closed === opened + 1 && number.endsWith(")") ? number.slice(0, -1) : undefined;
}

function extensionChars(text: string, end: number): number {
  EXTENSION.lastIndex = end;
  return EXTENSION.exec(text)?.[0].length ?? 0;
}

function judgeInternational(number: string, said: Said, ask: Library): number {
  const digits = countDigits(number);
  const abroad = number.startsWith("00");
  if (digits >= (abroad ? 10 : 9)) return digits <= DIGITS_MAX + (abroad ? 2 : 0) ? 0.95 : 0;
  // So short, only the numbering plan can tell it from arithmetic.
  return said() || (!abroad && ask(number.replace(/\(0\)|[()]/g, ""), null) !== "no") ? 0.85 : 0;
}

function judgePlain(number: string, said: Said): number {
  if (COUNT.test(number) || DECIMAL.test(number) || !said()) return 0;
  return countDigits(number) >= 8 ? 0.7 : 0.6;
}

/** A later year or time, and a greater round number, make a range of it. */
function judgeCompany(number: string, said: Said): number {
  if (said()) return 0.9;
  const [first, last] = [Number(number.slice(0, 4)), Number(number.slice(-4))];
  return last > first && (last % 100 === 0 || last < 2400) ? 0 : 0.75;
}

function judgeNorthAmerican(number: string, said: Said, ask: Library): number {
  if (said()) return 0.9;
  if (number.includes("(")) return 0.85;
  if (number.includes("-")) return /^(?:[01][-. ])?[2-9]\d\d[- ]/.test(number) ? 0.85 : 0;
  if (number.includes(".")) return /^(?:1\.)?[2-9]\d\d\.\d{3}[-. ]/.test(number) ? 0.8 : 0;
  return / \d{3}[ -]/.test(number) && ask(number, "US") === "valid" ? 0.7 : 0;
}

/** German mobile numbers, and Chinese ones with their area. */
const LONG = /^(?:01[567]|\()/;

function judgeLeadingZero(number: string, said: Said): number {
  const digits = countDigits(number);
  if (said()) return digits <= 13 ? 0.85 : 0;
  if (ZIP_PLUS_FOUR.test(number)) return 0;
  return digits >= 9 && digits <= (LONG.test(number) ? 12 : 11) && !/^\(?00/.test(number) ? 0.75 : 0;
}

function judgeBare(number: string, said: Said, ask: Library): number {
  if (COUNT.test(number)) return 0;
  if (said()) return 0.85;
  if (FILLER.test(number) || number.startsWith("00")) return 0;
  for (const country of COUNTRIES) {
    const answer = ask(number, country);
    if (answer === "valid") return 0.7;
    if (answer === undefined) return 0.6;
  }
  return 0;
}
