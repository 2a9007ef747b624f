import type { CorpusCase, ExpectedCall, ExpectedUsage, StopKind, Wire } from "./cases.ts";
import type { ClientUsage } from "./client-view.ts";
import { type Json, listOf, objectOf, parse, textOf } from "./json.ts";
import { readEvents } from "./sse.ts";

/** What a client of the other wire must make of a recorded answer. */
export interface ExpectedView {
  text: string[];
  thinking: string;
  refusal: string;
  calls: ExpectedClientCall[];
  stop: string;
  /** Absent where the recording counts nothing: the client may then see an estimate or nothing. */
  usage?: ClientUsage;
  citations: number;
  /** Undefined where the client's wire demands a signature of every thinking block anyway. */
  signatures?: number;
}

export interface ExpectedClientCall {
  /** Null where the recording has none: any id will do. */
  id: string | null;
  name: string;
  /** Parsed; or the text itself where it is no JSON. */
  arguments: { value: Json } | { text: string };
}

/**
 * How endings are told on each wire. OpenAI's has no word for a stop sequence and none for a pause (the client of a paused turn sees an
 * ordinary stop, and a warning where there is a header for it); neither has a word for an error or for an ending that only its vendor
 * knows. An ending that nobody named counts as `stop`.
 */
const STOP_WORDS: Record<Wire, Record<StopKind, string>> = {
  "openai-chat": {
    stop: "stop",
    stop_sequence: "stop",
    length: "length",
    tool_calls: "tool_calls",
    refusal: "content_filter",
    pause: "stop",
    error: "stop",
    other: "stop",
  },
  "anthropic-messages": {
    stop: "end_turn",
    stop_sequence: "stop_sequence",
    length: "max_tokens",
    tool_calls: "tool_use",
    refusal: "refusal",
    pause: "pause_turn",
    error: "end_turn",
    other: "end_turn",
  },
};

export function otherWire(wire: Wire): Wire {
  return wire === "openai-chat" ? "anthropic-messages" : "openai-chat";
}

/** What a client of the other wire must see of `recorded`, a message or what came of one before an error. */
export function expectedView(recorded: CorpusCase): ExpectedView {
  const { expect, streaming } = recorded;
  const client = otherWire(recorded.wire);
  const [text, refusal] = [expect.text ?? "", expect.refusal ?? ""];
  const shownAsText = client === "anthropic-messages" ? text + refusal : text;
  const calls = expect.tool_calls ?? [];
  return {
    // Words that were spoken may be shown as text: no client is the worse for it.
    text: expect.transcript === undefined ? [shownAsText] : [shownAsText, shownAsText + expect.transcript],
    thinking: expect.thinking ?? "",
    refusal: client === "openai-chat" ? refusal : "",
    calls: calls.map((call) => expectedCall(call, client, streaming)),
    stop: STOP_WORDS[client][stopKind(expect.stop?.normal, calls.length > 0, client === "anthropic-messages" && refusal !== "")],
    ...(expect.usage ? { usage: expectedUsage(expect.usage) } : {}),
    citations: client === "openai-chat" ? webCitations(recorded) : 0,
    ...(client === "openai-chat" ? { signatures: expect.thinking_signatures ?? 0 } : {}),
  };
}

/** A reply that calls tools has ended for that reason, and one that holds words of refusal for that, whatever a vendor says. */
function stopKind(said: StopKind | undefined, calls: boolean, refuses: boolean): StopKind {
  const kind = said ?? "stop";
  const isOpen = kind === "stop" || kind === "other" || kind === "error";
  if (isOpen && calls) return "tool_calls";
  return isOpen && refuses ? "refusal" : kind;
}

function expectedCall(call: ExpectedCall, client: Wire, streaming: boolean): ExpectedClientCall {
  const { id, name, arguments_raw: text = "" } = call;
  // Anthropic's tools take objects only: free text goes into one as `input`.
  if (call.custom && client === "anthropic-messages") return { id, name, arguments: { value: { input: text } } };
  if (call.arguments !== null) return { id, name, arguments: { value: call.arguments } };
  // Half an object: a stream shows it as it is, and a whole Message has no form for it.
  return { id, name, arguments: client === "anthropic-messages" && !streaming ? { value: {} } : { text } };
}

/** Both wires count reasoning within the output; xAI counts it apart, which its total shows. */
function expectedUsage({ input_total, output, reasoning, total, cached_read, cache_write }: ExpectedUsage): ClientUsage {
  const [input, written, thought] = [input_total ?? 0, output ?? 0, reasoning ?? 0];
  const isApart = thought > 0 && total === input + written + thought;
  return {
    inputTotal: input,
    output: isApart ? written + thought : written,
    cachedRead: cached_read ?? 0,
    cacheWrite: cache_write ?? 0,
    reasoning: thought,
  };
}

/** Citations that name a web page, read off an Anthropic recording: OpenAI's wire has a form for no others. */
function webCitations({ body, streaming, wire }: CorpusCase): number {
  if (wire !== "anthropic-messages") return 0;
  const text = body.toString();
  const citations = streaming
    ? readEvents(text).events.map(({ data }) => objectOf(objectOf(parse(data))?.delta)?.citation)
    : listOf(objectOf(parse(text))?.content).flatMap((block) => listOf(objectOf(block)?.citations));
  const pageOf = (citation: Json | undefined) => textOf(objectOf(citation)?.url) ?? textOf(objectOf(citation)?.source) ?? "";
  return citations.filter((citation) => /^https?:/.test(pageOf(citation))).length;
}
