import { compactText, foldText } from "./text";

/** Verbs whose object is the text itself: an answer for another text is always wrong. */
const TEXT_WORK =
  /\b(translate|translation of|rewrite|rephrase|paraphrase|reword|proofread|correct(?: the)? (?:grammar|spelling|sentence|text)|fix(?: the)? (?:grammar|spelling|typos)|summari[sz]e|classify|transcribe|transliterate|spell[- ]?check|extract|categori[sz]e|shorten|expand|complete the|continue the|count the|reverse|repeat|edit|improve the (?:text|sentence|wording)|review (?:this|the following)|analy[sz]e (?:this|the following)|sentiment)\b|번역|요약|교정|맞춤법|다듬어|분류|고쳐|바꿔\s?(?:써|줘|주)|추출|이어서 써|다시 써/i;
/** Work for which even an article matters. */
const EXACT_WORK = /translat|rewrite|rephrase|paraphrase|reword|proofread|grammar|spelling|typos|번역|교정|맞춤법/i;
/** A question about the work, not an order to do it. */
const ASKS_ABOUT = /^\W*(?:how|what|which|who|why|when|where|is|are|does|do|should)\b/i;
const PAYLOAD_BREAK = /[:：]\s|\n\s*|["“]/;

/** Code in backticks, and words that are identifiers, paths, versions, addresses or formulas: they must agree letter by letter. */
export function codeOf(text: string): string[] {
  const fenced = [...text.matchAll(/```[^\n`]*\n?([^`]*)```|`([^`\n]+)`/g)].map((match) => (match[1] ?? match[2] ?? "").trim());
  return fenced.filter((code) => code !== "");
}

/** Quoted strings, folded and in lower case. */
export function quotedOf(text: string): string[] {
  return [...text.matchAll(/"([^"\n]{1,400})"|(?:^|\s)'([^'\n]{2,200})'(?=[\s?.!,;:]|$)/g)]
    .map((match) =>
      (match[1] ?? match[2] ?? "")
        .trim()
        .toLowerCase()
        .replace(/[.,!?]+$/, ""),
    )
    .filter((quote) => quote !== "");
}

/** Whether a word is an identifier rather than prose: `snake_case`, `camelCase`, `a/b`, `C4040-121`, `x@y.z`, `c++`. */
export function isCodeWord(word: string): boolean {
  if (/^[\p{L}]{1,6}(?:\+\+|#)$/u.test(word)) return true;
  if (/[_@\\{}<>|~=^$]/.test(word)) return /[\p{L}]/u.test(word) || word.length > 1;
  if (
    /\p{Ll}\p{Lu}/u.test(word) &&
    !/^(?:iPhone|iPad|iPod|iOS|eBay|YouTube|WhatsApp|LinkedIn|PayPal|GitHub|McDonalds?|JavaScript|TypeScript|MacBook)/.test(word)
  )
    return true;
  if (/^[\w.-]+\(\)?/.test(word) || /^[./~]\S*[\w]/.test(word) || /^https?:|^www\./i.test(word)) return true;
  return /\p{L}/u.test(word) && /\d/.test(word) && /^[A-Za-z0-9.:-]+$/.test(word) && !NUMBER_WITH_UNIT.test(word);
}

/** A number written together with its unit, its ordinal ending or its multiplier. */
export const NUMBER_WITH_UNIT =
  /^[$€£₩₹]?(\d+(?:[.,]\d+)*)-?(st|nd|rd|th|k|m|b|bn|mn|mm|cm|km|kg|g|mg|lb|lbs|oz|ft|in|mi|mph|kph|kb|mb|gb|tb|hz|khz|mhz|ghz|am|pm|s|ms|min|mins|h|hr|hrs|d|yr|yrs|w|kw|v|rs|inr|usd|eur|krw|x|%)$/i;

/** The text that an instruction is to work on, with its spaces folded; undefined when the text gives no such instruction. */
export function payloadOf(raw: string): string | undefined {
  const text = raw.normalize("NFC").trim();
  const verb = TEXT_WORK.exec(text);
  if (verb === null) return undefined;
  const afterVerb = text.slice(verb.index);
  const split = PAYLOAD_BREAK.exec(afterVerb);
  if (split !== null && split.index < afterVerb.length - 3)
    return foldText(afterVerb.slice(split.index + split[0].length)).replace(/["?.!]+$/, "");
  const before = /["“:]/.exec(text.slice(0, verb.index));
  if (before !== null) return foldText(text.slice(before.index + 1, verb.index)).replace(/["?.!]+$/, "");
  return ASKS_ABOUT.test(text) || !EXACT_WORK.test(verb[0]) ? undefined : compactText(afterVerb);
}
