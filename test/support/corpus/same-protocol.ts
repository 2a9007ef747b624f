import { type CorpusCase, isComplete } from "./cases.ts";
import type { ClientReply } from "./client.ts";
import { brief, type JsonObject, listOf, objectOf, parse } from "./json.ts";
import { readMessageError } from "./read-anthropic-messages.ts";
import { readChatError } from "./read-openai-chat.ts";
import type { Received } from "./replay-upstream.ts";
import { readBlocks, readEvents } from "./sse.ts";
import {
  checkCredentialRefusal,
  checkRenderedRefusal,
  checkRetryAfter,
  isCredentialRefusal,
  quotesCredential,
} from "./upstream-refusal.ts";

/** What a client that speaks the recording's own wire must see: the recording. Returns every fault. */
export function checkSameProtocol(recorded: CorpusCase, sent: JsonObject, reply: ClientReply): string[] {
  if (recorded.kind === "error") return checkError(recorded, reply);
  if (reply.status !== 200) return [`status ${reply.status}: ${brief(reply.body.toString())}`];
  const warnings = reply.headers["x-sluice-warnings"];
  const faults = warnings === undefined ? [] : [`nothing had to be left out, but a warning says ${brief(warnings)}`];
  return [...faults, ...(recorded.streaming ? checkStream(recorded, sent, reply) : checkBytes(recorded.body, reply.body))];
}

/** What the upstream must have received: the client's request, with the model's name and the opt-in to usage patched. */
export function checkReceived({ wire, streaming }: CorpusCase, sent: JsonObject, model: string, received: Received | undefined): string[] {
  if (!received) return ["nothing reached the upstream"];
  const asksUsage = wire === "openai-chat" && streaming;
  const options = asksUsage ? { stream_options: { ...objectOf(sent.stream_options), include_usage: true } } : {};
  const wanted = { ...sent, model, ...options };
  const isSame = "stream_options" in sent || !asksUsage ? received.text === JSON.stringify(wanted) : sameMembers(received.text, wanted);
  return isSame ? [] : [`the upstream received ${firstDifference(JSON.stringify(wanted), received.text)}`];
}

/** The same members, in any order, each with the same text. */
function sameMembers(text: string, wanted: JsonObject): boolean {
  const got = objectOf(parse(text)) ?? {};
  const keys = Object.keys(wanted);
  return keys.length === Object.keys(got).length && keys.every((key) => JSON.stringify(got[key]) === JSON.stringify(wanted[key]));
}

function checkStream(recorded: CorpusCase, sent: JsonObject, reply: ClientReply): string[] {
  const asked = objectOf(sent.stream_options)?.include_usage === true;
  const hidesUsage = recorded.wire === "openai-chat" && !asked;
  const { shown, rest } = hidesUsage ? withoutUsageChunk(recorded.body) : { shown: recorded.body, rest: Buffer.alloc(0) };
  if (recorded.kind === "message" && !isComplete(recorded)) return checkCutStream(recorded, shown, reply.body);
  const wanted = Buffer.concat([shown, rest]);
  if (recorded.kind === "stream-error" && hidesUsage && endsWithError(recorded, wanted, reply.body)) return [];
  return checkBytes(wanted, reply.body);
}

/** What came, made whole, and one error event after it. Where usage is withheld only whole events are passed on. */
function checkCutStream({ wire }: CorpusCase, shown: Buffer, got: Buffer): string[] {
  if (!got.subarray(0, shown.length).equals(shown)) return checkBytes(shown, got);
  const { events, whole } = readEvents(got.toString());
  const errors = events.filter(({ data }) => isError(wire, data));
  const isLast = whole && errors.length === 1 && events.at(-1) === errors[0];
  return isLast ? [] : [`the recording breaks off, but the reply ends with ${brief(got.subarray(shown.length).toString())}`];
}

/** Whether the reply is the recording up to its error event. Where events are withheld, nothing need follow that one. */
function endsWithError({ wire }: CorpusCase, wanted: Buffer, got: Buffer): boolean {
  const { events, whole } = readEvents(got.toString());
  return whole && wanted.subarray(0, got.length).equals(got) && isError(wire, events.at(-1)?.data ?? "");
}

function isError(wire: CorpusCase["wire"], data: string): boolean {
  const event = objectOf(parse(data));
  return wire === "openai-chat" ? objectOf(event?.error) !== undefined : event?.type === "error";
}

/** Without the chunk that only `include_usage` brings: no choices, but usage. */
function withoutUsageChunk(body: Buffer): { shown: Buffer; rest: Buffer } {
  const { blocks, rest } = readBlocks(body.toString());
  const isUsage = (data: string | undefined) => {
    const chunk = data === undefined ? undefined : objectOf(parse(data));
    return Array.isArray(chunk?.choices) && listOf(chunk.choices).length === 0 && objectOf(chunk.usage) !== undefined;
  };
  const shown = blocks.filter(({ data }) => !isUsage(data)).map(({ raw }) => raw);
  return { shown: Buffer.from(shown.join("")), rest: Buffer.from(rest) };
}

function checkError(recorded: CorpusCase, reply: ClientReply): string[] {
  const error = (recorded.wire === "openai-chat" ? readChatError : readMessageError)(reply.body.toString());
  const { status } = recorded.expect.http;
  if (isCredentialRefusal(status)) return checkCredentialRefusal(recorded, reply, error);
  const faults = checkRetryAfter(recorded, reply);
  const isSame = reply.status === status && reply.body.equals(recorded.body);
  if (isSame) return faults;
  if (!isNative(recorded) || quotesCredential(recorded.body.toString()))
    return [...faults, ...checkRenderedRefusal(recorded, recorded.wire, reply, error)];
  return [
    ...faults,
    ...(reply.status === status ? [] : [`status ${reply.status}, should be ${status}`]),
    ...checkBytes(recorded.body, reply.body),
  ];
}

/** Whether the recorded body is in the wire's own shape. */
function isNative({ wire, body }: CorpusCase): boolean {
  const envelope = objectOf(parse(body.toString()));
  const error = objectOf(envelope?.error);
  return typeof error?.message === "string" && (wire === "openai-chat" || envelope?.type === "error");
}

function checkBytes(wanted: Buffer, got: Buffer): string[] {
  return got.equals(wanted) ? [] : [`the body is ${firstDifference(wanted.toString(), got.toString())}`];
}

/** Where two texts part, for a line of a report. */
function firstDifference(wanted: string, got: string): string {
  let at = 0;
  while (at < wanted.length && wanted[at] === got[at]) at += 1;
  const from = Math.max(0, at - 20);
  return `different from character ${at} of ${wanted.length} on: ${brief(got.slice(from, at + 60))}, should be ${brief(wanted.slice(from, at + 60))}`;
}
