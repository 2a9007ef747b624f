/** How many code units of a match are looked at. */
export const BEGINNING_CHARS = 3;

/** The first code units of a match, as many as are known; zero for any. */
export type Beginning = string;
export const ANY = "\0";

/**
 * Every beginning that a match of `pattern` can have, up to letter case; more than it can have where the pattern is too free to tell. Reads literals, classes,
 * groups, alternatives and quantifiers; assertions take no room, but for what a match has to be followed by. Throws a RangeError at what it cannot read.
 */
export function beginningsOf(pattern: RegExp): Beginning[] {
  return [...new Set(alternatives(pattern.source, 0, true).paths)];
}

interface Read {
  paths: Beginning[];
  /** Where reading stopped in the source. */
  end: number;
}

/** Up to a closing bracket or the end of the source. */
function alternatives(source: string, from: number, isWhole: boolean): Read {
  const paths: Beginning[] = [];
  let at = from - 1;
  do {
    const one = sequence(source, at + 1, isWhole);
    paths.push(...one.paths);
    at = one.end;
  } while (source[at] === "|");
  return { paths, end: at };
}

/** As most alternatives begin: with as many plain letters as are asked for; of Korean two are enough. */
const PLAIN = new RegExp(`(?:[A-Za-z0-9 _-]{${BEGINNING_CHARS}}|[가-힣]{2})(?![?*+{])`, "y");

function sequence(source: string, from: number, isWhole: boolean): Read {
  PLAIN.lastIndex = from;
  const plain = PLAIN.exec(source)?.[0];
  if (plain) return { paths: [plain], end: sequenceEnd(source, from + plain.length) };
  let [paths, at]: [Beginning[], number] = [[""], from];
  while (at < source.length && source[at] !== "|" && source[at] !== ")") {
    if (paths.every((path) => path.length === BEGINNING_CHARS)) return { paths, end: sequenceEnd(source, at) };
    const atom = readAtom(source, at, isWhole);
    const { least, most, end } = quantifier(source, atom.end);
    paths = least === 1 && most === 1 ? followed(paths, atom.paths) : repeated(paths, atom.paths, least, most);
    at = end;
  }
  return { paths, end: at };
}

function sequenceEnd(source: string, from: number): number {
  let [at, depth] = [from, 0];
  while (at < source.length && (depth > 0 || (source[at] !== "|" && source[at] !== ")"))) {
    if (source[at] === "(") depth++;
    else if (source[at] === ")") depth--;
    at = source[at] === "[" ? classEnd(source, at) + 1 : at + (source[at] === "\\" ? 2 : 1);
  }
  return at;
}

function followed(paths: Beginning[], atom: Beginning[]): Beginning[] {
  const [only, more] = [paths[0], atom[0]];
  if (paths.length === 1 && atom.length === 1) return [`${only}${more}`.slice(0, BEGINNING_CHARS)];
  return [...new Set(paths.flatMap((path) => atom.map((more) => (path + more).slice(0, BEGINNING_CHARS))))];
}

/** `paths` followed by `atom` as often as allowed; what lies beyond the beginning tells nothing new. */
function repeated(paths: Beginning[], atom: Beginning[], least: number, most: number): Beginning[] {
  const reached: Beginning[] = least === 0 ? [...paths] : [];
  let longer = paths;
  for (let times = 1; times <= Math.min(most, Math.max(least, BEGINNING_CHARS)); times++) {
    longer = followed(longer, atom);
    if (times >= least) reached.push(...longer);
  }
  return [...new Set(reached)];
}

function readAtom(source: string, at: number, isWhole: boolean): Read {
  const character = source[at] ?? "";
  if (character === "(") return readGroup(source, at, isWhole);
  if (character === "[") return readClass(source, at);
  if (character === "\\") return readEscape(source, at);
  if (character === "^" || character === "$") return { paths: [""], end: at + 1 };
  return { paths: [character === "." ? ANY : character], end: at + 1 };
}

const OPENINGS = ["(?:", "(?=", "(?!", "(?<=", "(?<!"];

function readGroup(source: string, at: number, isWhole: boolean): Read {
  const opening = OPENINGS.find((one) => source.startsWith(one, at)) ?? "(";
  const { paths, end } = alternatives(source, at + opening.length, false);
  const isAssertion = opening.endsWith("=") || opening.endsWith("!");
  // At the very end what has to follow is as good as a part of the match.
  const isLast = isWhole && opening === "(?=" && (end + 1 === source.length || source[end + 1] === "|");
  return { paths: isAssertion && !isLast ? [""] : paths, end: end + 1 };
}

/** A class of a few letters, or any. */
function readClass(source: string, at: number): Read {
  const end = classEnd(source, at);
  const inside = source.slice(at + 1, end);
  const isPlain = !/^\^|\\[a-zA-Z]|.-./.test(inside);
  return { paths: isPlain ? [...inside.replaceAll("\\", "")] : [ANY], end: end + 1 };
}

function classEnd(source: string, at: number): number {
  let end = at + 1;
  while (source[end] !== "]") end += source[end] === "\\" ? 2 : 1;
  return end;
}

function readEscape(source: string, at: number): Read {
  const escaped = source[at + 1] ?? "";
  const isWordLike = /[1-9a-zA-Z]/.test(escaped);
  if (isWordLike && !"bBsSdDwW".includes(escaped)) throw new RangeError(`What \\${escaped} begins with cannot be told.`);
  if ("bB".includes(escaped)) return { paths: [""], end: at + 2 };
  return { paths: [isWordLike ? ANY : escaped], end: at + 2 };
}

/** How often what ends at `at` may stand. */
function quantifier(source: string, at: number): { least: number; most: number; end: number } {
  const sign = source[at] ?? "";
  const isLazy = source[at + 1] === "?";
  if (sign === "?" || sign === "*" || sign === "+")
    return { least: sign === "+" ? 1 : 0, most: sign === "?" ? 1 : BEGINNING_CHARS, end: at + (isLazy ? 2 : 1) };
  if (sign !== "{") return { least: 1, most: 1, end: at };
  const [whole = "", least, comma, most] = /^\{(\d+)(,?)(\d*)\}\??/.exec(source.slice(at, at + 12)) ?? [];
  return { least: Number(least), most: comma ? Number(most || Number.POSITIVE_INFINITY) : Number(least), end: at + whole.length };
}
