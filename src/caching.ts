import type { Principal } from "./auth";
import {
  type CacheEntry,
  type CacheKeys,
  type CachePolicy,
  type CacheTenant,
  type CacheWish,
  cacheKeys,
  cachePolicy,
  type Flight,
  type Flights,
  type Found,
  isStorable,
  isVolatile,
  type Lookup,
  type ReplyCache,
  replayable,
  replayStream,
  tenantName,
  verifyReplies,
} from "./cache";
import type { GatewayConfig, TaskName } from "./config";
import { withDeadline } from "./core/deadline";
import { GatewayError } from "./core/errors";
import type { Reply, Settled, StoredNote, StoredReply } from "./dispatch";
import type { InferenceRequest } from "./inference";
import { type CacheFacts, NOT_CACHED, providerName, type UsageRecord } from "./metering";
import type { Protocol, ReplyOptions } from "./protocols";
import type { Plan } from "./routing";
import { watched } from "./watched";

/** How often a follower looks whether its leader's reply has begun. */
const LOOK_MS = 15;
/** A follower's row waits so long for what the shared call cost. */
const COST_WAIT_MS = 3000;
/** Comparing what the semantic cache would have served may hold a row back for so long. */
const SHADOW_DEADLINE_MS = 500;

export interface CachingPorts {
  cache: ReplyCache;
  flights: Flights;
  clock: () => number;
}

/** A request that the cache is asked for. */
export interface CachedCall {
  request: InferenceRequest;
  others: readonly string[];
  principal: Principal;
  plan: Plan;
  protocol: Protocol;
  requestId: string;
  /** What the client's headers say, as `readCacheHeaders` gives it. */
  wish: CacheWish;
  /** False for a request with terms of its own, such as a deadline. */
  isShareable: boolean;
  clientGone: AbortSignal;
  inputTokens: () => number;
  /** The task whose default caps the output, where none is asked for. */
  cappedFor: () => TaskName | undefined;
  /** Versions of what else decides which reply is right: guards, above all. */
  fingerprints: readonly string[];
  background: (work: Promise<void>) => void;
}

/** The cache's part in the life of one request. */
export class Caching {
  readonly #call: CachedCall;
  readonly #ports: CachingPorts;
  readonly #policy: CachePolicy;
  readonly #tenant: CacheTenant;
  readonly #answering: string;
  /** Most output tokens that may be asked for: the client's word within the key's. */
  readonly #outputTokensMax: number;
  #lookup: Promise<Lookup> | undefined;
  #led: { flight: Flight; key: string } | undefined;
  #followed: Flight | undefined;
  #found: Found | undefined;

  constructor(call: CachedCall, config: GatewayConfig, ports: CachingPorts) {
    const { request, principal, wish } = call;
    const { policy } = principal.key;
    const alias = Object.hasOwn(config.aliases, request.model) ? config.aliases[request.model] : undefined;
    const own = !alias || Array.isArray(alias) ? undefined : alias.cache;
    this.#call = call;
    this.#ports = ports;
    this.#policy = cachePolicy({
      ...{ config: config.cache, alias: own, key: policy.cache, wish },
      ...{ temperature: request.sampling.temperature, isVolatile: isVolatile(request) },
    });
    this.#tenant = { scope: this.#policy.scope, keyId: principal.key.id, user: principal.user, team: policy.team };
    const tier = call.plan.route?.tier ?? "";
    // An alias is what its operator made of it; other names lead to models, however they are spelled. Whichever of them answers, another
    // chain's reply it is not.
    this.#answering = alias ? `alias ${request.model} ${tier} ${JSON.stringify(alias)}` : `models ${tier} ${modelsOf(call.plan)}`;
    this.#outputTokensMax = Math.min(
      request.outputTokensMax ?? Number.POSITIVE_INFINITY,
      policy.max_output_tokens ?? Number.POSITIVE_INFINITY,
    );
  }

  /** The reply has to be gathered, to be stored. */
  get keepsReply(): boolean {
    return this.#policy.writes || this.#policy.keepForFallback;
  }

  /** What the reply says of the cache unless it comes from there. */
  get header(): "miss" | "bypass" {
    return this.#policy.reads ? "miss" : "bypass";
  }

  /** The stored reply that answers the request. Never rejects. */
  async lookUp(): Promise<Found | null> {
    if (!this.#policy.reads) return null;
    this.#found = (await this.#ports.cache.lookUp(await this.#asked())) ?? undefined;
    return this.#found ?? null;
  }

  /** For when every provider has failed. */
  async findStored(): Promise<StoredReply | null> {
    const { wish, principal } = this.#call;
    if ((!wish.writes && !wish.reads) || wish.mode === "off" || principal.key.policy.cache?.mode === "off") return null;
    const entry = await this.#ports.cache.findStale(await this.#asked());
    if (!entry) return null;
    this.#found = { tier: "d1", entry };
    const { response, provider, model, storedAtMs } = entry;
    return { response: replayable(response), provider, model, storedAtMs };
  }

  /** A stored reply in the client's protocol. */
  replay({ entry, tier, similarity }: Found): Reply {
    const { request, protocol, plan } = this.#call;
    const ageSeconds = Math.max(0, Math.round((this.#ports.clock() - entry.storedAtMs) / 1000));
    const stored: StoredNote = {
      ...{ provider: entry.provider, model: entry.model, ageSeconds, tier },
      ...(similarity === undefined ? {} : { similarity }),
    };
    const response = replayable(entry.response);
    const options = this.#optionsFor(entry);
    if (request.stream) {
      const answered = { deployment: plan.chain[0], warnings: [], stored };
      const replayed = replayStream(response, protocol, options, this.#policy.replayPaceMs);
      const { body, over } = watched(replayed, this.#ports.clock);
      return { kind: "stream", body, answered, settled: over.then((end) => ({ ...answered, attempts: [], outcome: end })) };
    }
    const { body, warnings } = protocol.encodeResponse(response, options);
    const answered = { deployment: plan.chain[0], warnings, stored };
    const outcome = { status: "ok", httpStatus: 200, outputBytes: 0, ...finishOf(entry) } as const;
    return { kind: "whole", body: JSON.stringify(body), answered, settled: Promise.resolve({ ...answered, attempts: [], outcome }) };
  }

  /** Has `ask` answer the request, or follows an identical request that is being answered already. */
  async share(ask: (clientGone: AbortSignal) => Promise<Reply>): Promise<Reply> {
    const { clientGone, request, protocol, cappedFor } = this.#call;
    if (!this.#policy.singleFlight || !this.#call.isShareable) return ask(clientGone);
    const { exact } = (await this.#asked()).keys;
    const key = [exact, protocol.id, request.stream, request.streamUsage, this.#outputTokensMax, cappedFor()].join(" ");
    const { flights } = this.#ports;
    const flight = flights.follow(key);
    if (flight) return (await this.#follow(flight)) ?? ask(clientGone);
    const led = flights.lead(key);
    if (!led) return ask(clientGone);
    this.#led = { flight: led, key };
    try {
      return await this.#lead(led, key, ask);
    } catch (error) {
      led.state = "failed";
      flights.land(key, led);
      throw error;
    }
  }

  /** What the usage row says of the cache. */
  async factsOf(settled: Settled): Promise<CacheFacts> {
    const { stored } = settled;
    if (this.#followed) {
      const flight = this.#followed;
      const cost = await this.#told(flight, () => flight.cost);
      const savedTokens = cost ? cost.inputTokens + cost.outputTokens : 0;
      return { ...NOT_CACHED, cache: "memory", cacheKey: await this.#exactKey(), savedTokens, savedNanoUsd: cost?.costNanoUsd ?? 0 };
    }
    if (stored && this.#found) {
      const { key, inputTokens, outputTokens, costNanoUsd, latencyMs } = this.#found.entry;
      const savedTokens = inputTokens + outputTokens;
      return { ...NOT_CACHED, cache: stored.tier, cacheKey: key, savedTokens, savedNanoUsd: costNanoUsd ?? 0, savedMs: latencyMs };
    }
    const isStored = this.keepsReply && isGood(settled) && !settled.isWithheld;
    return { ...NOT_CACHED, cache: this.header, cacheKey: isStored ? await this.#exactKey() : null, shadow: await this.#shadowOf(settled) };
  }

  /** The request is over and its cost known: stores the reply, if it is worth it, and lets those who follow know. */
  async conclude(settled: Settled, record: UsageRecord): Promise<void> {
    const { response } = settled.outcome;
    const isWell = settled.outcome.status === "ok" && isGood(settled);
    const led = this.#led;
    if (led) {
      const { costNanoUsd, inputTokens, outputTokens } = record;
      led.flight.cost = { costNanoUsd, inputTokens, outputTokens };
      if (led.flight.state === "over") led.flight.state = isWell ? "complete" : "broken";
    }
    // A streamed reply of a cascade has not been looked at as whole ones are.
    const isChecked = !(this.#call.plan.isCascade && this.#call.request.stream);
    const isKept = isWell && isChecked && this.keepsReply && !settled.stored && !settled.isWithheld;
    const storing = isKept && response ? this.#store(settled, response, record) : Promise.resolve();
    // In memory it is as soon as storing has begun: who comes now finds it there.
    if (led) this.#ports.flights.land(led.key, led.flight);
    await storing;
  }

  async #store({ deployment }: Settled, response: CacheEntry["response"], record: UsageRecord): Promise<void> {
    if (!deployment) return;
    const { keys, tenant } = await this.#asked();
    const { principal, request } = this.#call;
    const storedAtMs = this.#ports.clock();
    const { namespace, prompt } = keys;
    const isSemantic =
      this.#policy.mode === "semantic" && this.#policy.semantic !== "off" && namespace !== undefined && prompt !== undefined;
    const entry: CacheEntry = {
      ...{ v: 1, key: keys.exact, tenant, response, provider: providerName(deployment), model: deployment.model },
      ...{ modelAsked: request.model, requestId: record.id, keyId: principal.key.id, user: principal.user ?? null, tags: record.tags },
      // What is kept for the worst case only is not served before that.
      ...{ storedAtMs, freshUntilMs: this.#policy.writes ? storedAtMs + this.#policy.ttlMs : storedAtMs },
      ...{ costNanoUsd: record.costNanoUsd, latencyMs: record.latencyMs },
      ...{ inputTokens: record.inputTokens, outputTokens: record.outputTokens },
      ...(isSemantic ? { semantic: { namespace, prompt } } : {}),
    };
    await this.#ports.cache.store(entry, this.#policy);
  }

  /** The first of identical requests: its reply goes into the flight, and from there to all of them, this one included. */
  async #lead(flight: Flight, key: string, ask: (clientGone: AbortSignal) => Promise<Reply>): Promise<Reply> {
    const { clientGone, background } = this.#call;
    const stop = new AbortController();
    const leave = flight.join();
    background(this.#stopWhenAlone(flight, key, stop, leave, clientGone));
    const reply = await ask(stop.signal);
    if (reply.kind === "refused" || reply.answered?.stored) {
      flight.state = "failed";
      leave();
      return reply;
    }
    const head = { kind: reply.kind, deployment: reply.answered?.deployment, warnings: reply.answered?.warnings ?? [] };
    if (reply.kind === "whole") {
      flight.add(new TextEncoder().encode(reply.body));
      flight.state = "over";
      flight.head = head;
      leave();
      return reply;
    }
    flight.head = head;
    background(
      reply.settled.then(({ outcome: { status, errorClass } }) => {
        flight.ending = { status, ...(errorClass === undefined ? {} : { errorClass }) };
      }),
    );
    let wake = (): void => {};
    background(pump(reply.body, flight, () => wake()));
    const body = flight.read(
      leave,
      () => new Uint8Array(),
      (look) => {
        wake = look;
      },
    );
    return { ...reply, body };
  }

  /** A client that leaves ends its call upstream only when nobody else follows it. */
  async #stopWhenAlone(flight: Flight, key: string, stop: AbortController, leave: () => void, clientGone: AbortSignal): Promise<void> {
    while (flight.state === "open") {
      flight.touch();
      if (clientGone.aborted) leave();
      if (!flight.hasAudience) {
        // Nobody joins a reply that is being ended.
        this.#ports.flights.land(key, flight);
        return stop.abort();
      }
      await pause(LOOK_MS * 4);
    }
  }

  /** The reply of the request that is followed; null when that gives none to share. */
  async #follow(flight: Flight): Promise<Reply | null> {
    const { clientGone, plan, protocol, requestId } = this.#call;
    const leave = flight.join();
    clientGone.addEventListener("abort", leave, { once: true });
    while (flight.isAwaited && !clientGone.aborted) await pause(LOOK_MS);
    if (clientGone.aborted) {
      leave();
      const error = new GatewayError("client-gone", "The client left before there was a reply.");
      const outcome = { status: "aborted", httpStatus: error.status, outputBytes: 0 } as const;
      return { kind: "refused", error, settled: Promise.resolve({ deployment: plan.chain[0], warnings: [], outcome, attempts: [] }) };
    }
    const { head } = flight;
    if (!head || !flight.isJoinable) {
      leave();
      return null;
    }
    this.#followed = flight;
    const { warnings } = head;
    const deployment = head.deployment ?? plan.chain[0];
    const stored: StoredNote = { provider: providerName(deployment), model: deployment.model, ageSeconds: 0, tier: "memory" };
    const answered = { deployment, warnings, stored };
    const lost = { kind: "network", message: "The shared reply broke off; it is incomplete." } as const;
    const source = flight.read(leave, () => new TextEncoder().encode(`\n\n${protocol.encodeStreamError(lost, requestId)}`));
    if (head.kind === "whole") {
      const body = await new Response(source).text();
      const outcome = { status: "ok", httpStatus: 200, outputBytes: 0 } as const;
      return { kind: "whole", body, answered, settled: Promise.resolve({ ...answered, attempts: [], outcome }) };
    }
    const { body, over } = watched(source, this.#ports.clock);
    const settled = over.then(async (end) => {
      const ending = end.status === "ok" ? await this.#told(flight, () => flight.ending) : undefined;
      // The shared reply ended as it ended for its leader; without its word nobody knows that it was whole.
      const isWhole = end.status !== "ok" || ending?.status === "ok";
      const broken = { ...end, status: "interrupted", errorClass: ending?.errorClass ?? "stream-network" } as const;
      return { ...answered, attempts: [], outcome: isWhole ? end : broken };
    });
    return { kind: "stream", body, ...(head.deployment ? { answered } : {}), settled };
  }

  /** What the leader tells in the end; undefined where it takes too long. */
  async #told<Word>(flight: Flight, word: () => Word | undefined): Promise<Word | undefined> {
    const untilMs = this.#ports.clock() + COST_WAIT_MS;
    while (word() === undefined && this.#ports.clock() < untilMs && !flight.isLost) await pause(LOOK_MS * 2);
    return word();
  }

  /** What the semantic cache would have said, had it been let. */
  async #shadowOf({ outcome }: Settled): Promise<CacheFacts["shadow"]> {
    if (this.#policy.semantic !== "shadow" || !this.#policy.reads || outcome.status !== "ok" || !outcome.response) return null;
    const { response } = outcome;
    const search = this.#asked().then((lookup) => this.#ports.cache.findSimilar(lookup));
    const match = await withDeadline(search, SHADOW_DEADLINE_MS, "the semantic cache").catch(() => null);
    return match && (verifyReplies(match.entry.response, response) ? "agree" : "differ");
  }

  async #exactKey(): Promise<string> {
    return (await this.#asked()).keys.exact;
  }

  #asked(): Promise<Lookup> {
    this.#lookup ??= this.#compute();
    return this.#lookup;
  }

  async #compute(): Promise<Lookup> {
    const { request, others, fingerprints, background } = this.#call;
    const marks = [this.#answering, ...others, ...fingerprints];
    const keys: CacheKeys = await cacheKeys(request, this.#tenant, marks, this.#policy.semantic !== "off");
    return { keys, tenant: tenantName(this.#tenant), policy: this.#policy, outputTokensMax: this.#outputTokensMax, background };
  }

  #optionsFor({ model, response, storedAtMs, inputTokens }: CacheEntry): ReplyOptions {
    const { requestId, request } = this.#call;
    const createdAt = Math.floor(storedAtMs / 1000);
    return { requestId, model: response.model || model, createdAt, streamUsage: request.streamUsage, inputTokensEstimate: inputTokens };
  }
}

/** A whole reply, as far as the provider's word and a cascade's go. */
function isGood({ outcome: { response }, isWanting }: Settled): boolean {
  return response !== undefined && isStorable(response) && !isWanting;
}

/** Who may answer, in no order: that may change from request to request. */
function modelsOf({ chain }: Plan): string {
  return [...new Set(chain.map(({ provider, model }) => `${provider.id}/${model}`))].sort().join(" ");
}

function finishOf({ response }: CacheEntry): { finish?: CacheEntry["response"]["choices"][number]["finish"]["kind"] } {
  const finish = response.choices[0]?.finish.kind;
  return finish ? { finish } : {};
}

/** Reads the leader's reply into its flight, as fast as the slowest of those who keep up. Never rejects. */
async function pump(body: ReadableStream<Uint8Array>, flight: Flight, onProgress: () => void): Promise<void> {
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      while (!flight.add(value)) await pause(LOOK_MS);
      onProgress();
    }
    flight.state = "over";
  } catch {
    // The dispatch has told the client what there was to tell, and knows how it ended.
    flight.state = "broken";
  }
  onProgress();
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
