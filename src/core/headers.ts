/** Longest text put into one header of ours. */
const HEADER_CHARS_MAX = 2000;

/** The text as a header may carry it: visible ASCII, one line, bounded. */
export function headerText(text: string): string {
  const line = text.replace(/[^\x20-\x7e]+/g, "?");
  return line.length <= HEADER_CHARS_MAX ? line : `${line.slice(0, HEADER_CHARS_MAX - 3)}...`;
}

/** `retry-after` in whole seconds, as the standard has it, and beside it the exact time where it is a fraction, as SDKs read it. */
export function setRetryAfter(headers: Headers, seconds: number | undefined): void {
  if (seconds === undefined) return;
  headers.set("retry-after", String(Math.ceil(seconds)));
  if (!Number.isInteger(seconds)) headers.set("retry-after-ms", String(Math.round(seconds * 1000)));
}
