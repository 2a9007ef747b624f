import type { SseFrame } from "../../core/sse";
import type { InferenceEvent, JsonObject, StreamError } from "../../inference";
import type { ReplyHints, StreamDecoder } from "../protocol";
import { isObject } from "../reader";
import { BrokenStreamError, ChoiceStream } from "./choice-stream";
import { readUsage } from "./decode-response";
import { readErrorFields } from "./errors";
import { keep, leftoverFields } from "./leftovers";

/** Read from chunks, or noise of one chunk: padding against traffic analysis (OpenAI, Mistral). */
const READ_FROM_CHUNK = new Set(["id", "object", "created", "model", "choices", "usage", "obfuscation", "p"]);

/** Decodes a stream of `chat.completion.chunk` of any vendor. */
export function streamDecoder(hints: ReplyHints): StreamDecoder {
  return new ChatStreamDecoder(hints);
}

class ChatStreamDecoder implements StreamDecoder {
  readonly #hints: ReplyHints;
  readonly #choices = new Map<number, ChoiceStream>();
  #started = false;
  #over = false;
  #id = "";
  #model = "";
  #createdAt: number | undefined;
  #serviceTier: string | undefined;
  #extensions: JsonObject | undefined;

  constructor(hints: ReplyHints) {
    this.#hints = hints;
  }

  get settled(): boolean {
    return this.#over;
  }

  push(frame: SseFrame): InferenceEvent[] {
    if (this.#over) return [];
    const data = frame.data.trim();
    if (data === "") return [];
    if (data === "[DONE]") return this.#end();
    let chunk: unknown;
    try {
      chunk = JSON.parse(data);
    } catch {
      chunk = undefined;
    }
    if (!isObject(chunk)) {
      return this.#fail(
        frame.event === "error"
          ? { kind: "upstream", message: "The upstream reported an error in its stream." }
          : { kind: "malformed", message: "The upstream sent an event that is no JSON object." },
      );
    }
    return this.#chunk(chunk, frame.event === "error");
  }

  /** Several vendors leave `[DONE]` out: a reply whose every choice has finished is complete without it. */
  end(): InferenceEvent[] {
    if (this.#over) return [];
    const finished = this.#choices.size > 0 && [...this.#choices.values()].every((choice) => choice.finished);
    return finished ? this.#end() : this.#fail(TRUNCATED);
  }

  #chunk(chunk: JsonObject, isError: boolean): InferenceEvent[] {
    const events: InferenceEvent[] = [];
    const choices = Array.isArray(chunk.choices) ? chunk.choices : [];
    const error = streamError(chunk, choices, isError);
    if (!error) {
      this.#identify(chunk);
      if (choices.length > 0) this.#start(events);
      try {
        for (const [position, value] of choices.entries()) if (isObject(value)) this.#choice(value, position).push(value, events);
      } catch (thrown) {
        if (!(thrown instanceof BrokenStreamError)) throw thrown;
        return events.concat(this.#fail({ kind: "malformed", message: `The upstream broke the protocol: ${thrown.message}.` }));
      }
    }
    if (typeof chunk.service_tier === "string" && chunk.service_tier !== "") this.#serviceTier = chunk.service_tier;
    const usage = readUsage(chunk, this.#serviceTier);
    if (usage) {
      this.#start(events);
      events.push({ type: "usage", usage });
    }
    if (error) events.push(...this.#fail(error));
    else if (events.length === 0 && choices.length === 0) events.push({ type: "ping" });
    return events;
  }

  /** Id and model are the first that are not empty: Azure's first chunk has none, and other vendors change the id halfway. */
  #identify(chunk: JsonObject): void {
    if (this.#started) return;
    if (this.#id === "" && typeof chunk.id === "string") this.#id = chunk.id;
    if (this.#model === "" && typeof chunk.model === "string") this.#model = chunk.model;
    if (typeof chunk.created === "number") this.#createdAt = chunk.created;
    const rest = leftoverFields(chunk, READ_FROM_CHUNK);
    if (rest) this.#extensions = { ...this.#extensions, ...rest };
  }

  #start(events: InferenceEvent[]): void {
    if (this.#started) return;
    this.#started = true;
    events.push({
      type: "start",
      id: this.#id,
      model: this.#model,
      ...(this.#createdAt === undefined ? {} : { createdAt: this.#createdAt }),
      ...keep(this.#extensions),
    });
  }

  #choice(value: JsonObject, position: number): ChoiceStream {
    const index = Number.isInteger(value.index) ? Number(value.index) : position;
    let choice = this.#choices.get(index);
    if (!choice) {
      choice = new ChoiceStream(index, this.#hints);
      this.#choices.set(index, choice);
    }
    return choice;
  }

  /**
   * Endings are told only here, when the whole reply is known to be complete: vendors repeat the finish reason, send more after it, or
   * follow it with an error.
   */
  #end(): InferenceEvent[] {
    if (this.#choices.size === 0) return this.#fail(TRUNCATED);
    const choices = [...this.#choices.values()].sort((a, b) => a.index - b.index);
    const failed = choices.map((choice) => choice.finishReason()).find((reason) => reason.kind === "error");
    if (failed) return this.#fail({ kind: "upstream", message: `The upstream gave the reply up: ${failed.raw}.` });
    this.#over = true;
    const events: InferenceEvent[] = [];
    for (const choice of choices) choice.end(events);
    events.push({ type: "end" });
    return events;
  }

  #fail(error: StreamError): InferenceEvent[] {
    this.#over = true;
    return [{ type: "error", error }];
  }
}

const TRUNCATED: StreamError = { kind: "truncated", message: "The upstream's stream ended before the reply was complete." };

/** An error object in place of a chunk, within one, or within a choice. */
function streamError(chunk: JsonObject, choices: unknown[], isError: boolean): StreamError | undefined {
  const inChoice = choices.find((choice) => isObject(choice) && isTold(choice.error));
  const told = isTold(chunk.error) || isError || chunk.object === "error" || chunk.type === "error";
  if (!told && !inChoice) return undefined;
  const { message, type, code, param } = readErrorFields(told || !isObject(inChoice) ? chunk : inChoice);
  const error: StreamError = { kind: "upstream", message: message ?? "The upstream reported an error in its stream." };
  if (type !== undefined) error.type = type;
  if (code !== undefined) error.code = code;
  if (param !== undefined) error.param = param;
  return error;
}

function isTold(error: unknown): boolean {
  return isObject(error) ? Object.keys(error).length > 0 : Boolean(error);
}
