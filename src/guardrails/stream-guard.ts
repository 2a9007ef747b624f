import { type InferenceEvent, mergeUsage, type Usage } from "../inference";
import { type ReplyGuardOptions, TextGuard } from "./reply-guard";
import { NOTHING_REPLACED } from "./vault";

/** Every text of a streamed reply has a guard of its own. */
export class StreamGuard {
  readonly #options: ReplyGuardOptions;
  readonly #open = new Map<string, { guard: TextGuard; kind: "text" | "reasoning" | "refusal" | "arguments" }>();
  /** Choices that have begun and not finished. */
  readonly #started = new Set<number>();
  #usage: Usage | undefined;
  /** A guard has ended the reply. */
  isOver = false;

  constructor(options: ReplyGuardOptions) {
    this.#options = options;
  }

  pass(events: readonly InferenceEvent[]): InferenceEvent[] {
    const passed: InferenceEvent[] = [];
    for (const event of events) {
      if (this.isOver) break;
      passed.push(...this.#pass(event));
    }
    return passed;
  }

  /** Closes what is open, and ends every choice as a provider's content filter would. */
  #ending(event: InferenceEvent): InferenceEvent[] {
    this.isOver = true;
    const open = [...this.#open.keys()].map((key): InferenceEvent => {
      const [choice = 0, part = 0] = key.split(" ").map(Number);
      return { type: "part-end", choice, part };
    });
    const unfinished = [...this.#started].map(
      (choice): InferenceEvent => ({ type: "finish", choice, reason: { kind: "refusal", raw: null } }),
    );
    const usage: InferenceEvent[] = this.#usage ? [{ type: "usage", usage: this.#usage }] : [];
    return [...(event.type === "part-end" ? [event] : []), ...open, ...unfinished, ...usage, { type: "end" }];
  }

  #pass(event: InferenceEvent): InferenceEvent[] {
    if (event.type === "usage") this.#usage = mergeUsage(this.#usage, event.usage);
    if (event.type === "finish") this.#started.delete(event.choice);
    if (event.type === "part-start") this.#started.add(event.choice);
    if (event.type === "part-start") {
      const { start } = event;
      if (start.type === "opaque") return [{ ...event, start: this.#options.vault.restoreWithin(start) }];
      if (start.type === "tool-call") {
        const mode = start.kind === "function" ? "json" : "text";
        this.#open.set(keyOf(event), { guard: new TextGuard(this.#options, mode), kind: "arguments" });
      }
      const vault = start.type === "reasoning" ? NOTHING_REPLACED : this.#options.vault;
      if (start.type === "text" || start.type === "reasoning" || start.type === "refusal")
        this.#open.set(keyOf(event), { guard: new TextGuard({ ...this.#options, vault }, "text"), kind: start.type });
      return [event];
    }
    // Log probabilities spell the text out again.
    if (event.type === "logprobs" && this.#options.guards.some(({ output }) => output === "redact" || output === "block")) return [];
    if (event.type !== "part-delta" && event.type !== "part-end") return [event];
    if (event.type === "part-delta" && (event.delta.type === "citation" || event.delta.type === "opaque")) {
      return [{ ...event, delta: this.#options.vault.restoreWithin(event.delta) }];
    }
    const held = this.#open.get(keyOf(event));
    if (!held) return [event];
    // A signature comes behind all of its text.
    if (event.type === "part-delta" && !("text" in event.delta)) {
      const rest = event.delta.type === "signature" ? held.guard.end() : "";
      const { choice, part } = event;
      return rest === "" ? [event] : [{ type: "part-delta", choice, part, delta: { type: held.kind, text: rest } }, event];
    }
    const text = event.type === "part-end" ? held.guard.end() : "text" in event.delta ? held.guard.push(event.delta.text) : "";
    const { choice, part } = event;
    const shown: InferenceEvent[] = text === "" ? [] : [{ type: "part-delta", choice, part, delta: { type: held.kind, text } }];
    if (event.type === "part-end") this.#open.delete(keyOf(event));
    if (held.guard.isBlocked) return [...shown, ...this.#ending(event)];
    return event.type === "part-end" ? [...shown, event] : shown;
  }
}

function keyOf({ choice, part }: { choice: number; part: number }): string {
  return `${choice} ${part}`;
}
