/**
 * One token: a word of up to eight letters with the space before it, up to three digits, a CJK character, a punctuation mark, a run of
 * line breaks, or any other character. Simple, deterministic, and close to what real tokenizers count for plain English.
 */
const PIECE =
  / ?[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]| ?[\p{L}\p{M}]{1,8}| ?\p{N}{1,3}|\n+| ?[^\s\p{L}\p{M}\p{N}]|\s/gu;

/** Past this many UTF-16 units the count is extrapolated, so that megabytes of prompt cost no seconds. */
const COUNTED_CHARS_MAX = 400_000;

/** Cuts a text into tokens; joined again they are the text. */
export function pieces(text: string): string[] {
  return text.match(PIECE) ?? [];
}

export function countTokens(text: string): number {
  if (text.length <= COUNTED_CHARS_MAX) return pieces(text).length;
  const head = pieces(text.slice(0, COUNTED_CHARS_MAX)).length;
  return Math.round((head * text.length) / COUNTED_CHARS_MAX);
}

/** Flat prices in tokens for what is no text. */
export const IMAGE_TOKENS = 765;
export const AUDIO_TOKENS = 50;
export const DOCUMENT_TOKENS = 1_500;
/** Overhead of a message, and of a tool's declaration. */
export const MESSAGE_TOKENS = 3;
export const TOOL_TOKENS = 8;
