/** How often each code unit of ASCII stands in the text at hand; all zero between two texts. */
const COUNTS = new Uint16Array(128);

/** Bits per character of the characters' own distribution. */
export function shannonEntropy(text: string): number {
  if (/[^\0-\x7f]/.test(text)) return entropyOf(countsOf(text), text.length);
  const inOrder: number[] = [];
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    COUNTS[code] = (COUNTS[code] ?? 0) + 1;
  }
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    const count = COUNTS[code] ?? 0;
    if (count > 0) inOrder.push(count);
    COUNTS[code] = 0;
  }
  return entropyOf(inOrder, text.length);
}

function countsOf(text: string): number[] {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  return [...counts.values()];
}

function entropyOf(counts: readonly number[], total: number): number {
  let bits = 0;
  for (const count of counts) bits -= (count / total) * Math.log2(count / total);
  return bits;
}

const BLANKED = /^(.)\1+$|xxxx|XXXX|\*{3}|\.{3}|0{8}|0123456789|12345678(?:9|$)|abcdefgh/i;
const TEMPLATE =
  /^\$|\$\{[\w.:=$()\- ]{1,60}\}|^\{\{|\{\{ ?[A-Za-z_.$ -]{1,60}\}\}|<[^>]*>?$|^<|%[sd](?![A-Za-z0-9])|%\(|^%|^\{[\w.]{1,40}(?:\}|$)|^\[[A-Za-z_ ]|^@|^env[.:(]|^process\.|^os\./;
const WORDS_FOR_ONE =
  /^(?:your|my|the|some|an?|real|fake|dummy|test|example|sample|insert|enter|change|replace|placeholder|redacted|not|null|none|undefined|true|false|password|passwd|secret|token|key|foo|bar|user(?:name)?)(?:[_\-. ]|$)|[_-]here$|change_?me|placeholder|redacted|^A[KS]IA[A-Z0-9]{9}EXAMPLE$/i;

/** What stands where a secret would: blanks, templates, "your-key-here". */
export function isPlaceholder(value: string): boolean {
  return BLANKED.test(value) || TEMPLATE.test(value) || WORDS_FOR_ONE.test(value);
}

/** Blanks only: "xxxx", "****", one character over and over. */
export function isBlanked(value: string): boolean {
  return BLANKED.test(value);
}

/** Whether a run of letters and digits was drawn rather than written by a person naming things. */
export function looksDrawn(value: string): boolean {
  if (!/\d/.test(value) || !/[A-Za-z]/.test(value)) return false;
  return shannonEntropy(value) >= (value.length >= 32 ? 3 : value.length >= 20 ? 3.2 : 2.9) && !looksNamed(value);
}

/** How often a value goes from one of small letters, capitals and digits to another; a capital before a small letter is a word's. */
export function classChanges(value: string): number {
  let [changes, last] = [0, ""];
  for (const character of value) {
    const kind = /[a-z]/.test(character) ? "a" : /[A-Z]/.test(character) ? "A" : /\d/.test(character) ? "0" : "";
    if (kind !== "" && last !== "" && kind !== last && !(last === "A" && kind === "a")) changes++;
    last = kind;
  }
  return changes;
}

/** `k8sServiceAccountTokenProvider`: mostly whole words, each with a capital. */
function looksCamelCase(value: string): boolean {
  const words = value.match(/[A-Z][a-z]{3,}/g) ?? [];
  return words.length >= 2 && words.join("").length >= 0.55 * value.length && value.replace(/\D/g, "").length <= 3;
}

/** `exchangeX509Token`, `ed25519.Ed25519PrivateKey`: an identifier of words, whatever number is among them. */
export function looksWorded(value: string): boolean {
  if (!/^[A-Za-z_$][\w$.]*$/.test(value) || !/[A-Z]/.test(value)) return false;
  return (value.match(/[A-Z]?[a-z]{3,}/g) ?? []).join("").length >= 0.6 * value.length;
}

/** `some_name_v2`, `api-gateway-2023`, `rc0.15.0_20231217`: words and version numbers joined. */
function looksNamed(value: string): boolean {
  if (looksCamelCase(value)) return true;
  const parts = value.split(/[_\-./:+=]/).filter(Boolean);
  const plain = parts.filter((part) =>
    /^(?:[A-Za-z]?[a-z]{0,14}|[A-Z]{1,12}|[A-Z]{1,3}\d{1,3}|v?\d{1,12}|\d{8}T\d{4,6}Z?|(?:[A-Z][a-z]{2,12}){1,4}\d{0,2}|[A-Z]?[a-z]{1,12}\d{1,6})$/.test(
      part,
    ),
  );
  return plain.length === parts.length;
}
