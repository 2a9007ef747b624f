import { buildLookalikes } from "./confusables";
import { composeJamo } from "./jamo";
import { once } from "./once";

/** A text made plain to compare: lower case, compatibility forms, accents, look-alikes and invisible characters resolved. */
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

/** Units that one source unit may become: "ﬃ" is three letters. */
const EXPANSION_MAX = 3;
/** Text out of sight that is kept. */
const HIDDEN_CHARS_MAX = 4_000;
// biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII is meant
const ASCII = /^[\u0000-\u007f]*$/;

/** Folds in one pass; time and memory are linear in the text. */
export function fold(source: string): Folded {
  const plain = { hidden: "", invisible: 0, lookalikes: 0, marks: 0, jamo: 0, styled: 0 };
  if (ASCII.test(source)) return { text: source.toLowerCase(), ...plain };
  return new Folder(source).run();
}

const lookalikeTable = once(buildLookalikes);
const latinTable = once(buildLatin);

class Folder {
  private readonly source: string;
  private readonly out: Uint16Array;
  private readonly at: Int32Array;
  private size = 0;
  private hidden = "";
  private invisible = 0;
  private lookalikes = 0;
  private marks = 0;
  private styled = 0;
  private hasJamo = false;
  private hasForeign = false;
  private readonly latin = latinTable();

  constructor(source: string) {
    this.source = source;
    this.out = new Uint16Array(source.length * EXPANSION_MAX + 4);
    this.at = new Int32Array(source.length * EXPANSION_MAX + 4);
  }

  run(): Folded {
    const { source } = this;
    for (let index = 0; index < source.length; index++) {
      const unit = source.charCodeAt(index);
      if (unit < 0x80) this.put(unit >= 65 && unit <= 90 ? unit + 32 : unit, index);
      else if ((unit >= 0xac00 && unit <= 0xd7a3) || (unit >= 0x3040 && unit <= 0x30ff) || (unit >= 0x3400 && unit <= 0x9fff))
        this.put(unit, index);
      else {
        const point = source.codePointAt(index) ?? unit;
        this.rare(point, index);
        if (point > 0xffff) index++;
      }
    }
    if (this.hasForeign) this.resolveLookalikes();
    const jamo = this.hasJamo ? composeJamo(this.out, this.at, this.size) : { size: this.size, composed: 0 };
    return {
      text: textOf(this.out, jamo.size),
      at: this.at.slice(0, jamo.size),
      hidden: this.hidden,
      invisible: this.invisible,
      lookalikes: this.lookalikes,
      marks: this.marks,
      jamo: jamo.composed,
      styled: this.styled,
    };
  }

  private put(unit: number, index: number): void {
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
    } else this.put(this.plainOf(point), index);
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
    if (point === 0x3000 || (point >= 0x2000 && point <= 0x200a) || point === 0x202f || point === 0x205f) return 32;
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
    const plain = unstyle(point);
    let taken = 0;
    for (let i = 0; i < plain.length && taken < EXPANSION_MAX; i++) {
      const unit = plain.charCodeAt(i);
      if (plain.length > 1 && (unit === 40 || unit === 41)) continue;
      if (unit >= 0x1100 && unit <= 0x3163) this.hasJamo = true;
      if (unit >= 0x370 && unit < 0x600) this.hasForeign = true;
      this.put(unit, index);
      taken++;
    }
    if (/^[a-z0-9]/.test(plain)) this.styled++;
  }

  /** Look-alikes are resolved in a word that mixes scripts, or everywhere when no letter of the text belongs to the other script alone. */
  private resolveLookalikes(): void {
    const table = lookalikeTable();
    const { out } = this;
    let own = 0;
    let ascii = 0;
    let borrowed = 0;
    for (let i = 0; i < this.size; i++) {
      const unit = out[i] ?? 0;
      if (unit >= 97 && unit <= 122) ascii++;
      else if (unit >= 0x370 && unit < 0x600) {
        if (table.has(unit)) borrowed++;
        else own++;
      }
    }
    const everywhere = own === 0 && (ascii > 0 || borrowed === 0);
    for (let start = 0; start < this.size; ) {
      let end = start;
      let latin = 0;
      let foreign = 0;
      for (; end < this.size && isWordUnit(out[end] ?? 0); end++) {
        const unit = out[end] ?? 0;
        if (unit < 0x250) latin++;
        else if (table.has(unit)) foreign++;
      }
      if (foreign > 0 && (latin > 0 || everywhere))
        for (let i = start; i < end; i++) {
          const resolved = table.get(out[i] ?? 0);
          if (resolved === undefined) continue;
          out[i] = resolved;
          this.lookalikes++;
        }
      start = end + 1;
    }
  }
}

/** Letters and digits of any script: everything that is not a separator here. */
export function isWordUnit(unit: number): boolean {
  if (unit < 0x80) return (unit >= 97 && unit <= 122) || (unit >= 48 && unit <= 57);
  if (unit < 0xc0) return false;
  return !(
    (unit >= 0x2000 && unit <= 0x2bff) ||
    (unit >= 0x3000 && unit <= 0x303f) ||
    (unit >= 0xd800 && unit <= 0xf8ff) ||
    unit >= 0xfe00 ||
    unit === 0xd7
  );
}

export function textOf(units: Uint16Array, size: number): string {
  return new TextDecoder("utf-16le", { fatal: false, ignoreBOM: true }).decode(units.subarray(0, size));
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

function hasStyle(point: number): boolean {
  return (
    (point >= 0xff01 && point <= 0xffee) ||
    (point >= 0x1d400 && point <= 0x1d7ff) ||
    (point >= 0x2460 && point <= 0x24ff) ||
    (point >= 0x1f100 && point <= 0x1f1ff) ||
    (point >= 0x2070 && point <= 0x209f) ||
    (point >= 0x2100 && point <= 0x214f) ||
    (point >= 0x1d2c && point <= 0x1d6a) ||
    (point >= 0x3200 && point <= 0x33ff) ||
    (point >= 0xfb00 && point <= 0xfb06)
  );
}

function unstyle(point: number): string {
  const letter = (first: number) => String.fromCharCode(97 + point - first);
  if (point >= 0x1f150 && point <= 0x1f169) return letter(0x1f150);
  if (point >= 0x1f170 && point <= 0x1f189) return letter(0x1f170);
  if (point >= 0x1f1e6 && point <= 0x1f1ff) return letter(0x1f1e6);
  return String.fromCodePoint(point).normalize("NFKC").toLowerCase();
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
