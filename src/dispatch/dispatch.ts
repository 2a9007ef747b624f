import { ERROR_STATUS, type GatewayError } from "../core/errors";
import type { JsonText } from "../core/json";
import {
  Collector,
  expandResponse,
  type InferenceRequest,
  type InferenceResponse,
  type JsonObject,
  type StreamError,
  type Usage,
} from "../inference";
import { type Protocol, protocols, type ReplyHints, type ReplyOptions } from "../protocols";
import type { ErrorClass } from "../providers";
import type { Deployment, Plan } from "../routing";
import { type Attempt, attempt, BodyError, type Fetch, type ReadingLimits, readText } from "./attempt";
import { forwardStream } from "./forward-stream";
import { readOpening } from "./opening";
import { type Outcome, outcomeOfStream } from "./outcome";
import { rewriteStream, translating, withholding } from "./rewrite-stream";
import type { StreamPlan, StreamReply } from "./stream";
import { Tap } from "./tap";
import { failedOpening, failureOf, malformedReply, readRefusal, type UpstreamRefusal } from "./upstream-error";
import { UpstreamEvents } from "./upstream-events";

/** An error reply of an upstream is read up to this many bytes. */
const ERROR_BYTES_MAX = 256 * 1024;
/** Longest silence within an error reply, in milliseconds: its status says enough. */
const ERROR_IDLE_MS = 10_000;

/** A request that is to be answered by one of a plan's deployments. */
export interface DispatchCall {
  client: Protocol;
  json: JsonText<JsonObject>;
  request: InferenceRequest;
  plan: Plan;
  /** The client's headers. */
  headers: Headers;
  clientGone: AbortSignal;
  requestId: string;
  /** Made only where it is needed: it costs a look at every character of the prompt. */
  estimateInputTokens: () => number;
}

export interface DispatchPorts {
  fetch: Fetch;
  now: () => number;
  deadlines: { headersMs: number; idleMs: number };
  replyBytesMax: number;
}

/** What goes back to the client. `outcome` is known at once for a whole reply, later for a stream; it never rejects. */
export type Reply =
  | { kind: "stream"; deployment: Deployment; warnings: string[]; body: ReadableStream<Uint8Array>; outcome: Promise<Outcome> }
  | { kind: "whole"; deployment: Deployment; warnings: string[]; body: string; outcome: Outcome }
  | {
      kind: "refused";
      deployment: Deployment;
      warnings: string[];
      error: GatewayError;
      errorClass: ErrorClass;
      nativeBody?: string;
      outcome: Outcome;
    };

/** Sends the request to the plan's first deployment and turns what comes back into the client's protocol. */
export async function dispatch(call: DispatchCall, ports: DispatchPorts): Promise<Reply> {
  const deployment = call.plan.chain[0];
  const upstream = protocols[deployment.provider.protocol];
  const { body, warnings, hints, usageHidden } = encodeFor(deployment, upstream, call);
  const made = await attempt(deployment, body, {
    fetch: ports.fetch,
    clientHeaders: upstream.id === call.client.id ? pick(call.headers, deployment.provider.clientHeaders ?? []) : {},
    clientGone: call.clientGone,
    headersMs: ports.deadlines.headersMs,
    stream: call.request.stream,
  });
  /** What an upstream said of its usage before the client left is billed; a failure is not. */
  const refuse = (refusal: UpstreamRefusal, usage?: Usage): Reply => {
    const outcome: Outcome = call.clientGone.aborted
      ? { status: "aborted", httpStatus: ERROR_STATUS["client-gone"], outputBytes: 0, ...(usage ? { usage } : {}) }
      : { status: "error", httpStatus: refusal.error.status, errorClass: refusal.errorClass, outputBytes: 0 };
    return { kind: "refused", deployment, warnings, ...refusal, outcome };
  };
  if (!("response" in made)) return refuse(made);
  const { response } = made;
  if (!response.ok) {
    // A body that breaks off or never ends says nothing; the status does.
    const said = await readText(made, {
      bytesMax: ERROR_BYTES_MAX,
      idleMs: Math.min(ERROR_IDLE_MS, ports.deadlines.idleMs),
      now: ports.now,
      clientGone: call.clientGone,
    }).catch(() => "");
    return refuse(readRefusal(response.status, response.headers, said ?? "", deployment, upstream, call.client));
  }

  const firstByteAtMs = ports.now();
  const reading: Reading = { call, ports, deployment, upstream, hints, usageHidden, made, firstByteAtMs };
  const isStream = /^\s*text\/event-stream/i.test(response.headers.get("content-type") ?? "");
  if (call.request.stream && isStream && response.body) {
    const reply = await streamTo(reading, response.body).catch((): { failure: StreamError; usage?: Usage } => {
      made.abort();
      return { failure: { kind: "malformed", message: "The provider sent a stream that cannot be read." } };
    });
    if ("failure" in reply) return refuse(failedOpening(reply.failure, deployment), reply.usage);
    return {
      kind: "stream",
      deployment,
      warnings,
      body: reply.body,
      outcome: reply.over.then((ending) => outcomeOfStream(ending, firstByteAtMs)),
    };
  }
  try {
    const whole = isStream ? await gatherStream(reading) : await readWhole(reading);
    if (call.request.stream) {
      const encoder = call.client.streamEncoder(replyOptions(reading));
      const text = expandResponse(whole.response)
        .map((event) => encoder.push(event))
        .join("");
      return { kind: "stream", deployment, warnings, body: streamOf(text), outcome: Promise.resolve(whole.outcome) };
    }
    return { kind: "whole", deployment, warnings: [...warnings, ...whole.warnings], body: whole.body, outcome: whole.outcome };
  } catch (cause) {
    made.abort();
    return refuse(cause instanceof BodyError ? failureOf(cause, deployment, cause.isLate) : malformedReply(cause, deployment));
  }
}

interface Encoding {
  body: string;
  warnings: string[];
  hints: ReplyHints;
  usageHidden: boolean;
}

/** The body to send: the client's own text, patched, where both sides speak one protocol; else encoded anew. */
function encodeFor({ model, capabilities }: Deployment, upstream: Protocol, call: DispatchCall): Encoding {
  const hints = { requestId: call.requestId };
  const forwarded = upstream.id === call.client.id ? upstream.forwardRequest(call.json, call.request, model, capabilities) : null;
  if (forwarded) return { body: forwarded.text, warnings: [], hints, usageHidden: forwarded.usageHidden };
  const encoded = upstream.encodeRequest(call.request, model, capabilities);
  return {
    body: JSON.stringify(encoded.body),
    warnings: encoded.warnings,
    hints: { ...encoded.hints, ...hints },
    usageHidden: call.request.stream && !call.request.streamUsage,
  };
}

interface Reading {
  call: DispatchCall;
  ports: DispatchPorts;
  deployment: Deployment;
  upstream: Protocol;
  hints: ReplyHints;
  usageHidden: boolean;
  made: Attempt;
  firstByteAtMs: number;
}

/** The stream for the client; an error when the upstream's failed before its first output. */
async function streamTo(
  reading: Reading,
  body: ReadableStream<Uint8Array>,
): Promise<StreamReply | { failure: StreamError; usage?: Usage }> {
  const { call, ports, deployment, upstream, hints, made } = reading;
  const plan: StreamPlan = {
    upstream: body,
    events: new UpstreamEvents(upstream.streamDecoder(hints), ports.now, deployment.access.credential),
    encodeError: (error) => call.client.encodeStreamError(error, call.requestId),
    clientGone: call.clientGone,
    abortUpstream: made.abort,
    idleMs: ports.deadlines.idleMs,
    now: ports.now,
  };
  const opening = await readOpening(plan);
  if ("kind" in opening) {
    made.abort();
    const { usage } = plan.events.tap;
    return { failure: opening, ...(usage ? { usage } : {}) };
  }
  if (!isByteTrue(reading)) return rewriteStream(plan, opening, translating(call.client.streamEncoder(replyOptions(reading))));
  if (reading.usageHidden) return rewriteStream(plan, opening, withholding(plan, upstream.isUnaskedUsage));
  return forwardStream(plan, opening, upstream.ignoredEventName);
}

/** Whether the upstream's bytes are the client's reply as they stand. */
function isByteTrue({ call, upstream, hints }: Reading): boolean {
  return upstream.id === call.client.id && !hints.structuredOutputTool && !hints.customTools && !hints.toolNames;
}

interface Whole {
  response: InferenceResponse;
  body: string;
  warnings: string[];
  outcome: Outcome;
}

async function readWhole(reading: Reading): Promise<Whole> {
  const { ports, upstream, hints, made } = reading;
  const text = await readText(made, readingLimits(reading));
  if (text === null) throw new Error(`the reply is larger than ${ports.replyBytesMax} bytes`);
  // Whatever JSON it is, the decoder checks every field that it reads.
  const body = JSON.parse(text) as JsonObject;
  const decoded = upstream.decodeResponse(body, hints);
  return wholeOf(reading, decoded, isByteTrue(reading) ? text : undefined);
}

function readingLimits({ call, ports }: Reading): ReadingLimits {
  return { bytesMax: ports.replyBytesMax, idleMs: ports.deadlines.idleMs, now: ports.now, clientGone: call.clientGone };
}

/** Some vendors stream although nobody asked. */
async function gatherStream(reading: Reading): Promise<Whole> {
  const { upstream, hints, ports, made } = reading;
  const text = (await readText(made, readingLimits(reading))) ?? "";
  const events = new UpstreamEvents(upstream.streamDecoder(hints), ports.now);
  const collector = new Collector();
  for (const event of events.push(new TextEncoder().encode(text))) collector.push(event);
  for (const event of events.end()) collector.push(event);
  const { response: collected, error } = collector.result();
  if (error) throw new Error(error.message);
  return wholeOf(reading, collected);
}

/** A whole reply, encoded for the client unless the upstream's own text will do. */
function wholeOf(reading: Reading, response: InferenceResponse, ownText?: string): Whole {
  const tap = new Tap();
  const nowMs = reading.ports.now();
  for (const event of expandResponse(response)) tap.observe(event, nowMs);
  const outcome = outcomeOfStream({ tap, clientLeft: false }, reading.firstByteAtMs);
  if (ownText !== undefined) return { response, body: ownText, warnings: [], outcome };
  const encoded = reading.call.client.encodeResponse(response, replyOptions(reading));
  return { response, body: JSON.stringify(encoded.body), warnings: encoded.warnings, outcome };
}

function replyOptions({ call, deployment, ports }: Reading): ReplyOptions {
  return {
    requestId: call.requestId,
    model: deployment.model,
    createdAt: Math.floor(ports.now() / 1000),
    streamUsage: call.request.streamUsage,
    inputTokensEstimate: call.estimateInputTokens(),
  };
}

function pick(headers: Headers, names: readonly string[]): Record<string, string> {
  const picked: Record<string, string> = {};
  for (const name of names) {
    const value = headers.get(name);
    if (value !== null) picked[name] = value;
  }
  return picked;
}

function streamOf(text: string): ReadableStream<Uint8Array> {
  return new Blob([text]).stream();
}
