import { isWordUnit } from "./fold";
import { CONCEPTS, LEXICON } from "./lexicon";
import { once } from "./once";

/** The lexicon as a trie. Edges are an open-addressed table, keyed by node × 65,536 + unit: a few array reads a character. */
interface Trie {
  keys: Int32Array;
  nodes: Uint16Array;
  first: Uint16Array;
  /** A node's concepts as bits: of stems that may go on, and of whole words. */
  open: Int32Array;
  closed: Int32Array;
}

const UNITS = 65_536;
const SLOTS = 1 << 15;
const WORDS_ONLY_BELOW = 0x0e00;

const trie = once(buildTrie);

/** The concepts whose stems begin at `start`, as bits, and in `matched.end` where the longest ends. Looks no further than the longest stem. */
export function matchConcepts(text: string, start: number, matched: { end: number }): number {
  const { keys, nodes, first, open, closed } = trie();
  let node = first[text.charCodeAt(start)] ?? 0;
  let bits = 0;
  for (let i = start + 1; node !== 0; i++) {
    const unit = i < text.length ? text.charCodeAt(i) : 32;
    const here = open[node] ?? 0;
    const whole = closed[node] ?? 0;
    if (here !== 0 || (whole !== 0 && !isWordUnit(unit))) {
      bits |= here | (isWordUnit(unit) ? 0 : whole);
      matched.end = i;
    }
    const key = node * UNITS + unit;
    let slot = slotOf(key);
    while (keys[slot] !== 0 && keys[slot] !== key) slot = (slot + 1) & (SLOTS - 1);
    node = keys[slot] === 0 ? 0 : (nodes[slot] ?? 0);
  }
  return bits;
}

function slotOf(key: number): number {
  return (Math.imul(key, 0x9e3779b1) >>> 17) & (SLOTS - 1);
}

/** Whether a stem may begin at this offset: at a word's beginning, or anywhere in scripts written without spaces. */
export function mayBegin(unit: number, before: number): boolean {
  return unit >= WORDS_ONLY_BELOW || !isWordUnit(before) || !isWordUnit(unit) || before >= WORDS_ONLY_BELOW;
}

/** Stems of Latin letters, to part words that were run together or scrambled. */
export const latinStems = once(() =>
  Object.values(LEXICON).flatMap((stems) =>
    stems
      .split(/\s+/)
      .map((stem) => stem.replace("$", ""))
      .filter((stem) => /^[a-z]{3,}$/.test(stem)),
  ),
);

function buildTrie(): Trie {
  const keys = new Int32Array(SLOTS);
  const nodes = new Uint16Array(SLOTS);
  const first = new Uint16Array(UNITS);
  const open: number[] = [0];
  const closed: number[] = [0];
  const grow = () => {
    closed.push(0);
    return open.push(0) - 1;
  };
  const step = (node: number, unit: number): number => {
    if (node === 0) {
      first[unit] ||= grow();
      return first[unit] ?? 0;
    }
    const key = node * UNITS + unit;
    let slot = slotOf(key);
    while (keys[slot] !== 0 && keys[slot] !== key) slot = (slot + 1) & (SLOTS - 1);
    keys[slot] = key;
    nodes[slot] ||= grow();
    return nodes[slot] ?? 0;
  };
  CONCEPTS.forEach((concept, index) => {
    for (const written of LEXICON[concept].split(/\s+/)) {
      const isWhole = written.endsWith("$");
      const stem = (isWhole ? written.slice(0, -1) : written).replaceAll("_", " ");
      let node = 0;
      for (let i = 0; i < stem.length; i++) node = step(node, stem.charCodeAt(i));
      if (node === 0) continue;
      const bits = isWhole ? closed : open;
      bits[node] = (bits[node] ?? 0) | (1 << index);
    }
  });
  return { keys, nodes, first, open: Int32Array.from(open), closed: Int32Array.from(closed) };
}
