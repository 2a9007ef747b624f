import { KOREAN_ENDINGS, KOREAN_PARTICLES } from "./korean-lexicon";

const SYLLABLES_FROM = 0xac00;
const SYLLABLES_TO = 0xd7a3;
const FINALS = "\0ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ";
const VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ";
/** Endings are stripped at most this often from one word. */
const ENDING_ROUNDS_MAX = 3;

/** A Korean word taken apart. */
export interface KoreanStem {
  stem: string;
  particle: string;
  past: boolean;
}

let particles: Map<string, string[]> | undefined;
/** Endings by their last letter, longest first; those that are one final consonant by that consonant. */
let endings: Map<string, string[]> | undefined;

/** Splits a particle off a word that reads as a noun. Keeps at least two syllables of a word, or one before an unmistakable particle. */
export function splitParticle(word: string): { stem: string; particle: string } {
  particles ??= Map.groupBy(
    KOREAN_PARTICLES.split(/\s+/).sort((a, b) => b.length - a.length),
    (particle) => particle.at(-1) ?? "",
  );
  for (const particle of particles.get(word.at(-1) ?? "") ?? [])
    if (word.endsWith(particle)) {
      const stem = word.slice(0, -particle.length);
      if (stem.length >= 2 || (stem.length === 1 && (particle.length >= 2 || /[을를은는의에]/.test(particle)) && fits(stem, particle)))
        return fits(stem, particle) ? { stem, particle } : { stem: word, particle: "" };
    }
  return { stem: word, particle: "" };
}

/** Strips endings off a verb or adjective: "했습니다" and "하네요" become "하". */
export function stemPredicate(word: string): { stem: string; past: boolean } {
  endings ??= Map.groupBy(
    KOREAN_ENDINGS.split(/\s+/).sort((a, b) => b.length - a.length),
    (ending) => ending.at(-1) ?? "",
  );
  let stem = word;
  let past = false;
  for (let round = 0; round < ENDING_ROUNDS_MAX; round++) {
    const before = stem;
    if (isReu(stem)) break;
    for (const ending of [...(endings.get(stem.at(-1) ?? "") ?? []), ...(endings.get(finalOf(stem)) ?? [])]) {
      const cut = round > 0 && ending.length === 1 ? undefined : cutEnding(stem, ending);
      if (cut !== undefined) {
        stem = cut;
        break;
      }
    }
    const last = finalOf(stem);
    if (last === "ㅆ" && !/[있겠]$/.test(stem)) {
      past = true;
      stem = withFinal(stem, "");
      if (stem.length > 1) stem = stem.replace(/[어아]$/, "");
    }
    if (stem.length > 1 && stem.endsWith("겠")) stem = stem.slice(0, -1);
    if (stem === before) break;
  }
  if (past && stem.length > 2 && stem.endsWith("여")) stem = stem.slice(0, -1);
  return { stem: bareStem(isReu(stem) ? `${withFinal(stem.slice(0, -1), "")}르` : plainVowel(stem)), past };
}

/** "빨라" from "빠르": the stem doubles its ㄹ before a vowel. */
function isReu(stem: string): boolean {
  return /[라러]$/.test(stem) && stem.length >= 2 && finalOf(stem.slice(0, -1)) === "ㄹ";
}

/** "추천해주" and "추천하" become "추천". */
export function bareStem(stem: string): string {
  const plain = stem.replace(/하시$/, "하");
  if (finalOf(plain) === "ㅂ" && (plain.length > 1 || /[춥덥쉽맵밉돕눕굽]/.test(plain))) return `${withFinal(plain, "")}우`;
  if (plain.endsWith("만드")) return `${plain.slice(0, -1)}들`;
  const noun = plain.replace(/(?:해(?:주|보|버리|줘|봐)|하(?:여|주)?)$/, "");
  return noun.length >= 2 ? noun : plain;
}

/** The final consonant of the last syllable, or "". */
export function finalOf(word: string): string {
  const code = word.charCodeAt(word.length - 1);
  if (!(code >= SYLLABLES_FROM && code <= SYLLABLES_TO)) return "";
  const final = FINALS[(code - SYLLABLES_FROM) % 28] ?? "";
  return final === "\0" ? "" : final;
}

function withFinal(word: string, final: string): string {
  const code = word.charCodeAt(word.length - 1) - SYLLABLES_FROM;
  const place = final === "" ? 0 : FINALS.indexOf(final);
  return word.slice(0, -1) + String.fromCharCode(SYLLABLES_FROM + code - (code % 28) + place);
}

/** Whether a particle may follow this stem: those that come in pairs depend on the final consonant. */
function fits(stem: string, particle: string): boolean {
  const closed = finalOf(stem) !== "";
  if (/^(?:을|은|이|과|이랑|이나|으로|이라.*|이든)$/.test(particle)) return closed;
  if (/^(?:를|는|가|와|랑|나|라는|라고|라도)$/.test(particle)) return !closed;
  if (particle === "로") return !closed || finalOf(stem) === "ㄹ";
  return true;
}

function cutEnding(word: string, ending: string): string | undefined {
  const head = ending[0] ?? "";
  if (word.length <= ending.length - (isConsonant(head) ? 1 : 0)) return undefined;
  if (!isConsonant(head)) return word.endsWith(ending) ? word.slice(0, -ending.length) : undefined;
  const tail = ending.slice(1);
  if (!word.endsWith(tail)) return undefined;
  const rest = tail === "" ? word : word.slice(0, -tail.length);
  return finalOf(rest) === head && (rest.length > 1 || tail !== "") ? withFinal(rest, "") : undefined;
}

function isConsonant(letter: string): boolean {
  return letter >= "ㄱ" && letter <= "ㅎ";
}

/** Undoes the fusing of a stem with "아/어": 해 → 하, 봐 → 보, 배워 → 배우, 가르쳐 → 가르치, 돼 → 되. */
function plainVowel(stem: string): string {
  const code = stem.charCodeAt(stem.length - 1);
  if (!(code >= SYLLABLES_FROM && code <= SYLLABLES_TO)) return stem;
  const place = code - SYLLABLES_FROM;
  if (place % 28 !== 0) return stem;
  const vowel = VOWELS[Math.floor(place / 28) % 21] ?? "";
  const plain = { ㅐ: stem.endsWith("해") ? "ㅏ" : "", ㅘ: "ㅗ", ㅝ: "ㅜ", ㅕ: "ㅣ", ㅙ: "ㅚ" }[vowel];
  if (plain === undefined || plain === "") return stem;
  return stem.slice(0, -1) + String.fromCharCode(code + (VOWELS.indexOf(plain) - VOWELS.indexOf(vowel)) * 28);
}
