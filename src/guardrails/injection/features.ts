import { matchConcepts, mayBegin } from "./concepts";
import { isWordUnit } from "./fold";
import { RuleTracker } from "./rules";

/** Hashed n-grams have this many weights, sparse features (concepts, rules, signs) as many again as below, behind them. Powers of two. */
export const NGRAM_BUCKETS = 1 << 18;
export const SPARSE_BUCKETS = 1 << 15;
export const BUCKETS = NGRAM_BUCKETS + SPARSE_BUCKETS;

/** What a text says to the model: feature numbers, each at a place of the text. Those from NGRAM_BUCKETS on are sparse. */
export interface Features {
  ids: Int32Array;
  places: Int32Array;
  count: number;
  /** UTF-16 units of the text that was read. */
  length: number;
  /** Rules that were met: bit by number, and where. */
  rules: { rule: number; start: number; end: number }[];
}

const EVENTS_PER_UNIT = 4;
const WORD_UNITS_MAX = 24;
/** A sparse feature seen again within this many units says nothing new. */
const REPEAT_UNITS = 240;
const PAIR_UNITS_MAX = 64;
const NEAR_UNITS = 20;
const TRIPLE_UNITS_MAX = 90;
const RECENT_MAX = 6;
const WIDE_FROM = 0x1100;
const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** Reads the features of a folded text with single spaces. Linear in its length. */
export function readFeatures(text: string): Features {
  const reader = new Reader(text);
  reader.readNgrams();
  reader.readConcepts();
  return reader.features();
}

/** The number of a sparse feature that has a name: a sign of disguise, a decoded view. */
export function namedFeature(name: string): number {
  let hash = FNV_OFFSET;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), FNV_PRIME);
  return sparseBucket(hash);
}

class Reader {
  private readonly text: string;
  private ids: Int32Array;
  private places: Int32Array;
  private count = 0;
  private readonly lastSeen = new Map<number, number>();
  private readonly recent: { concept: number; at: number }[] = [];
  private readonly rules = new RuleTracker();

  constructor(text: string) {
    this.text = text;
    this.ids = new Int32Array(text.length * EVENTS_PER_UNIT + 64);
    this.places = new Int32Array(this.ids.length);
  }

  features(): Features {
    return { ids: this.ids, places: this.places, count: this.count, length: this.text.length, rules: this.rules.met };
  }

  readNgrams(): void {
    const { text } = this;
    let a = 32;
    let b = 32;
    let c = 32;
    let word = FNV_OFFSET;
    let wordUnits = 0;
    let before = 1;
    let beforeThat = 2;
    for (let i = 0; i <= text.length; i++) {
      const unit = i < text.length ? text.charCodeAt(i) : 32;
      if (unit >= WIDE_FROM) {
        const pair = Math.imul(c ^ 0x9e37, FNV_PRIME) ^ Math.imul(unit, 0x85ebca6b);
        this.gram(pair ^ 0x51ed270b, i);
        this.gram(Math.imul(pair ^ Math.imul(b, 0xc2b2ae35), FNV_PRIME) ^ 0x2545f491, i);
      } else if (unit !== 32 || c !== 32) {
        let four = Math.imul(a ^ 0x3c6ef372, FNV_PRIME);
        four = Math.imul(four ^ b, FNV_PRIME);
        four = Math.imul(four ^ c, FNV_PRIME);
        this.gram(Math.imul(four ^ unit, FNV_PRIME), i);
      }
      a = b;
      b = c;
      c = unit;
      if (isWordUnit(unit) && wordUnits < WORD_UNITS_MAX) {
        word = Math.imul(word ^ unit, FNV_PRIME);
        wordUnits++;
      } else if (wordUnits > 0) {
        const place = i - 1;
        this.gram(Math.imul(word, 0x27d4eb2f), place);
        this.gram(Math.imul(word, 0x165667b1) ^ Math.imul(before, 0x9e3779b1), place);
        this.gram(Math.imul(word, 0x85ebca77) ^ Math.imul(beforeThat, 0xc2b2ae3d), place);
        beforeThat = before;
        before = word;
        word = FNV_OFFSET;
        wordUnits = 0;
      }
    }
  }

  readConcepts(): void {
    const { text } = this;
    const matched = { end: 0 };
    let previous = 32;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (i >= matched.end && unit !== 32 && mayBegin(unit, previous)) {
        const bits = matchConcepts(text, i, matched);
        if (bits !== 0) this.meet(bits, i, matched.end);
      }
      previous = unit;
    }
  }

  /** Each concept at one place, alone and together with the last few. */
  private meet(bits: number, start: number, end: number): void {
    const { recent } = this;
    for (let rest = bits; rest !== 0; rest &= rest - 1) {
      const concept = 31 - Math.clz32(rest & -rest);
      this.sparse(concept + 1, start);
      for (let i = recent.length - 1; i >= 0; i--) {
        const one = recent[i];
        if (!one || start - one.at > PAIR_UNITS_MAX) break;
        const pair = one.concept * 32 + concept;
        this.sparse(pair + 1_000, start);
        if (start - one.at <= NEAR_UNITS) this.sparse(pair + 3_000, start);
        const two = recent[i - 1];
        if (two && start - two.at <= TRIPLE_UNITS_MAX) this.sparse(two.concept * 1_024 + pair + 10_000, start);
      }
      for (const rule of this.rules.meet(concept, start, end)) this.sparse(rule + 100, start);
    }
    for (let rest = bits; rest !== 0; rest &= rest - 1) recent.push({ concept: 31 - Math.clz32(rest & -rest), at: start });
    if (recent.length > RECENT_MAX) recent.splice(0, recent.length - RECENT_MAX);
  }

  private gram(hash: number, place: number): void {
    this.add((hash ^ (hash >>> 15)) & (NGRAM_BUCKETS - 1), place);
  }

  private sparse(key: number, place: number): void {
    const last = this.lastSeen.get(key);
    if (last !== undefined && place - last < REPEAT_UNITS) return;
    this.lastSeen.set(key, place);
    this.add(sparseBucket(Math.imul(key, 0x9e3779b1)), place);
  }

  private add(id: number, place: number): void {
    if (this.count === this.ids.length) this.grow();
    this.ids[this.count] = id;
    this.places[this.count++] = place;
  }

  private grow(): void {
    const [ids, places] = [new Int32Array(this.ids.length * 2), new Int32Array(this.ids.length * 2)];
    ids.set(this.ids);
    places.set(this.places);
    this.ids = ids;
    this.places = places;
  }
}

function sparseBucket(hash: number): number {
  return NGRAM_BUCKETS + ((hash ^ (hash >>> 15)) & (SPARSE_BUCKETS - 1));
}
