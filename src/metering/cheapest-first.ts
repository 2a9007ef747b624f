import type { Usage } from "../inference";
import type { Plan } from "../routing";
import { price } from "./price";

/** A call of common proportions, to compare prices by. */
const SAMPLE: Usage = { uncachedInputTokens: 3000, outputTokens: 1000 };

/** The same deployments, the cheapest first; those whose price nobody knows come last. */
export function cheapestFirst(plan: Plan, nowMs: number): Plan {
  const at = new Date(nowMs);
  const costOf = ({ provider, model }: Plan["chain"][number]): number =>
    price(SAMPLE, provider, model, at)?.costNanoUsd ?? Number.MAX_SAFE_INTEGER;
  const [first, ...rest] = [...plan.chain].sort((a, b) => costOf(a) - costOf(b));
  return first ? { ...plan, chain: [first, ...rest] } : plan;
}
