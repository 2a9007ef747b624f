/**
 * Reasoning on a wire that has no official field for it. Vendors say `reasoning_content` (DeepSeek, xAI, vLLM) or `reasoning` (Groq,
 * Ollama, OpenRouter), a plain string; OpenRouter adds `reasoning_details`, an array that also holds signatures and encrypted blocks
 * (https://openrouter.ai/docs/use-cases/reasoning-tokens). Towards clients Sluice writes both: the string for those who only show it,
 * and the details whenever a signature or an encrypted block has to come back byte for byte with the next request. There, `index` is
 * the part's place among all parts of the message, so that reasoning between text and tool calls can be put back in place.
 */
import type { JsonObject, OpaquePart, Part, PartStart, ReasoningPart, RedactedReasoningPart } from "../../inference";
import { isObject } from "../reader";
import type { WireReasoningDetail } from "./wire";

/** OpenRouter's name of the format in which signatures and encrypted blocks are Anthropic's. */
const ANTHROPIC_FORMAT = "anthropic-claude-v1";

/** A piece of reasoning, and its place among all parts of the message where that is known. */
export interface PlacedReasoning {
  part: ReasoningPart | RedactedReasoningPart | OpaquePart;
  index?: number;
}

/** All reasoning of a whole message, each word once although a message may tell it in several fields. */
export function readReasoning(message: JsonObject): PlacedReasoning[] {
  const pieces: PlacedReasoning[] = [];
  let told = false;
  const details = message.reasoning_details;
  if (Array.isArray(details)) {
    for (const value of details) {
      const detail = isObject(value) ? readDetail(value) : undefined;
      if (!detail) continue;
      if (detail.part.type === "reasoning" && detail.part.text !== "") told = true;
      if (!joins(pieces.at(-1), detail)) pieces.push(detail);
    }
  }
  const text = reasoningText(message);
  if (!told && text !== "") pieces.unshift({ part: { type: "reasoning", text } });
  return pieces;
}

/** The plain string, whichever name it goes by; empty when there is none. */
export function reasoningText(message: JsonObject): string {
  const { reasoning_content: content, reasoning } = message;
  if (typeof content === "string" && content !== "") return content;
  return typeof reasoning === "string" ? reasoning : "";
}

/** One entry of `reasoning_details`; undefined when it says nothing. */
export function readDetail(detail: JsonObject): PlacedReasoning | undefined {
  const index = typeof detail.index === "number" ? { index: detail.index } : {};
  switch (detail.type) {
    case "reasoning.text": {
      const text = typeof detail.text === "string" ? detail.text : "";
      if (typeof detail.signature === "string") return { part: { type: "reasoning", text, signature: detail.signature }, ...index };
      return text === "" ? undefined : { part: { type: "reasoning", text }, ...index };
    }
    case "reasoning.summary":
      return typeof detail.summary === "string" && detail.summary !== ""
        ? { part: { type: "reasoning", text: detail.summary }, ...index }
        : undefined;
    case "reasoning.encrypted":
      if (detail.format === ANTHROPIC_FORMAT && typeof detail.data === "string") {
        return { part: { type: "redacted-reasoning", data: detail.data }, ...index };
      }
      // Another vendor's ciphertext: Anthropic would refuse it, so it may only return on this wire.
      return { part: { type: "opaque", protocol: "openai-chat", value: detail } };
    default:
      return typeof detail.type === "string" ? { part: { type: "opaque", protocol: "openai-chat", value: detail } } : undefined;
  }
}

/** True for an opaque part that `readDetail` made. */
export function isReasoningDetail({ protocol, value }: OpaquePart): boolean {
  return protocol === "openai-chat" && typeof value.type === "string" && value.type.startsWith("reasoning.");
}

/** Puts reasoning back among the other parts: at its index; first of all where indexes are missing or clash. */
export function placeReasoning(pieces: PlacedReasoning[], others: Part[]): Part[] {
  if (pieces.length === 0) return others;
  const taken = new Map<number, Part>();
  for (const { part, index } of pieces) {
    if (index === undefined || !Number.isInteger(index) || index < 0 || taken.has(index)) {
      return [...pieces.map((piece) => piece.part), ...others];
    }
    taken.set(index, part);
  }
  const placed: Part[] = [];
  let next = 0;
  while (next < others.length) {
    const reasoning = taken.get(placed.length);
    const other = others[next];
    if (reasoning) {
      taken.delete(placed.length);
      placed.push(reasoning);
    } else if (other) {
      placed.push(other);
      next += 1;
    }
  }
  const rest = [...taken].sort(([a], [b]) => a - b);
  for (const [, part] of rest) placed.push(part);
  return placed;
}

/** Both spellings of a message's reasoning; `details` is absent when no part needs it. */
export function encodeReasoning(
  parts: readonly Part[],
  textsMerge: boolean,
): { text: string; details?: (WireReasoningDetail | JsonObject)[] } {
  let text = "";
  let needed = false;
  const details: (WireReasoningDetail | JsonObject)[] = [];
  const foreign: JsonObject[] = [];
  const counter = new PlaceCounter(textsMerge);
  for (const part of parts) {
    const index = counter.place(part);
    if (part.type === "reasoning") {
      text += part.text;
      needed ||= part.signature !== undefined;
      details.push(encodeDetail(part, index));
    } else if (part.type === "redacted-reasoning") {
      needed = true;
      details.push(encodeDetail(part, index));
    } else if (part.type === "opaque" && isReasoningDetail(part)) {
      foreign.push(part.value);
    }
  }
  const shown = needed ? [...details, ...foreign] : foreign;
  return shown.length === 0 ? { text } : { text, details: shown };
}

export function encodeDetail(part: ReasoningPart | RedactedReasoningPart, index: number): WireReasoningDetail {
  if (part.type === "redacted-reasoning") return { type: "reasoning.encrypted", data: part.data, format: ANTHROPIC_FORMAT, index };
  if (part.signature === undefined) return { type: "reasoning.text", text: part.text, index };
  return { type: "reasoning.text", text: part.text, signature: part.signature, format: ANTHROPIC_FORMAT, index };
}

/** Counts the places that the parts of a message will have once the wire's fields are read again. */
export class PlaceCounter {
  readonly #textsMerge: boolean;
  #next = 0;
  #text = false;
  #refusal = false;

  /** `textsMerge`: all text becomes one string, as in replies. */
  constructor(textsMerge: boolean) {
    this.#textsMerge = textsMerge;
  }

  /** The place of the next part. Parts are to be told in order. */
  place(part: Part | PartStart): number {
    const place = this.#next;
    if (part.type === "text") {
      if (!(this.#text && this.#textsMerge)) this.#next += 1;
      this.#text = true;
    } else if (part.type === "refusal") {
      if (!this.#refusal) this.#next += 1;
      this.#refusal = true;
    } else if (part.type !== "opaque" || this.#isWritten(part)) {
      this.#next += 1;
    }
    return place;
  }

  /** Opaque parts stand among a request's content; in a reply only audio has a field. */
  #isWritten(part: OpaquePart): boolean {
    return part.protocol === "openai-chat" && !isReasoningDetail(part) && (!this.#textsMerge || part.value.type === "audio");
  }
}

/** A message gathered from chunks may hold one detail per chunk: pieces of the same index are one. */
function joins(earlier: PlacedReasoning | undefined, later: PlacedReasoning): boolean {
  if (earlier?.part.type !== "reasoning" || later.part.type !== "reasoning") return false;
  if (later.index === undefined || earlier.index !== later.index || earlier.part.signature !== undefined) return false;
  earlier.part.text += later.part.text;
  if (later.part.signature !== undefined) earlier.part.signature = later.part.signature;
  return true;
}
