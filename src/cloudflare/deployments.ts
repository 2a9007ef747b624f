import type { UpstreamHealth } from "../admin";
import type { GatewayConfig } from "../config";
import { withDeadline } from "../core/deadline";
import { BREAKER_DEFAULTS, type DeploymentObjectPort, type IsolateHealth } from "../dispatch";
import { configuredDeployments, type Routes } from "../routing";
import type { DeploymentObject, DeploymentSettings } from "./objects/deployment";

/** How long an object may take to tell how it is. */
const LOOK_DEADLINE_MS = 1000;
/** Deployments shown at most. */
const SHOWN_MAX = 200;

/** The objects of deployments: one for each and region, so that an outage in one region closes nothing elsewhere. */
export class DeploymentObjects {
  readonly #namespace: DurableObjectNamespace<DeploymentObject>;
  readonly #config: GatewayConfig;

  constructor(namespace: DurableObjectNamespace<DeploymentObject>, config: GatewayConfig) {
    this.#namespace = namespace;
    this.#config = config;
  }

  port(id: string, region: string): DeploymentObjectPort {
    const object = this.#namespace.getByName(`${region}:${id}`);
    const settings = this.settingsOf(id);
    return {
      exchange: (told) => object.exchange(told, settings),
      enter: (probeId) => object.enter(probeId, settings),
      settleProbe: (probeId, result) => object.settleProbe(probeId, result, settings),
      arrive: (call) => object.arrive(call, settings),
      depart: (placeId) => object.depart(placeId, settings),
    };
  }

  async look(id: string, region: string) {
    return await this.#namespace.getByName(`${region}:${id}`).look(this.settingsOf(id));
  }

  settingsOf(id: string): DeploymentSettings {
    const said = Object.fromEntries(Object.entries(this.#config.breaker).filter(([, value]) => value !== undefined));
    return { breaker: { ...BREAKER_DEFAULTS, ...said }, limits: this.#config.deployments[id] ?? {} };
  }
}

/** How the deployments of a region are: those of the configuration, and those that this isolate was asked for. */
export async function lookAtUpstreams(
  region: string,
  objects: DeploymentObjects,
  health: IsolateHealth,
  routes: Routes,
): Promise<UpstreamHealth[]> {
  const ids = [...new Set([...configuredDeployments(routes), ...health.knownIds()])].slice(0, SHOWN_MAX);
  return Promise.all(
    ids.map(async (id) => {
      const seen = await withDeadline(objects.look(id, region), LOOK_DEADLINE_MS, "the deployment's object").catch(() => null);
      return {
        id,
        breaker: seen?.breaker ?? null,
        blockedUntilMs: seen?.blockedUntilMs ?? 0,
        waiting: seen?.waiting ?? 0,
        underWay: seen?.underWay ?? 0,
        p95TtftMs: health.p95Ms(id, "stream") ?? null,
        p95WholeMs: health.p95Ms(id, "whole") ?? null,
      };
    }),
  );
}
