import { badRequest } from "./errors";

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

/** A day. */
const TIMEOUT_MS_MAX = 86_400_000;

/** `x-sluice-timeout-ms`: the time that the client gives for the whole reply to begin and end. Throws `bad-request` naming the header. */
export function readTimeout(headers: Headers): number | undefined {
  const text = headers.get("x-sluice-timeout-ms")?.trim();
  if (text === undefined || text === "") return undefined;
  const ms = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (ms >= 1 && ms <= TIMEOUT_MS_MAX) return ms;
  const message = `The header \`x-sluice-timeout-ms\` must be a whole number of milliseconds from 1 to ${TIMEOUT_MS_MAX}.`;
  throw badRequest("x-sluice-timeout-ms", message, "invalid_header");
}

/** Nano-dollars as dollars, without an exponent: `0.000337`. */
export function usdText(nanoUsd: number): string {
  return (nanoUsd / 1e9).toFixed(9).replace(/\.?0+$/, "");
}
