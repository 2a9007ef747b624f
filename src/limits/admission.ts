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

export type Admission = { kind: "admitted"; permit: Permit } | { kind: "denied"; denial: Denial };

/**
 * Admits a call to all of its scopes or to none: a denied call takes nothing anywhere. Money is reserved as estimated, or what is left where that is
 * less.
 */
export function admit(
  meters: Meters,
  nowMs: number,
  call: { id: string; leaseUntilMs: number; scopes: readonly Scope[]; want: Wanted },
): [Meters, Admission] {
  const { id, leaseUntilMs, scopes, want } = call;
  const obstacles = scopes.flatMap((scope) => {
    const found = obstacle(meterOf(meters, scope), nowMs, scope.limits, want);
    return found ? [{ ...found, scope: scope.id }] : [];
  });
  // One that time alone does not lift is told before one that it does.
  const denial = obstacles.sort((a, b) => rank(b) - rank(a))[0];
  if (denial) return [meters, { kind: "denied", denial }];
  const free = Math.min(...scopes.map((scope) => freeNanoUsd(meterOf(meters, scope), nowMs, scope.limits)));
  const reserved: Amounts = { requests: want.requests, tokens: want.tokens, nanoUsd: Math.max(0, Math.min(want.nanoUsd, free)) };
  const after = new Map(meters);
  for (const scope of scopes) after.set(scope.id, take(meterOf(meters, scope), nowMs, scope.limits, reserved));
  return [after, { kind: "admitted", permit: { id, admittedAtMs: nowMs, leaseUntilMs, scopes: [...scopes], reserved } }];
}

function rank({ kind, opensAtMs, isContended }: Denial): number {
  if (kind === "budget" && !isContended) return opensAtMs === null ? 4 : 3;
  if (kind === "rate") return 2;
  return 1;
}

/** A call is over. `isLate`: its lease had run out, and its reservation was booked then. */
export function settle(meters: Meters, nowMs: number, permit: Permit, used: Amounts, isLate: boolean): Meters {
  const after = new Map(meters);
  const { scopes, reserved, admittedAtMs } = permit;
  for (const scope of scopes)
    after.set(scope.id, give(meterOf(meters, scope), nowMs, scope.limits, { reserved, used, admittedAtMs, isLate }));
  return after;
}

/** What a reply says of limits: the tightest of all scopes. */
export interface Standing {
  requests: Headroom | null;
  tokens: Headroom | null;
  /** Budgets beyond their soft threshold. */
  soft: (SoftCrossing & { scope: string })[];
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
  for (const { scope, budget } of crossings) after.set(scope, notified(after.get(scope) ?? emptyMeter(), [budget.window]));
  return after;
}

function meterOf(meters: Meters, { id }: Scope): Meter {
  return meters.get(id) ?? emptyMeter();
}
