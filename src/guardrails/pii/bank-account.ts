import type { Span } from "../finding";
import { saidAfter, saidBefore } from "./context";
import { digitsOf, type NumberRun, standsAlone } from "./number-runs";

const KOREAN_ACCOUNT = /(?<!\d)\d{3,6}-\d{2,6}-\d{3,8}(?:-\d{1,3})?(?!\d)/g;
const PLAIN_ACCOUNT = /(?<!\d)\d(?:[ -]?\d){6,16}(?!\d)/g;
const KOREAN_BANKS =
  /계좌|은행|신한|국민|우리|하나|농협|기업|카카오 ?뱅크|토스 ?뱅크|케이 ?뱅크|새마을|우체국|수협|부산은행|대구은행|입금|송금|이체|환불/;
const ACCOUNT_WORDS = /account (?:no|num|#)|acct|bank account|account:|계좌 ?번호|계정 ?번호|routing|iban|sort code/;
const ACCOUNT_CHARS_BEFORE = 24;

/** Bank accounts: only where a bank or an account is spoken of, since their digits prove nothing. */
export function findBankAccounts(text: string, run: NumberRun): Span[] {
  const found: Span[] = [];
  const slice = text.slice(run.start, run.end);
  for (const match of slice.matchAll(KOREAN_ACCOUNT)) {
    const [start, end] = [run.start + match.index, run.start + match.index + match[0].length];
    const digits = digitsOf(match[0]).length;
    if (digits < 10 || digits > 14 || !standsAlone(text, start, end)) continue;
    if (saidBefore(text, start, KOREAN_BANKS, ACCOUNT_CHARS_BEFORE) || saidAfter(text, end, KOREAN_BANKS, 10))
      found.push({ type: "KR_BANK_ACCOUNT", start, end, score: 0.86 });
  }
  for (const match of slice.matchAll(PLAIN_ACCOUNT)) {
    const [start, end] = [run.start + match.index, run.start + match.index + match[0].length];
    if (standsAlone(text, start, end) && saidBefore(text, start, ACCOUNT_WORDS, ACCOUNT_CHARS_BEFORE))
      found.push({ type: "BANK_ACCOUNT", start, end, score: 0.6 });
  }
  return found;
}
