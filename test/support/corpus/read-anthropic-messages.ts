import { type ClientError, type ClientView, emptyView } from "./client-view.ts";
import { brief, type Json, type JsonObject, listOf, numberOf, objectOf, parse, textOf } from "./json.ts";
import { readEvents } from "./sse.ts";

/*
 * A client's side of Anthropic's Messages wire, written from its reference alone and strict about it:
 * https://platform.claude.com/docs/en/api/messages and /docs/en/build-with-claude/streaming.
 */

/** https://platform.claude.com/docs/en/build-with-claude/handling-stop-reasons */
const STOP_REASONS = new Set([
  "end_turn",
  "max_tokens",
  "stop_sequence",
  "tool_use",
  "pause_turn",
  "refusal",
  "model_context_window_exceeded",
]);

/** https://platform.claude.com/docs/en/api/errors */
const ERROR_TYPES = new Set([
  "invalid_request_error",
  "authentication_error",
  "billing_error",
  "permission_error",
  "not_found_error",
  "request_too_large",
  "rate_limit_error",
  "timeout_error",
  "api_error",
  "overloaded_error",
]);

/** Which deltas a block of each type may get. */
const DELTAS: Record<string, string[]> = {
  text: ["text_delta", "citations_delta"],
  thinking: ["thinking_delta", "signature_delta"],
  redacted_thinking: [],
  tool_use: ["input_json_delta"],
};

/** Reads a whole Message. */
export function readMessageReply(body: string): ClientView {
  const view = emptyView();
  view.complete = true;
  const message = objectOf(parse(body));
  if (!message) {
    view.faults.push(`the body is no JSON object: ${brief(body)}`);
    return view;
  }
  checkFrame(view, message);
  for (const block of listOf(message.content)) addWholeBlock(view, objectOf(block) ?? {});
  setStop(view, message.stop_reason);
  if (view.stop === null) view.faults.push("no stop_reason");
  setUsage(view, objectOf(message.usage));
  return view;
}

/** Reads a stream of events. */
export function readMessageStream(stream: string): ClientView {
  const { events, whole } = readEvents(stream);
  const reader = new MessageStreamReader();
  for (const { event, data } of events) reader.read(event, data);
  if (!whole) reader.view.faults.push("the stream ends within an event");
  return reader.end();
}

/** The error of an Anthropic-shaped body: `{type: "error", error: {type, message}}`; undefined for any other. */
export function readMessageError(body: string): ClientError | undefined {
  const envelope = objectOf(parse(body));
  const error = objectOf(envelope?.error);
  const [message, type] = [textOf(error?.message), textOf(error?.type)];
  return envelope?.type === "error" && message !== undefined && type !== undefined && ERROR_TYPES.has(type) ? { message, type } : undefined;
}

class MessageStreamReader {
  readonly view = emptyView();
  #started = false;
  #blocks = 0;
  #open: { type: string; empty: boolean; signed: boolean } | undefined;
  #usage: JsonObject = {};

  read(name: string | undefined, data: string): void {
    const { view } = this;
    const event = objectOf(parse(data));
    const type = textOf(event?.type);
    if (!event || type === undefined) return void view.faults.push(`an event is no JSON object with a type: ${brief(data)}`);
    if (name !== type) view.faults.push(`an event of type ${type} is named ${brief(name)}`);
    if (view.complete) return void view.faults.push(`an event after message_stop: ${brief(data)}`);
    if (view.error) return void view.faults.push(`an event after the error: ${brief(data)}`);
    // A ping is a sign of life, and may come while there is no message yet.
    if (!this.#started && !["message_start", "error", "ping"].includes(type)) view.faults.push(`${type} comes before message_start`);
    switch (type) {
      case "message_start":
        this.#start(objectOf(event.message) ?? {});
        break;
      case "content_block_start":
        this.#openBlock(event);
        break;
      case "content_block_delta":
        this.#addDelta(event);
        break;
      case "content_block_stop":
        this.#closeBlock(event);
        break;
      case "message_delta":
        this.#finish(event);
        break;
      case "message_stop":
        if (view.stop === null) view.faults.push("message_stop comes before a stop_reason");
        view.complete = true;
        break;
      case "ping":
        break;
      case "error": {
        const error = readMessageError(data);
        if (error) view.error = error;
        else view.faults.push(`an error of no known shape: ${brief(data)}`);
        break;
      }
      default:
        view.faults.push(`an event of type ${type}`);
    }
  }

  end(): ClientView {
    const { view } = this;
    if (!view.error && !view.complete) view.faults.push("the stream ends without message_stop or an error");
    if (!view.error && this.#open) view.faults.push("a block is never closed");
    setUsage(view, this.#usage);
    return view;
  }

  #start(message: JsonObject): void {
    const { view } = this;
    if (this.#started) view.faults.push("message_start comes twice");
    this.#started = true;
    checkFrame(view, message);
    if (listOf(message.content).length > 0) view.faults.push("message_start has content");
    if (message.stop_reason !== null) view.faults.push(`message_start has the stop_reason ${brief(message.stop_reason)}`);
    const usage = objectOf(message.usage) ?? {};
    if (!numberOf(usage.input_tokens) && !numberOf(usage.cache_read_input_tokens) && !numberOf(usage.cache_creation_input_tokens)) {
      view.faults.push(`message_start counts no input: ${brief(usage)}`);
    }
    this.#usage = { ...usage };
  }

  #openBlock(event: JsonObject): void {
    const { view } = this;
    const block = objectOf(event.content_block) ?? {};
    const type = textOf(block.type) ?? "";
    if (this.#open) view.faults.push("a block starts while another is open");
    if (view.stop !== null) view.faults.push("a block starts after the stop_reason");
    if (event.index !== this.#blocks) view.faults.push(`block ${this.#blocks} has index ${brief(event.index)}`);
    if (!Object.hasOwn(DELTAS, type)) view.faults.push(`a block of type ${brief(block.type)}`);
    if (type === "text" && block.text !== "") view.faults.push(`a text block starts as ${brief(block)}`);
    if (type === "thinking" && (block.thinking !== "" || block.signature !== ""))
      view.faults.push(`a thinking block starts as ${brief(block)}`);
    if (type === "redacted_thinking" && !textOf(block.data)) view.faults.push("a redacted block without data");
    if (type === "tool_use") addCall(view, block, "");
    if (type === "tool_use" && brief(block.input) !== "{}") view.faults.push(`a tool_use block starts as ${brief(block)}`);
    this.#open = { type, empty: true, signed: false };
    this.#blocks += 1;
  }

  #addDelta(event: JsonObject): void {
    const { view } = this;
    const open = this.#open;
    const delta = objectOf(event.delta) ?? {};
    const type = textOf(delta.type) ?? "";
    if (!open || event.index !== this.#blocks - 1) return void view.faults.push(`a delta for a block that is not open: ${brief(event)}`);
    if (!DELTAS[open.type]?.includes(type)) return void view.faults.push(`a ${type} in a block of type ${open.type}`);
    switch (type) {
      case "text_delta": {
        const text = requireText(view, delta, "text");
        open.empty &&= text === "";
        view.text += text;
        break;
      }
      case "thinking_delta":
        view.thinking += requireText(view, delta, "thinking");
        break;
      case "input_json_delta": {
        const call = view.calls.at(-1);
        if (call) call.arguments += requireText(view, delta, "partial_json");
        break;
      }
      case "signature_delta":
        requireText(view, delta, "signature");
        open.signed = true;
        break;
      case "citations_delta":
        addCitation(view, delta.citation);
        open.empty = false;
        break;
    }
  }

  #closeBlock(event: JsonObject): void {
    const { view } = this;
    const open = this.#open;
    if (!open || event.index !== this.#blocks - 1) return void view.faults.push(`a block ends that is not open: ${brief(event)}`);
    if (open.type === "text" && open.empty) view.faults.push("an empty text block");
    if (open.type === "thinking" && !open.signed) view.faults.push("a thinking block without a signature");
    if (open.signed) view.signatures += 1;
    this.#open = undefined;
  }

  #finish(event: JsonObject): void {
    const { view } = this;
    if (view.stop !== null) view.faults.push("message_delta comes twice");
    if (this.#open) view.faults.push("message_delta comes while a block is open");
    const delta = objectOf(event.delta) ?? {};
    setStop(view, delta.stop_reason);
    if (view.stop === null) view.faults.push("message_delta has no stop_reason");
    if (delta.stop_sequence === undefined) view.faults.push("message_delta has no stop_sequence, not even null");
    const usage = objectOf(event.usage);
    if (numberOf(usage?.output_tokens) === undefined) view.faults.push(`message_delta counts no output: ${brief(usage)}`);
    for (const [key, value] of Object.entries(usage ?? {})) if (value !== null) this.#usage[key] = value;
  }
}

function checkFrame(view: ClientView, message: JsonObject): void {
  if (!textOf(message.id)) view.faults.push(`the id is ${brief(message.id)}`);
  if (message.type !== "message" || message.role !== "assistant")
    view.faults.push(`type and role are ${brief([message.type ?? null, message.role ?? null])}`);
  if (!textOf(message.model)) view.faults.push(`the model is ${brief(message.model)}`);
  if (!Array.isArray(message.content)) view.faults.push(`content is ${brief(message.content)}`);
  if (message.stop_reason === undefined || message.stop_sequence === undefined) view.faults.push("stop_reason or stop_sequence is absent");
}

function addWholeBlock(view: ClientView, block: JsonObject): void {
  switch (block.type) {
    case "text": {
      const text = requireText(view, block, "text");
      if (text === "" && listOf(block.citations).length === 0) view.faults.push("an empty text block");
      view.text += text;
      for (const citation of listOf(block.citations)) addCitation(view, citation);
      break;
    }
    case "thinking":
      view.thinking += requireText(view, block, "thinking");
      requireText(view, block, "signature");
      view.signatures += 1;
      break;
    case "redacted_thinking":
      requireText(view, block, "data");
      break;
    case "tool_use":
      if (!objectOf(block.input)) view.faults.push(`a tool_use block without input: ${brief(block)}`);
      addCall(view, block, JSON.stringify(block.input));
      break;
    default:
      view.faults.push(`a block of type ${brief(block.type)}`);
  }
}

function addCall(view: ClientView, block: JsonObject, argumentsText: string): void {
  const [id, name] = [textOf(block.id) ?? "", textOf(block.name) ?? ""];
  if (id === "" || name === "") view.faults.push(`a tool_use block without id or name: ${brief(block)}`);
  if (view.calls.some((other) => other.id === id)) view.faults.push(`two tool_use blocks have the id ${id}`);
  view.calls.push({ id, name, arguments: argumentsText, custom: false });
}

/** Every kind of citation points at a text of its own. */
function addCitation(view: ClientView, citation: Json | undefined): void {
  const isWhole = /_location$/.test(textOf(objectOf(citation)?.type) ?? "") && typeof objectOf(citation)?.cited_text === "string";
  if (!isWhole) view.faults.push(`a citation of no known shape: ${brief(citation)}`);
  view.citations += 1;
}

function setStop(view: ClientView, reason: Json | undefined): void {
  if (reason === null || reason === undefined) return;
  const word = textOf(reason);
  if (word === undefined || !STOP_REASONS.has(word)) return void view.faults.push(`stop_reason is ${brief(reason)}`);
  view.stop = word;
}

function setUsage(view: ClientView, usage: JsonObject | undefined): void {
  const [input, output] = [numberOf(usage?.input_tokens), numberOf(usage?.output_tokens)];
  if (input === undefined || output === undefined) {
    if (!view.error) view.faults.push(`usage lacks input or output: ${brief(usage)}`);
    return;
  }
  const cachedRead = numberOf(usage?.cache_read_input_tokens) ?? 0;
  const cacheWrite = numberOf(usage?.cache_creation_input_tokens) ?? 0;
  const reasoning = numberOf(objectOf(usage?.output_tokens_details)?.thinking_tokens) ?? 0;
  view.usage = { inputTotal: input + cachedRead + cacheWrite, output, cachedRead, cacheWrite, reasoning };
}

function requireText(view: ClientView, object: JsonObject, key: string): string {
  const text = textOf(object[key]);
  if (text === undefined) view.faults.push(`${key} is ${brief(object[key])} in ${brief(object)}`);
  return text ?? "";
}
