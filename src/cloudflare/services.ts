import { Hono } from "hono";
import { createAdmin } from "../admin";
import { KeyMemory } from "../auth";
import type { GatewayConfig } from "../config";
import { systemClock } from "../core/clock";
import { consoleLog } from "../core/log";
import { systemRandom } from "../core/random";
import type { GatewayPorts, RequestPorts } from "../endpoints/endpoint";
import { providers, type Settings, type UpstreamAccess } from "../providers";
import { D1Keys } from "./d1/keys";
import { D1Usage } from "./d1/usage";
import { KvKeySnapshots } from "./kv/key-snapshots";
import { usageQueue } from "./queues/usage-queue";

/** What one isolate makes of its bindings, once: all wiring on one screen. */
export interface Services {
  keys: D1Keys;
  usage: D1Usage;
  snapshots: KvKeySnapshots;
  gateway: GatewayPorts;
  admin: Hono;
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
  const gateway: GatewayPorts = {
    config,
    routes: { config, providers, settings, ...(simulator ? { simulator: SIMULATOR_ACCESS } : {}) },
    authentication: { memory, source: keys, snapshots, clock: systemClock, log: consoleLog, pepper: settings.KEY_PEPPER },
    usage: { queue: usageQueue(env.USAGE_QUEUE), store: usage, outbox: (keyId) => env.PRINCIPALS.getByName(keyId) },
    usageRows: usage,
    fetch: (request) => (simulator ? simulator.fetch(request) : fetch(request)),
    isReady: async () => !simulator || (await simulator.fetch(`${SIMULATOR_ACCESS.chatUrl}/v1/models`, SIMULATOR_ACCESS)).ok,
    clock: systemClock,
    log: consoleLog,
  };
  const admin = new Hono().route(
    "/admin/v1",
    createAdmin({
      keys,
      usage,
      announcement: { memory, snapshots },
      clock: systemClock,
      random: systemRandom,
      log: consoleLog,
      adminToken: settings.ADMIN_TOKEN,
      pepper: settings.KEY_PEPPER,
    }),
  );
  return { keys, usage, snapshots, gateway, admin };
}

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

/** The ports of one request. */
export function requestPorts({ gateway, admin }: Services, ctx: ExecutionContext): RequestPorts {
  return {
    ports: gateway,
    random: systemRandom,
    admin: (request) => admin.fetch(request),
    background: (work) => ctx.waitUntil(work),
  };
}
