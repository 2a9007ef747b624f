/** Replies remembered per model. */
const SAMPLES_MAX = 50;
/** Fewer say nothing yet. */
const SAMPLES_MIN = 5;
const MODELS_MAX = 500;
/** What is expected of a model of which nothing is known. */
const OUTPUT_TOKENS_UNKNOWN = 1024;
/** Reservations have to hold: a quarter more than the longest lately. */
const MARGIN = 1.25;

/** How many tokens models write lately where nobody says how many they may: what is reserved for a call that names no cap. */
export class OutputExpectation {
  readonly #samples = new Map<string, number[]>();

  learn(model: string, outputTokens: number): void {
    const samples = this.#samples.get(model) ?? [];
    samples.push(outputTokens);
    if (samples.length > SAMPLES_MAX) samples.shift();
    this.#samples.delete(model);
    this.#samples.set(model, samples);
    if (this.#samples.size <= MODELS_MAX) return;
    for (const oldest of this.#samples.keys()) {
      this.#samples.delete(oldest);
      break;
    }
  }

  /** Of one reply, at most `cap`. */
  of(model: string, cap: number): number {
    const samples = this.#samples.get(model) ?? [];
    const expected = samples.length < SAMPLES_MIN ? OUTPUT_TOKENS_UNKNOWN : Math.ceil(Math.max(...samples) * MARGIN);
    return Math.min(cap, expected);
  }
}
