import type { Span } from "../finding";
import { saidBefore } from "./context";
import { sha256 } from "./sha256";
import type { Word } from "./words";

/** Checksums worked out per text; beyond it an address is taken by its shape, so that padding hides nothing and costs little. */
const CHECKSUMS_MAX = 300;

const BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const RIPPLE = "rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz";
/** Every kind of address is one word of letters and digits, of this length. */
const [ADDRESS_CHARS_MIN, ADDRESS_CHARS_MAX] = [25, 110];
/** Bitcoin and its test net, Litecoin, Dogecoin, Dash, Tron, Ripple: first characters of a base58check address. */
const BASE58_ADDRESS = /^(?:[123mnLMDAX9T]|r)[1-9A-HJ-NP-Za-km-z]{24,34}$/;
const BECH32_ADDRESS = /^(?:bc|tb|bcrt|ltc|addr|stake|cosmos|osmo|inj|celestia|terra|kava)1[02-9ac-hj-np-z]{38,100}$/i;
const ETHEREUM_ADDRESS = /^0x[0-9A-Fa-f]{40}$/;
/** CashAddr: in prose only with its prefix, or beside a word for a wallet. */
const BITCOIN_CASH_ADDRESS = /^[qp][02-9ac-hj-np-z]{41}$/;
const MONERO_ADDRESS = /^[48][0-9AB][1-9A-HJ-NP-Za-km-z]{93}(?:[1-9A-HJ-NP-Za-km-z]{11})?$/;
/** No checksum at all: only beside a word for a wallet. */
const SOLANA_ADDRESS = /^[1-9A-HJ-NP-Za-km-z]{32,44}$/;
const WALLET_WORDS =
  /wallet|crypto|\bcoins?\b|bitcoin(?:cash)?|\bbtc\b|\beth\b|ether|solana|\bsol\b|phantom|usdt|usdc|지갑|코인|암호화폐|가상자산/;

/** Wallet addresses by their checksum where the chain has one, by shape and context where it has none. */
export function findCryptoWallets(text: string, words: readonly Word[]): Span[] {
  const found: Span[] = [];
  let checks = 0;
  const passes = (check: () => boolean) => ++checks > CHECKSUMS_MAX || check();
  for (const { start, end } of words) {
    if (end - start < ADDRESS_CHARS_MIN || end - start > ADDRESS_CHARS_MAX) continue;
    const word = text.slice(start, end);
    const score = judgeWord(word, passes, () => saidBefore(text, start, WALLET_WORDS));
    if (score > 0) found.push({ type: "CRYPTO", start, end, score });
  }
  return found;
}

function judgeWord(word: string, passes: (check: () => boolean) => boolean, said: () => boolean): number {
  if (ETHEREUM_ADDRESS.test(word)) return /^0x(.)\1+$/i.test(word) ? 0 : 0.95;
  if (BECH32_ADDRESS.test(word)) return passes(() => passesBech32(word)) ? 0.97 : 0;
  if (BITCOIN_CASH_ADDRESS.test(word)) return said() ? 0.8 : 0;
  if (!looksDrawn(word)) return 0;
  if (BASE58_ADDRESS.test(word) && passes(() => passesBase58Check(word, word.startsWith("r") ? RIPPLE : BASE58))) return 0.97;
  if (MONERO_ADDRESS.test(word)) return 0.85;
  return (BASE58_ADDRESS.test(word) || SOLANA_ADDRESS.test(word)) && said() ? 0.6 : 0;
}

function looksDrawn(text: string): boolean {
  return /\d/.test(text) && /[a-z]/.test(text) && /[A-Z]/.test(text);
}

/** Base58check: the last four bytes are the head of a double SHA-256 of the rest. */
export function passesBase58Check(address: string, alphabet = BASE58): boolean {
  const bytes = decodeBase58(address, alphabet);
  if (bytes.length !== 25) return false;
  const digest = sha256(sha256(bytes.slice(0, -4)));
  return bytes.slice(-4).every((byte, at) => byte === digest[at]);
}

function decodeBase58(text: string, alphabet: string): Uint8Array {
  const little: number[] = [];
  for (const character of text) {
    let carry = alphabet.indexOf(character);
    for (let at = 0; at < little.length; at++) {
      carry += (little[at] ?? 0) * 58;
      little[at] = carry & 255;
      carry >>= 8;
    }
    for (; carry > 0; carry >>= 8) little.push(carry & 255);
  }
  let zeros = 0;
  while (text[zeros] === alphabet[0]) zeros++;
  return Uint8Array.from([...new Array<number>(zeros).fill(0), ...little.reverse()]);
}

const BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const GENERATORS = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];
/** BIP 173 and BIP 350: what the checksum of an untouched address comes to. */
const BECH32_SUMS = new Set([1, 0x2bc830a3]);

/** Bech32 and bech32m (BIP 173, BIP 350). */
export function passesBech32(address: string): boolean {
  if (address !== address.toLowerCase() && address !== address.toUpperCase()) return false;
  const lower = address.toLowerCase();
  const split = lower.lastIndexOf("1");
  const prefix = [...lower.slice(0, split)].map((character) => character.charCodeAt(0));
  const data = [...lower.slice(split + 1)].map((character) => BECH32.indexOf(character));
  if (split < 1 || data.includes(-1)) return false;
  let sum = 1;
  for (const value of [...prefix.map((code) => code >> 5), 0, ...prefix.map((code) => code & 31), ...data]) {
    const top = sum >>> 25;
    sum = ((sum & 0x1ffffff) << 5) ^ value;
    for (const [bit, generator] of GENERATORS.entries()) if ((top >> bit) & 1) sum ^= generator;
  }
  return BECH32_SUMS.has(sum);
}
