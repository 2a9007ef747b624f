/** Made-up personal data that passes every checksum, for tests that need a lot of it. `random` answers 0 (incl.) to 1 (excl.). */
export interface PiiSample {
  type: string;
  value: string;
}

type Random = () => number;

const MAKERS: readonly ((random: Random) => PiiSample)[] = [
  (random) => ({
    type: "EMAIL",
    value: `${letters(random, 4)}.${letters(random, 6)}@${letters(random, 7)}.${pick(random, ["com", "co.kr", "de", "org"])}`,
  }),
  (random) => ({
    type: "PHONE",
    value: `010${pick(random, ["-", ".", " "])}${digits(random, 4)}-${digits(random, 4)}`
      .replace(/ (\d{4})-/, " $1 ")
      .replace(/\.(\d{4})-/, ".$1."),
  }),
  (random) => ({ type: "PHONE", value: `+82 10-${between(random, 2000, 9999)}-${digits(random, 4)}` }),
  (random) => ({ type: "PHONE", value: `(${between(random, 201, 989)}) ${between(random, 200, 999)}-${digits(random, 4)}` }),
  (random) => ({ type: "CREDIT_CARD", value: grouped(withLuhn(`4${digits(random, 14)}`), pick(random, ["", " ", "-"])) }),
  (random) => ({
    type: "CREDIT_CARD",
    value: grouped(withLuhn(`5${between(random, 1, 5)}${digits(random, 13)}`), pick(random, ["", " ", "-"])),
  }),
  (random) => ({ type: "IBAN", value: grouped(withMod97("DE", digits(random, 18)), pick(random, ["", " "])) }),
  (random) => ({
    type: "IBAN",
    value: grouped(withMod97("GB", `${letters(random, 4).toUpperCase()}${digits(random, 14)}`), pick(random, ["", " "])),
  }),
  (random) => ({ type: "US_SSN", value: `${between(random, 100, 665)}-${between(random, 10, 99)}-${between(random, 1000, 9999)}` }),
  (random) => ({ type: "IP_ADDRESS", value: [1, 2, 3, 4].map(() => between(random, 1, 254)).join(".") }),
  (random) => ({ type: "MAC_ADDRESS", value: [1, 2, 3, 4, 5, 6].map(() => between(random, 16, 254).toString(16)).join(":") }),
  (random) => ({
    type: "KR_RRN",
    value: `${between(random, 70, 99)}${two(between(random, 1, 12))}${two(between(random, 1, 28))}-${between(random, 1, 2)}${digits(random, 6)}`,
  }),
  (random) => ({ type: "CRYPTO", value: `0x${Array.from({ length: 40 }, () => pick(random, [..."0123456789abcdef"])).join("")}` }),
];

export function piiSample(random: Random): PiiSample {
  return pick(random, MAKERS)(random);
}

/** Prose without personal data, of `words` words. */
export function prose(random: Random, words: number): string {
  return Array.from({ length: words }, () => pick(random, WORDS)).join(" ");
}

/** `text` in pieces of 1 to `charsMax` code units. */
export function chunks(random: Random, text: string, charsMax: number): string[] {
  const pieces: string[] = [];
  for (let at = 0; at < text.length; ) {
    const size = between(random, 1, charsMax);
    pieces.push(text.slice(at, at + size));
    at += size;
  }
  return pieces;
}

export function pick<T>(random: Random, options: readonly T[]): T {
  const option = options[Math.floor(random() * options.length)];
  if (option === undefined) throw new Error("nothing to pick from");
  return option;
}

const WORDS =
  'the a report was sent yesterday and nobody answered so we wrote again, please look into it. 오늘 회의는 잘 끝났고 내일 다시 이야기합시다 however [note] "quoted" it\'s fine; see below: - item * star _under_ \\n end?'.split(
    " ",
  );

function between(random: Random, low: number, high: number): number {
  return low + Math.floor(random() * (high - low + 1));
}

function digits(random: Random, count: number): string {
  return Array.from({ length: count }, () => between(random, 0, 9)).join("");
}

function letters(random: Random, count: number): string {
  return Array.from({ length: count }, () => pick(random, [..."abcdefghijklmnopqrstuvwxyz"])).join("");
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

function grouped(text: string, separator: string): string {
  return (text.match(/.{1,4}/g) ?? []).join(separator);
}

function withLuhn(body: string): string {
  let sum = 0;
  for (const [at, digit] of [...body].reverse().entries()) {
    const weighted = at % 2 === 0 ? Number(digit) * 2 : Number(digit);
    sum += weighted > 9 ? weighted - 9 : weighted;
  }
  return body + ((10 - (sum % 10)) % 10);
}

function withMod97(country: string, account: string): string {
  const spelled = [...`${account}${country}00`].map((character) => Number.parseInt(character, 36)).join("");
  return `${country}${two(98 - Number(BigInt(spelled) % 97n))}${account}`;
}
