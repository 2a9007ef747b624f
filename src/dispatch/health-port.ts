/** How a call to a deployment went, for its circuit breaker. `slow`: it was silent for so long that another answered first. */
export type CallResult = "succeeded" | "failed" | "slow" | "neutral";

export type ReplyKind = "stream" | "whole";

/** Leave to call a deployment, to be given back. */
export interface Admission {
  kind: "go";
  /** The call is a half-open breaker's probe: whether the deployment is well depends on it. */
  isProbe: boolean;
  /** To be called once, when the call is over. */
  leave(result: CallResult): void;
}

export type Entry = Admission | { kind: "refused"; reason: "circuit-open" | "rate-limited"; retryAtMs: number };

export interface EntryRequest {
  /** Who calls, for fair shares where calls have to queue. */
  principal: string;
  /** Estimated tokens of the call, asked for only where a deployment's tokens are limited. */
  tokens: () => number;
  waitMsMax: number;
}

/** The health of deployments, by deployment id. Nothing here rejects, and every wait is bounded: when its stores fail, calls go on. */
export interface HealthPort {
  /** Leave for one call. At once as long as the breaker is closed and no limit is near. */
  enter(id: string, request: EntryRequest): Promise<Entry>;
  /** Learns a provider's limits from the headers of its reply. */
  heard(id: string, status: number, headers: Headers): void;
  /** First output (or a whole reply) took this long, in milliseconds; or at least this long, when another overtook the call. */
  measured(id: string, kind: ReplyKind, ms: number, isOvertaken: boolean): void;
  /** Rolling 95th percentile of the calls that were not overtaken; undefined where nothing is known. */
  p95Ms(id: string, kind: ReplyKind): number | undefined;
  /** The same of all calls: overtaken ones keep their rank, so that hedges do not move the bar that they are measured against. */
  p95OfAllMs(id: string, kind: ReplyKind): number | undefined;
  /** Counts a request towards the hedge budget. */
  countRequest(shareMax: number): void;
  /** True when a hedge may be spent now. */
  takeHedge(): boolean;
}
