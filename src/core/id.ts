import type { RandomBytes } from "./random";

/** Crockford's base 32 in lower case: no i, l, o, u. https://www.crockford.com/base32.html */
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const TIME_CHARS = 10;
const RANDOM_CHARS = 16;

/**
 * `req_` and 26 characters: 48 bits of the time in milliseconds, then 80 random bits, the layout of a ULID
 * (https://github.com/ulid/spec). Ids of a later millisecond sort after those of an earlier one, so the key order of a table is time
 * order.
 */
export function newRequestId(nowMs: number, random: RandomBytes): string {
  return requestIdFloor(nowMs) + randomChars(RANDOM_CHARS, random);
}

/** What every request id made at `atMs` or later is at least, and every earlier one is less than: a bound for range queries. */
export function requestIdFloor(atMs: number): string {
  let rest = Math.min(Math.max(0, Math.floor(atMs)), 2 ** 48 - 1);
  let time = "";
  for (let place = 0; place < TIME_CHARS; place++) {
    time = charAt(rest % 32) + time;
    rest = Math.floor(rest / 32);
  }
  return `req_${time}`;
}

/** `count` random characters of five bits each. */
export function randomChars(count: number, random: RandomBytes): string {
  return Array.from(random(count), charAt).join("");
}

function charAt(value: number): string {
  return ALPHABET.charAt(value & 31);
}
