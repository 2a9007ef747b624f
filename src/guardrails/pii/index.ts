import { type Finding, resolveOverlaps, type Span } from "../finding";
import { foldWidth } from "../fold-width";
import { Spotter } from "../spotter";
import { findBankAccounts } from "./bank-account";
import { findCreditCards } from "./credit-card";
import { findCryptoWallets } from "./crypto-wallet";
import { ENCODED_AT, findEmails } from "./email";
import { findIbans } from "./iban";
import { findIpAddresses } from "./ip-address";
import { findKoreanNumbers, findKoreanPassports, findRegionLicenses } from "./korean-numbers";
import { DEVICE_WORD, findMacAddresses, type NearDevices, nearDevices } from "./mac-address";
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
  spotter ??= new Spotter([...TOLD_PATTERNS, PASSPORT, DEVICE_WORD]);
  const spots = spotter.spots(folded);
  const [passports = [], devices = []] = spots.slice(TOLD_PATTERNS.length);
  const { scoreMin = SCORE_MIN, types } = options;
  const wanted: Span[] = [];
  const take = (found: readonly Span[]) => {
    for (const span of found) if (span.score >= scoreMin && (types?.has(span.type) ?? true)) wanted.push(span);
  };
  take(findToldByContext(folded, spots));
  findWithAnchors(folded, passports, nearDevices(folded, devices), take);
  return resolveOverlaps(wanted).map(({ type, start, end, score }) => ({ guard: "pii", type, start, end, score }));
}

const OF_NUMBERS = [findCreditCards, findKoreanNumbers, findSsns, findPhones, findBankAccounts];

/** `passports` are the places where the word may stand. */
function findWithAnchors(text: string, passports: readonly number[], near: NearDevices, take: (found: readonly Span[]) => void): void {
  const hasAt = text.includes("@");
  if (hasAt || text.includes(ENCODED_AT)) take(findEmails(text));
  if (hasAt) take(findUrlCredentials(text));
  const hasDigits = /\d/.test(text);
  const words = hasDigits || near.length > 0 ? longWords(text) : [];
  take(findMacAddresses(text, words, near));
  if (!hasDigits) return;
  take(findIbans(text));
  take(findIpAddresses(text));
  take(findCryptoWallets(text, words));
  take(findKoreanPassports(text, words));
  take(findPassports(text, passports));
  const runs = numberRuns(text);
  take(findRegionLicenses(text, runs));
  const ask = phoneLibrary();
  for (const run of runs) for (const find of OF_NUMBERS) take(find(text, run, ask));
}
