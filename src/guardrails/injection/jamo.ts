/** Hangul letters that were set apart ("ㅅㅣㅅㅡㅌㅔㅁ", or in decomposed form), put together to syllables again. */

const SYLLABLES_START = 0xac00;
const VOWELS = 21;
const FINALS = 28;
const LEADS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ";
const TAILS = "ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ";
const FIRST_VOWEL = 0x314f;

/** Composes in place and keeps each syllable's source offset. Linear. */
export function composeJamo(units: Uint16Array, at: Int32Array, size: number): { size: number; composed: number } {
  let written = 0;
  let composed = 0;
  for (let i = 0; i < size; ) {
    const source = at[i] ?? 0;
    const lead = leadOf(units[i] ?? 0);
    const vowel = i + 1 < size ? vowelOf(units[i + 1] ?? 0) : -1;
    if (lead < 0 || vowel < 0) {
      units[written] = units[i] ?? 0;
      at[written++] = source;
      i++;
      continue;
    }
    const final = i + 2 < size ? finalOf(units[i + 2] ?? 0) : 0;
    const isNextLead = final > 0 && i + 3 < size && leadOf(units[i + 2] ?? 0) >= 0 && vowelOf(units[i + 3] ?? 0) >= 0;
    const taken = final > 0 && !isNextLead ? final : 0;
    units[written] = SYLLABLES_START + (lead * VOWELS + vowel) * FINALS + taken;
    at[written++] = source;
    composed++;
    i += taken > 0 ? 3 : 2;
  }
  return { size: written, composed };
}

function leadOf(unit: number): number {
  if (unit >= 0x1100 && unit <= 0x1112) return unit - 0x1100;
  return unit >= 0x3131 && unit <= 0x314e ? LEADS.indexOf(String.fromCharCode(unit)) : -1;
}

function vowelOf(unit: number): number {
  if (unit >= 0x1161 && unit <= 0x1175) return unit - 0x1161;
  return unit >= FIRST_VOWEL && unit <= 0x3163 ? unit - FIRST_VOWEL : -1;
}

/** 0 where the letter cannot close a syllable. */
function finalOf(unit: number): number {
  if (unit >= 0x11a8 && unit <= 0x11c2) return unit - 0x11a7;
  return unit >= 0x3131 && unit <= 0x314e ? TAILS.indexOf(String.fromCharCode(unit)) + 1 : 0;
}
