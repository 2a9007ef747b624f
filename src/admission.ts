import type { Principal, VirtualKey } from "./auth";
import type { FailoverPolicy } from "./config";
import { badRequest } from "./core/errors";
import { sha256Hex } from "./core/hash";
import { headerText } from "./core/headers";
import type { Log } from "./core/log";
import type { InferenceRequest, Usage } from "./inference";
import {
  type Amounts,
  type KeptReply,
  type LedgerPort,
  type OutputExpectation,
  requestAdmission,
  type Standing,
  type Wanted,
} from "./limits";
import {
  buildRecord,
  calibrate,
  type EstimateCalibration,
  price,
  providerName,
  reserveFactor,
  UNCALIBRATED,
  type UsageRecord,
} from "./metering";
import type { Protocol } from "./protocols";
import type { Deployment, Plan } from "./routing";

/** A key as the ledger knows it. */
export type LedgerKey = VirtualKey & { updatedAtMs: number };

export interface AdmissionPorts {
  /** The object that keeps a key's books. */
  ledger: (key: LedgerKey) => LedgerPort<LedgerKey, UsageRecord>;
  expectation: OutputExpectation;
  /** By model: how far estimates of prompts have been off. Held by the isolate. */
  calibrations: Map<string, EstimateCalibration>;
  /** What a lease lasts beyond the request's own deadline. */
  leaseMarginMs: number;
  clock: () => number;
  log: Log;
}

/** A request that wants to go. */
export interface Applicant {
  id: string;
  endpoint: string;
  startedAtMs: number;
  protocol: Protocol;
  principal: Principal;
  request: InferenceRequest;
  requestTags: Record<string, string>;
  /** Names that the client wants tried after the model's. */
  others: readonly string[];
  plan: Plan;
  timeoutMs: number | undefined;
  inputTokens: () => number;
  /** For how long a deployment's provider may be asked to keep the prompt; what it writes for that costs more than plain input. */
  cacheWriteOf: (deployment: Deployment) => "5m" | "1h" | undefined;
  /** What may be asked of other models besides, in tokens. */
  asides: () => { chain: Plan["chain"]; inputTokens: number; outputTokens: number }[];
  headers: Headers;
  bodyText: string;
  background: (work: Promise<void>) => void;
}

/** Leave to go, and how its end is booked. */
export interface Admittance {
  /** What every reply says of the caller's limits. */
  headers: Record<string, string>;
  /** Budgets that have just crossed their soft threshold, and whom to tell. */
  notices: Notice[];
  /** Models of the plan (`provider/model`) that may not be asked: their own limits are used up. Never all of them. */
  barred: string[];
  /** A budget is beyond its soft threshold and asks for cheaper models. */
  isDegraded: boolean;
  /** A key that is newer than the caller's reading of it. */
  newerKey?: LedgerKey;
  /** The request names an idempotency key: its reply is to be kept. */
  keepsReply: boolean;
  /** Books the end. Rejects when the ledger does not take it. */
  settle: (record: UsageRecord, reply?: KeptReply) => Promise<void>;
}

export interface Notice {
  webhook: string;
  body: { event: "budget.soft_limit"; scope: string; window: string; limit_usd: number; used_usd: number; soft_ratio: number };
}

const IDEMPOTENCY_KEY_CHARS_MAX = 255;

/** Has the request admitted by its key's limits and budgets; a reply that was given before under its idempotency key instead. Throws refusals. */
export async function admitRequest(applicant: Applicant, ports: AdmissionPorts): Promise<Admittance | { replay: KeptReply }> {
  const { principal, request, plan, protocol } = applicant;
  const { clock } = ports;
  if (principal.key.policy.require_user && principal.user === undefined) {
    throw badRequest(
      "user",
      "This key needs the end user's name: send the header `x-sluice-user`, or `user` in the body.",
      "user_required",
    );
  }
  const key: LedgerKey = { ...principal.key, updatedAtMs: principal.key.updatedAtMs ?? principal.key.createdAtMs };
  const ledger = ports.ledger(key);
  const idempotency = await idempotencyOf(applicant);
  const limitHeaders = ({ requests, tokens }: Standing) => protocol.encodeLimits({ requests, tokens, nowMs: clock() });
  const want = wanted(applicant, ports);
  const admitted = await requestAdmission(
    {
      id: applicant.id,
      key,
      ...(principal.user === undefined ? {} : { user: principal.user }),
      ...(principal.limits ? { userLimits: principal.limits } : {}),
      model: request.model,
      others: applicant.others,
      models: [...new Set(plan.chain.map(modelName))],
      want,
      leaseUntilMs: leaseUntil(applicant, plan.policy, ports),
      draft: draftOf(applicant, want),
      ...(idempotency ? { idempotency } : {}),
    },
    { ledger, now: clock, log: ports.log, onFailure: principal.key.policy.on_limiter_failure ?? "open", background: applicant.background },
    limitHeaders,
  );
  if (admitted.kind === "replay") return { replay: admitted.reply };
  // Each time the key is a later one: this ends with the newest that anybody knows.
  if (admitted.kind === "moved") return newly(admitted.newerKey, await admitRequest(asOf(admitted.newerKey, applicant), ports));
  const { standing, newerKey, barred = [] } = admitted;
  const allowed = allowedPlan(plan, { barred }).chain;
  return {
    headers: standing
      ? { ...limitHeaders(standing), ...softHeader(standing), ...barredHeader(barred) }
      : { "x-sluice-limits": "unavailable" },
    barred,
    notices: standing ? noticesOf(standing) : [],
    isDegraded: standing?.soft.some(({ budget }) => budget.onSoft === "degrade") ?? false,
    ...(newerKey ? { newerKey } : {}),
    keepsReply: idempotency !== undefined,
    settle: async (record, reply) => {
      learn(record, applicant.inputTokens(), ports);
      const kept = idempotency && { name: idempotency.name, ...(reply ? { reply } : {}) };
      const asked = modelsAsked(record, allowed);
      await ledger.settle({ id: record.id, used: usedOf(record), asked, row: record, ...(kept ? { idempotency: kept } : {}) });
    },
  };
}

function asOf(key: LedgerKey, applicant: Applicant): Applicant {
  return { ...applicant, principal: { ...applicant.principal, key } };
}

/** The caller's reading of the key is older than this one. */
function newly(newerKey: LedgerKey, admitted: Awaited<ReturnType<typeof admitRequest>>): typeof admitted {
  return "replay" in admitted ? admitted : { newerKey, ...admitted };
}

/** What a reply tells of estimates to come. */
function learn({ modelServed, status, estimated, inputTokens, outputTokens }: UsageRecord, estimate: number, ports: AdmissionPorts): void {
  // A reply without figures (a stored or shared one) says nothing of the model.
  if (modelServed === null || status !== "ok" || estimated || inputTokens === 0) return;
  ports.expectation.learn(modelServed, outputTokens);
  const { calibrations } = ports;
  const before = calibrations.get(modelServed);
  calibrations.set(modelServed, calibrate(before ?? UNCALIBRATED, estimate, Math.max(1, inputTokens - FRAME_TOKENS)));
  if (before || calibrations.size <= CALIBRATIONS_MAX) return;
  for (const first of calibrations.keys()) {
    calibrations.delete(first);
    break;
  }
}

function leaseUntil({ startedAtMs, timeoutMs }: Applicant, { deadlines }: FailoverPolicy, { leaseMarginMs }: AdmissionPorts): number {
  return startedAtMs + Math.min(deadlines.totalMs, timeoutMs ?? Number.POSITIVE_INFINITY) + leaseMarginMs;
}

/** Vendors put a frame around every prompt, which counts where the prompt itself is short. */
const FRAME_TOKENS = 16;
/** Models whose estimates are calibrated; beyond, the one that was first goes. */
const CALIBRATIONS_MAX = 500;

/**
 * What is reserved: the prompt as estimated and the output as capped, else as expected, at the dearest deployment of the plan, and what may
 * be asked of other models besides.
 */
function wanted(
  { request, plan, inputTokens, principal, cacheWriteOf, asides }: Applicant,
  { expectation, calibrations, clock }: AdmissionPorts,
): Wanted {
  const choices = request.choiceCount ?? 1;
  const outputOf = ({ model, capabilities }: Deployment): number =>
    Math.min(request.outputTokensMax ?? expectation.of(model, capabilities.outputTokensMax), capabilities.outputTokensMax) * choices;
  // Estimates stray, a reservation has to hold: by as much more as they have been too low lately.
  const [{ model: primary }] = plan.chain;
  const promptTokens = Math.ceil(inputTokens() * reserveFactor(calibrations.get(primary) ?? UNCALIBRATED)) + FRAME_TOKENS;
  // A cascade may ask every step, any other plan is answered once.
  const most = (figures: number[]): number =>
    plan.isCascade && !request.stream ? figures.reduce((sum, figure) => sum + figure, 0) : Math.max(0, ...figures);
  const tokens = most(plan.chain.map((deployment) => promptTokens + outputOf(deployment)));
  // Prices are looked up only where money is limited.
  const { rules } = principal.key.policy;
  if (!rules?.budget && !rules?.userBudget && !rules?.teamBudget)
    return { requests: 1, tokens, nanoUsd: 0, leastNanoUsd: 0, isBound: false };
  const at = new Date(clock());
  const costOf = ({ provider, model }: Deployment, usage: Usage): number[] => {
    const priced = price(usage, provider, model, at);
    return priced ? [priced.costNanoUsd] : [];
  };
  /** With all of the prompt written into the provider's cache, where that is asked for. */
  const mostOf = (deployment: Deployment): number[] => {
    const plain: Usage = { uncachedInputTokens: promptTokens, outputTokens: outputOf(deployment) };
    const write = cacheWriteOf(deployment);
    const written = { [write === "1h" ? "cacheWrite1hTokens" : "cacheWrite5mTokens"]: promptTokens };
    const costs = [plain, ...(write ? [{ ...plain, ...written, uncachedInputTokens: 0 }] : [])].flatMap((usage) =>
      costOf(deployment, usage),
    );
    return costs.length > 0 ? [Math.max(...costs)] : [];
  };
  const asideNanoUsd = asides()
    .map(({ chain, ...aside }) => {
      const usage: Usage = { uncachedInputTokens: aside.inputTokens + FRAME_TOKENS, outputTokens: aside.outputTokens };
      return Math.max(0, ...chain.flatMap((deployment) => costOf(deployment, usage)));
    })
    .reduce((sum, cost) => sum + cost, 0);
  return {
    requests: 1,
    tokens,
    isBound: request.outputTokensMax !== undefined,
    nanoUsd: most(plan.chain.flatMap(mostOf)) + asideNanoUsd,
    leastNanoUsd: plan.chain
      .flatMap((deployment) => costOf(deployment, { uncachedInputTokens: promptTokens, outputTokens: 1 }))
      .reduce((least, cost) => Math.min(least, cost), Number.MAX_SAFE_INTEGER),
  };
}

/** What the row says if nobody ever settles the call. */
function draftOf(
  { id, endpoint, startedAtMs, protocol, principal, request, requestTags, plan, inputTokens }: Applicant,
  want: Wanted,
): UsageRecord {
  const [deployment] = plan.chain;
  const usage: Usage = { uncachedInputTokens: inputTokens(), outputTokens: Math.max(0, want.tokens - inputTokens()), estimated: true };
  return buildRecord({
    id,
    atMs: startedAtMs,
    principal,
    endpoint,
    protocol: protocol.id,
    stream: request.stream,
    modelAsked: request.model,
    requestTags,
    deployment: { provider: { ...deployment.provider, id: providerName(deployment) }, model: deployment.model },
    outcome: { status: "unsettled", httpStatus: 0 },
    usage,
    timing: { latencyMs: 0, ttfbMs: null, ttftMs: null },
    attempts: 0,
    warnings: [],
  });
}

/** The plan without those who may not be asked. */
export function allowedPlan(plan: Plan, { barred }: Pick<Admittance, "barred">): Plan {
  const [first, ...rest] = plan.chain.filter((deployment) => !barred.includes(modelName(deployment)));
  return first ? { ...plan, chain: [first, ...rest] } : plan;
}

/** As limits of models name it: whatever credential it is reached with, and by whomever it is imitated. */
function modelName({ provider, model }: Deployment): string {
  return `${provider.id}/${model}`;
}

/** Those of the plan that were asked; where nobody was, the call counts as one to the first. */
function modelsAsked({ provider, modelServed, otherAttempts }: UsageRecord, allowed: Deployment[]): string[] {
  const called = [{ provider, model: modelServed }, ...otherAttempts];
  const asked = allowed.filter((deployment) =>
    called.some((call) => call.provider === providerName(deployment) && call.model === deployment.model),
  );
  return (asked.length > 0 ? asked : allowed.slice(0, 1)).map(modelName);
}

function usedOf(record: UsageRecord): Amounts {
  const others = record.otherAttempts.reduce((sum, attempt) => sum + attempt.inputTokens + attempt.outputTokens, 0);
  return { requests: 1, tokens: record.inputTokens + record.outputTokens + others, nanoUsd: record.costNanoUsd ?? 0 };
}

async function idempotencyOf({
  headers,
  principal,
  endpoint,
  bodyText,
}: Applicant): Promise<{ name: string; bodyHash: string } | undefined> {
  const given = headers.get("idempotency-key")?.trim();
  if (given === undefined || given === "") return undefined;
  if (given.length > IDEMPOTENCY_KEY_CHARS_MAX) {
    throw badRequest(
      "Idempotency-Key",
      `The header \`Idempotency-Key\` is longer than ${IDEMPOTENCY_KEY_CHARS_MAX} characters.`,
      "invalid_header",
    );
  }
  const owner = [principal.key.id, principal.user ?? "", endpoint, given].join("\n");
  return { name: await sha256Hex(owner), bodyHash: await sha256Hex(bodyText) };
}

function barredHeader(barred: readonly string[]): Record<string, string> {
  return barred.length === 0 ? {} : { "x-sluice-limits": headerText(`skipped=${barred.join(", ")}`) };
}

/** `scope=key; window=month; used=0.83`, the fullest first. */
function softHeader({ soft }: Standing): Record<string, string> {
  if (soft.length === 0) return {};
  const lines = soft
    .map(({ scope, budget, usedNanoUsd }) => ({ scope, window: budget.window, used: usedNanoUsd / budget.limitNanoUsd }))
    .sort((a, b) => b.used - a.used)
    .map(({ scope, window, used }) => `scope=${scope.split(" ", 1)[0]}; window=${window}; used=${used.toFixed(2)}`);
  return { "x-sluice-budget": headerText(lines.join(", ")) };
}

function noticesOf({ soft }: Standing): Notice[] {
  return soft.flatMap(({ budget, scope, usedNanoUsd, isNew }) =>
    isNew && budget.webhook !== undefined
      ? [
          {
            webhook: budget.webhook,
            body: {
              event: "budget.soft_limit" as const,
              scope,
              window: budget.window,
              limit_usd: budget.limitNanoUsd / 1e9,
              used_usd: usedNanoUsd / 1e9,
              soft_ratio: budget.softRatio,
            },
          },
        ]
      : [],
  );
}
