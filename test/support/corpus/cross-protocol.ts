import { isDeepStrictEqual } from "node:util";
import { type CorpusCase, isComplete } from "./cases.ts";
import type { ClientReply } from "./client.ts";
import type { ClientCall, ClientView } from "./client-view.ts";
import { type ExpectedClientCall, type ExpectedView, expectedView, otherWire } from "./expected-view.ts";
import { brief, listOf, objectOf, parse } from "./json.ts";
import { readMessageError, readMessageReply, readMessageStream } from "./read-anthropic-messages.ts";
import { readChatError, readChatReply, readChatStream } from "./read-openai-chat.ts";
import type { Received } from "./replay-upstream.ts";
import { checkCredentialRefusal, checkRenderedRefusal, checkRetryAfter, isCredentialRefusal } from "./upstream-refusal.ts";

/** Anthropic's blocks that a client of OpenAI's wire can be shown. */
const CARRIED_BLOCKS = new Set(["text", "thinking", "redacted_thinking", "tool_use"]);

/** What a client that speaks the other wire must see: the same meaning in its own words. Returns every fault. */
export function checkCrossProtocol(recorded: CorpusCase, reply: ClientReply): string[] {
  const client = otherWire(recorded.wire);
  const body = reply.body.toString();
  if (recorded.kind === "error") {
    const error = (client === "openai-chat" ? readChatError : readMessageError)(body);
    if (isCredentialRefusal(recorded.expect.http.status)) return checkCredentialRefusal(recorded, reply, error);
    return [...checkRenderedRefusal(recorded, client, reply, error), ...checkRetryAfter(recorded, reply)];
  }
  if (reply.status !== 200) return [`status ${reply.status}: ${brief(body)}`];
  if (!recorded.streaming) {
    const view = client === "openai-chat" ? readChatReply(body) : readMessageReply(body);
    return [...view.faults, ...compare(view, expectedView(recorded)), ...checkWarnings(recorded, reply)];
  }
  const view = client === "openai-chat" ? readChatStream(body, true) : readMessageStream(body);
  const isBroken = recorded.kind === "stream-error" || !isComplete(recorded);
  return [...view.faults, ...(isBroken ? compareBroken(view, recorded) : compare(view, expectedView(recorded)))];
}

/** The request that the gateway made of a plain one: whose model, streamed or not, and metered. */
export function checkTranslated({ wire, streaming }: CorpusCase, model: string, received: Received | undefined): string[] {
  const body = objectOf(parse(received?.text ?? ""));
  if (!body) return ["no JSON object reached the upstream"];
  const metered = wire !== "openai-chat" || !streaming || objectOf(body.stream_options)?.include_usage === true;
  const isPlain = body.model === model && (body.stream === true) === streaming && listOf(body.messages).length === 1 && metered;
  return isPlain ? [] : [`the upstream received ${brief(body)}`];
}

function compare(view: ClientView, expected: ExpectedView): string[] {
  const faults: string[] = [];
  const must = (what: string, got: unknown, wanted: unknown) => {
    if (!isDeepStrictEqual(got, wanted)) faults.push(`${what} is ${brief(got)}, should be ${brief(wanted)}`);
  };
  if (view.error) faults.push(`an error: ${brief(view.error.message)}`);
  if (!expected.text.includes(view.text)) must("text", view.text, expected.text[0]);
  must("thinking", view.thinking, expected.thinking);
  must("refusal", view.refusal, expected.refusal);
  must("stop", view.stop, expected.stop);
  if (expected.usage) must("usage", view.usage, expected.usage);
  must("the number of citations", view.citations, expected.citations);
  if (expected.signatures !== undefined) must("the number of signatures", view.signatures, expected.signatures);
  must("the number of tool calls", view.calls.length, expected.calls.length);
  return [...faults, ...expected.calls.flatMap((call, place) => compareCall(view.calls[place], call, place))];
}

function compareCall(got: ClientCall | undefined, wanted: ExpectedClientCall, place: number): string[] {
  if (!got) return [];
  const faults: string[] = [];
  if (wanted.id !== null && got.id !== wanted.id) faults.push(`the id of call ${place} is ${brief(got.id)}, should be ${brief(wanted.id)}`);
  if (got.name !== wanted.name) faults.push(`the name of call ${place} is ${brief(got.name)}, should be ${brief(wanted.name)}`);
  // A call without arguments may come without a single piece of them.
  const isSame =
    "text" in wanted.arguments
      ? got.arguments === wanted.arguments.text
      : isDeepStrictEqual(parse(got.arguments === "" ? "{}" : got.arguments), wanted.arguments.value);
  if (!isSame) faults.push(`the arguments of call ${place} are ${brief(got.arguments)}, should be ${brief(wanted.arguments)}`);
  return faults;
}

/** A stream that failed: what came before, then an error in the client's words, and no clean ending. */
function compareBroken(view: ClientView, recorded: CorpusCase): string[] {
  const faults: string[] = [];
  const expected = expectedView(recorded);
  if (!expected.text.includes(view.text)) faults.push(`text is ${brief(view.text)}, should be ${brief(expected.text[0])}`);
  if (view.thinking !== expected.thinking) faults.push(`thinking is ${brief(view.thinking)}, should be ${brief(expected.thinking)}`);
  const [got, wanted] = [view.calls, expected.calls].map((calls) => calls.map(({ name }) => name).join());
  if (got !== wanted) faults.push(`the tool calls are ${brief(got)}, should be ${brief(wanted)}`);
  const words = recorded.expect.error?.message;
  if (!view.error) faults.push("no error event");
  else if (words !== undefined && view.error.message !== words)
    faults.push(`the error is ${brief(view.error.message)}, should be ${brief(words)}`);
  return faults;
}

/** Nothing is left out silently: a reply that is no stream names it in a header. */
function checkWarnings({ expect }: CorpusCase, reply: ClientReply): string[] {
  const warnings = [reply.headers["x-sluice-warnings"] ?? ""].flat().join();
  const dropped = new Set((expect.blocks ?? []).filter((type) => !CARRIED_BLOCKS.has(type)));
  const faults = [...dropped].filter((type) => !warnings.includes(type)).map((type) => `no warning names the dropped ${type}`);
  const cut = expect.tool_calls?.some((call) => call.arguments === null && !call.custom) ?? false;
  const lossy = (expect.choices ?? []).length > 1 || (expect.annotations ?? 0) > 0 || expect.transcript !== undefined || cut;
  return lossy && warnings === "" ? [...faults, "something was left out and no warning says so"] : faults;
}
