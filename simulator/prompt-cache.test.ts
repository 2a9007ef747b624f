import { describe, expect, it } from "vitest";
import { checkBreakpoints, markLast, segment, toolSegments, withSettings } from "./anthropic-segments";
import { cacheMinTokens } from "./models";
import { PromptCache, type Segment, type Ttl } from "./prompt-cache";

const MINUTE = 60_000;
const MIN_TOKENS = 1000;
const piece = (text: string, tokens: number, breakpoint?: Ttl, run?: "call" | "result"): Segment => ({
  text,
  tokens,
  ...(breakpoint ? { breakpoint } : {}),
  ...(run ? { run } : {}),
});
const use = (cache: PromptCache, segments: Segment[], nowMs = 0, scope = "org model") => {
  const { readTokens, write5mTokens, write1hTokens } = cache.useBreakpoints(scope, segments, MIN_TOKENS, nowMs);
  return [readTokens, write5mTokens, write1hTokens];
};

describe("Anthropic's prompt cache", () => {
  it("reads nothing that was not written at a breakpoint, however alike the prompts are", () => {
    const cache = new PromptCache();
    expect(use(cache, [piece("a", 2000), piece("b", 100, "5m")])).toEqual([0, 2100, 0]);
    expect(use(cache, [piece("a", 2000), piece("c", 100, "5m")])).toEqual([0, 2100, 0]);
    expect(use(cache, [piece("a", 2000), piece("b", 100)])).toEqual([0, 0, 0]);
  });

  it("keeps organisations and models apart", () => {
    const cache = new PromptCache();
    use(cache, [piece("a", 2000, "5m")]);
    expect(use(cache, [piece("a", 2000, "5m")], 0, "other model")).toEqual([0, 2000, 0]);
  });

  it("takes no prefix below the minimum, and says nothing about it", () => {
    const cache = new PromptCache();
    for (const _again of [1, 2]) expect(use(cache, [piece("a", 999, "5m")])).toEqual([0, 0, 0]);
    expect(use(cache, [piece("a", 999, "5m"), piece("b", 1, "5m")])).toEqual([0, 1000, 0]);
  });

  it("forgets after five minutes or an hour, counted from the last time it was read", () => {
    const cache = new PromptCache();
    const five = [piece("a", 2000, "5m")];
    use(cache, five);
    expect(use(cache, five, 4 * MINUTE)).toEqual([2000, 0, 0]);
    expect(use(cache, five, 8 * MINUTE)).toEqual([2000, 0, 0]);
    expect(use(cache, five, 13 * MINUTE)).toEqual([0, 2000, 0]);
    const hour = [piece("h", 2000, "1h")];
    expect(use(cache, hour)).toEqual([0, 0, 2000]);
    expect(use(cache, hour, 59 * MINUTE)).toEqual([2000, 0, 0]);
    expect(use(cache, hour, 120 * MINUTE)).toEqual([0, 0, 2000]);
  });

  it("refreshes an entry that is read from a later breakpoint, for its own lifetime", () => {
    const cache = new PromptCache();
    use(cache, [piece("a", 2000, "1h")]);
    expect(use(cache, [piece("a", 2000), piece("b", 10, "5m")], 30 * MINUTE)).toEqual([2000, 10, 0]);
    expect(use(cache, [piece("a", 2000, "1h")], 89 * MINUTE)).toEqual([2000, 0, 0]);
  });

  it("splits what is written at the breakpoint of an hour", () => {
    expect(use(new PromptCache(), [piece("a", 2000, "1h"), piece("b", 300, "5m"), piece("c", 9)])).toEqual([0, 300, 2000]);
  });

  it("looks back over 20 positions, the breakpoint's own counted, and over as many from each breakpoint", () => {
    const grown = (blocks: number, marks: number[]): Segment[] =>
      Array.from({ length: blocks }, (_, at) => piece(`b${at}`, 1000, marks.includes(at) ? "5m" : undefined));
    const readAfter = (blocks: number, marks: number[]) => {
      const cache = new PromptCache();
      use(cache, grown(15, [14]));
      return use(cache, grown(blocks, marks))[0];
    };
    // Block 34 sees blocks 34 … 15; the entry lies at 14.
    expect(readAfter(35, [34])).toBe(0);
    expect(readAfter(34, [33])).toBe(15_000);
    expect(readAfter(35, [14, 34])).toBe(15_000);
    expect(readAfter(35, [20, 34])).toBe(15_000);
  });

  it("takes a run of calls for one position, and a run of results", () => {
    const turn = (count: number): Segment[] => [
      ...Array.from({ length: count }, (_, at) => piece(`c${at}`, 10, undefined, "call")),
      ...Array.from({ length: count }, (_, at) => piece(`r${at}`, 10, at === count - 1 ? "5m" : undefined, "result")),
    ];
    const cache = new PromptCache();
    use(cache, [piece("a", 2000, "5m")]);
    expect(use(cache, [piece("a", 2000), ...turn(50)])).toEqual([2000, 1000, 0]);
  });

  it("knows each model's minimum", () => {
    const names = [
      "claude-opus-5",
      "claude-opus-4-8",
      "claude-opus-4-7",
      "claude-sonnet-4-6",
      "claude-opus-4-6",
      "claude-haiku-4-5-20251001",
    ];
    expect(names.map(cacheMinTokens)).toEqual([512, 1024, 2048, 1024, 4096, 4096]);
  });
});

describe("marks", () => {
  const mark = (ttl?: string) => ({ cache_control: { type: "ephemeral", ...(ttl ? { ttl } : {}) } });
  const result = { type: "tool_result", tool_use_id: "t", content: [{ type: "text", text: "x", ...mark() }] };

  it("inside a tool's result count, and leave its text as it was", () => {
    const [marked, bare] = [segment("user", result, 5), segment("user", { ...result, content: [{ type: "text", text: "x" }] }, 5)];
    expect(marked).toMatchObject({ inner: ["5m"], text: bare.text });
    expect(() => checkBreakpoints(Array.from({ length: 5 }, () => marked))).toThrow("Found 5");
    expect(() => checkBreakpoints([marked, segment("user", { type: "text", text: "y", ...mark("1h") }, 5)])).toThrow("must not come after");
  });

  it("are not seen in schemas", () => {
    const [tool] = toolSegments([{ name: "a", input_schema: { type: "object", properties: { cache_control: { type: "string" } } } }]);
    expect(tool?.breakpoint).toBeUndefined();
  });

  it("at the top stand for one on the last block that takes one", () => {
    const thinking = segment("assistant", { type: "thinking", thinking: "hm", signature: "s" }, 5);
    const segments = [piece("a", 10), thinking];
    markLast(segments, mark().cache_control);
    expect(segments.map(({ breakpoint }) => breakpoint)).toEqual(["5m", undefined]);
    expect(() => markLast([piece("a", 10, "1h")], mark().cache_control)).toThrow("different ttl");
    const same = [piece("a", 10, "5m")];
    markLast(same, mark().cache_control);
    expect(() => checkBreakpoints(same)).not.toThrow();
  });

  it("lose the messages, and not what stands before them, when the choice of tools changes", () => {
    const cache = new PromptCache();
    const ask = (tool_choice?: unknown) =>
      use(cache, [piece("system", 2000, "5m"), ...withSettings([piece("user", 500, "5m")], tool_choice ? { tool_choice } : {})]);
    expect(ask()).toEqual([0, 2500, 0]);
    expect(ask()).toEqual([2500, 0, 0]);
    expect(ask({ type: "none" })).toEqual([2000, 500, 0]);
  });
});
