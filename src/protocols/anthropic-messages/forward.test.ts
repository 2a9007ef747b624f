import { describe, expect, it } from "vitest";
import { parseObject } from "../../core/json";
import type { Capabilities, JsonObject, JsonValue } from "../../inference";
import { CAPABLE } from "./capable.fixture";
import { decodeRequest } from "./decode-request";
import { forwardRequest } from "./forward";

const NESTING_MAX = 64;

function forward(fields: JsonObject, model = "claude-x", capabilities: Partial<Capabilities> = {}): string | undefined {
  const text = JSON.stringify({ model: "claude-x", max_tokens: 10, messages: [{ role: "user", content: "hi" }], ...fields });
  const json = parseObject<JsonObject>(text, NESTING_MAX);
  return forwardRequest(json, decodeRequest(json.value), model, { ...CAPABLE, ...capabilities })?.text;
}

describe("the byte path", () => {
  it("changes the model's name and no other byte", () => {
    const text =
      '{ "messages":[{"role":"user","content":"\\u00e9 \\"model\\":1"}],\n "model" : "anthropic/claude-x" ,"max_tokens":1e1,"future":{"model":"y"}}';
    const json = parseObject<JsonObject>(text, NESTING_MAX);
    expect(forwardRequest(json, decodeRequest(json.value), "claude-x", CAPABLE)).toEqual({
      text: text.replace("anthropic/claude-x", "claude-x"),
      usageHidden: false,
    });
  });

  it("takes a lower cap and cache marks, and changes nothing else", () => {
    const text =
      '{"max_tokens":1e3, "system":"s\\u00e9", "model":"claude-x","messages":[{"role":"user","content":[{"type":"text","text":"hi"} ]}]}';
    const json = parseObject<JsonObject>(text, NESTING_MAX);
    const patches = {
      outputTokensMax: 500,
      cacheMarks: [
        { at: "part" as const, index: 0, ttl: "1h" as const },
        { at: "part" as const, index: 1 },
      ],
    };
    expect(forwardRequest(json, decodeRequest(json.value), "claude-y", CAPABLE, patches)?.text).toBe(
      '{"max_tokens":500, "system":[{"type":"text","text":"s\\u00e9","cache_control":{"type":"ephemeral","ttl":"1h"}}], "model":"claude-y","messages":[{"role":"user","content":[{"type":"text","text":"hi","cache_control":{"type":"ephemeral"}} ]}]}',
    );
  });

  it("is left where the history holds reasoning that no Anthropic-shaped upstream signed", () => {
    const thinking = (signature: string) => ({
      messages: [
        { role: "user", content: "a" },
        {
          role: "assistant",
          content: [
            { type: "thinking", thinking: "hm", signature },
            { type: "text", text: "b" },
          ],
        },
        { role: "user", content: "c" },
      ],
    });
    expect(forward(thinking("sluice-unsigned"))).toBeUndefined();
    expect(forward(thinking(""))).toBeDefined();
    expect(forward(thinking("c2ln"))).toBeDefined();
  });

  const differences: [string, JsonObject, Partial<Capabilities>][] = [
    ["adaptive thinking", { thinking: { type: "adaptive" } }, { reasoning: "budget" }],
    ["thinking switched off", { thinking: { type: "disabled" } }, { reasoningCanBeOff: false }],
    ["an effort", { output_config: { effort: "xhigh" } }, { reasoningEfforts: ["low", "high"] }],
    ["a temperature", { temperature: 0 }, { sampling: "fixed" }],
    ["temperature and top_p", { temperature: 0, top_p: 0.5 }, { sampling: "one-of" }],
    ["a larger output", { max_tokens: 100 }, { outputTokensMax: 50 }],
    ["a forced call", { tools: [{ name: "a", input_schema: {} }], tool_choice: { type: "any" } }, { forcedToolChoice: false }],
    ["a format", { output_config: { format: { type: "json_schema", schema: {} } } }, { structuredOutput: "tool" }],
  ];

  it.each(differences)("is left where another model answers that does not take %s", (_, fields, capabilities) => {
    expect(forward(fields, "claude-y", capabilities)).toBeUndefined();
    expect(forward(fields, "claude-y")).toBeDefined();
  });

  it.each(differences)("is kept where the client named the model itself: %s", (_, fields, capabilities) => {
    expect(forward(fields, "claude-x", capabilities)).toBeDefined();
  });

  it("is left where a later system message would be refused, whoever names the model", () => {
    const messages = [
      { role: "user", content: "a" },
      { role: "system", content: "b" },
    ];
    expect(forward({ messages }, "claude-x", { systemWithinMessages: false })).toBeUndefined();
    expect(forward({ messages }, "claude-x", { systemWithinMessages: true })).toBeDefined();
    expect(forward({ system: "b" }, "claude-x", { systemWithinMessages: false })).toBeDefined();
  });

  it("is left where content is null, which the API refuses, and not where a tool's input holds the same words", () => {
    const said = { role: "user", content: "a" };
    const called = (input: JsonObject) => ({ role: "assistant", content: [{ type: "tool_use", id: "1", name: "f", input }] });
    const result = (content: JsonValue) => ({ role: "user", content: [{ type: "tool_result", tool_use_id: "1", content }] });
    expect(forward({ messages: [said, { role: "assistant", content: null }, said] })).toBeUndefined();
    expect(forward({ messages: [said, called({}), result(null)] })).toBeUndefined();
    expect(forward({ messages: [said, called({ content: null }), result("x")] })).toBeDefined();
  });

  it("carries a thinking budget to models that take one", () => {
    const thinking = { max_tokens: 4000, thinking: { type: "enabled", budget_tokens: 2000 } };
    expect(forward(thinking, "claude-y", { reasoning: "budget" })).toBeDefined();
    expect(forward(thinking, "claude-y", { reasoning: "adaptive" })).toBeUndefined();
  });
});
