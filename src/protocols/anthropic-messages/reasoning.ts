import type { Capabilities, InferenceRequest, JsonObject, ReasoningConfig, ReasoningEffort, Turn } from "../../inference";
import { optionalObject, optionalString, readInteger, readString } from "../reader";
import { kept, leftoverFields } from "./leftovers";
import { isSignature } from "./thinking";
import type { WireEffort, WireOutputConfig, WireThinkingConfig } from "./wire";

/** Smallest thinking budget that the API takes. https://platform.claude.com/docs/en/build-with-claude/extended-thinking */
const BUDGET_TOKENS_MIN = 1024;
/** Share of the output cap that thinking may take where the budget has to be lowered: the answer needs the rest. */
const BUDGET_SHARE_MAX = 0.8;

/** Budgets for models that take a number of tokens. A named level is worth about double the one below it, as in Anthropic's examples. */
const BUDGET_OF_EFFORT = {
  none: 0,
  minimal: 1024,
  low: 2048,
  medium: 8192,
  high: 16_384,
  xhigh: 24_576,
  max: 32_768,
} as const satisfies Record<ReasoningEffort, number>;

const EFFORTS = ["none", "minimal", "low", "medium", "high", "xhigh", "max"] as const satisfies readonly ReasoningEffort[];
const WIRE_EFFORTS = ["low", "medium", "high", "xhigh", "max"] as const satisfies readonly WireEffort[];

const THINKING_FIELDS = new Set(["type", "budget_tokens"]);
const NO_FIELDS: ReadonlySet<string> = new Set();

/**
 * `thinking` and `output_config.effort`. What the neutral form has no word for is left over: a type that is not known, `display`, an
 * effort that is not known. An effort without `thinking` leaves `thinking: null`: on this wire that means "think as the model does by
 * itself", while the same words from an OpenAI client mean "do think".
 */
export function decodeReasoning(body: JsonObject): { reasoning: ReasoningConfig | undefined; leftovers: JsonObject } {
  const thinking = optionalObject(body, "thinking", "");
  const config = optionalObject(body, "output_config", "");
  const said = config && optionalString(config, "effort", "output_config");
  const effort = WIRE_EFFORTS.find((known) => known === said);
  const { mode, leftover } = thinking ? readThinking(thinking) : { mode: {}, leftover: effort ? null : undefined };
  const reasoning: ReasoningConfig = { ...mode, ...(effort ? { effort } : {}) };
  return {
    reasoning: Object.keys(reasoning).length > 0 ? reasoning : undefined,
    leftovers: leftover === undefined ? {} : { thinking: leftover },
  };
}

function readThinking(thinking: JsonObject): { mode: ReasoningConfig; leftover: JsonObject | undefined } {
  switch (readString(thinking, "type", "thinking")) {
    case "enabled": {
      const budgetTokens = readInteger(thinking, "budget_tokens", "thinking", 1);
      return { mode: { mode: "enabled", budgetTokens }, leftover: leftoverFields(thinking, THINKING_FIELDS) };
    }
    case "adaptive":
      return { mode: { mode: "adaptive" }, leftover: leftoverFields(thinking, THINKING_FIELDS) };
    case "disabled":
      return { mode: { mode: "disabled" }, leftover: leftoverFields(thinking, THINKING_FIELDS) };
    default:
      return { mode: {}, leftover: leftoverFields(thinking, NO_FIELDS) };
  }
}

/** What to ask for. `on`: the model will think in this reply. */
export interface EncodedReasoning {
  thinking?: WireThinkingConfig | JsonObject;
  effort?: WireEffort;
  on: boolean;
}

/** What a model can be asked for: its kind of thinking, within the output cap, and not beside a forced tool call. */
export function encodeReasoning(
  request: InferenceRequest,
  capabilities: Capabilities,
  context: { outputTokensMax: number; toolForced: boolean },
  warnings: Set<string>,
): EncodedReasoning {
  const { reasoning } = request;
  const leftover = kept(request)?.thinking;
  const native = typeof leftover === "object" && leftover !== null && !Array.isArray(leftover) ? leftover : undefined;
  if (!reasoning && !native) return { on: false };
  const unasked = leftover === null && reasoning?.mode === undefined;
  if (capabilities.reasoning === "none") {
    if (!isOff(reasoning))
      warnings.add("reasoning: this model does not think before it answers; what was asked of its reasoning was left out.");
    return { on: false };
  }
  if (isOff(reasoning)) return switchedOff(reasoning, capabilities, warnings);
  if (context.toolForced && capabilities.reasoningCanBeOff && !unasked) {
    warnings.add("thinking: the API refuses it together with a forced tool call, so it is switched off for this request.");
    return { ...switchedOff(undefined, capabilities, warnings), ...wireEffort(reasoning, capabilities, warnings) };
  }
  if (!reasoning?.mode && native) return { thinking: native, ...wireEffort(reasoning, capabilities, warnings), on: true };
  switch (capabilities.reasoning) {
    case "adaptive":
      return adaptive(reasoning ?? {}, unasked, native, capabilities, warnings);
    case "effort":
      if (reasoning?.budgetTokens !== undefined) warnings.add("thinking.budget_tokens: this model takes a level of effort instead.");
      return { ...wireEffort(reasoning, capabilities, warnings), on: true };
    case "budget":
      return budgeted(request, unasked, native, context.outputTokensMax, warnings);
  }
}

function isOff(reasoning: ReasoningConfig | undefined): boolean {
  return reasoning?.mode === "disabled" || (reasoning?.mode === undefined && reasoning?.effort === "none");
}

function switchedOff(reasoning: ReasoningConfig | undefined, capabilities: Capabilities, warnings: Set<string>): EncodedReasoning {
  if (!capabilities.reasoningCanBeOff) {
    if (reasoning) warnings.add("reasoning: this model always thinks; it was asked for the least effort instead.");
    const least = capabilities.reasoningEfforts?.[0] ?? "low";
    return { ...(reasoning ? wireEffort({ effort: least }, capabilities, warnings) : {}), on: true };
  }
  // Newer models think unless told otherwise; for the others saying nothing is enough, and older relatives know no `disabled`.
  const explicit = reasoning?.mode === "disabled" || capabilities.reasoning === "adaptive";
  const effort = reasoning?.mode === "disabled" && capabilities.reasoning !== "budget" ? wireEffort(reasoning, capabilities, warnings) : {};
  return { ...(explicit ? { thinking: { type: "disabled" } as const } : {}), ...effort, on: false };
}

/** The model decides how much it thinks, and a level guides it. https://platform.claude.com/docs/en/build-with-claude/adaptive-thinking */
function adaptive(
  reasoning: ReasoningConfig,
  unasked: boolean,
  native: JsonObject | undefined,
  capabilities: Capabilities,
  warnings: Set<string>,
): EncodedReasoning {
  const { budgetTokens } = reasoning;
  const guided = reasoning.effort === undefined && budgetTokens !== undefined ? { effort: effortOf(budgetTokens) } : reasoning;
  const effort = wireEffort(guided, capabilities, warnings);
  if (budgetTokens !== undefined) {
    warnings.add("thinking.budget_tokens: this model decides by itself how much to think; a level of effort was sent instead.");
  }
  if (unasked) return { ...effort, on: false };
  return { thinking: { ...native, type: "adaptive" }, ...effort, on: true };
}

/** The model is given a number of tokens. https://platform.claude.com/docs/en/build-with-claude/extended-thinking */
function budgeted(
  request: InferenceRequest,
  unasked: boolean,
  native: JsonObject | undefined,
  outputTokensMax: number,
  warnings: Set<string>,
): EncodedReasoning {
  const { mode, effort, budgetTokens } = request.reasoning ?? {};
  if (unasked) {
    warnings.add("output_config.effort: not known to this model; it was left out.");
    return { on: false };
  }
  if (mode === "adaptive") warnings.add("thinking: this model does not decide by itself how much to think; it was given a budget.");
  if (budgetTokens !== undefined && effort !== undefined) {
    warnings.add("output_config.effort: not known to this model, which was given the thinking budget; it was left out.");
  }
  if (outputTokensMax <= BUDGET_TOKENS_MIN) {
    warnings.add(`thinking: it needs ${BUDGET_TOKENS_MIN} tokens within max_tokens, which is ${outputTokensMax}; it is switched off.`);
    return { on: false };
  }
  if (!startsWithThinking(request.turns)) {
    warnings.add("thinking: the API refuses it where the assistant's last message was written without; it is switched off.");
    return { on: false };
  }
  const wanted = Math.max(budgetTokens ?? BUDGET_OF_EFFORT[effort ?? "high"], BUDGET_TOKENS_MIN);
  const fitting = Math.max(BUDGET_TOKENS_MIN, Math.floor(outputTokensMax * BUDGET_SHARE_MAX));
  // A client's own budget may leave the answer one token; one that we choose may not.
  const budget = budgetTokens !== undefined && wanted < outputTokensMax ? wanted : Math.min(wanted, fitting);
  if (budget !== (budgetTokens ?? wanted)) {
    warnings.add(`thinking: the budget must be at least ${BUDGET_TOKENS_MIN} and leave room within max_tokens; ${budget} was sent.`);
  }
  return { thinking: { ...native, type: "enabled", budget_tokens: budget }, on: true };
}

/**
 * With a thinking budget the API wants the assistant message that is still being worked on (one with tool calls, or a last one that is
 * to be continued) to begin with the thinking that led to it.
 */
function startsWithThinking(turns: readonly Turn[]): boolean {
  const index = turns.findLastIndex((turn) => turn.role === "assistant");
  const turn = turns[index];
  if (!turn) return true;
  const pending = index === turns.length - 1 || turn.parts.some((part) => part.type === "tool-call");
  if (!pending) return true;
  const first = turn.parts.find((part) => part.type !== "reasoning" || isSignature(part.signature));
  return first?.type === "reasoning" || first?.type === "redacted-reasoning";
}

/** The level to send: the nearest weaker one that the model takes, else its weakest. */
function wireEffort(
  reasoning: ReasoningConfig | undefined,
  capabilities: Capabilities,
  warnings: Set<string>,
): Pick<WireOutputConfig, "effort"> {
  const wanted = reasoning?.effort;
  if (wanted === undefined || wanted === "none" || capabilities.reasoning === "budget") return {};
  const taken = WIRE_EFFORTS.filter((effort) => capabilities.reasoningEfforts?.includes(effort) ?? true);
  const effort = taken.findLast((candidate) => EFFORTS.indexOf(candidate) <= EFFORTS.indexOf(wanted)) ?? taken[0];
  if (effort !== wanted)
    warnings.add(`reasoning effort: this model does not know \`${wanted}\`; ${effort ? `\`${effort}\`` : "none"} was sent.`);
  return effort ? { effort } : {};
}

function effortOf(budgetTokens: number): ReasoningEffort {
  // A small budget is the weakest level that this wire has a word for.
  return WIRE_EFFORTS.findLast((effort) => BUDGET_OF_EFFORT[effort] <= budgetTokens) ?? "low";
}
