import type { Ask, OfferedTool, ToolChoice } from "./ask";
import { isObject, type Json, objectOf, textOf } from "./check";
import { invalid } from "./errors";
import { checkToolName, invalidType, invalidValue, missing } from "./openai-check";
import { strictProblem } from "./strict-schema";

/** The `tools` of a chat request. */
export function readTools(tools: unknown): OfferedTool[] {
  if (tools === undefined || tools === null) return [];
  if (!Array.isArray(tools)) throw invalidType("tools", "an array of objects", tools);
  return tools.map((tool, i) => {
    const { type, ...rest } = objectOf(tool);
    if (type === "function") return readFunction(rest.function, `tools[${i}].function`);
    if (type === "custom")
      return { name: checkToolName(objectOf(rest.custom).name, `tools[${i}].custom.name`), kind: "custom", schema: {} };
    if (type === undefined) throw missing(`tools[${i}].type`);
    throw invalidValue(`tools[${i}].type`, type, ["function", "custom"]);
  });
}

/** Reads a function's declaration; in strict mode its schema must be closed. */
export function readFunction(declared: unknown, param: string): OfferedTool {
  if (!isObject(declared)) throw missing(param);
  const name = checkToolName(declared.name, `${param}.name`);
  const { parameters } = declared;
  if (parameters !== undefined && parameters !== null && !isObject(parameters))
    throw invalidType(`${param}.parameters`, "an object", parameters);
  if (isObject(parameters) && "type" in parameters && parameters.type !== "object") {
    const message = `Invalid schema for function '${name}': schema must be a JSON Schema of 'type: "object"', got 'type: "${String(parameters.type)}"'.`;
    throw invalid(message, `${param}.parameters`, "invalid_function_parameters");
  }
  const problem = declared.strict === true ? strictProblem(parameters, true) : undefined;
  if (problem !== undefined)
    throw invalid(`Invalid schema for function '${name}': ${problem}`, `${param}.parameters`, "invalid_function_parameters");
  return { name, kind: "function", schema: objectOf(parameters) };
}

export function readToolChoice(body: Json, tools: OfferedTool[]): ToolChoice {
  const choice = body.tool_choice;
  if (choice === undefined || choice === null || choice === "auto") return { mode: "auto" };
  if (choice === "none" || choice === "required") return { mode: choice };
  if (!isObject(choice)) throw invalidValue("tool_choice", choice, ["none", "auto", "required"]);
  if (choice.type === "allowed_tools") return { mode: objectOf(choice.allowed_tools).mode === "required" ? "required" : "auto" };
  const name = textOf(objectOf(choice.function ?? choice.custom).name);
  if (!tools.some((tool) => tool.name === name)) throw invalid(`Tool choice '${name}' not found in 'tools' parameter.`, "tool_choice");
  return { mode: "named", name };
}

/** The `function_call` of the time before tools. */
export function readFunctionCall(choice: unknown): ToolChoice {
  if (isObject(choice)) return { mode: "named", name: textOf(choice.name) };
  return { mode: choice === "none" ? "none" : "auto" };
}

/** A named schema for structured output: Chat nests it, Responses does not. */
export function readSchema(declared: Json, what: string, param: string): Ask["format"] {
  const name = checkToolName(declared.name, `${param}.name`);
  if (!isObject(declared.schema)) throw missing(`${param}.schema`);
  const problem = declared.strict === true ? strictProblem(declared.schema, true) : undefined;
  if (problem !== undefined) throw invalid(`Invalid schema for ${what} '${name}': ${problem}`, what, "invalid_json_schema");
  return { kind: "schema", schema: declared.schema };
}
