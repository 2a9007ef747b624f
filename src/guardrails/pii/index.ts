import { type Finding, resolveOverlaps, type Span } from "../finding";
import { foldWidth } from "../fold-width";
import { findBankAccounts } from "./bank-account";
import { findCreditCards } from "./credit-card";
import { findCryptoWallets } from "./crypto-wallet";
import { findEmails } from "./email";
import { findIbans } from "./iban";
import { findIpAddresses } from "./ip-address";
import { findKoreanNumbers, findKoreanPassports, findRegionLicenses } from "./korean-numbers";
import { findMacAddresses } from "./mac-address";
import { numberRuns } from "./number-runs";
import { findPhones, phoneLibrary } from "./phone";
import { findPassports, findToldByContext } from "./told-by-context";
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

/**
 * Personal data in `text`: e-mail, phone, card, IBAN, identity numbers, network and wallet addresses, and what a sentence names
 * outright. Findings do not overlap and come in order. Time is linear in the text, and a text without digits, "@" or such
 * words costs one look.
 */
export function findPii(text: string, options: PiiOptions = {}): Finding[] {
  const folded = foldWidth(text);
  const spans = [...findToldByContext(folded), ...findWithAnchors(folded)];
  const wanted = spans.filter(({ type, score }) => score >= (options.scoreMin ?? SCORE_MIN) && (options.types?.has(type) ?? true));
  return resolveOverlaps(wanted).map((span) => ({ guard: "pii", ...span }));
}

function findWithAnchors(text: string): Span[] {
  const spans = text.includes("@") ? [...findEmails(text), ...findUrlCredentials(text)] : [];
  const words = longWords(text);
  spans.push(...findMacAddresses(text, words));
  if (!/\d/.test(text)) return spans;
  spans.push(
    ...findIbans(text),
    ...findIpAddresses(text),
    ...findCryptoWallets(text, words),
    ...findKoreanPassports(text, words),
    ...findRegionLicenses(text),
    ...findPassports(text),
  );
  const ask = phoneLibrary();
  for (const run of numberRuns(text))
    spans.push(
      ...findCreditCards(text, run),
      ...findKoreanNumbers(text, run),
      ...findSsns(text, run),
      ...findPhones(text, run, ask),
      ...findBankAccounts(text, run),
    );
  return spans;
}
