import type {
  Citation,
  Extensions,
  InferenceRequest,
  JsonObject,
  JsonValue,
  MediaSource,
  OutputFormat,
  Part,
  Tool,
  Turn,
} from "../inference";
import type { Place } from "./guard";

/** What becomes of one text; the same text leaves it as it is. */
export type Visit = (text: string, place: Place) => string;

/**
 * Every text of a request that a model reads: what system, users, assistant and tools say, documents, the arguments of calls, the words of tools and
 * of schemas. Returns the request itself where nothing was changed. What is opaque to us is read as JSON.
 */
export function mapTexts(request: InferenceRequest, visit: Visit): InferenceRequest {
  // Tools first, as they stand first in what the provider caches: what a later turn holds must not renumber them.
  const tools = request.tools && mapSame(request.tools, (tool) => mapTool(tool, visit));
  const turns = mapSame(request.turns, (turn) => mapTurn(turn, visit));
  const format = request.outputFormat;
  const outputFormat = format && mapFormat(format, visit);
  const stops = request.sampling.stopSequences;
  const stopSequences = stops && mapSame(stops, (text) => visit(text, "schema"));
  const extensions = mapExtensions(request.extensions, visit);
  const endUser = request.endUser === undefined ? undefined : visit(request.endUser, "schema");
  const isSame =
    turns === request.turns &&
    tools === request.tools &&
    outputFormat === format &&
    stopSequences === stops &&
    extensions === request.extensions;
  if (isSame && endUser === request.endUser) return request;
  return {
    ...request,
    turns,
    ...(tools ? { tools } : {}),
    ...(outputFormat ? { outputFormat } : {}),
    ...(stopSequences ? { sampling: { ...request.sampling, stopSequences } } : {}),
    ...(extensions ? { extensions } : {}),
    ...(endUser === undefined ? {} : { endUser }),
  };
}

function mapFormat(format: OutputFormat, visit: Visit): OutputFormat {
  if (format.type !== "json-schema") return format;
  const schema = mapJson(format.schema, "schema", visit) as JsonObject; // an object stays one
  const description = format.description === undefined ? undefined : visit(format.description, "schema");
  if (schema === format.schema && description === format.description) return format;
  return { ...format, schema, ...(description === undefined ? {} : { description }) };
}

/** Fields of one wire that say nothing to a model: credentials for servers of the caller's, and notes of the codecs' own. */
const UNREAD_EXTENSIONS: ReadonlySet<string> = new Set(["mcp_servers", "role", "legacy", "source_content"]);

/** Whatever else only one wire has goes to the provider as it came, also what nobody here knows. */
export function mapExtensions(extensions: Extensions | undefined, visit: Visit): Extensions | undefined {
  if (!extensions) return extensions;
  let mapped = extensions;
  for (const protocol of ["openai-chat", "anthropic-messages"] as const) {
    for (const [name, value] of Object.entries(extensions[protocol] ?? {})) {
      if (value === undefined || UNREAD_EXTENSIONS.has(name)) continue;
      const changed = mapJson(value, "schema", visit);
      if (changed !== value) mapped = { ...mapped, [protocol]: { ...mapped[protocol], [name]: changed } };
    }
  }
  return mapped;
}

/** What carries fields of one wire, with these looked at. */
function withExtensions<Carrier extends { extensions?: Extensions }>(carrier: Carrier, visit: Visit): Carrier {
  const extensions = mapExtensions(carrier.extensions, visit);
  return extensions === carrier.extensions ? carrier : { ...carrier, ...(extensions ? { extensions } : {}) };
}

function mapTurn(turn: Turn, visit: Visit): Turn {
  const place: Place = turn.role === "tool" ? "tool-result" : turn.role;
  const parts = mapSame(turn.parts, (part) => mapPart(part, place, visit));
  const extensions = mapExtensions(turn.extensions, visit);
  const name = turn.name === undefined ? undefined : visit(turn.name, place);
  if (parts === turn.parts && extensions === turn.extensions && name === turn.name) return turn;
  return { ...turn, parts, ...(extensions ? { extensions } : {}), ...(name === undefined ? {} : { name }) };
}

function mapPart<Kind extends Part>(part: Kind, place: Place, visit: Visit): Kind;
function mapPart(part: Part, place: Place, visit: Visit): Part {
  const mapped = mapContent(part, place, visit);
  return "extensions" in mapped ? withExtensions(mapped, visit) : mapped;
}

function mapContent(part: Part, place: Place, visit: Visit): Part {
  switch (part.type) {
    case "text": {
      const text = visit(part.text, place);
      const citations = part.citations && mapSame(part.citations, (citation) => mapCitation(citation, visit));
      if (text === part.text && citations === part.citations) return part;
      return { ...part, text, ...(citations ? { citations } : {}) };
    }
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
      const title = part.title === undefined ? undefined : visit(part.title, "document");
      const context = part.context === undefined ? undefined : visit(part.context, "document");
      const source = mapSource(part.source, visit);
      if (title === part.title && context === part.context && source === part.source) return part;
      return { ...part, source, ...(title === undefined ? {} : { title }), ...(context === undefined ? {} : { context }) };
    }
    case "opaque": {
      const value = mapJson(part.value, place, visit);
      return value === part.value ? part : { ...part, value: value as JsonObject }; // an object stays one
    }
    case "reasoning": {
      // Signed text has to come back as it was given.
      if (part.signature !== undefined) return part;
      const text = visit(part.text, place);
      return text === part.text ? part : { ...part, text };
    }
    case "image": {
      const source = mapAddress(part.source, visit);
      return source === part.source ? part : { ...part, source };
    }
    // Sealed or not text: changing it would break it.
    case "redacted-reasoning":
    case "audio":
      return part;
  }
}

/** Media types of texts. */
const TEXT_MEDIA = /^text\/|^application\/(?:[\w.-]+\+)?(?:json|xml|yaml|javascript)\b/i;

/** An address that is the text itself, its escapes undone: media type, text. */
const DATA_TEXT = /^data:([^,]{0,100}),(.*)$/is;

/** The address of a file, read without its escapes. One in which something was replaced leads nowhere: the provider says so, and sees no value. */
function mapAddress(source: MediaSource, visit: Visit): MediaSource {
  if (source.kind !== "url") return source;
  const url = mapUrl(source.url, (said) => visit(said, "schema"));
  return url === source.url ? source : { ...source, url };
}

export function mapUrl(url: string, change: (said: string) => string): string {
  const said = withoutEscapes(url);
  const changed = change(said);
  return changed === said ? url : changed;
}

function withoutEscapes(url: string): string {
  try {
    return decodeURIComponent(url);
  } catch {
    return url;
  }
}

/** Text, also where it comes as base64, and addresses; other media are not text. */
function mapSource(source: MediaSource, visit: Visit): MediaSource {
  if (source.kind === "text") {
    const text = visit(source.text, "document");
    return text === source.text ? source : { ...source, text };
  }
  if (source.kind !== "base64" || !TEXT_MEDIA.test(source.mediaType)) {
    const mapped = mapAddress(source, visit);
    const [, mediaType, text] = mapped !== source && mapped.kind === "url" ? (DATA_TEXT.exec(mapped.url) ?? []) : [];
    return mediaType === undefined || text === undefined ? mapped : { kind: "text", mediaType: mediaType || "text/plain", text };
  }
  const said = textOfBase64(source.data);
  if (said === undefined) return source;
  const text = visit(said, "document");
  return text === said ? source : { kind: "text", mediaType: source.mediaType, text };
}

function textOfBase64(data: string): string | undefined {
  try {
    return new TextDecoder().decode(Uint8Array.from(atob(data), (char) => char.charCodeAt(0)));
  } catch {
    return undefined;
  }
}

/** What a source says, quoted. */
function mapCitation(citation: Citation, visit: Visit): Citation {
  const citedText = citation.citedText === undefined ? undefined : visit(citation.citedText, "document");
  const value = mapJson(citation.raw.value, "document", visit) as JsonObject; // an object stays one
  if (citedText === citation.citedText && value === citation.raw.value) return citation;
  return { ...citation, raw: { ...citation.raw, value }, ...(citedText === undefined ? {} : { citedText }) };
}

function mapTool(tool: Tool, visit: Visit): Tool {
  if (tool.kind === "opaque") {
    const value = mapJson(tool.value, "schema", visit) as JsonObject; // an object stays one
    return value === tool.value ? tool : { ...tool, value };
  }
  const description = tool.description === undefined ? undefined : visit(tool.description, "schema");
  const told = description === tool.description || description === undefined ? tool : { ...tool, description };
  if (told.kind === "custom") {
    const format = told.format && (mapJson(told.format, "schema", visit) as JsonObject); // an object stays one
    return format === told.format || !format ? told : { ...told, format };
  }
  const parameters = told.parameters && (mapJson(told.parameters, "schema", visit) as JsonObject); // an object stays one
  return withExtensions(parameters === told.parameters || !parameters ? told : { ...told, parameters }, visit);
}

/** The strings of a JSON text; one that is no JSON is a text like any other. */
export function mapJsonText(json: string, place: Place, visit: Visit): string {
  try {
    JSON.parse(json);
  } catch {
    return visit(json, place);
  }
  // Literal by literal: what is not changed keeps its spelling, and nesting costs no stack.
  return json.replace(LITERAL, (literal) => {
    const text = literal.startsWith('"') ? (JSON.parse(literal) as string) : literal;
    const mapped = visit(text, place);
    return mapped === text ? literal : JSON.stringify(mapped);
  });
}

/** A string, or a number long enough to be somebody's. */
const LITERAL = /"[^"\\]*(?:\\.[^"\\]*)*"|(?<![\d.eE+-])\d{8,}(?![\d.eE])/g;

/** What a thing is called by its wire or its schema (`"type": "object"`) is nobody's words. */
const WIRE_WORD = /^[a-z_\d]{1,40}$/;
/** Names of fields that are letters alone are nobody's data. */
const LETTERS = /^[A-Za-z_$-]*$/;
/** A number of eight digits is long enough to be somebody's. */
const LONG_NUMBER_MIN = 10_000_000;

/** What a provider sealed for itself, in base64: changing it would break it, and it says nothing to anybody else. */
const SEALED_FIELDS: ReadonlySet<string> = new Set([
  ...["encrypted_content", "encrypted_index", "encrypted_stdout", "signature", "thought_signature", "data"],
]);
const SEALED = /^[A-Za-z0-9+/_-]{64,}={0,2}$/;

/** The strings of a value, its long numbers, and the names of its fields. */
export function mapJson(value: JsonValue, place: Place, visit: Visit): JsonValue {
  if (typeof value === "string") return visit(value, place);
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value) || value < LONG_NUMBER_MIN) return value;
    const mapped = visit(String(value), place);
    return mapped === String(value) ? value : mapped;
  }
  if (Array.isArray(value)) return mapSame(value, (item) => mapJson(item, place, visit));
  if (typeof value !== "object" || value === null) return value;
  let isSame = true;
  const fields = Object.entries(value).map(([name, held]): [string, JsonValue | undefined] => {
    const isWord = typeof held === "string" && (name === "type" ? WIRE_WORD : SEALED_FIELDS.has(name) ? SEALED : undefined)?.test(held);
    const mapped = held === undefined || isWord ? held : mapJson(held, place, visit);
    const mappedName = LETTERS.test(name) ? name : visit(name, place);
    isSame &&= mapped === held && mappedName === name;
    return [mappedName, mapped];
  });
  return isSame ? value : Object.fromEntries(fields);
}

/** The array itself where every element stays. */
function mapSame<Item>(items: Item[], change: (item: Item) => Item): Item[] {
  const mapped = items.map(change);
  return mapped.every((item, at) => item === items[at]) ? items : mapped;
}
