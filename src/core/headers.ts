/** Longest text put into one header of ours. */
const HEADER_CHARS_MAX = 2000;

/** The text as a header may carry it: visible ASCII, one line, bounded. */
export function headerText(text: string): string {
  const line = text.replace(/[^\x20-\x7e]+/g, "?");
  return line.length <= HEADER_CHARS_MAX ? line : `${line.slice(0, HEADER_CHARS_MAX - 3)}...`;
}
