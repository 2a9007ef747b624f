import { eachConcept } from "./concepts";
import { type LastSeen, lastSeen } from "./last-seen";
import { RecentConcepts } from "./recent-concepts";
import { type RuleMet, RuleTracker } from "./rules";
import { isWordUnit } from "./units";

/** Hashed n-grams have this many weights, sparse features (concepts, rules, signs) as many again as below, behind them. Powers of two. */
export const NGRAM_BUCKETS = 1 << 18;
export const SPARSE_BUCKETS = 1 << 15;
export const BUCKETS = NGRAM_BUCKETS + SPARSE_BUCKETS;

/** Is told of each feature of a text: its number, and its place there. Those from NGRAM_BUCKETS on are sparse. */
export interface FeatureSink {
  add(id: number, place: number): void;
}

/** What a text says to the model. */
export interface Features {
  ids: Int32Array;
  places: Int32Array;
  count: number;
  /** UTF-16 units of the text that was read. */
  length: number;
  /** Rules that were met: bit by number, and where. */
  rules: RuleMet[];
}

const WORD_UNITS_MAX = 24;
const PAIR_UNITS_MAX = 64;
const NEAR_UNITS = 20;
const TRIPLE_UNITS_MAX = 90;
const WIDE_FROM = 0x1100;
const FNV_OFFSET = 0x811c9dc5 | 0;
const FNV_PRIME = 0x01000193;

/** Tells `sink` of every feature of a folded text with single spaces, and returns the rules that were met. Linear in its length. */
export function eachFeature(text: string, sink: FeatureSink): RuleMet[] {
  const reader = new Reader(text, sink);
  reader.readNgrams();
  reader.readConcepts();
  return reader.rules.met;
}

/** The features of a folded text with single spaces, kept. */
export function readFeatures(text: string): Features {
  const ids: number[] = [];
  const places: number[] = [];
  const add = (id: number, place: number) => {
    ids.push(id);
    places.push(place);
  };
  const rules = eachFeature(text, { add });
  return { ids: Int32Array.from(ids), places: Int32Array.from(places), count: ids.length, length: text.length, rules };
}

/** The number of a sparse feature that has a name: a sign of disguise, a decoded view. */
export function namedFeature(name: string): number {
  let hash = FNV_OFFSET;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), FNV_PRIME);
  return sparseBucket(hash);
}

class Reader {
  private readonly text: string;
  private readonly sink: FeatureSink;
  private readonly seen: LastSeen;
  private readonly recent = new RecentConcepts();
  readonly rules = new RuleTracker();

  constructor(text: string, sink: FeatureSink) {
    this.text = text;
    this.sink = sink;
    this.seen = lastSeen();
    this.seen.begin(text.length);
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
    eachConcept(this.text, (concepts, start, end) => this.meet(concepts, start, end));
  }

  /** Each concept at one place, alone and together with the last few. */
  private meet(concepts: number, start: number, end: number): void {
    const { recent } = this;
    for (let rest = concepts; rest !== 0; rest &= rest - 1) {
      const concept = 31 - Math.clz32(rest & -rest);
      this.sparse(concept + 1, start);
      for (let i = recent.count - 1; i >= 0; i--) {
        const distance = start - recent.placeOf(i);
        if (distance > PAIR_UNITS_MAX) break;
        const pair = recent.conceptOf(i) * 32 + concept;
        this.sparse(pair + 1_000, start);
        if (distance <= NEAR_UNITS) this.sparse(pair + 3_000, start);
        if (i > 0 && start - recent.placeOf(i - 1) <= TRIPLE_UNITS_MAX) this.sparse(recent.conceptOf(i - 1) * 1_024 + pair + 10_000, start);
      }
      for (const rule of this.rules.meet(concept, start, end)) this.sparse(rule + 100, start);
    }
    recent.push(concepts, start);
  }

  private gram(hash: number, place: number): void {
    this.sink.add((hash ^ (hash >>> 15)) & (NGRAM_BUCKETS - 1), place);
  }

  /** Keys are concepts from 1, rules from 100, pairs from 1,000, near ones from 3,000, triples from 10,000: all below SPARSE_KEYS. */
  private sparse(key: number, place: number): void {
    if (this.seen.isRepeated(key, place)) return;
    this.sink.add(sparseBucket(Math.imul(key, 0x9e3779b1)), place);
  }
}

function sparseBucket(hash: number): number {
  return NGRAM_BUCKETS + ((hash ^ (hash >>> 15)) & (SPARSE_BUCKETS - 1));
}
