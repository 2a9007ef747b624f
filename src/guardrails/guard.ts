import type { GuardAction } from "../config";
import type { Finding } from "./finding";

/** Whose words a text is. Tool results and documents are nobody's whom the model should obey. */
export type Place = "system" | "user" | "assistant" | "tool-result" | "tool-arguments" | "document" | "schema";

/** One guard. Looking is pure, and linear in the text. */
export interface Guard {
  name: string;
  /** What becomes of what it finds in requests, and in replies. */
  input: GuardAction;
  output: GuardAction;
  onFailure: "open" | "closed";
  /** May throw: `onFailure` then says what that means. */
  find(text: string, place: Place): readonly Finding[];
  /**
   * How many code units at the end of a text may be the beginning of a match that goes on over white space; absent where matches are single words, which
   * the stream window knows how to hold.
   */
  mayGrow?(text: string): number;
  /**
   * Whether the end of a stream's text, coming after what has left already, is worth asking about at all; absent where every piece has to be looked at.
   * Cheap, and never false where `find` would find something in it.
   */
  mayHold?(context: string, held: string): boolean;
  /** Findings say something of the text as a whole, not of the places where they stand. */
  isOfWhole?: true;
}

/** What a guard did in a request: names and counts, never the text. */
export interface GuardDecision {
  guard: string;
  direction: "input" | "output";
  action: "flag" | "redact" | "block" | "failed-open" | "failed-closed";
  count: number;
}

/** What the policy allows for an input of this size; a guard that is given more has overrun. In UTF-16 code units. */
export const INSPECTED_CHARS_MAX = 2 * 1024 * 1024;

/** The tally of a request. */
export class Decisions {
  readonly #counts = new Map<string, GuardDecision>();

  add(decision: Omit<GuardDecision, "count">, count = 1): void {
    const key = `${decision.guard} ${decision.direction} ${decision.action}`;
    const held = this.#counts.get(key);
    this.#counts.set(key, { ...decision, count: (held?.count ?? 0) + count });
  }

  get list(): GuardDecision[] {
    return [...this.#counts.values()];
  }

  /** `pii=redact:3; injection=block:1`, replies' marked with `output`. */
  get header(): string | undefined {
    if (this.#counts.size === 0) return undefined;
    return this.list
      .map(({ guard, direction, action, count }) => `${direction === "output" ? "output " : ""}${guard}=${action}:${count}`)
      .join("; ");
  }
}
