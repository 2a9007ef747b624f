import {
  type Amounts,
  emptyMeter,
  freeNanoUsd,
  give,
  type Headroom,
  headroom,
  type Meter,
  notified,
  type Obstacle,
  obstacle,
  type ScopeLimits,
  type SoftCrossing,
  softCrossings,
  take,
  type Wanted,
} from "./meter";

/** One bearer of limits that a call counts towards: the key, its end user, its team, a model. */
export interface Scope {
  id: string;
  limits: ScopeLimits;
  /** Counts only calls that one of these models (`provider/model`) is asked to answer. Absent: all calls. */
  models?: string[];
}

/** Meters by scope id. */
export type Meters = ReadonlyMap<string, Meter>;

/** What an admitted call holds until it is settled. Plain data; times in Unix milliseconds. */
export interface Permit {
  id: string;
  admittedAtMs: number;
  leaseUntilMs: number;
  scopes: Scope[];
  reserved: Amounts;
}

export interface Denial extends Obstacle {
  scope: string;
}

/** `barred`: models that may not be asked: their own limits are used up. */
export type Admission = { kind: "admitted"; permit: Permit; barred: string[] } | { kind: "denied"; denial: Denial };

/**
 * Admits a call to all of its scopes or to none: a denied call takes nothing anywhere. Where only the limits of some of the models that may
 * answer are used up, it goes to the others. Money is reserved as estimated, or what is left where that is less.
 */
export function admit(
  meters: Meters,
  nowMs: number,
  call: { id: string; leaseUntilMs: number; scopes: readonly Scope[]; models: readonly string[]; want: Wanted },
): [Meters, Admission] {
  const { id, leaseUntilMs, want } = call;
  const obstacles = call.scopes.flatMap((scope) => {
    const found = obstacle(meterOf(meters, scope), nowMs, scope.limits, want);
    return found ? [{ ...found, scope: scope.id, models: scope.models }] : [];
  });
  const barred = obstacles.flatMap(({ models }) => models ?? []);
  const isBarred = (model: string): boolean => barred.includes(model);
  const standing = call.models.every(isBarred) ? obstacles : obstacles.filter(({ models }) => !models);
  // One that time alone does not lift is told before one that it does.
  const [first] = standing.sort((a, b) => rank(b) - rank(a));
  if (first) {
    const { models: _models, ...denial } = first;
    return [meters, { kind: "denied", denial }];
  }
  const scopes = call.scopes.filter(({ models }) => !models?.every(isBarred));
  const free = Math.min(...scopes.map((scope) => freeNanoUsd(meterOf(meters, scope), nowMs, scope.limits)));
  const reserved: Amounts = { requests: want.requests, tokens: want.tokens, nanoUsd: Math.max(0, Math.min(want.nanoUsd, free)) };
  const after = new Map(meters);
  for (const scope of scopes) after.set(scope.id, take(meterOf(meters, scope), nowMs, scope.limits, reserved, scope.models !== undefined));
  const permit: Permit = { id, admittedAtMs: nowMs, leaseUntilMs, scopes, reserved };
  return [after, { kind: "admitted", permit, barred: call.models.filter(isBarred) }];
}

function rank({ kind, opensAtMs, isContended }: Obstacle): number {
  if (kind === "budget" && !isContended) return opensAtMs === null ? 4 : 3;
  if (kind === "rate") return 2;
  return 1;
}

/**
 * A call is over. `isLate`: its lease had run out, and its reservation was booked then. `asked`: the models (`provider/model`) that were
 * asked; absent where nobody knows: all that might have been.
 */
export function settle(meters: Meters, nowMs: number, permit: Permit, used: Amounts, isLate: boolean, asked?: readonly string[]): Meters {
  const after = new Map(meters);
  const { scopes, reserved, admittedAtMs } = permit;
  for (const scope of scopes) {
    const isOf = !scope.models || !asked || scope.models.some((model) => asked.includes(model));
    const call = { reserved, used: isOf ? used : NOTHING, admittedAtMs, isLate, isOffer: scope.models !== undefined };
    after.set(scope.id, give(meterOf(meters, scope), nowMs, scope.limits, call));
  }
  return after;
}

const NOTHING: Amounts = { requests: 0, tokens: 0, nanoUsd: 0 };

/** What a reply says of limits: the tightest of all scopes. */
export interface Standing {
  requests: Headroom | null;
  tokens: Headroom | null;
  /** Budgets beyond their soft threshold. */
  soft: (SoftCrossing & { scope: string })[];
}

/** Of the scopes of a call, those that hold whichever of its models answers: a reply tells of no others, and no others are waited for. */
export function bindingScopes(scopes: readonly Scope[], models: readonly string[], barred: readonly string[] = []): Scope[] {
  const open = models.filter((model) => !barred.includes(model));
  return scopes.filter((scope) => !scope.models || open.every((model) => scope.models?.includes(model)));
}

export function standing(meters: Meters, nowMs: number, scopes: readonly Scope[]): Standing {
  const tightest = (unit: "requests" | "tokens"): Headroom | null =>
    scopes
      .flatMap((scope) => headroom(meterOf(meters, scope), nowMs, scope.limits, unit) ?? [])
      .sort((a, b) => a.remaining / a.limit - b.remaining / b.limit)[0] ?? null;
  const soft = scopes.flatMap((scope) =>
    softCrossings(meterOf(meters, scope), nowMs, scope.limits).map((crossing) => ({ ...crossing, scope: scope.id })),
  );
  return { requests: tightest("requests"), tokens: tightest("tokens"), soft };
}

/** Those crossings have been told of. */
export function markNotified(meters: Meters, crossings: Standing["soft"]): Meters {
  const after = new Map(meters);
  for (const { scope, budget } of crossings) after.set(scope, notified(after.get(scope) ?? emptyMeter(), [budget]));
  return after;
}

function meterOf(meters: Meters, { id }: Scope): Meter {
  return meters.get(id) ?? emptyMeter();
}
