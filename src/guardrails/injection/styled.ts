/** Letters in another dress: full-width, mathematical, circled, squared, superscript. NFKC knows most of them. */

/** What a styled sign stands for. */
export interface Unstyled {
  /** Lower-case letters and digits, up to `EXPANSION_MAX` units, without the brackets of "(a)". */
  units: string;
  isLatin: boolean;
}

/** Units that one sign may become: "ﬃ" is three letters. */
export const EXPANSION_MAX = 3;

/** A sign is resolved when it is first met: of some 2,400 few are ever seen. */
const resolved = new Map<number, Unstyled>();

export function hasStyle(point: number): boolean {
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

/** For a point that has style. */
export function unstyle(point: number): Unstyled {
  const known = resolved.get(point);
  if (known) return known;
  const plain = plainOf(point);
  const units = (plain.length > 1 ? plain.replace(/[()]/g, "") : plain).slice(0, EXPANSION_MAX);
  const unstyled = { units, isLatin: /^[a-z0-9]/.test(plain) };
  resolved.set(point, unstyled);
  return unstyled;
}

function plainOf(point: number): string {
  const letter = (first: number) => String.fromCharCode(97 + point - first);
  if (point >= 0x1f150 && point <= 0x1f169) return letter(0x1f150);
  if (point >= 0x1f170 && point <= 0x1f189) return letter(0x1f170);
  if (point >= 0x1f1e6 && point <= 0x1f1ff) return letter(0x1f1e6);
  return String.fromCodePoint(point).normalize("NFKC").toLowerCase();
}
