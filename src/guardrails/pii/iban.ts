import type { Span } from "../finding";

/** SWIFT IBAN registry, release 99: characters per country, country and check digits included. */
const LENGTHS =
  "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28EE20EG29ES24FI18FK18FO18FR27GB22GE22GI23GL18GR27GT28HN28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21LY25MC27MD24ME22MK19MN20MR27MT31MU30NI28NL18NO15OM23PK24PL28PS29PT25QA29RO24RS22RU33SA24SC31SD18SE24SI19SK24SM27SO23ST25SV28TL23TN24TR26UA29VA22VG24XK20YE30DZ26AO25BJ28BF28CM27CV25CF27TD27KM27CG27CI28GA27GQ27GW25IR26MG27ML28MA28MZ25NE28SN28TG28";
const IBAN_START = /(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?=[ -]?[A-Za-z0-9])/g;

/** Country and check digits. */
const HEAD_CHARS = 4;
const [ZERO, NINE] = [48, 57];

let lengths: Map<string, number> | undefined;

/** IBANs: length by country and ISO 7064 mod 97-10, in groups or not, in either case. */
export function findIbans(text: string): Span[] {
  const found: Span[] = [];
  while (IBAN_START.test(text)) {
    const start = IBAN_START.lastIndex - HEAD_CHARS;
    const end = ibanEnd(text, start);
    if (end > 0) found.push({ type: "IBAN", start, end, score: 0.99 });
  }
  return found;
}

function ibanEnd(text: string, start: number): number {
  const wanted = lengthOf(text.slice(start, start + 2).toUpperCase());
  if (!wanted) return -1;
  // The four first characters come last in the sum.
  let [rest, chars, at] = [0, 0, start];
  for (; chars < wanted; at++) {
    const code = text.charCodeAt(at);
    if (isAlphanumeric(code)) rest = ++chars > HEAD_CHARS ? restWith(rest, code) : rest;
    else if (!isSeparator(code) || isSeparator(text.charCodeAt(at - 1))) return -1;
  }
  if (isAlphanumeric(text.charCodeAt(at))) return -1;
  for (let head = start; head < start + HEAD_CHARS; head++) rest = restWith(rest, text.charCodeAt(head));
  return rest === 1 ? at : -1;
}

function isAlphanumeric(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || (code >= 48 && code <= 57);
}

function isSeparator(code: number): boolean {
  return code === 32 || code === 45;
}

function lengthOf(country: string): number | undefined {
  lengths ??= new Map([...LENGTHS.matchAll(/([A-Z]{2})(\d\d)/g)].map(([, code = "", length]) => [code, Number(length)]));
  return lengths.get(country);
}

/** ISO 7064 mod 97-10: the four first characters moved to the end, letters as 10 to 35. */
export function passesMod97(iban: string): boolean {
  let rest = 0;
  for (const character of iban.slice(HEAD_CHARS) + iban.slice(0, HEAD_CHARS)) rest = restWith(rest, character.charCodeAt(0));
  return rest === 1;
}

function restWith(rest: number, code: number): number {
  return code <= NINE ? (rest * 10 + code - ZERO) % 97 : (rest * 100 + (code & 31) + 9) % 97;
}
