import { type AdmissionPorts, type Admittance, admitRequest, allowedPlan } from "./admission";
import { type AskingPorts, ask, askAside, sideQuestions } from "./asking";
import { readCacheHeaders } from "./cache";
import { Caching, type CachingPorts } from "./caching";
import type { Call } from "./call";
import { askCandidate } from "./candidate";
import type { Clock } from "./core/clock";
import { GatewayError } from "./core/errors";
import { errorFacts } from "./core/log";
import type { RandomBytes } from "./core/random";
import { answeredHeaders, countExactly, type DispatchCall, type DispatchPorts, type Fetch, type Reply, type Settled } from "./dispatch";
import { Guarded, type GuardedPorts } from "./guarded";
import { type GuardPolicies, opinionRequest } from "./guardrails";
import { type Incoming, type IncomingPorts, once, principalName, receive } from "./incoming";
import { captured, replayed } from "./kept-reply";
import type { KeptReply } from "./limits";
import { cheapestFirst, estimateInputTokens, type Settlement, settleRecord, type UsageRecord } from "./metering";
import { responseOf, routeHeader, serverTiming } from "./responding";
import { type Deployment, type Plan, planFor } from "./routing";
import { keep, type SettlingPorts, sendNotice } from "./settling";
import { Shaped, type ShapingPorts } from "./shaped";

/** Everything that the pipeline needs from outside. */
export interface PipelinePorts extends IncomingPorts, SettlingPorts {
  admission: AdmissionPorts;
  caching: CachingPorts;
  shaping: Omit<ShapingPorts, "countExactly">;
  guarding: { policies: GuardPolicies };
  /** Requests that candidates are being asked. */
  candidates: { beganAtMs: number[] };
  fetch: Fetch;
  randomBytes: RandomBytes;
}

/** The life of a request, from the client's bytes to the client's bytes. Throws a GatewayError for what it refuses. */
export async function answer(call: Call, ports: PipelinePorts): Promise<Response> {
  const { clock } = ports;
  const incoming = await receive(call, ports);
  const guarded = guard(call, incoming, ports);
  const shaped = await fitted(incoming, guarded, ports);
  const caching = cachingOf(call, incoming, { guarded, shaped }, ports);
  const plannedAtMs = clock();

  const facts = factsOf(call, incoming, shaped);
  const [admittance, found] = await Promise.all([
    admit(call, incoming, facts, { guarded, shaped }, ports),
    guarded.refused ? null : caching.lookUp(),
  ]);
  if ("replay" in admittance) return kept(call, admittance.replay, guarded);
  const admittedAtMs = clock();

  const asked = askedOf(call, incoming, { guarded, shaped, caching, admittance }, ports);
  if (!found) await guarded.seekOpinion();
  const refused = guarded.refused;
  const reply = guarded.inspectReply(refused ?? (found ? caching.replay(found) : await caching.share(asked.answer).catch(refusedBy)));
  const repliedAtMs = clock();
  if (!refused && !found) call.background(askCandidate(asked.call, facts, asked.ports, { ...ports, load: ports.candidates }));

  const record = reply.settled.then((settled) => recordOf(settled, incoming, facts, { guarded, shaped, caching }, clock));
  const headers = new Headers({
    "x-request-id": call.requestId,
    "x-sluice-cache": caching.header,
    ...guarded.headers,
    ...answeredHeaders(reply.answered),
    ...routeHeader(incoming.plan, asked.escalations),
    ...shaped.headers,
    ...admittance.headers,
    "server-timing": serverTiming([
      ["auth", incoming.authenticatedAtMs - call.startedAtMs],
      ["plan", plannedAtMs - incoming.authenticatedAtMs],
      ["admit", admittedAtMs - plannedAtMs],
      ["upstream", repliedAtMs - admittedAtMs],
    ]),
  });
  const response = await responseOf(call, reply, record, headers);
  const copied = admittance.keepsReply ? captured(response) : { response, reply: Promise.resolve(undefined) };
  call.background(record.then(async (row) => caching.conclude(await reply.settled, row)));
  call.background(record.then(async (row) => keep(row, admittance, await marked(copied.reply, guarded), ports)));
  return copied.response;
}

/** Has the guards look at the request; whether they refuse it is told later, so that it has its row. */
function guard(call: Call, { request, others, principal, plan, inputTokens }: Incoming, ports: PipelinePorts): Guarded {
  const { protocol, requestId } = call;
  const guarded = new Guarded(
    { request, others, principal, protocol, requestId, deployment: plan.chain[0], inputTokens, clientGone: call.request.signal },
    ports.config,
    { ...ports.guarding, opinion: (suspect, model) => askOpinion(suspect, model, call, ports), random: ports.random },
  );
  guarded.inspectInput();
  return guarded;
}

/** Fits the conversation into its window. */
async function fitted({ text, principal, plan, query, inputTokens }: Incoming, guarded: Guarded, ports: PipelinePorts): Promise<Shaped> {
  const { request } = guarded;
  const shaped = new Shaped({ request, bodyChars: text.length, principal, plan, task: query.task, inputTokens }, ports.config, {
    ...ports.shaping,
    countExactly: (counted, deployment) => countExactly(counted, deployment, ports.fetch),
  });
  if (!guarded.refused) await shaped.fit();
  return shaped;
}

function cachingOf(call: Call, incoming: Incoming, { guarded, shaped }: Pick<Steps, "guarded" | "shaped">, ports: PipelinePorts): Caching {
  const { headers, signal } = call.request;
  const { others, principal, plan, inputTokens, timeoutMs } = incoming;
  const { protocol, requestId, background } = call;
  const asked = { request: guarded.keyed, others, principal, plan, protocol, requestId, wish: readCacheHeaders(headers) };
  const isShareable = timeoutMs === undefined && !headers.has("x-sluice-fallback");
  const fingerprints = [guarded.fingerprint, ...shaped.fingerprints, ...headersSent(headers, plan)];
  const terms = { isShareable, cappedFor: () => shaped.cappedFor, fingerprints };
  return new Caching({ ...asked, ...terms, clientGone: signal, inputTokens, background }, ports.config, ports.caching);
}

/** What the row says of the request, however it ends. */
type Facts = Omit<Settlement, "settled" | "endedAtMs">;

function factsOf(call: Call, { principal, request, requestTags, inputTokens }: Incoming, shaped: Shaped): Facts {
  const { requestId: id, endpoint, startedAtMs, protocol } = call;
  // Less is reserved where turns were left out.
  const tokens = shaped.isCut ? once(() => estimateInputTokens(shaped.request)) : inputTokens;
  return { id, endpoint, startedAtMs, protocol: protocol.id, principal, request, requestTags, inputTokens: tokens };
}

async function admit(
  call: Call,
  incoming: Incoming,
  facts: Facts,
  { guarded, shaped }: Pick<Steps, "guarded" | "shaped">,
  ports: PipelinePorts,
): ReturnType<typeof admitRequest> {
  const { request, others, timeoutMs, text } = incoming;
  const { headers } = call.request;
  const plan = chosenPlan(incoming, headers);
  const asked = { request, protocol: call.protocol, others, plan, timeoutMs, headers, bodyText: text, background: call.background };
  const asides = () => asidesOf({ ...incoming, plan }, { guarded, shaped }, ports);
  const applicant = { ...facts, ...asked, cacheWriteOf: (deployment: Deployment) => shaped.cacheWriteOf(deployment), asides };
  const admittance = await admitRequest(applicant, ports.admission);
  if ("replay" in admittance) return admittance;
  if (admittance.newerKey) ports.authentication.memory.forget(incoming.principal.key.id);
  for (const notice of admittance.notices) call.background(sendNotice(notice, ports));
  return admittance;
}

/** What may be asked of other models on the request's behalf, and costs. One that cannot be asked costs nothing. */
function asidesOf({ plan, request }: Incoming, { guarded, shaped }: Pick<Steps, "guarded" | "shaped">, { config, routes }: PipelinePorts) {
  const opinions = guarded.opinionsWanted.map((wanted) => ({ request: opinionRequest(...wanted), moreInputTokens: 0 }));
  return [...opinions, ...sideQuestions(plan, request, shaped, config)].flatMap(({ request: aside, moreInputTokens }) => {
    try {
      const { chain } = planFor(aside.model, routes);
      return [{ chain, inputTokens: estimateInputTokens(aside) + moreInputTokens, outputTokens: aside.outputTokensMax ?? 0 }];
    } catch {
      return [];
    }
  });
}

/** A reply that was given before under the same idempotency key, as far as the guards of today let it go. */
async function kept({ requestId }: Call, reply: KeptReply, guarded: Guarded): Promise<Response> {
  const { refused } = guarded;
  if (refused?.kind === "refused") throw refused.error;
  const body = await guarded.inspectKept(reply);
  return replayed(reply, body, { "x-request-id": requestId, ...guarded.headers });
}

/** A reply that is kept, with what guards looked at it. */
async function marked(reply: Promise<KeptReply | undefined>, guarded: Guarded): Promise<KeptReply | undefined> {
  const [kept, guards] = await Promise.all([reply, guarded.mark]);
  return kept && { ...kept, ...(guards === undefined ? {} : { guards }) };
}

/** The steps of a request that come together when it is answered. */
interface Steps {
  guarded: Guarded;
  shaped: Shaped;
  caching: Caching;
}

/** How the request is asked of its plan. */
interface Asked {
  call: DispatchCall;
  ports: AskingPorts;
  answer: (clientGone: AbortSignal) => Promise<Reply>;
  /** Why a cascade went up, step by step. */
  escalations: string[];
}

function askedOf(
  { request: { headers, signal }, protocol: client, requestId, background }: Call,
  incoming: Incoming,
  { guarded, shaped, caching, admittance }: Steps & { admittance: Admittance },
  ports: PipelinePorts,
): Asked {
  const { json, principal, plan, inputTokens, timeoutMs } = incoming;
  const chosen = allowedPlan(chosenPlan(incoming, headers), admittance);
  const call: DispatchCall = {
    ...{ client, request: guarded.request, plan: admittance.isDegraded ? cheapestFirst(chosen, ports.clock()) : chosen },
    ...(guarded.isChanged ? {} : { json }),
    ...{ principal: principalName(principal), headers, clientGone: signal, requestId, estimateInputTokens: inputTokens },
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    keepsReply: caching.keepsReply || plan.isCascade === true,
  };
  const dispatch = { ...dispatchPorts(background, ports), storedReply: () => caching.findStored() };
  const asking: AskingPorts = { config: ports.config, routes: ports.routes, restored: (said) => guarded.restored(said), dispatch };
  const escalations: string[] = [];
  const answering = async (clientGone: AbortSignal): Promise<Reply> => {
    const asked = await ask({ ...call, clientGone }, shaped, asking);
    escalations.push(...asked.escalations);
    return asked.reply;
  };
  return { call, ports: asking, answer: answering, escalations };
}

/** The request's row, once it is over. */
async function recordOf(ended: Settled, { plan, query }: Incoming, facts: Facts, steps: Steps, clock: Clock): Promise<UsageRecord> {
  const { guarded, shaped, caching } = steps;
  const settled = guarded.withAsked(ended);
  const endedAtMs = clock();
  const { task = query.task, tier, instead } = plan.route ?? {};
  return settleRecord({
    ...{ ...facts, endedAtMs, settled, cache: await caching.factsOf(settled), shaping: shaped.conclude(settled) },
    guardrails: guarded.decisions,
    ...(task === undefined ? {} : { task }),
    ...(tier === undefined ? {} : { route: tier, instead: plan.chain.find(({ id }) => id === instead) }),
  });
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
  const asking = { config: ports.config, routes: ports.routes, dispatch: dispatchPorts(call.background, ports), restored };
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

/** The plan, or what the client wants of it: one call, and its answer as it is. */
function chosenPlan({ plan }: Incoming, headers: Headers): Plan {
  if (headers.get("x-sluice-fallback") !== "off") return plan;
  const {
    chain: [first],
    policy,
  } = plan;
  const single = { retry: { ...policy.retry, roundsMax: 0 }, hedge: "off", midStream: "error", storedReply: false } as const;
  return { chain: [first], policy: { ...policy, ...single } };
}

function dispatchPorts(background: Call["background"], { config, fetch, clock, random, health }: PipelinePorts): DispatchPorts {
  return { fetch, now: clock, random, replyBytesMax: config.limits.replyBytesMax, health, background };
}
