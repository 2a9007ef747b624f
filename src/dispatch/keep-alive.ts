import { GatewayError } from "../core/errors";
import type { StreamError } from "../inference";
import type { Protocol } from "../protocols";
import type { Reply, Settled } from "./reply";
import { abandon, deliver, finish, onAbort } from "./stream";

/** A comment: every reader of server-sent events passes over it (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
export const KEEP_ALIVE = ": keep-alive\n\n";

/** For whom a stream is kept alive. */
export interface Listener {
  client: Protocol;
  requestId: string;
  clientGone: AbortSignal;
}

/**
 * The reply, or after `afterMs` of waiting a stream that sends comments until there is one. That commits to nothing but the status 200: the
 * walk along the chain goes on, and if all fail, the client is told by an error event.
 */
export async function sustain(deciding: Promise<Reply>, listener: Listener, afterMs: number): Promise<Reply> {
  const decided = await within(deciding, afterMs);
  if (decided) return decided;
  const { readable, writable } = new IdentityTransformStream();
  return { kind: "stream", body: readable, settled: sendLate(deciding, listener, afterMs, writable) };
}

async function sendLate(
  deciding: Promise<Reply>,
  listener: Listener,
  everyMs: number,
  writable: WritableStream<Uint8Array>,
): Promise<Settled> {
  const writer = writable.getWriter();
  // A write that waits for a client who is gone would wait for ever.
  const unsubscribe = onAbort(listener.clientGone, () => void abandon(writer));
  let reply: Reply | undefined;
  do {
    await deliver(writer, KEEP_ALIVE);
    reply = await within(deciding, everyMs).catch((error: unknown) => failed(error));
  } while (!reply);
  if (reply.kind === "stream") {
    // A copy that breaks has broken on the client's side.
    await copy(reply.body, writer).catch(() => abandon(writer));
    unsubscribe();
    return reply.settled;
  }
  unsubscribe();
  const settled = await reply.settled;
  const isDelivered = reply.kind === "refused" && (await finish(writer, encodeRefusal(reply.error, listener)));
  if (!isDelivered) await abandon(writer);
  return { ...settled, outcome: { ...settled.outcome, httpStatus: 200 } };
}

/** Copies a reply to its end. (The runtime has no native pipe from one transform into another.) */
async function copy(body: ReadableStream<Uint8Array>, writer: WritableStreamDefaultWriter<Uint8Array>): Promise<void> {
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    if (!(await deliver(writer, value))) {
      await reader.cancel();
      return abandon(writer);
    }
  }
  await finish(writer, "");
}

/** The work's result, or undefined when it takes longer. The timer does not outlive it. */
async function within<Result>(work: Promise<Result>, ms: number): Promise<Result | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, ms, undefined);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function failed(error: unknown): Reply {
  const told = error instanceof GatewayError ? error : new GatewayError("internal", "The gateway failed.", { cause: error });
  const outcome = { status: "error", httpStatus: told.status, errorClass: told.kind, outputBytes: 0 } as const;
  return { kind: "refused", error: told, settled: Promise.resolve({ deployment: null, warnings: [], outcome, attempts: [] }) };
}

/** A refusal as an event of the stream that has begun: the words of the protocol's error body. */
function encodeRefusal(error: GatewayError, { client, requestId }: Listener): string {
  const { error: body } = client.encodeError(error, requestId);
  const type = typeof body === "object" && body !== null && !Array.isArray(body) && typeof body.type === "string" ? body.type : undefined;
  const told: StreamError = {
    kind: "upstream",
    message: error.message,
    ...(type === undefined ? {} : { type }),
    ...(error.code === undefined ? {} : { code: error.code }),
    ...(error.param === undefined ? {} : { param: error.param }),
  };
  return client.encodeStreamError(told, requestId);
}
