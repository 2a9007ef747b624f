import type { FinishKind, FinishReason } from "../../inference";
import type { WireFinishReason } from "./wire";

/**
 * Reasons for the end of a reply, as vendors of this wire spell them. OpenAI's own five come first; of the rest, DeepSeek says
 * `insufficient_system_resource`, Mistral `model_length`, Z.AI `sensitive`, `network_error` and `model_context_window_exceeded`,
 * gateways leak `end_turn`, `max_tokens`, `tool_use`, `STOP`.
 */
const KINDS = {
  stop: "stop",
  length: "length",
  tool_calls: "tool-calls",
  function_call: "tool-calls",
  content_filter: "refusal",

  eos: "stop",
  end_turn: "stop",
  stop_sequence: "stop-sequence",
  max_tokens: "length",
  model_length: "length",
  model_context_window_exceeded: "length",
  tool_use: "tool-calls",
  safety: "refusal",
  sensitive: "refusal",
  refusal: "refusal",
  pause_turn: "pause",
  error: "error",
  network_error: "error",
  insufficient_system_resource: "error",
} as const satisfies Record<string, FinishKind>;

export type KnownFinishReason = keyof typeof KINDS;

/**
 * Why a choice ended. `raw` is what the wire said; empty and absent alike mean that it did not say, and the kind is inferred. A reply
 * that calls tools has ended for that reason, whatever a vendor calls it (several say `stop`); one whose only call was `unwrapped` into
 * text has stopped.
 */
export function mapFinish(raw: string | null, callsTools: boolean, unwrapped: boolean): FinishReason {
  if (raw === null || raw === "") return { kind: callsTools ? "tool-calls" : "stop", raw: null };
  const kind: FinishKind = Object.hasOwn(KINDS, raw) ? KINDS[raw as KnownFinishReason] : mapLowercase(raw); // checked by hasOwn
  if (callsTools && (kind === "stop" || kind === "other")) return { kind: "tool-calls", raw };
  if (unwrapped && !callsTools && kind === "tool-calls") return { kind: "stop", raw };
  return { kind, raw };
}

/** `STOP`, `MAX_TOKENS`: the names of other vendors' APIs that shine through. */
function mapLowercase(raw: string): FinishKind {
  const name = raw.toLowerCase();
  return Object.hasOwn(KINDS, name) ? KINDS[name as KnownFinishReason] : "other"; // checked by hasOwn
}

/** The wire's word for an ending; it has none for a pause and for errors. */
export function encodeFinish(kind: FinishKind): WireFinishReason {
  switch (kind) {
    case "length":
      return "length";
    case "tool-calls":
      return "tool_calls";
    case "refusal":
      return "content_filter";
    case "stop":
    case "stop-sequence":
    case "pause":
    case "error":
    case "other":
      return "stop";
  }
}
