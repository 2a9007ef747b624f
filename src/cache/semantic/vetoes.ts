import type { Alignment } from "./align";
import { roleChanges } from "./order";
import type { Reading, Token } from "./reading";

/** What keeps one answer from being right for two questions, whatever else agrees; undefined when no rule objects. */
export function hardVetoOf(a: Reading, b: Reading, alignment: Alignment): string | undefined {
  const left = leftTokens(a, b, alignment);
  const has = (kind: Token["kind"]) => left.some((token) => token.kind === kind && token.weight > 0.5);
  if (a.payload !== b.payload) return "payload differs";
  if (has("literal")) return "code differs";
  if (!quotesAgree(a, b) || !quotesAgree(b, a)) return "quoted text differs";
  if (has("number")) return "numbers differ";
  if (a.negations !== b.negations) return "negation differs";
  if (alignment.opposites > 0) return "opposite words";
  if (left.some((token) => token.kind === "word" && COMPARISONS.has(token.key))) return "comparison differs";
  if (has("question")) return "question type differs";
  if (a.yesNo !== b.yesNo) return "question type differs";
  if (has("modal")) return "modality differs";
  if (a.pronouns !== b.pronouns) return "roles differ";
  if ((a.ands > b.ands && a.ors < b.ors) || (a.ands < b.ands && a.ors > b.ors)) return "connectives differ";
  if (has("name")) return "names differ";
  if (!personsAgree(a, b)) return "persons differ";
  return undefined;
}

/** What makes a paraphrase unlikely, but may happen where a long text was put in other words; undefined when no rule objects. */
export function softVetoOf(a: Reading, b: Reading, alignment: Alignment): string | undefined {
  if (tensesDiffer(a, b)) return "tense differs";
  if (roleChanges(a, b, alignment) > 0) return "roles differ";
  if (prepositionChanges(a, b, alignment) > 0) return "relation differs";
  if (slotChanges(a, b, alignment) > 0) return "content differs";
  return undefined;
}

const COMPARISONS = new Set(
  "before after without against under over until since inside outside off up down out between among during except than more less most least fewer only still already both neither either always below above behind past instead unlike despite".split(
    " ",
  ),
);

export function tensesDiffer(a: Reading, b: Reading): boolean {
  return a.tense !== b.tense && (a.language === "korean" || (a.tense !== "" && b.tense !== ""));
}

export function leftTokens(a: Reading, b: Reading, alignment: Alignment): Token[] {
  return [...alignment.leftA.map((at) => a.tokens[at]), ...alignment.leftB.map((at) => b.tokens[at])].filter(
    (token) => token !== undefined,
  );
}

/** Every string quoted in one text occurs in the other, quoted or not. */
function quotesAgree(a: Reading, b: Reading): boolean {
  return a.quoted.every((quote) => b.compact.includes(quote.replace(/[^\p{L}\p{N}+=<>%$€£₩₹°#*^/-]/gu, "")));
}

/** "my name" and "your name" differ; "how do I … my" and "how do you … your" do not. */
function personsAgree(a: Reading, b: Reading): boolean {
  const generic = (reading: Reading) => reading.tokens.some((token) => token.key === "?how_to");
  if (generic(a) && generic(b)) return true;
  const persons = (reading: Reading) => [
    reading.glue.some((word) => /^(?:i|me|my|mine|we|us|our|ours)$/.test(word)),
    reading.glue.some((word) => /^(?:you|your|yours)$/.test(word)),
  ];
  const owned = (reading: Reading) => reading.glue.some((word) => /^(?:my|our|your)$/.test(word));
  if (owned(a) !== owned(b) && !generic(a) && !generic(b)) return false;
  const [[iA, youA], [iB, youB]] = [persons(a), persons(b)];
  if ((iA && !youA && youB && !iB) || (youA && !iA && iB && !youB)) return false;
  const order = (reading: Reading) =>
    reading.glue.flatMap((word) => (/^(?:i|me|we|us)$/.test(word) ? "1" : word === "you" ? "2" : [])).join("");
  const [mine, theirs] = [order(a), order(b)];
  return mine === theirs || [...mine].sort().join("") !== [...theirs].sort().join("");
}

/** Prepositions of one class may stand for each other before the same word. */
const PREPOSITION_CLASSES = [
  ["in", "on", "at", "of", "into", "onto", "about", "with", "as"],
  ["for", "of", "to", "about", "as"],
  ["by", "with"],
];

export function prepositionChanges(a: Reading, b: Reading, alignment: Alignment): number {
  if (a.language !== "english") return 0;
  return alignment.matches.filter((match) => {
    const [mine, theirs] = [a.tokens[match.a]?.governor ?? "", b.tokens[match.b]?.governor ?? ""];
    return (
      mine !== theirs && mine !== "" && theirs !== "" && !PREPOSITION_CLASSES.some((same) => same.includes(mine) && same.includes(theirs))
    );
  }).length;
}

/** Words of weight exchanged in place, their neighbours on both sides staying as they are: an edit, not a paraphrase. */
export function slotChanges(a: Reading, b: Reading, alignment: Alignment): number {
  const partner = new Map(alignment.matches.map((match) => [match.a, match.b]));
  const leftB = new Set(alignment.leftB);
  let changes = 0;
  for (const at of alignment.leftA) {
    if ((a.tokens[at]?.weight ?? 0) < 0.5) continue;
    const before = at === 0 ? -1 : partner.get(at - 1);
    const after = at === a.tokens.length - 1 ? b.tokens.length : partner.get(at + 1);
    const afterBefore = before === undefined ? undefined : before + 1;
    const beforeAfter = after === undefined ? undefined : after - 1;
    const slot = afterBefore !== undefined && leftB.has(afterBefore) ? afterBefore : beforeAfter;
    if (slot !== undefined && leftB.has(slot) && (b.tokens[slot]?.weight ?? 0) >= 0.5) changes++;
  }
  return changes;
}
