import type { InferenceEvent, Part } from "../inference";
import { checkOutput, OUTPUT_CHARS_MAX } from "./custom";
import type { Decisions } from "./guard";

/** What the text of every choice must be. */
export interface OutputRule {
  schema: Record<string, unknown>;
  action: "flag" | "block";
}

/** What a choice has said: its text so far; null once it calls a tool, as its answer is then still to come. */
type Said = string | null;

/** Holds the choices of a reply, whole or as they come, against the schema that the policy has for them. */
export class OutputCheck {
  readonly #rule: OutputRule;
  readonly #decisions: Decisions;
  readonly #said = new Map<number, Said>();

  constructor(rule: OutputRule, decisions: Decisions) {
    this.#rule = rule;
    this.#decisions = decisions;
  }

  /** Remembers what an event that leaves adds to its choice. */
  see(event: InferenceEvent): void {
    if (event.type === "part-start" && event.start.type === "tool-call") this.#said.set(event.choice, null);
    if (event.type !== "part-delta" || event.delta.type !== "text") return;
    const said = this.#said.get(event.choice);
    // One character too many already fails the check.
    if (said !== null) this.#said.set(event.choice, ((said ?? "") + event.delta.text).slice(0, OUTPUT_CHARS_MAX + 1));
  }

  /** Whether a choice may end as it stands. */
  mayEnd(choice: number): boolean {
    const said = this.#said.get(choice);
    return this.#mayLeave(said === undefined ? "" : said);
  }

  /** Whether a whole choice may leave. */
  mayPass(parts: readonly Part[]): boolean {
    const callsTool = parts.some(({ type }) => type === "tool-call");
    return this.#mayLeave(callsTool ? null : parts.map((part) => (part.type === "text" ? part.text : "")).join(""));
  }

  #mayLeave(said: Said): boolean {
    const { schema, action } = this.#rule;
    if (said === null || isAccepted(schema, said)) return true;
    this.#decisions.add({ guard: OUTPUT_SCHEMA, direction: "output", action });
    return action === "flag";
  }
}

/** The guard's name in rows, headers and errors. */
export const OUTPUT_SCHEMA = "output-schema";

/** A schema that cannot be read accepts nothing. */
function isAccepted(schema: Record<string, unknown>, output: string): boolean {
  try {
    return checkOutput(schema, output).length === 0;
  } catch {
    return false;
  }
}
