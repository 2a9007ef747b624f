import { describe, expect, it } from "vitest";
import type { JsonObject } from "../inference";
import { protocols } from "../protocols";
import { mapTexts } from ".";

const VALUE = "jane.doe@example.org";
const base64 = (text: string): string => Buffer.from(text).toString("base64");
const user = [{ role: "user", content: "hi" }];
const fn = (fields: JsonObject): JsonObject => ({ type: "function", function: { name: "f", parameters: { type: "object" }, ...fields } });
const schema = (properties: JsonObject): JsonObject => ({ parameters: { type: "object", properties } });
const say = (part: JsonObject): JsonObject => ({ messages: [{ role: "user", content: [part] }] });
const called = { id: "c1", type: "function", function: { name: "f", arguments: "{}" } };

/** The request after every text had its values replaced, as JSON. */
function replaced(wire: keyof typeof protocols, body: JsonObject): string {
  const request = protocols[wire].decodeRequest({ model: "m", messages: user, max_tokens: 9, ...body });
  return JSON.stringify(mapTexts(request, (text) => text.replaceAll(VALUE, "[EMAIL_1]").replaceAll("4111111111111111", "[CARD_1]")));
}

describe("every text of a request is shown, on the wire of chat completions", () => {
  it.each<[string, JsonObject]>([
    ["the name of a property", { tools: [fn(schema({ [VALUE]: { type: "string" } }))] }],
    ["a property called `type`", { tools: [fn(schema({ type: { type: "string", description: VALUE } }))] }],
    ["a number in a schema", { tools: [fn(schema({ card: { type: "integer", default: 4111111111111111 } }))] }],
    ["a further field of a function", { tools: [fn({ examples: [VALUE] })] }],
    ["a grammar", { tools: [{ type: "custom", custom: { name: "c", format: { type: "grammar", grammar: { definition: VALUE } } } }] }],
    ["a field of one vendor", { guided_choice: [VALUE] }],
    ["a format of one vendor", { response_format: { type: "grammar", value: VALUE } }],
    ["a further field of a message", { messages: [{ role: "user", content: "hi", note: VALUE }] }],
    [
      "a call of an unknown kind",
      { messages: [...user, { role: "assistant", tool_calls: [{ id: "c1", type: "odd", odd: { text: VALUE } }] }] },
    ],
    [
      "the name beside a result",
      {
        messages: [
          ...user,
          { role: "assistant", content: null, tool_calls: [called] },
          { role: "tool", name: VALUE, tool_call_id: "c1", content: "x" },
        ],
      },
    ],
    ["the address of an image", say({ type: "image_url", image_url: { url: `https://x.example/?to=${encodeURIComponent(VALUE)}` } })],
    ["a text file as an address", say({ type: "file", file: { file_data: `data:text/plain,${VALUE}` } })],
    ["a JSON file", say({ type: "file", file: { file_data: `data:application/json;base64,${base64(`{"a":"${VALUE}"}`)}` } })],
  ])("%s", (_, body) => {
    const said = replaced("openai-chat", body);
    expect(said).toMatch(/\[(EMAIL|CARD)_1\]/);
    expect(said).not.toMatch(/jane|4111111111111111/);
  });
});

describe("every text of a request is shown, on the wire of messages", () => {
  it.each<[string, JsonObject]>([
    ["examples of a tool's input", { tools: [{ name: "f", input_schema: { type: "object" }, input_examples: [{ to: VALUE }] }] }],
    ["the address of a document", say({ type: "document", source: { type: "url", url: `https://x.example/?to=${VALUE}` } })],
    ["a field that is not known", { container: { note: VALUE } }],
  ])("%s", (_, body) => {
    const said = replaced("anthropic-messages", body);
    expect(said).toContain("[EMAIL_1]");
    expect(said).not.toContain("jane");
  });

  it("but not what the provider sealed, unless it is no such thing", () => {
    const sealed = "Ab1".repeat(30);
    const results = [sealed, VALUE].map((encrypted_content) => ({ type: "web_search_result", title: "t", url: "u", encrypted_content }));
    const turn = { role: "assistant", content: [{ type: "web_search_tool_result", tool_use_id: "s", content: results }] };
    const request = protocols["anthropic-messages"].decodeRequest({ model: "m", max_tokens: 9, messages: [...user, turn] });
    const seen: string[] = [];
    mapTexts(request, (text) => {
      seen.push(text);
      return text;
    });
    expect(seen).toContain(VALUE);
    expect(seen).not.toContain(sealed);
  });

  it("but not the credentials for the caller's own servers", () => {
    const body = { mcp_servers: [{ type: "url", url: "https://x.example", authorization_token: VALUE }] };
    expect(replaced("anthropic-messages", body)).toContain(VALUE);
  });
});
