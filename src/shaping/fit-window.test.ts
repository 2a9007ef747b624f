import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readMessagesRequest } from "../../simulator/anthropic-messages-request";
import { readChatRequest } from "../../simulator/openai-chat-request";
import { CALM } from "../../simulator/scenario";
import type { InferenceRequest, Turn } from "../inference";
import { protocols } from "../protocols";
import { CAPABLE } from "../protocols/anthropic-messages/capable.fixture";
import { countRequest, type TokenCounter } from "./count";
import { fitWindow } from "./fit-window";
import { history } from "./history.fixture";

const RUNS = 400;

/** A token per word and part: exact, and it adds up. */
const counter: TokenCounter = {
  turn: (turn) => 1 + JSON.stringify(turn).split(/\s/).length,
  rest: (request) => (request.tools?.length ?? 0) * 5,
};
const user = (text: string): Turn => ({ role: "user", parts: [{ type: "text", text }] });
const assistant = (text: string): Turn => ({ role: "assistant", parts: [{ type: "text", text }] });
const call = (id: string): Turn => ({
  role: "assistant",
  parts: [{ type: "tool-call", id, name: "look", arguments: "{}", kind: "function" }],
});
const result = (id: string, text = "found"): Turn => ({
  role: "tool",
  parts: [{ type: "tool-result", callId: id, content: [{ type: "text", text }] }],
});
const system = (text: string): Turn => ({ role: "system", parts: [{ type: "text", text }] });
const asking = (...turns: Turn[]): InferenceRequest => ({ model: "any", turns, sampling: {}, stream: false, streamUsage: false });
const long = (tag: string) => `${tag} `.repeat(40).trim();

describe("a window over a conversation", () => {
  it("is refused, with the reason, where the rest cannot fit either", () => {
    const turns = [system("Be brief."), user(long("a")), assistant("ok"), user(long("b"))];
    const options = { inputTokensMax: 30, counter };
    expect(fitWindow(asking(...turns), options)).toMatchObject({ kind: "too-long", because: "last-turns", request: { turns } });
    expect(fitWindow(asking(system(long("s")), user("hi")), options)).toMatchObject({ kind: "too-long", because: "system-and-tools" });
    const pinned = asking(user(long("a")), assistant("ok"), user("b"));
    expect(fitWindow(pinned, { ...options, pinFirst: true })).toMatchObject({ kind: "too-long", because: "pinned-turns" });
    expect(fitWindow(pinned, options)).toMatchObject({ kind: "trimmed", leftOut: { turns: 2 } });
  });

  it("does not fit a long run of an agent on one question, unless its oldest rounds may go", () => {
    const run = asking(user("task"), ...["a", "b", "c"].flatMap((id) => [call(id), result(id, long(id))]));
    const options = { inputTokensMax: 110, counter, stepTokens: 1 };
    expect(fitWindow(run, options)).toMatchObject({ kind: "too-long", because: "last-turns" });
    const fitted = fitWindow(run, { ...options, lastRoundsMin: 1 });
    expect(fitted).toMatchObject({ kind: "trimmed", leftOut: { turns: 2, toolCalls: 1, indexes: [1, 2] } });
    expect(fitted.request.turns[0]).toEqual(user("task"));
  });

  it("PITFALLS D 42: drops a call and its result together, and keeps the system and the last user turn", () => {
    const turns = [system("Be brief."), user("one"), call("a"), result("a", long("a")), assistant("done"), user("two")];
    const fitted = fitWindow(asking(...turns), { inputTokensMax: 30, counter });
    expect(fitted.request.turns).toEqual([system("Be brief."), user("one"), assistant("done"), user("two")]);
    const tighter = fitWindow(asking(...turns), { inputTokensMax: 8, counter });
    expect(tighter.request.turns).toEqual([system("Be brief."), user("two")]);
  });

  it("keeps the words that came with a result by that result", () => {
    const turns = [user(long("x")), assistant("ok"), user("go"), call("a"), result("a"), user("remember the plan")];
    expect(fitWindow(asking(...turns), { inputTokensMax: 45, counter }).request.turns).toEqual(turns.slice(2));
  });

  it("keeps what the caller marked, and what it answers", () => {
    const marked: Turn = { role: "assistant", parts: [{ type: "text", text: "the plan", cacheHint: {} }] };
    const turns = [user("plan"), marked, user(long("x")), assistant(long("y")), user("go")];
    expect(fitWindow(asking(...turns), { inputTokensMax: 60, counter }).request.turns).toEqual([user("plan"), marked, user("go")]);
  });

  it("stands still while the conversation grows by a few turns", () => {
    const turns: Turn[] = Array.from({ length: 60 }, (_, index) =>
      index % 2 === 0 ? user(long(`q${index}`)) : assistant(long(`a${index}`)),
    );
    const firsts: string[] = [];
    for (let count = 31; count < 60; count += 2) {
      const fitted = fitWindow(asking(...turns.slice(0, count)), { inputTokensMax: 1000, counter });
      firsts.push(JSON.stringify(fitted.request.turns[0]));
    }
    expect(new Set(firsts).size).toBeLessThan(firsts.length / 2);
  });

  it("leaves no opening turn of the assistant's where one stood before what was left out", () => {
    const turns = [assistant("Welcome!"), user(long("a")), assistant("ok"), user("b")];
    expect(fitWindow(asking(...turns), { inputTokensMax: 30, counter, stepTokens: 1 }).request.turns).toEqual([user("b")]);
  });
});

describe("trimming laws, on random histories", () => {
  const options = fc.record({
    share: fc.double({ min: 0.3, max: 1.1, noNaN: true }),
    pinFirst: fc.boolean(),
    lastRoundsMin: fc.constantFrom(undefined, 1, 2),
    stepTokens: fc.constantFrom(undefined, 1, 50),
  });
  const cases = fc.tuple(history, options).map(([request, { share, pinFirst, lastRoundsMin, stepTokens }]) => ({
    request,
    window: {
      inputTokensMax: Math.max(1, Math.floor(countRequest(request, counter) * share)),
      counter,
      pinFirst,
      ...(lastRoundsMin === undefined ? {} : { lastRoundsMin }),
      ...(stepTokens === undefined ? {} : { stepTokens }),
    },
  }));

  it("is under the limit or says why not, and is the same when applied again", () => {
    const kinds = { whole: 0, trimmed: 0, "too-long": 0 };
    fc.assert(
      fc.property(cases, ({ request, window }) => {
        const fitted = fitWindow(request, window);
        expect(fitted.inputTokens).toBe(countRequest(fitted.request, counter));
        kinds[fitted.kind] += 1;
        if (fitted.kind === "too-long") {
          expect(fitted.request).toBe(request);
          return;
        }
        expect(fitted.inputTokens).toBeLessThanOrEqual(window.inputTokensMax);
        expect(fitWindow(fitted.request, window)).toEqual({ kind: "whole", request: fitted.request, inputTokens: fitted.inputTokens });
      }),
      { numRuns: RUNS },
    );
    for (const count of Object.values(kinds)) expect(count).toBeGreaterThan(RUNS / 40);
  });

  it("keeps system turns, tools, the first turn where pinned, marks, and the last user turn", () => {
    fc.assert(
      fc.property(cases, ({ request, window }) => {
        const { request: fitted } = fitWindow(request, window);
        const isSystem = ({ role }: Turn) => role === "system";
        const isUser = ({ role }: Turn) => role === "user";
        const isMarked = ({ parts }: Turn) => parts.some((part) => part.type === "text" && part.cacheHint);
        expect(fitted.turns.filter(isSystem)).toEqual(request.turns.filter(isSystem));
        expect(fitted.turns.filter(isMarked)).toEqual(request.turns.filter(isMarked));
        expect(fitted.tools).toBe(request.tools);
        expect(fitted.turns.findLast(isUser)).toBe(request.turns.findLast(isUser));
        expect(fitted.turns.at(-1)).toBe(request.turns.at(-1));
        if (window.pinFirst) expect(fitted.turns.find(isUser)).toBe(request.turns.find(isUser));
        // What stays is what was there, in its order.
        let at = 0;
        for (const turn of fitted.turns) at = request.turns.indexOf(turn, at) + 1 || Number.NaN;
        expect(at).toBeGreaterThan(0);
      }),
      { numRuns: RUNS },
    );
  });

  it("never splits a call from its result, and both protocols take what is left", () => {
    fc.assert(
      fc.property(cases, ({ request, window }) => {
        const { request: fitted } = fitWindow(request, window);
        const ids = (type: "tool-call" | "tool-result") =>
          fitted.turns.flatMap(({ parts }) =>
            parts.flatMap((part) =>
              part.type === type ? [part.type === "tool-call" ? part.id : part.type === "tool-result" ? part.callId : ""] : [],
            ),
          );
        expect(ids("tool-result")).toEqual(ids("tool-call"));
        expect(fitted.turns.find(({ role }) => role !== "system")?.role).toBe("user");
        // The simulator refuses what the providers refuse.
        for (const systemWithinMessages of [true, false]) {
          const capabilities = { ...CAPABLE, systemWithinMessages };
          const messages = protocols["anthropic-messages"].encodeRequest(fitted, "any", capabilities).body;
          readMessagesRequest({ body: messages, scenario: CALM });
          const chat = protocols["openai-chat"].encodeRequest(fitted, "any", capabilities).body;
          readChatRequest({ body: chat, scenario: CALM });
          expect(protocols["anthropic-messages"].decodeRequest(messages).turns.length).toBeGreaterThan(0);
          expect(protocols["openai-chat"].decodeRequest(chat).turns.length).toBeGreaterThan(0);
        }
      }),
      { numRuns: RUNS },
    );
  });
});

describe("trimming laws, on conversations that no wire would take", () => {
  const id = fc.constantFrom("a", "b", "c");
  const anyTurn = fc.oneof(
    fc.constantFrom(user("hi"), assistant("ok"), system("s"), user(long("u")), assistant(long("v"))),
    id.map((callId) => call(callId)),
    id.map((callId) => result(callId)),
  );
  const orphans = (turns: readonly Turn[]): number => {
    const asked = new Set<string>();
    let count = 0;
    for (const { parts } of turns) {
      for (const part of parts) {
        if (part.type === "tool-call") asked.add(part.id);
        else if (part.type === "tool-result" && !asked.has(part.callId)) count += 1;
      }
    }
    return count;
  };

  it("makes no orphan, keeps system and last user turns, and is under the limit or says why not", () => {
    fc.assert(
      fc.property(fc.array(anyTurn, { maxLength: 25 }), fc.nat(400), fc.boolean(), (turns, inputTokensMax, trimRounds) => {
        const request = asking(...turns.map((turn) => ({ ...turn })));
        const window = { inputTokensMax, counter, ...(trimRounds ? { lastRoundsMin: 1 } : {}) };
        const fitted = fitWindow(request, window);
        const isSystem = ({ role }: Turn) => role === "system";
        expect(orphans(fitted.request.turns)).toBeLessThanOrEqual(orphans(request.turns));
        expect(fitted.request.turns.filter(isSystem)).toEqual(request.turns.filter(isSystem));
        expect(fitted.request.turns.findLast(({ role }) => role === "user")).toBe(request.turns.findLast(({ role }) => role === "user"));
        if (fitted.kind === "too-long") return;
        expect(fitted.inputTokens).toBe(countRequest(fitted.request, counter));
        expect(fitted.inputTokens).toBeLessThanOrEqual(inputTokensMax);
        const first = fitted.request.turns.find((turn) => !isSystem(turn));
        if (first !== request.turns.find((turn) => !isSystem(turn))) expect(first?.role).toBe("user");
      }),
      { numRuns: 1000 },
    );
  });
});
