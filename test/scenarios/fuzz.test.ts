import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DirectGateway, startDirectGateway } from "../support/direct-gateway";
import { startUpstream, type Upstream } from "../support/upstream";

const CASES = 2000;
const AT_ONCE = 16;
const ANSWER_MS_MAX = 10_000;

let upstream: Upstream;
let gateway: DirectGateway;
beforeAll(async () => {
  upstream = await startUpstream();
  upstream.answer((response, { path }) => {
    const chat = {
      id: "chatcmpl-1",
      object: "chat.completion",
      created: 1,
      model: "gpt-4o",
      choices: [{ index: 0, message: { role: "assistant", content: "ok" }, finish_reason: "stop" }],
    };
    const message = {
      id: "msg_1",
      type: "message",
      role: "assistant",
      model: "claude-sonnet-4-6",
      content: [{ type: "text", text: "ok" }],
      stop_reason: "end_turn",
      stop_sequence: null,
      usage: { input_tokens: 1, output_tokens: 1 },
    };
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(path.endsWith("/messages") ? message : chat));
  });
  gateway = await startDirectGateway("src/worker.ts", {
    OPENAI_API_KEY: "sk-upstream-secret",
    OPENAI_BASE_URL: `${upstream.origin}/v1`,
    ANTHROPIC_API_KEY: "sk-upstream-secret",
    ANTHROPIC_BASE_URL: upstream.origin,
  });
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

interface Wire {
  path: string;
  /** A request with everything in it, for an own and for a foreign model. */
  models: [string, string];
  valid: Record<string, unknown>;
  /** Field path → values that are wrong there. */
  wrong: [path: (string | number)[], values: unknown[]][];
  isNative: (body: unknown) => boolean;
}

const notString = [null, 7, true, {}, []];
const notNumber = ["1", true, {}, [], "Infinity"];
const notInteger = [...notNumber, 1.5, -1, 0, 1e300];
const notArray = ["x", 7, true, {}];
const notBoolean = ["true", 1, {}, []];

const openai: Wire = {
  path: "/v1/chat/completions",
  models: ["openai/gpt-4o", "anthropic/claude-sonnet-4-6"],
  valid: {
    messages: [
      { role: "system", content: "Be brief." },
      {
        role: "user",
        content: [
          { type: "text", text: "Hi" },
          { type: "image_url", image_url: { url: "https://example.com/a.png" } },
        ],
      },
      { role: "assistant", content: null, tool_calls: [{ id: "call_1", type: "function", function: { name: "f", arguments: "{}" } }] },
      { role: "tool", tool_call_id: "call_1", content: "42" },
      { role: "user", content: "So?" },
    ],
    tools: [{ type: "function", function: { name: "f", parameters: { type: "object", properties: {} } } }],
    temperature: 0.5,
    max_tokens: 50,
    stream: false,
  },
  wrong: [
    [["model"], notString],
    [["messages"], [...notArray, null, []]],
    [
      ["messages", 0],
      ["x", 7, null, []],
    ],
    [
      ["messages", 0, "role"],
      [...notString, "", "oracle", "USER"],
    ],
    [
      ["messages", 1, "content"],
      [
        7,
        true,
        {},
        [7],
        [null],
        [{}],
        [{ type: "text" }],
        [{ type: "text", text: 7 }],
        [{ type: "image_url" }],
        [{ type: "image_url", image_url: { url: 7 } }],
      ],
    ],
    [
      ["messages", 2, "tool_calls"],
      [
        "x",
        7,
        {},
        [7],
        [{}],
        [{ id: "call_1", type: "function" }],
        [{ id: "call_1", type: "function", function: { name: 7, arguments: "{}" } }],
        [{ id: "call_1", type: "function", function: { name: "f", arguments: 7 } }],
      ],
    ],
    [
      ["messages", 3, "tool_call_id"],
      [...notString, "call_2", ""],
    ],
    [
      ["tools"],
      [
        ...notArray,
        [7],
        [{ type: "function" }],
        [{ type: "function", function: {} }],
        [{ type: "function", function: { name: 7 } }],
        [{ type: "function", function: { name: "f", parameters: "x" } }],
      ],
    ],
    [["tool_choice"], [7, [], "whatever", { type: "function" }, { type: "function", function: { name: 7 } }]],
    [["temperature"], notNumber],
    [["top_p"], notNumber],
    [["max_tokens"], notInteger],
    [["max_completion_tokens"], notInteger],
    [["n"], notInteger],
    [["stop"], [7, {}, [7]]],
    [["stream"], notBoolean],
    [["stream_options"], ["x", 7, [], { include_usage: "yes" }]],
    [["response_format"], ["json", 7, [], {}, { type: "json_schema" }, { type: "json_schema", json_schema: { name: "x", schema: 7 } }]],
    [["logprobs"], ["true", {}, []]],
    [["parallel_tool_calls"], notBoolean],
    [["reasoning_effort"], [7, {}, []]],
  ],
  isNative: (body) => {
    const { error } = body as { error?: { message?: unknown; type?: unknown } }; // any JSON: what is missing fails the check
    return typeof error?.message === "string" && typeof error.type === "string" && "param" in error && "code" in error;
  },
};

const anthropic: Wire = {
  path: "/v1/messages",
  models: ["anthropic/claude-sonnet-4-6", "openai/gpt-4o"],
  valid: {
    max_tokens: 50,
    system: [{ type: "text", text: "Be brief.", cache_control: { type: "ephemeral" } }],
    messages: [
      {
        role: "user",
        content: [
          { type: "text", text: "Hi" },
          { type: "image", source: { type: "base64", media_type: "image/png", data: "aGk=" } },
        ],
      },
      { role: "assistant", content: [{ type: "tool_use", id: "toolu_1", name: "f", input: {} }] },
      { role: "user", content: [{ type: "tool_result", tool_use_id: "toolu_1", content: "42" }] },
    ],
    tools: [{ name: "f", input_schema: { type: "object", properties: {} } }],
    temperature: 0.5,
    stream: false,
  },
  wrong: [
    [["model"], notString],
    [["max_tokens"], [...notInteger.filter((value) => value !== 0), undefined, null]],
    [["system"], [7, true, {}, [7], [{ type: "text" }], [{ type: "text", text: 7 }]]],
    [["messages"], [...notArray, null, []]],
    [
      ["messages", 0],
      ["x", 7, null, []],
    ],
    [
      ["messages", 0, "role"],
      [...notString, "", "oracle", "tool"],
    ],
    [
      ["messages", 0, "content"],
      [null, 7, true, {}, [7], [null], [{}], [{ type: "text" }], [{ type: "image" }], [{ type: "image", source: { type: "base64" } }]],
    ],
    [
      ["messages", 1, "content", 0],
      [
        { type: "tool_use" },
        { type: "tool_use", id: 7, name: "f", input: {} },
        { type: "tool_use", id: "toolu_1", name: 7, input: {} },
        { type: "tool_use", id: "toolu_1", name: "f", input: "x" },
      ],
    ],
    [
      ["messages", 2, "content", 0, "tool_use_id"],
      [...notString, "toolu_2", ""],
    ],
    [
      ["messages", 2, "content", 0, "content"],
      [7, true, [7], [{ type: "text" }]],
    ],
    [["tools"], [...notArray, [7], [{}], [{ name: 7, input_schema: {} }], [{ name: "f" }], [{ name: "f", input_schema: "x" }]]],
    [["tool_choice"], ["auto", 7, [], {}, { type: "tool" }]],
    [["thinking"], ["enabled", 7, [], {}, { type: "enabled" }, { type: "enabled", budget_tokens: "x" }]],
    [["temperature"], notNumber],
    [["top_k"], [...notNumber, 1.5]],
    [["stop_sequences"], [7, "x", {}, [7]]],
    [["stream"], notBoolean],
    [["metadata"], ["x", 7, [], { user_id: 7 }]],
  ],
  isNative: (body) => {
    const { type, error } = body as { type?: unknown; error?: { message?: unknown; type?: unknown } }; // any JSON: what is missing fails the check
    return type === "error" && typeof error?.message === "string" && typeof error.type === "string";
  },
};

/** One bad request: its bytes and headers. */
interface Bad {
  why: string;
  body: string | Uint8Array;
  headers?: Record<string, string>;
}

function badRequests(wire: Wire): fc.Arbitrary<Bad> {
  const valid = fc.constantFrom(...wire.models).map((model) => ({ model, ...structuredClone(wire.valid) }));
  const text = valid.map((body) => JSON.stringify(body));
  const wrongField = fc
    .tuple(valid, fc.constantFrom(...wire.wrong))
    .chain(([body, [path, values]]) =>
      fc
        .constantFrom(...values)
        .map((value) => ({ why: `${path.join(".")} = ${JSON.stringify(value)}`, body: JSON.stringify(put(body, path, value)) })),
    );
  const put1 = (why: string, replace: string) => text.map((body) => ({ why, body: body.replace(/"max_tokens":50/, replace) }));
  return fc.oneof(
    { weight: 8, arbitrary: wrongField },
    {
      weight: 3,
      arbitrary: fc
        .tuple(text, fc.double({ min: 0, max: 0.999, noNaN: true }))
        .map(([body, share]) => ({ why: "truncated", body: body.slice(0, Math.floor(body.length * share)) })),
    },
    {
      weight: 1,
      arbitrary: fc
        .integer({ min: 200, max: 200_000 })
        .chain((depth) =>
          fc.constantFrom("[", '{"a":', "[{").map((open) => ({ why: `nested ${depth} deep`, body: `{"x":${open.repeat(depth)}` })),
        ),
    },
    {
      weight: 1,
      arbitrary: text.map((body) => ({ why: "nested, valid JSON", body: body.replace("{", `{"x":${"[".repeat(300)}${"]".repeat(300)},`) })),
    },
    { weight: 1, arbitrary: put1("huge number", '"max_tokens":1e999') },
    { weight: 1, arbitrary: put1("long number", `"max_tokens":${"9".repeat(400)}`) },
    {
      weight: 1,
      arbitrary: text.map((body) => ({ why: "infinite temperature", body: body.replace('"temperature":0.5', '"temperature":-1e999') })),
    },
    { weight: 1, arbitrary: text.map((body) => ({ why: "lone surrogate", body: body.replace("Be brief.", "\\ud83d broken") })) },
    { weight: 1, arbitrary: text.map((body) => ({ why: "field given twice", body: body.replace("{", '{"model":"openai/gpt-4o-mini",') })) },
    { weight: 1, arbitrary: fc.constant({ why: "empty", body: "" }) },
    {
      weight: 1,
      arbitrary: fc
        .jsonValue()
        .filter((value) => typeof value !== "object" || value === null || Array.isArray(value))
        .map((value) => ({ why: "no object", body: JSON.stringify(value) })),
    },
    {
      weight: 1,
      arbitrary: fc
        .jsonValue()
        .map((value) => ({ why: "any JSON", body: JSON.stringify({ model: wire.models[0], messages: value }) }))
        .filter(({ body }) => !body.includes('"role"')),
    },
    { weight: 1, arbitrary: fc.uint8Array({ minLength: 1, maxLength: 200 }).map((body) => ({ why: "bytes", body })) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(text, fc.constantFrom("text/plain", "application/xml", "multipart/form-data", "json", "application/jsonp", ";", "*/*"))
        .map(([body, type]) => ({ why: `content type ${type}`, body, headers: { "content-type": type } })),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(text, fc.constantFrom("gzip", "br", "deflate", "x"))
        .map(([body, encoding]) => ({ why: `encoding ${encoding}`, body, headers: { "content-encoding": encoding } })),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(text, fc.constantFrom("x", "[]", "7", '{"a":1}', "{", `{"a":"${"x".repeat(5000)}"}`))
        .map(([body, tags]) => ({ why: `tags ${tags.slice(0, 20)}`, body, headers: { "x-sluice-tags": tags } })),
    },
    { weight: 1, arbitrary: text.map((body) => ({ why: "long user", body, headers: { "x-sluice-user": "u".repeat(300) } })) },
    {
      weight: 1,
      arbitrary: fc.tuple(text, fc.string({ unit: "grapheme-ascii", maxLength: 300 })).map(([body, model]) => ({
        why: "unknown model",
        body: JSON.stringify({ ...JSON.parse(body), model: `no-${model.replaceAll("/", "-")}` }),
      })),
    },
  );
}

function put(body: Record<string, unknown>, path: (string | number)[], value: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  const copy = (Array.isArray(body) ? [...body] : { ...body }) as Record<string | number, unknown>; // both are indexed alike here
  copy[key] = put((copy[key] ?? {}) as Record<string, unknown>, rest, value); // the path exists in the valid request
  return copy;
}

describe.each([openai, anthropic])("$path", (wire) => {
  it(`answers ${CASES} bad requests with a native 4xx, and troubles no upstream with them`, { timeout: 180_000 }, async () => {
    const cases = fc.sample(badRequests(wire), { numRuns: CASES, seed: 20_261_123 });
    const before = upstream.received.length;
    const faults: string[] = [];
    const next = cases[Symbol.iterator]();
    const work = async (): Promise<void> => {
      for (const { why, body, headers } of next) {
        const response = await fetch(gateway.origin + wire.path, {
          method: "POST",
          headers: { authorization: `Bearer ${gateway.key}`, "content-type": "application/json", ...headers },
          body: typeof body === "string" ? body : Buffer.from(body),
          signal: AbortSignal.timeout(ANSWER_MS_MAX),
        });
        const said = await response.text();
        const isNative = said !== "" && wire.isNative(JSON.parse(said));
        if (response.status < 400 || response.status > 499 || !isNative) faults.push(`${why}: ${response.status} ${said.slice(0, 200)}`);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    expect([...new Set(faults)]).toEqual([]);
    expect(upstream.received.length - before).toBe(0);
  });

  it("takes the valid request that these were made from", async () => {
    for (const model of wire.models) {
      const response = await fetch(gateway.origin + wire.path, {
        method: "POST",
        headers: { authorization: `Bearer ${gateway.key}`, "content-type": "application/json" },
        body: JSON.stringify({ model, ...wire.valid }),
      });
      expect([model, response.status, await response.text()]).toMatchObject([model, 200, expect.any(String)]);
    }
  });
});
