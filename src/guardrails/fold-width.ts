const UNUSUAL = /[\u00a0\u2007\u2010-\u2015\u202f\u2212\u3000\uff01-\uff5e]/;
const [SPACE, HYPHEN] = [32, 45];
const DECODER = new TextDecoder();
/** As JSON writes them; the letter would join what follows. */
const ESCAPED_BREAK = /\\[nrt]/g;
const UNUSUAL_RUNS = /[\u00a0\u2007\u2010-\u2015\u202f\u2212\u3000\uff01-\uff5e]+/g;

/**
 * Full-width letters and digits, typographic hyphens and non-breaking spaces as their ASCII twins, and the line breaks and tabs of a JSON string
 * (`\n`, `\t`) as spaces, lest their letter joins the value behind them. One code unit for one, so that
 * offsets into the result are offsets into the text.
 */
export function foldWidth(text: string): string {
  const folded = UNUSUAL.test(text) ? text.replace(UNUSUAL_RUNS, asciiTwins) : text;
  return folded.includes("\\") ? folded.replace(ESCAPED_BREAK, "  ") : folded;
}

function asciiTwins(run: string): string {
  const bytes = new Uint8Array(run.length);
  for (let at = 0; at < run.length; at++) {
    const code = run.charCodeAt(at);
    if (code >= 0xff01) bytes[at] = code - 0xfee0;
    else bytes[at] = code === 0x2212 || (code >= 0x2010 && code <= 0x2015) ? HYPHEN : SPACE;
  }
  return DECODER.decode(bytes);
}
