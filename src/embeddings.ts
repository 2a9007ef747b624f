import { admitRequest, allowedPlan } from "./admission";
import { authenticate, mayUseModel } from "./auth";
import type { Call } from "./call";
import { readJsonText } from "./core/body";
import { badRequest, GatewayError } from "./core/errors";
import { readTimeout, setRetryAfter, usdText } from "./core/headers";
import { parseObject } from "./core/json";
import { answeredHeaders, embed } from "./dispatch";
import { Guarded } from "./guarded";
import type { InferenceRequest, JsonObject, JsonValue } from "./inference";
import { estimateInputTokens, readTags, settleRecord } from "./metering";
import type { PipelinePorts } from "./pipeline";
import { protocols } from "./protocols";
import { type Plan, planFor } from "./routing";
import { keep } from "./settling";

/** The wire has it so. */
const INPUTS_MAX = 2048;
const USER_CHARS_MAX = 256;

/** An embeddings request: authenticated, guarded, admitted, sent and settled as a chat request is. Throws a GatewayError for what it refuses. */
export async function answerEmbeddings(call: Call, ports: PipelinePorts): Promise<Response> {
  const { request, requestId, startedAtMs } = call;
  const { config, clock } = ports;
  const protocol = protocols["openai-chat"];
  const caller = await authenticate(request.headers, { ...ports.authentication, background: call.background });
  const requestTags = readTags(request.headers);
  const text = await readJsonText(request, config.limits.requestBytesMax);
  const { value } = parseObject<JsonObject>(text, config.limits.nestingMax);
  const { model, texts, tokens, user } = readEmbeddings(value);
  const principal = caller.user !== undefined || user === undefined ? caller : { ...caller, user };
  if (!mayUseModel(principal, model)) {
    throw new GatewayError("forbidden", `This key may not use the model \`${model.slice(0, 200)}\`.`, {
      code: "model_not_allowed",
      param: "model",
    });
  }
  const plan = embedding(planFor(model, ports.routes));
  const inference = asRequest(model, texts);
  const inputTokens = (): number => tokens + (texts.length === 0 ? 0 : estimateInputTokens(inference));
  const guarded = new Guarded(
    { request: inference, others: [], principal, protocol, requestId, deployment: plan.chain[0], inputTokens, clientGone: request.signal },
    config,
    { ...ports.guarding, random: ports.random, opinion: async () => ({ isAttack: null, attempts: [] }) },
  );
  if (tokens > 0 && guarded.looksAtInput) {
    throw badRequest("input", "The guardrails of this key read texts: send `input` as text, not as tokens.", "guardrail_needs_text");
  }
  guarded.inspectInput();
  const timeoutMs = readTimeout(request.headers);
  const facts = { id: requestId, endpoint: call.endpoint, startedAtMs, principal, request: inference, requestTags, inputTokens };
  const asked = { protocol, others: [], plan, timeoutMs, headers: request.headers, bodyText: text, background: call.background };
  const applicant = { ...facts, ...asked, cacheWriteOf: () => undefined, asides: () => [] };
  const admittance = await admitRequest(applicant, ports.admission);
  // Vectors are not kept: an `Idempotency-Key` has its request charged once more if it comes again.
  if ("replay" in admittance) throw new GatewayError("internal", "a reply was kept that never is");

  const refused = guarded.refused;
  const input = guarded.isChanged
    ? guarded.request.turns.map(({ parts: [part] }) => (part?.type === "text" ? part.text : ""))
    : value.input;
  const embedded = refused
    ? null
    : await embed(
        {
          body: { ...withoutUser(value), input: input ?? null },
          plan: allowedPlan(plan, admittance),
          clientGone: request.signal,
          timeoutMs,
        },
        { fetch: ports.fetch, now: clock },
      );
  const settled = await (embedded?.settled ?? refused?.settled);
  if (!settled) throw new Error("neither refused nor sent");
  const record = settleRecord({ ...facts, endedAtMs: clock(), protocol: protocol.id, settled, guardrails: guarded.decisions });
  call.background(keep(record, admittance, undefined, ports));
  const headers = new Headers({
    ...{ "content-type": "application/json", "x-request-id": requestId },
    ...(embedded?.kind === "ok" && settled.deployment ? answeredHeaders({ deployment: settled.deployment, warnings: [] }) : {}),
    ...guarded.headers,
    ...admittance.headers,
  });
  if (embedded?.kind === "ok") {
    if (record.costNanoUsd !== null) headers.set("x-sluice-cost-usd", usdText(record.costNanoUsd));
    return new Response(embedded.body, { headers });
  }
  const error = embedded?.error ?? (refused?.kind === "refused" ? refused.error : undefined);
  if (!error) throw new Error("a refusal without an error");
  setRetryAfter(headers, error.retryAfterSeconds);
  const body = embedded?.nativeBody ?? JSON.stringify(protocol.encodeError(error, requestId));
  return new Response(body, { status: error.status, headers });
}

/** What is to be embedded: texts, or tokens of which only the number matters here. Throws `bad-request` naming the field. */
function readEmbeddings({ model, input, user }: JsonObject): { model: string; texts: string[]; tokens: number; user: string | undefined } {
  if (typeof model !== "string" || model === "")
    throw badRequest("model", "`model` must name a model, for example text-embedding-3-small.");
  if (user !== undefined && user !== null && typeof user !== "string") throw badRequest("user", "`user` must be a text.");
  const items: JsonValue[] = Array.isArray(input) && !input.every((item) => typeof item === "number") ? input : [input ?? null];
  const isToken = (item: JsonValue): boolean => Array.isArray(item) && item.length > 0 && item.every((token) => typeof token === "number");
  if (
    items.length === 0 ||
    items.length > INPUTS_MAX ||
    !items.every((item) => (typeof item === "string" && item !== "") || isToken(item))
  ) {
    throw badRequest("input", `\`input\` must be a text, a list of tokens, or a list of up to ${INPUTS_MAX} of these; none may be empty.`);
  }
  const texts = items.flatMap((item) => (typeof item === "string" ? [item] : []));
  if (texts.length > 0 && texts.length < items.length) throw badRequest("input", "`input` must hold texts or lists of tokens, not both.");
  const tokens = items.reduce<number>((sum, item) => sum + (Array.isArray(item) ? item.length : 0), 0);
  return { model, texts, tokens, user: typeof user === "string" && user !== "" ? user.slice(0, USER_CHARS_MAX) : undefined };
}

/** Who asks is our business, not the provider's. */
function withoutUser({ user: _user, ...body }: JsonObject): JsonObject {
  return body;
}

/** In the neutral form, for guards, limits and the row: words of the user's, and no output. */
function asRequest(model: string, texts: readonly string[]): InferenceRequest {
  return {
    ...{ model, sampling: {}, outputTokensMax: 0, stream: false, streamUsage: false },
    turns: texts.map((text) => ({ role: "user", parts: [{ type: "text", text }] })),
  };
}

/** The plan without those who do not embed. */
function embedding({ chain, ...rest }: Plan): Plan {
  const [first, ...others] = chain.filter(({ provider }) => provider.embeddingsPath !== undefined);
  if (first) return { ...rest, chain: [first, ...others] };
  throw badRequest(
    "model",
    `The provider of \`${chain[0].model.slice(0, 200)}\` does not embed. Ask for a model such as text-embedding-3-small.`,
  );
}
