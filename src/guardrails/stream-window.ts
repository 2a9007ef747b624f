import type { Finding } from "./finding";
import { TokenRegion } from "./token-region";

/** Longest single value that is found whole: a private key or token of 8,192 characters and its marks. */
export const HELD_CHARS_MAX = 8_448;
/** Kept back of a word that is longer than any value, so that a value at its end is not cut in two. */
export const OVERLAP_CHARS = 1_280;
/** Text that left already and is still read, for the words that say what comes next. */
export const CONTEXT_CHARS = 96;
/** A held value longer than this is not read again before it grew by a quarter. */
const PATIENT_FROM_CHARS = 256;

export interface RedactStreamOptions {
  /** The guards: findings in order, none overlapping. */
  find(text: string): readonly Finding[];
  /** Whether `held`, coming after `context`, is worth asking `find` about; always when absent. Custom guards need every piece. */
  mayHold?(context: string, held: string): boolean;
  /** "redact" replaces and goes on; "block" stops before the first finding. */
  action: "redact" | "block";
  /** What stands for a value. */
  replace(type: string, value: string): string;
}

export interface Released {
  /** Text that may leave now. */
  text: string;
  /** What was found in it, in offsets of the whole stream. */
  findings: Finding[];
  /** With action "block": a value was seen, and nothing leaves any more. */
  blocked: boolean;
}

/**
 * Finds values in a text that arrives in pieces. Holds back the last unfinished word, and before it what may be the beginning of a value
 * written with spaces; prose is at most one piece late. A value never leaves in parts, whatever the pieces: it is held until it is
 * complete, or until it is longer than any value can be, and then dropped to its end.
 */
export class RedactStream {
  private context = "";
  private held = "";
  private releasedChars = 0;
  private readonly region = new TokenRegion();
  private readAgainAt = 0;
  private blocked = false;
  /** The end of a value that was too long to hold. */
  private swallows: "no" | "word" | "key" = "no";
  private readonly options: RedactStreamOptions;

  constructor(options: RedactStreamOptions) {
    this.options = options;
  }

  push(chunk: string): Released {
    if (this.blocked) return { text: "", findings: [], blocked: true };
    const kept = this.swallow(chunk);
    this.releasedChars += chunk.length - kept.length;
    this.held += kept;
    this.region.read(this.held);
    const tooLong = this.held.length > HELD_CHARS_MAX;
    const cut = tooLong ? Math.max(this.region.start, this.held.length - OVERLAP_CHARS) : this.region.start;
    if (cut === 0 || (!tooLong && this.held.length < this.readAgainAt)) return { text: "", findings: [], blocked: false };
    return this.release(cut, tooLong);
  }

  /** The rest, at the stream's end. */
  end(): Released {
    if (this.blocked) return { text: "", findings: [], blocked: true };
    return this.release(this.held.length, true);
  }

  /** Lets the text before `cut` go, less where a value reaches over it. */
  private release(cut: number, whole: boolean): Released {
    const offset = this.context.length;
    const worthIt = this.options.mayHold?.(this.context, this.held) ?? true;
    const found = worthIt ? this.options.find(this.context + this.held).filter(({ end }) => end > offset) : [];
    const findings: Finding[] = [];
    let [text, done] = ["", 0];
    let until = cut;
    for (const finding of found) {
      const [start, end] = [Math.max(finding.start - offset, done), finding.end - offset];
      if (start >= until || end <= done) continue;
      if (end > until && !whole) {
        until = start;
        break;
      }
      findings.push({ ...finding, start: this.releasedChars + start, end: this.releasedChars + end });
      text += this.held.slice(done, start);
      if (this.options.action === "block") return this.stop(text, findings);
      text += this.options.replace(finding.type, this.held.slice(start, end));
      done = end;
      if (end > until) until = end;
      if (whole && this.held.length > HELD_CHARS_MAX) {
        this.swallows = swallowing(finding.type, this.held, end);
        until = Math.max(until, this.held.length - this.swallow(this.held.slice(end)).length);
        done = until;
      }
    }
    text += this.held.slice(done, until);
    this.forget(until);
    this.readAgainAt = until < cut && this.held.length > PATIENT_FROM_CHARS ? this.held.length * 1.25 : 0;
    return { text, findings, blocked: false };
  }

  private forget(chars: number): void {
    this.context = (this.context + this.held.slice(0, chars)).slice(-CONTEXT_CHARS);
    this.region.drop(chars, this.held);
    this.held = this.held.slice(chars);
    this.releasedChars += chars;
  }

  private stop(text: string, findings: Finding[]): Released {
    this.blocked = true;
    this.held = "";
    return { text, findings, blocked: true };
  }

  /** What of `text` does not belong to a value that was replaced before its end was seen. */
  private swallow(text: string): string {
    if (this.swallows === "no") return text;
    const end = this.swallows === "word" ? END_OF_WORD.exec(text)?.index : END_OF_KEY.exec(text)?.index;
    if (end === undefined) return "";
    this.swallows = "no";
    return text.slice(end);
  }
}

const END_OF_WORD = /[\s"'`<>,;]/;
const END_OF_KEY = /(?<=-----)\s|[^A-Za-z0-9+/=\s-]/;

function swallowing(type: string, text: string, end: number): "no" | "word" | "key" {
  if (type === "PRIVATE_KEY") return text.slice(end - 5, end) === "-----" ? "no" : "key";
  return end === text.length ? "word" : "no";
}
