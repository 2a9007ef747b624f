/** Enough to tell the script of a text by. */
const SCRIPT_CHARACTERS_READ = 400;
const CURLY_SINGLE = /[\u2018\u2019\u02BC\u0060\u00B4]/g;
const CURLY_DOUBLE = /[\u201C\u201D\u201E\u00AB\u00BB\u300C\u300D\u300E\u300F]|"{2,3}|''/g;

/** Unicode NFC with one kind of quote, one kind of space, and no outer space. Case is kept. */
export function foldText(text: string): string {
  return text.normalize("NFC").replace(CURLY_DOUBLE, '"').replace(/\s+/g, " ").trim();
}

/** Straight apostrophes, for contractions. Backticks must have been read before. */
export function foldApostrophes(text: string): string {
  return text.replace(CURLY_SINGLE, "'");
}

/** Letters, digits and the signs that change a number or a formula; lower case. */
export function compactText(text: string): string {
  return text.toLowerCase().replace(/(?<!\d)[.,!]|[.,](?!\d)|-(?!\d)|[^\p{L}\p{N}\p{M}+=<>%$€£₩₹°#*^/.,!&|~@\\[\]{}_-]/gu, "");
}

/** The share of letters that are Hangul syllables or jamo; letters of other scripts than Latin and Hangul count with the Latin ones. */
export function hangulShare(text: string): number {
  let hangul = 0;
  let others = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if ((code >= 0xac00 && code <= 0xd7a3) || (code >= 0x3131 && code <= 0x318e)) hangul++;
    else if (
      (code >= 0x61 && code <= 0x7a) ||
      (code >= 0x41 && code <= 0x5a) ||
      (code >= 0xc0 && code <= 0xabff && (code < 0x2000 || code > 0x2bff))
    )
      others++;
  }
  return hangul === 0 ? 0 : hangul / (hangul + others);
}

/** The script that most letters belong to. */
export function mainScript(text: string): string {
  const sample = text.slice(0, SCRIPT_CHARACTERS_READ);
  const counts = SCRIPTS.map(([name, pattern]) => [name, sample.match(pattern)?.length ?? 0] as const);
  const [name, count] = counts.reduce((most, entry) => (entry[1] > most[1] ? entry : most), ["none", 0] as const);
  return count === 0 ? "none" : name;
}

/** A Hangul syllable weighs about two Latin letters. */
const SCRIPTS: readonly (readonly [string, RegExp])[] = [
  ["latin", /\p{Script=Latin}{2}/gu],
  ["hangul", /\p{Script=Hangul}/gu],
  ["kana", /[\p{Script=Hiragana}\p{Script=Katakana}]/gu],
  ["han", /\p{Script=Han}/gu],
  ["cyrillic", /\p{Script=Cyrillic}{2}/gu],
  ["arabic", /\p{Script=Arabic}{2}/gu],
  ["devanagari", /\p{Script=Devanagari}{2}/gu],
];
