/** How a body is cut into writes. */
export type Split = "whole" | "random" | "bytes";

/** Bodies up to this size really go out byte by byte. */
const SINGLE_BYTES_MAX = 20_000;
/** Larger ones go out in about this many pieces, and cuts within every character and line end besides. */
const STEPS = 8192;
/** Longest piece of a random split of a small body. */
const RANDOM_PIECE_BYTES_MAX = 200;

/** Cuts `body` into pieces. `seed` makes the random split the same in every run. */
export function splitBody(body: Buffer, split: Split, seed: number): Buffer[] {
  const pieces: Buffer[] = [];
  let from = 0;
  for (const cut of [...cuts(body, split, seed), body.length]) {
    if (cut > from) pieces.push(body.subarray(from, cut));
    from = Math.max(from, cut);
  }
  return pieces;
}

function cuts(body: Buffer, split: Split, seed: number): number[] {
  switch (split) {
    case "whole":
      return [];
    case "random":
      return randomCuts(body, seed);
    case "bytes": {
      const step = body.length <= SINGLE_BYTES_MAX ? 1 : Math.ceil(body.length / STEPS);
      return Array.from(body, (_, at) => at).filter((at) => at % step === 0 || isWithin(body, at));
    }
  }
}

/** Short pieces are much more likely than long ones. */
function randomCuts(body: Buffer, seed: number): number[] {
  const random = randomNumbers(seed);
  const longest = Math.max(RANDOM_PIECE_BYTES_MAX, body.length / 500);
  const found: number[] = [];
  for (let at = 0; at < body.length; found.push(at)) at += 1 + Math.floor(random() ** 2 * longest);
  return found;
}

/** Whether a cut at `at` falls within a character or between two bytes of line ends. */
function isWithin(body: Buffer, at: number): boolean {
  const [before, after] = [body[at - 1], body[at]];
  return (after !== undefined && (after & 0xc0) === 0x80) || (after === 0x0a && (before === 0x0d || before === 0x0a));
}

/** Numbers of [0, 1) by the mulberry32 generator. */
function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
