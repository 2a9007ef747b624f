import type { Span } from "../finding";
import { lastWordBefore, saidBefore, type Words, words } from "./context";
import { countDigits, digitsOf, isDigit, type NumberRun, standsAlone } from "./number-runs";

/** ISO/IEC 7812: 12 to 19 digits. Each may be followed by one space or hyphen. */
const CARD = /(?<![\d])\d(?:[ .-]?\d){11,18}(?!\d)/g;
/** Of nineteen digits in fours. */
const SEPARATORS_MAX = 4;
/** What dots may stand between: else it is a decimal number. */
const IN_FOURS = /^\d{4}(?:\.\d{4}){3}$/;
/** A month and more, as lists of cards are written: "4111111111111111/12/27". */
const EXPIRY = /^\/(?:0\d|1[0-2])\//;
/** Issuer ranges with their lengths. */
const BRANDS: readonly RegExp[] = [
  /^4(?:\d{15}|\d{18})$/, // Visa
  /^(?:5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12})$/, // Mastercard
  /^3[47]\d{13}$/, // American Express
  /^3(?:0[0-5]|09|[689]\d)\d{11}$/, // Diners Club
  /^6(?:011|22\d|4[4-9]\d|5\d\d)\d{12}$/, // Discover
  /^(?:35(?:2[89]|[3-8]\d)\d{12,15}|(?:1800|2131)\d{11})$/, // JCB
  /^62\d{14,17}$/, // UnionPay
  /^220[0-4]\d{12,15}$/, // Mir
  /^(?:5018|5020|5038|5893|6304|6759|676[1-3])\d{8,15}$/, // Maestro
  /^1\d{14}$/, // UATP
  /^4\d{12}$/, // Visa, until the 1990s
  /^9\d{15}$/, // domestic Korean cards
];
/** The last of them are cards only if a word says so: Japanese barcodes are like Visa's old numbers. */
const RARE_BRANDS_FROM = 9;
const ZERO = 48;
const CARD_WORDS = words(
  /card|credit|debit|visa|master ?card|amex|diners|discover|jcb|unionpay|\bpan\b|cc[:= #]|카드|신용|체크|결제|カード|信用卡|卡号|卡號|tarjeta|cartão|cartao|carte ?(?:bancaire|bleue)|carta di|karte|kreditkort|karta|kartı|[кК]арт/g,
);
const OTHER_WORDS = words(
  /order|tracking|invoice|isbn|ean\b|serial|imei|barcode|ticket|parcel|주문|송장|운송장|바코드|시리얼|일련|epoch|timestamp/g,
);

/** Payment cards: issuer range, length and Luhn; with a card word nearby the issuer may be unknown. */
export function findCreditCards(text: string, run: NumberRun): Span[] {
  if (run.digits < 12) return [];
  const found: Span[] = [];
  const slice = text.slice(run.start, run.end);
  for (let match = CARD.exec(slice); match; match = CARD.exec(slice)) {
    const [start, end] = [run.start + match.index, run.start + match.index + match[0].length];
    const goesOnAs = EXPIRY.test(text.slice(end, end + 4)) ? text.length : end;
    if (!standsAlone(text, start, goesOnAs) || text[start - 1] === "+" || !passesLuhn(match[0])) continue;
    if (match[0].includes(".") && !IN_FOURS.test(match[0])) continue;
    const digits = digitsOf(match[0]);
    if (/^(\d)\1+$/.test(digits)) continue;
    const brand = BRANDS.findIndex((pattern) => pattern.test(digits));
    const card = lastOf(CARD_WORDS, text, run, start);
    const other = lastOf(OTHER_WORDS, text, run, start);
    if (other > card) continue;
    const known = brand >= 0 && brand < RARE_BRANDS_FROM && !isList(match[0]);
    // A whole text that is one such number has no words to ask.
    if (!known && card < 0 && !(brand >= 0 && !isList(match[0]) && saidBefore(text, start, /^\s*$/))) continue;
    found.push({ type: "CREDIT_CARD", start, end, score: known ? 0.97 : 0.85 });
  }
  return found;
}

/** Whether so many separators stand between that it is a row of small numbers. */
function isList(number: string): boolean {
  return number.length - countDigits(number) > SEPARATORS_MAX;
}

function lastOf({ pattern, bit }: Words, text: string, run: NumberRun, start: number): number {
  return run.words & bit ? lastWordBefore(text, start, pattern) : -1;
}

/** ISO/IEC 7812-1 annex B. What stands between the digits does not count. */
export function passesLuhn(number: string): boolean {
  let [sum, digits] = [0, 0];
  for (let at = number.length - 1; at >= 0; at--) {
    const code = number.charCodeAt(at);
    if (!isDigit(code)) continue;
    const weighted = digits % 2 === 1 ? (code - ZERO) * 2 : code - ZERO;
    sum += weighted > 9 ? weighted - 9 : weighted;
    digits++;
  }
  return digits > 0 && sum % 10 === 0;
}
