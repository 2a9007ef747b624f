import { readBytes } from "../core/body";
import type { Deployment } from "../routing";
import { onAbort, Watchdog } from "./stream";
import { failureOf, type UpstreamRefusal } from "./upstream-error";

/** The one transport: the platform's fetch, or a stand-in. */
export type Fetch = (request: Request) => Promise<Response>;

export interface AttemptOptions {
  fetch: Fetch;
  /** The client's own headers that the provider understands. */
  clientHeaders: Record<string, string>;
  /** Ends the attempt. */
  stop: AbortSignal;
  headersMs: number;
  stream: boolean;
}

/** One call upstream that got response headers, and the means to end it. */
export interface Attempt {
  response: Response;
  abort: () => void;
}

/** Calls a deployment once. Resolves with a refusal when there were no response headers at all (network, deadline, stopped). */
export async function attempt(deployment: Deployment, body: string, options: AttemptOptions): Promise<Attempt | UpstreamRefusal> {
  const controller = new AbortController();
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    controller.abort();
  }, options.headersMs);
  const unsubscribe = onAbort(options.stop, () => controller.abort());
  try {
    const response = await options.fetch(
      new Request(deployment.access.chatUrl, {
        method: "POST",
        headers: {
          accept: options.stream ? "text/event-stream" : "application/json",
          "content-type": "application/json",
          "user-agent": "sluice",
          ...deployment.access.headers,
          ...options.clientHeaders,
        },
        body,
        // A credential never follows a redirect.
        redirect: "manual",
        signal: controller.signal,
      }),
    );
    return { response, abort: () => controller.abort() };
  } catch (cause) {
    return failureOf(cause, deployment, timedOut);
  } finally {
    clearTimeout(timer);
    // From here on the reader of the body heeds the signal: it still wants the last bytes.
    unsubscribe();
  }
}

export interface ReadingLimits {
  bytesMax: number;
  /** Longest silence, in milliseconds. */
  idleMs: number;
  now: () => number;
  stop: AbortSignal;
}

/**
 * A reply's body as text; null when it is larger than it may be. Rejects with a BodyError when it does not come to its end: the connection
 * broke, it was stopped, or there was silence for too long. The call upstream is over afterwards.
 */
export async function readText({ response, abort }: Attempt, { bytesMax, idleMs, now, stop }: ReadingLimits): Promise<string | null> {
  const controller = new AbortController();
  const watchdog = new Watchdog(idleMs, now, () => controller.abort());
  const unsubscribe = onAbort(stop, () => controller.abort());
  let isWhole = false;
  try {
    const bytes = await readBytes(response, bytesMax, controller.signal, () => watchdog.feed());
    isWhole = bytes !== null;
    return bytes && new TextDecoder().decode(bytes);
  } catch (cause) {
    throw new BodyError(watchdog.fired, cause);
  } finally {
    watchdog.stop();
    unsubscribe();
    if (!isWhole) abort();
  }
}

/** A reply's body could not be read to its end. */
export class BodyError extends Error {
  override readonly name = "BodyError";
  constructor(
    readonly isLate: boolean,
    cause: unknown,
  ) {
    super("the reply's body could not be read to its end", { cause });
  }
}
