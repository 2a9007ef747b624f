/** Folded text by its UTF-16 units. */

const ASCII_WORD = Uint8Array.from({ length: 128 }, (_, unit) => ((unit >= 97 && unit <= 122) || (unit >= 48 && unit <= 57) ? 1 : 0));

/** Letters and digits of any script: everything that is not a separator here. */
export function isWordUnit(unit: number): boolean {
  return unit < 0x80 ? ASCII_WORD[unit] === 1 : isWideWordUnit(unit);
}

function isWideWordUnit(unit: number): boolean {
  if (unit >= 0x3040 && unit < 0xd800) return true;
  if (unit < 0xc0 || unit === 0xd7) return false;
  return !(
    (unit >= 0x2000 && unit <= 0x2bff) ||
    (unit >= 0x3000 && unit <= 0x303f) ||
    (unit >= 0xd800 && unit <= 0xf8ff) ||
    unit >= 0xfe00
  );
}

/** White space beyond ASCII, as regular expressions' \s has it. */
export function isSpace(unit: number): boolean {
  return (
    unit === 0xa0 ||
    unit === 0x1680 ||
    (unit >= 0x2000 && unit <= 0x200a) ||
    unit === 0x2028 ||
    unit === 0x2029 ||
    unit === 0x202f ||
    unit === 0x205f ||
    unit === 0x3000 ||
    unit === 0xfeff
  );
}

export function unitsOf(text: string): Uint16Array {
  const units = new Uint16Array(text.length);
  for (let i = 0; i < units.length; i++) units[i] = text.charCodeAt(i);
  return units;
}

/** Half a surrogate pair becomes U+FFFD, as it does on every wire. */
export function replaceHalfPairs(units: Uint16Array, size: number): void {
  for (let i = 0; i < size; i++) {
    const unit = units[i] ?? 0;
    const next = i + 1 < size ? (units[i + 1] ?? 0) : 0;
    if (unit >= 0xd800 && unit <= 0xdbff && next >= 0xdc00 && next <= 0xdfff) i++;
    else if (unit >= 0xd800 && unit <= 0xdfff) units[i] = 0xfffd;
  }
}

const UTF16 = new TextDecoder("utf-16le", { fatal: false, ignoreBOM: true });

/** For units without half a surrogate pair. */
export function textOf(units: Uint16Array, size: number): string {
  return UTF16.decode(units.subarray(0, size));
}

/** As `codePointAt`, which in V8 may look past the end of a string that was cut from a longer one within a surrogate pair. */
export function pointAt(source: string, index: number): number {
  const lead = source.charCodeAt(index);
  if (lead < 0xd800 || lead > 0xdbff || index + 1 === source.length) return lead;
  const trail = source.charCodeAt(index + 1);
  return trail < 0xdc00 || trail > 0xdfff ? lead : 0x10000 + ((lead - 0xd800) << 10) + trail - 0xdc00;
}
