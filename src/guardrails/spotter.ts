import { BEGINNING_CHARS, BEGINNINGS, beginningsOf, nextBeginning } from "./first-letters";

/**
 * Looks at a text once for several patterns and tells where a match of each may begin, by the first three letters that it can begin with. In prose that is one
 * place in a hundred; only there the pattern itself is asked. Up to sixteen patterns.
 */
export class Spotter {
  /** By beginning, a bit for each pattern. */
  readonly #bits = new Uint16Array(BEGINNINGS);
  readonly #patterns: number;

  constructor(patterns: readonly RegExp[]) {
    this.#patterns = patterns.length;
    for (const [place, pattern] of patterns.entries())
      for (const beginning of beginningsOf(pattern)) this.#bits[beginning] = (this.#bits[beginning] ?? 0) | (1 << place);
  }

  /** For each pattern, in their order, the places where a match may begin, in order. */
  spots(text: string): number[][] {
    const bits = this.#bits;
    const spots: number[][] = Array.from({ length: this.#patterns }, () => []);
    let beginning = beginningBefore(text, 0);
    const whole = Math.max(0, text.length - MORE);
    for (let at = 0; at < whole; at++) {
      beginning = nextBeginning(beginning, text.charCodeAt(at + MORE));
      const here = bits[beginning];
      if (here) note(spots, here, at);
    }
    for (let at = whole; at < text.length; at++) {
      beginning = nextBeginning(beginning, BEHIND);
      const here = bits[beginning];
      if (here) note(spots, here, at);
    }
    return spots;
  }

  /** The bits of the patterns, 1 for the first, of which a match may begin in [from, to). */
  within(text: string, from: number, to: number): number {
    const bits = this.#bits;
    let [seen, beginning] = [0, beginningBefore(text, from)];
    const whole = Math.min(to, text.length - MORE);
    for (let at = from; at < whole; at++) {
      beginning = nextBeginning(beginning, text.charCodeAt(at + MORE));
      seen |= bits[beginning] ?? 0;
    }
    for (let at = Math.max(whole, from); at < to; at++) {
      beginning = nextBeginning(beginning, BEHIND);
      seen |= bits[beginning] ?? 0;
    }
    return seen;
  }
}

/** Code units of a beginning behind its first. */
const MORE = BEGINNING_CHARS - 1;
/** Stands behind the text's end, where a match may be shorter than a beginning: no pattern asks for it. */
const BEHIND = 0;

/** The code units from `at` on, but for the last of a beginning. */
function beginningBefore(text: string, at: number): number {
  let beginning = 0;
  for (let next = at; next < at + MORE; next++) beginning = nextBeginning(beginning, next < text.length ? text.charCodeAt(next) : BEHIND);
  return beginning;
}

function note(spots: readonly number[][], bits: number, at: number): void {
  for (let place = 0; bits >> place > 0; place++) if ((bits >> place) & 1) spots[place]?.push(at);
}
