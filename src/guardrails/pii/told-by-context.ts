import type { Span } from "../finding";
import { matchesAt } from "../spotter";

// Only what a sentence names outright: "my name is …", "생년월일: …". Everything else needs a model, not a pattern.

interface Told {
  type: string;
  score: number;
  /** Sticky; its first group is the span, and ends it. */
  pattern: RegExp;
  /** What the text has to say somewhere. */
  hint: RegExp;
}

const NAME = "[A-Z][a-z'\\u00c0-\\u024f-]{1,20}(?: (?:[A-Z]\\.|(?:van|von|de|der|la|bin|al)(?= )|[A-Z][a-z'\\u00c0-\\u024f-]{1,20})){0,3}";
const KOREAN_NAME = "[가-힣]{2,4}";
const DATE =
  "(?:\\d{4}[-./] ?\\d{1,2}[-./] ?\\d{1,2}|\\d{1,2}[-./]\\d{1,2}[-./]\\d{2,4}|\\d{4}년 ?\\d{1,2}월 ?\\d{1,2}일|\\d{1,2}(?:st|nd|rd|th)? (?:of )?[A-Z][a-z]{2,8},? \\d{4}|[A-Z][a-z]{2,8} \\d{1,2}(?:st|nd|rd|th)?,? \\d{4})";
const STREET = "(?:street|st|avenue|ave|road|rd|lane|ln|drive|dr|boulevard|blvd|court|ct|way|place|pl|square|terrace)";

const TOLD: readonly Told[] = [
  {
    type: "PERSON",
    score: 0.6,
    hint: /name is|call me|name:/i,
    pattern: new RegExp(
      `(?:[Mm]y (?:full )?name is|[Pp]lease call me|(?:[Ff]ull|[Cc]ustomer|[Pp]atient|[Cc]ardholder) [Nn]ame:) (${NAME})`,
      "y",
    ),
  },
  {
    type: "PERSON",
    score: 0.6,
    hint: /이름|성함|성명/,
    pattern: new RegExp(`(?:이름|성함|성명)(?:은|:| :) ?(${KOREAN_NAME})(?=이고|입니다|이에요|예요|이며|님|,|\\.|\\s|$)`, "dy"),
  },
  {
    type: "DATE_OF_BIRTH",
    score: 0.8,
    hint: /born|birth|\bdob\b|생년|생일|출생/i,
    pattern: new RegExp(
      `(?:\\b[Bb]orn(?: on)?|[Dd]ate of [Bb]irth|\\b(?:DOB|dob|D\\.O\\.B\\.)|[Bb]irthda(?:y|te)|생년월일|생일|출생일)(?: ?(?:is|was|은|는|이|:|=|\\())? {0,2}(${DATE})`,
      "y",
    ),
  },
  {
    type: "ADDRESS",
    score: 0.6,
    hint: /address|live at|living at|ship to|deliver to/i,
    pattern: new RegExp(
      `(?:address(?: is|:)|[Ll]iv(?:e|ing) at|[Ss]hip (?:it )?to|[Dd]eliver (?:it )?to):? (\\d{1,6} (?:[A-Za-z0-9.]{1,20} ){1,4}${STREET}\\b\\.?)`,
      "iy",
    ),
  },
];

/** The end of a city's or province's name, and what else an address has. */
const KOREAN_PLACE = /[시도] (?=(?:[가-힣]{1,5}[시군구] ){1,2}(?:[가-힣0-9]{1,10}[로길동] ?){1,2}\d)/y;
/** Characters of a city's or province's name before its last. */
const KOREAN_CITY_CHARS_MAX = 10;
const KOREAN_ADDRESS =
  /[가-힣]{1,6}(?:특별시|광역시|특별자치시|특별자치도|시|도) (?:[가-힣]{1,5}[시군구] ){1,2}(?:[가-힣0-9]{1,10}[로길동] ?){1,2}\d{1,5}(?:-\d{1,4})?(?:번지)?/y;

/** What is told, one by one: `findToldByContext` is given the places where matches of each may begin. */
export const TOLD_PATTERNS: readonly RegExp[] = [...TOLD.map(({ pattern }) => pattern), KOREAN_PLACE];

/** Names, dates of birth and addresses where the words around them leave no doubt. */
export function findToldByContext(text: string, spots: readonly (readonly number[])[]): Span[] {
  const found: Span[] = [];
  let place = 0;
  for (const { type, score, pattern, hint } of TOLD) {
    let isHinted: boolean | undefined;
    for (const match of matchesAt(text, pattern, spots[place++] ?? [])) {
      isHinted ??= hint.test(text);
      if (!isHinted) break;
      found.push({ type, ...lastGroup(match), score });
    }
  }
  const places = spots[place] ?? [];
  return places.length === 0 ? found : [...found, ...findKoreanAddresses(text, places)];
}

/** From each place backwards: the name of its city may be a part of a longer word. */
function findKoreanAddresses(text: string, places: readonly number[]): Span[] {
  const found: Span[] = [];
  let done = 0;
  for (const { index } of matchesAt(text, KOREAN_PLACE, places)) {
    for (let start = Math.max(done, index - KOREAN_CITY_CHARS_MAX); start < index; start++) {
      KOREAN_ADDRESS.lastIndex = start;
      const address = KOREAN_ADDRESS.exec(text)?.[0];
      if (!address) continue;
      done = start + address.length;
      found.push({ type: "ADDRESS", start, end: done, score: 0.6 });
      break;
    }
  }
  return found;
}

export const PASSPORT = /(?:passport|여권)[^\n]{0,16}?(?<![A-Za-z0-9])([A-Za-z]?\d{7,9})(?![A-Za-z0-9])/iy;

/** Passport numbers of other countries, beside the word. */
export function findPassports(text: string, spots: readonly number[]): Span[] {
  const found: Span[] = [];
  for (const match of matchesAt(text, PASSPORT, spots)) found.push({ type: "PASSPORT", ...lastGroup(match), score: 0.7 });
  return found;
}

/** Where the first group stands, which ends the match. */
function lastGroup({ index, 0: whole, 1: group = "" }: RegExpExecArray): Pick<Span, "start" | "end"> {
  const end = index + whole.length;
  return { start: end - group.length, end };
}
