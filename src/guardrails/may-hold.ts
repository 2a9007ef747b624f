/** Characters before a piece of text whose words may announce a value without digits or signs: a person's name. */
const ANNOUNCED_CHARS = 64;

/** Digits, signs of addresses and passwords, key blocks, and words too long to be prose. Every value has one of them, but for names. */
const TELLTALE = /[\d@#$%^&*{}=~\uff10-\uff19\uff20]|-----|[A-Za-z0-9_-]{16}|[A-Z]{2}[A-Za-z]{6}|[A-Fa-f]{2}[:-][A-Fa-f]{2}[:-]/;
const ANNOUNCING = /name is|name:|call me|이름|성함|성명/i;

/**
 * Whether `held`, coming after `context`, could hold personal data or credentials at all. One cheap look that lets streams of prose pass
 * without asking the guards about every piece.
 */
export function mayHoldValues(context: string, held: string): boolean {
  return TELLTALE.test(held) || ANNOUNCING.test(context.slice(-ANNOUNCED_CHARS) + held);
}
