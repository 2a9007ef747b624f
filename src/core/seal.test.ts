import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { completeJson, sealEvent } from "./seal";
import { encodeSse, SseDecoder } from "./sse";

describe("completeJson", () => {
  it("completes every prefix of every JSON object", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ unit: "binary", maxLength: 5 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4 }),
        fc.boolean(),
        (value, pretty) => {
          const text = JSON.stringify(value, null, pretty ? 1 : 0);
          // JSON.parse throws, and so fails the property, when a completion is wrong.
          for (let length = 1; length <= text.length; length++) JSON.parse(text.slice(0, length) + completeJson(text.slice(0, length)));
          expect(completeJson(text)).toBe("");
        },
      ),
      { numRuns: 100 },
    );
  });

  it("gives up on what is no beginning of JSON", () => {
    for (const text of ["[DON", "{'a'", "<html>", '{"a" 1', "{,", "nil", "01", '{"a":1}}']) expect(completeJson(text), text).toBeNull();
  });

  it("invents nothing but closers", () => {
    expect(completeJson('{"choices":[{"delta":{"content":"Hel')).toBe('"}}]}');
    expect(completeJson('{"a":"x\\')).toBe('\\"}');
    expect(completeJson('{"a":"\\u00')).toBe('00"}');
    expect(completeJson('{"a":tr')).toBe("ue}");
    expect(completeJson('{"a":1.')).toBe("0}");
  });
});

describe("sealEvent", () => {
  const stream = `${encodeSse('{"type":"a","text":"héllo 🗼 \\"q\\" \\\\"}', "content_block_delta")}: comment\n\n${encodeSse('{"n":[1,{"x":null}]}')}`;

  it("lets a client read on after a stream that was cut at any byte", () => {
    const bytes = new TextEncoder().encode(stream);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const sse = new SseDecoder();
      sse.push(bytes.slice(0, cut));
      const sealed = sealEvent(sse.pending, "ping");
      const client = new SseDecoder();
      const frames = [
        ...client.push(bytes.slice(0, cut)),
        ...client.push(new TextEncoder().encode(sealed + encodeSse('{"error":1}', "error"))),
      ];
      expect(frames.at(-1), `cut at ${cut}`).toEqual({ event: "error", data: '{"error":1}' });
      for (const frame of frames) expect(() => JSON.parse(frame.data || "null"), `cut at ${cut}`).not.toThrow();
    }
  });

  it("adds nothing between events", () => {
    expect(sealEvent("")).toBe("");
    expect(sealEvent("\n")).toBe("");
  });
});
