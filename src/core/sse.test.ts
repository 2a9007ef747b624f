import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SseDecoder, type SseFrame, SseOverflowError } from "./sse";

const decode = (pieces: Uint8Array[]): SseFrame[] => {
  const sse = new SseDecoder();
  return [...pieces.flatMap((piece) => sse.push(piece)), ...sse.end()];
};
const split = (bytes: Uint8Array, sizes: number[]): Uint8Array[] => {
  const pieces: Uint8Array[] = [];
  let at = 0;
  for (const size of sizes) {
    pieces.push(bytes.slice(at, at + size));
    at += size;
  }
  pieces.push(bytes.slice(at));
  return pieces;
};
const utf8 = (text: string) => new TextEncoder().encode(text);

describe("SseDecoder (PITFALLS A 5)", () => {
  const wire =
    '\ufeff: hello\n\nevent: a\r\ndata:{"x":"é🗼"}\r\n\r\ndata: 1\rdata:  2\r\rid: 7\nretry: 10\ndata\n\n:\nevent: b\ndata: {"y":\ndata: 3}\n\n\n\ndata: [DONE]';
  const frames = [
    { event: "a", data: '{"x":"é🗼"}' },
    { data: "1\n 2" },
    { data: "" },
    { event: "b", data: '{"y":\n3}' },
    { data: "[DONE]" },
  ];

  it("reads CRLF, lone CR, no space, comments, several data lines and no final newline", () => {
    expect(decode([utf8(wire)])).toEqual(frames);
  });

  it("reads the same one byte at a time", () => {
    expect(decode([...utf8(wire)].map((byte) => Uint8Array.of(byte)))).toEqual(frames);
  });

  it("reads the same however the bytes are split", () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 40 }));
    fc.assert(
      fc.property(sizes, (pieces) => {
        expect(decode(split(utf8(wire), pieces))).toEqual(frames);
      }),
    );
  });

  it("does not take a cut event for a whole one", () => {
    expect(decode([utf8('data: {"a":1}\n\ndata: {"b":')])).toEqual([{ data: '{"a":1}' }]);
    expect(decode([utf8('data: {"a":1}\n\ndata: {"b":2}')])).toEqual([{ data: '{"a":1}' }, { data: '{"b":2}' }]);
  });

  it("shows what has come of an incomplete event", () => {
    const sse = new SseDecoder();
    for (const byte of utf8("data: 1\r\n\r\nevent: x\r\ndata: {")) sse.push(Uint8Array.of(byte));
    expect(sse.pending).toBe("event: x\r\ndata: {");
  });

  it("gives an event out when its last line feed has come, so that nothing of it is pending any more", () => {
    const sse = new SseDecoder();
    for (const byte of utf8("data: 1\r\n\r\ndata: 2\n\n")) {
      if (sse.push(Uint8Array.of(byte)).length > 0) expect(sse.pending).toBe("");
    }
    expect(sse.pending).toBe("");
  });

  it("takes a carriage return at the very end for a line's end", () => {
    expect(decode([utf8("data: 1\r\n\r")])).toEqual([{ data: "1" }]);
    expect(decode([utf8("data: {\r\r")])).toEqual([{ data: "{" }]);
  });

  it("refuses an event that never ends", () => {
    const sse = new SseDecoder(1000);
    expect(() => {
      for (let i = 0; i < 100; i++) sse.push(utf8(`data: ${"x".repeat(50)}\n`));
    }).toThrow(SseOverflowError);
  });
});
