/** Copies of a text in the disguises that attackers use, so that the model learns to trust its decoded views. */

const LEET: Readonly<Record<string, string>> = { a: "4", e: "3", i: "1", o: "0", s: "5", t: "7" };
const HOMOGLYPHS: Readonly<Record<string, string>> = { a: "а", e: "е", o: "о", p: "р", c: "с", x: "х", i: "і" };
const LEADS = [..."ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"];
const VOWELS = [..."ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"];
const TAILS = ["", ..."ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"];

/** One disguised copy, chosen by chance among those that suit the text's script. */
export function disguises(text: string, random: () => number): string {
  const anyScript = [base64, hex, zeroWidth, spaced, percent, reversed, tagged];
  const latin = [leet, homoglyphs, rot13, fullWidth, scrambled, mathBold];
  const choices = /[\uac00-\ud7a3]/.test(text) ? [...anyScript, jamo, jamo] : /[a-z]/i.test(text) ? [...anyScript, ...latin] : anyScript;
  const disguise = choices[Math.floor(random() * choices.length)] ?? base64;
  return disguise(text, random);
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}

function hex(text: string): string {
  return Buffer.from(text).toString("hex");
}

function percent(text: string): string {
  return [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
}

function zeroWidth(text: string, random: () => number): string {
  return [...text].map((char) => (random() < 0.4 ? `${char}\u200b` : char)).join("");
}

function spaced(text: string): string {
  return text
    .split(" ")
    .map((word) => [...word].join(" "))
    .join("  ");
}

function reversed(text: string): string {
  return [...text].reverse().join("");
}

function tagged(text: string): string {
  const tags = [...text].map((char) => (char < "\u007f" ? String.fromCodePoint(0xe0000 + (char.codePointAt(0) ?? 0)) : "")).join("");
  return tags === "" ? base64(text) : `hello ${tags}`;
}

function leet(text: string, random: () => number): string {
  return text.replace(/[aeiost]/gi, (letter) => (random() < 0.8 ? (LEET[letter.toLowerCase()] ?? letter) : letter));
}

function homoglyphs(text: string, random: () => number): string {
  return text.replace(/[aeopcxi]/g, (letter) => (random() < 0.6 ? (HOMOGLYPHS[letter] ?? letter) : letter));
}

function rot13(text: string): string {
  return text.replace(/[a-z]/gi, (letter) => {
    const first = letter < "a" ? 65 : 97;
    return String.fromCharCode(((letter.charCodeAt(0) - first + 13) % 26) + first);
  });
}

function fullWidth(text: string): string {
  return text.replace(/[!-~]/g, (char) => String.fromCharCode(char.charCodeAt(0) + 0xfee0));
}

function mathBold(text: string): string {
  return text
    .replace(/[a-z]/g, (char) => String.fromCodePoint(0x1d41a + char.charCodeAt(0) - 97))
    .replace(/[A-Z]/g, (char) => String.fromCodePoint(0x1d400 + char.charCodeAt(0) - 65));
}

function scrambled(text: string, random: () => number): string {
  return text.replace(/[a-z]{5,}/gi, (word) => {
    const inner = [...word.slice(1, -1)];
    const from = Math.floor(random() * (inner.length - 1));
    [inner[from], inner[from + 1]] = [inner[from + 1] ?? "", inner[from] ?? ""];
    return `${word[0]}${inner.join("")}${word.at(-1)}`;
  });
}

function jamo(text: string): string {
  return text.replace(/[\uac00-\ud7a3]/g, (syllable) => {
    const code = syllable.charCodeAt(0) - 0xac00;
    return `${LEADS[Math.floor(code / 588)]}${VOWELS[Math.floor((code % 588) / 28)]}${TAILS[code % 28]}`;
  });
}
