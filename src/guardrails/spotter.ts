import { BEGINNING_CHARS, BEGINNINGS, beginningsOf, nextBeginning } from "./first-letters";

/**
 * Looks at a text once for several patterns and tells where a match of each may begin, by the first three letters that it can begin with. In prose that is one
 * place in a hundred; only there the pattern itself is asked. Up to eight patterns.
 */
export class Spotter {
  /** By beginning, a bit for each pattern. */
  readonly #bits = new Uint8Array(BEGINNINGS);
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
    let beginning = nextBeginning(nextBeginning(0, text.charCodeAt(0)), text.charCodeAt(1));
    const last = text.length - BEGINNING_CHARS;
    for (let at = 0; at <= last; at++) {
      beginning = nextBeginning(beginning, text.charCodeAt(at + BEGINNING_CHARS - 1));
      const here = bits[beginning];
      if (here) note(spots, here, at);
    }
    // A match may be shorter than a beginning: behind the text's end stands what no pattern asks for.
    for (let at = Math.max(0, last + 1); at < text.length; at++) {
      beginning = nextBeginning(beginning, 0);
      const here = bits[beginning];
      if (here) note(spots, here, at);
    }
    return spots;
  }
}

function note(spots: readonly number[][], bits: number, at: number): void {
  for (let place = 0; bits >> place > 0; place++) if ((bits >> place) & 1) spots[place]?.push(at);
}

/** What `text.matchAll` finds with the pattern, here sticky, that `spots` were looked up for. */
export function matchesAt(text: string, sticky: RegExp, spots: readonly number[]): RegExpExecArray[] {
  const matches: RegExpExecArray[] = [];
  let end = 0;
  for (const at of spots) {
    if (at < end) continue;
    sticky.lastIndex = at;
    const match = sticky.exec(text);
    if (!match) continue;
    matches.push(match);
    end = at + match[0].length;
  }
  return matches;
}
