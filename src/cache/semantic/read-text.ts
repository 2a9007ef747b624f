import { readEnglish } from "./english-reader";
import { readKorean } from "./korean-reader";
import type { Reading } from "./reading";
import { hangulShare } from "./text";

/** From this share of Hangul letters on, a text is read as Korean. */
const KOREAN_SHARE_MIN = 0.3;

export function readText(text: string): Reading {
  return hangulShare(text) >= KOREAN_SHARE_MIN ? readKorean(text) : readEnglish(text);
}
