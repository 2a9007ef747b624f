import { describe, expect, it } from "vitest";
import type { InferenceRequest, JsonObject } from "../inference";
import { protocols } from "../protocols";
import { CAPABLE } from "../protocols/anthropic-messages/capable.fixture";
import { Decisions, type Guard, INSPECTED_CHARS_MAX } from "./guard";
import { GuardPolicies, guardsOf } from "./guards";
import { inspectRequest } from "./inspect";
import { TextGuard } from "./reply-guard";
import { spotlighted } from "./spotlit-request";
import { mapTexts } from "./texts";
import { NOTHING_REPLACED, Vault } from "./vault";

const chat = (body: JsonObject): InferenceRequest => protocols["openai-chat"].decodeRequest({ model: "m", ...body });
const saying = (content: string) => chat({ messages: [{ role: "user", content }] });
const guard = (change: Partial<Guard>): Guard => ({
  ...{ name: "g", input: "block", output: "block", onFailure: "closed", find: () => [] },
  ...change,
});
const found = (text: string, pattern: RegExp) =>
  [...text.matchAll(pattern)].map(({ 0: { length }, index }) => ({ guard: "g", type: "KEY", start: index, end: index + length, score: 1 }));
const throwing = (onFailure: Guard["onFailure"]): Guard =>
  guard({
    onFailure,
    find: () => {
      throw new Error("no");
    },
  });

describe("a guard that fails", () => {
  it.each(["open", "closed"] as const)("%s: lets requests through or refuses them, and says so", (onFailure) => {
    for (const [request, active] of [
      [saying("hi"), throwing(onFailure)],
      [saying("x".repeat(INSPECTED_CHARS_MAX + 1)), guard({ onFailure })],
    ] as const) {
      const decisions = new Decisions();
      const { blockedBy } = inspectRequest(request, [active], new Vault(), decisions);
      expect(blockedBy).toEqual(onFailure === "open" ? undefined : { guard: "g", isFailure: true });
      expect(decisions.header).toBe(`g=failed-${onFailure}:1`);
    }
  });

  it("does the same to replies", () => {
    const through = (active: Guard): [string, boolean] => {
      const text = new TextGuard({ guards: [active], vault: new Vault(), decisions: new Decisions() }, "text");
      return [text.push("all of it is said ") + text.end(), text.isBlocked];
    };
    expect(through(throwing("open"))).toEqual(["all of it is said ", false]);
    expect(through(throwing("closed"))).toEqual(["", true]);
  });
});

describe("what the caller wrote himself", () => {
  const said = '{"key":"a\\"b-77","other":"c-77"}';
  const through = (mode: "reversible" | "redact-only"): string => {
    const vault = new Vault({ mode });
    vault.placeholderFor("KEY", 'a"b-77');
    const guards = [guard({ output: "redact", find: (text) => found(text, /a\\"b-77|c-77/g) })];
    const text = new TextGuard({ guards, vault: NOTHING_REPLACED, own: vault.spellings, decisions: new Decisions() }, "json");
    return text.push(said) + text.end();
  };

  it("is let through where values are in a reply already, as JSON writes it too; not where the policy never restores", () => {
    expect(through("reversible")).toBe('{"key":"a\\"b-77","other":"[KEY]"}');
    expect(through("redact-only")).toBe('{"key":"[KEY]","other":"[KEY]"}');
  });
});

describe("the texts of a request", () => {
  const all = chat({
    messages: [
      { role: "system", content: "A1" },
      { role: "user", content: [{ type: "text", text: "A2" }] },
      {
        role: "assistant",
        content: "A3",
        tool_calls: [{ id: "c", type: "function", function: { name: "f", arguments: '{"a":["A4",{"b":"A5"}]}' } }],
      },
      { role: "tool", tool_call_id: "c", content: "A6" },
      { role: "user", content: "A7" },
    ],
    tools: [
      { type: "function", function: { name: "f", description: "A8", parameters: { type: "object", properties: { x: { enum: ["A9"] } } } } },
    ],
    response_format: { type: "json_schema", json_schema: { name: "n", schema: { type: "object", description: "A0" } } },
  });

  it("are all seen, and changed wherever they stand", () => {
    const seen = new Set<string>();
    const changed = mapTexts(all, (text, place) => {
      if (/^A\d$/.test(text)) seen.add(`${text} ${place}`);
      return text.replace(/^A/, "B");
    });
    expect([...seen].sort()).toEqual([
      "A0 schema",
      "A1 system",
      "A2 user",
      "A3 assistant",
      "A4 tool-arguments",
      "A5 tool-arguments",
      "A6 tool-result",
      "A7 user",
      "A8 schema",
      "A9 schema",
    ]);
    expect(JSON.stringify(changed)).not.toMatch(/"A\d/);
  });

  it("leave the request itself where nothing changes", () => {
    expect(mapTexts(all, (text) => text)).toBe(all);
  });
});

describe("a document in blocks", () => {
  it("stays in as many, which citations count, where values in it are replaced and it is marked as data", () => {
    const wire = protocols["anthropic-messages"];
    const block = (text: string) => ({ type: "text", text });
    const source = { type: "content", content: ["Ask bob@example.com.\n", "\nOr\n\nbob@example.com, or", "nobody.\n"].map(block) };
    const request = wire.decodeRequest({
      ...{ model: "m", max_tokens: 9 },
      messages: [{ role: "user", content: [{ type: "document", source, citations: { enabled: true } }] }],
    });
    const guards = guardsOf({ pii: { input: "redact" } });
    const { request: redacted } = inspectRequest(request, guards, new Vault(), new Decisions());
    const sent = (asked: InferenceRequest) => {
      const { messages } = wire.encodeRequest(asked, "m", CAPABLE).body as JsonObject;
      const [message] = messages as { content: { source: { content: { text: string }[] } }[] }[];
      return message?.content[0]?.source.content.map(({ text }) => text.trim());
    };
    expect(sent(redacted)).toEqual(["Ask [EMAIL_1].", "Or\n\n[EMAIL_1], or", "nobody."]);
    expect(sent(spotlighted(redacted, "data-x"))).toEqual(["<data-x>\nAsk [EMAIL_1].", "Or\n\n[EMAIL_1], or", "nobody.\n</data-x>"]);
  });
});

describe("policies", () => {
  it("of configuration, alias and key add up, the later say more, and are compiled once", () => {
    const policies = new GuardPolicies();
    const from = [
      { pii: { input: "redact" as const } },
      undefined,
      { pii: { output: "redact" as const }, secrets: { input: "block" as const } },
    ];
    const ready = policies.of(from);
    expect(ready.policy).toEqual({ pii: { input: "redact", output: "redact" }, secrets: { input: "block" } });
    expect(ready.guards.map(({ name }) => name)).toEqual(["secrets", "pii"]);
    expect(policies.of(from)).toBe(ready);
    expect(policies.of([undefined, undefined]).guards).toEqual([]);
  });
});
