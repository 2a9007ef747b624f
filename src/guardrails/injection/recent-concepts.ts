/** Concepts that are remembered. */
const RECENT_MAX = 6;
/** A stem may stand for several concepts, and there are fewer than these. */
const AT_ONCE_MAX = 32;

/** The last concepts of a text and where they stood, the oldest first. */
export class RecentConcepts {
  count = 0;
  private readonly concepts = new Uint8Array(RECENT_MAX + AT_ONCE_MAX);
  private readonly places = new Int32Array(RECENT_MAX + AT_ONCE_MAX);

  conceptOf(index: number): number {
    return this.concepts[index] ?? 0;
  }

  placeOf(index: number): number {
    return this.places[index] ?? 0;
  }

  /** Concepts, as bits, that stand at one place. */
  push(concepts: number, place: number): void {
    for (let rest = concepts; rest !== 0; rest &= rest - 1) {
      this.concepts[this.count] = 31 - Math.clz32(rest & -rest);
      this.places[this.count++] = place;
    }
    if (this.count <= RECENT_MAX) return;
    this.concepts.copyWithin(0, this.count - RECENT_MAX, this.count);
    this.places.copyWithin(0, this.count - RECENT_MAX, this.count);
    this.count = RECENT_MAX;
  }
}
