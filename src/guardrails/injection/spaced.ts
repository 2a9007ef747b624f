import { CARRIERS } from "./carriers";
import { latinStems } from "./concepts";
import { LEET } from "./leet";
import type { Piece } from "./normalise";
import { once } from "./once";
import { GAP_MAX, type SpacedRun, spacedRuns } from "./spaced-runs";
import { SPACED_LETTERS_MIN } from "./traces";

/** Letters set apart are joined up to here: normalise.ts keeps no more of a decoded view. */
const JOINED_CHARS_MAX = 16_000;
const WORD_CHARS_MAX = 14;

const COMMON =
  "the a an to of and or in on is are was be you your yours me my i it its this that all any as at by for from with without what now not no do does did will would can should must have has had been were they we he she his her their our about into out up down over under then than there here when where which who how why if so but only just please tell show give make write say said new old above below before after first last next one two";

const segmentWords = once(
  () => new Set([...latinStems(), ...CARRIERS, ...COMMON.split(" ")].filter((word) => word.length > 1 || "ai".includes(word))),
);
/** How long the longest such word is, by its first two letters: most pairs begin none. */
const longestByPrefix = once(() => {
  const longest = new Map<string, number>();
  for (const word of segmentWords()) {
    const size = Math.min(WORD_CHARS_MAX, word.length);
    longest.set(word.slice(0, 2), Math.max(size, longest.get(word.slice(0, 2)) ?? 1));
  }
  return longest;
});

/** "i g n o r e   a l l": letters set apart, joined; wider gaps are word breaks, otherwise a run is parted by a small dictionary. */
export function joinSpaced(source: string): Piece[] {
  const pieces: Piece[] = [];
  let text = "";
  let end = 0;
  let start = -1;
  for (const run of spacedRuns(source)) {
    const { words, breaks } = wordsOfRun(run);
    if (words.join("").length < SPACED_LETTERS_MIN) continue;
    if (start < 0) start = run.start;
    text += `${source.slice(end === 0 ? Math.max(0, run.start - 80) : end, run.start)}${words.map((one) => (breaks ? one : partWords(one.toLowerCase()))).join(" ")}`;
    end = run.end;
    if (text.length >= JOINED_CHARS_MAX) break;
  }
  if (start >= 0) pieces.push({ name: "spaced-letters", text: `${text}${source.slice(end, end + 200)}`, start, end });
  return pieces;
}

/** The letters of a run, without what sets them apart; a gap wider than the narrowest ends a word. */
function wordsOfRun({ letters, gaps }: SpacedRun): { words: string[]; breaks: boolean } {
  const narrow = Math.min(GAP_MAX, ...gaps);
  const words: string[] = [];
  let word = "";
  letters.forEach((letter, index) => {
    word += letter;
    if ((gaps[index] ?? 0) <= narrow) return;
    words.push(word);
    word = "";
  });
  words.push(word);
  return { words, breaks: words.length > 1 };
}

/** Parts a run of letters at the longest dictionary words; what fits none stays with its neighbours. */
function partWords(run: string): string {
  if (!/^[a-z0-9@$!]+$/.test(run)) return run;
  const plain = run.replace(/[013457@$!]/g, (sign) => LEET[sign] ?? sign);
  const words = segmentWords();
  const longest = longestByPrefix();
  let parted = "";
  for (let i = 0; i < plain.length; ) {
    let size = Math.min(longest.get(plain.slice(i, i + 2)) ?? 1, plain.length - i);
    while (size > 1 && !words.has(plain.slice(i, i + size))) size--;
    parted += size > 1 ? ` ${plain.slice(i, i + size)}` : plain[i];
    i += size;
  }
  return parted.trim();
}
