/** Whole conversations, request by request, against a model of the provider's prompt cache. */
import { describe, expect, it } from "vitest";
import { readMessagesRequest } from "../../simulator/anthropic-messages-request";
import { cacheMinTokens } from "../../simulator/models";
import { PromptCache } from "../../simulator/prompt-cache";
import { CALM } from "../../simulator/scenario";
import { type JsonText, parseObject, replaceSpans } from "../core/json";
import type { InferenceRequest, JsonObject } from "../inference";
import { estimateInputTokens } from "../metering";
import { protocols } from "../protocols";
import { markEdits } from "../protocols/anthropic-messages/apply-marks";
import { CAPABLE } from "../protocols/anthropic-messages/capable.fixture";
import { type CacheHistory, NO_CACHE_HISTORY, netSaving, observeCache, shouldMark } from "./cache-worth";
import { counterOf } from "./count";
import { markPromptCache, withMarks } from "./mark-prompt";
import { prefixFamilies, staticPrefix } from "./prompt-prefix";

const MINUTE = 60_000;
const TURNS = 30;
/** Nano-dollars per token of a model at $3 per million. */
const PRICES = { input: 3000, cacheRead: 300, cacheWrite5m: 3750, cacheWrite1h: 6000 };
const { "anthropic-messages": messagesWire, "openai-chat": chatWire } = protocols;

const words = (tag: string, count: number): string => Array.from({ length: count }, (_, at) => `${tag}${at % 7} lorem`).join(" ");
const tools = Array.from({ length: 8 }, (_, at) => ({
  name: `tool_${at}`,
  description: words(`tool${at}`, 60),
  input_schema: { type: "object", properties: { path: { type: "string" }, cache_control: { type: "string" } }, required: ["path"] },
}));

interface Agent {
  model: string;
  /** Words of the system prompt, two tokens each. */
  systemWords: number;
  /** Calls per round. */
  calls: (turn: number) => number;
  resultWords: number;
  everyMs: number;
  system?: (turn: number) => string;
}

const PLAIN: Agent = { model: "claude-sonnet-4-6", systemWords: 700, calls: () => 2, resultWords: 120, everyMs: MINUTE / 2 };

/** The bodies that an agent sends, one after the other: the history grows by a round of calls, now and then by a word of the user's. */
function bodiesOf(agent: Agent): JsonObject[] {
  const messages: JsonObject[] = [{ role: "user", content: words("task", 80) }];
  return Array.from({ length: TURNS }, (_, turn) => {
    const system = agent.system?.(turn) ?? words("system", agent.systemWords);
    const body = { model: agent.model, max_tokens: 1000, system, tools, messages: [...messages] };
    const ids = Array.from({ length: agent.calls(turn) }, (_call, at) => `toolu_${turn}_${at}`);
    const uses = ids.map((id, at) => ({ type: "tool_use", id, name: `tool_${at % 8}`, input: { path: `/src/${turn}/${at}.ts` } }));
    const results = ids.map((id) => ({ type: "tool_result", tool_use_id: id, content: words(`r${turn}`, agent.resultWords) }));
    messages.push({ role: "assistant", content: [{ type: "text", text: words(`say${turn}`, 10) }, ...uses] });
    messages.push({ role: "user", content: [...results, ...(turn % 7 === 6 ? [{ type: "text", text: words(`go${turn}`, 20) }] : [])] });
    return body;
  });
}

interface Replayed {
  /** Share of the input read from the cache, from the third request on. */
  readShare: number;
  /** The lowest that the sum of the savings ever was, and the dearest single write, in writes' premiums; nano-dollars. */
  lowestSaving: number;
  dearestWrite: number;
  saving: number;
  sent: JsonObject[];
}

/** `send`: the body that goes to the provider. Calls and results are single positions of the lookback where `isStrict`. */
function replay(agent: Agent, bodies: JsonObject[], send: (body: JsonObject, isMarked: boolean) => JsonObject, isStrict = false): Replayed {
  const cache = new PromptCache();
  let history: CacheHistory = NO_CACHE_HISTORY;
  const result: Replayed = { readShare: 0, lowestSaving: 0, dearestWrite: 0, saving: 0, sent: [] };
  const late = { read: 0, total: 0 };
  for (const [turn, body] of bodies.entries()) {
    const nowMs = turn * agent.everyMs;
    const request = messagesWire.decodeRequest(body);
    const [prefixKeys, prefix] = [prefixFamilies(request), staticPrefix(request)];
    const sent = send(body, shouldMark(history, prefixKeys, nowMs, prefix));
    const { segments, ask } = readMessagesRequest({ body: sent, scenario: { ...CALM, lenient: true } });
    const seen = isStrict ? segments.map(({ run: _run, ...piece }) => piece) : segments;
    const { readTokens, write5mTokens, write1hTokens } = cache.useBreakpoints("org", seen, cacheMinTokens(agent.model), nowMs);
    history = observeCache(history, nowMs, { prefixKeys, prefix, read: readTokens, written: write5mTokens, written1h: write1hTokens });
    result.saving += netSaving({ cacheRead: readTokens, write5m: write5mTokens, write1h: write1hTokens }, PRICES);
    result.lowestSaving = Math.min(result.lowestSaving, result.saving);
    result.dearestWrite = Math.max(
      result.dearestWrite,
      -netSaving({ cacheRead: 0, write5m: write5mTokens, write1h: write1hTokens }, PRICES),
    );
    result.sent.push(sent);
    if (turn < 2) continue;
    late.read += readTokens;
    late.total += ask.promptTokens;
  }
  result.readShare = late.read / late.total;
  return result;
}

const marksFor = (request: InferenceRequest, agent: Agent) =>
  markPromptCache(request, { tokensMin: cacheMinTokens(agent.model), counter: counterOf(estimateInputTokens) });

/** The byte path: the client's own text with marks in it. */
const forwarding =
  (agent: Agent) =>
  (body: JsonObject, isMarked: boolean): JsonObject => {
    const json: JsonText<JsonObject> = parseObject(JSON.stringify(body), 128);
    const marks = isMarked ? marksFor(messagesWire.decodeRequest(body), agent) : [];
    return JSON.parse(replaceSpans(json.text, markEdits(json, marks)));
  };

/** The same conversation from a client of the other wire. */
const translating =
  (agent: Agent) =>
  (body: JsonObject, isMarked: boolean): JsonObject => {
    const chat = chatWire.encodeRequest(messagesWire.decodeRequest(body), agent.model, CAPABLE).body;
    const request = chatWire.decodeRequest(chat);
    return messagesWire.encodeRequest(isMarked ? withMarks(request, marksFor(request, agent)) : request, agent.model, CAPABLE).body;
  };

describe("a replayed agent of 30 turns", () => {
  const agents: [string, Agent][] = [
    ["with two calls a round", PLAIN],
    ["with a short system prompt", { ...PLAIN, systemWords: 10 }],
    ["with rounds of 15 calls at once", { ...PLAIN, calls: (turn) => (turn % 3 === 1 ? 15 : 1), resultWords: 30 }],
    ["with long results", { ...PLAIN, resultWords: 600 }],
    ["on a model that caches from 4,096 tokens on", { ...PLAIN, model: "claude-opus-4-6", systemWords: 900 }],
    ["that takes four minutes a turn", { ...PLAIN, everyMs: 4 * MINUTE }],
  ];
  it.each(agents)("%s reads three quarters of its input from the cache, and never loses more than one write", (_name, agent) => {
    const bodies = bodiesOf(agent);
    for (const isStrict of [false, true]) {
      for (const send of [forwarding(agent), translating(agent)]) {
        const { readShare, lowestSaving, dearestWrite, saving } = replay(agent, bodies, send, isStrict);
        expect(readShare).toBeGreaterThanOrEqual(0.75);
        expect(-lowestSaving).toBeLessThanOrEqual(dearestWrite);
        expect(saving).toBeGreaterThan(0);
      }
    }
  });

  it("loses one write and no more where every prompt is different", () => {
    const agent: Agent = { ...PLAIN, system: (turn) => `${words("system", 200)} It is ${turn}:00. ${words("system", 600)}` };
    // No tools: not a token before the clock is worth a mark.
    const bodies = bodiesOf(agent).map(({ tools: _tools, messages, ...body }) => ({
      ...body,
      messages: (messages as JsonObject[]).slice(0, 1),
    }));
    const { saving, dearestWrite, sent } = replay(agent, bodies, forwarding(agent));
    expect(-saving).toBeLessThanOrEqual(dearestWrite);
    expect(sent.filter((body) => JSON.stringify(body.system).includes("cache_control"))).toHaveLength(1);
  });

  it("loses at most a write at a time, ever more seldom, where it comes back too late", () => {
    const agent: Agent = { ...PLAIN, everyMs: 10 * MINUTE };
    const { sent } = replay(agent, bodiesOf(agent), forwarding(agent));
    expect(sent.filter((body) => Array.isArray(body.system)).length).toBeLessThanOrEqual(4);
  });

  it("leaves a caller's own marks as they are, wherever they stand", () => {
    const [, , body] = bodiesOf(PLAIN);
    const mark = { cache_control: { type: "ephemeral", ttl: "1h" } };
    const own: JsonObject[] = [
      { ...body, ...mark },
      { ...body, system: [{ type: "text", text: "s", ...mark }] },
      { ...body, tools: [{ ...tools[0], ...mark }] },
    ];
    for (const marked of own) expect(forwarding(PLAIN)(marked, true)).toEqual(marked);
  });
});
