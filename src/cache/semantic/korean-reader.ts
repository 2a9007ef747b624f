import { stemEnglish } from "./english-stem";
import { KOREAN_COUNTERS, KOREAN_FILLERS, KOREAN_NUMERALS, KOREAN_OPPOSITES, KOREAN_SYNONYMS } from "./korean-lexicon";
import { bareStem, splitParticle, stemPredicate } from "./korean-stem";
import { oppositeSides, synonymSets } from "./lexicon";
import { codeOf, payloadOf, quotedOf } from "./literals";
import type { Reading, Token } from "./reading";
import { compactText, foldApostrophes, foldText } from "./text";

interface KoreanLexicon {
  fillers: Set<string>;
  counters: string[];
  numerals: Map<string, number>;
  synonyms: Map<string, string[]>;
  opposites: Map<string, { line: number; side: number }[]>;
}

let built: KoreanLexicon | undefined;

/** The Korean word lists as look-up tables, built at first use. */
export function koreanLexicon(): KoreanLexicon {
  built ??= {
    fillers: new Set(KOREAN_FILLERS.split(/\s+/)),
    counters: KOREAN_COUNTERS.split(" ").sort((a, b) => b.length - a.length),
    numerals: new Map(
      KOREAN_NUMERALS.split("|").flatMap((forms, index) => forms.split(" ").map((form): [string, number] => [form, index + 1])),
    ),
    synonyms: synonymSets(KOREAN_SYNONYMS, bareStem),
    opposites: oppositeSides(KOREAN_OPPOSITES, bareStem),
  };
  return built;
}

const QUESTION_STEMS: readonly (readonly [RegExp, string])[] = [
  [/^(?:누구|누가|누굴)/, "?who"],
  [/^언제/, "?when"],
  [/^(?:어디|어딜|어딘)/, "?where"],
  [/^(?:왜|어째서)/, "?why"],
  [/^(?:어떻게|어떡|어케|어찌|어떠|어때|어떤가)/, "?how"],
  [/^얼마/, "?how_much"],
  [/^몇/, "?how_many"],
];
/** Auxiliaries that are often written without a space. */
const RUN_TOGETHER = /(고|수|것|거|듯|지)(싶|있|없|같|않)(?=[\p{Script=Hangul}]|$|\s)/gu;
/** The first syllables of native numerals. */
const NUMERAL_START = /^[하한둘두셋세석넷네넉다여일아열]/;
const UNIT_NAMES = new Map(Object.entries({ 퍼센트: "%", 프로: "%", 킬로미터: "km", 킬로: "kg", 달러: "$", 시간: "시간", 명이: "명" }));
const SCALES = new Map(Object.entries({ 십: 10, 백: 100, 천: 1000, 만: 1e4, 억: 1e8, 조: 1e12 }));
const QUESTION_TAIL = /(?:방법|법)(?:이|은|을|를)?(?:\s?(?:뭐|무엇|뭔|어떻게).*)?$/;
/** "to be", standing alone. */
const COPULAS = new Set(["이", "여", "였", "이었"]);
const LIGHT_STEMS = new Set(["하", "같", "보", "주", "생각", "정도", "한번", "뭐", "무엇", "무슨"]);

/** Reads a Korean question: words without particles and endings, numbers with their counters, negation by word and by ending. */
export function readKorean(text: string): Reading {
  const lexicon = koreanLexicon();
  const folded = foldText(foldApostrophes(text));
  const asked = stripCourtesy(folded);
  const reading: Reading = {
    language: "korean",
    tokens: codeOf(text).map((snippet) => tokenOf(`\`${snippet}`, "literal", 1)),
    compact: compactText(asked),
    glue: [],
    negations: 0,
    yesNo: false,
    tense: "",
    pronouns: "",
    quoted: quotedOf(folded),
    ands: 0,
    ors: 0,
    symmetric: /사이|차이|비교|결혼|연애|사귀|친구|다른|같은/.test(folded),
    payload: payloadOf(text),
  };
  const plain = asked
    .replace(QUESTION_TAIL, " 어떻게")
    .replace(/[ㅠㅜㅋㅎ]+/g, " ")
    .replace(RUN_TOGETHER, "$1 $2");
  for (const chunk of plain.split(/[\s.?!,~…·:;()[\]{}<>"'‘’“”/]+(?!\d)|(?<=\D)[.,](?=\d)/)) if (chunk) readChunk(chunk, reading, lexicon);
  return reading;
}

/** The text without greeting, thanks and "please tell me" at its ends. */
function stripCourtesy(text: string): string {
  let current = text;
  for (let round = 0; round < 3; round++) {
    const next = current
      .replace(/^(?:안녕하세요|안녕하십니까|안녕|혹시|저기요?|질문이? 있(?:어요|습니다)|궁금한 게 있는데)[\s,.!~]*/, "")
      .replace(
        /[\s,.!~?]*(?:(?:좀|꼭|한번)\s)?(?:알려\s?(?:주세요|줘요?|주실래요|줄래요?|주시겠어요)|가르쳐\s?(?:주세요|줘요?)|부탁(?:해요?|합니다|드립니다|드려요)|감사합니다|고마워요?|궁금(?:해요?|합니다|하네요)|말해\s?(?:줘요?|주세요)|설명해\s?(?:줘요?|주세요))[\s,.!~?]*$/,
        "",
      )
      .replace(/[\sㅠㅜㅋㅎ~^!.?]+$/, "");
    if (next === current || next === "") break;
    current = next;
  }
  return current;
}

function readChunk(raw: string, reading: Reading, lexicon: KoreanLexicon): void {
  const chunk = raw.replace(/^[^\p{L}\p{N}$€₩%+-]+|[^\p{L}\p{N}%+]+$/gu, "");
  if (chunk === "" || lexicon.fillers.has(chunk)) return;
  if (chunk === "안" || chunk === "못" || chunk === "말고") {
    reading.negations++;
    reading.tokens.push(tokenOf(`!${chunk}`, "word", 1));
    return;
  }
  if (/^(?:또는|혹은|아니면|이나)$/.test(chunk)) {
    reading.ors++;
    return;
  }
  if (/^(?:그리고|및)$/.test(chunk)) {
    reading.ands++;
    return;
  }
  const asked = QUESTION_STEMS.find(([pattern]) => pattern.test(chunk));
  if (asked !== undefined) {
    reading.tokens.push(tokenOf(asked[1], "question", 0.8));
    const rest = asked[1] === "?how_many" ? chunk.slice(1) : "";
    if (rest) readChunk(rest, reading, lexicon);
    return;
  }
  if (/\d/.test(chunk)) {
    readDigits(chunk, reading, lexicon);
    return;
  }
  const counter = countOf(chunk, lexicon);
  if (counter !== undefined) {
    reading.tokens.push(tokenOf(counter, "number", 1));
    return;
  }
  if (/^[a-z0-9_.+#-]+$/i.test(chunk)) {
    reading.tokens.push(tokenOf(stemEnglish(chunk.toLowerCase()), /^\p{Lu}/u.test(chunk) ? "name" : "word", 1));
    return;
  }
  const latin = /^([a-z0-9_.+#-]{2,})(\p{Script=Hangul}{1,4})$/iu.exec(chunk);
  if (latin !== null) {
    reading.tokens.push({ ...tokenOf(stemEnglish((latin[1] ?? "").toLowerCase()), "name", 1), governor: caseOf(latin[2] ?? "") });
    return;
  }
  pushWord(chunk, reading, lexicon);
}

function pushWord(chunk: string, reading: Reading, lexicon: KoreanLexicon): void {
  const { stem, particle } = splitParticle(chunk);
  const noun = stem.length > 2 ? stem.replace(/(?:님들|분들|들|님)$/, "") : stem;
  if (lexicon.fillers.has(noun)) return;
  const { stem: verb, past } = stemPredicate(chunk);
  const known = (word: string) => lexicon.synonyms.has(word) || lexicon.opposites.has(word);
  const nominal = particle !== "" && (known(noun) || !known(verb)) && !/(?:하|되|있|없)$/.test(verb);
  const key = known(chunk) ? chunk : nominal ? noun : verb === "" ? chunk : verb;
  const others = (known(chunk) ? [] : [noun, verb, chunk]).filter((form) => form !== key && form !== "");
  if (
    /(?:야|야지|야겠\p{L}*)$/u.test(chunk) &&
    /(?:[어아여해]야|야지|야겠\p{L}*)$/u.test(chunk) &&
    !reading.tokens.some((token) => token.kind === "question")
  )
    reading.tokens.push(tokenOf("must", "modal", 0.6));
  if (past && !nominal) reading.tense = "past";
  if (
    /(?:않|없|아니|못하|말|마)$/.test(key) ||
    /^(?:불가능|불가|싫|모르|안(?:되|돼|하|먹|가|오|좋|맞)|못(?:하|가|먹|오|되))/.test(key) ||
    /없/.test(chunk)
  )
    reading.negations++;
  if (/(?:나|거나|든지|든)$/.test(particle) || /거나$/.test(chunk)) reading.ors++;
  if (/^(?:와|과|랑|이랑|하고)$/.test(particle)) reading.ands++;
  if (COPULAS.has(key)) return;
  const progressive = key === "있" && reading.glue.at(-1) === "고";
  reading.glue.push(chunk.at(-1) ?? "");
  if (progressive) return;
  reading.tokens.push({ ...tokenOf(key, "word", LIGHT_STEMS.has(key) ? 0.25 : 1), others, governor: nominal ? caseOf(particle) : "" });
}

/** "2만1천600원을" → the number and its counter as one token each. */
function readDigits(chunk: string, reading: Reading, lexicon: KoreanLexicon): void {
  let rest = chunk;
  for (let guard = 0; rest !== "" && guard < 12; guard++) {
    const match = /^(\D*?)(\d[\d,.]*\d|\d)((?:[십백천만억조]?\d[\d,]*)*[십백천만억조]*)/.exec(rest);
    if (match === null) {
      const unit = splitParticle(rest).stem.replace(/(?:이다|입니다|이에요|예요|간|여)$/, "");
      if (unit !== "" && !lexicon.fillers.has(unit)) reading.tokens.push(tokenOf(unitName(unit), "word", 0.8));
      return;
    }
    const [whole, before = "", digits = "", scales = ""] = match;
    if (before !== "") reading.tokens.push(tokenOf(unitName(before), "word", 0.8));
    reading.tokens.push(tokenOf(scaled(digits + scales), "number", 1));
    rest = rest.slice(whole.length);
  }
}

function scaled(text: string): string {
  let total = 0;
  let section = 0;
  for (const [, digits = "", scale = ""] of text.replace(/,/g, "").matchAll(/(\d+(?:\.\d+)*)?([십백천만억조])?/g)) {
    if (digits === "" && scale === "") continue;
    if (digits.split(".").length > 2) return text;
    const value = digits === "" ? 1 : Number(digits);
    const factor = SCALES.get(scale) ?? 1;
    if (factor >= 1e4) {
      total += (section + (digits === "" && section > 0 ? 0 : value)) * factor;
      section = 0;
    } else section += value * factor;
  }
  return String(Number((total + section).toPrecision(12)));
}

function unitName(unit: string): string {
  return UNIT_NAMES.get(unit) ?? unit;
}

/** "두 마리" arrives as two chunks: a bare numeral counts only with its counter, so "한" alone is an article. */
function countOf(chunk: string, lexicon: KoreanLexicon): string | undefined {
  const plain = splitParticle(chunk).stem;
  const direct = lexicon.numerals.get(plain);
  if (direct !== undefined && chunk !== "하나요" && plain !== "한" && plain !== "네" && plain !== "열") return String(direct);
  if (!NUMERAL_START.test(plain)) return undefined;
  for (const counter of lexicon.counters)
    if (plain.endsWith(counter)) {
      const value = lexicon.numerals.get(plain.slice(0, -counter.length));
      if (value !== undefined && (value !== 1 || counter !== "번")) return `${value}`;
    }
  return undefined;
}

function caseOf(particle: string): string {
  if (/^(?:이|가|은|는|께서|도)$/.test(particle)) return "s";
  if (/^(?:을|를)$/.test(particle)) return "o";
  if (/^(?:에게|한테|께)/.test(particle)) return "to";
  if (particle === "에서") return "at";
  if (/^(?:에서부터|부터|로부터|에게서|한테서)/.test(particle)) return "from";
  if (/^까지/.test(particle)) return "until";
  if (/^(?:으로|로)$/.test(particle)) return "to";
  if (/^보다/.test(particle)) return "than";
  return "";
}

function tokenOf(key: string, kind: Token["kind"], weight: number): Token {
  return { key, others: [], kind, weight, governor: "", link: "" };
}
