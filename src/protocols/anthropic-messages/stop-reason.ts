import type { FinishKind, FinishReason, JsonObject, JsonValue } from "../../inference";
import { isObject } from "../reader";
import type { WireStopReason } from "./wire";

/** https://platform.claude.com/docs/en/build-with-claude/handling-stop-reasons */
const KIND_OF_REASON = {
  end_turn: "stop",
  stop_sequence: "stop-sequence",
  max_tokens: "length",
  model_context_window_exceeded: "length",
  tool_use: "tool-calls",
  pause_turn: "pause",
  refusal: "refusal",
} as const satisfies Record<WireStopReason, FinishKind>;

const REASON_OF_KIND = {
  stop: "end_turn",
  "stop-sequence": "stop_sequence",
  length: "max_tokens",
  "tool-calls": "tool_use",
  pause: "pause_turn",
  refusal: "refusal",
  error: "end_turn",
  other: "end_turn",
} as const satisfies Record<FinishKind, WireStopReason>;

/** What a reply's content says about its ending. `calls`: tools that the client runs; `unwrapped`: a call that became text again. */
export interface ContentSummary {
  calls: boolean;
  unwrapped: boolean;
}

/**
 * How a reply ended: `ending` is the message, or the delta of a `message_delta`. A reply that calls the client's tools ends in
 * tool calls, whatever the upstream says; one that says nothing ended somehow, which `raw: null` shows.
 */
export function decodeFinish(ending: JsonObject, { calls, unwrapped }: ContentSummary): FinishReason {
  const raw = typeof ending.stop_reason === "string" ? ending.stop_reason : null;
  const said: FinishKind = raw === null ? "stop" : (kindOf(raw) ?? "other");
  const kind = calls && (said === "stop" || said === "other") ? "tool-calls" : said === "tool-calls" && unwrapped && !calls ? "stop" : said;
  const details: JsonValue | undefined = ending.stop_details;
  return {
    kind,
    raw,
    ...(typeof ending.stop_sequence === "string" ? { stopSequence: ending.stop_sequence } : {}),
    ...(details === undefined || details === null ? {} : { details }),
  };
}

function kindOf(reason: string): FinishKind | undefined {
  return isStopReason(reason) ? KIND_OF_REASON[reason] : undefined;
}

function isStopReason(reason: string): reason is WireStopReason {
  return Object.hasOwn(KIND_OF_REASON, reason);
}

/** The upstream's own word where it is one of this wire that means the same. `refuses`: the reply holds words of refusal. */
export function encodeStopReason(finish: FinishReason | undefined, content: { calls: boolean; refuses: boolean }): WireStopReason {
  const kind = finish?.kind ?? "stop";
  const open = kind === "stop" || kind === "other" || kind === "error";
  if (open && content.calls) return "tool_use";
  if (open && content.refuses) return "refusal";
  const raw = finish?.raw;
  return raw && isStopReason(raw) && KIND_OF_REASON[raw] === kind ? raw : REASON_OF_KIND[kind];
}

/** `stop_details`, if they came from this wire: objects of its own kind. */
export function encodeStopDetails(finish: FinishReason | undefined): JsonObject | null {
  const details = finish?.details;
  return isObject(details) && typeof details.type === "string" ? details : null;
}
