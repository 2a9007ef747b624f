/** What single words tell, by the feature that counts them. */
const WORDS = {
  choosing: "which following",
  exception: "except least incorrect false not",
  statement: "statement statements i ii iii",
  allOf: "above all none both neither",
  howMany: "many much long far old",
  why: "why explain",
  compute: "calculate compute determine derive prove solve evaluate find value",
  proportion: "half twice third thirds quarter double triple times ratio fraction",
  each: "each every per apiece",
  money: "dollar dollars cent cents cost costs price paid pays pay",
  time: "hour hours minute minutes day days week weeks month months year years morning",
  comparison: "more less fewer than most remaining left rest total altogether",
  condition: "if suppose assume given unless when must should without only exactly",
  sequence: "then after before first second next finally later step steps",
  instruction: "write create draft compose generate list describe imagine pretend act make give",
  person: "his her he she mother father man woman patient student friend",
  passage: "passage excerpt information article document source text",
  best: "best likely primarily mainly appropriate main",
  definition: "called known refers defined term definition example",
  demanding:
    "implement design optimize optimise debug refactor prove proof derive analyze analyse architecture algorithm complexity concurrent migrate compare evaluate strategy reason reasoning theorem rigorous",
  light: "hi hello hey thanks thank classify label translate extract capital synonym spell yes ok",
} as const;

/** The same for Korean, whose words carry endings. */
const KOREAN = {
  exception: /아닌|않은|틀린/g,
  howMany: /몇|얼마/g,
  why: /왜|설명|이유/g,
  compute: /계산|구하|증명|풀어/g,
  proportion: /배[가는로]|비율|절반/g,
  each: /마다|[개원]씩/g,
  time: /시간|분\s|일\s|개월/g,
  comparison: /보다|남은|모두|총/g,
  condition: /만약|라면|반드시|없이/g,
  sequence: /그리고|다음|먼저|단계/g,
  instruction: /써\s?줘|작성|만들/g,
  demanding: /구현|설계|증명|분석|최적화|디버그|알고리즘|비교|전략|추론/g,
  light: /안녕|고마워|감사|분류|번역|추출|요약/g,
} satisfies Partial<Record<keyof typeof WORDS, RegExp>>;

const FORM = [
  "chars",
  "stemChars",
  "options",
  "isChoice",
  "optionChars",
  "optionSpread",
  "numericOptions",
  "numbers",
  "digitShare",
  "decimals",
  "largestNumber",
  "years",
  "mathSigns",
  "formula",
  "code",
  "questionMarks",
  "percent",
  "quotes",
  "sentences",
  "longestSentence",
  "wordChars",
  "longWordShare",
  "upperShare",
  "variety",
  "otherScriptShare",
  "blank",
  "listLines",
] as const;

export type ComplexityFeature = (typeof FORM)[number] | keyof typeof WORDS;

const TOPICS = Object.keys(WORDS) as (keyof typeof WORDS)[]; // the keys of a constant

/** Names of the values of `complexityFeatures`, in its order. */
export const COMPLEXITY_FEATURES: readonly ComplexityFeature[] = [...FORM, ...TOPICS];

const topicOf = new Map(Object.values(WORDS).flatMap((words, at) => words.split(" ").map((word) => [word, at] as const)));

/** Options of a multiple choice beyond this many are not told apart. */
const OPTIONS_MAX = 10;
const OPTION_LINE = /^[ \t]*\(?(?:[A-J]|[1-9])[.):][ \t]+(\S.*)$/gm;
const NUMERIC_OPTION = /^[-−$(]?\d[\d\s.,/%()^π√]*[a-z%]{0,6}\.?$/i;
const NUMBER = /\d[\d,]*(?:\.\d+)?/g;
const LIST_LINE = /^[ \t]*(?:[-*•]|\d{1,2}[.)])[ \t]/gm;
const FORMULA = /\\[a-z]{3,}|\$[^$\n]{1,80}\$|\b[a-z]\([a-z]\)|[a-z]\^\d|\bx\s?[=+]/;
const CODE = /```|\bdef [a-z_]{1,40}\(|\bfunction\b[^\n]{0,30}\(|=>|#include|\breturn [a-z_]{1,40};|[a-z]\(\)|;\n/i;
const BLANK = /__|\.{4}|…/;

/**
 * What can be read off a prompt's form and its telling words, as numbers of about -1 to 2 in the order of `COMPLEXITY_FEATURES`: lengths on
 * a logarithmic scale, shares, counts, and yes or no. Linear in the text.
 */
export function complexityFeatures(prompt: string): Float64Array {
  const options = [...prompt.matchAll(OPTION_LINE)].slice(0, OPTIONS_MAX);
  const isChoice = options.length >= 2;
  const stem = isChoice ? prompt.slice(0, options[0]?.index ?? prompt.length) : prompt;
  const optionTexts = isChoice ? options.map(([, text = ""]) => text) : [];
  const lengths = optionTexts.map((text) => text.length);
  const longest = Math.max(1, ...lengths);
  const signs = countSigns(prompt);
  const numbers = stem.match(NUMBER) ?? [];
  const values = numbers.map((text) => Number(text.replaceAll(",", ""))).filter(Number.isFinite);
  const words = stem.toLowerCase().match(/[a-z\u00c0-\u024f]+/g) ?? [];
  const topics = countTopics(stem, words, signs.otherScript > 0);
  let wordChars = 0;
  let longWords = 0;
  for (const word of words) {
    wordChars += word.length;
    if (word.length >= 9) longWords++;
  }

  return Float64Array.of(
    scaled(prompt.length),
    scaled(stem.length),
    optionTexts.length / OPTIONS_MAX,
    isChoice ? 1 : 0,
    scaled(lengths.reduce((total, length) => total + length, 0) / Math.max(1, lengths.length)),
    isChoice ? (longest - Math.min(...lengths)) / longest : 0,
    optionTexts.filter((text) => NUMERIC_OPTION.test(text)).length / Math.max(1, optionTexts.length),
    counted(numbers.length),
    (5 * signs.digits) / Math.max(1, prompt.length),
    counted(numbers.filter((text) => text.includes(".")).length),
    Math.log10(1 + Math.min(1e9, Math.max(0, ...values))) / 5,
    counted(values.filter((value) => value >= 1200 && value <= 2100 && Number.isInteger(value)).length),
    counted(signs.math),
    FORMULA.test(prompt) ? 1 : 0,
    CODE.test(prompt) ? 1 : 0,
    counted(signs.questionMarks),
    counted(signs.percent),
    counted(signs.quotes),
    counted(signs.sentences),
    scaled(signs.longestSentence),
    wordChars / Math.max(1, words.length) / 10,
    (2 * longWords) / Math.max(1, words.length),
    (3 * signs.upper) / Math.max(1, signs.letters),
    new Set(words).size / Math.max(1, words.length),
    signs.otherScript / Math.max(1, prompt.length),
    BLANK.test(prompt) ? 1 : 0,
    counted(prompt.match(LIST_LINE)?.length ?? 0),
    ...topics.map(counted),
  );
}

function countTopics(stem: string, words: readonly string[], hasOtherScript: boolean): number[] {
  const counts = new Array<number>(TOPICS.length).fill(0);
  for (const word of words) {
    const topic = topicOf.get(word);
    if (topic !== undefined) counts[topic] = (counts[topic] ?? 0) + 1;
  }
  if (hasOtherScript)
    for (const [topic, pattern] of Object.entries(KOREAN)) {
      const at = TOPICS.indexOf(topic as keyof typeof WORDS); // the keys of KOREAN are among them
      counts[at] = (counts[at] ?? 0) + (stem.match(pattern)?.length ?? 0);
    }
  return counts;
}

const MATH_SIGNS = codesOf("=+*/^<>√∑∫≤≥×÷±∞π");
const QUOTES = codesOf('"“”‘');
const SENTENCE_ENDS = codesOf(".?!。？！\n");
const QUESTION_MARKS = codesOf("?？");

function countSigns(text: string) {
  const counts = { digits: 0, letters: 0, upper: 0, math: 0, quotes: 0, percent: 0, questionMarks: 0, otherScript: 0 };
  let sentences = 0;
  let longestSentence = 0;
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code >= 97 && code <= 122) counts.letters++;
    else if (code === 32) continue;
    else if (code >= 65 && code <= 90) {
      counts.letters++;
      counts.upper++;
    } else if (code >= 48 && code <= 57) counts.digits++;
    else if (SENTENCE_ENDS.has(code)) {
      if (QUESTION_MARKS.has(code)) counts.questionMarks++;
      const next = text.charCodeAt(at + 1);
      if (at - start > 1 && (Number.isNaN(next) || next <= 32)) {
        sentences++;
        longestSentence = Math.max(longestSentence, at - start);
        start = at + 1;
      }
    } else if (MATH_SIGNS.has(code)) counts.math++;
    else if (QUOTES.has(code)) counts.quotes++;
    else if (code === 37) counts.percent++;
    else if (code >= 0x250 && (code < 0x2000 || code > 0x206f)) counts.otherScript++;
  }
  return { ...counts, sentences, longestSentence: Math.max(longestSentence, text.length - start) };
}

function codesOf(signs: string): ReadonlySet<number> {
  return new Set([...signs].map((sign) => sign.charCodeAt(0)));
}

function scaled(length: number): number {
  return Math.log(1 + length) / 8;
}

function counted(times: number): number {
  return Math.log(1 + times) / 2;
}
