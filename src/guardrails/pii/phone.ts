import { type CountryCode, type MetadataJson, parsePhoneNumberFromString } from "libphonenumber-js/core";
import metadata from "libphonenumber-js/min/metadata";
import type { Span } from "../finding";
import { lastWordBefore, saidAfter, words } from "./context";
import { countDigits, isDigit, type NumberRun } from "./number-runs";

/** Numbers of one text that the phone library is asked about (some 20 µs each); beyond it their shape decides. */
export const LIBRARY_CALLS_MAX = 40;
/** E.164: digits of an international number; the shortest in use have seven. */
const [DIGITS_MIN, DIGITS_MAX] = [7, 15];
/** Countries whose bare national numbers are recognised without a word nearby. */
const COUNTRIES: readonly CountryCode[] = ["KR", "US", "GB", "PH", "TR", "JP", "DE", "FR", "IN"];

const GROUPS = "(?:[ .\\-/]{0,2}\\(?\\d{1,8}\\)?){1,7}";
const INTERNATIONAL = new RegExp(`(?:\\(?\\+\\(?\\d{1,3}\\)?|(?<!\\d)00[1-9]\\d{0,2}(?=[ .-]))${GROUPS}`, "y");
const NORTH_AMERICAN = /(?:[01][-. ])?(?:\(\d{3}\) ?|\d{3}[-. ])\d{3}[-. ]?\d{4}/y;
const KOREAN =
  /\(?(?:01[016-9]\)?(?: ?[-.] ?| )?\d{3,4}(?: ?[-.] ?| )?\d{4}|0(?:2|[3-6]\d|70|50\d|80)(?:\)(?: ?[-.] ?| )?| ?[-.] ?| )\d{3,4}(?: ?[-.] ?| )\d{4})/y;
const LEADING_ZERO = /\(?0\d{0,4}\)?(?:[ .\-/]{1,2}\(?\d{2,8}\)?){1,5}/y;
const LEADING_ZERO_BARE = /0\d{9,10}/y;
const THREE_THREE_TWO_TWO = /\d{3}[-. ]\d{3}[-. ]\d{2}[-. ]\d{2}/y;
const PLAIN = /\(?\d{1,5}\)?(?:[ .\-/]{0,2}\(?\d{1,8}\)?){0,5}/y;
const EXTENSION = /,? ?(?:ext\.?|x|#|내선) ?\d{1,6}(?![0-9A-Za-z])/iy;

const PHONE_WORDS = words(
  /phone|\btel\b|\btel[.:]|telephone|telefon|\bcall|mobile|\bcell|\bfax|\bcontact|\breach\b|\btext\b|\bsms\b|whatsapp|hotline|\bdial\b|ring me|answering|callback|gsm|cep\b|handy|전화|연락|휴대|핸드폰|폰|팩스|모바일|이동|내선|고객 ?센터|콜센터|手机|手機|电话|電話|联系|携帯|番号|문의|직통|대표 ?번호|대표 ?전화/g,
);
const PHONE_WORDS_AFTER =
  /^\)?(?: ?(?:번?으?로|에)(?: [가-힣 ]{1,14})? ?(?:전화|연락|문의|문자|통화|팩스)|[- ]?\(?(?:office|fax|mobile|cell|home|work)\b)/;
const PHONE_CHARS_AFTER = 24;
/** What such words have in common. */
const SAID_AFTER = words(/전화|연락|문의|문자|통화|팩스|office|fax|mobile|cell|home|work/);
const OTHER_WORDS = words(
  /order|tracking|invoice|isbn|issn|\bean\b|serial|ticket|\bsku\b|product|part no|model|version|account|acct|card|routing|sort code|policy|\bid\b|reference|\bref\b|\bssn\b|social security|passport|licen[cs]e|coordinates|latitude|date|주문 ?번호|송장 ?번호|상품 ?코드|제품 ?번호|운송장|티켓|계좌|카드|사업자|법인|주민|외국인|면허|여권|정책 ?번호|고객 ?번호|보험 ?번호|보장 ?번호|식별 ?번호|증권 ?번호|회원 ?번호|접수 ?번호|확인 ?번호|거래 ?번호|라우팅 ?번호|우편 ?번호|개인 ?번호|일련 ?번호|청구 ?번호|위도|경도|코드|은행|신한|국민|우리은행|하나은행|농협|카카오뱅크|토스뱅크|기업은행/g,
);
const OTHER_CHARS_BEFORE = 20;
/** Keys of a keyboard and the like. */
const FILLER = /^(?:0123456789|9876543210|(\d)\1+)$/;
const DATE = /^\(?(?:(?:19|20)\d\d[-./ ]\d{1,2}[-./ ]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./](?:19|20)\d\d)(?!\d)/;
const QUARTET = /^(?:[01]?\d{1,2}|2[0-5]\d)(?:\.(?:[01]?\d{1,2}|2[0-5]\d)){3}$/;
const AFTER = /^[A-Za-z0-9_]|^[-./:]\d|^,\d{3}(?!\d)|^%|^ ?(?:원|달러|usd|eur|kg|km)/i;

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
  { pattern: NORTH_AMERICAN, starts: "(0123456789", judge: judgeNorthAmerican },
  { pattern: LEADING_ZERO, starts: "(0", judge: judgeLeadingZero },
  { pattern: LEADING_ZERO_BARE, starts: "0", judge: judgeBare },
  { pattern: THREE_THREE_TWO_TWO, starts: "0123456789", judge: () => 0.75 },
  {
    pattern: PLAIN,
    starts: "(0123456789",
    judge: (number, said) => (said() ? (countDigits(number) >= 8 ? 0.7 : 0.6) : 0),
    needsWord: true,
  },
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
  if (goesOn && isDigit(first) && first !== ZERO) return undefined;
  const mayBeSaid = (run.words & (PHONE_WORDS.bit | SAID_AFTER.bit)) !== 0;
  let known: boolean | undefined = mayBeSaid ? undefined : false;
  let firstEnd: number | undefined;
  const said = () => {
    known ??= speaksOfPhones(text, start, firstEnd ?? start, run.words);
    return known;
  };
  for (const { pattern, judge, plain, needsWord } of READINGS_FROM.get(first) ?? []) {
    if ((goesOn && !plain) || (needsWord && !mayBeSaid)) continue;
    pattern.lastIndex = start;
    const read = pattern.exec(text)?.[0];
    const number = read && read.length >= DIGITS_MIN ? balanced(read) : undefined;
    const digits = number ? countDigits(number) : 0;
    if (!number || digits < DIGITS_MIN || digits > DIGITS_MAX + 2 || DATE.test(number) || QUARTET.test(number)) continue;
    const bare = start + number.length;
    const end = bare + extensionChars(text, bare);
    if (bare > run.end + 1 || AFTER.test(text.slice(end, end + 5))) continue;
    firstEnd ??= end;
    if (!plain && !said() && saidOther(text, start, run.words)) return undefined;
    const score = judge(number, said, ask);
    if (score > 0) return { type: "PHONE", start, end, score };
  }
  return undefined;
}

/** By code unit: what no number follows. Letters, digits, "_" and the signs of amounts. */
const BOUND_BEFORE = new Set([..."_#$€£₩%"].map((sign) => sign.charCodeAt(0)));
/** By code unit: what no number follows behind a digit. */
const JOINS_BEFORE = new Set([..."-./,:"].map((sign) => sign.charCodeAt(0)));
const [SPACE, HYPHEN, ZERO] = [32, 45, 48];

/** Whether a word, an amount or another number runs into what begins at `start`. */
function goesOnBefore(text: string, start: number): boolean {
  if (start === 0) return false;
  const before = text.charCodeAt(start - 1);
  if (isDigit(before) || isLatin(before) || BOUND_BEFORE.has(before)) return true;
  if (start === 1 || !JOINS_BEFORE.has(before)) return false;
  const further = text.charCodeAt(start - 2);
  return isDigit(further) || (isLatin(further) && before === HYPHEN);
}

function isLatin(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90);
}

/** Without a closing bracket that was opened outside; nothing when one is opened and not closed, or when brackets stand around it all. */
function balanced(number: string): string | undefined {
  if (!/[()]/.test(number)) return number;
  if (number.startsWith("(") && number.indexOf(")") === number.length - 1) return undefined;
  const [opened, closed] = [number.split("(").length, number.split(")").length];
  if (opened === closed) return number;
  return closed === opened + 1 && number.endsWith(")") ? number.slice(0, -1) : undefined;
}

function extensionChars(text: string, end: number): number {
  EXTENSION.lastIndex = end;
  return EXTENSION.exec(text)?.[0].length ?? 0;
}

/** The nearest word decides, and a tie ("고객 번호") goes to the other kind of number. */
function speaksOfPhones(text: string, start: number, end: number, near: number): boolean {
  if (near & SAID_AFTER.bit && saidAfter(text, end, PHONE_WORDS_AFTER, PHONE_CHARS_AFTER)) return true;
  const word = near & PHONE_WORDS.bit ? lastWordBefore(text, start, PHONE_WORDS.pattern) : -1;
  return word >= 0 && (!(near & OTHER_WORDS.bit) || word > lastWordBefore(text, start, OTHER_WORDS.pattern));
}

function saidOther(text: string, start: number, near: number): boolean {
  return (near & OTHER_WORDS.bit) !== 0 && lastWordBefore(text, start, OTHER_WORDS.pattern, OTHER_CHARS_BEFORE) >= 0;
}

function judgeInternational(number: string, said: Said, ask: Library): number {
  const digits = countDigits(number);
  const abroad = number.startsWith("00");
  if (digits >= (abroad ? 10 : 9)) return digits <= DIGITS_MAX + (abroad ? 2 : 0) ? 0.95 : 0;
  // So short, only the numbering plan can tell it from arithmetic.
  return said() || (!abroad && ask(number.replace(/\(0\)|[()]/g, ""), null) !== "no") ? 0.85 : 0;
}

function judgeNorthAmerican(number: string, said: Said, ask: Library): number {
  if (said()) return 0.9;
  if (number.includes("(")) return 0.85;
  if (number.includes("-")) return /^(?:[01][-. ])?[2-9]/.test(number) ? 0.85 : 0;
  if (number.includes(".")) return /^(?:1\.)?[2-9]/.test(number) ? 0.8 : 0;
  return ask(number, "US") === "valid" ? 0.7 : 0;
}

function judgeLeadingZero(number: string, said: Said): number {
  const digits = countDigits(number);
  if (said()) return digits <= 13 ? 0.85 : 0;
  return digits >= 9 && digits <= 11 && !/^\(?00/.test(number) ? 0.75 : 0;
}

function judgeBare(number: string, said: Said, ask: Library): number {
  if (said()) return 0.85;
  if (FILLER.test(number)) return 0;
  for (const country of COUNTRIES) {
    const answer = ask(number, country);
    if (answer === "valid") return 0.7;
    if (answer === undefined) return 0.6;
  }
  return 0;
}
