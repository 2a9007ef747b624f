import { type Authentication, authenticate, isModelAllowed, type Principal } from "./auth";
import type { GatewayConfig } from "./config";
import { readJsonText } from "./core/body";
import type { Clock } from "./core/clock";
import { GatewayError } from "./core/errors";
import { headerText, setRetryAfter } from "./core/headers";
import { parseObject } from "./core/json";
import type { Log } from "./core/log";
import { type DispatchPorts, dispatch, type Fetch, type Outcome, type Reply } from "./dispatch";
import type { InferenceRequest, JsonObject } from "./inference";
import {
  buildRecord,
  completeUsage,
  estimateInputTokens,
  readTags,
  recordUsage,
  tokensOfBytes,
  type UsageRecord,
  type UsageSink,
} from "./metering";
import type { Protocol } from "./protocols";
import { type Plan, planFor, type Routes } from "./routing";

/** Everything that the pipeline needs from outside. */
export interface PipelinePorts {
  config: GatewayConfig;
  routes: Routes;
  authentication: Omit<Authentication, "background">;
  usage: UsageSink;
  fetch: Fetch;
  clock: Clock;
  log: Log;
}

/** One request on its way through. */
export interface Call {
  request: Request;
  /** Path of the endpoint, for the usage row. */
  endpoint: string;
  protocol: Protocol;
  requestId: string;
  startedAtMs: number;
  /** Work that goes on after the reply. */
  background: (work: Promise<void>) => void;
}

/** The life of a request, from the client's bytes to the client's bytes. Throws a GatewayError for what it refuses. */
export async function answer(call: Call, ports: PipelinePorts): Promise<Response> {
  const { request, protocol, startedAtMs } = call;
  const { config, clock } = ports;

  const caller = await authenticate(request.headers, { ...ports.authentication, background: call.background });
  const authenticatedAtMs = clock();
  const requestTags = readTags(request.headers);
  const text = await readJsonText(request, config.limits.requestBytesMax);
  const json = parseObject<JsonObject>(text, config.limits.nestingMax);
  const inference = protocol.decodeRequest(json.value);
  const principal = withUser(caller, inference);
  const plan = planWithin(principal, inference, ports.routes);
  const inputTokens = once(() => estimateInputTokens(inference));
  const sentAtMs = clock();

  const reply = await dispatch(
    {
      client: protocol,
      json,
      request: inference,
      plan,
      headers: request.headers,
      clientGone: request.signal,
      requestId: call.requestId,
      estimateInputTokens: inputTokens,
    },
    dispatchPorts(ports),
  );
  const repliedAtMs = clock();

  const settle = (outcome: Outcome): UsageRecord =>
    recordOf({ call, principal, inference, requestTags, reply, outcome, inputTokens, endedAtMs: clock() });
  const headers = replyHeaders(call, reply, [
    ["auth", authenticatedAtMs - startedAtMs],
    ["plan", sentAtMs - authenticatedAtMs],
    ["upstream", repliedAtMs - sentAtMs],
  ]);
  const keep = (record: UsageRecord): Promise<void> => {
    logTrouble(record, ports.log);
    return recordUsage(record, ports.usage, ports.log);
  };
  if (reply.kind === "stream") {
    call.background(reply.outcome.then((outcome) => keep(settle(outcome))));
    headers.set("content-type", "text/event-stream; charset=utf-8");
    headers.set("cache-control", "no-cache, no-transform");
    return new Response(reply.body, { headers });
  }
  const record = settle(reply.outcome);
  call.background(keep(record));
  if (reply.kind === "refused") return refusal(call, reply, headers);
  if (record.costNanoUsd !== null) headers.set("x-sluice-cost-usd", String(record.costNanoUsd / 1e9));
  headers.set("content-type", "application/json");
  return new Response(reply.body, { headers });
}

/** The end user: a header of the client app goes before what the body says. */
function withUser(caller: Principal, { endUser }: InferenceRequest): Principal {
  return caller.user !== undefined || endUser === undefined ? caller : { ...caller, user: endUser };
}

/** The plan, if the key may have it. A model that the key may not use is refused whether it exists or not. */
function planWithin({ key }: Principal, { model }: InferenceRequest, routes: Routes): Plan {
  if (!isModelAllowed(key.policy, model)) {
    throw new GatewayError("forbidden", `This key may not use the model \`${model.slice(0, 200)}\`. GET /v1/models lists those it may.`, {
      code: "model_not_allowed",
      param: "model",
    });
  }
  return planFor(model, routes);
}

function dispatchPorts({ config, fetch, clock }: PipelinePorts): DispatchPorts {
  return { fetch, now: clock, deadlines: config.deadlines, replyBytesMax: config.limits.replyBytesMax };
}

interface Settlement {
  call: Call;
  principal: Principal;
  inference: InferenceRequest;
  requestTags: Record<string, string>;
  reply: Reply;
  outcome: Outcome;
  /** Estimated; for where the upstream never says. */
  inputTokens: () => number;
  endedAtMs: number;
}

function recordOf({ call, principal, inference, requestTags, reply, outcome, inputTokens, endedAtMs }: Settlement): UsageRecord {
  const since = (atMs: number | undefined): number | null => (atMs === undefined ? null : atMs - call.startedAtMs);
  const { deployment } = reply;
  const usage =
    reply.kind === "refused"
      ? outcome.usage
      : completeUsage(outcome.usage, outcome.status === "ok", inputTokens, tokensOfBytes(outcome.outputBytes));
  return buildRecord({
    id: call.requestId,
    atMs: call.startedAtMs,
    principal,
    endpoint: call.endpoint,
    protocol: call.protocol.id,
    stream: inference.stream,
    modelAsked: inference.model,
    requestTags,
    deployment: { provider: { ...deployment.provider, id: providerName(reply) }, model: deployment.model },
    outcome,
    usage,
    timing: { latencyMs: endedAtMs - call.startedAtMs, ttfbMs: since(outcome.firstByteAtMs), ttftMs: since(outcome.firstOutputAtMs) },
    attempts: 1,
    upstreamId: outcome.upstreamId ?? null,
    warnings: outcome.finishInferred ? [...reply.warnings, "finish reason: the upstream gave none; it was inferred"] : reply.warnings,
  });
}

function providerName({ deployment }: Reply): string {
  return deployment.simulated ? "simulator" : deployment.provider.id;
}

function replyHeaders(call: Call, reply: Reply, timings: [step: string, ms: number][]): Headers {
  const headers = new Headers({
    "x-request-id": call.requestId,
    "x-sluice-model": headerText(reply.deployment.model),
    "x-sluice-provider": providerName(reply),
    "server-timing": timings.map(([step, ms]) => `${step};dur=${ms}`).join(", "),
  });
  const warnings = reply.deployment.simulated
    ? ["no provider key is set, so the local simulator answered; put one into .dev.vars", ...reply.warnings]
    : reply.warnings;
  if (warnings.length > 0) headers.set("x-sluice-warnings", headerText(warnings.join(" | ")));
  return headers;
}

/** The upstream's own words where they are in the client's protocol; else the error, to be rendered in it. */
function refusal(call: Call, reply: Extract<Reply, { kind: "refused" }>, headers: Headers): Response {
  const { error, nativeBody } = reply;
  setRetryAfter(headers, error.retryAfterSeconds);
  headers.set("content-type", "application/json");
  return new Response(nativeBody ?? JSON.stringify(call.protocol.encodeError(error, call.requestId)), { status: error.status, headers });
}

/** One line per request that did not go well: what its usage row says, without tags, user, usage object and warnings. */
function logTrouble(record: UsageRecord, log: Log): void {
  if (record.status === "ok") return;
  const { tags: _tags, usageRaw: _usageRaw, warnings: _warnings, user: _user, ...facts } = record;
  log("warn", "request", facts);
}

/** The function's value, computed at the first call. */
function once<Value>(compute: () => Value): () => Value {
  let value: { is: Value } | undefined;
  return () => {
    value ??= { is: compute() };
    return value.is;
  };
}
