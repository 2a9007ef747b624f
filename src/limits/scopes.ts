import type { Scope } from "./admission";
import type { ScopeLimits } from "./meter";
import type { Budget, RateLimits } from "./policy";

/** The limits that a key's policy sets, each for its own scope. */
export interface LimitPolicy {
  limits?: RateLimits;
  budget?: Budget[];
  /** For each end user of the key. */
  userLimits?: RateLimits;
  userBudget?: Budget[];
  /** Shared by all keys of the team. */
  team?: string;
  teamLimits?: RateLimits;
  teamBudget?: Budget[];
  /** By model as clients ask for it, or a beginning of it followed by `*`. */
  modelLimits?: Record<string, RateLimits>;
}

/** Every scope that a call counts towards. A scope without limits costs nothing, and is left out. */
export function scopesOf(
  policy: LimitPolicy,
  call: { keyId: string; user: string | undefined; userLimits?: RateLimits | undefined; model: string },
): Scope[] {
  const scope = (id: string, rates: RateLimits | undefined, budgets: Budget[] | undefined): Scope[] =>
    rates || budgets ? [{ id, limits: { rates: rates ?? {}, budgets: budgets ?? [] } satisfies ScopeLimits }] : [];
  const models = Object.entries(policy.modelLimits ?? {}).filter(([pattern]) =>
    pattern.endsWith("*") ? call.model.startsWith(pattern.slice(0, -1)) : call.model === pattern,
  );
  return [
    ...scope(`key ${call.keyId}`, policy.limits, policy.budget),
    ...(call.user === undefined
      ? []
      : scope(`user ${call.keyId}/${call.user}`, tighter(policy.userLimits, call.userLimits), policy.userBudget)),
    ...(policy.team === undefined ? [] : scope(`team ${policy.team}`, policy.teamLimits, policy.teamBudget)),
    ...models.flatMap(([pattern, rates]) => scope(`model ${call.keyId}/${pattern}`, rates, undefined)),
  ];
}

/** Both limits at once: of each the smaller. */
function tighter(one: RateLimits | undefined, other: RateLimits | undefined): RateLimits | undefined {
  if (!one || !other) return one ?? other;
  const both = { ...one };
  for (const [name, limit] of Object.entries(other) as [keyof RateLimits, number][]) both[name] = Math.min(limit, both[name] ?? limit); // its own keys
  return both;
}

/** The name of the object that keeps a key's meters and ledger: its team's, where keys share limits, so that one object decides at once. */
export function principalObjectName(policy: LimitPolicy, keyId: string): string {
  const isShared = policy.team !== undefined && (policy.teamLimits !== undefined || policy.teamBudget !== undefined);
  return isShared ? `team:${policy.team}` : keyId;
}
