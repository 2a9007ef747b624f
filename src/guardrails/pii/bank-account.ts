import type { Span } from "../finding";
import { saidAfter, saidBefore, words } from "./context";
import { countDigits, type NumberRun, standsAlone } from "./number-runs";

const KOREAN_ACCOUNT = /(?<!\d)\d{3,6}-\d{2,6}-\d{3,8}(?:-\d{1,3})?(?!\d)/g;
const PLAIN_ACCOUNT = /(?<!\d)\d(?:[ -]?\d){6,16}(?!\d)/g;
const KOREAN_BANKS = words(
  /계좌|은행|신한|국민|우리|하나|농협|기업|카카오 ?뱅크|토스 ?뱅크|케이 ?뱅크|새마을|우체국|수협|부산은행|대구은행|입금|송금|이체|환불/,
);
const ACCOUNT_WORDS = words(/account (?:no|num|#)|acct|bank account|account:|계좌 ?번호|계정 ?번호|routing|iban|sort code/);
const ACCOUNT_CHARS_BEFORE = 24;
const BANK_CHARS_AFTER = 10;

/** Digits of a Korean account. */
const [KOREAN_DIGITS_MIN, KOREAN_DIGITS_MAX] = [10, 14];

/** Bank accounts: only where a bank or an account is spoken of, since their digits prove nothing. */
export function findBankAccounts(text: string, run: NumberRun): Span[] {
  const korean = run.words & KOREAN_BANKS.bit && run.digits >= KOREAN_DIGITS_MIN ? findKoreanAccounts(text, run) : [];
  return run.words & ACCOUNT_WORDS.bit ? [...korean, ...findPlainAccounts(text, run)] : korean;
}

function findKoreanAccounts(text: string, run: NumberRun): Span[] {
  const found: Span[] = [];
  const slice = text.slice(run.start, run.end);
  for (let match = KOREAN_ACCOUNT.exec(slice); match; match = KOREAN_ACCOUNT.exec(slice)) {
    const [start, end] = [run.start + match.index, run.start + match.index + match[0].length];
    const digits = countDigits(match[0]);
    if (digits < KOREAN_DIGITS_MIN || digits > KOREAN_DIGITS_MAX || !standsAlone(text, start, end)) continue;
    const { pattern } = KOREAN_BANKS;
    if (saidBefore(text, start, pattern, ACCOUNT_CHARS_BEFORE) || saidAfter(text, end, pattern, BANK_CHARS_AFTER))
      found.push({ type: "KR_BANK_ACCOUNT", start, end, score: 0.86 });
  }
  return found;
}

function findPlainAccounts(text: string, run: NumberRun): Span[] {
  const found: Span[] = [];
  const slice = text.slice(run.start, run.end);
  for (let match = PLAIN_ACCOUNT.exec(slice); match; match = PLAIN_ACCOUNT.exec(slice)) {
    const [start, end] = [run.start + match.index, run.start + match.index + match[0].length];
    if (standsAlone(text, start, end) && saidBefore(text, start, ACCOUNT_WORDS.pattern, ACCOUNT_CHARS_BEFORE))
      found.push({ type: "BANK_ACCOUNT", start, end, score: 0.6 });
  }
  return found;
}
