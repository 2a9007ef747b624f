import { type Finding, resolveOverlaps } from "../finding";
import { foldWidth } from "../fold-width";
import { Spotter } from "../spotter";
import { findAssigned, HEADER, PRODUCT, TELLING } from "./assigned";
import { COMMAND, findOnCommandLines } from "./command-line";
import { findConnectionStrings } from "./connection-string";
import { findKnownFormats, formatPrefixes } from "./known-formats";
import { findShapes, JWT_START, SHAPE_HINTS } from "./shapes";

/** Made once, at the first text. */
let spotter: Spotter | undefined;

/**
 * Credentials in `text`: tokens of published formats, private keys, JSON web tokens, connection strings, and drawn-looking values
 * beside a word like "password" or "api_key". Findings do not overlap and come in order. Time is linear in the text.
 */
export function findSecrets(text: string): Finding[] {
  const folded = foldWidth(text);
  spotter ??= new Spotter([TELLING, PRODUCT, HEADER, formatPrefixes(), SHAPE_HINTS, JWT_START, COMMAND]);
  const [telling = [], product = [], header = [], formats = [], hint = [], jwt = [], command = []] = spotter.spots(folded);
  const spans = [
    ...findKnownFormats(folded, formats),
    ...findShapes(folded, { hint, jwt }),
    ...findConnectionStrings(folded, telling),
    ...findOnCommandLines(folded, command),
    ...findAssigned(folded, { telling, product, header }),
  ];
  return resolveOverlaps(spans).map(({ type, start, end, score }) => ({ guard: "secrets", type, start, end, score }));
}
