import type { Answer, Call } from "./call";
import { checkCredential } from "./credentials";
import { ScenarioError } from "./directives";
import { ApiError, type ErrorReply, errorBody, faultError, faultReply, type House, invalid } from "./errors";
import { retryHeaders } from "./headers";
import { boundedBody, type LogRecord } from "./log";
import { ALPHANUMERIC, chance, HEX } from "./random";
import { replay } from "./replay";
import { lastUserText, modelOf, readBody } from "./request-body";
import { respond, respondError } from "./respond";
import { findRoute, INFERENCE } from "./routes";
import { readScenario, type Scenario, withoutFaults } from "./scenario";
import { sleep } from "./transport";
import type { World } from "./world";

/** Answers a request as the provider would, with the faults that it asks for. */
export async function serve(request: Request, world: World): Promise<Response> {
  const url = new URL(request.url);
  const nowMs = Date.now();
  const found = findRoute(url.pathname);
  const house = found?.route.house ?? (request.headers.has("anthropic-version") ? "anthropic" : "openai");
  const ids = chance();
  const requestId = house === "openai" ? `req_${ids.text(32, HEX)}` : `req_011C${ids.text(20, ALPHANUMERIC)}`;
  const record = world.log.open(request, url.pathname, requestId, nowMs);
  const context = { house, requestId, nowMs, record, request };
  try {
    const body = await readBody(request, house);
    record.body = body.value instanceof FormData ? { form: body.text } : boundedBody(body.text, body.value);
    record.model = modelOf(body.value) || null;
    const scope = checkRequest(request, url, house, found?.route.methods);
    if (found === undefined) throw unknownPath(house, request.method, url.pathname);
    if (body.malformed !== undefined) throw body.malformed;
    const scenario = scenarioOf(request, body.value, record, world);
    if (scenario.headerDelayMs > 0) await sleep(scenario.headerDelayMs, request.signal);
    if (scenario.status !== undefined) {
      return respondError(context, faultReply(house, scenario.status, scenario.code, requestId), retryHeaders(scenario, nowMs));
    }
    const call: Call = {
      house,
      method: request.method,
      origin: url.origin,
      base: found.base,
      query: url.searchParams,
      headers: request.headers,
      body: body.value,
      scenario,
      chance: chance(scenario.seed),
      nowMs,
      requestId,
      scope,
      world,
      run: (path, itemBody, itemId) => runItem(call, path, itemBody, itemId),
    };
    const answer: Answer = scenario.caseId === undefined ? await found.route.answer(call, found.id) : replay(world, scenario.caseId);
    return await respond(context, answer, scenario);
  } catch (error) {
    return respondError(context, errorReply(house, asApiError(error), requestId), {});
  }
}

function checkRequest(request: Request, url: URL, house: House, methods: readonly string[] | undefined): string {
  const scope = checkCredential(house, request.headers);
  if (house === "anthropic" && !request.headers.get("anthropic-version")) throw invalid("anthropic-version: header is required");
  if (methods !== undefined && !methods.includes(request.method)) {
    if (house === "anthropic") throw new ApiError(405, "Method Not Allowed");
    throw new ApiError(405, `Not allowed to ${request.method} on ${url.pathname}.`, { code: "method_not_supported" });
  }
  return scope;
}

function unknownPath(house: House, method: string, path: string): ApiError {
  return house === "anthropic" ? new ApiError(404, "Not Found") : new ApiError(404, `Invalid URL (${method} ${path})`);
}

/** The directives in force; those with `times=` only for the first requests that carry them. */
function scenarioOf(request: Request, body: unknown, record: LogRecord, world: World): Scenario {
  const source = { header: request.headers.get("x-simulator-fault"), model: modelOf(body), lastUserText: lastUserText(body) };
  const { scenario, directives } = readScenario(source);
  record.directives = directives;
  if (scenario.times === undefined) return scenario;
  const key = scenario.key ?? directives;
  const seen = (world.seen.get(key) ?? 0) + 1;
  world.seen.set(key, seen);
  return seen <= scenario.times ? scenario : withoutFaults(scenario);
}

/** One item of a batch: the same endpoints, never streamed, with the faults of its own model name that a body can show. */
function runItem(call: Call, path: string, body: unknown, requestId: string): { status: number; body: unknown } {
  const route = INFERENCE.find(({ pattern }) => pattern.test(path));
  const house = route?.house ?? call.house;
  try {
    if (route === undefined) throw unknownPath(house, "POST", path);
    const { scenario } = readScenario({ header: null, model: modelOf(body), lastUserText: lastUserText(body) });
    if (scenario.status !== undefined) throw faultError(house, scenario.status, scenario.code);
    const answer = route.answer({ ...call, house, method: "POST", body, scenario, requestId });
    if (answer.kind !== "json") throw invalid("Streaming is not supported in batches.", "stream");
    return { status: 200, body: answer.body };
  } catch (error) {
    const refusal = asApiError(error);
    return { status: refusal.status, body: JSON.parse(errorBody(house, refusal, requestId)) };
  }
}

function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof ScenarioError) return new ApiError(400, `(simulated) ${error.message}`, { code: "simulator_bad_directive" });
  throw error;
}

function errorReply(house: House, error: ApiError, requestId: string): ErrorReply {
  return { status: error.status, contentType: "application/json", body: errorBody(house, error, requestId) };
}
