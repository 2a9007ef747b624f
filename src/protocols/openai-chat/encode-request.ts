import { badRequest } from "../../core/errors";
import type { Capabilities, InferenceRequest, JsonObject, Sampling } from "../../inference";
import type { EncodedRequest } from "../protocol";
import { isObject } from "../reader";
import { encodeOutputFormat } from "./encode-format";
import { encodeReasoningConfig } from "./encode-reasoning";
import type { EncodeScope } from "./encode-scope";
import { encodeTools } from "./encode-tools";
import { encodeTurns } from "./encode-turns";
import { fingerprint } from "./fingerprint";
import { kept } from "./leftovers";
import { quote } from "./quote";
import { ToolNames } from "./tool-names";
import type { WireRequest } from "./wire";

/** Most stop sequences that the endpoint takes. https://platform.openai.com/docs/api-reference/chat/create#chat_create-stop */
const STOP_SEQUENCES_MAX = 4;
/** Longest `safety_identifier` that OpenAI takes (https://github.com/mnfst/llm-gateway/pull/2789), held to for `user` too: Claude Code's has 150. */
const END_USER_CHARS_MAX = 64;

/**
 * The body for an OpenAI-shaped upstream. Fields that only this wire has go along as they came. Refuses, naming the field, what cannot be
 * left out without changing the meaning; everything else that cannot be carried is a warning.
 */
export function encodeRequest(request: InferenceRequest, model: string, capabilities: Capabilities): EncodedRequest {
  const scope: EncodeScope = { capabilities, names: new ToolNames(request), warnings: new Set() };
  const native = kept(request);
  warnOfForeign(request, scope);
  const format = encodeOutputFormat(request, scope);
  const messages = encodeTurns(request.turns, scope);
  if (format.instruction !== undefined) messages.splice(leadingSystem(messages), 0, { role: "system", content: format.instruction });

  const fields: Omit<WireRequest, "model" | "messages"> = {
    ...encodeTools(request, scope),
    ...format.fields,
    ...encodeReasoningConfig(request.reasoning, scope),
    ...encodeSampling(request.sampling, native, scope),
    ...encodeChoices(request, scope),
  };
  if (request.outputTokensMax !== undefined) fields[capabilities.outputCapField] = outputCap(request.outputTokensMax, scope);
  addStream(fields, request, native, capabilities);
  addEndUser(fields, request, native, scope);
  const body: JsonObject = { ...native, model, messages, ...fields };
  // What was not read of `thinking` stands beside what is written.
  if (fields.thinking && isObject(native.thinking)) body.thinking = { ...native.thinking, ...fields.thinking };
  if (request.endUser === undefined || capabilities.endUserField === false) {
    delete body.safety_identifier;
    delete body.user;
  }
  if (!capabilities.streamUsageOption) delete body.stream_options;

  const hints: EncodedRequest["hints"] = {};
  if (format.tool !== undefined) hints.structuredOutputTool = format.tool;
  if (Object.keys(scope.names.changed).length > 0) hints.toolNames = scope.names.changed;
  return { body, warnings: [...scope.warnings], hints };
}

/** Fields that only another protocol has. Refused where the request would mean something else without them. */
function warnOfForeign({ extensions = {} }: InferenceRequest, { warnings }: EncodeScope): void {
  for (const [protocol, fields] of Object.entries(extensions)) {
    if (protocol === "openai-chat") continue;
    for (const [field, value] of Object.entries(fields)) {
      if (value === null || value === undefined) continue;
      if (field === "thread") throw unsupportedThread();
      warnings.add(`The field ${quote(field)} was left out: this protocol has no such field.`);
    }
  }
}

/**
 * Anthropic's `thread` stands for messages that the provider keeps. By this code the official SDK's tool runner knows to send the whole
 * conversation instead. https://platform.claude.com/docs/en/api/messages (ThreadUnsupportedRequestError)
 */
function unsupportedThread(): Error {
  const words = "thread: this model's provider keeps no conversations. Send the whole conversation, without `thread`.";
  return badRequest("thread", words, "thread_unsupported_request");
}

/**
 * Elsewhere a cap of 0 only warms the prompt cache; here the endpoint refuses it. It also refuses a cap above what the model can write,
 * which a request made for another model may well have.
 */
function outputCap(outputTokensMax: number, { capabilities, warnings }: EncodeScope): number {
  if (outputTokensMax === 0) throw badRequest("max_tokens", "max_tokens must be at least 1 for this model.");
  const most = capabilities.outputTokensMax;
  if (outputTokensMax <= most) return outputTokensMax;
  warnings.add(`max_tokens: this model gives at most ${most} tokens, which was sent instead of ${outputTokensMax}.`);
  return most;
}

/** An instruction goes behind the system messages that open the conversation: before them it would spoil the cached prefix. */
function leadingSystem(messages: readonly JsonObject[]): number {
  const first = messages.findIndex(({ role }) => role !== "system" && role !== "developer");
  return first === -1 ? messages.length : first;
}

function encodeSampling(sampling: Sampling, native: JsonObject, { capabilities, warnings }: EncodeScope): Partial<WireRequest> {
  const fields: Partial<WireRequest> = {};
  const { temperature, topP, topK, frequencyPenalty, presencePenalty, seed, stopSequences = [] } = sampling;
  if (capabilities.sampling === "fixed") {
    // 1 and 0 are the defaults: to leave them out changes nothing.
    if (temperature !== undefined && temperature !== 1) warnings.add("temperature was left out: the model does not take it.");
    if (topP !== undefined && topP !== 1) warnings.add("top_p was left out: the model does not take it.");
    if (frequencyPenalty) warnings.add("frequency_penalty was left out: the model does not take it.");
    if (presencePenalty) warnings.add("presence_penalty was left out: the model does not take it.");
  } else {
    if (temperature !== undefined) {
      fields.temperature = Math.min(temperature, capabilities.temperatureMax);
      if (temperature > capabilities.temperatureMax) {
        warnings.add(`temperature was lowered to ${capabilities.temperatureMax}: the model takes no more.`);
      }
    }
    if (topP !== undefined && temperature !== undefined && capabilities.sampling === "one-of") {
      warnings.add("top_p was left out: the model takes temperature or top_p, not both.");
    } else if (topP !== undefined) fields.top_p = topP;
    if (frequencyPenalty !== undefined) fields.frequency_penalty = frequencyPenalty;
    if (presencePenalty !== undefined) fields.presence_penalty = presencePenalty;
  }
  // A client of this wire that says top_k knows that its model has it; it then goes along with the other native fields.
  if (topK !== undefined && native.top_k === undefined) warnings.add("top_k was left out: this protocol has no such field.");
  if (seed !== undefined) fields[capabilities.seedField ?? "seed"] = seed;
  if (stopSequences.length > STOP_SEQUENCES_MAX) {
    throw badRequest(
      "stop",
      `stop (stop_sequences) can hold at most ${STOP_SEQUENCES_MAX} sequences for this model; the request has ${stopSequences.length}.`,
    );
  }
  if (stopSequences.length > 0) fields.stop = [...stopSequences];
  return fields;
}

function encodeChoices({ choiceCount, logprobs }: InferenceRequest, { capabilities, warnings }: EncodeScope): Partial<WireRequest> {
  const fields: Partial<WireRequest> = {};
  if (choiceCount !== undefined && capabilities.multipleChoices) fields.n = choiceCount;
  else if (choiceCount !== undefined && choiceCount > 1) throw badRequest("n", "n must be 1: the model gives one reply per request.");
  if (logprobs && capabilities.logprobs) {
    fields.logprobs = true;
    if (logprobs.top !== undefined) fields.top_logprobs = logprobs.top;
  } else if (logprobs) warnings.add("logprobs was left out: the model does not give them.");
  return fields;
}

/** Usage is always asked for: the gateway bills by it, whether or not the client wants to see it. */
function addStream(fields: Partial<WireRequest>, request: InferenceRequest, native: JsonObject, capabilities: Capabilities): void {
  if (!request.stream) return;
  fields.stream = true;
  if (!capabilities.streamUsageOption) return;
  fields.stream_options = { ...(isObject(native.stream_options) ? native.stream_options : {}), include_usage: true };
}

/** Under the name that the client used; `user` is the one that most vendors know. */
function addEndUser(fields: Partial<WireRequest>, request: InferenceRequest, native: JsonObject, scope: EncodeScope): void {
  if (request.endUser === undefined) return;
  if (scope.capabilities.endUserField === false) {
    scope.warnings.add("The end user's id was left out: this model's provider has no field for it.");
    return;
  }
  const endUser = shortened(request.endUser);
  if (endUser !== request.endUser) {
    scope.warnings.add(`The end user's id was shortened: this protocol takes at most ${END_USER_CHARS_MAX} characters.`);
  }
  if (native.safety_identifier === undefined || native.safety_identifier === null) fields.user = endUser;
  else fields.safety_identifier = endUser;
}

/** The same short id for the same long one, so that the provider can still tell users apart. */
function shortened(endUser: string): string {
  if (endUser.length <= END_USER_CHARS_MAX) return endUser;
  const tail = `_${fingerprint(endUser)}`;
  return endUser.slice(0, END_USER_CHARS_MAX - tail.length) + tail;
}
