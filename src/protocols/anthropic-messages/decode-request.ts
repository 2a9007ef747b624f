import { badRequest } from "../../core/errors";
import type { InferenceRequest, JsonObject, Sampling } from "../../inference";
import {
  optionalBoolean,
  optionalInteger,
  optionalNumber,
  optionalObject,
  optionalString,
  optionalStrings,
  readInteger,
  readString,
} from "../reader";
import { hinted, readCacheHint } from "./cache-control";
import { decodeTurns } from "./decode-turns";
import { keep, leftoverFields } from "./leftovers";
import { decodeOutputFormat } from "./output-format";
import { decodeReasoning } from "./reasoning";
import { decodeToolChoice, decodeTools } from "./tools";

const REQUEST_FIELDS = new Set([
  "model",
  "messages",
  "system",
  "max_tokens",
  "stream",
  "tools",
  "tool_choice",
  "thinking",
  "output_config",
  "output_format",
  "temperature",
  "top_p",
  "top_k",
  "stop_sequences",
  "metadata",
  "cache_control",
]);
const METADATA_FIELDS = new Set(["user_id"]);

/**
 * A Messages request, checked. It runs for every request, also when the body is forwarded as it came: what is malformed is refused
 * with the path of the field, what is not known is kept in `extensions`. `max_tokens` may be 0, which only warms the prompt cache.
 */
export function decodeRequest(body: JsonObject): InferenceRequest {
  requireField(body, "model");
  const model = readString(body, "model", "");
  if (model === "") throw badRequest("model", "model: a model must be named.");
  const turns = decodeTurns(body);
  requireField(body, "max_tokens");
  const outputTokensMax = readInteger(body, "max_tokens", "", 0);
  const tools = decodeTools(body);
  const { reasoning, leftovers: thinkingLeftovers } = decodeReasoning(body);
  const outputFormat = decodeOutputFormat(body);
  const metadata = optionalObject(body, "metadata", "");
  const endUser = metadata && optionalString(metadata, "user_id", "metadata");
  const leftovers: JsonObject = {
    ...leftoverFields(body, REQUEST_FIELDS),
    ...thinkingLeftovers,
    ...formatLeftovers(body, outputFormat !== undefined, reasoning?.effort !== undefined),
    ...member("metadata", metadata && leftoverFields(metadata, METADATA_FIELDS)),
  };
  return {
    model,
    turns,
    ...(tools.length > 0 ? { tools } : {}),
    ...decodeToolChoice(body),
    ...(outputFormat ? { outputFormat } : {}),
    ...(reasoning ? { reasoning } : {}),
    sampling: decodeSampling(body),
    outputTokensMax,
    stream: optionalBoolean(body, "stream", "") ?? false,
    streamUsage: true,
    ...(endUser === undefined ? {} : { endUser }),
    ...hinted(readCacheHint(body, "")),
    ...(Object.keys(leftovers).length > 0 ? keep(leftovers) : {}),
  };
}

/** In the API's own words, which clients know. */
function requireField(body: JsonObject, field: string): void {
  if (body[field] === undefined) throw badRequest(field, `${field}: Field required`);
}

function decodeSampling(body: JsonObject): Sampling {
  const temperature = optionalNumber(body, "temperature", "");
  const topP = optionalNumber(body, "top_p", "");
  const topK = optionalInteger(body, "top_k", "", 0);
  const stopSequences = optionalStrings(body, "stop_sequences", "");
  return {
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { topP }),
    ...(topK === undefined ? {} : { topK }),
    ...(stopSequences && stopSequences.length > 0 ? { stopSequences } : {}),
  };
}

/** What of `output_config` and `output_format` has no place in the neutral form. */
function formatLeftovers(body: JsonObject, formatKnown: boolean, effortKnown: boolean): JsonObject {
  const config = optionalObject(body, "output_config", "");
  const known = new Set([...(formatKnown ? ["format"] : []), ...(effortKnown ? ["effort"] : [])]);
  return {
    ...member("output_config", config && leftoverFields(config, known)),
    ...(formatKnown ? {} : member("output_format", optionalObject(body, "output_format", ""))),
  };
}

function member(key: string, value: JsonObject | undefined): JsonObject {
  return value ? { [key]: value } : {};
}
