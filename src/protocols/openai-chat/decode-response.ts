import type { Choice, InferenceResponse, JsonObject, JsonValue, Logprobs, Part } from "../../inference";
import { MalformedReplyError, type ReplyHints } from "../protocol";
import { isObject } from "../reader";
import { inventedCallId } from "./call-ids";
import { readAnnotations } from "./citations";
import { mapFinish } from "./finish";
import { keep, leftoverFields } from "./leftovers";
import { placeReasoning, readReasoning } from "./reasoning";
import { callMeaning, readCall, readLegacyCall, unwrapInput, type WireCall } from "./reply-calls";
import { readContent } from "./reply-content";
import { decodeUsage } from "./usage";

const READ_FROM_BODY = new Set(["id", "object", "created", "model", "choices", "usage"]);
export const READ_FROM_CHOICE = new Set(["index", "message", "delta", "finish_reason", "logprobs"]);
export const READ_FROM_MESSAGE = new Set([
  "role",
  "content",
  "refusal",
  "annotations",
  "audio",
  "tool_calls",
  "function_call",
  "reasoning_content",
  "reasoning",
  "reasoning_details",
]);

/**
 * Reads a `chat.completion` of any vendor. What is not read stays in `extensions["openai-chat"]`: of the reply, of each choice, and of its
 * message under the key `message`.
 */
export function decodeResponse(body: JsonObject, hints: ReplyHints): InferenceResponse {
  const { choices } = body;
  if (!Array.isArray(choices) || choices.length === 0) {
    throw new MalformedReplyError(
      isObject(body.error) ? "The upstream answered with an error in place of a reply." : "The upstream's reply has no choices.",
    );
  }
  const response: InferenceResponse = {
    id: typeof body.id === "string" ? body.id : "",
    model: typeof body.model === "string" ? body.model : "",
    choices: choices.map((choice, position) => decodeChoice(choice, position, hints)),
  };
  if (typeof body.created === "number") response.createdAt = body.created;
  const tier = typeof body.service_tier === "string" ? body.service_tier : undefined;
  const usage = readUsage(body, tier);
  if (usage) response.usage = usage;
  return { ...response, ...keep(leftoverFields(body, READ_FROM_BODY)) };
}

/** Usage of a reply or chunk; Groq's streams have it under `x_groq`. */
export function readUsage(body: JsonObject, tier: string | undefined): ReturnType<typeof decodeUsage> {
  const groq = isObject(body.x_groq) ? body.x_groq.usage : undefined;
  const usage = isObject(body.usage) ? body.usage : groq;
  return isObject(usage) ? decodeUsage(usage, tier) : undefined;
}

/** Log probabilities of a choice; undefined when it has none, or has them in a form of the vendor's own. */
export function readLogprobs(value: JsonValue | undefined): Logprobs | undefined {
  if (!isObject(value)) return undefined;
  const content = Array.isArray(value.content) ? value.content : null;
  const refusal = Array.isArray(value.refusal) ? value.refusal : null;
  return content === null && refusal === null ? undefined : { content, refusal };
}

function decodeChoice(value: JsonValue, position: number, hints: ReplyHints): Choice {
  const choice = isObject(value) ? value : {};
  const index = Number.isInteger(choice.index) ? Number(choice.index) : position;
  // Perplexity's whole replies hold an empty delta beside the message; others hold a delta only.
  const message = isObject(choice.message) ? choice.message : isObject(choice.delta) ? choice.delta : {};
  const extensions: JsonObject = leftoverFields(choice, READ_FROM_CHOICE) ?? {};
  const messageRest: JsonObject = leftoverFields(message, READ_FROM_MESSAGE) ?? {};

  const parts = readContent(message);
  if (Array.isArray(message.annotations)) {
    const { citations, others } = readAnnotations(message.annotations);
    if (others.length > 0) messageRest.annotations = others;
    const text = parts.find((part) => part.type === "text");
    if (citations.length > 0 && text) text.citations = citations;
    else if (citations.length > 0) parts.push({ type: "text", text: "", citations });
  }

  const calls = readCalls(message.tool_calls);
  const legacy = readLegacyCall(message.function_call);
  if (legacy && calls.length === 0) calls.push(legacy);
  const callParts = calls.map((call, ordinal) => decodeCall(call, ordinal, index, hints));
  const callsTools = callParts.some((part) => part.type === "tool-call");

  const decoded: Choice = {
    index,
    parts: placeReasoning(readReasoning(message), [...parts, ...callParts]),
    finish: mapFinish(typeof choice.finish_reason === "string" ? choice.finish_reason : null, callsTools, callParts.length > 0),
  };
  if (isObject(choice.error)) decoded.finish = { ...decoded.finish, kind: "error", details: choice.error };
  const logprobs = readLogprobs(choice.logprobs);
  if (logprobs) decoded.logprobs = logprobs;
  else if (isObject(choice.logprobs) && leftoverFields(choice.logprobs, new Set())) extensions.logprobs = choice.logprobs;
  if (Object.keys(messageRest).length > 0) extensions.message = messageRest;
  return { ...decoded, ...keep(extensions) };
}

function readCalls(value: JsonValue | undefined): WireCall[] {
  if (!Array.isArray(value)) return [];
  return value.map(readCall).filter((call): call is WireCall => call !== undefined && (call.name !== undefined || call.arguments !== ""));
}

function decodeCall(call: WireCall, ordinal: number, choice: number, hints: ReplyHints): Part {
  const meaning = callMeaning(call.name ?? "", call.kind, hints);
  if (meaning.as === "text") return { type: "text", text: call.arguments };
  return {
    type: "tool-call",
    id: call.id ?? inventedCallId(hints.requestId, choice, ordinal),
    name: meaning.name,
    arguments: meaning.unwrapsInput ? unwrapInput(call.arguments) : call.arguments,
    kind: meaning.kind,
    ...keep(call.leftovers),
  };
}
