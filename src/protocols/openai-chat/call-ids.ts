import { fingerprint } from "./fingerprint";

/** Longest id of a tool call that OpenAI takes: `string_above_max_length` beyond it. Other vendors' ids can be longer. */
const CALL_ID_CHARS_MAX = 40;
/** What of the request's id goes into an id made from it, so that the whole stays within the bound. */
const REQUEST_ID_CHARS = 24;

/** The id to send for a call of an earlier reply; the call and its result are shortened alike. */
export function wireCallId(id: string): string {
  if (id.length <= CALL_ID_CHARS_MAX) return id;
  const tail = `_${fingerprint(id)}`;
  return id.slice(0, CALL_ID_CHARS_MAX - tail.length) + tail;
}

/** An id for a call that the upstream gave none, fit for every wire. */
export function inventedCallId(requestId: string, choice: number, ordinal: number): string {
  return `call_${requestId.slice(-REQUEST_ID_CHARS).replace(/[^a-zA-Z0-9_-]/g, "_")}_${choice}_${ordinal}`;
}
