import { Hono } from "hono";
import { type AdminServices, createAdmin } from "../admin";
import type { LedgerKey } from "../admission";
import { KeyMemory, keySetAt, type VirtualKey } from "../auth";
import { type Embed, embedLexical, Flights, MemoryTier, PurgeLog, ReplyCache, SemanticCache } from "../cache";
import type { GatewayConfig } from "../config";
import { systemClock } from "../core/clock";
import { withDeadline } from "../core/deadline";
import { consoleLog } from "../core/log";
import { systemRandom } from "../core/random";
import { IsolateHealth } from "../dispatch";
import type { GatewayPorts, RequestPorts } from "../endpoints/endpoint";
import { explain } from "../explain";
import { GuardPolicies, schemaProblem } from "../guardrails";
import { type LedgerPort, OutputExpectation, principalObjectName, rateLimitsSchema } from "../limits";
import type { UsageRecord } from "../metering";
import { embeddingOf, providers, type Settings, type UpstreamAccess } from "../providers";
import { emptyCacheWorth } from "../shaped";
import { workersAiEmbed } from "./ai/embed";
import { D1CacheTable } from "./d1/cache-table";
import { D1Keys } from "./d1/keys";
import { D1Usage } from "./d1/usage";
import { DeploymentObjects, lookAtUpstreams } from "./deployments";
import { KvCacheTier } from "./kv/cache-tier";
import { KvKeySnapshots } from "./kv/key-snapshots";
import { KvSummaries } from "./kv/summaries";
import { type LedgerStub, ledgerOf } from "./ledger";
import { usageQueue } from "./queues/usage-queue";
import { objectIndex } from "./semantic-objects";
import { vectorizeIndex } from "./vectorize";

/** What one isolate makes of its bindings, once: all wiring on one screen. */
export interface Services {
  keys: D1Keys;
  usage: D1Usage;
  snapshots: KvKeySnapshots;
  gateway: Omit<GatewayPorts, "health">;
  /** By region; an isolate lives in one. */
  health: (region: string) => IsolateHealth;
  admin: Hono;
  cacheTable: D1CacheTable;
}

const services = new WeakMap<Env, Services>();

/** The services of this environment; plain objects that hold no request's I/O. */
export function servicesOf(env: Env, config: GatewayConfig): Services {
  const held = services.get(env);
  if (held) return held;
  const made = connect(env, config);
  services.set(env, made);
  return made;
}

function connect(env: Env, config: GatewayConfig): Services {
  const settings = settingsOf(env);
  const keys = new D1Keys(env.DB);
  const usage = new D1Usage(env.DB);
  const snapshots = new KvKeySnapshots(env.KV);
  const memory = new KeyMemory();
  const simulator = hasProvider(settings) ? undefined : env.SIMULATOR;
  const policies = new GuardPolicies();
  // A list or an expression that cannot be used is a mistake of the configuration, told at start.
  for (const alias of [undefined, ...Object.values(config.aliases)]) {
    const { policy } = policies.of([config.guardrails, alias && !Array.isArray(alias) ? alias.guardrails : undefined]);
    const problem = policy.outputSchema && schemaProblem(policy.outputSchema.schema);
    if (problem !== undefined) throw new Error(`gateway.config.ts: guardrails.outputSchema: ${problem}`);
  }
  const cacheTable = new D1CacheTable(env.DB, env.BUCKET);
  const cache = new ReplyCache({
    memory: new MemoryTier(),
    kv: new KvCacheTier(env.KV, systemClock),
    table: cacheTable,
    semantic: semanticCacheOf(env, config, settings),
    purges: new PurgeLog(),
    now: systemClock,
    log: consoleLog,
  });
  const gateway: Services["gateway"] = {
    config,
    caching: { cache, flights: new Flights(systemClock), clock: systemClock },
    guarding: { policies },
    shaping: { worth: emptyCacheWorth(), summaries: new KvSummaries(env.KV), clock: systemClock, log: consoleLog },
    cachedKeyOf: (requestId) => cacheTable.keyOf(requestId),
    routes: { config, providers, settings, ...(simulator ? { simulator: SIMULATOR_ACCESS } : {}) },
    authentication: {
      ...{ memory, source: keys, snapshots, clock: systemClock, log: consoleLog, pepper: settings.KEY_PEPPER },
      tokens: {
        secret: settings.JWT_SECRET,
        keySet: settings.JWKS_URL ? keySetAt(settings.JWKS_URL, (request) => fetch(request), systemClock, consoleLog) : undefined,
        readLimits: (said) => rateLimitsSchema.safeParse(said).data,
      },
    },
    admission: {
      ledger: (key) => principalOf(env, key),
      expectation: new OutputExpectation(),
      calibrations: new Map(),
      leaseMarginMs: config.limits.leaseMarginMs,
      clock: systemClock,
      log: consoleLog,
    },
    usage: { queue: usageQueue(env.USAGE_QUEUE), store: usage, outbox: (keyId) => env.PRINCIPALS.getByName(keyId) },
    usageRows: usage,
    fetch: (request) => (simulator ? simulator.fetch(request) : fetch(request)),
    // An operator's webhook is no provider: the simulator does not stand in for it.
    notify: (request) => fetch(request),
    isReady: async () => !simulator || (await simulator.fetch(`${SIMULATOR_ACCESS.chatUrl}/v1/models`, SIMULATOR_ACCESS)).ok,
    clock: systemClock,
    random: Math.random,
    randomBytes: systemRandom,
    candidates: { beganAtMs: [] },
    log: consoleLog,
  };
  const deployments = new DeploymentObjects(env.DEPLOYMENTS, config);
  const healths = new Map<string, IsolateHealth>();
  const health = (region: string): IsolateHealth => {
    const held = healths.get(region) ?? healthIn(region, deployments, config);
    healths.set(region, held);
    return held;
  };
  const upstreams: AdminServices["upstreams"] = async (request, asked) => {
    const region = asked ?? regionOf(request);
    return { region, deployments: await lookAtUpstreams(region, deployments, health(region), gateway.routes) };
  };
  const admin = new Hono().route(
    "/admin/v1",
    createAdmin({
      keys,
      usage,
      announcement: { memory, snapshots, authority: { setKey: (key, before) => tellPrincipals(env, key, before) } },
      cache,
      clock: systemClock,
      random: systemRandom,
      log: consoleLog,
      upstreams,
      explain: async (call, request) => {
        const known = new Map((await upstreams(call)).deployments.map((one) => [one.id, one]));
        const ofUpstreams = {
          isOpen: (id: string) => known.get(id)?.breaker?.phase === "open",
          ttftMs: (id: string) => known.get(id)?.p95TtftMs ?? undefined,
        };
        const { expectation } = gateway.admission;
        return explain(request, call.headers, { config, routes: gateway.routes, health: ofUpstreams, expectation, nowMs: systemClock() });
      },
      requestBytesMax: config.limits.requestBytesMax,
      adminToken: settings.ADMIN_TOKEN,
      pepper: settings.KEY_PEPPER,
    }),
  );
  return { keys, usage, snapshots, gateway, health, admin, cacheTable };
}

/** The semantic cache, with what the configuration names and this environment has. */
function semanticCacheOf(env: Env, { semantic }: GatewayConfig, settings: Settings): SemanticCache {
  const recent = objectIndex(env.SEMANTIC);
  const index = semantic.index === "vectorize" && env.VECTORS ? vectorizeIndex(env.VECTORS, recent) : recent;
  return new SemanticCache({ embed: embedderOf(env, semantic.embedder, settings), index, similarityMin: semantic.similarityMin });
}

function embedderOf(env: Env, embedder: GatewayConfig["semantic"]["embedder"], settings: Settings): Embed {
  const provider = providers.get(embedder);
  const apiKey = provider && settings[provider.env.apiKey];
  if (embedder === "workers-ai" && env.AI) return workersAiEmbed(env.AI);
  if (provider && apiKey) {
    const baseUrl = settings[provider.env.baseUrl] || provider.baseUrl || "";
    return (text) => embeddingOf(text, { fetch: (request) => fetch(request), baseUrl, apiKey });
  }
  return async (text) => embedLexical(text);
}

function healthIn(region: string, deployments: DeploymentObjects, config: GatewayConfig): IsolateHealth {
  return new IsolateHealth({
    object: (id) => deployments.port(id, region),
    isLimited: (id) => Object.hasOwn(config.deployments, id),
    newId: () => crypto.randomUUID(),
    now: systemClock,
    log: consoleLog,
  });
}

/** The object that keeps a key's books. */
function principalOf(env: Env, key: LedgerKey): LedgerPort<LedgerKey, UsageRecord> {
  const name = principalObjectName(key.policy.rules ?? {}, key.id);
  const object = env.PRINCIPALS.getByName(name);
  // It has just these methods; the types that RPC makes of them are too deep for the compiler, as a key's limits may be any JSON.
  return ledgerOf(object as unknown as LedgerStub, name);
}

/**
 * Tells a changed key to the object that keeps its books; and to the one that kept them before: isolates still go there that have not read
 * the change. What those books hold goes along.
 */
async function tellPrincipals(env: Env, key: VirtualKey, before: VirtualKey | undefined): Promise<void> {
  const known: LedgerKey = { ...key, updatedAtMs: key.updatedAtMs ?? key.createdAtMs };
  const nameOf = ({ policy, id }: VirtualKey): string => principalObjectName(policy.rules ?? {}, id);
  const answer = <Result>(work: Promise<Result>): Promise<Result> => withDeadline(work, AUTHORITY_DEADLINE_MS, "the key's object");
  const object = env.PRINCIPALS.getByName(nameOf(key));
  if (!before || nameOf(before) === nameOf(key)) return answer(object.setKey(known));
  const left = env.PRINCIPALS.getByName(nameOf(before));
  const meters = await answer(left.release(known)).catch((error: unknown) => ({ error }));
  await answer(object.setKey(known, "error" in meters ? [] : meters));
  if ("error" in meters) throw meters.error;
  await answer(left.forget(key.id));
}

/** How long an object may take to learn of a changed key. */
const AUTHORITY_DEADLINE_MS = 2000;

/** How the simulator is reached through its service binding: the origin is none. */
const SIMULATOR_ACCESS: UpstreamAccess = { chatUrl: "http://simulator.invalid", headers: { "x-simulator-open": "1" } };

/** The secrets and variables among the bindings. */
function settingsOf(env: Env): Settings {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => typeof entry[1] === "string"));
}

/** Whether the operator configured any provider at all; only then is the simulator out of the game. */
function hasProvider(settings: Settings): boolean {
  return [...providers.values()].some(({ env }) => settings[env.apiKey] || settings[env.baseUrl]);
}

/** The continent that a request came in from, as Cloudflare tells it; on one's own machine there is none. */
function regionOf(request: Request): string {
  const continent = request.cf?.continent;
  return typeof continent === "string" ? continent : "local";
}

/** The ports of one request. */
export function requestPorts({ gateway, health, admin }: Services, request: Request, ctx: ExecutionContext): RequestPorts {
  const background = (work: Promise<void>): void => ctx.waitUntil(work);
  return {
    ports: { ...gateway, health: health(regionOf(request)).forRequest(background) },
    random: systemRandom,
    admin: (adminRequest) => admin.fetch(adminRequest),
    background,
  };
}
