import type { CorpusCase, Wire } from "./cases.ts";
import type { JsonObject } from "./json.ts";

/** Providers of the gateway that speak each wire. */
export const PROVIDERS: Record<Wire, string> = { "openai-chat": "openai", "anthropic-messages": "anthropic" };

/** A request on the recording's own wire: the recorded one where there is one, asking for the recording. */
export function recordedRequest({ wire, request, streaming }: CorpusCase, model: string): JsonObject {
  const { stream: _stream, stream_options: options, ...body } = request ?? plainRequest(wire, model, streaming);
  const streamed: JsonObject = options === undefined ? { stream: true } : { stream: true, stream_options: options };
  return { ...body, model, ...(streaming ? streamed : {}) };
}

/** The same from a client that does not want to see usage in the stream. */
export function withoutUsage({ stream_options: _options, ...request }: JsonObject): JsonObject {
  return request;
}

/** The least that a client of `wire` sends. A stream is asked for with its usage. */
export function plainRequest(wire: Wire, model: string, stream: boolean): JsonObject {
  const body: JsonObject = { model, max_tokens: 1024, messages: [{ role: "user", content: "hi" }] };
  if (!stream) return body;
  return wire === "openai-chat" ? { ...body, stream, stream_options: { include_usage: true } } : { ...body, stream };
}
