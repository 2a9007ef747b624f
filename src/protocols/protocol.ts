import type { GatewayError } from "../core/errors";
import type { JsonText } from "../core/json";
import type { SseFrame } from "../core/sse";
import type {
  CacheMark,
  Capabilities,
  InferenceEvent,
  InferenceRequest,
  InferenceResponse,
  JsonObject,
  ProtocolId,
  StreamError,
} from "../inference";

/**
 * A wire format, in both directions: client → neutral → upstream for requests, upstream → neutral → client for replies.
 * All functions are pure. Laws (property tests hold them): `decodeRequest ∘ encodeRequest` and `decodeResponse ∘ encodeResponse` are
 * the identity on what the wire can carry; the events of a stream amount to the non-stream reply.
 */
export interface Protocol {
  id: ProtocolId;
  /** Checks a client's body and reads it. Throws a `bad-request` GatewayError that names the field. Unknown fields are kept. */
  decodeRequest(body: JsonObject): InferenceRequest;
  /** The byte path: the client's own text, patched for an upstream of the same protocol. Null when it has to be encoded anew. */
  forwardRequest(
    json: JsonText<JsonObject>,
    request: InferenceRequest,
    model: string,
    capabilities: Capabilities,
    patches?: RequestPatches,
  ): Forwarded | null;
  /** True for the data of an event that the client did not ask for and must not see (`Forwarded.usageHidden`). */
  isUnaskedUsage(data: string): boolean;
  /** Name under which clients pass over an event of a stream, where the wire has one; a cut event is renamed to it. */
  ignoredEventName?: string;
  /** The body to send upstream. Throws a `bad-request` GatewayError where leaving a thing out would change the meaning. */
  encodeRequest(request: InferenceRequest, model: string, capabilities: Capabilities): EncodedRequest;
  /** Reads an upstream's reply. Tolerant. Throws a MalformedReplyError if it is no reply at all. */
  decodeResponse(body: JsonObject, hints: ReplyHints): InferenceResponse;
  encodeResponse(response: InferenceResponse, options: ReplyOptions): Encoded;
  streamDecoder(hints: ReplyHints): StreamDecoder;
  streamEncoder(options: ReplyOptions): StreamEncoder;
  /** An error as this protocol's endpoints answer it. */
  encodeError(error: GatewayError, requestId: string): JsonObject;
  /** An error as an event within a stream that has begun (whole frames, ready to send). */
  encodeStreamError(error: StreamError, requestId: string): string;
  /** What a reply says of the caller's limits, under the names that this protocol's clients read. */
  encodeLimits(limits: LimitStanding): Record<string, string>;
  /** An entry of this protocol's model list. */
  encodeModel(id: string): JsonObject;
  encodeModelList(ids: readonly string[]): JsonObject;
  /** What an upstream's error body says; tolerant of house styles and of bodies that are no JSON. */
  decodeError(status: number, bodyText: string): UpstreamErrorBody;
}

/** The tightest limits of a caller; null where there is none. Times in Unix milliseconds. */
export interface LimitStanding {
  requests: { limit: number; remaining: number; resetAtMs: number } | null;
  tokens: { limit: number; remaining: number; resetAtMs: number } | null;
  nowMs: number;
}

/** What the gateway changes in a client's own text besides the model's name. A patch that the wire has no place for is passed over. */
export interface RequestPatches {
  /** Replaces the output cap, or adds one. */
  outputTokensMax?: number;
  /** Cache marks; the client must have set none. */
  cacheMarks?: readonly CacheMark[];
  /** Sent where the client sets no key of its own. */
  promptCacheKey?: string;
}

export interface Forwarded {
  text: string;
  /** Usage was asked for on the gateway's behalf: the client must not see it. */
  usageHidden: boolean;
}

export interface EncodedRequest {
  body: JsonObject;
  /** What could not be carried, one sentence each, naming the field. */
  warnings: string[];
  /** What the decoder of the reply must know; the caller adds the request id. */
  hints: Omit<ReplyHints, "requestId">;
}

/** What a reply's decoder must know of the request that led to it. */
export interface ReplyHints {
  /** Gateway's request id: ids that the upstream left out are made from it. */
  requestId: string;
  /** Structured output was asked for through a forced tool of this name: its call is unwrapped into text again. */
  structuredOutputTool?: string;
  /** Free-text tools that had to be sent as functions with one `input` string: their calls become free text again. */
  customTools?: string[];
  /** Tool names that had to be changed for the wire: name sent → the client's name. */
  toolNames?: Record<string, string>;
}

export interface ReplyOptions {
  /** Gateway's request id, used where the upstream gave no id of its own. */
  requestId: string;
  /** Shown where the reply names its model. */
  model: string;
  /** Unix seconds, used where the upstream gave none. */
  createdAt: number;
  /** Show usage in the stream (OpenAI: only when asked for). */
  streamUsage: boolean;
  /** Estimated prompt tokens, shown until the upstream says (Anthropic's `message_start` must name a figure). */
  inputTokensEstimate: number;
}

export interface Encoded {
  body: JsonObject;
  warnings: string[];
}

/** Frames of an upstream stream → neutral events. Never throws: what it cannot read becomes an `error` event, after which it is silent. */
export interface StreamDecoder {
  /** The wire's own last event has come: what could follow is a belated error, and nobody should wait long for it. */
  readonly settled: boolean;
  push(frame: SseFrame): InferenceEvent[];
  /**
   * The upstream's bytes are over, or reading them failed: closes what is open, then `end` if the reply was complete all the same, else an
   * `error` event of kind `truncated`. Nothing after an `end` or `error` that was given out before.
   */
  end(): InferenceEvent[];
}

/** Neutral events → frames of the client's stream, as text ready to send. */
export interface StreamEncoder {
  push(event: InferenceEvent): string;
}

/** An upstream's error body, read. `native` says that the body is in this protocol's own shape and may be passed on as it is. */
export interface UpstreamErrorBody {
  message: string;
  type?: string;
  code?: string;
  param?: string;
  native: boolean;
}

/** The upstream's 200 reply is not a reply of this protocol. */
export class MalformedReplyError extends Error {
  override readonly name = "MalformedReplyError";
}
