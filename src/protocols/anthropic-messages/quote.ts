/** Longest name that is quoted, in characters. */
const NAME_CHARS_MAX = 64;

/**
 * A name that a client chose (of a field, of a kind of block), for a warning. Warnings travel in a header, so what is no plain name is
 * not repeated.
 */
export function quote(name: unknown): string {
  return typeof name === "string" && name.length <= NAME_CHARS_MAX && /^[\w.:/-]+$/.test(name) ? `\`${name}\`` : "an unknown name";
}
