import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type JsonText, parseObject, replaceSpans } from "../../core/json";
import type { CacheMark, JsonObject } from "../../inference";
import { applyMarks, markEdits } from "./apply-marks";
import { decodeRequest } from "./decode-request";

const EPHEMERAL = { type: "ephemeral" };
const parsed = (body: JsonObject | string): JsonText<JsonObject> =>
  parseObject<JsonObject>(typeof body === "string" ? body : JSON.stringify(body), 128);
const patched = (body: JsonObject | string, marks: CacheMark[]): string => {
  const json = parsed(body);
  return replaceSpans(json.text, markEdits(json, marks));
};

describe("marks on a body", () => {
  const schema = { type: "object", properties: { cache_control: { type: "string" }, stream: {}, model: {} } };
  const body: JsonObject = {
    model: "m",
    max_tokens: 10,
    tools: [{ name: "a", input_schema: schema }],
    system: "Be brief.",
    messages: [
      { role: "user", content: "hi" },
      { role: "assistant", content: [{ type: "tool_use", id: "t", name: "a", input: { cache_control: { type: "x" } } }] },
      {
        role: "user",
        content: [
          { type: "tool_result", tool_use_id: "t", content: [{ type: "text", text: "ok" }] },
          { type: "text", text: "so?" },
        ],
      },
    ],
  };

  it("stand on the blocks that they name; strings become blocks only there", () => {
    const marks: CacheMark[] = [
      { at: "tool", index: 0, ttl: "1h" },
      { at: "part", index: 0 },
      { at: "part", index: 4 },
    ];
    expect(applyMarks(body, marks)).toEqual({
      ...body,
      tools: [{ name: "a", input_schema: schema, cache_control: { type: "ephemeral", ttl: "1h" } }],
      system: [{ type: "text", text: "Be brief.", cache_control: EPHEMERAL }],
      messages: [
        { role: "user", content: "hi" },
        (body.messages as JsonObject[])[1],
        {
          role: "user",
          content: [
            { type: "tool_result", tool_use_id: "t", content: [{ type: "text", text: "ok" }] },
            { type: "text", text: "so?", cache_control: EPHEMERAL },
          ],
        },
      ],
    });
  });

  it("PITFALLS B 21: leave properties called cache_control alone, in schemas and in arguments", () => {
    const text = patched(body, [
      { at: "tool", index: 0 },
      { at: "part", index: 2 },
    ]);
    const { tools, messages } = JSON.parse(text);
    expect(tools[0].input_schema).toEqual(schema);
    expect(messages[1].content[0]).toMatchObject({ input: { cache_control: { type: "x" } }, cache_control: EPHEMERAL });
  });

  it("change no other byte: numbers, spaces and escapes stay as they were written", () => {
    const text =
      '{ "model":"m","system" : "caf\\u00e9 \\"}" , "messages":[ {"role":"user","content":[ {"n":12345678901234567890.0,"type":"text","text":"]}"} ]} ],"max_tokens":1e2}';
    expect(patched(text, [{ at: "part", index: 1 }])).toBe(text.replace('"]}"}', '"]}","cache_control":{"type":"ephemeral"}}'));
    expect(patched(text, [{ at: "part", index: 0 }])).toBe(
      text.replace('"caf\\u00e9 \\"}"', '[{"type":"text","text":"caf\\u00e9 \\"}","cache_control":{"type":"ephemeral"}}]'),
    );
  });

  it("take the place of a mark that is null, and are passed over where there is no such block", () => {
    const text = '{"messages":[{"role":"user","content":[{"cache_control":null,"type":"text","text":"x"}]}]}';
    expect(patched(text, [{ at: "part", index: 0 }])).toBe(text.replace("null", '{"type":"ephemeral"}'));
    const beyond: CacheMark[] = [
      { at: "tool", index: 0 },
      { at: "part", index: 9 },
    ];
    expect(patched(text, beyond)).toBe(text);
    expect(applyMarks(JSON.parse(text), beyond)).toEqual(JSON.parse(text));
  });

  it("mean the parts that the decoder makes of the blocks, on text and on objects alike", () => {
    const block = fc.record({ type: fc.constant("text"), text: fc.string({ minLength: 1 }) });
    const content = fc.oneof(fc.string({ minLength: 1 }), fc.array(block, { maxLength: 3 }));
    const result = fc.record({
      type: fc.constant("tool_result"),
      tool_use_id: fc.constant("t"),
      content: fc.oneof(fc.string(), fc.array(block, { maxLength: 2 })),
    });
    const round = fc
      .tuple(content, content, fc.array(fc.oneof(block, result), { minLength: 1, maxLength: 4 }))
      .map(([user, says, answers]): JsonObject[] => [
        { role: "user", content: user },
        { role: "assistant", content: typeof says === "string" ? says : [...says, { type: "tool_use", id: "t", name: "a", input: {} }] },
        { role: "assistant", content: null },
        { role: "assistant", content: [{ type: "tool_use", id: "t", name: "a", input: {} }] },
        { role: "user", content: answers },
      ]);
    const bodies = fc
      .record({
        system: fc.oneof(fc.constantFrom("", null), content),
        rounds: fc.array(round, { minLength: 1, maxLength: 3 }),
        picks: fc.array(fc.nat(30), { maxLength: 4 }),
        space: fc.constantFrom(0, 2),
      })
      .map(({ system, rounds, ...rest }) => ({
        ...rest,
        body: { model: "m", max_tokens: 1, system, messages: rounds.flat() } satisfies JsonObject,
      }));
    fc.assert(
      fc.property(bodies, ({ body: random, picks, space }) => {
        const marks = [...new Set(picks)].map((index): CacheMark => ({ at: "part", index }));
        const json = parsed(JSON.stringify(random, null, space));
        const onText = JSON.parse(replaceSpans(json.text, markEdits(json, marks)));
        expect(onText).toEqual(applyMarks(random, marks));
        const before = decodeRequest(random).turns.flatMap(({ parts }) => parts);
        const after = decodeRequest(onText).turns.flatMap(({ parts }) => parts);
        expect(after).toEqual(before.map((part, index) => (picks.includes(index) ? { ...part, cacheHint: {} } : part)));
      }),
      { numRuns: 300 },
    );
  });
});
