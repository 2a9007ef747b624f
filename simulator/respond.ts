import type { Answer } from "./call";
import { type ErrorReply, errorBody, faultError, type House } from "./errors";
import { plan, resplit, type Source } from "./faults";
import { houseHeaders } from "./headers";
import type { LogRecord } from "./log";
import type { Scenario } from "./scenario";
import { sleep, transport } from "./transport";

/** What the answer of one request needs to know besides the answer. */
export interface Context {
  house: House;
  requestId: string;
  nowMs: number;
  record: LogRecord;
  request: Request;
}

export function respondError(
  { house, requestId, nowMs, record, request }: Context,
  reply: ErrorReply,
  extra: Record<string, string>,
): Response {
  record.status = reply.status;
  finish(record, request.signal.aborted ? "aborted" : "complete");
  record.bytesSent = reply.body.length;
  const headers = { ...houseHeaders(house, requestId, reply.status, nowMs), "content-type": reply.contentType, ...extra };
  return new Response(reply.body, { status: reply.status, headers });
}

/** Sends an answer, through the faults of the scenario where it has any. */
export async function respond(context: Context, answer: Answer, scenario: Scenario): Promise<Response> {
  const { house, requestId, nowMs, record, request } = context;
  const status = answer.kind === "json" ? (answer.status ?? 200) : answer.kind === "recorded" ? answer.status : 200;
  record.status = status;
  const headers = houseHeaders(house, requestId, status, nowMs);
  if (answer.kind === "stream") {
    return send(context, answer, scenario, status, {
      ...headers,
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-cache",
    });
  }
  if (answer.kind === "recorded") return send(context, answer, scenario, status, answer.headers);
  if (scenario.firstTokenMs > 0) await sleep(scenario.firstTokenMs, request.signal);
  const contentType = answer.kind === "file" ? answer.contentType : "application/json";
  const body = answer.kind === "file" ? answer.body : wholeBody(house, answer.body, scenario, requestId);
  if (isCalm(scenario)) {
    finish(record, request.signal.aborted ? "aborted" : "complete");
    record.bytesSent = typeof body === "string" ? new TextEncoder().encode(body).length : body.length;
    return new Response(body, { status, headers: { ...headers, "content-type": contentType } });
  }
  return send(context, { source: inTwo(body), ping: "\n" }, withinBody(scenario), status, { ...headers, "content-type": contentType });
}

function send(
  { record, request }: Context,
  answer: { source: Source; ping: string },
  scenario: Scenario,
  status: number,
  headers: Record<string, string>,
): Response {
  const steps = resplit(plan(answer.source, scenario), scenario.split, scenario.seed);
  const body = transport(steps[Symbol.iterator](), {
    ...(scenario.pingsMs === undefined ? {} : { ping: { ms: scenario.pingsMs, bytes: new TextEncoder().encode(answer.ping) } }),
    signal: request.signal,
    onBytes: (count) => {
      record.bytesSent += count;
    },
    onEnd: (how) => finish(record, how),
  });
  return new Response(body, { status, headers });
}

function finish(record: LogRecord, how: "complete" | "fault" | "aborted"): void {
  record.ended = how;
  record.aborted = how === "aborted";
}

/** OpenAI indents its JSON, Anthropic does not. An `error-first` or `error-at` answers 200 with an error body, as some providers do. */
function wholeBody(house: House, body: unknown, scenario: Scenario, requestId: string): string {
  if (scenario.errorAt !== undefined)
    return errorBody(house, faultError(house, scenario.errorStatus ?? (house === "openai" ? 500 : 529)), requestId);
  const text = house === "openai" ? JSON.stringify(body, null, 2) : JSON.stringify(body);
  return scenario.malformed === undefined ? text : text.slice(0, Math.max(1, text.length >> 1));
}

/** Whether a whole body can be sent in one go. */
function isCalm({ stall, cut, cutInside, cutRune, empty, split, pingsMs }: Scenario): boolean {
  return [stall, cut, cutInside, cutRune, pingsMs].every((fault) => fault === undefined) && !empty && split.kind === "event";
}

/** A whole body as two events, so that faults meet it in the middle. */
function inTwo(body: string | Uint8Array): Source {
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  const half = bytes.length >> 1;
  return { events: [bytes.subarray(0, half), bytes.subarray(half)], opening: 1, errorEvent: () => "" };
}

/** The faults of a stream, put into the middle of a whole body: it has no events to count. */
function withinBody({ errorAt: _errorAt, malformed: _malformed, ...scenario }: Scenario): Scenario {
  return {
    ...scenario,
    firstTokenMs: 0,
    delayMs: 0,
    ...(scenario.stall === undefined ? {} : { stall: 1 }),
    ...(scenario.cut === undefined ? {} : { cut: 1 }),
    ...(scenario.cutInside === undefined ? {} : { cutInside: 2 }),
    ...(scenario.cutRune === undefined ? {} : { cutRune: 1 }),
  };
}
