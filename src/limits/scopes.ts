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
  /** By model (`provider/model`, or its bare name) or alias, or a beginning of it followed by `*`. */
  modelLimits?: Record<string, RateLimits>;
}

/**
 * Every scope that a call counts towards. A scope without limits costs nothing, and is left out. Those of models are of each that may
 * answer, however it was asked for; an alias has limits by its own name besides, which hold whoever answers. `names`: as the client wrote
 * them; `models`: `provider/model`.
 */
export function scopesOf(
  policy: LimitPolicy,
  call: {
    keyId: string;
    user: string | undefined;
    userLimits?: RateLimits | undefined;
    names: readonly string[];
    models: readonly string[];
  },
): Scope[] {
  const scope = (id: string, rates: RateLimits | undefined, budgets: Budget[] | undefined): Scope[] =>
    rates || budgets ? [{ id, limits: { rates: rates ?? {}, budgets: budgets ?? [] } satisfies ScopeLimits }] : [];
  const aliases = call.names.filter((name) => !call.models.some((model) => namesOf(model).includes(name)));
  const modelScopes = Object.entries(policy.modelLimits ?? {}).flatMap(([pattern, rates]): Scope[] => {
    const models = call.models.filter((model) => namesOf(model).some((name) => isMeant(pattern, name)));
    const isAsked = aliases.some((name) => isMeant(pattern, name));
    if (!isAsked && models.length === 0) return [];
    return scope(`model ${call.keyId}/${pattern}`, rates, undefined).map((one) => (isAsked ? one : { ...one, models }));
  });
  return [
    ...scope(`key ${call.keyId}`, policy.limits, policy.budget),
    ...(call.user === undefined
      ? []
      : scope(`user ${call.keyId}/${call.user}`, tighter(policy.userLimits, call.userLimits), policy.userBudget)),
    ...(policy.team === undefined ? [] : scope(`team ${policy.team}`, policy.teamLimits, policy.teamBudget)),
    ...modelScopes,
  ];
}

/** `openai/gpt-4o` is `gpt-4o` as well; what holds a further slash is no bare name. */
function namesOf(model: string): string[] {
  const bare = model.slice(model.indexOf("/") + 1);
  return bare.includes("/") ? [model] : [model, bare];
}

function isMeant(pattern: string, name: string): boolean {
  return pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
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
