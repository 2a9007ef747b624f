import type { GuardrailPolicy } from "../../config";
import type { Guard } from "../guard";
import { blockListGuard, patternGuard, topicGuard } from "./custom";
import { injectionGuard } from "./injection";
import { piiGuard } from "./pii";
import { secretsGuard } from "./secrets";

export { isUncertain } from "./injection";

/** Changes when guards find other things than before: cached replies of before are then no longer found. */
export const GUARDS_VERSION = "4";

/** The guards that a policy asks for, each ready for use. Throws a RangeError where a list or an expression cannot be used. */
export function guardsOf(policy: GuardrailPolicy): Guard[] {
  const guards = [
    ...(policy.secrets ? [secretsGuard(policy.secrets)] : []),
    ...(policy.pii ? [piiGuard(policy.pii)] : []),
    ...(policy.injection ? [injectionGuard(policy.injection)] : []),
    ...(policy.blockLists ?? []).map(blockListGuard),
    ...(policy.patterns ?? []).map(patternGuard),
    ...(policy.topics ?? []).map(topicGuard),
  ];
  return guards.filter(({ input, output }) => input !== "off" || output !== "off");
}

/** A policy and its guards, ready for use. */
export interface ReadyPolicy {
  policy: GuardrailPolicy;
  guards: readonly Guard[];
}

/** An isolate's guards by the policies that they are made of: lists and expressions are compiled once. */
export class GuardPolicies {
  readonly #known = new WeakMap<GuardrailPolicy, { from: readonly (GuardrailPolicy | undefined)[]; ready: ReadyPolicy }>();

  /** The later policies say more than the earlier. */
  of(from: readonly (GuardrailPolicy | undefined)[]): ReadyPolicy {
    const last = from.findLast((policy) => policy !== undefined);
    if (!last) return { policy: {}, guards: [] };
    const known = this.#known.get(last);
    if (known?.from.length === from.length && known.from.every((policy, at) => policy === from[at])) return known.ready;
    const policy = mergedPolicy(from);
    const ready = { policy, guards: guardsOf(policy) };
    this.#known.set(last, { from, ready });
    return ready;
  }
}

/** The operator's words for all, for the alias, for the key: the later say more of each guard, and lists take the place of lists. */
function mergedPolicy(policies: readonly (GuardrailPolicy | undefined)[]): GuardrailPolicy {
  const merged: Record<string, unknown> = {};
  for (const policy of policies) {
    for (const [name, said] of Object.entries(policy ?? {})) {
      const before = merged[name];
      const isObject = typeof said === "object" && said !== null && !Array.isArray(said);
      merged[name] = isObject && typeof before === "object" ? { ...before, ...said } : said;
    }
  }
  return merged as GuardrailPolicy; // made of the fields of such
}
