import type { FinishReason, InferenceEvent, JsonObject, JsonValue, Part, PartStart } from "../../inference";
import type { ReplyHints } from "../protocol";
import { isObject } from "../reader";
import { inventedCallId } from "./call-ids";
import { readAnnotations } from "./citations";
import { READ_FROM_CHOICE, READ_FROM_MESSAGE, readLogprobs } from "./decode-response";
import { mapFinish } from "./finish";
import { keep, leftoverFields } from "./leftovers";
import { readDetail, reasoningText } from "./reasoning";
import { callMeaning, readCall, readLegacyCall, unwrapInput, type WireCall } from "./reply-calls";
import { audioPart, type ContentPiece, readAudio, readPiece } from "./reply-content";

/** The wire's own order of parts was broken in a way that would garble the reply. */
export class BrokenStreamError extends Error {
  override readonly name = "BrokenStreamError";
}

/** A tool call on its way. */
interface Call {
  ordinal: number;
  index: number | undefined;
  wireId: string | undefined;
  wireName: string | undefined;
  kind: WireCall["kind"];
  leftovers: JsonObject | undefined;
  /** All argument text so far. */
  text: string;
  /** Set once the call's part has begun. */
  begun?: { unwrapsInput: boolean };
}

/** What a part that is open may take in. */
type Open = { part: number; type: Part["type"]; call?: Call; detailIndex?: number; signed?: boolean };

/**
 * One choice of a stream: deltas in, neutral events out, appended to the `events` that each method is given. A part begins with the first
 * delta that says something and ends when another begins, or with the choice.
 */
export class ChoiceStream {
  readonly index: number;
  readonly #hints: ReplyHints;
  #parts = 0;
  #open: Open | undefined;
  #calls: Call[] = [];
  #callsTools = false;
  /** A call was the structured output itself. */
  #unwrapped = false;
  /** Reasoning came as a plain string: what `reasoning_details` say beside it is the same text again. */
  #reasoningTold = false;
  /** Audio is gathered: its pieces are base64 that a client cannot play one by one as parts of their own. */
  #audio: JsonObject | undefined;
  #finish: string | null = null;
  /** What is not read, of the choice and of its deltas. */
  readonly #leftovers: JsonObject = {};
  readonly #messageLeftovers: JsonObject = {};

  constructor(index: number, hints: ReplyHints) {
    this.index = index;
    this.#hints = hints;
  }

  /** The wire has said why this choice ended. */
  get finished(): boolean {
    return this.#finish !== null;
  }

  push(choice: JsonObject, events: InferenceEvent[]): void {
    const delta = isObject(choice.delta) ? choice.delta : isObject(choice.message) ? choice.message : undefined;
    if (delta) this.#delta(delta, events);
    const logprobs = readLogprobs(choice.logprobs);
    if (logprobs) events.push({ type: "logprobs", choice: this.index, logprobs });
    const { finish_reason: finish } = choice;
    if (typeof finish === "string" && finish !== "") this.#finish = finish;
    absorb(this.#leftovers, leftoverFields(choice, READ_FROM_CHOICE));
  }

  /** Ends the open part and the choice. */
  end(events: InferenceEvent[]): void {
    for (const call of this.#calls) if (!call.begun) this.#beginCall(call, events);
    if (this.#audio) this.#beginOther(audioPart(this.#audio), events);
    this.#close(events);
    if (Object.keys(this.#messageLeftovers).length > 0) this.#leftovers.message = this.#messageLeftovers;
    events.push({ type: "finish", choice: this.index, reason: this.finishReason(), ...keep(this.#leftovers) });
  }

  finishReason(): FinishReason {
    return mapFinish(this.#finish, this.#callsTools, this.#unwrapped);
  }

  #delta(delta: JsonObject, events: InferenceEvent[]): void {
    this.#reasoning(delta, events);
    const { content, refusal } = delta;
    if (typeof content === "string") this.#piece({ type: "text", text: content }, events);
    else if (Array.isArray(content)) for (const value of content) this.#piece(readPiece(value), events);
    if (typeof refusal === "string") this.#piece({ type: "refusal", text: refusal }, events);
    if (isObject(delta.audio)) this.#gatherAudio(delta);
    if (Array.isArray(delta.annotations)) this.#annotations(delta.annotations, events);
    if (Array.isArray(delta.tool_calls)) for (const value of delta.tool_calls) this.#call(readCall(value), events);
    const legacy = readLegacyCall(delta.function_call);
    if (legacy) this.#call({ ...legacy, index: 0 }, events);
    absorb(this.#messageLeftovers, leftoverFields(delta, READ_FROM_MESSAGE));
  }

  #piece(piece: ContentPiece | undefined, events: InferenceEvent[]): void {
    if (piece === undefined) return;
    if (piece.type === "opaque") {
      this.#beginOther(piece, events);
      return;
    }
    if (piece.text !== "") {
      const part = this.#opened(piece.type, events);
      events.push({ type: "part-delta", choice: this.index, part, delta: { type: piece.type, text: piece.text } });
    }
    if (piece.type === "reasoning" && piece.signature !== undefined) this.#sign(piece.signature, undefined, events);
  }

  #reasoning(delta: JsonObject, events: InferenceEvent[]): void {
    const text = reasoningText(delta);
    if (text !== "") {
      this.#reasoningTold = true;
      this.#piece({ type: "reasoning", text }, events);
    }
    if (!Array.isArray(delta.reasoning_details)) return;
    for (const value of delta.reasoning_details) {
      const detail = isObject(value) ? readDetail(value) : undefined;
      if (!detail) continue;
      const { part, index } = detail;
      if (part.type !== "reasoning") {
        this.#beginOther(part, events);
        continue;
      }
      // Text of the same index goes on after a signature; text of another is another part.
      if (index !== undefined && this.#open?.signed && this.#open.detailIndex === index) this.#open.signed = false;
      if (!this.#reasoningTold) this.#piece({ type: "reasoning", text: part.text }, events);
      if (part.signature !== undefined) this.#sign(part.signature, index, events);
    }
  }

  #sign(signature: string, index: number | undefined, events: InferenceEvent[]): void {
    const part = this.#opened("reasoning", events);
    events.push({ type: "part-delta", choice: this.index, part, delta: { type: "signature", signature } });
    if (this.#open) {
      this.#open.signed = true;
      if (index !== undefined) this.#open.detailIndex = index;
    }
  }

  #annotations(annotations: JsonValue[], events: InferenceEvent[]): void {
    const { citations, others } = readAnnotations(annotations);
    if (others.length > 0) absorb(this.#messageLeftovers, { annotations: others });
    for (const citation of citations) {
      const part = this.#opened("text", events);
      events.push({ type: "part-delta", choice: this.index, part, delta: { type: "citation", citation } });
    }
  }

  #gatherAudio(delta: JsonObject): void {
    const piece = readAudio(delta);
    if (!piece) return;
    this.#audio ??= {};
    for (const [key, value] of Object.entries(piece)) {
      const earlier = this.#audio[key];
      const grows = (key === "data" || key === "transcript") && typeof earlier === "string" && typeof value === "string";
      this.#audio[key] = grows ? earlier + value : value;
    }
  }

  #call(piece: WireCall | undefined, events: InferenceEvent[]): void {
    if (!piece) return;
    const call = this.#callOf(piece);
    call.wireId ??= piece.id;
    call.wireName ??= piece.name;
    call.text += piece.arguments;
    call.leftovers ??= piece.leftovers;
    if (!call.begun) {
      if (piece.kind === "custom") call.kind = "custom";
    } else if (piece.arguments !== "") {
      if (this.#open?.call !== call) throw new BrokenStreamError("a tool call went on after it had ended");
      this.#argumentsDelta(call, piece.arguments, events);
    }
    this.#beginWaiting(events);
  }

  /** Begins the calls that wait, in order. While the open call's arguments are incomplete the next one waits: vendors mix their pieces. */
  #beginWaiting(events: InferenceEvent[]): void {
    for (const call of this.#calls) {
      if (call.begun) continue;
      if (call.wireName === undefined || (this.#open?.call && !isComplete(this.#open.call))) return;
      this.#beginCall(call, events);
    }
  }

  /**
   * The call that a piece belongs to. Vendors leave out ids, indexes or both, repeat ids and names on every piece, or give every call
   * index 0; so another id or name at a known index is another call, and without an index an unknown id or a name begins one.
   */
  #callOf(piece: WireCall): Call {
    const { index, id, name } = piece;
    let call: Call | undefined;
    if (index !== undefined) {
      call = this.#calls.findLast((candidate) => candidate.index === index);
      const other = call && ((id && call.wireId && id !== call.wireId) || (name && call.wireName && name !== call.wireName));
      if (call && !other) return call;
    } else if (id !== undefined) {
      call = this.#calls.find((candidate) => candidate.wireId === id);
      if (call) return call;
    } else if (name === undefined) {
      call = this.#calls.at(-1);
      if (call) return call;
    }
    call = { ordinal: this.#calls.length, index, wireId: id, wireName: name, kind: piece.kind, leftovers: undefined, text: "" };
    this.#calls.push(call);
    return call;
  }

  #beginCall(call: Call, events: InferenceEvent[]): void {
    const meaning = callMeaning(call.wireName ?? "", call.kind, this.#hints);
    if (meaning.as === "text") {
      this.#unwrapped = true;
      call.begun = { unwrapsInput: false };
      this.#begin({ type: "text" }, events);
    } else {
      call.begun = { unwrapsInput: meaning.unwrapsInput };
      this.#callsTools = true;
      const id = call.wireId ?? inventedCallId(this.#hints.requestId, this.index, call.ordinal);
      this.#begin({ type: "tool-call", id, name: meaning.name, kind: meaning.kind, ...keep(call.leftovers) }, events);
    }
    if (this.#open) this.#open.call = call;
    if (call.text !== "") this.#argumentsDelta(call, call.text, events);
  }

  #argumentsDelta(call: Call, text: string, events: InferenceEvent[]): void {
    const open = this.#open;
    if (!open || call.begun?.unwrapsInput) return; // a call that is unwrapped is told as a whole when it ends
    const type = open.type === "text" ? "text" : "arguments";
    events.push({ type: "part-delta", choice: this.index, part: open.part, delta: { type, text } });
  }

  /** The open part if it is of this type and may still grow, or else a new one. */
  #opened(type: "text" | "reasoning" | "refusal", events: InferenceEvent[]): number {
    const open = this.#open;
    if (open && open.type === type && !open.call && !open.signed) return open.part;
    return this.#beginOther({ type }, events);
  }

  /** A part that is no call means that the calls before it have had all their pieces. */
  #beginOther(start: PartStart, events: InferenceEvent[]): number {
    for (const call of this.#calls) if (!call.begun && call.wireName !== undefined) this.#beginCall(call, events);
    return this.#begin(start, events);
  }

  #begin(start: PartStart, events: InferenceEvent[]): number {
    this.#close(events);
    const part = this.#parts;
    this.#parts += 1;
    this.#open = { part, type: start.type };
    events.push({ type: "part-start", choice: this.index, part, start });
    return part;
  }

  #close(events: InferenceEvent[]): void {
    const open = this.#open;
    if (!open) return;
    if (open.call?.begun?.unwrapsInput) {
      const text = unwrapInput(open.call.text);
      if (text !== "") events.push({ type: "part-delta", choice: this.index, part: open.part, delta: { type: "arguments", text } });
    }
    events.push({ type: "part-end", choice: this.index, part: open.part });
    this.#open = undefined;
  }
}

/** Lists grow from chunk to chunk; of everything else the last word counts. */
function absorb(into: JsonObject, leftovers: JsonObject | undefined): void {
  for (const [key, value] of Object.entries(leftovers ?? {})) {
    const earlier = into[key];
    into[key] = Array.isArray(earlier) && Array.isArray(value) ? [...earlier, ...value] : value;
  }
}

function isComplete(call: Call): boolean {
  if (call.kind === "custom") return true;
  if (!call.text.trimEnd().endsWith("}")) return false;
  try {
    JSON.parse(call.text);
    return true;
  } catch {
    return false;
  }
}
