import { foldWidth } from "./fold-width";

/**
 * What every value has of which the words around it say nothing: digits, signs of addresses and passwords, key blocks, words too long to be prose,
 * hardware addresses of letters alone.
 */
const TELLTALE =
  /[\d@#$%^&*{}=~!?]|-----|[A-Za-z0-9_+/-]{16}|[A-Z]{2}[A-Za-z]{6}|[A-Fa-f]{2}[:-][A-Fa-f]{2}[:-]|(?:[A-Fa-f]{2} ){2}|[A-Fa-f]{4}\.[A-Fa-f]{4}\.|[A-Fa-f]{12}|eyJ|xox/;
/** What stands before values that may end in words like any others: names, streets, passwords in a database's address, blocks of several lines. */
const ANNOUNCING =
  /name is|name:|call me|이름|성함|성명|address|live at|living at|ship to|deliver to|(?:password|pwd)\s{0,2}=|PRIVATE KEY|kind["']?:|ClearTextPassword|oracle:thin|\b[a-z]{2}\d\d [a-z0-9]{4} /i;

/**
 * Whether `held`, coming after `context`, could hold personal data or credentials, or the end of some, at all. One cheap look that lets streams of prose
 * pass without asking the guards about every piece.
 */
export function mayHoldValues(context: string, held: string): boolean {
  const folded = foldWidth(context + held);
  return TELLTALE.test(folded.slice(wordStart(folded, context.length))) || ANNOUNCING.test(folded);
}

/** A word that was cut in two, as Chinese and Japanese are without spaces, is looked at from its start. */
function wordStart(text: string, at: number): number {
  let start = at;
  while (start > 0 && !SPACES.has(text.charCodeAt(start - 1))) start--;
  return start;
}

/** Space, tab and the ends of lines. */
const SPACES: ReadonlySet<number> = new Set([32, 9, 10, 11, 12, 13]);
