import { englishLexicon } from "./lexicon";
import { foldApostrophes, foldText } from "./text";

/** Shorter texts hold too little to tell a slip from another word. */
const SLIP_CHARACTERS_MIN = 16;

/** Whether two texts are one slip of the fingers apart: two neighbouring characters swapped, once, in a Latin word that thereby became no other common word. */
export function isOneSlip(a: string, b: string): boolean {
  const [x, y] = [foldText(foldApostrophes(a)), foldText(foldApostrophes(b))];
  if (x.length !== y.length || x.length < SLIP_CHARACTERS_MIN) return false;
  let at = 0;
  while (at < x.length && x[at] === y[at]) at++;
  const swapped = at < x.length - 1 && x[at] === y[at + 1] && x[at + 1] === y[at] && x.slice(at + 2) === y.slice(at + 2);
  if (!swapped || !/^[A-Za-z' ]{2}$/.test(x.slice(at, at + 2))) return false;
  const [mine, theirs] = [wordAt(x, at), wordAt(y, at)];
  const acronym = /^[A-Z]{2,}$/.test(mine) || /^[A-Z]{2,}$/.test(theirs);
  return !acronym && !/\d/.test(mine + theirs) && !englishLexicon().confusable.has(`${mine.toLowerCase()} ${theirs.toLowerCase()}`);
}

function wordAt(text: string, at: number): string {
  const from = text.lastIndexOf(" ", at - 1) + 1;
  const to = text.indexOf(" ", at + 2);
  return text.slice(from, to < 0 ? text.length : to).replace(/[^\w' ]/g, "");
}
