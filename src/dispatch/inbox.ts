/** Reports of several calls, for one reader that waits for the next with a bound. All within one request. */
export class Inbox<Event> {
  readonly #events: Event[] = [];
  #wake: () => void = () => {};
  #seekers: { wants: (event: Event) => boolean; found: (event: Event) => void }[] = [];

  put(event: Event): void {
    const seeker = this.#seekers.find(({ wants }) => wants(event));
    if (seeker) {
      this.#seekers = this.#seekers.filter((other) => other !== seeker);
      seeker.found(event);
      return;
    }
    this.#events.push(event);
    this.#wake();
  }

  /** The oldest report, if there is one. */
  take(): Event | undefined {
    return this.#events.shift();
  }

  /** Resolves when there is a report, when woken, or after `ms`. */
  async wait(ms: number): Promise<void> {
    if (this.#events.length > 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, Math.min(Math.max(0, ms), TIMER_MS_MAX));
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = () => {};
  }

  wake(): void {
    this.#wake();
  }

  /** The first report of this kind, now or later; it is taken out. */
  find(wants: (event: Event) => boolean): Promise<Event> {
    const at = this.#events.findIndex(wants);
    const [event] = at < 0 ? [] : this.#events.splice(at, 1);
    if (event !== undefined) return Promise.resolve(event);
    return new Promise((found) => this.#seekers.push({ wants, found }));
  }
}

/** A timer takes no more than 32 bits of milliseconds. */
const TIMER_MS_MAX = 2 ** 31 - 1;
