import { once } from "./once";

/** A sparse feature seen again within this many units says nothing new. */
const REPEAT_UNITS = 240;
/** Keys of sparse features are below this. */
const SPARSE_KEYS = 1 << 16;
const PLACE_MAX = 2 ** 31 - 1;

/** One table serves every text: to make it anew for each would cost more than to read a short one. It holds places only. */
export const lastSeen = once(() => new LastSeen());

/** Where each sparse feature of a text was last seen. What an earlier text left lies too far back to count. */
export class LastSeen {
  private readonly places = new Int32Array(SPARSE_KEYS);
  private start = REPEAT_UNITS;
  private length = 0;

  /** A text of this many units is read from now on. */
  begin(length: number): void {
    this.start += this.length + REPEAT_UNITS;
    this.length = length;
    if (this.start + length <= PLACE_MAX) return;
    this.places.fill(0);
    this.start = REPEAT_UNITS;
  }

  /** Whether the feature was seen shortly before this place; if not, it has been now. */
  isRepeated(key: number, place: number): boolean {
    const here = this.start + place;
    if (here - (this.places[key] ?? 0) < REPEAT_UNITS) return true;
    this.places[key] = here;
    return false;
  }
}
