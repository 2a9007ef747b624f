import { fault } from "./anthropic-check";
import type { Call } from "./call";
import { arrayOf, isObject, type Json, objectOf, textOf } from "./check";
import { ApiError } from "./errors";

/** What the provider keeps of a conversation, under the id of its last reply. */
export interface StoredThread {
  /** Fields that are given once, with the thread's first request. */
  fixed: Json;
  /** The conversation so far, that reply included. */
  messages: unknown[];
  continued: boolean;
}

const BETA = "message-threads-2026-08-12";
const FIXED_FIELDS = ["system", "tools"] as const;

/**
 * The call as if it had brought the whole conversation: for `thread: {type: "continue"}` with what the provider keeps before it. Throws what the
 * official SDK's `Thread…Error` classes describe. (`thread` of `beta.messages.create` in `@anthropic-ai/sdk`)
 */
export function resumeThread(call: Call): Call {
  const body = objectOf(call.body);
  const { thread, ...rest } = body;
  if (thread === undefined || thread === null) return call;
  if (!(call.headers.get("anthropic-beta") ?? "").includes(BETA)) throw fault("thread", "Extra inputs are not permitted");
  if (!isObject(thread)) throw fault("thread", "Input should be a valid dictionary");
  if (thread.type === "create") return { ...call, body: rest };
  if (thread.type !== "continue") throw fault("thread.type", "Input should be 'create' or 'continue'");
  const stray = FIXED_FIELDS.find((field) => body[field] !== undefined);
  if (stray !== undefined) throw fault(stray, "cannot be set when a thread is continued");
  const stored = call.world.threads.get(keyOf(call, textOf(thread.previous_message_id)));
  if (stored === undefined) throw refusal(404, "No usable thread state was found for previous_message_id.", "thread_not_found");
  if (stored.continued) throw refusal(400, "The response has already been continued.", "thread_already_continued");
  return { ...call, body: { ...rest, ...stored.fixed, messages: [...stored.messages, ...arrayOf(rest.messages)] } };
}

/** Keeps the conversation with its reply, if the request asked for it. `resumed` is what `resumeThread` made of the call. */
export function keepThread(call: Call, resumed: Call, reply: { id: string; content: unknown[] }): void {
  const { thread } = objectOf(call.body);
  if (!isObject(thread)) return;
  const body = objectOf(resumed.body);
  const previous = call.world.threads.get(keyOf(call, textOf(thread.previous_message_id)));
  if (previous !== undefined) previous.continued = true;
  const fixed = Object.fromEntries(FIXED_FIELDS.flatMap((field) => (body[field] === undefined ? [] : [[field, body[field]]])));
  const messages = [...arrayOf(body.messages), { role: "assistant", content: reply.content }];
  call.world.threads.set(keyOf(call, reply.id), { fixed, messages, continued: false });
}

/** An organisation sees its own threads only. */
function keyOf({ scope }: Call, messageId: string): string {
  return `${scope} ${messageId}`;
}

function refusal(status: number, message: string, code: string): ApiError {
  return new ApiError(status, message, { details: { error_code: code } });
}
