import { describe, expect, it } from "vitest";
import { repeated, SLOW_PIECES } from "../../test/support/slow-strings";
import { compileBlockList, compilePattern } from "./custom";
import { findPii } from "./pii";
import { RestoreStream } from "./restore-stream";
import { findSecrets } from "./secrets";
import { RedactStream } from "./stream-window";
import { Vault } from "./vault";

const CHARS = 250_000;
/** Quadratic work on so many characters takes many seconds; linear work a fraction of one. */
const GENEROUS_MS = 5_000;

const list = compileBlockList("g", "T", ["aaaaaaaab", "1 1 1 2", "----+"]);
const pattern = compilePattern("g", "T", "a+b|\\d+x");

function find(text: string) {
  return [...findPii(text), ...findSecrets(text), ...list.find(text), ...pattern.find(text)];
}

function throughStreams(text: string): void {
  const vault = new Vault();
  vault.placeholderFor("EMAIL", "kim@example.com");
  const [redacts, restores] = [
    new RedactStream({ find: (held) => findSecrets(held), action: "redact", replace: (type) => `[${type}]` }),
    new RestoreStream(vault),
  ];
  for (let at = 0; at < text.length; at += 1_000) {
    redacts.push(text.slice(at, at + 1_000));
    restores.push(text.slice(at, at + 1_000));
  }
  redacts.end();
  restores.end();
}

describe("a quarter of a million characters of", () => {
  it.each(Object.entries({ ...SLOW_PIECES, placeholders: "[EMAIL_", "escaped brackets": "\\[", "nested brackets": "[[EMAIL\\_1" }))(
    "%s take linear time",
    (_, piece) => {
      const text = repeated(piece, CHARS);
      const startedMs = performance.now();
      find(text);
      new Vault().redact(text, []);
      throughStreams(text);
      expect(performance.now() - startedMs).toBeLessThan(GENEROUS_MS);
    },
    GENEROUS_MS * 2,
  );
});
