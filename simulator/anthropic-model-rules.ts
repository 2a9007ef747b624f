import { checkTag, fault } from "./anthropic-check";
import type { ConversationRead } from "./anthropic-conversation";
import { type Json, objectOf } from "./check";
import { invalid } from "./errors";
import { claudeVersion, knownModel } from "./models";

/** What one generation of Claude refuses and another takes. Names that are no Claude's are taken as the older kind. */
export function checkModelRules(body: Json, model: string, conversation: ConversationRead): void {
  const version = claudeVersion(model) ?? 0;
  if (conversation.endsWithAssistant && version >= 4.6) {
    throw invalid("This model does not support assistant message prefill. The conversation must end with a user message.");
  }
  if (version >= 4.7) {
    const stray = ["temperature", "top_p", "top_k"].find((name) => body[name] !== undefined && body[name] !== 1);
    if (stray !== undefined) throw invalid(`\`${stray}\` is deprecated for this model.`);
  }
  if (version >= 4.1 && body.temperature !== undefined && body.top_p !== undefined) {
    throw invalid("`temperature` and `top_p` cannot both be specified for this model. Please use only one.");
  }
}

/** Checks the thinking settings and what they exclude. */
export function checkThinking(body: Json, model: string, maxTokens: number | undefined): "none" | "on" {
  if (body.thinking === undefined || body.thinking === null) return "none";
  const { type, budget_tokens: budget } = objectOf(body.thinking);
  checkTag(type, "thinking", ["enabled", "disabled", "adaptive", "between_tools"]);
  if (type === "disabled") return "none";
  const supported = knownModel(model)?.thinking;
  if (type === "adaptive" && supported?.adaptive === false) throw invalid("adaptive thinking is not supported on this model");
  if (type === "enabled") {
    if (supported?.enabled === false) {
      throw invalid(
        '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.',
      );
    }
    if (typeof budget !== "number")
      throw fault("thinking.enabled.budget_tokens", budget === undefined ? "Field required" : "Input should be a valid integer");
    if (budget < 1024) throw fault("thinking.enabled.budget_tokens", "Input should be greater than or equal to 1024");
    if (maxTokens !== undefined && maxTokens <= budget) throw invalid("`max_tokens` must be greater than `thinking.budget_tokens`.");
  }
  const choice = objectOf(body.tool_choice).type;
  if (choice === "any" || choice === "tool") throw invalid("Thinking may not be enabled when tool_choice forces tool use.");
  if (body.temperature !== undefined && body.temperature !== 1)
    throw invalid("`temperature` may only be set to 1 when thinking is enabled.");
  if (body.top_k !== undefined) throw invalid("`top_k` must be unset when thinking is enabled.");
  if (typeof body.top_p === "number" && body.top_p < 0.95)
    throw invalid("`top_p` must be greater than or equal to 0.95 or unset when thinking is enabled.");
  return "on";
}
