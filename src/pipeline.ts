import { type AdmissionPorts, type Admittance, admitRequest, type Notice } from "./admission";
import { ask, askAside } from "./asking";
import { type Authentication, authenticate, mayUseModel, type Principal } from "./auth";
import { readCacheHeaders } from "./cache";
import { Caching, type CachingPorts } from "./caching";
import { askCandidate } from "./candidate";
import type { GatewayConfig } from "./config";
import { readJsonText } from "./core/body";
import type { Clock } from "./core/clock";
import { withDeadline } from "./core/deadline";
import { GatewayError } from "./core/errors";
import { headerText, readTimeout, setRetryAfter, usdText } from "./core/headers";
import { parseObject } from "./core/json";
import { errorFacts, type Log } from "./core/log";
import type { RandomBytes } from "./core/random";
import { answeredHeaders, countExactly, type DispatchCall, type DispatchPorts, type Fetch, type HealthPort, type Reply } from "./dispatch";
import { Guarded, type GuardedPorts } from "./guarded";
import { type GuardPolicies, opinionRequest } from "./guardrails";
import type { InferenceRequest, JsonObject } from "./inference";
import { captured, replayed } from "./kept-reply";
import type { KeptReply } from "./limits";
import { cheapestFirst, estimateInputTokens, readTags, recordUsage, settleRecord, type UsageRecord, type UsageSink } from "./metering";
import type { Protocol } from "./protocols";
import { fitting, needsOf, type Plan, planFor, type RouteQuery, type Routes, readTask, routeRequest, takeModels } from "./routing";
import { Shaped, type ShapingPorts } from "./shaped";

/** Everything that the pipeline needs from outside. */
export interface PipelinePorts {
  config: GatewayConfig;
  routes: Routes;
  authentication: Omit<Authentication, "background">;
  admission: AdmissionPorts;
  caching: CachingPorts;
  shaping: Omit<ShapingPorts, "countExactly">;
  guarding: { policies: GuardPolicies };
  /** Requests that candidates are being asked. */
  candidates: { beganAtMs: number[] };
  /** Where rows go that the ledger does not take. */
  usage: UsageSink;
  fetch: Fetch;
  /** Calls operators' webhooks. */
  notify: Fetch;
  health: HealthPort;
  clock: Clock;
  /** From 0 to 1. */
  random: () => number;
  randomBytes: RandomBytes;
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
  const { json, others } = takeModels(parseObject<JsonObject>(text, config.limits.nestingMax), config.limits.nestingMax);
  const inference = protocol.decodeRequest(json.value);
  const principal = withUser(caller, inference);
  const inputTokens = once(() => estimateInputTokens(inference));
  const query: RouteQuery = {
    ...{ request: inference, task: readTask(request.headers), keyId: principal.key.id, user: principal.user },
    ...{ tags: { ...principal.key.policy.tags, ...requestTags }, inputTokens, nowMs: authenticatedAtMs },
  };
  const plan = planWithin(principal, query, others, ports);
  const guarded = new Guarded(
    {
      ...{ request: inference, others, principal, protocol, requestId: call.requestId, deployment: plan.chain[0], inputTokens },
      clientGone: request.signal,
    },
    config,
    { ...ports.guarding, opinion: (suspect, model) => askOpinion(suspect, model, call, ports), random: ports.random },
  );
  guarded.inspectInput();
  const shaped = new Shaped({ request: guarded.request, bodyChars: text.length, principal, plan, task: query.task, inputTokens }, config, {
    ...ports.shaping,
    countExactly: (counted, deployment) => countExactly(counted, deployment, ports.fetch),
  });
  if (!guarded.refused) await shaped.fit();
  const timeoutMs = readTimeout(request.headers);
  const caching = new Caching(
    {
      ...{
        request: guarded.keyed,
        others,
        principal,
        plan,
        protocol,
        requestId: call.requestId,
        wish: readCacheHeaders(request.headers),
      },
      isShareable: timeoutMs === undefined && !request.headers.has("x-sluice-fallback"),
      ...{
        clientGone: request.signal,
        inputTokens,
        fingerprints: [guarded.fingerprint, ...headersSent(request.headers, plan)],
        background: call.background,
      },
    },
    config,
    ports.caching,
  );
  const plannedAtMs = clock();

  const tokensAsked = shaped.isCut ? once(() => estimateInputTokens(shaped.request)) : inputTokens;
  const facts = {
    ...{ id: call.requestId, endpoint: call.endpoint, startedAtMs, principal, request: inference, requestTags },
    inputTokens: tokensAsked,
  };
  const [admittance, found] = await Promise.all([
    admitRequest({ ...facts, protocol, others, plan, timeoutMs, headers: request.headers, bodyText: text }, ports.admission),
    guarded.refused ? null : caching.lookUp(),
  ]);
  if ("replay" in admittance) {
    // What guards refuse now is not given because it was given before.
    if (guarded.refused?.kind === "refused") throw guarded.refused.error;
    return replayed(call, admittance.replay);
  }
  const admittedAtMs = clock();
  if (admittance.newerKey) ports.authentication.memory.forget(principal.key.id);
  for (const notice of admittance.notices) call.background(sendNotice(notice, ports));

  const chosen = request.headers.get("x-sluice-fallback") === "off" ? withoutFallback(plan) : plan;
  const escalations: string[] = [];
  const asking = {
    ...{ config, routes: ports.routes, restored: (said: string) => guarded.restored(said) },
    dispatch: { ...dispatchPorts(call, ports), storedReply: () => caching.findStored() },
  };
  const dispatched: DispatchCall = {
    ...{
      client: protocol,
      ...(guarded.isChanged ? {} : { json }),
      request: guarded.request,
      plan: admittance.isDegraded ? cheapestFirst(chosen, clock()) : chosen,
    },
    ...{ principal: principalName(principal), headers: request.headers, clientGone: request.signal, requestId: call.requestId },
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...{ estimateInputTokens: inputTokens, keepsReply: caching.keepsReply || plan.isCascade === true },
  };
  const answering = async (clientGone: AbortSignal): Promise<Reply> => {
    const asked = await ask({ ...dispatched, clientGone }, shaped, asking);
    escalations.push(...asked.escalations);
    return asked.reply;
  };
  if (!found) await guarded.seekOpinion();
  const refused = guarded.refused;
  const reply = guarded.inspectReply(refused ?? (found ? caching.replay(found) : await caching.share(answering).catch(refusedBy)));
  const repliedAtMs = clock();
  if (!refused && !found)
    call.background(askCandidate(dispatched, { ...facts, protocol: protocol.id }, asking, { ...ports, load: ports.candidates }));

  const record = reply.settled.then(async (ended) => {
    const settled = guarded.withAsked(ended);
    const endedAtMs = clock();
    const { task = query.task, tier, instead } = plan.route ?? {};
    return settleRecord({
      ...{ ...facts, endedAtMs, protocol: protocol.id, settled, cache: await caching.factsOf(settled), shaping: shaped.conclude(settled) },
      guardrails: guarded.decisions,
      ...(task === undefined ? {} : { task }),
      ...(tier === undefined ? {} : { route: tier, instead: plan.chain.find(({ id }) => id === instead) }),
    });
  });
  const headers = new Headers({
    "x-request-id": call.requestId,
    "x-sluice-cache": caching.header,
    ...guarded.headers,
    ...answeredHeaders(reply.answered),
    ...routeHeader(plan, escalations),
    ...shaped.headers,
    ...admittance.headers,
    "server-timing": serverTiming([
      ["auth", authenticatedAtMs - startedAtMs],
      ["plan", plannedAtMs - authenticatedAtMs],
      ["admit", admittedAtMs - plannedAtMs],
      ["upstream", repliedAtMs - admittedAtMs],
    ]),
  });
  const response = await responseOf(call, reply, record, headers);
  const kept = admittance.keepsReply ? captured(response) : { response, reply: Promise.resolve(undefined) };
  call.background(record.then(async (row) => caching.conclude(await reply.settled, row)));
  call.background(record.then(async (row) => keep(row, admittance, await kept.reply, ports)));
  return kept.response;
}

/** A request that nobody could be asked: its row is booked and its reservation given back, as of any other. Other errors go on. */
function refusedBy(error: unknown): Reply {
  if (!(error instanceof GatewayError)) throw error;
  const outcome = { status: "error", httpStatus: error.status, errorClass: error.kind, outputBytes: 0 } as const;
  return { kind: "refused", error, settled: Promise.resolve({ deployment: null, warnings: [], outcome, attempts: [] }) };
}

/** The client's own headers that a provider of the plan is sent and that are not what it is sent anyway. */
function headersSent(headers: Headers, { chain }: Plan): string[] {
  const sent = chain.flatMap(({ provider }) =>
    (provider.clientHeaders ?? []).flatMap((name) => {
      const value = headers.get(name);
      return value === null || value === provider.headers?.[name] ? [] : [`${name}: ${value}`];
    }),
  );
  return [...new Set(sent)].sort();
}

/** Whether another model takes a text for an attack; null when it does not say. */
async function askOpinion(suspect: string, model: string, call: Call, ports: PipelinePorts): ReturnType<GuardedPorts["opinion"]> {
  const { request, protocol, requestId } = call;
  const question = opinionRequest(suspect, model);
  const restored = (said: string): string => said;
  const asking = { config: ports.config, routes: ports.routes, dispatch: dispatchPorts(call, ports), restored };
  try {
    const plan = planFor(model, ports.routes);
    const aside = { client: protocol, plan, principal: "", headers: new Headers(), clientGone: request.signal, requestId };
    const said = await askAside({ ...aside, request: question, estimateInputTokens: () => 1 }, question, model, asking);
    const [, word] = /^\W*(yes|no|safe|unsafe)\b/i.exec(said?.text ?? "") ?? [];
    const isAttack = word === undefined ? null : ["yes", "unsafe"].includes(word.toLowerCase());
    return { isAttack, attempts: said?.attempts ?? [] };
  } catch (error) {
    ports.log("warn", "opinion-failed", { request_id: requestId, model, ...errorFacts(error) });
    return { isAttack: null, attempts: [] };
  }
}

/** The reply as the client gets it. */
async function responseOf(call: Call, reply: Reply, record: Promise<UsageRecord>, headers: Headers): Promise<Response> {
  switch (reply.kind) {
    case "stream":
      headers.set("content-type", "text/event-stream; charset=utf-8");
      headers.set("cache-control", "no-cache, no-transform");
      return new Response(reply.body, { headers });
    case "whole": {
      const { costNanoUsd, savedNanoUsd, promptCacheNanoUsd, leftOutNanoUsd, routingNanoUsd } = await record;
      if (costNanoUsd !== null) headers.set("x-sluice-cost-usd", usdText(costNanoUsd));
      const saved = savedNanoUsd + (promptCacheNanoUsd ?? 0) + leftOutNanoUsd + routingNanoUsd;
      if (saved !== 0) headers.set("x-sluice-saved-usd", usdText(saved));
      headers.set("content-type", "application/json");
      return new Response(reply.body, { headers });
    }
    case "refused":
      return refusal(call, reply, headers);
  }
}

/** The end user: a header of the client app goes before what the body says. */
function withUser(caller: Principal, { endUser }: InferenceRequest): Principal {
  return caller.user !== undefined || endUser === undefined ? caller : { ...caller, user: endUser };
}

/** The plan, if the key may have it. A model that the key may not use is refused whether it exists or not. */
function planWithin(principal: Principal, query: RouteQuery, others: readonly string[], ports: PipelinePorts): Plan {
  const { model } = query.request;
  const forbidden = [model, ...others].find((name) => !mayUseModel(principal, name));
  if (forbidden !== undefined) {
    throw new GatewayError(
      "forbidden",
      `This key may not use the model \`${forbidden.slice(0, 200)}\`. GET /v1/models lists those it may.`,
      {
        code: "model_not_allowed",
        param: "model",
      },
    );
  }
  const balance = {
    random: ports.random,
    ttftMs: (id: string) => ports.health.p95Ms(id, "stream"),
    principal: principalName(principal),
  };
  const plan = planFor(model, ports.routes, balance, others, routeRequest(query, ports.config));
  return { ...plan, chain: fitting(plan.chain, needsOf(query.request)).chain };
}

/** `task=…; complexity=…; tier=…`, and why a cascade went up, where the router chose. */
function routeHeader({ route }: Plan, escalations: readonly string[]): Record<string, string> {
  const { task, complexity, tier } = route ?? {};
  const told = [
    ...(task === undefined ? [] : [`task=${task}`]),
    ...(complexity === undefined ? [] : [`complexity=${complexity.toFixed(2)}`]),
    ...(tier === undefined ? [] : [`tier=${tier}`]),
    ...(escalations.length === 0 ? [] : [`escalated=${escalations.join(",")}`]),
  ];
  return told.length === 0 ? {} : { "x-sluice-route": headerText(told.join("; ")) };
}

function principalName({ key, user }: Principal): string {
  return user === undefined ? key.id : `${key.id}/${user}`;
}

/** One call, and its answer as it is. */
function withoutFallback({ chain: [first], policy }: Plan): Plan {
  return { chain: [first], policy: { ...policy, retry: { ...policy.retry, roundsMax: 0 }, hedge: "off", midStream: "error" } };
}

function dispatchPorts({ background }: Call, { config, fetch, clock, random, health }: PipelinePorts): DispatchPorts {
  return { fetch, now: clock, random, replyBytesMax: config.limits.replyBytesMax, health, background };
}

function serverTiming(timings: [step: string, ms: number][]): string {
  return timings.map(([step, ms]) => `${step};dur=${ms}`).join(", ");
}

/** The upstream's own words where they are in the client's protocol; else the error, to be rendered in it. */
function refusal(call: Call, reply: Extract<Reply, { kind: "refused" }>, headers: Headers): Response {
  const { error, nativeBody } = reply;
  setRetryAfter(headers, error.retryAfterSeconds);
  headers.set("content-type", "application/json");
  return new Response(nativeBody ?? JSON.stringify(call.protocol.encodeError(error, call.requestId)), { status: error.status, headers });
}

/** A notice of an operator's is given so long. */
const NOTICE_DEADLINE_MS = 5000;

/** Tells an operator's webhook of a budget; once, and whatever it answers. */
async function sendNotice({ webhook, body }: Notice, { notify, log }: PipelinePorts): Promise<void> {
  try {
    const headers = { "content-type": "application/json", "user-agent": "sluice" };
    const sent = notify(new Request(webhook, { method: "POST", headers, body: JSON.stringify(body), redirect: "manual" }));
    await (await withDeadline(sent, NOTICE_DEADLINE_MS, "the webhook")).body?.cancel();
  } catch (error) {
    log("warn", "budget-notice-failed", { scope: body.scope, ...errorFacts(error) });
  }
}

/**
 * Books the row in the ledger of its key; where that fails, sends it straight on. And one line per request that did not go well: what the row says,
 * without tags, user, usage object and warnings.
 */
export async function keep(
  record: UsageRecord,
  admittance: Admittance,
  reply: KeptReply | undefined,
  { usage, log }: PipelinePorts,
): Promise<void> {
  if (record.status !== "ok") {
    const { tags: _tags, usageRaw: _usageRaw, warnings: _warnings, user: _user, ...facts } = record;
    log("warn", "request", facts);
  }
  try {
    await withDeadline(admittance.settle(record, record.status === "ok" ? reply : undefined), SETTLE_DEADLINE_MS, "the ledger");
  } catch (error) {
    log("error", "ledger-failed", { request_id: record.id, ...errorFacts(error) });
    await recordUsage(record, usage, log);
  }
}

/** Far below the 30 s that a Worker has after its reply, with time left for the other ways. */
const SETTLE_DEADLINE_MS = 5000;

/** The function's value, computed at the first call. */
function once<Value>(compute: () => Value): () => Value {
  let value: { is: Value } | undefined;
  return () => {
    value ??= { is: compute() };
    return value.is;
  };
}
