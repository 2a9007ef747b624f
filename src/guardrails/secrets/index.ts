import { type Finding, resolveOverlaps } from "../finding";
import { foldWidth } from "../fold-width";
import { findAssigned } from "./assigned";
import { findConnectionStrings } from "./connection-string";
import { findKnownFormats } from "./known-formats";
import { findShapes } from "./shapes";

/**
 * Credentials in `text`: tokens of published formats, private keys, JSON web tokens, connection strings, and drawn-looking values
 * beside a word like "password" or "api_key". Findings do not overlap and come in order. Time is linear in the text.
 */
export function findSecrets(text: string): Finding[] {
  const folded = foldWidth(text);
  const spans = [...findKnownFormats(folded), ...findShapes(folded), ...findConnectionStrings(folded), ...findAssigned(folded)];
  return resolveOverlaps(spans).map((span) => ({ guard: "secrets", ...span }));
}
