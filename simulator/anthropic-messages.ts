import type Anthropic from "@anthropic-ai/sdk";
import { redactThinking, signThinking } from "./anthropic-check";
import { type MessagesRequest, readMessagesRequest } from "./anthropic-messages-request";
import { keepThread, resumeThread } from "./anthropic-threads";
import type { Reply, ReplyCall, Stop } from "./ask";
import type { Answer, Call } from "./call";
import { errorObject, faultError } from "./errors";
import { cacheMinTokens, replyModel } from "./models";
import type { CacheUse } from "./prompt-cache";
import { ALPHANUMERIC } from "./random";
import { decideReply } from "./reply";

/** `POST /v1/messages`. https://docs.anthropic.com/en/api/messages */
export function messages(call: Call): Answer {
  const resumed = resumeThread(call);
  const request = readMessagesRequest(resumed);
  const writer = new MessageWriter(call, request, decideReply(request.ask, call.scenario));
  keepThread(call, resumed, writer.message());
  if (request.body.stream !== true) return { kind: "json", body: writer.message() };
  const errorEvent = (): string => {
    const object = errorObject("anthropic", faultError("anthropic", call.scenario.errorStatus ?? 529));
    return event("error", { type: "error", error: { details: null, ...object } }, 12);
  };
  return { kind: "stream", source: { events: writer.events(), opening: 1, errorEvent }, ping: PING };
}

/** `POST /v1/messages/count_tokens` */
export function countMessageTokens(call: Call): Answer {
  const body = { input_tokens: readMessagesRequest(call, true).ask.promptTokens } satisfies Anthropic.MessageTokensCount;
  return { kind: "json", body };
}

const PING = 'event: ping\ndata: {"type": "ping"}\n\n';

/** Tokens that go into one text delta: Claude's deltas are longer than one token. */
const DELTA_TOKENS = 3;
const INPUT_DELTA_TOKENS = 4;

const STOP_REASONS: Record<Stop, Anthropic.StopReason> = {
  end: "end_turn",
  length: "max_tokens",
  "stop-sequence": "stop_sequence",
  "tool-calls": "tool_use",
  refusal: "refusal",
};

type Ending = Pick<Anthropic.RawMessageDeltaEvent.Delta, "stop_sequence" | "stop_details"> & { stop_reason: Anthropic.StopReason | null };
type StartUsage = Pick<
  Anthropic.Usage,
  | "input_tokens"
  | "cache_creation_input_tokens"
  | "cache_read_input_tokens"
  | "cache_creation"
  | "output_tokens"
  | "service_tier"
  | "inference_geo"
>;

class MessageWriter {
  readonly #call: Call;
  readonly #reply: Reply;
  readonly #omitsThinking: boolean;
  readonly #head: Pick<Anthropic.Message, "model" | "id" | "type" | "role">;
  readonly #usage: StartUsage;
  readonly #cache: CacheUse;
  readonly #callIds: string[];

  constructor(call: Call, { ask, segments, omitsThinking }: MessagesRequest, reply: Reply) {
    this.#call = call;
    this.#reply = reply;
    this.#omitsThinking = omitsThinking;
    this.#head = { model: replyModel(ask.model), id: `msg_01${call.chance.text(22, ALPHANUMERIC)}`, type: "message", role: "assistant" };
    this.#callIds = reply.calls.map(() => `toolu_01${call.chance.text(22, ALPHANUMERIC)}`);
    const minTokens = call.scenario.cacheMinTokens ?? cacheMinTokens(ask.model);
    this.#cache = call.world.cache.useBreakpoints(`${call.scope} ${ask.model}`, segments, minTokens, call.nowMs);
    const { readTokens, write5mTokens, write1hTokens } = this.#cache;
    this.#usage = {
      input_tokens: ask.promptTokens - readTokens - write5mTokens - write1hTokens,
      cache_creation_input_tokens: write5mTokens + write1hTokens,
      cache_read_input_tokens: readTokens,
      cache_creation: { ephemeral_5m_input_tokens: write5mTokens, ephemeral_1h_input_tokens: write1hTokens },
      output_tokens: reply.outputTokens,
      service_tier: "standard",
      inference_geo: "not_available",
    };
  }

  message(): { id: string; content: unknown[] } {
    const usage = { ...this.#usage, ...this.#thinkingTokens() };
    return { ...this.#head, content: this.#content(), ...this.#ending(), ...(this.#call.scenario.noUsage ? {} : { usage }) };
  }

  #content(): unknown[] {
    const { reasoning, text, calls } = this.#reply;
    const uses = calls.map((made, i) => ({ ...this.#use(i, made), input: made.complete ? JSON.parse(made.pieces.join("")) : {} }));
    return [
      ...(reasoning === undefined ? [] : [this.#thought(reasoning)]),
      ...(text.length === 0 ? [] : [{ type: "text", text: text.join("") }]),
      ...uses,
    ];
  }

  #use(i: number, made: ReplyCall): { type: "tool_use"; id: string; name: string; input: unknown; caller: Anthropic.DirectCaller } {
    return { type: "tool_use", id: this.#callIds[i] ?? "", name: made.name, input: {}, caller: { type: "direct" } };
  }

  #thought(reasoning: { pieces: string[]; redacted: boolean }): Anthropic.ThinkingBlock | Anthropic.RedactedThinkingBlock {
    const thinking = this.#omitsThinking ? "" : reasoning.pieces.join("");
    if (reasoning.redacted) return { type: "redacted_thinking", data: redactThinking(reasoning.pieces.join("")) };
    return { type: "thinking", thinking, signature: signThinking(thinking) };
  }

  #ending(): Ending {
    const { stop, stopSequence } = this.#reply;
    const explanation = "(simulated) This request was blocked.";
    return {
      stop_reason: this.#call.scenario.noFinish ? null : STOP_REASONS[stop],
      stop_sequence: stopSequence ?? null,
      stop_details: stop === "refusal" ? { type: "refusal", category: "general_harms", explanation } : null,
    };
  }

  #thinkingTokens(): { output_tokens_details?: Anthropic.OutputTokensDetails } {
    return this.#reply.reasoning === undefined ? {} : { output_tokens_details: { thinking_tokens: this.#reply.reasoningTokens } };
  }

  /** Start; the blocks one after the other, each opened, filled and closed; end. A ping follows the first opening. */
  *events(): Generator<string> {
    const { noUsage, noTerminal } = this.#call.scenario;
    const empty = { ...this.#head, content: [], stop_reason: null, stop_sequence: null, stop_details: null };
    yield this.#event({ type: "message_start", message: noUsage ? empty : { ...empty, usage: { ...this.#usage, output_tokens: 1 } } });
    let index = 0;
    for (const block of this.#blocks()) {
      yield this.#event({ type: "content_block_start", index, content_block: block.start });
      if (index === 0) yield PING;
      for (const delta of block.deltas) yield this.#event({ type: "content_block_delta", index, delta });
      if (!block.isCut) yield this.#event({ type: "content_block_stop", index });
      index += 1;
    }
    const { input_tokens, cache_creation_input_tokens, cache_read_input_tokens, output_tokens } = this.#usage;
    const usage = { input_tokens, cache_creation_input_tokens, cache_read_input_tokens, output_tokens, ...this.#thinkingTokens() };
    yield this.#event({ type: "message_delta", delta: this.#ending(), ...(noUsage ? {} : { usage }) });
    if (!noTerminal) yield this.#event({ type: "message_stop" } satisfies Anthropic.RawMessageStopEvent);
  }

  /** A tool call that the token limit cuts is not closed: so does Claude. */
  *#blocks(): Generator<{ start: unknown; deltas: Iterable<Anthropic.RawContentBlockDelta>; isCut?: boolean }> {
    const { reasoning, text, calls } = this.#reply;
    if (reasoning !== undefined) {
      const thought = this.#thought(reasoning);
      if (thought.type === "redacted_thinking") yield { start: thought, deltas: [] };
      else
        yield {
          start: { type: "thinking", thinking: "", signature: "" },
          deltas: thinkingDeltas(this.#omitsThinking ? [] : reasoning.pieces, thought.signature),
        };
    }
    if (text.length > 0) yield { start: { type: "text", text: "" }, deltas: textDeltas(text) };
    for (const [i, made] of calls.entries()) yield { start: this.#use(i, made), deltas: inputDeltas(made.pieces), isCut: !made.complete };
  }

  #event(data: { type: string } & Record<string, unknown>): string {
    return event(data.type, data, this.#call.chance.integer(16));
  }
}

function* textDeltas(text: string[]): Generator<Anthropic.TextDelta> {
  for (let at = 0; at < text.length; at += DELTA_TOKENS) yield { type: "text_delta", text: text.slice(at, at + DELTA_TOKENS).join("") };
}

function* thinkingDeltas(thinking: string[], signature: string): Generator<Anthropic.RawContentBlockDelta> {
  for (let at = 0; at < thinking.length; at += DELTA_TOKENS) {
    const delta = { type: "thinking_delta" as const, thinking: thinking.slice(at, at + DELTA_TOKENS).join("") };
    yield { ...delta } as Anthropic.ThinkingDelta; // the SDK's type has fields that only a beta sends
  }
  yield { type: "signature_delta", signature };
}

/** Tool input as JSON in pieces, an empty one first; a call without arguments sends nothing but that. */
function* inputDeltas(input: string[]): Generator<Anthropic.InputJSONDelta> {
  yield { type: "input_json_delta", partial_json: "" };
  if (input.join("") === "{}") return;
  for (let at = 0; at < input.length; at += INPUT_DELTA_TOKENS) {
    yield { type: "input_json_delta", partial_json: input.slice(at, at + INPUT_DELTA_TOKENS).join("") };
  }
}

/** One event. Anthropic pads its JSON with spaces before the last brace, against guesses from packet sizes. */
function event(name: string, data: unknown, padding: number): string {
  const json = JSON.stringify(data);
  return `event: ${name}\ndata: ${json.slice(0, -1)}${" ".repeat(padding)}}\n\n`;
}
