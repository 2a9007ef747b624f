import { describe, expect, it } from "vitest";
import type { Capabilities, InferenceRequest, JsonObject, ToolChoice } from "../../inference";
import { CAPABLE } from "./capable.fixture";
import { encodeRequest } from "./encode-request";

/** Requests as an OpenAI client's decoder leaves them. */
function encode(fields: Partial<InferenceRequest>, native: JsonObject = {}, capabilities: Partial<Capabilities> = {}) {
  const turns: InferenceRequest["turns"] = [{ role: "user", parts: [{ type: "text", text: "hi" }] }];
  const request: InferenceRequest = { model: "asked", turns, sampling: {}, stream: false, streamUsage: false, ...fields };
  return encodeRequest({ ...request, extensions: { "openai-chat": native } }, "claude-x", { ...CAPABLE, ...capabilities });
}

const tools = ["f", "g"].map((name) => ({ kind: "function" as const, name }));
const allowed = (mode: string): ToolChoice => ({
  mode: "opaque",
  protocol: "openai-chat",
  value: { type: "allowed_tools", allowed_tools: { mode, tools: [{ type: "function", function: { name: "g" } }] } },
});

describe("a request of OpenAI's protocol", () => {
  it("is refused where it asks for speech, which leaving the field out would turn into text", () => {
    expect(() => encode({}, { modalities: ["text", "audio"] })).toThrow(expect.objectContaining({ param: "modalities" }));
  });

  it("is refused where a call is demanded and there are no tools", () => {
    expect(() => encode({ toolChoice: { mode: "required" } })).toThrow(expect.objectContaining({ param: "tool_choice" }));
  });

  it("is not warned of what is sent under another name", () => {
    const { body, warnings } = encode({ sampling: { topK: 5 }, endUser: "u" }, { top_k: 5, safety_identifier: "u" });
    expect(body).toMatchObject({ top_k: 5, metadata: { user_id: "u" } });
    expect(warnings).toEqual([]);
  });

  it("is warned of a message's field that goes nowhere, and not of the developer's role", () => {
    const turn = (extension: JsonObject) => ({
      turns: [
        { role: "system" as const, parts: [{ type: "text" as const, text: "s" }], extensions: { "openai-chat": extension } },
        { role: "user" as const, parts: [{ type: "text" as const, text: "hi" }] },
      ],
    });
    expect(encode(turn({ role: "developer" })).warnings).toEqual([]);
    expect(encode(turn({ audio: { id: "a" } })).warnings).toEqual([expect.stringContaining("audio")]);
  });

  it.each([
    ["auto", { type: "auto" }],
    ["required", { type: "any" }],
  ])("allows some of the tools by leaving the others out: %s", (mode, choice) => {
    const { body, warnings } = encode({ tools, toolChoice: allowed(mode) });
    expect(body).toMatchObject({ tools: [{ name: "g" }], tool_choice: choice });
    expect(body.tools).toHaveLength(1);
    expect(warnings).toEqual([]);
  });

  it("gives a small thinking budget the weakest level, and speaks of no level that the client did not name", () => {
    const { body, warnings } = encode({ reasoning: { mode: "enabled", budgetTokens: 1500 } });
    expect(body).toMatchObject({ output_config: { effort: "low" } });
    expect(warnings.join()).not.toContain("minimal");
  });
});
