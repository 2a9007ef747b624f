/** Longest value that is written with spaces: an IBAN of 34 in groups, a phone with extension, an address of a few words. */
export const SPACED_CHARS_MAX = 64;

/** A piece of a number, of a spaced IBAN or hardware address, or of a key's first line. */
const PIECE = /\d|^[0-9A-Fa-f]{2}$|^-----BEGIN/;
const PIECE_INSIDE = /^[A-Z-]{1,12}$|^(?:x|ext\.?|내선)$|^[^\p{L}\p{N}]+$/u;
const OPENING = /^[+(]+$/;
/** Words that announce what comes next, and characters looked at for them. */
const ANNOUNCES =
  /(?:\bname(?: is|:)|\bborn(?: on)?|birth(?:day|date)?(?: is|:)?|\bdob:?|address(?: is|:)|\blive at|이름은|이름:|성함은|성명:?|생년월일(?:은|:)?|주소(?:는|:)?)\s$/i;
const ANNOUNCE_CHARS = 24;
/** How such words end, so that few others are looked at as a whole. */
const ANNOUNCE_ENDS: ReadonlySet<string> = new Set(
  "is e: rn on th ay te h: y: ob b: s: at 름은 름: 함은 성명 명: 월일 일은 일: 주소 소는 소:".split(" "),
);
/** Two small letters that are no hexadecimal pair: prose goes on, whatever number stood before is complete. */
const PROSE = /^(?![0-9a-f]{2}$|ex)[a-z]{2}$/;

/**
 * Follows a growing text and knows from where on it may still turn into something longer: the last unfinished word, and before it the
 * pieces of a number written with spaces. Each character is looked at once.
 */
export class TokenRegion {
  private length = 0;
  private tokenStart = 0;
  /** Starts of the pieces before the current token, oldest first. */
  private pieces: number[] = [];
  private announcedUntil = -1;
  /** The end of what was dropped: the words that announce may be among it. */
  private dropped = "";

  /** Where the region begins, in the text as it is now. */
  get start(): number {
    return this.pieces[0] ?? this.tokenStart;
  }

  /** Reads `text` from where it stopped. `text` is all that was given and not yet dropped. */
  read(text: string): void {
    for (; this.length < text.length; this.length++) this.step(text, this.length);
  }

  /** Forgets the first `chars` of `text`. */
  drop(chars: number, text: string): void {
    this.dropped = (this.dropped + text.slice(Math.max(0, chars - ANNOUNCE_CHARS), chars)).slice(-ANNOUNCE_CHARS);
    this.length -= chars;
    this.tokenStart = Math.max(0, this.tokenStart - chars);
    this.announcedUntil -= chars;
    this.pieces = this.pieces.map((start) => start - chars).filter((start) => start >= 0);
  }

  private step(text: string, at: number): void {
    const code = text.charCodeAt(at);
    if (isSpace(code)) this.endToken(text, at);
    else if (isIdeograph(code)) this.startAnew(at + 1);
    else if (at === this.tokenStart + 1 && at > this.announcedUntil && PROSE.test(text.slice(this.tokenStart, at + 1))) this.pieces = [];
  }

  private endToken(text: string, at: number): void {
    const token = text.slice(this.tokenStart, Math.min(at, this.tokenStart + SPACED_CHARS_MAX));
    const next = at + 1;
    if (this.announces(text, at)) this.announcedUntil = next + SPACED_CHARS_MAX;
    const inside = this.pieces.length > 0;
    const grows = token === "" ? inside : PIECE.test(token) || OPENING.test(token) || (inside && PIECE_INSIDE.test(token));
    if (
      grows ||
      (token !== "" &&
        at <= this.announcedUntil &&
        next <= this.announcedUntil &&
        this.tokenStart >= this.announcedUntil - SPACED_CHARS_MAX)
    ) {
      if (token !== "") this.pieces.push(this.tokenStart);
      while (this.pieces.length > 0 && next - (this.pieces[0] ?? 0) > SPACED_CHARS_MAX) this.pieces.shift();
    } else this.pieces = [];
    this.tokenStart = next;
  }

  /** Whether what stands before the space at `at` says what comes next. */
  private announces(text: string, at: number): boolean {
    const ending = at >= 2 ? text.slice(at - 2, at) : (this.dropped + text.slice(0, at)).slice(-2);
    if (!ANNOUNCE_ENDS.has(ending.toLowerCase())) return false;
    const next = at + 1;
    return ANNOUNCES.test((this.dropped + text.slice(Math.max(0, next - ANNOUNCE_CHARS), next)).slice(-ANNOUNCE_CHARS));
  }

  private startAnew(at: number): void {
    this.pieces = [];
    this.tokenStart = at;
  }
}

function isSpace(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13) || code === 0x3000;
}

/** Chinese and Japanese letters and signs: written without spaces, and part of no number. Full-width forms are. */
function isIdeograph(code: number): boolean {
  return (code >= 0x3001 && code <= 0x30ff) || (code >= 0x3400 && code <= 0x9fff);
}
