import type OpenAI from "openai";
import type { Reply } from "./ask";
import { type Answer, type Call, seconds } from "./call";
import { objectOf } from "./check";
import { ApiError, faultError } from "./errors";
import { replyModel } from "./models";
import { type Item, newId, outputItems } from "./openai-responses-items";
import { type ResponsesRequest, readResponsesRequest } from "./openai-responses-request";
import { decideReply } from "./reply";

/** `POST /v1/responses`. https://platform.openai.com/docs/api-reference/responses */
export function responses(call: Call): Answer {
  const request = readResponsesRequest(call);
  const writer = new ResponseWriter(call, request, decideReply(request.ask, call.scenario));
  if (request.body.store !== false) writer.store();
  if (request.body.stream !== true) return { kind: "json", body: writer.response("whole") };
  const source = { events: writer.events(), opening: 2, errorEvent: (sent: number) => writer.failure(sent) };
  return { kind: "stream", source, ping: ": keep-alive\n\n" };
}

/** `POST /v1/responses/input_tokens` */
export function countInputTokens(call: Call): Answer {
  const input_tokens = readResponsesRequest(call).ask.promptTokens;
  return { kind: "json", body: { object: "response.input_tokens", input_tokens } satisfies OpenAI.Responses.InputTokenCountResponse };
}

/** `GET` and `DELETE /v1/responses/{id}` */
export function storedResponse(call: Call, id: string): Answer {
  const stored = call.world.responses.get(id);
  if (stored === undefined) throw new ApiError(404, `Response with id '${id}' not found.`);
  if (call.method !== "DELETE") return { kind: "json", body: stored.body };
  call.world.responses.delete(id);
  return { kind: "json", body: { id, object: "response.deleted", deleted: true } };
}

class ResponseWriter {
  readonly #call: Call;
  readonly #request: ResponsesRequest;
  readonly #reply: Reply;
  readonly #id: string;
  readonly #items: Item[];
  readonly #usage: Omit<OpenAI.Responses.ResponseUsage, "input_tokens_details"> & { input_tokens_details: { cached_tokens: number } };

  constructor(call: Call, request: ResponsesRequest, reply: Reply) {
    this.#call = call;
    this.#request = request;
    this.#reply = reply;
    this.#id = newId(call.chance, "resp");
    const { promptTokens, model } = request.ask;
    this.#items = outputItems(call.chance, request, reply);
    this.#usage = {
      input_tokens: promptTokens,
      input_tokens_details: {
        cached_tokens: Math.min(promptTokens, call.world.cache.usePrefix(`${call.scope} ${model}`, request.promptText, call.nowMs)),
      },
      output_tokens: reply.outputTokens,
      output_tokens_details: { reasoning_tokens: reply.reasoningTokens },
      total_tokens: promptTokens + reply.outputTokens,
    };
  }

  store(): void {
    const body = this.response("whole");
    this.#call.world.responses.set(this.#id, { items: [...this.#request.items, ...this.#items.map(({ done }) => done)], body });
  }

  /** The response object, in a stream at its start, at its end or where it fails, or as a whole body. Every field is there from the start. */
  response(state: "start" | "final" | "failed" | "whole"): Record<string, unknown> {
    const { body, ask } = this.#request;
    const isCut = this.#reply.stop === "length";
    const text = objectOf(body.text);
    const reasoning = objectOf(body.reasoning);
    const isFinal = state === "final" || state === "whole";
    const createdAt = seconds(this.#call.nowMs);
    const hidesUsage = !isFinal || this.#call.scenario.noUsage;
    return {
      id: this.#id,
      object: "response",
      created_at: createdAt,
      status: state === "failed" ? "failed" : !isFinal ? "in_progress" : isCut ? "incomplete" : "completed",
      background: false,
      ...(state === "whole" ? { billing: { payer: "developer" } } : {}),
      completed_at: isFinal && !isCut ? createdAt : null,
      error: state === "failed" ? this.#error() : null,
      frequency_penalty: 0,
      incomplete_details: isFinal && isCut ? { reason: "max_output_tokens" } : null,
      instructions: body.instructions ?? null,
      max_output_tokens: body.max_output_tokens ?? null,
      max_tool_calls: body.max_tool_calls ?? null,
      model: replyModel(ask.model),
      output: isFinal ? this.#items.map(({ done }) => done) : [],
      parallel_tool_calls: body.parallel_tool_calls ?? true,
      presence_penalty: 0,
      previous_response_id: body.previous_response_id ?? null,
      prompt_cache_key: body.prompt_cache_key ?? null,
      prompt_cache_retention: body.prompt_cache_retention ?? "in_memory",
      reasoning: { effort: reasoning.effort ?? null, summary: reasoning.summary ?? null },
      safety_identifier: body.safety_identifier ?? null,
      service_tier: isFinal ? "default" : "auto",
      store: body.store ?? true,
      temperature: body.temperature ?? 1,
      text: { format: text.format ?? { type: "text" }, verbosity: text.verbosity ?? "medium" },
      tool_choice: body.tool_choice ?? "auto",
      tools: body.tools ?? [],
      top_logprobs: body.top_logprobs ?? 0,
      top_p: body.top_p ?? 1,
      truncation: body.truncation ?? "disabled",
      usage: hidesUsage ? null : this.#usage,
      user: body.user ?? null,
      metadata: body.metadata ?? {},
    } satisfies Record<Exclude<keyof OpenAI.Responses.Response, Unsent>, unknown> & Record<string, unknown>;
  }

  *events(): Generator<string> {
    let sequence = 0;
    const event = (data: Record<string, unknown>): string => {
      const { type, ...rest } = data;
      // The type first, then the fields by name: the order of the wire.
      const fields = Object.entries({ ...rest, sequence_number: sequence }).sort(([a], [b]) => (a < b ? -1 : 1));
      const text = `event: ${String(type)}\ndata: ${JSON.stringify({ type, ...Object.fromEntries(fields) })}\n\n`;
      sequence += 1;
      return text;
    };
    yield event({ type: "response.created", response: this.response("start") });
    yield event({ type: "response.in_progress", response: this.response("start") });
    for (const [output_index, item] of this.#items.entries()) {
      yield event({ type: "response.output_item.added", item: item.added, output_index });
      for (const data of item.events(output_index)) yield event(data);
      yield event({ type: "response.output_item.done", item: item.done, output_index });
    }
    const { noTerminal, noFinish } = this.#call.scenario;
    if (noTerminal || noFinish) return;
    yield event({ type: this.#reply.stop === "length" ? "response.incomplete" : "response.completed", response: this.response("final") });
  }

  /** The error event, and the failed response behind it when the stream had begun. */
  failure(sequence: number): string {
    const error = { type: "error", error: { ...this.#error(), param: null }, sequence_number: sequence };
    const event = `event: error\ndata: ${JSON.stringify(error)}\n\n`;
    if (sequence === 0) return event;
    const failed = { type: "response.failed", response: this.response("failed"), sequence_number: sequence + 1 };
    return `${event}event: response.failed\ndata: ${JSON.stringify(failed)}\n\n`;
  }

  #error(): { code: string; message: string } {
    const status = this.#call.scenario.errorStatus ?? 500;
    return { code: status === 429 ? "rate_limit_exceeded" : "server_error", message: faultError("openai", status).message };
  }
}

/** Fields of the SDK's type that OpenAI leaves out, or that the SDK adds itself. */
type Unsent =
  | "access_programs"
  | "output_text"
  | "conversation"
  | "image"
  | "input_transformations"
  | "moderation"
  | "prompt"
  | "prompt_cache_diagnostics"
  | "prompt_cache_options"
  | "tool_usage";
