import type { JsonObject, JsonValue, PartDelta, PartStart } from "../../inference";
import { isObject } from "../reader";
import { decodeCitation } from "./citations";
import { callExtensions } from "./decode-response";
import { freeText, type ReplyTools } from "./reply-tools";
import { isSignature } from "./thinking";
import { PROTOCOL } from "./wire";

/** A content block of a stream, read piece by piece into the deltas of one part. */
export interface BlockReader {
  start: PartStart;
  /** The part begins with its first piece, so that a block that stays empty is none. */
  lazy: boolean;
  /** What the block's start already held. */
  first: PartDelta[];
  read(delta: JsonObject): PartDelta[];
  /** What is given out when the block is whole. */
  close(): PartDelta[];
  /** Characters that wait for that. */
  heldChars(): number;
}

const NOTHING_HELD = () => 0;

/** The reader for a block that begins like `block`. Kinds that are not known are carried as they are. */
export function blockReader(block: JsonObject, tools: ReplyTools): BlockReader {
  switch (block.type) {
    case "text":
      return textReader(block);
    case "thinking":
      return thinkingReader(block);
    case "redacted_thinking":
      return {
        start: { type: "redacted-reasoning", data: typeof block.data === "string" ? block.data : "" },
        lazy: false,
        first: [],
        read: () => [],
        close: () => [],
        heldChars: NOTHING_HELD,
      };
    case "tool_use":
      return callReader(block, tools);
    default:
      return opaqueReader(block);
  }
}

/** The start that a delta implies where an upstream left it out: text and thinking need nothing that only the start says. */
export function impliedBlock(delta: JsonObject): JsonObject | undefined {
  if (delta.type === "text_delta") return { type: "text", text: "" };
  if (delta.type === "thinking_delta") return { type: "thinking", thinking: "" };
  return undefined;
}

function textReader(block: JsonObject): BlockReader {
  const citations = Array.isArray(block.citations) ? block.citations.filter(isObject) : [];
  return {
    start: { type: "text" },
    lazy: true,
    first: [...pieces("text", block.text), ...citations.map(citationDelta)],
    read(delta) {
      if (delta.type === "text_delta") return pieces("text", delta.text);
      return delta.type === "citations_delta" && isObject(delta.citation) ? [citationDelta(delta.citation)] : [];
    },
    close: () => [],
    heldChars: NOTHING_HELD,
  };
}

function thinkingReader(block: JsonObject): BlockReader {
  let signed = false;
  return {
    start: { type: "reasoning" },
    lazy: false,
    first: pieces("reasoning", block.thinking),
    read(delta) {
      if (delta.type === "thinking_delta") return pieces("reasoning", delta.thinking);
      if (delta.type !== "signature_delta") return [];
      signed = true;
      return signature(delta.signature);
    },
    // The start holds an empty signature; where none follows, that is the signature.
    close: () => (signed ? [] : signature(block.signature)),
    heldChars: NOTHING_HELD,
  };
}

function callReader(block: JsonObject, tools: ReplyTools): BlockReader {
  const tool = tools.restore(typeof block.name === "string" ? block.name : "");
  if (tool.is === "output") return { start: { type: "text" }, lazy: false, first: [], ...inputReader(block, "text") };
  const id = (typeof block.id === "string" && block.id) || tools.makeId();
  const start: PartStart = { type: "tool-call", id, name: tool.name, kind: tool.is, ...callExtensions(block) };
  return { start, lazy: false, first: [], ...(tool.is === "custom" ? freeTextReader(block) : inputReader(block, "arguments")) };
}

type InputReader = Pick<BlockReader, "read" | "close" | "heldChars">;

/** The input as it comes. Some upstreams send it whole with the start, and a tool without parameters has no pieces at all. */
function inputReader(block: JsonObject, as: "text" | "arguments"): InputReader {
  let begun = false;
  return {
    read(delta) {
      const deltas = pieces(as, delta.partial_json);
      begun ||= deltas.length > 0;
      return deltas;
    },
    close: () => (begun ? [] : pieces(as, JSON.stringify(block.input ?? {}))),
    heldChars: NOTHING_HELD,
  };
}

/** The free text within the input, which can be told only when the input is whole. */
function freeTextReader(block: JsonObject): InputReader {
  let input = "";
  return {
    read(delta) {
      input += typeof delta.partial_json === "string" ? delta.partial_json : "";
      return [];
    },
    close: () => pieces("arguments", freeText(input || JSON.stringify(block.input ?? {}))),
    heldChars: () => input.length,
  };
}

/** Server tools and what is to come. The value is given out again, whole, when deltas changed it. */
function opaqueReader(block: JsonObject): BlockReader {
  let input = "";
  let value = block;
  return {
    start: { type: "opaque", protocol: PROTOCOL, value: block },
    lazy: false,
    first: [],
    read(delta) {
      if (typeof delta.partial_json === "string") input += delta.partial_json;
      else {
        // `compaction_delta` and its like hold the final values of the block's fields.
        const { type: _type, ...fields } = delta;
        value = { ...value, ...fields };
      }
      return [];
    },
    close() {
      if (input !== "") value = { ...value, input: parseInput(input) };
      return value === block ? [] : [{ type: "opaque", value: { type: "opaque", protocol: PROTOCOL, value } }];
    },
    heldChars: () => input.length,
  };
}

/** Input that was cut stays the text that it is. */
function parseInput(input: string): JsonValue {
  try {
    return JSON.parse(input);
  } catch {
    return input;
  }
}

function pieces(type: "text" | "reasoning" | "arguments", piece: JsonValue | undefined): PartDelta[] {
  return typeof piece === "string" && piece !== "" ? [{ type, text: piece }] : [];
}

function signature(value: JsonValue | undefined): PartDelta[] {
  return isSignature(value) ? [{ type: "signature", signature: value }] : [];
}

function citationDelta(value: JsonObject): PartDelta {
  return { type: "citation", citation: decodeCitation(value) };
}
