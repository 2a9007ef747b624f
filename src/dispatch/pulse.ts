/** Calls back again and again for as long as nothing happens, every `everyMs`. One timer, however often it is fed. */
export class Pulse {
  readonly #everyMs: number;
  readonly #now: () => number;
  #lastMs: number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Set while something is being sent: then it is not silent. */
  isSuspended = false;

  constructor(everyMs: number, now: () => number, onSilence: () => void) {
    this.#everyMs = everyMs;
    this.#now = now;
    this.#lastMs = now();
    this.#arm(everyMs, onSilence);
  }

  feed(): void {
    this.#lastMs = this.#now();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #arm(ms: number, onSilence: () => void): void {
    this.#timer = setTimeout(() => {
      const leftMs = this.#everyMs - (this.#now() - this.#lastMs);
      if (leftMs <= 0 && !this.isSuspended) {
        this.feed();
        onSilence();
      }
      this.#arm(leftMs > 0 ? leftMs : this.#everyMs, onSilence);
    }, ms);
  }
}
