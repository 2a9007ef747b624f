import type { FailoverPolicy } from "../config";
import { ERROR_STATUS, GatewayError } from "../core/errors";
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
import { type Protocol, protocols, type ReplyHints, type ReplyOptions, type RequestPatches } from "../protocols";
import type { Deployment, Plan } from "../routing";
import { type Attempt, attempt, BodyError, type Fetch, type ReadingLimits, readText } from "./attempt";
import { forwardStream } from "./forward-stream";
import { type Opening, readOpening } from "./opening";
import { type Outcome, outcomeOfStream } from "./outcome";
import { continuing, rewriteStream, translating, withholding } from "./rewrite-stream";
import type { Continuing, StreamPlan, StreamReply } from "./stream";
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
  /** The client's own text; absent when the request is no longer what it wrote. */
  json?: JsonText<JsonObject>;
  request: InferenceRequest;
  plan: Plan;
  /** The client's headers. */
  headers: Headers;
  clientGone: AbortSignal;
  requestId: string;
  /** Who calls: for fair shares, and for steps that keep a principal with its deployment. */
  principal: string;
  /** The time that the client gives, in milliseconds. */
  timeoutMs?: number;
  /** Made only where it is needed: it costs a look at every character of the prompt. */
  estimateInputTokens: () => number;
  /** The reply is wanted whole at its end. */
  keepsReply?: boolean;
  /** The request as one deployment gets it; absent: as it is. */
  shapedFor?: (deployment: Deployment) => ShapedFor;
}

/** A request capped and marked for one deployment: `patches` are for the client's own text, `request` is what is encoded anew. */
export interface ShapedFor {
  request: InferenceRequest;
  patches: RequestPatches;
}

/** One attempt: whom it asks and what may end it. Times in Unix milliseconds. */
export interface AttemptScope {
  deployment: Deployment;
  deadlines: FailoverPolicy["deadlines"];
  keepAliveMs: number;
  /** The request's end. */
  deadlineMs: number;
  /** Fires when the client leaves, the attempt lost its race or the request's time is over; heeded until the reply begins. */
  stop: AbortSignal;
  fetch: Fetch;
  now: () => number;
  replyBytesMax: number;
  /** Where the reply may be gone on with by another deployment. */
  continuing?: Continuing;
  /** Told of the reply's headers as soon as they are there. */
  onHeaders: (status: number, headers: Headers) => void;
}

/** What came of asking one deployment. An outcome that is a promise never rejects. */
export type Tried =
  | { kind: "stream"; warnings: string[]; body: ReadableStream<Uint8Array>; outcome: Promise<Outcome> }
  | { kind: "whole"; warnings: string[]; body: string; outcome: Outcome }
  | { kind: "failed"; refusal: UpstreamRefusal; outcome: Outcome }
  /** The request cannot be put into this deployment's words without changing its meaning; nothing was sent. */
  | { kind: "unfit"; error: GatewayError };

/** Sends the request to one deployment, once, and turns what comes back into the client's protocol. Never rejects. */
export async function tryDeployment(call: DispatchCall, scope: AttemptScope): Promise<Tried> {
  const begun = await begin(call, scope);
  if ("kind" in begun) return begun;
  const { reading, warnings } = begun;
  const { response } = reading.made;
  const { deployment } = scope;
  if (call.request.stream && isEventStream(response) && response.body) {
    const reply = await streamTo(reading, response.body).catch((): FailedStream => unreadable(reading));
    if ("failure" in reply) return failed(failedOpening(reply.failure, deployment), scope, reply.usage);
    const outcome = reply.over.then((ending) => outcomeOfStream(ending, reading.firstByteAtMs));
    return { kind: "stream", warnings, body: reply.body, outcome };
  }
  try {
    const whole = isEventStream(response) ? await gatherStream(reading) : await readWhole(reading);
    if (call.request.stream) {
      const encoder = call.client.streamEncoder(replyOptions(reading));
      const text = expandResponse(whole.response)
        .map((event) => encoder.push(event))
        .join("");
      return { kind: "stream", warnings, body: streamOf(text), outcome: Promise.resolve(whole.outcome) };
    }
    return { kind: "whole", warnings: [...warnings, ...whole.warnings], body: whole.body, outcome: whole.outcome };
  } catch (cause) {
    reading.made.abort();
    return failed(cause instanceof BodyError ? failureOf(cause, deployment, cause.isLate) : malformedReply(cause, deployment), scope);
  }
}

/** Has a deployment go on with a reply that broke off elsewhere: its stream up to the first output, or why there is none. Never rejects. */
export async function openContinuation(
  call: DispatchCall,
  scope: AttemptScope,
): Promise<{ plan: StreamPlan; opening: Opening; firstByteAtMs: number } | Extract<Tried, { kind: "failed" | "unfit" }>> {
  const begun = await begin(call, scope);
  if ("kind" in begun) return begun;
  const { reading } = begun;
  const { response, abort } = reading.made;
  if (!isEventStream(response) || !response.body) {
    abort();
    return failed(malformedReply(new Error("no event stream"), scope.deployment), scope);
  }
  const opened = await openStream(reading, response.body).catch((): FailedStream => unreadable(reading));
  if ("failure" in opened) return failed(failedOpening(opened.failure, scope.deployment), scope, opened.usage);
  return { ...opened, firstByteAtMs: reading.firstByteAtMs };
}

function isEventStream(response: Response): boolean {
  return /^\s*text\/event-stream/i.test(response.headers.get("content-type") ?? "");
}

interface FailedStream {
  failure: StreamError;
  usage?: Usage;
}

function unreadable({ made }: Reading): FailedStream {
  made.abort();
  return { failure: { kind: "malformed", message: "The provider sent a stream that cannot be read." } };
}

/** What an upstream said of its usage before the attempt was ended is billed; a failure is not. */
function failed(refusal: UpstreamRefusal, scope: AttemptScope, usage?: Usage): Extract<Tried, { kind: "failed" }> {
  const outcome: Outcome = scope.stop.aborted
    ? { status: "aborted", httpStatus: ERROR_STATUS["client-gone"], outputBytes: 0, ...(usage ? { usage } : {}) }
    : { status: "error", httpStatus: refusal.error.status, errorClass: refusal.errorClass, outputBytes: 0 };
  return { kind: "failed", refusal, outcome };
}

/** Sends the request; a reply that promises to be one, or the failure. */
async function begin(
  call: DispatchCall,
  scope: AttemptScope,
): Promise<{ reading: Reading; warnings: string[] } | Extract<Tried, { kind: "failed" | "unfit" }>> {
  const { deployment, deadlines, now } = scope;
  const upstream = protocols[deployment.provider.protocol];
  let encoding: Encoding;
  try {
    encoding = encodeFor(deployment, upstream, call);
  } catch (error) {
    if (error instanceof GatewayError) return { kind: "unfit", error };
    throw error;
  }
  const { body, warnings, hints, usageHidden } = encoding;
  const startedAtMs = now();
  const made = await attempt(deployment, body, {
    fetch: scope.fetch,
    clientHeaders: upstream.id === call.client.id ? pick(call.headers, deployment.provider.clientHeaders ?? []) : {},
    stop: scope.stop,
    headersMs: call.request.stream ? Math.min(deadlines.headersMs, deadlines.ttftMs) : deadlines.headersMs,
    stream: call.request.stream,
  });
  if (!("response" in made)) return failed(made, scope);
  const { response } = made;
  scope.onHeaders(response.status, response.headers);
  if (response.ok) {
    return { warnings, reading: { call, scope, upstream, hints, usageHidden, made, startedAtMs, firstByteAtMs: now() } };
  }
  // A body that breaks off or never ends says nothing; the status does.
  const said = await readText(made, {
    bytesMax: ERROR_BYTES_MAX,
    idleMs: Math.min(ERROR_IDLE_MS, deadlines.idleMs),
    now,
    stop: scope.stop,
  }).catch(() => "");
  const reply = { status: response.status, headers: response.headers, body: said ?? "" };
  const refusal = readRefusal(reply, deployment, upstream, call.client, now());
  const isLength = refusal.errorClass === "invalid-request" && isTooLong(call, deployment);
  return failed(isLength ? { ...refusal, errorClass: "context-length" } : refusal, scope);
}

/** From this share of the context window on, a 400 without a telling code is taken for a prompt that is too long: estimates are that rough. */
const CONTEXT_SHARE_SUSPECT = 0.8;

/** Not every vendor has a code of its own for a prompt that is too long, and its words are no contract: the figures tell. */
function isTooLong(call: DispatchCall, { capabilities }: Deployment): boolean {
  return call.estimateInputTokens() > (capabilities.contextTokensMax ?? Number.POSITIVE_INFINITY) * CONTEXT_SHARE_SUSPECT;
}

interface Encoding {
  body: string;
  warnings: string[];
  hints: ReplyHints;
  usageHidden: boolean;
}

/** The body to send: the client's own text, patched, where both sides speak one protocol; else encoded anew. */
function encodeFor(deployment: Deployment, upstream: Protocol, call: DispatchCall): Encoding {
  const { model, capabilities } = deployment;
  const hints = { requestId: call.requestId };
  const shaped = call.shapedFor?.(deployment) ?? { request: call.request, patches: {} };
  const forwarded =
    call.json && upstream.id === call.client.id
      ? upstream.forwardRequest(call.json, call.request, model, capabilities, shaped.patches)
      : null;
  if (forwarded) return { body: forwarded.text, warnings: [], hints, usageHidden: forwarded.usageHidden };
  const encoded = upstream.encodeRequest(shaped.request, model, capabilities);
  return {
    body: JSON.stringify(encoded.body),
    warnings: encoded.warnings,
    hints: { ...encoded.hints, ...hints },
    usageHidden: call.request.stream && !call.request.streamUsage,
  };
}

interface Reading {
  call: DispatchCall;
  scope: AttemptScope;
  upstream: Protocol;
  hints: ReplyHints;
  usageHidden: boolean;
  made: Attempt;
  startedAtMs: number;
  firstByteAtMs: number;
}

/** The stream for the client; an error when the upstream's failed before its first output. */
async function streamTo(reading: Reading, body: ReadableStream<Uint8Array>): Promise<StreamReply | FailedStream> {
  const { call, scope, upstream } = reading;
  const opened = await openStream(reading, body);
  if ("failure" in opened) return opened;
  const { plan, opening } = opened;
  if (scope.continuing) {
    const encoder = call.client.streamEncoder(replyOptions(reading));
    return rewriteStream({ ...plan, continuing: scope.continuing }, opening, continuing(encoder, scope.continuing.splice));
  }
  if (!isByteTrue(reading)) return rewriteStream(plan, opening, translating(call.client.streamEncoder(replyOptions(reading))));
  if (reading.usageHidden) return rewriteStream(plan, opening, withholding(plan, upstream.isUnaskedUsage));
  return forwardStream(plan, opening, upstream.ignoredEventName);
}

/** Reads the stream up to its first output; the error when it failed before that. */
async function openStream(
  reading: Reading,
  body: ReadableStream<Uint8Array>,
): Promise<{ plan: StreamPlan; opening: Opening } | FailedStream> {
  const { call, scope, upstream, hints, made } = reading;
  const plan: StreamPlan = {
    upstream: body,
    events: new UpstreamEvents(upstream.streamDecoder(hints), scope.now, scope.deployment.access.credential, call.keepsReply),
    encodeError: (error) => call.client.encodeStreamError(error, call.requestId),
    stop: scope.stop,
    abortUpstream: made.abort,
    // Before the first output its own deadline is the only one: models think in silence.
    idleMs: scope.deadlines.ttftMs,
    keepAliveMs: scope.keepAliveMs,
    deadlineMs: Math.min(reading.startedAtMs + scope.deadlines.ttftMs, scope.deadlineMs),
    now: scope.now,
  };
  const opening = await readOpening(plan);
  if ("kind" in opening) {
    made.abort();
    const { usage } = plan.events.tap;
    return { failure: opening, ...(usage ? { usage } : {}) };
  }
  // The reply is the client's from here on: only its leaving and the request's end can stop it.
  return { plan: { ...plan, stop: call.clientGone, idleMs: scope.deadlines.idleMs, deadlineMs: scope.deadlineMs }, opening };
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
  const { scope, upstream, hints, made } = reading;
  const text = await readText(made, readingLimits(reading));
  if (text === null) throw new Error(`the reply is larger than ${scope.replyBytesMax} bytes`);
  // Whatever JSON it is, the decoder checks every field that it reads.
  const body = JSON.parse(text) as JsonObject;
  const decoded = upstream.decodeResponse(body, hints);
  return wholeOf(reading, decoded, isByteTrue(reading) ? text : undefined);
}

function readingLimits({ scope }: Reading): ReadingLimits {
  return { bytesMax: scope.replyBytesMax, idleMs: scope.deadlines.idleMs, now: scope.now, stop: scope.stop };
}

/** Some vendors stream although nobody asked. */
async function gatherStream(reading: Reading): Promise<Whole> {
  const { upstream, hints, scope, made } = reading;
  const text = (await readText(made, readingLimits(reading))) ?? "";
  const events = new UpstreamEvents(upstream.streamDecoder(hints), scope.now);
  const collector = new Collector();
  for (const event of events.push(new TextEncoder().encode(text))) collector.push(event);
  for (const event of events.end()) collector.push(event);
  const { response: collected, error } = collector.result();
  if (error) throw new Error(error.message);
  return wholeOf(reading, collected);
}

/** A whole reply, encoded for the client unless the upstream's own text will do. */
function wholeOf(reading: Reading, response: InferenceResponse, ownText?: string): Whole {
  const tap = new Tap(reading.call.keepsReply);
  const nowMs = reading.scope.now();
  for (const event of expandResponse(response)) tap.observe(event, nowMs);
  const outcome = outcomeOfStream({ tap, clientLeft: false }, reading.firstByteAtMs);
  if (ownText !== undefined) return { response, body: ownText, warnings: [], outcome };
  const encoded = reading.call.client.encodeResponse(response, replyOptions(reading));
  return { response, body: JSON.stringify(encoded.body), warnings: encoded.warnings, outcome };
}

function replyOptions({ call, scope }: Reading): ReplyOptions {
  return {
    requestId: call.requestId,
    model: scope.deployment.model,
    createdAt: Math.floor(scope.now() / 1000),
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
