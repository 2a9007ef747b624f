import type { JsonObject, ProtocolId } from "../inference";
import { anthropicMessages } from "./anthropic-messages";
import { openaiChat } from "./openai-chat";
import type { Protocol } from "./protocol";

export { promptCacheKey, withPromptCacheKey } from "./openai-chat/prompt-cache-key";
export type * from "./protocol";
export { MalformedReplyError } from "./protocol";

/** Every wire format that Sluice speaks, by name. */
export const protocols: Record<ProtocolId, Protocol> = {
  "openai-chat": openaiChat,
  "anthropic-messages": anthropicMessages,
};

/** The protocol that a chat request is written in, where its path does not tell: one of them has its system prompt beside the messages. */
export function protocolOfBody(body: JsonObject, headers: Headers): ProtocolId {
  return headers.has("anthropic-version") || "system" in body ? "anthropic-messages" : "openai-chat";
}

/**
 * The protocol in which to answer at paths that several share. Anthropic's clients always name the version of their API, nobody
 * else does.
 */
export function protocolOfCaller(path: string, headers: Headers): ProtocolId {
  const isAnthropic = path.startsWith("/v1/messages") || (path.startsWith("/v1/models") && headers.has("anthropic-version"));
  return isAnthropic ? "anthropic-messages" : "openai-chat";
}
