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

/** Code point of a lower-case look-alike to the code of its Latin letter. */
export function buildLookalikes(): ReadonlyMap<number, number> {
  const table = new Map<number, number>();
  for (const [from, to] of LOOKALIKES)
    [...from].forEach((letter, index) => void table.set(letter.codePointAt(0) ?? 0, to.charCodeAt(index)));
  return table;
}
