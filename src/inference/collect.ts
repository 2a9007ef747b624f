import type { InferenceEvent, PartDelta, PartStart, StreamError } from "./event";
import type { Part, TextPart } from "./part";
import type { Choice, InferenceResponse, Logprobs } from "./response";
import type { Usage } from "./usage";

/** A reply gathered from its events; `error` is set when the stream failed, and the response then holds what came before. */
export interface Collected {
  response: InferenceResponse;
  error?: StreamError;
  /** An `end` event came. */
  complete: boolean;
}

/** Gathers the events of a stream into the reply they amount to. Throws on an event that breaks the order of `InferenceEvent`. */
export function collectEvents(events: Iterable<InferenceEvent>): Collected {
  const collector = new Collector();
  for (const event of events) collector.push(event);
  return collector.result();
}

/** The same, one event at a time. */
export class Collector {
  #response: InferenceResponse = { id: "", model: "", choices: [] };
  #open = new Map<number, number>();
  #error: StreamError | undefined;
  #complete = false;

  push(event: InferenceEvent): void {
    if (this.#complete || this.#error) throw new Error(`event ${event.type} after the end of the stream`);
    switch (event.type) {
      case "start":
        this.#response.id = event.id;
        this.#response.model = event.model;
        if (event.createdAt !== undefined) this.#response.createdAt = event.createdAt;
        if (event.extensions) this.#response.extensions = event.extensions;
        return;
      case "part-start": {
        const choice = this.#choice(event.choice);
        if (this.#open.has(event.choice)) throw new Error(`part ${event.part} starts while another is open`);
        if (event.part !== choice.parts.length) throw new Error(`part ${event.part} starts out of order`);
        this.#open.set(event.choice, event.part);
        choice.parts.push(emptyPart(event.start));
        return;
      }
      case "part-delta": {
        const part = this.#choice(event.choice).parts[event.part];
        if (!part || this.#open.get(event.choice) !== event.part) throw new Error(`delta for part ${event.part}, which is not open`);
        appendDelta(part, event.delta);
        return;
      }
      case "part-end":
        if (this.#open.get(event.choice) !== event.part) throw new Error(`end of part ${event.part}, which is not open`);
        this.#open.delete(event.choice);
        return;
      case "logprobs": {
        const choice = this.#choice(event.choice);
        choice.logprobs = joinLogprobs(choice.logprobs, event.logprobs);
        return;
      }
      case "finish": {
        const choice = this.#choice(event.choice);
        choice.finish = event.reason;
        if (event.extensions) choice.extensions = event.extensions;
        return;
      }
      case "usage":
        this.#response.usage = mergeUsage(this.#response.usage, event.usage);
        return;
      case "ping":
        return;
      case "end":
        if (this.#open.size > 0) throw new Error("the stream ended with a part open");
        this.#complete = true;
        return;
      case "error":
        this.#error = event.error;
        return;
    }
  }

  result(): Collected {
    const response = { ...this.#response, choices: this.#response.choices.filter((choice) => choice !== undefined) };
    return { response, complete: this.#complete, ...(this.#error ? { error: this.#error } : {}) };
  }

  #choice(index: number): Choice {
    let choice = this.#response.choices.find((candidate) => candidate.index === index);
    if (!choice) {
      choice = { index, parts: [], finish: { kind: "other", raw: null } };
      this.#response.choices.push(choice);
      this.#response.choices.sort((a, b) => a.index - b.index);
    }
    return choice;
  }
}

/** Later figures replace earlier ones field by field (Anthropic's `message_delta` repeats only some of `message_start`'s). */
export function mergeUsage(earlier: Usage | undefined, later: Usage): Usage {
  if (!earlier) return later;
  const merged: Usage = { ...earlier, ...later };
  if (earlier.raw && later.raw) merged.raw = { ...earlier.raw, ...later.raw };
  return merged;
}

/** The events that would have streamed `response`: one delta per part. The inverse of `collectEvents`. */
export function expandResponse(response: InferenceResponse): InferenceEvent[] {
  const events: InferenceEvent[] = [
    {
      type: "start",
      id: response.id,
      model: response.model,
      ...(response.createdAt === undefined ? {} : { createdAt: response.createdAt }),
      ...(response.extensions ? { extensions: response.extensions } : {}),
    },
  ];
  for (const { index: choice, parts, logprobs, finish, extensions } of response.choices) {
    parts.forEach((part, position) => {
      const { start, deltas } = expandPart(part);
      events.push({ type: "part-start", choice, part: position, start });
      for (const delta of deltas) events.push({ type: "part-delta", choice, part: position, delta });
      events.push({ type: "part-end", choice, part: position });
    });
    if (logprobs) events.push({ type: "logprobs", choice, logprobs });
    events.push({ type: "finish", choice, reason: finish, ...(extensions ? { extensions } : {}) });
  }
  if (response.usage) events.push({ type: "usage", usage: response.usage });
  events.push({ type: "end" });
  return events;
}

function emptyPart(start: PartStart): Part {
  switch (start.type) {
    case "text":
      return { type: "text", text: "" };
    case "reasoning":
      return { type: "reasoning", text: "" };
    case "refusal":
      return { type: "refusal", text: "" };
    case "tool-call":
      return { ...start, arguments: "" };
    case "redacted-reasoning":
    case "opaque":
      return { ...start };
  }
}

function appendDelta(part: Part, delta: PartDelta): void {
  if (delta.type === "text" && part.type === "text") part.text += delta.text;
  else if (delta.type === "citation" && part.type === "text") part.citations = [...(part.citations ?? []), delta.citation];
  else if (delta.type === "reasoning" && part.type === "reasoning") part.text += delta.text;
  else if (delta.type === "signature" && part.type === "reasoning") part.signature = delta.signature;
  else if (delta.type === "refusal" && part.type === "refusal") part.text += delta.text;
  else if (delta.type === "arguments" && part.type === "tool-call") part.arguments += delta.text;
  else if (delta.type === "opaque" && part.type === "opaque") part.value = delta.value.value;
  else throw new Error(`a ${delta.type} delta for a ${part.type} part`);
}

function expandPart(part: Part): { start: PartStart; deltas: PartDelta[] } {
  switch (part.type) {
    case "text":
      return { start: { type: "text" }, deltas: textDeltas(part) };
    case "reasoning": {
      const deltas: PartDelta[] = part.text === "" ? [] : [{ type: "reasoning", text: part.text }];
      if (part.signature !== undefined) deltas.push({ type: "signature", signature: part.signature });
      return { start: { type: "reasoning" }, deltas };
    }
    case "refusal":
      return { start: { type: "refusal" }, deltas: part.text === "" ? [] : [{ type: "refusal", text: part.text }] };
    case "tool-call":
      return {
        start: {
          type: "tool-call",
          id: part.id,
          name: part.name,
          kind: part.kind,
          ...(part.extensions ? { extensions: part.extensions } : {}),
        },
        deltas: part.arguments === "" ? [] : [{ type: "arguments", text: part.arguments }],
      };
    case "redacted-reasoning":
    case "opaque":
      return { start: part, deltas: [] };
    case "image":
    case "document":
    case "audio":
    case "tool-result":
      throw new Error(`a reply cannot hold a ${part.type} part`);
  }
}

function textDeltas(part: TextPart): PartDelta[] {
  const deltas: PartDelta[] = part.text === "" ? [] : [{ type: "text", text: part.text }];
  for (const citation of part.citations ?? []) deltas.push({ type: "citation", citation });
  return deltas;
}

function joinLogprobs(earlier: Logprobs | undefined, later: Logprobs): Logprobs {
  const join = (a: Logprobs["content"], b: Logprobs["content"]) => (a === null ? b : b === null ? a : [...a, ...b]);
  if (!earlier) return later;
  return { content: join(earlier.content, later.content), refusal: join(earlier.refusal, later.refusal) };
}
