import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalJson } from "../core/canonical-json";
import type { InferenceRequest, JsonObject } from "../inference";
import { protocols } from "../protocols";
import { type CacheTenant, cacheKeys, isVolatile, tenantName } from "./key";

const tenant: CacheTenant = { scope: "key", keyId: "key_1", user: undefined, team: undefined };
const chat = (body: JsonObject): InferenceRequest => protocols["openai-chat"].decodeRequest({ model: "gpt-4o", ...body });
const keyOf = async (request: InferenceRequest, of = tenant, marks: string[] = []) => (await cacheKeys(request, of, marks, true)).exact;

const plain = { messages: [{ role: "user", content: "What is 2+2?" }] };
const tool = (description: string) => ({
  type: "function",
  function: { name: "f", description, parameters: { type: "object", properties: { a: { type: "number" } } } },
});
const image = (data: string) => ({
  messages: [{ role: "user", content: [{ type: "image_url", image_url: { url: `data:image/png;base64,${data}` } }] }],
});

describe("the exact key (PITFALLS C 22, 24, 25)", () => {
  it.each<[string, JsonObject, JsonObject]>([
    ["tools", plain, { ...plain, tools: [tool("one")] }],
    ["a tool's words", { ...plain, tools: [tool("one")] }, { ...plain, tools: [tool("two")] }],
    ["tool choice", { ...plain, tools: [tool("one")] }, { ...plain, tools: [tool("one")], tool_choice: "required" }],
    ["response format", plain, { ...plain, response_format: { type: "json_object" } }],
    ["system", plain, { messages: [{ role: "system", content: "Be brief." }, ...plain.messages] }],
    [
      "an earlier turn",
      { messages: [{ role: "user", content: "a" }, { role: "assistant", content: "b" }, ...plain.messages] },
      { messages: [{ role: "user", content: "a" }, { role: "assistant", content: "c" }, ...plain.messages] },
    ],
    ["an image", image("AAAA"), image("AAAB")],
    ["seed", { ...plain, seed: 1 }, { ...plain, seed: 2 }],
    ["temperature", { ...plain, temperature: 0 }, { ...plain, temperature: 0.1 }],
    ["reasoning effort", { ...plain, reasoning_effort: "low" }, { ...plain, reasoning_effort: "high" }],
    ["an unknown field", plain, { ...plain, new_knob: 1 }],
    ["case", plain, { messages: [{ role: "user", content: "what is 2+2?" }] }],
    ["white space", plain, { messages: [{ role: "user", content: "What is  2+2?" }] }],
    ["the number of choices", plain, { ...plain, n: 2 }],
  ])("changes with %s", async (_, one, other) => {
    expect(await keyOf(chat(one))).not.toBe(await keyOf(chat(other)));
    const [a, b] = await Promise.all([cacheKeys(chat(one), tenant, [], true), cacheKeys(chat(other), tenant, [], true)]);
    // What differs in more than the last words is in another namespace, too.
    if (a.prompt === b.prompt) expect(a.namespace === undefined || a.namespace !== b.namespace).toBe(true);
  });

  it("is the same whatever the order of keys, the spelling of numbers, streaming, the user's name and the cap on output", async () => {
    const one = '{"messages":[{"role":"user","content":"hi"}],"temperature":0,"top_p":1.0}';
    const other =
      '{"top_p":1e0,"stream":true,"temperature":0.0,"user":"u","max_tokens":9,"messages":[{"content":"hi","role":"user"}],"metadata":{"a":"b"}}';
    expect(await keyOf(chat(JSON.parse(one)))).toBe(await keyOf(chat(JSON.parse(other))));
  });

  it("is the same for the same question in either protocol", async () => {
    const messages = protocols["anthropic-messages"].decodeRequest({
      model: "gpt-4o",
      max_tokens: 100,
      temperature: 0,
      system: "Be brief.",
      messages: [{ role: "user", content: "hi" }],
    });
    const same = chat({
      temperature: 0,
      messages: [
        { role: "system", content: "Be brief." },
        { role: "user", content: "hi" },
      ],
    });
    expect(await keyOf(messages)).toBe(await keyOf(same));
  });

  it("changes with the fingerprints of chain, guards and policy (PITFALLS C 28)", async () => {
    expect(await keyOf(chat(plain), tenant, ["guards 1"])).not.toBe(await keyOf(chat(plain), tenant, ["guards 2"]));
  });

  it("never crosses tenants (PITFALLS C 23)", async () => {
    const name = fc.string({ minLength: 1, maxLength: 6 });
    const anyTenant = fc.record<CacheTenant>({
      scope: fc.constantFrom("user", "key", "team"),
      keyId: name,
      user: fc.option(name, { nil: undefined }),
      team: fc.option(name, { nil: undefined }),
    });
    await fc.assert(
      fc.asyncProperty(anyTenant, anyTenant, async (a, b) => {
        const isOne = tenantName(a) === tenantName(b);
        if (isOne && tenantName(a).startsWith("key:")) expect(a.keyId).toBe(b.keyId);
        if (isOne && tenantName(a).startsWith("team:")) expect(a.team).toBe(b.team);
        expect((await keyOf(chat(plain), a)) === (await keyOf(chat(plain), b))).toBe(isOne);
      }),
      { numRuns: 200 },
    );
  });

  it("takes a picture behind an address for something that may change", () => {
    const parts = [{ type: "image_url", image_url: { url: "https://example.com/a.png" } }];
    expect(isVolatile(chat({ messages: [{ role: "user", content: parts }] }))).toBe(true);
    expect(isVolatile(chat(image("AAAA")))).toBe(false);
  });
});

describe("canonical JSON", () => {
  it("is equal exactly for equal values", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        const shuffled = JSON.parse(JSON.stringify(a), (_, value: unknown) =>
          typeof value === "object" && value !== null && !Array.isArray(value)
            ? Object.fromEntries(Object.entries(value).reverse())
            : value,
        );
        expect(canonicalJson(shuffled)).toBe(canonicalJson(a));
        const isEqual = canonicalJson(a) === canonicalJson(b);
        if (isEqual) expect(JSON.parse(canonicalJson(a))).toEqual(JSON.parse(canonicalJson(b)));
        expect(JSON.parse(canonicalJson(a))).toEqual(JSON.parse(JSON.stringify(a)));
      }),
    );
  });
});
