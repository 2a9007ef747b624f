/** Stems as a trie of units. Nodes are numbered level by level, so that a node's children lie side by side; node 0 is the root. */
export interface StemTrie {
  /** The node of each unit that begins a stem; 0 where there is none. */
  first: Uint16Array;
  /** The unit that leads to a node. */
  units: Uint16Array;
  /** The first child of a node; they end where the next node's begin. */
  children: Uint16Array;
  /** A node's values as bits: of stems that may go on, and of whole words. */
  open: Int32Array;
  closed: Int32Array;
}

export interface Stem {
  stem: string;
  /** It must not go on in the text. */
  isWhole: boolean;
  value: number;
}

const UNITS = 65_536;

/** Units of all stems together stay below 65,536. */
export function buildStemTrie(stems: readonly Stem[]): StemTrie {
  const [opens, closes] = [valuesOf(stems, false), valuesOf(stems, true)];
  const sorted = [...new Set(stems.map(({ stem }) => stem))].sort();
  const nodesMax = 2 + stems.reduce((sum, { stem }) => sum + stem.length, 0);
  const [units, children, from] = [new Uint16Array(nodesMax), new Uint16Array(nodesMax), new Uint16Array(nodesMax)];
  const [to, depths] = [new Uint16Array(nodesMax), new Uint8Array(nodesMax)];
  const [open, closed] = [new Int32Array(nodesMax), new Int32Array(nodesMax)];
  to[0] = sorted.length;
  let count = 1;
  for (let node = 0; node < count; node++) {
    children[node] = count;
    const depth = depths[node] ?? 0;
    const end = to[node] ?? 0;
    let start = from[node] ?? 0;
    const shortest = sorted[start] ?? "";
    if (shortest.length === depth) {
      open[node] = opens.get(shortest) ?? 0;
      closed[node] = closes.get(shortest) ?? 0;
      start++;
    }
    while (start < end) {
      const unit = sorted[start]?.charCodeAt(depth) ?? 0;
      from[count] = start;
      while (start < end && sorted[start]?.charCodeAt(depth) === unit) start++;
      to[count] = start;
      units[count] = unit;
      depths[count++] = depth + 1;
    }
  }
  children[count] = count;
  const first = new Uint16Array(UNITS);
  for (let node = 1; node < (children[1] ?? 0); node++) first[units[node] ?? 0] = node;
  return { first, units, children, open, closed };
}

/** The child of a node that a unit leads to; 0 where there is none. */
export function childOf({ units, children }: StemTrie, node: number, unit: number): number {
  const end = children[node + 1] ?? 0;
  for (let child = children[node] ?? 0; child < end; child++) if (units[child] === unit) return child;
  return 0;
}

function valuesOf(stems: readonly Stem[], areWhole: boolean): Map<string, number> {
  const values = new Map<string, number>();
  for (const { stem, isWhole, value } of stems) if (isWhole === areWhole) values.set(stem, (values.get(stem) ?? 0) | value);
  return values;
}
