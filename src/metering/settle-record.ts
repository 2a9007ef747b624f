import type { Principal } from "../auth";
import type { AttemptLog, Settled } from "../dispatch";
import { type InferenceRequest, inputTokensTotal, type ProtocolId, type Usage } from "../inference";
import type { Deployment } from "../routing";
import { buildRecord, type CacheFacts, NO_SAVINGS, type SavingsFacts } from "./build-record";
import { completeUsage, tokensOfBytes } from "./estimate";
import { price } from "./price";
import type { AttemptRecord, GuardRecord, UsageRecord } from "./record";

/** Names the simulator where it stands in for a provider. */
export function providerName({ provider, simulated }: Pick<Deployment, "provider" | "simulated">): string {
  return simulated ? "simulator" : provider.id;
}

/** A request that is over. Times in Unix milliseconds. */
export interface Settlement {
  id: string;
  startedAtMs: number;
  endedAtMs: number;
  endpoint: string;
  protocol: ProtocolId;
  principal: Principal;
  request: Pick<InferenceRequest, "stream" | "model">;
  requestTags: Record<string, string>;
  settled: Settled;
  cache?: CacheFacts;
  guardrails?: readonly GuardRecord[];
  /** As the router and the shaping tell. */
  task?: string;
  route?: string;
  shaping?: { leftOutTokens: number; cacheNetNanoUsd: number | null };
  /** What would have been asked had the router not chosen a smaller one. */
  instead?: Deployment | undefined;
  /** Estimated; for where the upstream never says. */
  inputTokens: () => number;
}

/** The usage row of a request: what the client got, and what every call upstream cost, also those that gave it nothing. */
export function settleRecord(settlement: Settlement): UsageRecord {
  const { settled, startedAtMs, endedAtMs, principal, request } = settlement;
  const { outcome, stored, attempts } = settled;
  const since = (atMs: number | undefined): number | null => (atMs === undefined ? null : atMs - startedAtMs);
  const answering = attempts.find((attempt) => attempt.outcome === outcome);
  const others = attempts.filter((attempt) => attempt !== answering).map((attempt) => attemptRecord(attempt, settlement));
  const record = buildRecord({
    id: settlement.id,
    atMs: startedAtMs,
    principal,
    endpoint: settlement.endpoint,
    protocol: settlement.protocol,
    stream: request.stream,
    modelAsked: request.model,
    requestTags: settlement.requestTags,
    deployment: servedBy(settled),
    outcome,
    usage: answering && usageOf(answering, settlement),
    isFree: stored !== undefined,
    timing: { latencyMs: endedAtMs - startedAtMs, ttfbMs: since(outcome.firstByteAtMs), ttftMs: since(outcome.firstOutputAtMs) },
    attempts: attempts.length,
    ...(settlement.cache ? { cache: settlement.cache } : {}),
    ...(settlement.task === undefined ? {} : { task: settlement.task }),
    savings: savingsOf(settlement, answering),
    ...(settlement.guardrails ? { guardrails: settlement.guardrails } : {}),
    upstreamId: outcome.upstreamId ?? null,
    warnings: outcome.finishInferred ? [...settled.warnings, "finish reason: the upstream gave none; it was inferred"] : settled.warnings,
  });
  return { ...record, otherAttempts: others, costNanoUsd: others.reduce(addCost, record.costNanoUsd) };
}

/** What the measures saved on the call that answered. */
function savingsOf({ route, shaping, instead }: Settlement, answering: AttemptLog | undefined): SavingsFacts {
  const facts = { ...NO_SAVINGS, route: route ?? null };
  const usage = answering?.outcome.usage;
  if (!answering || !usage || answering.outcome.status !== "ok") return facts;
  const at = new Date(answering.startedAtMs);
  const costAt = ({ provider, model }: Deployment, of: Usage): number | undefined => price(of, provider, model, at)?.costNanoUsd;
  const { deployment } = answering;
  const leftOutTokens = shaping?.leftOutTokens ?? 0;
  const plain: Usage = { uncachedInputTokens: inputTokensTotal(usage), outputTokens: usage.outputTokens };
  const [own, other] = [costAt(deployment, plain), instead && instead.id !== deployment.id ? costAt(instead, plain) : undefined];
  return {
    ...facts,
    promptCacheNanoUsd: shaping?.cacheNetNanoUsd ?? null,
    leftOutTokens,
    leftOutNanoUsd: leftOutTokens > 0 ? (costAt(deployment, { uncachedInputTokens: leftOutTokens, outputTokens: 0 }) ?? 0) : 0,
    routingNanoUsd: own === undefined || other === undefined ? 0 : Math.max(0, other - own),
  };
}

/** An unknown cost makes the sum unknown. */
function addCost(sum: number | null, { costNanoUsd }: AttemptRecord): number | null {
  return sum === null || costNanoUsd === null ? null : sum + costNanoUsd;
}

function servedBy({ deployment, stored }: Settled): Parameters<typeof buildRecord>[0]["deployment"] {
  if (stored) return { provider: { id: stored.provider, pricesId: null }, model: stored.model };
  return deployment && { provider: { ...deployment.provider, id: providerName(deployment) }, model: deployment.model };
}

/** What a call used: as the upstream said, completed by what was seen. A call that failed before its reply is not billed. */
function usageOf({ outcome }: AttemptLog, { inputTokens }: Settlement): Usage | undefined {
  if (outcome.status === "error") return outcome.usage;
  return completeUsage(outcome.usage, outcome.status === "ok", inputTokens, tokensOfBytes(outcome.outputBytes));
}

function attemptRecord(attempt: AttemptLog, settlement: Settlement): AttemptRecord {
  const { deployment, outcome, startedAtMs, endedAtMs, beside } = attempt;
  const usage = usageOf(attempt, settlement);
  const priced = usage && price(usage, deployment.provider, deployment.model, new Date(startedAtMs));
  return {
    provider: providerName(deployment),
    model: deployment.model,
    status: outcome.status,
    errorClass: outcome.errorClass ?? null,
    startedMs: startedAtMs - settlement.startedAtMs,
    latencyMs: endedAtMs - startedAtMs,
    beside,
    inputTokens: usage ? inputTokensTotal(usage) : 0,
    outputTokens: usage?.outputTokens ?? 0,
    estimated: usage?.estimated ?? false,
    costNanoUsd: usage ? (priced?.costNanoUsd ?? null) : 0,
  };
}
