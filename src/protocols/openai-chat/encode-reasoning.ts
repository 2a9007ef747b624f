import type { Capabilities, ReasoningConfig, ReasoningEffort } from "../../inference";
import { REASONING_EFFORTS } from "./decode-request";
import type { EncodeScope } from "./encode-scope";
import type { WireRequest } from "./wire";

/** Tokens of thinking that a level stands for; a budget stands for the highest level that it reaches. */
const BUDGET_TOKENS: Record<Exclude<ReasoningEffort, "none">, number> = {
  minimal: 0,
  low: 1024,
  medium: 4096,
  high: 16_384,
  xhigh: 32_768,
  max: 65_536,
};

/** Least budget that models with budgets take. https://docs.claude.com/en/docs/build-with-claude/extended-thinking */
const BUDGET_TOKENS_MIN = 1024;

/** How much to think, in the words of the model: a level, a budget, or nothing where the model does not reason. */
export function encodeReasoningConfig(config: ReasoningConfig | undefined, scope: EncodeScope): Partial<WireRequest> {
  if (!config) return {};
  switch (scope.capabilities.reasoning) {
    case "none":
      // Not to reason is what such a model does anyway.
      if (!isOff(config)) scope.warnings.add("Reasoning was left out: the model does not reason on request.");
      return {};
    case "effort":
      // A model that can be off and has no level for it has a switch beside its levels: DeepSeek.
      if (isOff(config) && scope.capabilities.reasoningCanBeOff && scope.capabilities.reasoningEfforts?.includes("none") === false) {
        return switchOff(scope);
      }
      return encodeEffort(config, scope);
    case "budget": {
      if (isOff(config)) return switchOff(scope);
      const budget = config.budgetTokens ?? (config.effort && budgetOf(config.effort));
      return { thinking: { type: "enabled", ...(budget === undefined ? {} : { budget_tokens: Math.max(budget, BUDGET_TOKENS_MIN) }) } };
    }
    case "adaptive":
      if (isOff(config)) return switchOff(scope);
      return { thinking: { type: config.mode ?? "adaptive" }, ...encodeEffort(config, scope) };
  }
}

function switchOff({ capabilities, warnings }: EncodeScope): Partial<WireRequest> {
  if (capabilities.reasoningCanBeOff) return { thinking: { type: "disabled" } };
  warnings.add("Reasoning stays on: the model cannot do without.");
  return {};
}

function encodeEffort(config: ReasoningConfig, { capabilities, warnings }: EncodeScope): Partial<WireRequest> {
  const wanted = wantedEffort(config);
  if (wanted === undefined) return {};
  const effort = nearest(wanted, capabilities);
  if (effort === undefined) {
    warnings.add(`Reasoning effort ${wanted} was left out: the model has no levels.`);
    return {};
  }
  if (effort !== wanted && (config.effort !== undefined || wanted === "none")) {
    warnings.add(`Reasoning effort ${wanted} became ${effort}: the model has no such level.`);
  }
  return { reasoning_effort: effort };
}

/** A budget becomes a level; thinking that is merely switched on means the middle one, for some models think only when told. */
function wantedEffort({ mode, effort, budgetTokens }: ReasoningConfig): ReasoningEffort | undefined {
  if (mode === "disabled") return "none";
  if (effort !== undefined) return effort;
  if (budgetTokens !== undefined) return effortOf(budgetTokens);
  return mode === "enabled" ? "medium" : undefined;
}

/** Levels above `high` are only reached by name: a large budget is common, and these levels cost a multiple. */
function effortOf(budget: number): ReasoningEffort {
  if (budget === 0) return "none";
  const reached = (["high", "medium", "low"] as const).find((level) => budget >= BUDGET_TOKENS[level]);
  return reached ?? "low";
}

function budgetOf(effort: ReasoningEffort): number | undefined {
  return effort === "none" ? undefined : BUDGET_TOKENS[effort];
}

/** The model's level nearest to the wanted one, the lower of two; with no list every level is taken. */
function nearest(wanted: ReasoningEffort, { reasoningEfforts, reasoningCanBeOff }: Capabilities): ReasoningEffort | undefined {
  const levels = reasoningEfforts ?? REASONING_EFFORTS;
  if (levels.includes(wanted) && (wanted !== "none" || reasoningCanBeOff)) return wanted;
  const rank = (effort: ReasoningEffort) => REASONING_EFFORTS.indexOf(effort);
  // "none" is a switch, not a low level: only who asks for it gets it, and the weakest level is next to it.
  const candidates = levels.filter((level) => level !== "none");
  return candidates.toSorted((a, b) => Math.abs(rank(a) - rank(wanted)) - Math.abs(rank(b) - rank(wanted)) || rank(a) - rank(b))[0];
}

function isOff({ mode, effort, budgetTokens }: ReasoningConfig): boolean {
  return (
    mode === "disabled" || (effort === "none" && mode === undefined) || (budgetTokens === 0 && effort === undefined && mode === undefined)
  );
}
