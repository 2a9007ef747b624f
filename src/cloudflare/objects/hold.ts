/** Entries held in memory; beyond, they are read again. */
const HELD_MAX = 1000;

/** Remembers the latest; the one that came first goes where there are too many. */
export function hold<Value>(held: Map<string, Value>, id: string, value: Value): void {
  held.set(id, value);
  if (held.size <= HELD_MAX) return;
  for (const first of held.keys()) {
    held.delete(first);
    return;
  }
}
