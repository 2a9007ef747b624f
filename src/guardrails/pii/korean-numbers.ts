import type { Span } from "../finding";
import { saidAfter, saidBefore, saysBefore, words } from "./context";
import { digitsOf, type NumberRun, standsAlone } from "./number-runs";
import type { Word } from "./words";

const RESIDENT = /(?<!\d)(\d{6})( ?- ?| )?([1-8]\d{6})(?!\d)/g;
const RESIDENT_WORDS = words(/주민|외국인 ?등록|거소 ?신고|rrn\b|resident registration|alien registration/);
/** Digits of its longest group, as below. */
const RESIDENT_GROUP = 7;
/** A corporation's number is as long, and begins with a date now and then. */
const CORPORATE_WORDS = words(/법인 ?등록/);
const CORPORATE_CHARS_BEFORE = 16;
/** So near, the word names this very number, whatever its date. */
const NAMED_CHARS_BEFORE = 12;
/** Nobody that such a number tells of was born later: barcodes of Korea begin with 880, of Japan with 49. */
const BIRTH_YEAR_MAX = 2040;
const RESIDENT_WEIGHTS = [2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5];
const BUSINESS = /(?<!\d)(\d{3})([- ]?)(\d{2})\2(\d{5})(?!\d)/g;
const BUSINESS_WORDS = words(/사업자|법인|brn\b|biz_?no|business (?:registration|reg)|tax invoice|세금계산서/);
const BUSINESS_GROUP = 5;
const BUSINESS_NUMBER_WORDS = words(/사업자 ?(?:등록)? ?번호/);
const BUSINESS_WEIGHTS = [1, 3, 7, 1, 3, 7, 1, 3, 5];
const LICENSE = /(?<!\d)(\d{2})([- ]?)(\d{2})\2(\d{6})\2(\d{2})(?!\d)/g;
const LICENSE_WORDS = words(/면허|driver'?s? ?licen[cs]e|driving licen[cs]e|licen[cs]e/);
const LICENSE_GROUP = 6;
/** Codes of the police offices that issue licences. */
const [LICENSE_REGION_MIN, LICENSE_REGION_MAX] = [11, 28];
/** Letters that the passport office uses, and eight digits or three, a letter and four. */
const PASSPORT_NUMBER = /^(?:[A-HJ-NP-Za-hj-np-z](?:\d{8}|\d{3}[A-Za-z]\d{4})|[A-Z]{2}\d{7})$/;
const PASSPORT_WORDS = /여권/;
const PASSPORT_WORDS_ENGLISH = /passport/;
const PASSPORT_CHARS = 9;
const PASSPORT_CHARS_BEFORE = 24;
const PASSPORT_CHARS_AFTER = 6;

/** The shortest of them all has so many digits. */
const NUMBER_DIGITS_MIN = 10;

/** Korean resident, foreigner, business and licence numbers in one run of digits. */
export function findKoreanNumbers(text: string, run: NumberRun): Span[] {
  if (run.digits < NUMBER_DIGITS_MIN || run.longest < BUSINESS_GROUP) return [];
  const business = located(text, run, BUSINESS, "KR_BRN", judgeBusiness);
  if (run.longest < LICENSE_GROUP) return business;
  const residents = run.longest >= RESIDENT_GROUP ? located(text, run, RESIDENT, "KR_RRN", judgeResident) : [];
  return [...residents, ...business, ...located(text, run, LICENSE, "KR_DRIVER_LICENSE", judgeLicense)];
}

/** `near` are the bits of the words that may stand beside the number. */
type Judge = (match: RegExpExecArray, text: string, start: number, near: number) => number;

/** Judged matches of a global pattern that stand alone, in offsets of the whole text. A judge answers a score, 0 for none. */
function located(text: string, run: NumberRun, pattern: RegExp, type: string, judge: Judge): Span[] {
  const found: Span[] = [];
  const slice = text.slice(run.start, run.end);
  for (let match = pattern.exec(slice); match; match = pattern.exec(slice)) {
    const start = run.start + match.index;
    const end = start + match[0].length;
    const score = standsAlone(text, start, end) && !/^-[A-Za-z]/.test(text.slice(end, end + 2)) ? judge(match, text, start, run.words) : 0;
    if (score > 0) found.push({ type, start, end, score });
  }
  return found;
}

/**
 * With a hyphen the date decides, because numbers given out since October 2020 have no check digit; bare digits need the check
 * digit or a word.
 */
function judgeResident([whole, birth = "", separator, rest = ""]: RegExpExecArray, text: string, start: number, near: number): number {
  if (!isDate(birth, Number(rest[0])))
    return separator !== undefined && saysBefore(near, text, start, RESIDENT_WORDS, NAMED_CHARS_BEFORE) ? 0.7 : 0;
  if (saysBefore(near, text, start, CORPORATE_WORDS, CORPORATE_CHARS_BEFORE)) return 0;
  if (separator?.includes("-")) return 0.97;
  if (saysBefore(near, text, start, RESIDENT_WORDS)) return 0.97;
  return separator === undefined && passesResidentCheck(digitsOf(whole)) ? 0.85 : 0;
}

function judgeBusiness([whole, , separator]: RegExpExecArray, text: string, start: number, near: number): number {
  const said = saysBefore(near, text, start, BUSINESS_WORDS);
  if (separator === "-") return said || passesBusinessCheck(digitsOf(whole)) ? 0.95 : 0;
  return said && (passesBusinessCheck(digitsOf(whole)) || saysBefore(near, text, start, BUSINESS_NUMBER_WORDS)) ? 0.9 : 0;
}

function judgeLicense([, region, separator, , ,]: RegExpExecArray, text: string, start: number, near: number): number {
  const code = Number(region);
  if (code < LICENSE_REGION_MIN || code > LICENSE_REGION_MAX) return 0;
  const said = saysBefore(near, text, start, LICENSE_WORDS);
  if (separator === "") return said ? 0.9 : 0;
  return said ? 0.97 : 0.9;
}

/** Resident registration check digit, foreigners' included (their remainder is two further on). */
export function passesResidentCheck(digits: string): boolean {
  const sum = RESIDENT_WEIGHTS.reduce((total, weight, at) => total + weight * Number(digits[at]), 0);
  const foreigner = Number(digits[6]) >= 5;
  return ((foreigner ? 13 : 11) - (sum % 11)) % 10 === Number(digits[12]);
}

/** Check digit of the National Tax Service's ten-digit business number. */
export function passesBusinessCheck(digits: string): boolean {
  const sum = BUSINESS_WEIGHTS.reduce((total, weight, at) => total + weight * Number(digits[at]), 0);
  return (10 - ((sum + Math.floor((5 * Number(digits[8])) / 10)) % 10)) % 10 === Number(digits[9]);
}

function isDate(yymmdd: string, centuryDigit: number): boolean {
  const century = [1, 2, 5, 6].includes(centuryDigit) ? 1900 : 2000;
  const [year, month, day] = [century + Number(yymmdd.slice(0, 2)), Number(yymmdd.slice(2, 4)), Number(yymmdd.slice(4, 6))];
  if (year > BIRTH_YEAR_MAX || month < 1 || month > 12 || day < 1) return false;
  return day <= new Date(Date.UTC(year, month, 0)).getUTCDate();
}

const REGION_LICENSE =
  /(?:서울|부산|대구|인천|광주|대전|울산|경기|강원|충북|충남|전북|전남|경북|경남|제주)[ -]?\d{2}-\d{6}-\d{2}(?!\d|-\d)/g;
const REGIONS = words(REGION_LICENSE);
const REGION_NUMBER = /\d\d-\d{6}-\d\d/;

/** Licences with the region spelled out, as they were until the numbers became all digits. */
export function findRegionLicenses(text: string, runs: readonly NumberRun[]): Span[] {
  const mayBeOne = (run: NumberRun) =>
    run.words & REGIONS.bit && run.longest >= LICENSE_GROUP && REGION_NUMBER.test(text.slice(run.start, run.end));
  if (!runs.some(mayBeOne)) return [];
  return [...text.matchAll(REGION_LICENSE)].map(({ 0: { length }, index }) => ({
    type: "KR_DRIVER_LICENSE",
    start: index,
    end: index + length,
    score: 0.95,
  }));
}

/** Korean passport numbers: beside a word for a passport; the form with a letter inside also on its own. */
export function findKoreanPassports(text: string, words: readonly Word[]): Span[] {
  const found: Span[] = [];
  for (const { start, end } of words) {
    const number = end - start === PASSPORT_CHARS ? text.slice(start, end) : "";
    if (!PASSPORT_NUMBER.test(number)) continue;
    const koreanLetter = /^[MSRGD]/i.test(number);
    const said =
      saidBefore(text, start, PASSPORT_WORDS, PASSPORT_CHARS_BEFORE) ||
      (koreanLetter && saidAfter(text, end, PASSPORT_WORDS, PASSPORT_CHARS_AFTER)) ||
      (koreanLetter && saidBefore(text, start, PASSPORT_WORDS_ENGLISH, PASSPORT_CHARS_BEFORE));
    const newForm = /^[MSRGD]\d{3}[A-Z]/.test(number);
    if (!said && !newForm) continue;
    found.push({ type: "KR_PASSPORT", start, end, score: said ? 0.95 : 0.7 });
  }
  return found;
}
