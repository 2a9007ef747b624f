import { type Authentication, authenticate, mayUseModel, type Principal } from "./auth";
import type { Call } from "./call";
import type { GatewayConfig } from "./config";
import { readJsonText } from "./core/body";
import type { Clock } from "./core/clock";
import { GatewayError } from "./core/errors";
import { readTimeout } from "./core/headers";
import { type JsonText, parseObject } from "./core/json";
import type { HealthPort } from "./dispatch";
import type { InferenceRequest, JsonObject } from "./inference";
import { estimateInputTokens, readTags } from "./metering";
import { fitting, needsOf, type Plan, planFor, type RouteQuery, type Routes, readTask, routeRequest, takeModels } from "./routing";

export interface IncomingPorts {
  config: GatewayConfig;
  routes: Routes;
  authentication: Omit<Authentication, "background">;
  health: HealthPort;
  clock: Clock;
  /** From 0 to 1. */
  random: () => number;
}

/** A request that is understood: who asks what, and who is to answer it. */
export interface Incoming {
  principal: Principal;
  /** The client's own text, and its body as read, with one model's name in it. */
  text: string;
  json: JsonText<JsonObject>;
  request: InferenceRequest;
  /** Names that the client wants tried after the model's. */
  others: readonly string[];
  requestTags: Record<string, string>;
  query: RouteQuery;
  plan: Plan;
  /** Estimated at the first call. */
  inputTokens: () => number;
  timeoutMs: number | undefined;
  authenticatedAtMs: number;
}

/** Authenticates, reads, decodes, routes and plans. Throws a GatewayError for what it refuses. */
export async function receive(call: Call, ports: IncomingPorts): Promise<Incoming> {
  const { headers } = call.request;
  const { requestBytesMax, nestingMax } = ports.config.limits;
  const caller = await authenticate(headers, { ...ports.authentication, background: call.background });
  const authenticatedAtMs = ports.clock();
  const requestTags = readTags(headers);
  const text = await readJsonText(call.request, requestBytesMax);
  const { json, others } = takeModels(parseObject<JsonObject>(text, nestingMax), nestingMax);
  const request = call.protocol.decodeRequest(json.value);
  const principal = withUser(caller, request);
  const inputTokens = once(() => estimateInputTokens(request));
  const tags = { ...principal.key.policy.tags, ...requestTags };
  const asked = { request, task: readTask(headers), keyId: principal.key.id, user: principal.user };
  const query: RouteQuery = { ...asked, tags, inputTokens, nowMs: authenticatedAtMs };
  const plan = planWithin(principal, query, others, ports);
  const timeoutMs = readTimeout(headers);
  return { principal, text, json, request, others, requestTags, query, plan, inputTokens, timeoutMs, authenticatedAtMs };
}

/** The end user: a header of the client app goes before what the body says. */
function withUser(caller: Principal, { endUser }: InferenceRequest): Principal {
  return caller.user !== undefined || endUser === undefined ? caller : { ...caller, user: endUser };
}

/** The plan, if the key may have it. A model that the key may not use is refused whether it exists or not. */
function planWithin(principal: Principal, query: RouteQuery, others: readonly string[], ports: IncomingPorts): Plan {
  const { model } = query.request;
  const forbidden = [model, ...others].find((name) => !mayUseModel(principal, name));
  if (forbidden !== undefined) {
    throw new GatewayError(
      "forbidden",
      `This key may not use the model \`${forbidden.slice(0, 200)}\`. GET /v1/models lists those it may.`,
      {
        code: "model_not_allowed",
        param: "model",
      },
    );
  }
  const balance = {
    random: ports.random,
    ttftMs: (id: string) => ports.health.p95Ms(id, "stream"),
    principal: principalName(principal),
  };
  const plan = planFor(model, ports.routes, balance, others, routeRequest(query, ports.config));
  return { ...plan, chain: fitting(plan.chain, needsOf(query.request)).chain };
}

/** The key, or its end user where one is named. */
export function principalName({ key, user }: Principal): string {
  return user === undefined ? key.id : `${key.id}/${user}`;
}

/** The function's value, computed at the first call. */
export function once<Value>(compute: () => Value): () => Value {
  let value: { is: Value } | undefined;
  return () => {
    value ??= { is: compute() };
    return value.is;
  };
}
