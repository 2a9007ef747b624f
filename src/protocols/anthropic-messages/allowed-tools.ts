import type { InferenceRequest, JsonObject, Tool } from "../../inference";
import { isObject } from "../reader";

/**
 * OpenAI's `allowed_tools`, a choice among some of the tools: this wire has no such choice, but leaving the others out is the same to
 * the model. https://platform.openai.com/docs/guides/function-calling#allowed-tools
 */
export function narrowTools(request: InferenceRequest): InferenceRequest {
  const { toolChoice, tools = [] } = request;
  if (toolChoice?.mode !== "opaque" || toolChoice.protocol !== "openai-chat" || toolChoice.value.type !== "allowed_tools") return request;
  const { allowed_tools: allowed } = toolChoice.value;
  if (!isObject(allowed) || !Array.isArray(allowed.tools)) return request;
  const names = new Set(allowed.tools.map((tool) => (isObject(tool) ? nameOf(tool) : undefined)));
  return {
    ...request,
    tools: tools.filter((tool) => names.has(tool.kind === "opaque" ? nameOfOpaque(tool) : tool.name)),
    toolChoice: { mode: allowed.mode === "required" ? "required" : "auto" },
  };
}

function nameOf(tool: JsonObject): string | undefined {
  const body = isObject(tool.function) ? tool.function : isObject(tool.custom) ? tool.custom : {};
  return typeof body.name === "string" ? body.name : undefined;
}

function nameOfOpaque({ value }: Extract<Tool, { kind: "opaque" }>): string {
  return typeof value.name === "string" ? value.name : "";
}
