import { encodeSse } from "../../core/sse";
import type {
  Citation,
  InferenceEvent,
  JsonObject,
  PartDelta,
  PartStart,
  ReasoningPart,
  RedactedReasoningPart,
  Usage,
} from "../../inference";
import { mergeUsage } from "../../inference";
import type { ReplyOptions, StreamEncoder } from "../protocol";
import { isObject } from "../reader";
import { encodeCitation } from "./citations";
import { encodeLogprobs, replyId } from "./encode-response";
import { encodeStreamError } from "./errors";
import { encodeFinish } from "./finish";
import { isLegacy, kept } from "./leftovers";
import { encodeDetail, isReasoningDetail, PlaceCounter } from "./reasoning";
import { audioOf } from "./reply-content";
import { encodeUsage } from "./usage";
import type { WireChunk, WireChunkChoice, WireDelta, WireReasoningDetail } from "./wire";

/** Writes `chat.completion.chunk` events, the usage chunk at the end if the client asked for it, and `[DONE]`. */
export function streamEncoder(options: ReplyOptions): StreamEncoder {
  return new ChatStreamEncoder(options);
}

/** Where a choice's part that is open stands. */
interface ChoiceState {
  /** Everything of a text chunk before and after the text itself, ready made: this is the bulk of all events. */
  textPrefix: string;
  reasoningPrefix: string;
  suffix: string;
  started: boolean;
  /** Length of all text before the part, to which citations' offsets are added. */
  textBefore: number;
  textOfPart: number;
  /** Of the part that is open. */
  citations: Citation[];
  places: PlaceCounter;
  calls: number;
  /** How the open call is written; `legacy` is the form before tools, for a reply that came in it. */
  callForm: "function" | "custom" | "legacy";
  /** The reasoning part that is open, gathered: a signature comes after its text, and the detail holds both. */
  reasoning: { part: ReasoningPart | RedactedReasoningPart; place: number } | undefined;
  /** Details of parts without a signature: sent only if a later part needs one, for then all are needed. */
  details: WireReasoningDetail[];
  detailed: boolean;
}

class ChatStreamEncoder implements StreamEncoder {
  readonly #options: ReplyOptions;
  readonly #choices = new Map<number, ChoiceState>();
  #head: Omit<WireChunk, "choices"> & JsonObject;
  #usage: Usage | undefined;
  /** Fields of the upstream's own that stand on its first chunk. */
  #extras: JsonObject = {};

  constructor(options: ReplyOptions) {
    this.#options = options;
    this.#head = this.#headOf("", undefined);
  }

  push(event: InferenceEvent): string {
    switch (event.type) {
      case "start": {
        const { system_fingerprint: fingerprint, service_tier: tier, ...extras } = kept(event);
        this.#head = this.#headOf(event.id, event.createdAt);
        if (fingerprint !== undefined) this.#head.system_fingerprint = fingerprint;
        if (tier !== undefined) this.#head.service_tier = tier;
        this.#extras = extras;
        return "";
      }
      case "part-start":
        return this.#begin(event.choice, event.start.type === "text" ? "" : null) + this.#partStart(event.choice, event.start);
      case "part-delta":
        return this.#partDelta(event.choice, event.delta);
      case "part-end":
        return this.#partEnd(event.choice);
      case "logprobs":
        return this.#begin(event.choice) + this.#chunk(event.choice, {}, { logprobs: encodeLogprobs(event.logprobs) });
      case "finish":
        return this.#begin(event.choice) + this.#finish(event);
      case "usage":
        this.#usage = mergeUsage(this.#usage, event.usage);
        return "";
      case "ping":
        return "";
      case "end":
        return `${this.#usageChunk()}data: [DONE]\n\n`;
      case "error":
        return encodeStreamError(event.error, this.#options.requestId);
    }
  }

  /**
   * The first chunk of a choice, which names the role. As OpenAI writes it, its content is empty where text comes first, so that clients
   * may join the pieces without a look at each, and null where a tool call does.
   */
  #begin(choice: number, content: "" | null = ""): string {
    const state = this.#choice(choice);
    if (state.started) return "";
    state.started = true;
    const first = this.#chunk(choice, { role: "assistant", content }, {}, this.#extras);
    this.#extras = {};
    return first;
  }

  #finish(event: Extract<InferenceEvent, { type: "finish" }>): string {
    const { message, ...rest } = kept(event);
    const reason = encodeFinish(event.reason.kind);
    const isLegacyCall = reason === "tool_calls" && this.#choice(event.choice).callForm === "legacy";
    const delta = isObject(message) ? message : {};
    return this.#chunk(event.choice, delta, { ...rest, finish_reason: isLegacyCall ? "function_call" : reason });
  }

  #partStart(choice: number, start: PartStart): string {
    const state = this.#choice(choice);
    const place = state.places.place(start);
    switch (start.type) {
      case "text":
        state.textBefore += state.textOfPart;
        state.textOfPart = 0;
        return "";
      case "refusal":
        return "";
      case "reasoning":
        state.reasoning = { part: { type: "reasoning", text: "" }, place };
        return "";
      case "redacted-reasoning":
        state.reasoning = { part: start, place };
        return "";
      case "tool-call": {
        const { id, name } = start;
        state.callForm = isLegacy(start) ? "legacy" : start.kind;
        if (state.callForm === "legacy") return this.#chunk(choice, { function_call: { name, arguments: "" } });
        const index = state.calls;
        state.calls += 1;
        return start.kind === "custom"
          ? this.#chunk(choice, { tool_calls: [{ ...kept(start), index, id, type: "custom", custom: { name, input: "" } }] })
          : this.#chunk(choice, { tool_calls: [{ ...kept(start), index, id, type: "function", function: { name, arguments: "" } }] });
      }
      case "opaque": {
        if (isReasoningDetail(start)) return this.#chunk(choice, { reasoning_details: [start.value] });
        const audio = audioOf(start);
        return audio ? this.#chunk(choice, { audio }) : "";
      }
    }
  }

  #partDelta(choice: number, delta: PartDelta): string {
    const state = this.#choice(choice);
    switch (delta.type) {
      case "text":
        state.textOfPart += delta.text.length;
        return state.textPrefix + JSON.stringify(delta.text) + state.suffix;
      case "reasoning":
        if (state.reasoning?.part.type === "reasoning") state.reasoning.part.text += delta.text;
        return state.reasoningPrefix + JSON.stringify(delta.text) + state.suffix;
      case "signature":
        if (state.reasoning?.part.type === "reasoning") state.reasoning.part.signature = delta.signature;
        return "";
      case "refusal":
        return this.#chunk(choice, { refusal: delta.text });
      case "arguments": {
        const index = state.calls - 1;
        const { text } = delta;
        if (state.callForm === "legacy") return this.#chunk(choice, { function_call: { arguments: text } });
        return state.callForm === "custom"
          ? this.#chunk(choice, { tool_calls: [{ index, custom: { input: text } }] })
          : this.#chunk(choice, { tool_calls: [{ index, function: { arguments: text } }] });
      }
      case "citation":
        // A citation may come before the text that it belongs to, and where its wire gives no range the whole part is meant.
        state.citations.push(delta.citation);
        return "";
      case "opaque":
        return ""; // no opaque part of this protocol comes in pieces
    }
  }

  #partEnd(choice: number): string {
    const state = this.#choice(choice);
    const { citations, textBefore, textOfPart } = state;
    if (citations.length > 0) {
      state.citations = [];
      const annotations = citations.flatMap((citation) => encodeCitation(citation, textBefore, textOfPart) ?? []);
      return annotations.length > 0 ? this.#chunk(choice, { annotations }) : "";
    }
    if (!state.reasoning) return "";
    const { part, place } = state.reasoning;
    state.reasoning = undefined;
    state.details.push(encodeDetail(part, place));
    if (part.type === "redacted-reasoning" || part.signature !== undefined) state.detailed = true;
    if (!state.detailed) return "";
    const details = state.details;
    state.details = [];
    return this.#chunk(choice, { reasoning_details: details });
  }

  #chunk(index: number, delta: WireDelta, rest: Partial<WireChunkChoice> & JsonObject = {}, extras: JsonObject = {}): string {
    const choice: WireChunkChoice = { index, delta, logprobs: null, finish_reason: null, ...rest };
    return encodeSse(JSON.stringify({ ...extras, ...this.#head, choices: [choice] } satisfies WireChunk & JsonObject));
  }

  #usageChunk(): string {
    if (!this.#options.streamUsage || !this.#usage) return "";
    const chunk: WireChunk = { ...this.#head, choices: [], usage: encodeUsage(this.#usage, this.#head.service_tier !== undefined) };
    return encodeSse(JSON.stringify(chunk));
  }

  /** OpenAI puts `"usage":null` on every chunk before the last of a stream that was asked for usage. */
  #headOf(id: string, createdAt: number | undefined): Omit<WireChunk, "choices"> & JsonObject {
    return {
      id: id === "" ? replyId(this.#options.requestId) : id,
      object: "chat.completion.chunk",
      created: createdAt ?? this.#options.createdAt,
      model: this.#options.model,
      ...(this.#options.streamUsage ? { usage: null } : {}),
    };
  }

  #choice(index: number): ChoiceState {
    let state = this.#choices.get(index);
    if (!state) {
      const head = JSON.stringify(this.#head).slice(0, -1);
      const prefix = `data: ${head},"choices":[{"index":${index},"delta":{`;
      state = {
        textPrefix: `${prefix}"content":`,
        reasoningPrefix: `${prefix}"reasoning_content":`,
        suffix: '},"logprobs":null,"finish_reason":null}]}\n\n',
        started: false,
        textBefore: 0,
        textOfPart: 0,
        citations: [],
        places: new PlaceCounter(true),
        calls: 0,
        callForm: "function",
        reasoning: undefined,
        details: [],
        detailed: false,
      };
      this.#choices.set(index, state);
    }
    return state;
  }
}
