const TILDE = 0x7e;
const NEWLINE = 0x0a;
const HEAD_END = "\r\n\r\n";

/** One HTTP/1.1 reply as it arrives. Picks out the stamps `~…~` that the simulated upstream puts into its events. */
export class HttpReply {
  status = 0;
  complete = false;
  firstByteUs: number | undefined;
  /** Times at which the events were written upstream, in microseconds. */
  readonly stampsUs: number[] = [];
  /** The first bytes of the reply, for a message about what went wrong. */
  beginning = "";
  #head: Buffer | undefined;
  #headDone = false;
  #chunked = false;
  /** Bytes left of the body, or of the current HTTP chunk with its line end. */
  #left = 0;
  /** A chunk's size line, as far as it is there. */
  #sizeLine = "";
  #lastChunk = false;
  /** A stamp, as far as it is there. */
  #stamp: string | undefined;

  push(bytes: Buffer, nowUs: number): void {
    let body = bytes;
    if (!this.#headDone) {
      const all = this.#head ? Buffer.concat([this.#head, bytes]) : bytes;
      const end = all.indexOf(HEAD_END);
      if (end < 0) {
        // The buffer is used again for the next read.
        this.#head = Buffer.from(all);
        return;
      }
      this.#readHead(all.toString("latin1", 0, end));
      this.beginning = this.status === 200 ? "" : all.toString("utf8");
      body = all.subarray(end + HEAD_END.length);
    }
    if (body.length > 0) this.firstByteUs ??= nowUs;
    if (this.#chunked) this.#pushChunked(body);
    else {
      this.#scan(body, 0, body.length);
      this.#left -= body.length;
      this.complete = this.#left <= 0;
    }
  }

  #readHead(head: string): void {
    this.#headDone = true;
    this.status = Number(head.slice(9, 12));
    this.#chunked = /\r\ntransfer-encoding:[^\r]*chunked/i.test(head);
    this.#left = this.#chunked ? 0 : Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
  }

  #pushChunked(bytes: Buffer): void {
    let at = 0;
    while (at < bytes.length && !this.complete) {
      if (this.#left > 0) {
        const end = Math.min(bytes.length, at + this.#left);
        // The chunk's own line end is counted in, and holds no stamp.
        this.#scan(bytes, at, end);
        this.#left -= end - at;
        at = end;
        if (this.#left === 0 && this.#lastChunk) this.complete = true;
        continue;
      }
      const lineEnd = bytes.indexOf(NEWLINE, at);
      if (lineEnd < 0) {
        this.#sizeLine += bytes.toString("latin1", at);
        return;
      }
      const size = Number.parseInt(this.#sizeLine + bytes.toString("latin1", at, lineEnd), 16);
      this.#sizeLine = "";
      this.#lastChunk = size === 0;
      this.#left = size + 2;
      at = lineEnd + 1;
    }
  }

  #scan(bytes: Buffer, start: number, end: number): void {
    let at = start;
    while (at < end) {
      const tilde = bytes.indexOf(TILDE, at);
      const found = tilde >= 0 && tilde < end;
      if (this.#stamp === undefined) {
        if (!found) return;
        this.#stamp = "";
      } else {
        this.#stamp += bytes.toString("latin1", at, found ? tilde : end);
        if (!found) return;
        this.stampsUs.push(Number.parseInt(this.#stamp, 36));
        this.#stamp = undefined;
      }
      at = tilde + 1;
    }
  }
}
