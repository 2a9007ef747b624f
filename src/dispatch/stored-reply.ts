import { withDeadline } from "../core/deadline";
import { expandResponse, type InferenceResponse } from "../inference";
import type { ReplyOptions } from "../protocols";
import type { DispatchCall } from "./try-deployment";

/** How long the search may take. */
const SEARCH_DEADLINE_MS = 500;

/** A reply that was given before to the very same request. */
export interface StoredReply {
  response: InferenceResponse;
  /** Who gave it. */
  provider: string;
  model: string;
  /** Unix milliseconds. */
  storedAtMs: number;
}

/** Finds the newest stored reply to a request, whatever its age; null when there is none. May reject or be slow: that is as good as none. */
export type FindStoredReply = () => Promise<StoredReply | null>;

export async function findStored(find: FindStoredReply): Promise<StoredReply | null> {
  try {
    return await withDeadline(find(), SEARCH_DEADLINE_MS, "the store of replies");
  } catch {
    // All else has failed already: the client is told of that.
    return null;
  }
}

/** The reply in the client's protocol: a body, or the text of a stream. */
export function renderStored(stored: StoredReply, call: DispatchCall): { body: string; warnings: string[] } {
  const { client, request, requestId, estimateInputTokens } = call;
  const options: ReplyOptions = {
    requestId,
    model: stored.model,
    createdAt: Math.floor(stored.storedAtMs / 1000),
    streamUsage: request.streamUsage,
    inputTokensEstimate: estimateInputTokens(),
  };
  if (!request.stream) {
    const { body, warnings } = client.encodeResponse(stored.response, options);
    return { body: JSON.stringify(body), warnings };
  }
  const encoder = client.streamEncoder(options);
  const events = expandResponse(stored.response);
  return { body: events.map((event) => encoder.push(event)).join(""), warnings: [] };
}
