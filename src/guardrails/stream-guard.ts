import { type InferenceEvent, mergeUsage, type PartDelta, type PartStart, type Usage } from "../inference";
import { OutputCheck } from "./output-check";
import { type ReplyGuardOptions, TextGuard } from "./reply-guard";
import { ValueGuard } from "./value-guard";
import { NOTHING_REPLACED } from "./vault";

type Delta = Extract<InferenceEvent, { type: "part-delta" }>;

/** A text that has begun and not ended. */
interface OpenText {
  guard: TextGuard;
  kind: "text" | "reasoning" | "refusal" | "arguments";
}

/** Every text of a streamed reply has a guard of its own; what comes whole is looked at as it comes. */
export class StreamGuard {
  readonly #options: ReplyGuardOptions;
  readonly #values: ValueGuard;
  readonly #output: OutputCheck | undefined;
  /** Parts that have begun and not ended; those without a text are null. */
  readonly #open = new Map<string, OpenText | null>();
  /** Choices that have begun and not finished. */
  readonly #started = new Set<number>();
  #usage: Usage | undefined;
  /** A guard has ended the reply. */
  isOver = false;

  constructor(options: ReplyGuardOptions) {
    this.#options = options;
    this.#values = new ValueGuard(options);
    if (options.outputRule) this.#output = new OutputCheck(options.outputRule, options.decisions);
  }

  pass(events: readonly InferenceEvent[]): InferenceEvent[] {
    const passed: InferenceEvent[] = [];
    for (const event of events) {
      if (this.isOver) break;
      const leaving = this.#pass(event);
      for (const one of leaving) this.#output?.see(one);
      passed.push(...leaving);
    }
    return passed;
  }

  /** Closes what is open, and ends every choice as a provider's content filter would. */
  #ending(): InferenceEvent[] {
    this.isOver = true;
    const open = [...this.#open.keys()].map((key): InferenceEvent => {
      const [choice = 0, part = 0] = key.split(" ").map(Number);
      return { type: "part-end", choice, part };
    });
    const unfinished = [...this.#started].map(
      (choice): InferenceEvent => ({ type: "finish", choice, reason: { kind: "refusal", raw: null } }),
    );
    const usage: InferenceEvent[] = this.#usage ? [{ type: "usage", usage: this.#usage }] : [];
    return [...open, ...unfinished, ...usage, { type: "end" }];
  }

  #pass(event: InferenceEvent): InferenceEvent[] {
    switch (event.type) {
      case "usage":
        this.#usage = mergeUsage(this.#usage, event.usage);
        return [event];
      case "start": {
        const { extensions: _unseen, ...plain } = event;
        const passed = this.#values.carrier(event);
        if (!this.#values.isBlocked) return [passed];
        this.#started.add(0);
        return [plain, ...this.#ending()];
      }
      case "part-start":
        return this.#begin(event);
      case "part-delta":
        return this.#delta(event);
      case "part-end": {
        const { choice, part } = event;
        const text = this.#open.get(keyOf(event));
        const rest = text ? shown(event, text, text.guard.end()) : [];
        if (text?.guard.isBlocked) return [...rest, ...this.#ending()];
        this.#open.delete(keyOf(event));
        return [...rest, { type: "part-end", choice, part }];
      }
      case "logprobs":
        // Log probabilities spell the text out again.
        return this.#options.guards.some(({ output }) => output === "redact" || output === "block") ? [] : [event];
      case "finish": {
        const passed = { ...this.#values.carrier(event), reason: this.#values.finish(event.reason) };
        this.#started.add(event.choice);
        if (this.#values.isBlocked || this.#output?.mayEnd(event.choice) === false) return this.#ending();
        this.#started.delete(event.choice);
        return [passed];
      }
      case "ping":
      case "end":
      case "error":
        return [event];
    }
  }

  #begin(event: Extract<InferenceEvent, { type: "part-start" }>): InferenceEvent[] {
    this.#started.add(event.choice);
    const start = this.#startOf(event.start);
    if (this.#values.isBlocked) return this.#ending();
    this.#open.set(keyOf(event), this.#textOf(start));
    return [{ ...event, start }];
  }

  #startOf(start: PartStart): PartStart {
    if (start.type === "opaque") return this.#values.opaque(start);
    return start.type === "tool-call" ? this.#values.carrier(start) : start;
  }

  #textOf(start: PartStart): OpenText | null {
    switch (start.type) {
      case "tool-call":
        return { guard: new TextGuard(this.#options, start.kind === "function" ? "json" : "text"), kind: "arguments" };
      case "reasoning":
        return { guard: new TextGuard({ ...this.#options, vault: NOTHING_REPLACED }, "text"), kind: "reasoning" };
      case "text":
      case "refusal":
        return { guard: new TextGuard(this.#options, "text"), kind: start.type };
      case "redacted-reasoning":
      case "opaque":
        return null;
    }
  }

  #delta(event: Delta): InferenceEvent[] {
    const text = this.#open.get(keyOf(event));
    const delta = this.#deltaOf(event.delta);
    // What goes before a block is looked at to its end, and is then the last.
    if (this.#values.isBlocked) return [...(text ? shown(event, text, text.guard.end()) : []), ...this.#ending()];
    if (!text) return [{ ...event, delta }];
    if ("text" in delta) {
      const passed = shown(event, text, text.guard.push(delta.text));
      return text.guard.isBlocked ? [...passed, ...this.#ending()] : passed;
    }
    if (delta.type !== "signature") return [{ ...event, delta }];
    // A signature comes behind all of its text.
    const rest = shown(event, text, text.guard.end());
    return text.guard.isBlocked ? [...rest, ...this.#ending()] : [...rest, event];
  }

  #deltaOf(delta: PartDelta): PartDelta {
    if (delta.type === "citation") return { ...delta, citation: this.#values.citation(delta.citation) };
    return delta.type === "opaque" ? { ...delta, value: this.#values.opaque(delta.value) } : delta;
  }
}

function shown({ choice, part }: { choice: number; part: number }, { kind }: OpenText, text: string): InferenceEvent[] {
  return text === "" ? [] : [{ type: "part-delta", choice, part, delta: { type: kind, text } }];
}

function keyOf({ choice, part }: { choice: number; part: number }): string {
  return `${choice} ${part}`;
}
