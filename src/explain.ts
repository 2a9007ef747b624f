import { cachePolicy, isVolatile, readCacheHeaders } from "./cache";
import type { GatewayConfig } from "./config";
import type { InferenceRequest, JsonObject, Usage } from "./inference";
import type { OutputExpectation } from "./limits";
import { estimateInputTokens, price } from "./metering";
import {
  complexityOf,
  fitting,
  needsOf,
  planFor,
  type RouteQuery,
  type Routes,
  readTask,
  routeRequest,
  taskOf,
  unconfigured,
} from "./routing";

export interface ExplainPorts {
  config: GatewayConfig;
  routes: Routes;
  /** Of deployments, by id: whether their breaker is open, and how long they take to their first output. */
  health: { isOpen: (id: string) => boolean; ttftMs: (id: string) => number | undefined };
  expectation: OutputExpectation;
  nowMs: number;
}

/**
 * What would become of a chat request: its task and complexity, the chain that it would take and who is left out of it and why, how it would be cached, and
 * what it would cost at the chain's first deployment. Sends nothing. Throws what planning throws.
 */
export function explain(request: InferenceRequest, headers: Headers, ports: ExplainPorts): JsonObject {
  const { config, routes, health, expectation, nowMs } = ports;
  const inputTokens = estimateInputTokens(request);
  const query: RouteQuery = {
    ...{ request, task: readTask(headers), keyId: "", user: request.endUser, tags: {}, nowMs },
    inputTokens: () => inputTokens,
  };
  const routed = routeRequest(query, config);
  const balance = { random: () => 0.5, ttftMs: health.ttftMs, principal: "" };
  const plan = planFor(request.model, routes, balance, [], routed);
  const { chain, skipped } = fitting(plan.chain, needsOf(request));
  const small = chain.filter(({ capabilities }) => inputTokens > (capabilities.contextTokensMax ?? Number.POSITIVE_INFINITY));
  const left = small.length < chain.length ? chain.filter((deployment) => !small.includes(deployment)) : chain;
  const reasons = [
    ...unconfigured(request.model, routes, routed).map((deployment) => ({ deployment, reason: "not-configured" })),
    ...skipped,
    ...(small.length < chain.length ? small.map(({ id }) => ({ deployment: id, reason: "context-window" })) : []),
    ...left.filter(({ id }) => health.isOpen(id)).map(({ id }) => ({ deployment: id, reason: "breaker-open" })),
  ];
  const [first = plan.chain[0]] = left;
  const outputTokens = Math.min(
    request.outputTokensMax ?? Number.POSITIVE_INFINITY,
    expectation.of(first.model, first.capabilities.outputTokensMax),
  );
  const usage: Usage = { uncachedInputTokens: inputTokens, outputTokens };
  const cost = price(usage, first.provider, first.model, new Date(nowMs));
  return {
    task: taskOf(query),
    complexity: complexityOf(request),
    ...(plan.route ? { tier: plan.route.tier } : {}),
    chain: left.map(({ id }) => id),
    skipped: reasons,
    cache: cacheOf(request, headers, config),
    estimate: { input_tokens: inputTokens, output_tokens: outputTokens, cost_usd: cost ? cost.costNanoUsd / 1e9 : null },
  };
}

function cacheOf(request: InferenceRequest, headers: Headers, config: GatewayConfig): JsonObject {
  const alias = Object.hasOwn(config.aliases, request.model) ? config.aliases[request.model] : undefined;
  const { mode, scope, ttlMs, semantic, reads, writes } = cachePolicy({
    ...{ config: config.cache, alias: !alias || Array.isArray(alias) ? undefined : alias.cache, key: undefined },
    ...{ wish: readCacheHeaders(headers), temperature: request.sampling.temperature, isVolatile: isVolatile(request) },
  });
  return { mode, scope, ttl_seconds: ttlMs / 1000, semantic, reads, writes };
}
