import type { Reply, ReplyCall } from "./ask";
import { arrayOf, objectOf } from "./check";
import { composeReasoning } from "./compose";
import { obfuscation } from "./openai-chat";
import { sealReasoning } from "./openai-responses-input";
import type { ResponsesRequest } from "./openai-responses-request";
import { ALPHANUMERIC, type Chance, HEX } from "./random";
import { pieces } from "./tokens";

/** One item of the output, and the parts that its stream fills one after the other. */
export interface Item {
  /** The item once it is complete. */
  done: Record<string, unknown>;
  /** The item as it is announced. */
  added: Record<string, unknown>;
  events: (outputIndex: number) => Iterable<Record<string, unknown>>;
}

/** The output of a response, in order: reasoning, message, calls. */
export function outputItems(chance: Chance, request: ResponsesRequest, reply: Reply): Item[] {
  const isSilent = reply.text.length === 0 && reply.refusal.length === 0;
  return [
    ...(request.reasons ? [reasoningItem(chance, request)] : []),
    ...(isSilent ? [] : [messageItem(chance, request, reply)]),
    ...reply.calls.map((made) => callItem(chance, request, made)),
  ];
}

export function newId(chance: Chance, prefix: string): string {
  return `${prefix}_${chance.text(50, HEX)}`;
}

/** Padding against guesses from packet sizes. */
function padding(chance: Chance, request: ResponsesRequest): { obfuscation?: string } {
  return objectOf(request.body.stream_options).include_obfuscation === false ? {} : { obfuscation: obfuscation(chance) };
}

function reasoningItem(chance: Chance, request: ResponsesRequest): Item {
  const id = newId(chance, "rs");
  const text = request.summarizes ? composeReasoning(request.ask) : "";
  const isSealed = arrayOf(request.body.include).includes("reasoning.encrypted_content");
  const sealed = isSealed ? { encrypted_content: sealReasoning(request.ask.lastUserText) } : {};
  const part = { type: "summary_text", text };
  return {
    added: { id, type: "reasoning", ...sealed, summary: [] },
    done: { id, type: "reasoning", ...sealed, summary: text === "" ? [] : [part] },
    *events(output_index) {
      if (text === "") return;
      const place = { item_id: id, output_index, summary_index: 0 };
      yield { type: "response.reasoning_summary_part.added", ...place, part: { ...part, text: "" } };
      for (const delta of pieces(text))
        yield { type: "response.reasoning_summary_text.delta", delta, ...place, ...padding(chance, request) };
      yield { type: "response.reasoning_summary_text.done", ...place, text };
      yield { type: "response.reasoning_summary_part.done", ...place, part };
    },
  };
}

function messageItem(chance: Chance, request: ResponsesRequest, reply: Reply): Item {
  const id = newId(chance, "msg");
  const { text, refusal, stop } = reply;
  const isRefusal = refusal.length > 0;
  const spoken = isRefusal ? refusal : text;
  const whole = spoken.join("");
  const part = (value: string) =>
    isRefusal ? { type: "refusal", refusal: value } : { type: "output_text", annotations: [], logprobs: [], text: value };
  const kind = isRefusal ? "response.refusal" : "response.output_text";
  const status = stop === "length" ? "incomplete" : "completed";
  return {
    added: { id, type: "message", status: "in_progress", content: [], role: "assistant" },
    done: { id, type: "message", status, content: [part(whole)], role: "assistant" },
    *events(output_index) {
      const place = { content_index: 0, item_id: id, output_index };
      const extra = isRefusal ? {} : { logprobs: [] };
      const padded = () => (isRefusal ? {} : padding(chance, request));
      yield { type: "response.content_part.added", ...place, part: part("") };
      for (const delta of spoken) yield { type: `${kind}.delta`, ...place, delta, ...extra, ...padded() };
      yield { type: `${kind}.done`, ...place, ...extra, [isRefusal ? "refusal" : "text"]: whole };
      yield { type: "response.content_part.done", ...place, part: part(whole) };
    },
  };
}

function callItem(chance: Chance, request: ResponsesRequest, made: ReplyCall): Item {
  const [type, prefix, field, kind] =
    made.kind === "custom"
      ? (["custom_tool_call", "ctc", "input", "response.custom_tool_call_input"] as const)
      : (["function_call", "fc", "arguments", "response.function_call_arguments"] as const);
  const id = newId(chance, prefix);
  const call_id = `call_${chance.text(24, ALPHANUMERIC)}`;
  const whole = made.pieces.join("");
  return {
    added: { id, type, status: "in_progress", [field]: "", call_id, name: made.name },
    done: { id, type, status: made.complete ? "completed" : "incomplete", [field]: whole, call_id, name: made.name },
    *events(output_index) {
      const place = { item_id: id, output_index };
      for (const delta of made.pieces) yield { type: `${kind}.delta`, delta, ...place, ...padding(chance, request) };
      yield { type: `${kind}.done`, [field]: whole, ...place };
    },
  };
}
