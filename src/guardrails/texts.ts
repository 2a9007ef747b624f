import type { InferenceRequest, JsonObject, JsonValue, Part, Tool, Turn } from "../inference";
import type { Place } from "./guard";

/** What becomes of one text; the same text leaves it as it is. */
export type Visit = (text: string, place: Place) => string;

/**
 * Every text of a request that a model reads: what system, users, assistant and tools say, documents, the arguments of calls, the words of tools and
 * of schemas. Returns the request itself where nothing was changed. What is opaque to us is read as JSON.
 */
export function mapTexts(request: InferenceRequest, visit: Visit): InferenceRequest {
  const turns = mapSame(request.turns, (turn) => mapTurn(turn, visit));
  const tools = request.tools && mapSame(request.tools, (tool) => mapTool(tool, visit));
  const format = request.outputFormat;
  const schema = format?.type === "json-schema" ? mapJson(format.schema, "schema", visit) : undefined;
  if (turns === request.turns && tools === request.tools && (format?.type !== "json-schema" || schema === format.schema)) return request;
  return {
    ...request,
    turns,
    ...(tools ? { tools } : {}),
    ...(format?.type === "json-schema" ? { outputFormat: { ...format, schema: schema as JsonObject } } : {}), // an object stays one
  };
}

function mapTurn(turn: Turn, visit: Visit): Turn {
  const place: Place = turn.role === "tool" ? "tool-result" : turn.role;
  const parts = mapSame(turn.parts, (part) => mapPart(part, place, visit));
  return parts === turn.parts ? turn : { ...turn, parts };
}

function mapPart<Kind extends Part>(part: Kind, place: Place, visit: Visit): Kind;
function mapPart(part: Part, place: Place, visit: Visit): Part {
  switch (part.type) {
    case "text":
    case "refusal": {
      const text = visit(part.text, place);
      return text === part.text ? part : { ...part, text };
    }
    case "tool-call": {
      const text =
        part.kind === "function" ? mapJsonText(part.arguments, "tool-arguments", visit) : visit(part.arguments, "tool-arguments");
      return text === part.arguments ? part : { ...part, arguments: text };
    }
    case "tool-result": {
      const content = mapSame(part.content, (inner) => mapPart(inner, "tool-result", visit));
      return content === part.content ? part : { ...part, content };
    }
    case "document": {
      if (part.source.kind !== "text") return part;
      const text = visit(part.source.text, "document");
      return text === part.source.text ? part : { ...part, source: { ...part.source, text } };
    }
    case "opaque": {
      const value = mapJson(part.value, place, visit);
      return value === part.value ? part : { ...part, value: value as JsonObject }; // an object stays one
    }
    // Signed, sealed or not text: changing it would break it.
    case "reasoning":
    case "redacted-reasoning":
    case "image":
    case "audio":
      return part;
  }
}

function mapTool(tool: Tool, visit: Visit): Tool {
  if (tool.kind === "opaque") return tool;
  const description = tool.description === undefined ? undefined : visit(tool.description, "schema");
  const parameters = tool.kind === "function" && tool.parameters ? mapJson(tool.parameters, "schema", visit) : undefined;
  const isSame = description === tool.description && (tool.kind !== "function" || parameters === tool.parameters);
  if (isSame) return tool;
  return {
    ...tool,
    ...(description === undefined ? {} : { description }),
    ...(parameters ? { parameters: parameters as JsonObject } : {}),
  };
}

/** The strings of a JSON text; one that is no JSON is a text like any other. */
export function mapJsonText(json: string, place: Place, visit: Visit): string {
  let value: JsonValue;
  try {
    value = JSON.parse(json) as JsonValue;
  } catch {
    return visit(json, place);
  }
  const mapped = mapJson(value, place, visit);
  return mapped === value ? json : JSON.stringify(mapped);
}

/** The strings of a value, not the names of its fields. */
function mapJson(value: JsonValue, place: Place, visit: Visit): JsonValue {
  if (typeof value === "string") return visit(value, place);
  if (Array.isArray(value)) return mapSame(value, (item) => mapJson(item, place, visit));
  if (typeof value !== "object" || value === null) return value;
  let isSame = true;
  const fields = Object.entries(value).map(([name, held]): [string, JsonValue | undefined] => {
    const mapped = held === undefined ? undefined : mapJson(held, place, visit);
    isSame &&= mapped === held;
    return [name, mapped];
  });
  return isSame ? value : Object.fromEntries(fields);
}

/** The array itself where every element stays. */
function mapSame<Item>(items: Item[], change: (item: Item) => Item): Item[] {
  const mapped = items.map(change);
  return mapped.every((item, at) => item === items[at]) ? items : mapped;
}
