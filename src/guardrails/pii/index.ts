import { type Finding, resolveOverlaps, type Span } from "../finding";
import { foldWidth } from "../fold-width";
import { endOfMatch, Spotter } from "../spotter";
import { findBankAccounts } from "./bank-account";
import { hasOddCase } from "./context";
import { findCreditCards } from "./credit-card";
import { findCryptoWallets } from "./crypto-wallet";
import { findEmails } from "./email";
import { findIbans } from "./iban";
import { findIpAddresses } from "./ip-address";
import { findKoreanNumbers, findKoreanPassports, findRegionLicenses } from "./korean-numbers";
import { DEVICE_WORD, findMacAddresses } from "./mac-address";
import { numberRuns } from "./number-runs";
import { findPhones, phoneLibrary } from "./phone";
import { findPassports, findToldByContext, PASSPORT, TOLD_PATTERNS } from "./told-by-context";
import { findUrlCredentials } from "./url-credentials";
import { findSsns } from "./us-ssn";
import { longWords } from "./words";

export interface PiiOptions {
  /** Only these types; all of them when absent. */
  types?: ReadonlySet<string>;
  /** Findings below this score are left out, 0 to 1; 0.5 when absent. */
  scoreMin?: number;
}

const SCORE_MIN = 0.5;

/** Made once, at the first text. */
let spotter: Spotter | undefined;

/**
 * Personal data in `text`: e-mail, phone, card, IBAN, identity numbers, network and wallet addresses, and what a sentence names
 * outright. Findings do not overlap and come in order. Time is linear in the text, and a text without digits, "@" or such
 * words costs one look.
 */
export function findPii(text: string, options: PiiOptions = {}): Finding[] {
  const folded = foldWidth(text);
  spotter ??= new Spotter([PASSPORT, DEVICE_WORD, ...TOLD_PATTERNS]);
  const [passports = [], devices = [], ...told] = spotter.spots(folded);
  const hasDevice = devices.some((at) => endOfMatch(folded, DEVICE_WORD, at) >= 0) || hasOddCase(folded);
  const spans = [...findToldByContext(folded, told), ...findWithAnchors(folded, passports, hasDevice)];
  const { scoreMin = SCORE_MIN, types } = options;
  const wanted = spans.filter(({ type, score }) => score >= scoreMin && (types?.has(type) ?? true));
  return resolveOverlaps(wanted).map(({ type, start, end, score }) => ({ guard: "pii", type, start, end, score }));
}

/** `passports` are the places where the word may stand; `hasDevice` is whether a word for a device may. */
function findWithAnchors(text: string, passports: readonly number[], hasDevice: boolean): Span[] {
  const spans = text.includes("@") ? [...findEmails(text), ...findUrlCredentials(text)] : [];
  const hasDigits = /\d/.test(text);
  const words = hasDigits || hasDevice ? longWords(text) : [];
  spans.push(...findMacAddresses(text, words, hasDevice));
  if (!hasDigits) return spans;
  spans.push(
    ...findIbans(text),
    ...findIpAddresses(text),
    ...findCryptoWallets(text, words),
    ...findKoreanPassports(text, words),
    ...findPassports(text, passports),
  );
  const ask = phoneLibrary();
  const runs = numberRuns(text);
  spans.push(...findRegionLicenses(text, runs));
  for (const run of runs)
    spans.push(
      ...findCreditCards(text, run),
      ...findKoreanNumbers(text, run),
      ...findSsns(text, run),
      ...findPhones(text, run, ask),
      ...findBankAccounts(text, run),
    );
  return spans;
}
