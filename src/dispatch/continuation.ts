import type { InferenceEvent, InferenceRequest } from "../inference";

/** Text beyond this is not sent back to be continued. */
const PARTIAL_CHARS_MAX = 200_000;
/** So much of a continuation is held until it is known whether it repeats what was there. */
const HELD_CHARS = 240;
/** A shorter match of ending and beginning is taken for chance. */
const OVERLAP_CHARS_MIN = 12;

/** Asks for the rest. No prefill: the newer models refuse a conversation that ends with their own words. */
const GO_ON =
  "Your last message was cut off by a technical failure. Go on from exactly where it ends: begin with the very next character, repeat nothing of it, and add no remark.";

/**
 * What is left of a reply that broke off, while another deployment goes on with it: the events of both read as one reply. Only plain text is
 * continued: not a reply in which a tool call began, not one of several choices, not one that had finished.
 */
export class Splice {
  /** All text so far. */
  #text = "";
  /** Parts that were shown, and whether the last one is a text that is open. */
  #parts = 0;
  #isTextOpen = false;
  #isSafe = true;
  /** `held`: the continuation's first text is held until it is known what of it is new. `joined`: it goes on in the part that was open. */
  #phase: "first" | "held" | "joined" = "first";
  #held = "";
  /** The continuation's own reasoning is being passed over. */
  #isReasoning = false;

  /** The events to show for these, of the first reply or of a continuation. */
  pass(events: readonly InferenceEvent[]): InferenceEvent[] {
    const shown: InferenceEvent[] = [];
    for (const event of events) {
      for (const one of this.#phase === "first" ? [event] : this.#joined(event)) {
        this.#note(one);
        shown.push(one);
      }
    }
    return shown;
  }

  /** Whether what was shown can be gone on with. */
  get canContinue(): boolean {
    return this.#isSafe && this.#isTextOpen && this.#text.trim() !== "" && this.#text.length <= PARTIAL_CHARS_MAX;
  }

  /** The request for the rest; from here on the events are its reply's. */
  resume(request: InferenceRequest): InferenceRequest {
    this.#phase = "held";
    this.#held = "";
    return {
      ...request,
      turns: [
        ...request.turns,
        { role: "assistant", parts: [{ type: "text", text: this.#text }] },
        { role: "user", parts: [{ type: "text", text: GO_ON }] },
      ],
    };
  }

  #note(event: InferenceEvent): void {
    if (event.type === "part-start") {
      this.#parts += 1;
      this.#isTextOpen = event.start.type === "text";
      this.#isSafe &&= event.choice === 0 && (event.start.type === "text" || event.start.type === "reasoning");
    } else if (event.type === "part-delta" && event.delta.type === "text") {
      this.#text += event.delta.text;
    } else if (event.type === "part-end") {
      this.#isTextOpen = false;
    } else if (event.type === "finish") {
      this.#isSafe = false;
    }
  }

  /** An event of a continuation, as it goes on with what was shown. */
  #joined(event: InferenceEvent): InferenceEvent[] {
    switch (event.type) {
      case "start":
        return [];
      case "part-start":
        if (this.#phase === "held" && event.start.type === "text") return [];
        this.#isReasoning = this.#phase === "held" && event.start.type === "reasoning";
        return this.#isReasoning ? [] : [...this.#release(true), { ...event, part: this.#parts }];
      case "part-delta":
        if (this.#isReasoning) return [];
        if (this.#phase === "held" && event.delta.type === "text") return this.#hold(event.delta.text);
        return [{ ...event, part: this.#parts - 1 }];
      case "part-end": {
        const wasReasoning = this.#isReasoning;
        this.#isReasoning = false;
        if (wasReasoning) return [];
        return this.#phase === "held" ? this.#release(true) : [{ ...event, part: this.#parts - 1 }];
      }
      case "finish":
        return [...this.#release(true), event];
      default:
        return [event];
    }
  }

  #hold(text: string): InferenceEvent[] {
    this.#held += text;
    // What only says again what was there is held until it has come to where the first reply broke off.
    const isRepeating = this.#held.length < this.#text.length && this.#text.includes(this.#held);
    return this.#held.length < HELD_CHARS || isRepeating ? [] : this.#release(false);
  }

  /** What is new of the text that was held. */
  #release(closes: boolean): InferenceEvent[] {
    if (this.#phase !== "held") return [];
    this.#phase = "joined";
    const part = this.#parts - 1;
    const text = withoutOverlap(this.#text, this.#held);
    const delta: InferenceEvent[] = text === "" ? [] : [{ type: "part-delta", choice: 0, part, delta: { type: "text", text } }];
    return closes ? [...delta, { type: "part-end", choice: 0, part }] : delta;
  }
}

/** The continuation without what it repeats of the text before it: all of it from the beginning, or its last words. */
export function withoutOverlap(before: string, after: string): string {
  if (after.startsWith(before)) return after.slice(before.length);
  for (let length = Math.min(before.length, after.length); length >= OVERLAP_CHARS_MIN; length--) {
    if (before.endsWith(after.slice(0, length))) return after.slice(length);
  }
  return after;
}
