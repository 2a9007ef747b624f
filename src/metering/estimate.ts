import type { InferenceRequest, MediaSource, Part, Usage } from "../inference";
import { estimateImageTokens, TOKENS_PER_UNKNOWN_IMAGE } from "./estimate-image-tokens";
import { estimateTokens } from "./estimate-tokens";

/** Where only a length is known: text in Latin script runs at about four bytes of UTF-8 per token. */
const BYTES_PER_TOKEN = 4;
/** Role, separators. */
const TOKENS_PER_TURN = 4;
/** What a provider writes around the definition of one tool, and around all of them. */
const TOKENS_PER_TOOL = 8;
const TOKENS_BESIDE_TOOLS = 16;
/** A page of a document, of which the size tells roughly how many there are. */
const TOKENS_PER_PAGE = 1500;
const BYTES_PER_PAGE = 50_000;

/** A rough count of the tokens in a text of which only the length is known, in bytes of UTF-8. */
export function tokensOfBytes(bytes: number): number {
  return Math.ceil(bytes / BYTES_PER_TOKEN);
}

/** A rough count of a request's prompt tokens: turns, tools, schema, media. At least 1. */
export function estimateInputTokens(request: InferenceRequest): number {
  let tokens = 1;
  for (const turn of request.turns) {
    tokens += TOKENS_PER_TURN;
    for (const part of turn.parts) tokens += partTokens(part);
  }
  if (request.tools?.length) {
    tokens += TOKENS_BESIDE_TOOLS;
    for (const tool of request.tools) tokens += TOKENS_PER_TOOL + estimateTokens(JSON.stringify(tool));
  }
  if (request.outputFormat?.type === "json-schema") tokens += estimateTokens(JSON.stringify(request.outputFormat.schema));
  return tokens;
}

/**
 * The usage to book for a reply that did not run to its end or whose upstream never said. Figures that the upstream gave are kept; output
 * is at least what was seen pass by (an Anthropic stream that was cut has told its input exactly and of its output only the first token).
 */
export function completeUsage(said: Usage | undefined, ended: boolean, inputTokens: () => number, outputTokens: number): Usage {
  if (said && ended) return said;
  if (!said) return { uncachedInputTokens: inputTokens(), outputTokens, estimated: true };
  if (said.outputTokens >= outputTokens) return said;
  return { ...said, outputTokens, estimated: true };
}

function partTokens(part: Part): number {
  switch (part.type) {
    case "text":
    case "reasoning":
    case "refusal":
      return estimateTokens(part.text);
    case "tool-call":
      return estimateTokens(part.name) + estimateTokens(part.arguments);
    case "tool-result":
      return part.content.reduce((sum, inner) => sum + partTokens(inner), 0);
    case "image":
      return part.source.kind === "base64" ? estimateImageTokens(part.source.data) : TOKENS_PER_UNKNOWN_IMAGE;
    case "document":
      return documentTokens(part.source);
    case "audio":
    case "redacted-reasoning":
      return estimateTokens(part.data);
    case "opaque":
      return estimateTokens(JSON.stringify(part.value));
  }
}

function documentTokens(source: MediaSource): number {
  if (source.kind === "text") return estimateTokens(source.text);
  if (source.kind === "base64") return TOKENS_PER_PAGE * Math.max(1, Math.ceil((source.data.length * 3) / 4 / BYTES_PER_PAGE));
  return TOKENS_PER_PAGE;
}
