import { type AskingPorts, askAside } from "./asking";
import type { GatewayConfig } from "./config";
import { newRequestId } from "./core/id";
import { errorFacts, type Log } from "./core/log";
import type { RandomBytes } from "./core/random";
import type { DispatchCall } from "./dispatch";
import { recordUsage, type Settlement, settleRecord, type UsageSink } from "./metering";

/** Requests asked of candidates at the same time, per isolate; beyond, none is asked. */
const UNDER_WAY_MAX = 4;
/** Background work ends 30 s after the reply: a candidate that takes longer is given up before, and its place is free again whatever became of it. */
const CANDIDATE_MS_MAX = 25_000;
/** Longer replies of a candidate are not read to their end. */
const OUTPUT_TOKENS_MAX = 4096;

export interface CandidatePorts {
  config: GatewayConfig;
  usage: UsageSink;
  /** When those under way in this isolate began; one whose request ended without a word is not counted for ever. */
  load: { beganAtMs: number[] };
  random: () => number;
  randomBytes: RandomBytes;
  clock: () => number;
  log: Log;
}

/**
 * Asks the alias's candidate the same request, for a share of them. Its reply goes nowhere; its row, tagged `shadow_of`, stands beside the request's own,
 * outside the key's limits and budget. Never rejects.
 */
export async function askCandidate(
  call: DispatchCall,
  facts: Omit<Settlement, "settled" | "endedAtMs">,
  asking: AskingPorts,
  ports: CandidatePorts,
): Promise<void> {
  const { load, random, clock, log } = ports;
  const alias = Object.hasOwn(ports.config.aliases, call.request.model) ? ports.config.aliases[call.request.model] : undefined;
  const shadow = alias && !Array.isArray(alias) ? alias.shadow : undefined;
  if (!shadow || random() >= shadow.share) return;
  const startedAtMs = clock();
  load.beganAtMs = load.beganAtMs.filter((atMs) => startedAtMs - atMs < CANDIDATE_MS_MAX + 5000);
  if (load.beganAtMs.length >= UNDER_WAY_MAX) return;
  load.beganAtMs.push(startedAtMs);
  try {
    const request = {
      ...call.request,
      ...{ model: shadow.model, stream: false, streamUsage: false },
      outputTokensMax: Math.min(call.request.outputTokensMax ?? OUTPUT_TOKENS_MAX, OUTPUT_TOKENS_MAX),
    };
    const asked = { ...call, clientGone: new AbortController().signal, requestId: newRequestId(startedAtMs, ports.randomBytes) };
    const said = await askAside(asked, request, shadow.model, asking, CANDIDATE_MS_MAX);
    const attempt = said?.attempts.at(-1);
    if (!attempt) return;
    const { deployment, outcome } = attempt;
    const record = settleRecord({
      ...facts,
      ...{ id: asked.requestId, startedAtMs, endedAtMs: clock(), request: { stream: false, model: shadow.model } },
      requestTags: { ...facts.requestTags, shadow_of: call.requestId },
      settled: { deployment, warnings: [], outcome, attempts: said?.attempts ?? [] },
    });
    await recordUsage(record, ports.usage, log);
  } catch (error) {
    log("warn", "candidate-failed", { request_id: call.requestId, model: shadow.model, ...errorFacts(error) });
  } finally {
    const at = load.beganAtMs.indexOf(startedAtMs);
    if (at >= 0) load.beganAtMs.splice(at, 1);
  }
}
