import { checkExtras, checkTag, checkText, fault } from "./anthropic-check";
import type { OfferedTool, ToolChoice } from "./ask";
import { isObject } from "./check";
import { invalid } from "./errors";
import { strictProblem } from "./strict-schema";

/** What a custom tool may declare. */
const TOOL_FIELDS =
  "type name description input_schema cache_control strict defer_loading allowed_callers input_examples eager_input_streaming".split(" ");

/** The tools that this simulator may call, out of those that are declared. */
export function readTools(tools: unknown, lenient: boolean): OfferedTool[] {
  if (tools === undefined) return [];
  if (!Array.isArray(tools)) throw fault("tools", "Input should be a valid list");
  const offered: OfferedTool[] = [];
  const names = new Set<string>();
  for (const [i, tool] of tools.entries()) {
    if (!isObject(tool)) throw fault(`tools.${i}`, "Input should be a valid dictionary");
    // Anthropic's own tools carry a date in their type; this simulator does not call them.
    if (typeof tool.type === "string" && /_\d{8}$/.test(tool.type)) continue;
    if (tool.type !== undefined) checkTag(tool.type, `tools.${i}`, ["custom"]);
    if (!lenient) checkExtras(tool, `tools.${i}.custom`, TOOL_FIELDS);
    const name = checkText(tool.name, `tools.${i}.custom.name`);
    if (!/^[a-zA-Z0-9_-]{1,128}$/.test(name)) throw fault(`tools.${i}.custom.name`, "String should match pattern '^[a-zA-Z0-9_-]{1,128}$'");
    if (names.has(name)) throw fault("tools", "Tool names must be unique.");
    names.add(name);
    const schema = tool.input_schema;
    if (schema === undefined) throw fault(`tools.${i}.custom.input_schema`, "Field required");
    if (!isObject(schema)) throw fault(`tools.${i}.custom.input_schema`, "Input does not match the expected shape.");
    if (schema.type !== "object")
      throw fault(`tools.${i}.custom.input_schema.type`, schema.type === undefined ? "Field required" : "Input should be 'object'");
    const problem = tool.strict === true ? strictProblem(schema, false) : undefined;
    if (problem !== undefined) throw fault(`tools.${i}.custom`, schemaFault(problem));
    offered.push({ name, kind: "function", schema });
  }
  return offered;
}

export function readToolChoice(choice: unknown, names: string[]): ToolChoice {
  if (choice === undefined) return { mode: "auto" };
  if (!isObject(choice)) throw fault("tool_choice", "Input should be a valid dictionary");
  checkTag(choice.type, "tool_choice", ["auto", "any", "tool", "none"]);
  if (choice.type === "none") return { mode: "none" };
  if (names.length === 0) throw fault("tool_choice", "tool_choice may only be specified while providing tools.");
  if (choice.type === "auto") return { mode: "auto" };
  if (choice.type === "any") return { mode: "required" };
  const name = checkText(choice.name, "tool_choice.tool.name");
  if (!names.includes(name)) throw invalid(`Tool '${name}' not found in provided tools`);
  return { mode: "named", name };
}

/** A schema's problem in Anthropic's words. */
export function schemaFault(problem: string): string {
  return problem.includes("additionalProperties")
    ? "For 'object' type, 'additionalProperties' must be explicitly set to false"
    : "For 'object' type, property 'properties' is not supported";
}
