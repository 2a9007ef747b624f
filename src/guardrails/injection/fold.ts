import { resolveLookalikes } from "./confusables";
import { composeJamo } from "./jamo";
import { once } from "./once";
import { EXPANSION_MAX, hasStyle, unstyle } from "./styled";
import { isSpace, isWordUnit, pointAt, replaceHalfPairs, textOf } from "./units";

/** A text made plain to compare: lower case, single spaces, compatibility forms, accents, look-alikes and invisible characters resolved. */
export interface Folded {
  text: string;
  /** Source UTF-16 offset of each unit of `text`; absent where offsets are the same. */
  at?: Int32Array;
  /** What tag characters and variation selectors spelt out of sight. */
  hidden: string;
  /** Invisible characters inside words, letters of another script inside words, stacked marks, jamo that had been set apart, styled letters. */
  invisible: number;
  lookalikes: number;
  marks: number;
  jamo: number;
  styled: number;
}

/** Text out of sight that is kept. */
const HIDDEN_CHARS_MAX = 4_000;
const SPACE = 32;
const UTF8 = new TextDecoder();
const BEYOND_ASCII = /[\u0080-\uffff]/;
/** White space that is not one space between words. */
const UNEVEN_SPACE = /[\t-\r]| {2}/;

/** Folds in one pass; time and memory are linear in the text. */
export function fold(source: string): Folded {
  if (BEYOND_ASCII.test(source)) return new Folder(source).run();
  const plain = { hidden: "", invisible: 0, lookalikes: 0, marks: 0, jamo: 0, styled: 0 };
  return UNEVEN_SPACE.test(source) ? { ...foldAscii(source), ...plain } : { text: source.toLowerCase(), ...plain };
}

const latinTable = once(buildLatin);

/** ASCII in lower case, white space as a space. */
const PLAIN_ASCII = Uint8Array.from({ length: 128 }, (_, unit) => {
  if (unit >= 9 && unit <= 13) return SPACE;
  return unit >= 65 && unit <= 90 ? unit + 32 : unit;
});

function foldAscii(source: string): { text: string; at: Int32Array } {
  const out = new Uint8Array(source.length);
  const at = new Int32Array(source.length);
  let size = 0;
  let before = 0;
  for (let index = 0; index < source.length; index++) {
    const unit = PLAIN_ASCII[source.charCodeAt(index)] ?? 0;
    if (unit === SPACE && before === SPACE) continue;
    out[size] = unit;
    at[size++] = index;
    before = unit;
  }
  return { text: UTF8.decode(out.subarray(0, size)), at: at.subarray(0, size) };
}

class Folder {
  private readonly source: string;
  private out: Uint16Array;
  private at: Int32Array;
  private size = 0;
  private hidden = "";
  private invisible = 0;
  private marks = 0;
  private styled = 0;
  private hasJamo = false;
  private hasForeign = false;
  private hasHalfPair = false;
  private readonly latin = latinTable();

  constructor(source: string) {
    this.source = source;
    this.out = new Uint16Array(source.length);
    this.at = new Int32Array(source.length);
  }

  run(): Folded {
    const { source } = this;
    for (let index = 0; index < source.length; ) {
      index = this.plainRun(index);
      if (index === source.length) break;
      const point = pointAt(source, index);
      this.rare(point, index);
      index += point > 0xffff ? 2 : 1;
    }
    const lookalikes = this.hasForeign ? resolveLookalikes(this.out, this.size) : 0;
    const jamo = this.hasJamo ? composeJamo(this.out, this.at, this.size) : { size: this.size, composed: 0 };
    if (this.hasHalfPair) replaceHalfPairs(this.out, jamo.size);
    return {
      text: textOf(this.out, jamo.size),
      at: this.at.subarray(0, jamo.size),
      hidden: this.hidden,
      invisible: this.invisible,
      lookalikes,
      marks: this.marks,
      jamo: jamo.composed,
      styled: this.styled,
    };
  }

  /** Takes ASCII, Hangul syllables, kana and ideographs from `start` on, and returns where something else begins. */
  private plainRun(start: number): number {
    const { source, out, at } = this;
    let { size } = this;
    let before = out[size - 1] ?? 0;
    let index = start;
    for (; index < source.length; index++) {
      const unit = source.charCodeAt(index);
      if (unit >= 0x80 && !isPlain(unit)) break;
      const plain = unit < 0x80 ? (PLAIN_ASCII[unit] ?? 0) : unit;
      if (plain === SPACE && before === SPACE) continue;
      out[size] = plain;
      at[size++] = index;
      before = plain;
    }
    this.size = size;
    return index;
  }

  private put(unit: number, index: number): void {
    if (unit === SPACE && this.out[this.size - 1] === SPACE) return;
    this.out[this.size] = unit;
    this.at[this.size++] = index;
  }

  private rare(point: number, index: number): void {
    if (isInvisible(point)) this.dropInvisible(point);
    else if (point >= 0xe0000 && point <= 0xe007f) this.hide(point - 0xe0000);
    else if (isMark(point)) {
      if (isWordUnit(this.out[this.size - 1] ?? 32)) this.marks++;
    } else if (hasStyle(point)) this.putStyled(point, index);
    else if (point > 0xffff) {
      this.put(0xd800 + ((point - 0x10000) >> 10), index);
      this.put(0xdc00 + ((point - 0x10000) & 0x3ff), index + 1);
    } else {
      this.hasHalfPair ||= point >= 0xd800 && point <= 0xdfff;
      this.put(this.plainOf(point), index);
    }
  }

  private plainOf(point: number): number {
    if (point < 0x250 || (point >= 0x1e00 && point < 0x1f00)) {
      const plain = this.latin[point < 0x250 ? point : point - 0x1e00 + 0x250] ?? 0;
      this.hasForeign ||= plain > 0x100;
      return plain;
    }
    if (point < 0x600) {
      this.hasForeign = true;
      return lowerForeign(point);
    }
    if ((point >= 0x1100 && point <= 0x11ff) || (point >= 0x3131 && point <= 0x3163)) this.hasJamo = true;
    if ((point >= 0x1d00 && point <= 0x1dbf) || (point >= 0xa720 && point <= 0xa7ff) || (point >= 0xab30 && point <= 0xabbf))
      this.hasForeign = true;
    if (isSpace(point)) return SPACE;
    if (point === 0x2018 || point === 0x2019) return 39;
    if (point === 0x201c || point === 0x201d) return 34;
    return point;
  }

  private dropInvisible(point: number): void {
    const selector = point >= 0xfe00 && point <= 0xfe0f ? point - 0xfe00 : point >= 0xe0100 && point <= 0xe01ef ? point - 0xe0100 + 16 : -1;
    if (selector >= 16) this.hide(selector);
    else if (selector < 0 && isWordUnit(this.out[this.size - 1] ?? 32)) this.invisible++;
  }

  private hide(code: number): void {
    if (code >= 32 && code < 127 && this.hidden.length < HIDDEN_CHARS_MAX) this.hidden += String.fromCharCode(code);
  }

  private putStyled(point: number, index: number): void {
    const { units, isLatin } = unstyle(point);
    const spare = this.out.length - this.size - (this.source.length - index);
    if (spare < EXPANSION_MAX) this.grow();
    for (let i = 0; i < units.length; i++) {
      const unit = units.charCodeAt(i);
      if (unit >= 0x1100 && unit <= 0x3163) this.hasJamo = true;
      if (unit >= 0x370 && unit < 0x600) this.hasForeign = true;
      this.put(unit, index);
    }
    if (isLatin) this.styled++;
  }

  private grow(): void {
    const [out, at] = [new Uint16Array(this.out.length * 2 + EXPANSION_MAX), new Int32Array(this.out.length * 2 + EXPANSION_MAX)];
    out.set(this.out);
    at.set(this.at);
    this.out = out;
    this.at = at;
  }
}

function isPlain(unit: number): boolean {
  return (unit >= 0xac00 && unit <= 0xd7a3) || (unit >= 0x3040 && unit <= 0x30ff) || (unit >= 0x3400 && unit <= 0x9fff);
}

function isInvisible(point: number): boolean {
  return (
    (point >= 0x200b && point <= 0x200f) ||
    (point >= 0x202a && point <= 0x202e) ||
    (point >= 0x2060 && point <= 0x206f) ||
    (point >= 0xfe00 && point <= 0xfe0f) ||
    (point >= 0xe0100 && point <= 0xe01ef) ||
    (point >= 0x180b && point <= 0x180f) ||
    point === 0xad ||
    point === 0x34f ||
    point === 0x61c ||
    point === 0x115f ||
    point === 0x1160 ||
    point === 0x3164 ||
    point === 0xfeff ||
    point === 0xffa0
  );
}

function isMark(point: number): boolean {
  return (
    (point >= 0x300 && point <= 0x36f) ||
    (point >= 0x1ab0 && point <= 0x1aff) ||
    (point >= 0x1dc0 && point <= 0x1dff) ||
    (point >= 0x20d0 && point <= 0x20ff)
  );
}

function lowerForeign(point: number): number {
  if ((point >= 0x410 && point <= 0x42f) || (point >= 0x391 && point <= 0x3a9)) return point + 32;
  if (point >= 0x400 && point <= 0x40f) return point + 80;
  if (point >= 0x531 && point <= 0x556) return point + 48;
  if (point >= 0x460 && point <= 0x52f) return point | 1;
  return point;
}

/** Latin with accents to bare letters: U+0080–U+024F, then U+1E00–U+1EFF. */
function buildLatin(): Uint16Array {
  const table = new Uint16Array(0x350);
  for (let i = 0; i < 0x350; i++) {
    const letter = String.fromCharCode(i < 0x250 ? i : i - 0x250 + 0x1e00);
    table[i] = letter.normalize("NFKD").toLowerCase().charCodeAt(0);
  }
  for (const [letter, plain] of ["đd", "Đd", "øo", "Øo", "łl", "Łl", "ßs", "æa", "Æa", "œo", "ħh", "ŧt", "ıi"].map((pair) => [...pair]))
    table[(letter ?? "").charCodeAt(0)] = (plain ?? "").charCodeAt(0);
  return table;
}
