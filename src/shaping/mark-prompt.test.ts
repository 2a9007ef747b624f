import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CacheMark, FunctionTool, InferenceRequest, Part, Turn } from "../inference";
import type { TokenCounter } from "./count";
import { history } from "./history.fixture";
import { hasMarks, longestMark, markPromptCache, withMarks } from "./mark-prompt";

/** A hundred tokens per part and tool. */
const counter: TokenCounter = { turn: ({ parts }) => parts.length * 100, rest: ({ tools = [] }) => tools.length * 100 };
const text = (value: string, more: Partial<Extract<Part, { type: "text" }>> = {}): Part => ({ type: "text", text: value, ...more });
const user = (...parts: Part[]): Turn => ({ role: "user", parts });
const assistant = (...parts: Part[]): Turn => ({ role: "assistant", parts });
const system = (...parts: Part[]): Turn => ({ role: "system", parts });
const tool: FunctionTool = { kind: "function", name: "look" };
const asking = (turns: Turn[], more: Partial<InferenceRequest> = {}): InferenceRequest => ({
  model: "any",
  turns,
  sampling: {},
  stream: false,
  streamUsage: false,
  ...more,
});
const marksOf = (request: InferenceRequest, tokensMin = 100, more = {}) =>
  markPromptCache(request, { counter, tokensMin, ...more }).map(({ at, index, ttl }) => `${at} ${index}${ttl ? ` ${ttl}` : ""}`);
const rounds = (count: number): Turn[] =>
  Array.from({ length: count }, (_, at): Turn[] => [user(text(`q${at}`)), assistant(text(`a${at}`))]).flat();

describe("prompt cache marks", () => {
  it("are the caller's alone where it set any: on the request, a tool, a part, inside a result, in what only its wire knows", () => {
    const call: Part = { type: "tool-call", id: "c", name: "look", arguments: "{}", kind: "function" };
    const turns = [system(text("s")), ...rounds(2), user(text("now"))];
    const result = (content: Extract<Part, { type: "tool-result" }>["content"]): Turn => ({
      role: "tool",
      parts: [{ type: "tool-result", callId: "c", content }],
    });
    const own = { protocol: "anthropic-messages" as const, value: { type: "x", cache_control: { type: "ephemeral" } } };
    const requests = [
      asking(turns, { cacheHint: {} }),
      asking(turns, { tools: [{ ...tool, cacheHint: {} }] }),
      asking(turns, { tools: [{ kind: "opaque", ...own }] }),
      asking([...turns, assistant(text("x", { cacheHint: { ttl: "1h" } })), user(text("y"))]),
      asking([...turns, assistant(call), result([{ type: "text", text: "r", cacheHint: {} }])]),
      asking([...turns, assistant({ type: "opaque", ...own }), user(text("y"))]),
    ];
    for (const request of requests) expect([hasMarks(request), marksOf(request)]).toEqual([true, []]);
    expect(requests.map(longestMark)).toEqual(["5m", "5m", "5m", "1h", "5m", "5m"]);
    const hour = { type: "ephemeral", ttl: "1h" };
    const mixed = [assistant({ type: "opaque", ...own, value: { type: "x", cache_control: hour } }), user(text("y", { cacheHint: {} }))];
    expect([longestMark(asking([...turns, ...mixed])), longestMark(asking(turns))]).toEqual(["1h", undefined]);
  });

  it("PITFALLS B 21: are not seen in a schema's property of that name", () => {
    const named: FunctionTool = { ...tool, parameters: { type: "object", properties: { cache_control: { type: "string" } } } };
    const request = asking([system(text("s")), user(text("q"))], { tools: [named] });
    expect(hasMarks(request)).toBe(false);
    expect(withMarks(request, markPromptCache(request, { counter, tokensMin: 0 })).tools?.[0]).toMatchObject({
      parameters: named.parameters,
    });
  });

  it("stand at the end of the tools, of the system prompt and of what was said last, this time and the time before", () => {
    const request = asking([system(text("a"), text("b")), ...rounds(3), user(text("x"), text("y"))], { tools: [tool, tool] });
    expect(marksOf(request)).toEqual(["tool 1", "part 1", "part 6", "part 9"]);
    expect(marksOf(asking([...rounds(3), user(text("x"))]))).toEqual(["part 0", "part 2", "part 4", "part 6"]);
  });

  it("PITFALLS C 29: leave prompts below the model's minimum alone", () => {
    const request = asking([system(text("a")), ...rounds(1), user(text("x"))], { tools: [tool] });
    expect(marksOf(request, 100)).toHaveLength(4);
    expect(marksOf(request, 200)).toEqual(["part 0", "part 1", "part 3"]);
    expect(marksOf(request, 301)).toEqual(["part 3"]);
    expect(marksOf(request, 501)).toEqual([]);
  });

  it("do not write a conversation that has not begun, unless told to", () => {
    const request = asking([system(text("a")), user(text("x"))], { tools: [tool] });
    expect(marksOf(request)).toEqual(["tool 0", "part 0"]);
    expect(marksOf(request, 100, { opening: true })).toEqual(["tool 0", "part 0", "part 1"]);
  });

  it("pass over what cannot carry one", () => {
    const later: FunctionTool = { ...tool, extensions: { "anthropic-messages": { defer_loading: true } } };
    const audio: Part = { type: "audio", data: "", format: "wav" };
    const turns = [system(text("a"), text(" ")), user(text("x"), audio), assistant(text("ok")), user(audio, text(""))];
    expect(marksOf(asking(turns, { tools: [tool, later, { kind: "custom", name: "free" }] }))).toEqual(["tool 0", "part 0", "part 2"]);
  });

  it("PITFALLS C 29: are never for an hour behind one for five minutes", () => {
    const request = asking([system(text("a")), ...rounds(1), user(text("x"))], { tools: [tool] });
    expect(marksOf(request, 100, { staticTtl: "1h" })).toEqual(["tool 0 1h", "part 0 1h", "part 1", "part 3"]);
    expect(marksOf(request, 100, { conversationTtl: "1h" })).toEqual(["tool 0", "part 0", "part 1", "part 3"]);
    expect(marksOf(request, 301, { conversationTtl: "1h" })).toEqual(["part 3 1h"]);
    expect(marksOf(request, 100, { staticTtl: "1h", conversationTtl: "1h" }).every((mark) => mark.endsWith("1h"))).toBe(true);
  });

  it("PITFALLS C 29: are at most four, and the last of a request is one of the next, on random histories", () => {
    const unmarked = history.map(
      (request): InferenceRequest => ({
        ...request,
        turns: request.turns.map((turn) => ({
          ...turn,
          parts: turn.parts.map((part) => (part.type === "text" ? { type: "text", text: part.text } : part)),
        })),
      }),
    );
    fc.assert(
      fc.property(unmarked, (request) => {
        const options = { counter, tokensMin: 0 };
        const marks = markPromptCache(request, options);
        expect(marks.length).toBeLessThanOrEqual(4);
        const grown = { ...request, turns: [...request.turns, assistant(text("so")), user(text("and then?"))] };
        const next = markPromptCache(grown, options);
        const last = marks.at(-1);
        if (last && request.turns.some(({ role }) => role === "assistant")) expect(next).toContainEqual(last);
        // Each mark of the neutral form is one of the request's.
        const marked = withMarks(request, marks);
        expect(hasMarks(marked)).toBe(marks.length > 0);
        const parts = marked.turns.flatMap((turn) => turn.parts);
        const onParts = parts.flatMap((part, index): CacheMark[] => ("cacheHint" in part && part.cacheHint ? [{ at: "part", index }] : []));
        expect(onParts).toEqual(marks.filter(({ at }) => at === "part"));
      }),
      { numRuns: 300 },
    );
  });
});
