import { createApp } from "../app";
import { refreshSnapshots } from "../auth";
import type { GatewayConfig } from "../config";
import { systemClock } from "../core/clock";
import { consoleLog } from "../core/log";
import { storeUsageBatch } from "./queues/usage-queue";
import { requestPorts, servicesOf } from "./services";

/** The Worker for a configuration: requests, usage rows on their way into the table, and the hourly round. */
export function createWorker(config: GatewayConfig) {
  const app = createApp(config);
  return {
    fetch: (request, env, ctx) => app.fetch(request, requestPorts(servicesOf(env, config), request, ctx), ctx),
    queue: (batch, env) => storeUsageBatch(batch.messages, servicesOf(env, config).usage, consoleLog),
    scheduled: async (_controller, env) => {
      const { keys, snapshots, cacheTable } = servicesOf(env, config);
      await refreshSnapshots({ keys, snapshots, clock: systemClock, log: consoleLog });
      await cacheTable.expire(systemClock());
    },
  } satisfies ExportedHandler<Env>;
}
