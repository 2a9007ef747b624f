import { type ClientError, type ClientUsage, type ClientView, emptyView } from "./client-view.ts";
import { brief, type Json, type JsonObject, listOf, numberOf, objectOf, parse, textOf } from "./json.ts";
import { readEvents } from "./sse.ts";

/*
 * A client's side of OpenAI's chat wire, written from its reference alone and strict about it:
 * https://platform.openai.com/docs/api-reference/chat/object and /chat-streaming. Of the fields that it does not describe it knows
 * `reasoning_content`, `reasoning_details` and `cache_write_tokens`, in the shapes that their vendors document.
 */

/** The wire's words for the end of a reply. */
const FINISH_REASONS = new Set(["stop", "length", "tool_calls", "content_filter", "function_call"]);

/** Reads a `chat.completion`. */
export function readChatReply(body: string): ClientView {
  const view = emptyView();
  view.complete = true;
  const reply = objectOf(parse(body));
  if (!reply) return withFault(view, `the body is no JSON object: ${brief(body)}`);
  checkFrame(view, reply, "chat.completion");
  const choices = listOf(reply.choices);
  if (choices.length !== 1) view.faults.push(`${choices.length} choices`);
  const choice = objectOf(choices[0]);
  const message = objectOf(choice?.message);
  if (!choice || !message) return withFault(view, "no message");
  if (choice.index !== 0) view.faults.push(`the choice has index ${brief(choice.index)}`);
  if (message.role !== "assistant") view.faults.push(`the message's role is ${brief(message.role)}`);
  if (message.content !== null && typeof message.content !== "string") view.faults.push(`content is ${brief(message.content)}`);
  if (message.tool_calls !== undefined && listOf(message.tool_calls).length === 0) view.faults.push("tool_calls is there and empty");
  addMessage(view, message);
  for (const call of listOf(message.tool_calls)) addCall(view, objectOf(call) ?? {});
  addFinish(view, choice.finish_reason);
  if (view.stop === null) view.faults.push("no finish_reason");
  setUsage(view, objectOf(reply.usage));
  return view;
}

/** Reads a stream of `chat.completion.chunk` events. `asksUsage`: the request asked for the usage chunk. */
export function readChatStream(stream: string, asksUsage: boolean): ClientView {
  const { events, whole } = readEvents(stream);
  const reader = new ChatStreamReader(asksUsage);
  for (const { event, data } of events) {
    if (event !== undefined) reader.view.faults.push(`an event is named ${event}`);
    reader.read(data);
  }
  if (!whole) reader.view.faults.push("the stream ends within an event");
  return reader.end();
}

/** The error of an OpenAI-shaped body: `{error: {message, type, param, code}}`; undefined for any other. */
export function readChatError(body: string): ClientError | undefined {
  const error = objectOf(objectOf(parse(body))?.error);
  const [message, type] = [textOf(error?.message), textOf(error?.type)];
  const isNative = error !== undefined && "param" in error && "code" in error;
  const code = textOf(error?.code);
  return isNative && message !== undefined && type !== undefined ? { message, type, ...(code === undefined ? {} : { code }) } : undefined;
}

class ChatStreamReader {
  readonly view = emptyView();
  readonly #asksUsage: boolean;
  #id: string | undefined;
  #hasRole = false;
  #usageChunks = 0;

  constructor(asksUsage: boolean) {
    this.#asksUsage = asksUsage;
  }

  read(data: string): void {
    const { view } = this;
    if (view.complete) return void view.faults.push(`an event after [DONE]: ${brief(data)}`);
    if (view.error) return void view.faults.push(`an event after the error: ${brief(data)}`);
    if (data === "[DONE]") {
      view.complete = true;
      return;
    }
    const chunk = objectOf(parse(data));
    if (!chunk) return void view.faults.push(`an event is no JSON object: ${brief(data)}`);
    if ("error" in chunk) {
      const error = readChatError(data);
      if (error) view.error = error;
      else view.faults.push(`an error of no known shape: ${brief(data)}`);
      return;
    }
    this.#readChunk(chunk);
  }

  end(): ClientView {
    const { view } = this;
    if (view.error) return view;
    if (!view.complete) view.faults.push("the stream ends without [DONE] or an error");
    if (!this.#hasRole) view.faults.push("no chunk names the role");
    if (view.stop === null) view.faults.push("no finish_reason");
    if (this.#usageChunks > (this.#asksUsage ? 1 : 0)) view.faults.push(`${this.#usageChunks} usage chunks`);
    return view;
  }

  #readChunk(chunk: JsonObject): void {
    const { view } = this;
    checkFrame(view, chunk, "chat.completion.chunk");
    this.#id ??= textOf(chunk.id);
    if (chunk.id !== this.#id) view.faults.push(`the id changes from ${brief(this.#id)} to ${brief(chunk.id)}`);
    const choices = listOf(chunk.choices);
    if (choices.length === 0) {
      if (objectOf(chunk.usage)) this.#usageChunks += 1;
      else view.faults.push("a chunk without choices and usage");
      if (view.stop === null) view.faults.push("the usage chunk comes before the finish_reason");
      setUsage(view, objectOf(chunk.usage));
    }
    if (choices.length > 0 && objectOf(chunk.usage)) view.faults.push("a chunk with choices has usage");
    for (const choice of choices) this.#readChoice(objectOf(choice) ?? {});
  }

  #readChoice(choice: JsonObject): void {
    const { view } = this;
    if (choice.index !== 0) return void view.faults.push(`a choice with index ${brief(choice.index)}`);
    const delta = objectOf(choice.delta);
    if (!delta) return void view.faults.push("a choice without a delta");
    if (view.stop !== null) view.faults.push(`a chunk after the finish_reason: ${brief(choice)}`);
    if (delta.role !== undefined) {
      if (this.#hasRole) view.faults.push("the role comes twice");
      if (delta.role !== "assistant") view.faults.push(`the role is ${brief(delta.role)}`);
      this.#hasRole = true;
    }
    if (!this.#hasRole) view.faults.push("the first chunk names no role");
    addMessage(view, delta);
    for (const call of listOf(delta.tool_calls)) this.#readCall(objectOf(call) ?? {});
    addFinish(view, choice.finish_reason);
  }

  #readCall(call: JsonObject): void {
    const { view } = this;
    const index = numberOf(call.index);
    if (index === view.calls.length) {
      addCall(view, call);
      return;
    }
    const open = view.calls.at(-1);
    if (!open || index !== view.calls.length - 1) return void view.faults.push(`a tool call's index is out of order: ${brief(call)}`);
    if (call.id !== undefined || call.type !== undefined) view.faults.push(`a tool call begins twice: ${brief(call)}`);
    open.arguments += open.custom ? (textOf(objectOf(call.custom)?.input) ?? "") : (textOf(objectOf(call.function)?.arguments) ?? "");
  }
}

function checkFrame(view: ClientView, frame: JsonObject, object: string): void {
  if (!textOf(frame.id)) view.faults.push(`the id is ${brief(frame.id)}`);
  if (frame.object !== object) view.faults.push(`object is ${brief(frame.object)}`);
  if (!Number.isInteger(frame.created)) view.faults.push(`created is ${brief(frame.created)}`);
  if (!textOf(frame.model)) view.faults.push(`the model is ${brief(frame.model)}`);
}

/** What a whole message and a delta have in common. */
function addMessage(view: ClientView, message: JsonObject): void {
  view.text += textOf(message.content) ?? "";
  view.refusal += textOf(message.refusal) ?? "";
  view.thinking += textOf(message.reasoning_content) ?? "";
  view.signatures += listOf(message.reasoning_details).filter((detail) => textOf(objectOf(detail)?.signature)).length;
  for (const annotation of listOf(message.annotations)) addCitation(view, annotation);
}

/** https://platform.openai.com/docs/guides/tools-web-search#output-and-citations, in the shape of chat. */
function addCitation(view: ClientView, annotation: Json): void {
  const cited = objectOf(objectOf(annotation)?.url_citation);
  const [start, end] = [numberOf(cited?.start_index), numberOf(cited?.end_index)];
  if (!textOf(cited?.url) || typeof cited?.title !== "string" || start === undefined || end === undefined) {
    return void view.faults.push(`an annotation of no known shape: ${brief(annotation)}`);
  }
  view.citations += 1;
  if (!(start >= 0 && start < end && end <= view.text.length)) {
    view.faults.push(`an annotation covers ${start} to ${end} of ${view.text.length} characters`);
  }
}

function addCall(view: ClientView, call: JsonObject): void {
  const custom = call.type === "custom";
  const body = objectOf(custom ? call.custom : call.function);
  const id = textOf(call.id) ?? "";
  const name = textOf(body?.name) ?? "";
  const text = textOf(custom ? body?.input : body?.arguments);
  if (!custom && call.type !== "function") view.faults.push(`a tool call of type ${brief(call.type)}`);
  if (id === "" || name === "" || text === undefined) view.faults.push(`a tool call without id, name or arguments: ${brief(call)}`);
  if (view.calls.some((other) => other.id === id)) view.faults.push(`two tool calls have the id ${id}`);
  view.calls.push({ id, name, arguments: text ?? "", custom });
}

function addFinish(view: ClientView, reason: Json | undefined): void {
  if (reason === null || reason === undefined) return;
  const word = textOf(reason);
  if (word === undefined || !FINISH_REASONS.has(word)) return void view.faults.push(`finish_reason is ${brief(reason)}`);
  view.stop = word;
}

function setUsage(view: ClientView, usage: JsonObject | undefined): void {
  if (!usage) return;
  const [inputTotal, output, total] = [numberOf(usage.prompt_tokens), numberOf(usage.completion_tokens), numberOf(usage.total_tokens)];
  if (inputTotal === undefined || output === undefined || total !== inputTotal + output) {
    return void view.faults.push(`usage does not add up: ${brief(usage)}`);
  }
  const inDetails = objectOf(usage.prompt_tokens_details);
  const outDetails = objectOf(usage.completion_tokens_details);
  view.usage = {
    inputTotal,
    output,
    cachedRead: numberOf(inDetails?.cached_tokens) ?? 0,
    cacheWrite: numberOf(inDetails?.cache_write_tokens) ?? 0,
    reasoning: numberOf(outDetails?.reasoning_tokens) ?? 0,
  } satisfies ClientUsage;
}

function withFault(view: ClientView, fault: string): ClientView {
  view.faults.push(fault);
  return view;
}
