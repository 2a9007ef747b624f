import { type Finding, resolveOverlaps } from "./finding";

/** What stood before is shown to finders as the text's beginning, so that they see whether a word goes on. */
const CONTEXT_CHARS = 2;

export interface SpanStreamOptions {
  find(text: string): readonly Finding[];
  /** How many code units at the end of the text may be the beginning of a match. */
  mayGrow(text: string): number;
  /** What becomes of a finding: replaced by a text, or null: the stream stops before it. */
  settle(finding: Finding, value: string): string | null;
}

/**
 * Finds what may go on over white space (listed phrases, an operator's expressions) in a text that arrives in pieces. Holds back only what may be the
 * beginning of a match.
 */
export class SpanStream {
  readonly #options: SpanStreamOptions;
  #context = "";
  #held = "";
  /** A finding has stopped the stream. */
  isStopped = false;

  constructor(options: SpanStreamOptions) {
    this.#options = options;
  }

  push(piece: string, isEnd: boolean): string {
    if (this.isStopped) return "";
    this.#held += piece;
    const grows = isEnd ? 0 : Math.min(this.#held.length, this.#options.mayGrow(this.#held));
    let cut = this.#held.length - grows;
    const offset = this.#context.length;
    const found = resolveOverlaps(this.#options.find(this.#context + this.#held).filter(({ start }) => start >= offset));
    let [text, done] = ["", 0];
    for (const finding of found) {
      const [start, end] = [finding.start - offset, finding.end - offset];
      if (start >= cut) break;
      // A longer match may begin here: it waits until that is known.
      if (end > cut) {
        cut = start;
        break;
      }
      text += this.#held.slice(done, start);
      const replacement = this.#options.settle(finding, this.#held.slice(start, end));
      if (replacement === null) {
        this.isStopped = true;
        this.#held = "";
        return text;
      }
      text += replacement;
      done = end;
    }
    text += this.#held.slice(done, cut);
    this.#context = (this.#context + this.#held.slice(0, cut)).slice(-CONTEXT_CHARS);
    this.#held = this.#held.slice(cut);
    return text;
  }
}
