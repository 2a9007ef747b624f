import type OpenAI from "openai";
import type { Reply, ReplyCall, Stop } from "./ask";
import { type Answer, type Call, seconds } from "./call";
import { objectOf } from "./check";
import { errorObject, faultError } from "./errors";
import { replyModel } from "./models";
import { type ChatRequest, readChatRequest } from "./openai-chat-request";
import { logprobs } from "./openai-logprobs";
import { ALPHANUMERIC, type Chance, fingerprint } from "./random";
import { decideReply } from "./reply";

type Chunk = OpenAI.ChatCompletionChunk;
type Delta = Chunk["choices"][number]["delta"] & { reasoning_content?: string | null };
type Logprobs = NonNullable<OpenAI.ChatCompletion["choices"][number]["logprobs"]>;

/** `POST /v1/chat/completions`. https://platform.openai.com/docs/api-reference/chat */
export function chatCompletions(call: Call): Answer {
  const request = readChatRequest(call);
  const replies = Array.from({ length: request.choices }, (_, choice) => decideReply(request.ask, call.scenario, choice));
  const writer = new ChatWriter(call, request, replies);
  if (request.body.stream !== true) return { kind: "json", body: writer.completion() };
  const errorEvent = (): string => {
    const error = faultError("openai", call.scenario.errorStatus ?? 500);
    return `data: ${JSON.stringify({ error: errorObject("openai", error) })}\n\n`;
  };
  return { kind: "stream", source: { events: writer.events(), opening: 1, errorEvent }, ping: ": keep-alive\n\n" };
}

const FINISH: Record<Stop, "stop" | "length" | "tool_calls"> = {
  end: "stop",
  length: "length",
  "stop-sequence": "stop",
  "tool-calls": "tool_calls",
  // OpenAI tells a refusal by its own field, not by the finish reason.
  refusal: "stop",
};

class ChatWriter {
  readonly #call: Call;
  readonly #request: ChatRequest;
  readonly #replies: Reply[];
  readonly #usage: OpenAI.CompletionUsage;
  readonly #shared: Pick<Chunk, "id" | "created" | "model">;
  readonly #trail: { service_tier: "default"; system_fingerprint: string };
  readonly #callIds: string[][];

  constructor(call: Call, request: ChatRequest, replies: Reply[]) {
    const { ask } = request;
    this.#call = call;
    this.#request = request;
    this.#replies = replies;
    this.#shared = { id: `chatcmpl-${call.chance.text(29, ALPHANUMERIC)}`, created: seconds(call.nowMs), model: replyModel(ask.model) };
    this.#trail = { service_tier: "default", system_fingerprint: `fp_${fingerprint(ask.model).slice(0, 10)}` };
    this.#callIds = replies.map((reply) => reply.calls.map(() => `call_${call.chance.text(24, ALPHANUMERIC)}`));
    const completionTokens = replies.reduce((sum, reply) => sum + reply.outputTokens, 0);
    this.#usage = {
      prompt_tokens: ask.promptTokens,
      completion_tokens: completionTokens,
      total_tokens: ask.promptTokens + completionTokens,
      prompt_tokens_details: {
        cached_tokens: Math.min(ask.promptTokens, call.world.cache.usePrefix(`${call.scope} ${ask.model}`, request.promptText, call.nowMs)),
        audio_tokens: 0,
      },
      completion_tokens_details: {
        reasoning_tokens: replies.reduce((sum, reply) => sum + reply.reasoningTokens, 0),
        audio_tokens: 0,
        accepted_prediction_tokens: 0,
        rejected_prediction_tokens: 0,
      },
    };
  }

  completion(): unknown {
    const { noUsage, noFinish } = this.#call.scenario;
    const { id, created, model } = this.#shared;
    const choices = this.#replies.map((reply, index) => ({
      index,
      message: this.#message(reply, index),
      logprobs: this.#logprobs(reply.text, reply.refusal),
      finish_reason: noFinish ? null : this.#finish(reply),
    }));
    const body = { id, object: "chat.completion" as const, created, model, choices };
    return { ...body, ...(noUsage ? {} : { usage: this.#usage }), ...this.#trail };
  }

  #message(reply: Reply, index: number): unknown {
    const text = reply.text.join("");
    const calls = reply.calls.map((made, i) => ({ id: this.#callIds[index]?.[i] ?? "", ...callBody(made, made.pieces.join("")) }));
    const isSilent = text === "" && (calls.length > 0 || reply.refusal.length > 0);
    const message = {
      role: "assistant",
      content: isSilent ? null : text,
      ...(calls.length > 0 && !this.#request.isLegacy ? { tool_calls: calls } : {}),
      refusal: reply.refusal.length > 0 ? reply.refusal.join("") : null,
      annotations: [],
    } satisfies OpenAI.ChatCompletionMessage;
    const legacy = this.#request.isLegacy ? reply.calls[0] : undefined;
    return {
      ...message,
      ...(reply.reasoning === undefined ? {} : { reasoning_content: reply.reasoning.pieces.join("") }),
      ...(legacy === undefined ? {} : { function_call: { name: legacy.name, arguments: legacy.pieces.join("") } }),
    };
  }

  /** The stream: for every choice role, words, end; choices take turns as OpenAI's do. Then usage, if asked for, and `[DONE]`. */
  *events(): Generator<string> {
    const { noUsage, noTerminal } = this.#call.scenario;
    const walks = this.#replies.map((reply, index) => this.#walk(reply, index));
    while (walks.length > 0) {
      for (const walk of [...walks]) {
        const step = walk.next();
        if (step.done === true) walks.splice(walks.indexOf(walk), 1);
        else yield step.value;
      }
    }
    if (this.#wantsUsage && !noUsage) yield this.#chunk([], this.#usage);
    if (!noTerminal) yield "data: [DONE]\n\n";
  }

  *#walk(reply: Reply, index: number): Generator<string> {
    const isSilent = reply.calls.length > 0 && reply.text.length === 0;
    const reasons = reply.reasoning !== undefined;
    const role: Delta = isSilent || reasons ? { role: "assistant", content: null } : { role: "assistant", content: "", refusal: null };
    yield this.#delta(
      index,
      reasons ? { ...role, reasoning_content: "" } : role,
      this.#wantsLogprobs ? { content: [], refusal: null } : null,
    );
    for (const text of reply.reasoning?.pieces ?? []) yield this.#delta(index, { content: null, reasoning_content: text });
    for (const text of reply.text)
      yield this.#delta(index, reasons ? { content: text, reasoning_content: null } : { content: text }, this.#logprobs([text], []));
    for (const text of reply.refusal) yield this.#delta(index, { refusal: text }, this.#logprobs([], [text]));
    for (const [i, made] of reply.calls.entries()) {
      if (this.#request.isLegacy) {
        yield this.#delta(index, { function_call: { name: made.name, arguments: "" } });
        for (const text of made.pieces) yield this.#delta(index, { function_call: { arguments: text } });
        continue;
      }
      yield this.#callDelta(index, { index: i, id: this.#callIds[index]?.[i] ?? "", ...callBody(made, "") });
      const field = made.kind === "custom" ? ["custom", "input"] : ["function", "arguments"];
      for (const text of made.pieces) yield this.#callDelta(index, { index: i, [field[0] ?? ""]: { [field[1] ?? ""]: text } });
    }
    const finish = this.#call.scenario.noFinish ? null : this.#finish(reply);
    yield this.#chunk([{ index, delta: {}, logprobs: null, finish_reason: finish }]);
  }

  #delta(index: number, delta: Delta, logprobs: Logprobs | null = null): string {
    return this.#chunk([{ index, delta, logprobs, finish_reason: null }]);
  }

  #callDelta(index: number, made: Record<string, unknown>): string {
    // Custom tool calls are on the wire and not in the SDK's type of a delta.
    return this.#delta(index, { tool_calls: [made as unknown as NonNullable<Delta["tool_calls"]>[number]] });
  }

  #chunk(choices: Chunk["choices"], usage: OpenAI.CompletionUsage | null = null): string {
    const chunk = {
      id: this.#shared.id,
      object: "chat.completion.chunk" as const,
      created: this.#shared.created,
      model: this.#shared.model,
      ...this.#trail,
      choices,
      ...(this.#wantsUsage ? { usage } : {}),
    } satisfies Chunk;
    return `data: ${JSON.stringify({ ...chunk, ...this.#obfuscation() })}\n\n`;
  }

  /** Padding against guesses from packet sizes. https://platform.openai.com/docs/api-reference/chat-streaming */
  #obfuscation(): { obfuscation?: string } {
    if (objectOf(this.#request.body.stream_options).include_obfuscation === false) return {};
    return { obfuscation: obfuscation(this.#call.chance) };
  }

  get #wantsUsage(): boolean {
    return objectOf(this.#request.body.stream_options).include_usage === true;
  }

  get #wantsLogprobs(): boolean {
    return this.#request.body.logprobs === true;
  }

  #finish(reply: Reply): OpenAI.ChatCompletion["choices"][number]["finish_reason"] {
    return this.#request.isLegacy && reply.stop === "tool-calls" ? "function_call" : FINISH[reply.stop];
  }

  /** The log probabilities of these tokens, where they were asked for. */
  #logprobs(text: string[], refusal: string[]): Logprobs | null {
    const top = Number(this.#request.body.top_logprobs ?? 0);
    return this.#wantsLogprobs ? { content: logprobs(text, top), refusal: logprobs(refusal, top) } : null;
  }
}

export function obfuscation(chance: Chance): string {
  return chance.text(1 + chance.integer(16), ALPHANUMERIC);
}

function callBody(
  made: ReplyCall,
  text: string,
): { type: "function"; function: { name: string; arguments: string } } | { type: "custom"; custom: { name: string; input: string } } {
  return made.kind === "custom"
    ? { type: "custom", custom: { name: made.name, input: text } }
    : { type: "function", function: { name: made.name, arguments: text } };
}
