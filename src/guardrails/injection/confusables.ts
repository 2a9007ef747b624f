import { once } from "./once";
import { isWordUnit } from "./units";

/**
 * Letters that look like Latin ones, after Unicode TR39's confusables, the part seen in real attacks: Cyrillic, Greek, Armenian, Cherokee, small
 * capitals, IPA. "look-alikes:what they stand for", letter by letter. Compatibility forms (full-width, mathematical, circled) need no row: NFKC has them.
 */
const LOOKALIKES: readonly (readonly [string, string])[] = [
  ["абвгеёзікјмһорсԁтуѵхѕьԛԝґӏпѓ", "abbreezikjmhopcdtyvxsbqwrlnr"],
  ["αβγεηικνορτυχωϲϳμζ", "abyenikvoptuxwcjuz"],
  ["աբցձհոսօքրև", "wpgdhnuoqru"],
  ["ɑɡɩɪɢɴᴏʀᴇᴀʙᴄᴅꜰʜᴊᴋʟᴍᴘꜱᴛᴜᴠᴡʏᴢɾʂɵıȷƨƽ", "agiignoreabcdfhjklmpstuvwyzrsoijsb"],
  ["ꭰꮯꭼꮋꮻꮮꭺꮪꭲꮤ", "dcehwlasit"],
];

/** The last look-alike is below this. */
const TABLE_UNITS = 0xac00;
/** The Latin letter that each unit looks like; 0 for all others. */
const latinOf = once(() => {
  const table = new Uint8Array(TABLE_UNITS);
  for (const [from, to] of LOOKALIKES)
    [...from].forEach((letter, index) => {
      table[letter.charCodeAt(0)] = to.charCodeAt(index);
    });
  return table;
});

/**
 * Replaces look-alikes in a word that mixes scripts, or everywhere when no letter of the text belongs to the other script alone. In place;
 * returns how many there were.
 */
export function resolveLookalikes(units: Uint16Array, size: number): number {
  const latin = latinOf();
  const isEverywhere = isWrittenInLookalikes(units, size);
  let resolved = 0;
  for (let start = 0; start < size; ) {
    let end = start;
    let latins = 0;
    let lookalikes = 0;
    for (; end < size; end++) {
      const unit = units[end] ?? 0;
      if (!isWordUnit(unit)) break;
      if (unit < 0x250) latins++;
      else if (latin[unit]) lookalikes++;
    }
    if (lookalikes > 0 && (latins > 0 || isEverywhere))
      for (let i = start; i < end; i++) {
        const letter = latin[units[i] ?? 0];
        if (!letter) continue;
        units[i] = letter;
        resolved++;
      }
    start = end + 1;
  }
  return resolved;
}

/** Whether all letters of other alphabets look like Latin ones, in a text that has Latin ones or no others. */
function isWrittenInLookalikes(units: Uint16Array, size: number): boolean {
  const latin = latinOf();
  let ascii = 0;
  let lookalikes = 0;
  for (let i = 0; i < size; i++) {
    const unit = units[i] ?? 0;
    if (unit >= 97 && unit <= 122) ascii++;
    else if (unit >= 0x370 && unit < 0x600) {
      if (!latin[unit]) return false;
      lookalikes++;
    }
  }
  return ascii > 0 || lookalikes === 0;
}
