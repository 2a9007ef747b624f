import type { DeploymentLimits } from "../config";
import type { LimitReading, RateLimits } from "../providers";

/** Requests that wait for one deployment at the same time; beyond it they are refused at once. */
const WAITING_MAX = 1000;
/** A call that never reported its end holds its place no longer than this. */
const PLACE_LEASE_MS = 15 * 60_000;
/** Where only another call's end makes room, nobody knows when: said as the time to ask again. */
const RETRY_UNKNOWN_MS = 1000;
const MINUTE_MS = 60_000;

/** A token bucket: at most `capacity`, `perMs` more with every millisecond. Times in Unix milliseconds. */
interface Bucket {
  capacity: number;
  level: number;
  perMs: number;
  atMs: number;
}

interface Waiting {
  id: string;
  tokens: number;
  untilMs: number;
}

/** Calls to one deployment, as its provider's limits let them through. Plain data. */
export interface PacingState {
  requests?: Bucket;
  tokens?: Bucket;
  blockedUntilMs: number;
  /** Calls under way, with the end of their lease. */
  places: { id: string; untilMs: number }[];
  /** By principal, in the order of their turns; none is empty. */
  queues: { principal: string; waiting: Waiting[] }[];
}

export interface Arrival {
  id: string;
  principal: string;
  /** Estimated tokens of the call. */
  tokens: number;
  waitMsMax: number;
}

export type Reception = { kind: "go" } | { kind: "wait" } | { kind: "refused"; retryAtMs: number };

export function idlePacing(): PacingState {
  return { blockedUntilMs: 0, places: [], queues: [] };
}

/** A call asks for a place: it goes at once, waits in its principal's queue, or is refused with the time at which it would get one. */
export function arrive(state: PacingState, nowMs: number, call: Arrival, limits: DeploymentLimits): [PacingState, Reception] {
  const now = brought(state, nowMs, limits);
  const isFirst = now.queues.length === 0;
  if (isFirst && openAtMs(now, nowMs, 1, weightOf(now, call.tokens)) <= nowMs && hasRoom(now, limits))
    return [taken(now, nowMs, call), { kind: "go" }];
  const atMs = turnOf(now, nowMs, call, limits);
  if (atMs > nowMs + call.waitMsMax || waitingCount(now) >= WAITING_MAX) return [now, { kind: "refused", retryAtMs: atMs }];
  const waiting: Waiting = { id: call.id, tokens: call.tokens, untilMs: nowMs + call.waitMsMax };
  const held = now.queues.some(({ principal }) => principal === call.principal);
  const queues = held
    ? now.queues.map((queue) => (queue.principal === call.principal ? { ...queue, waiting: [...queue.waiting, waiting] } : queue))
    : [...now.queues, { principal: call.principal, waiting: [waiting] }];
  return [{ ...now, queues }, { kind: "wait" }];
}

export interface Advance {
  granted: string[];
  /** Waited as long as they would, in vain. */
  expired: { id: string; retryAtMs: number }[];
  /** When to look again; null when nobody waits. */
  nextAtMs: number | null;
}

/** Lets through whom the limits let through, one of each principal in turn, and sends away who has waited long enough. */
export function advance(state: PacingState, nowMs: number, limits: DeploymentLimits): [PacingState, Advance] {
  let now = brought(state, nowMs, limits);
  const granted: string[] = [];
  for (let [queue] = now.queues; queue; [queue] = now.queues) {
    const [head, ...rest] = queue.waiting;
    if (!head || openAtMs(now, nowMs, 1, weightOf(now, head.tokens)) > nowMs || !hasRoom(now, limits)) break;
    // Its principal's next turn comes after everybody else's.
    const others = now.queues.slice(1);
    now = taken({ ...now, queues: rest.length > 0 ? [...others, { ...queue, waiting: rest }] : others }, nowMs, head);
    granted.push(head.id);
  }
  const late = now.queues
    .flatMap(({ principal, waiting }) => waiting.map((one) => ({ ...one, principal })))
    .filter(({ untilMs }) => untilMs <= nowMs);
  const queues = now.queues
    .map((queue) => ({ ...queue, waiting: queue.waiting.filter(({ untilMs }) => untilMs > nowMs) }))
    .filter(({ waiting }) => waiting.length > 0);
  now = { ...now, queues };
  const expired = late.map(({ id, tokens, principal }) => ({
    id,
    retryAtMs: Math.max(nowMs + 1, turnOf(now, nowMs, { id, tokens, principal, waitMsMax: 0 }, limits)),
  }));
  return [now, { granted, expired, nextAtMs: nextAt(now, nowMs, limits) }];
}

/** A call is over. */
export function depart(state: PacingState, id: string): PacingState {
  return { ...state, places: state.places.filter((place) => place.id !== id) };
}

/** Heeds what the provider said of its limits. Configured limits hold beside it. */
export function learn(state: PacingState, nowMs: number, said: RateLimits): PacingState {
  const requests = learned(state.requests, nowMs, said.requests);
  const tokens = learned(state.tokens, nowMs, said.tokens);
  return {
    ...state,
    ...(requests ? { requests } : {}),
    ...(tokens ? { tokens } : {}),
    blockedUntilMs: Math.max(state.blockedUntilMs, said.retryAtMs ?? 0),
  };
}

function learned(held: Bucket | undefined, nowMs: number, said: LimitReading | undefined): Bucket | undefined {
  if (said?.limit === undefined || said.remaining === undefined || said.limit <= 0) return held;
  const level = Math.min(said.remaining, held ? levelAt(held, nowMs) : said.remaining);
  const untilFullMs = Math.max(1, (said.resetAtMs ?? nowMs + MINUTE_MS) - nowMs);
  // The reset tells how fast it fills; a full bucket says nothing of that.
  const perMs = said.remaining < said.limit ? (said.limit - said.remaining) / untilFullMs : said.limit / MINUTE_MS;
  return { capacity: Math.min(said.limit, held?.capacity ?? said.limit), level, perMs: Math.min(perMs, said.limit / 1000), atMs: nowMs };
}

/** Below this share of a limit calls have to ask for a place. */
const TIGHT_SHARE = 0.1;

/** Whether a limit is near. */
export function isTight({ requests, tokens, blockedUntilMs }: PacingState, nowMs: number): boolean {
  return blockedUntilMs > nowMs || [requests, tokens].some((bucket) => bucket && levelAt(bucket, nowMs) <= bucket.capacity * TIGHT_SHARE);
}

/** The state at this moment: leases that ran out are free, and configured limits are in force. */
function brought(state: PacingState, nowMs: number, limits: DeploymentLimits): PacingState {
  const requests = configured(state.requests, nowMs, limits.requestsPerMinute);
  const tokens = configured(state.tokens, nowMs, limits.tokensPerMinute);
  return {
    ...state,
    ...(requests ? { requests } : {}),
    ...(tokens ? { tokens } : {}),
    places: state.places.filter(({ untilMs }) => untilMs > nowMs),
  };
}

function configured(held: Bucket | undefined, nowMs: number, perMinute: number | undefined): Bucket | undefined {
  if (perMinute === undefined) return held;
  const perMs = perMinute / MINUTE_MS;
  if (!held) return { capacity: perMinute, level: perMinute, perMs, atMs: nowMs };
  return {
    capacity: Math.min(held.capacity, perMinute),
    level: Math.min(levelAt(held, nowMs), perMinute),
    perMs: Math.min(held.perMs, perMs),
    atMs: nowMs,
  };
}

function levelAt({ capacity, level, perMs, atMs }: Bucket, nowMs: number): number {
  return Math.min(capacity, level + Math.max(0, nowMs - atMs) * perMs);
}

/** When so many calls of so many tokens together are let through. */
function openAtMs(state: PacingState, nowMs: number, calls: number, tokens: number): number {
  const waits = [state.requests && waitFor(state.requests, nowMs, calls), state.tokens && waitFor(state.tokens, nowMs, tokens)];
  return Math.max(nowMs, state.blockedUntilMs, ...waits.map((ms) => nowMs + (ms ?? 0)));
}

/** What a call takes from the bucket of tokens: one that is larger than all of it goes when that is full. */
function weightOf({ tokens: bucket }: PacingState, tokens: number): number {
  return bucket ? Math.min(tokens, bucket.capacity) : 0;
}

/** Milliseconds until the bucket holds `amount`, or has let that much through. */
function waitFor(bucket: Bucket, nowMs: number, amount: number): number {
  const missing = amount - levelAt(bucket, nowMs);
  return missing <= 1e-9 ? 0 : Math.ceil(missing / bucket.perMs);
}

function hasRoom({ places }: PacingState, { concurrency }: DeploymentLimits): boolean {
  return concurrency === undefined || places.length < concurrency;
}

function taken(state: PacingState, nowMs: number, { id, tokens }: { id: string; tokens: number }): PacingState {
  const less = (bucket: Bucket, amount: number): Bucket => ({ ...bucket, level: levelAt(bucket, nowMs) - amount, atMs: nowMs });
  return {
    ...state,
    ...(state.requests ? { requests: less(state.requests, 1) } : {}),
    ...(state.tokens ? { tokens: less(state.tokens, weightOf(state, tokens)) } : {}),
    places: [...state.places, { id, untilMs: nowMs + PLACE_LEASE_MS }],
  };
}

/** When a call that arrives now would have its turn, given who waits already: as many turns of the others as it has itself before it. */
function turnOf(state: PacingState, nowMs: number, call: Arrival, limits: DeploymentLimits): number {
  const own = state.queues.find(({ principal }) => principal === call.principal)?.waiting ?? [];
  const others = state.queues
    .filter(({ principal }) => principal !== call.principal)
    .flatMap(({ waiting }) => waiting.slice(0, own.length + 1));
  const ahead = [...own, ...others];
  const tokens = [...ahead, call].reduce((sum, one) => sum + weightOf(state, one.tokens), 0);
  const openMs = openAtMs(state, nowMs, ahead.length + 1, tokens);
  return hasRoom(state, limits) ? openMs : Math.max(openMs, nowMs + RETRY_UNKNOWN_MS);
}

function waitingCount({ queues }: PacingState): number {
  return queues.reduce((sum, { waiting }) => sum + waiting.length, 0);
}

function nextAt(state: PacingState, nowMs: number, limits: DeploymentLimits): number | null {
  const head = state.queues[0]?.waiting[0];
  if (!head) return null;
  const soonestEndMs = Math.min(...state.queues.flatMap(({ waiting }) => waiting.map(({ untilMs }) => untilMs)));
  const goesAtMs = hasRoom(state, limits) ? openAtMs(state, nowMs, 1, weightOf(state, head.tokens)) : Number.POSITIVE_INFINITY;
  return Math.max(nowMs + 1, Math.min(soonestEndMs, goesAtMs));
}
