/** Chance for one request: unpredictable, or the same every time when the scenario names a seed. */
export interface Chance {
  /** An integer of 0 … `below` - 1. */
  integer(below: number): number;
  /** `length` characters of the alphabet. */
  text(length: number, alphabet: string): string;
}

export const ALPHANUMERIC = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
export const HEX = "0123456789abcdef";

/** Without a seed the 128 bits of state come from the platform, so that ids do not repeat. */
export function chance(seed?: number): Chance {
  const state = seed === undefined ? crypto.getRandomValues(new Uint32Array(4)) : seededState(seed);
  const integer = (below: number): number => Math.floor((next(state) / 2 ** 32) * below);
  return {
    integer,
    text(length, alphabet) {
      let text = "";
      for (let i = 0; i < length; i += 1) text += alphabet[integer(alphabet.length)];
      return text;
    },
  };
}

/** xoshiro128**, https://prng.di.unimi.it/ */
function next(state: Uint32Array): number {
  const [a = 0, b = 0, c = 0, d = 0] = state;
  const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
  const c2 = c ^ a;
  const d2 = d ^ b;
  state[0] = a ^ d2;
  state[1] = b ^ c2;
  state[2] = c2 ^ (b << 9);
  state[3] = rotate(d2, 11);
  return result;
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

function seededState(seed: number): Uint32Array {
  const state = new Uint32Array(4);
  let value = seed >>> 0;
  for (let i = 0; i < 4; i += 1) {
    value = (value + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    state[i] = mixed ^ (mixed >>> 16);
  }
  return state;
}

/** A running 64-bit fingerprint of text: not for security, only to tell prompts apart. */
export class Fingerprint {
  #low = 0x811c9dc5;
  #high = 0x9747b28c;

  update(text: string): this {
    for (let i = 0; i < text.length; i += 1) {
      const unit = text.charCodeAt(i);
      this.#low = Math.imul(this.#low ^ unit, 0x01000193);
      this.#high = Math.imul(this.#high ^ unit, 0x5bd1e995) ^ (this.#low >>> 15);
    }
    return this;
  }

  /** 16 hex digits for what was fed so far. */
  digest(): string {
    return (this.#low >>> 0).toString(16).padStart(8, "0") + (this.#high >>> 0).toString(16).padStart(8, "0");
  }
}

export function fingerprint(text: string): string {
  return new Fingerprint().update(text).digest();
}
