import { isParticiple, isPast, stemEnglish } from "./english-stem";
import { type EnglishLexicon, englishLexicon, type Phrase, phraseKey } from "./lexicon";
import { codeOf, isCodeWord, NUMBER_WITH_UNIT, payloadOf, quotedOf } from "./literals";
import { readNumber } from "./number-words";
import type { Reading, Token } from "./reading";
import { compactText, foldApostrophes, foldText } from "./text";

interface Word {
  text: string;
  /** "Seoul" in "Seoul's population". */
  owner?: boolean;
  /** Capitalised where a sentence does not begin. */
  named: boolean;
  literal: boolean;
}

const QUESTION_KEYS = new Set([
  "who",
  "when",
  "where",
  "why",
  "how",
  "whose",
  "how_to",
  "how_many",
  "how_much",
  "how_long",
  "how_often",
  "how_old",
  "how_tall",
  "how_far",
  "opinion",
  "difference",
  "feel_like",
  "meaning",
  "info_on",
  "whois",
]);
/** A word that hardly narrows a question: two of them may be missing, not more. */
const LIGHT_WEIGHT = 0.35;
const MODALS = new Set(["can", "could", "may", "might", "should", "would", "must"]);
const NEGATORS = new Set(["not", "no", "never", "without", "nor", "none", "nobody", "nothing", "nowhere", "neither", "cannot"]);
const PAST_AUX = new Set(["was", "were", "did", "had"]);
const PRESENT_AUX = new Set(["is", "are", "am", "do", "does", "has", "have"]);
const YES_NO_OPENERS = new Set([...PAST_AUX, ...PRESENT_AUX, "will", "would", "can", "could", "should", "may", "might", "must"]);
const PRONOUNS = new Map(
  Object.entries({
    he: "M",
    him: "m",
    his: "m's",
    himself: "m",
    she: "F",
    her: "f",
    hers: "f's",
    herself: "f",
    they: "T",
    them: "t",
    their: "t's",
    it: "",
  }),
);
/** Acronyms that read as function words in lower case. */
const ACRONYMS = new Map(Object.entries({ US: "usa", IT: "information-technology", WHO: "world-health-organization" }));
/** A function word with a capital inside a sentence: a heading, where capitals say nothing. */
const TITLE_CASE = /[^.?!:"']\s(?:The|Of|To|In|Is|Are|Do|Does|For|And|On|With|My|You|Your|Can|How)\s/;
/** Operators of programming languages; a lone ampersand or dash is prose. */
const OPERATOR = /^(?:&&|\|{1,2}|[!=<>]=|={2,3}|!==|=>|->|<-|<<|>>|~|\^)$/;
const PLAIN_WORD = /^\p{L}?\p{Ll}+$/u;
/** What any of the contractions has in it. */
const CONTRACTED = /['&]|^cannot$|nt?$|^(?:whats|wanna|gotta)$/;
const CONTRACTIONS: readonly (readonly [RegExp, string])[] = [
  [/\bcan't\b|\bcannot\b/g, "can not"],
  [/\bwon't\b/g, "will not"],
  [/\bshan't\b/g, "shall not"],
  [/n't\b/g, " not"],
  [/\b(isn|aren|wasn|weren|don|doesn|didn|hasn|haven|hadn|wouldn|couldn|shouldn)t\b/g, "$1 not"],
  [/\b(is|are|was|were|do|does|did|has|have|had|would|could|should)n not\b/g, "$1 not"],
  [/\blet's\b/g, "let us"],
  [/\b(what|who|where|when|why|how|which|that|there|here|it|he|she)'s\b/g, "$1 is"],
  [/'re\b/g, " are"],
  [/'ve\b/g, " have"],
  [/'ll\b/g, " will"],
  [/\bi'm\b/g, "i am"],
  [/\b(i|you|we|they|he|she|it|who|what|how)'d\b/g, "$1 would"],
  [/\bwhats\b/g, "what is"],
  [/\bwanna\b/g, "want to"],
  [/\bgotta\b/g, "have to"],
  [/&/g, " and "],
];

/** Reads an English question, or a text of any script that puts spaces between words. */
export function readEnglish(text: string): Reading {
  const lexicon = englishLexicon();
  const code = codeOf(text);
  const folded = foldText(foldApostrophes(text));
  const words = rewrite(wordsOf(folded), lexicon);
  const voiced = activeVoice(words);
  const reading: Reading = {
    language: "english",
    tokens: [],
    compact: compactText(folded),
    glue: [],
    negations: 0,
    yesNo: YES_NO_OPENERS.has(words[0]?.text ?? ""),
    tense: tenseOf(words.map((word) => word.text)),
    pronouns: "",
    quoted: quotedOf(folded),
    ands: 0,
    ors: 0,
    symmetric: false,
    payload: payloadOf(text),
  };
  for (const snippet of code) reading.tokens.push(tokenOf(`\`${snippet}`, "literal", 1));
  collect(voiced, reading, lexicon);
  return reading;
}

/** Words in reading order, contractions opened, courtesy and set phrases still in place. */
function wordsOf(folded: string): Word[] {
  const words: Word[] = [];
  let sentenceStart = true;
  const shouted = folded === folded.toUpperCase() || TITLE_CASE.test(folded);
  for (const chunk of folded.split(" ")) {
    const bare = chunk.replace(/^[("'[“]+|[)"'\],;:!?.”]+$/g, "");
    if (OPERATOR.test(chunk)) words.push({ text: chunk, named: false, literal: true });
    else if (ACRONYMS.has(bare) && !shouted) words.push({ text: ACRONYMS.get(bare) ?? bare, named: true, literal: false });
    else if (!PLAIN_WORD.test(bare) && bare.length > 1 && isCodeWord(bare)) words.push({ text: bare, named: false, literal: true });
    else {
      const named = !sentenceStart && /^\p{Lu}/u.test(bare) && bare !== "I" && !/^I'/.test(bare) && !shouted;
      const lower = bare.toLowerCase();
      const opened = CONTRACTED.test(lower) ? CONTRACTIONS.reduce((so, [pattern, by]) => so.replace(pattern, by), lower) : lower;
      const spaced =
        /\d/.test(opened) && NUMBER_WITH_UNIT.test(opened) && !/(?:st|nd|rd|th)$/.test(opened)
          ? opened.replace(NUMBER_WITH_UNIT, "$1 $2")
          : opened;
      for (const part of spaced.match(/\d+(?:[.,]\d+)*(?:st|nd|rd|th)?|\p{L}[\p{L}\p{M}]*(?:\.\p{L})*(?:'\p{L}+)?|[%$€£₩₹+=<>*/^#]/gu) ??
        [])
        words.push({ text: part, named, literal: false, owner: part.length > 3 && part.endsWith("'s") });
    }
    sentenceStart = /[.?!:]["')]?$/.test(chunk);
    if (/[,;]$/.test(chunk)) words.push({ text: ",", named: false, literal: false });
    if (/[?!.]["')]?$/.test(chunk)) words.push({ text: ".", named: false, literal: false });
  }
  return words;
}

/** Fillers left out and set phrases put into one form, twice: the second pass sees what the first has joined. */
function rewrite(words: readonly Word[], lexicon: EnglishLexicon): Word[] {
  let current = words.filter((word) => word.literal || word.named || !lexicon.filler.has(word.text));
  current = reshape(current);
  for (let pass = 0; pass < 2; pass++) {
    const next: Word[] = [];
    for (let at = 0; at < current.length; ) {
      const phrase = phraseAt(current, at, lexicon);
      const word = current[at];
      if (phrase === undefined || word === undefined) {
        if (word) next.push(word);
        at++;
      } else {
        for (const text of phrase.readAs) next.push({ text, named: false, literal: false });
        at += phrase.words.length;
      }
    }
    current = next;
  }
  return gather(current);
}

function phraseAt(words: readonly Word[], at: number, lexicon: EnglishLexicon): Phrase | undefined {
  const [first, second] = [words[at], words[at + 1]];
  if (first === undefined || first.literal) return undefined;
  const found =
    second &&
    lexicon.phrases
      .get(phraseKey(first.text, second.text))
      ?.find(({ words: wanted }) => wanted.every((word, offset) => words[at + offset]?.text === word));
  return found ?? lexicon.phrases.get(phraseKey(first.text))?.[0];
}

/** Questions whose asking word stands apart from its verb: "what does X mean", "how does X differ from Y", "how much does X cost". */
function gather(words: Word[]): Word[] {
  const first = words[0]?.text ?? "";
  const plain = (text: string): Word => ({ text, named: false, literal: false });
  const without = (from: number) => words.filter((_, at) => at >= from && at !== verb);
  let verb = words.findIndex((word) => word.text === "mean");
  if (first === "what" && /^(?:do|does|did)$/.test(words[1]?.text ?? "") && verb > 2) return [plain("meaning"), ...without(2)];
  verb = words.findIndex((word) => word.text === "cost" || word.text === "costs");
  if (first === "how_much" && verb > 1) return [plain("how_much"), plain("cost"), ...without(1)];
  verb = words.findIndex((word) => word.text === "compare");
  if (/^how(?:_to)?$/.test(first) && verb > 0)
    return [plain("compare"), ...without(1).map((word) => (/^(?:to|with|against)$/.test(word.text) ? plain("and") : word))];
  verb = words.findIndex((word) => word.text === "differ" || word.text === "different");
  if (first === "how" && verb > 1)
    return [plain("difference"), ...without(2).map((word) => (word.text === "from" || word.text === "than" ? plain("and") : word))];
  return words;
}

/** Sentence patterns with a gap: "who do X think is Y" and "a person who is X". */
function reshape(words: Word[]): Word[] {
  const think = words.findIndex((word) => /^(?:think|believe|consider|say|feel)$/.test(word.text));
  const [asked, aux] = [words[0]?.text ?? "", words[1]?.text ?? ""];
  if (
    think > 2 &&
    think < 8 &&
    /^(?:who|what|which)$/.test(asked) &&
    /^(?:do|does|did)$/.test(aux) &&
    /^(?:is|are|was|were)$/.test(words[think + 1]?.text ?? "") &&
    !/^(?:you|i|we)$/.test(words[2]?.text ?? "")
  ) {
    const end = words.at(-1)?.text === "." ? words.length - 1 : words.length;
    const according = { text: "according", named: false, literal: false };
    return [...words.slice(0, 1), ...words.slice(think + 1, end), according, { ...according, text: "to" }, ...words.slice(2, think)];
  }
  const person = words.findIndex(
    (word, at) =>
      /^(?:person|someone|somebody)$/.test(word.text) &&
      /^(?:who|that)$/.test(words[at + 1]?.text ?? "") &&
      /^(?:is|was)$/.test(words[at + 2]?.text ?? ""),
  );
  if (person >= 0) {
    const rest = words.slice(person + 3);
    const length = rest[0]?.text === "not" ? 2 : 1;
    return [...words.slice(0, person), ...rest.slice(0, length), { text: "person", named: false, literal: false }, ...rest.slice(length)];
  }
  return words;
}

/** "was the castle seized by Ashley" read as "did Ashley seize the castle". */
function activeVoice(words: Word[]): Word[] {
  const by = words.findIndex((word, at) => word.text === "by" && at > 1 && isParticiple(words[at - 1]?.text ?? ""));
  if (by < 0) return words;
  const be = words.slice(0, by - 1).findLastIndex((word) => /^(?:is|are|was|were|be|been|being)$/.test(word.text));
  if (be < 0) return words;
  const inner = words.slice(be + 1, by - 1);
  const after = words.slice(by + 1).findIndex((word) => word.text === "," || word.text === ".");
  const end = after < 0 ? words.length : by + 1 + after;
  const verb = words.slice(by - 1, by);
  const agent = words.slice(by + 1, end);
  if (inner.length > 0) return [...words.slice(0, be), ...agent, ...verb, ...inner, ...words.slice(end)];
  const start = words.slice(0, be).findLastIndex((word) => word.text === "," || word.text === ".") + 1;
  return [...words.slice(0, start), ...agent, ...verb, ...words.slice(start, be), ...words.slice(end)];
}

function tenseOf(words: readonly string[]): Reading["tense"] {
  if (words.includes("formerly")) return "past";
  for (const word of words) {
    if (word === "will" || word === "shall") return "future";
    if (PAST_AUX.has(word)) return "past";
    if (PRESENT_AUX.has(word)) return "present";
    if (MODALS.has(word) || word === "how_to") return "";
  }
  return words.some((word) => isPast(word) && !isParticiple(word)) ? "past" : "";
}

function collect(words: readonly Word[], reading: Reading, lexicon: EnglishLexicon): void {
  let governor = "";
  let link: Token["link"] = "";
  const texts = words.map((word) => word.text);
  const push = (token: Token) => {
    reading.tokens.push({ ...token, governor, link });
    governor = "";
    link = "";
  };
  for (let at = 0; at < words.length; at++) {
    const word = words[at];
    if (word === undefined) break;
    const { text } = word;
    const number = word.literal || word.named ? undefined : readNumber(texts, at);
    if (word.literal) push(tokenOf(text, "literal", 1));
    else if (number !== undefined && !isPronounOne(texts, at, number.next)) {
      push(tokenOf(number.value, "number", text === "one" ? 0.5 : 1));
      at = number.next - 1;
    } else if (text === "," || text === ".") {
      if (text === ",") link = "and";
    } else if (text === "and" || text === "or") {
      if (text === "and") reading.ands++;
      else reading.ors++;
      link = text;
    } else if (text === "who" && reading.tokens.length > 0 && isContentWord(words[at - 1], lexicon)) reading.glue.push(text);
    else if (PRONOUNS.has(text) && !word.named) reading.pronouns += PRONOUNS.get(text) ?? "";
    else if (QUESTION_KEYS.has(text)) push(tokenOf(`?${text}`, "question", 1));
    else if (MODALS.has(text) && !word.named) {
      if (!texts.slice(0, at).some((before) => before.startsWith("how") || before === "why" || before === "what") && text !== "would")
        push(tokenOf(text === "could" || text === "may" || text === "might" ? "can" : text, "modal", 0.6));
    } else if (NEGATORS.has(text)) {
      reading.negations++;
      reading.glue.push(text);
    } else if (lexicon.contrast.has(text)) {
      push(tokenOf(text, "word", 1));
      if (text === "than") governor = "than";
    } else if (lexicon.glue.has(text) && !(word.named && text.length > 2)) {
      reading.glue.push(text);
      if (lexicon.prepositions.has(text) && governor !== "than") governor = text;
    } else {
      const lemma = stemEnglish(text);
      if (lexicon.symmetric.has(lemma)) reading.symmetric = true;
      if (word.owner) governor = "of";
      push(tokenOf(lemma, word.named ? "name" : "word", lexicon.light.has(lemma) ? LIGHT_WEIGHT : 1));
    }
  }
  if (texts.includes("difference") || texts.includes("versus")) reading.symmetric = true;
}

function isContentWord(word: Word | undefined, lexicon: EnglishLexicon): boolean {
  return word !== undefined && /^\p{L}/u.test(word.text) && !lexicon.glue.has(word.text) && !QUESTION_KEYS.has(word.text);
}

/** "one" as a pronoun or an article, not a count. */
function isPronounOne(words: readonly string[], at: number, next: number): boolean {
  return (
    words[at] === "one" &&
    next === at + 1 &&
    !/^(?:minute|hour|day|week|month|year|dollar|percent|time|mile|inch|second|million|thousand|hundred)s?$/.test(words[next] ?? "")
  );
}

function tokenOf(key: string, kind: Token["kind"], weight: number): Token {
  return { key, others: [], kind, weight, governor: "", link: "" };
}
