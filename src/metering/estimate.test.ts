import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { utf8Length } from "../core/utf8";
import type { Usage } from "../inference";
import { completeUsage, estimateInputTokens } from "./estimate";
import { estimateTokens } from "./estimate-tokens";

describe("estimates", () => {
  it("count UTF-8 bytes exactly, whatever the script", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        expect(utf8Length(text)).toBe(new TextEncoder().encode(text).length);
      }),
    );
  });

  it("are never 0 for a text, nor for a request", () => {
    expect(estimateTokens("a")).toBe(1);
    expect(estimateTokens("")).toBe(0);
    expect(estimateInputTokens({ model: "m", turns: [], sampling: {}, stream: false, streamUsage: false })).toBe(1);
  });

  it("do not take a picture's base64 for text", () => {
    const parts = [{ type: "image" as const, source: { kind: "base64" as const, mediaType: "image/png", data: "A".repeat(1_000_000) } }];
    expect(
      estimateInputTokens({ model: "m", turns: [{ role: "user", parts }], sampling: {}, stream: false, streamUsage: false }),
    ).toBeLessThan(5000);
  });
});

describe("completeUsage", () => {
  const said: Usage = { uncachedInputTokens: 10, outputTokens: 1 };

  it("keeps what the upstream said of a finished reply", () => {
    expect(completeUsage(said, true, () => 99, 50)).toBe(said);
  });

  it("marks an estimate when the upstream never said", () => {
    expect(completeUsage(undefined, true, () => 9, 5)).toEqual({ uncachedInputTokens: 9, outputTokens: 5, estimated: true });
  });

  it("bills what passed by of a reply that was cut, neither nothing nor everything (PITFALLS D 34)", () => {
    expect(completeUsage(said, false, () => 99, 50)).toEqual({ uncachedInputTokens: 10, outputTokens: 50, estimated: true });
    expect(completeUsage({ ...said, outputTokens: 60 }, false, () => 99, 50).outputTokens).toBe(60);
  });
});
