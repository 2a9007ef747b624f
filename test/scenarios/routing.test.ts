import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startGateway, type TestGateway } from "../support/gateway";
import { bothProviders, pause, type Received, startUpstream, type Upstream } from "../support/upstream";

let gateway: TestGateway;
let upstream: Upstream;
beforeAll(async () => {
  upstream = await startUpstream();
  gateway = await startGateway(bothProviders(upstream), "test/support/thrifty-worker.ts");
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

interface Said {
  text?: string;
  finish?: string;
  cacheRead?: number;
  cacheWrite?: number;
  status?: number;
}

/** Answers on either wire what `say` says to the request. */
function answers(say: (received: Received) => Said): void {
  upstream.answer(async (response, received) => {
    const { text = "Fine.", finish = "stop", cacheRead = 0, cacheWrite = 0, status = 200 } = say(received);
    response.writeHead(status, { "content-type": "application/json" });
    if (status !== 200) return void response.end('{"error":{"message":"no"}}');
    if (received.path.endsWith("/count_tokens")) return void response.end(JSON.stringify({ input_tokens: 123_456 }));
    const isMessages = received.path.endsWith("/messages");
    const reply = isMessages
      ? {
          ...{ id: "msg_1", type: "message", role: "assistant", model: received.body.model, stop_sequence: null },
          stop_reason: finish === "stop" ? "end_turn" : finish === "length" ? "max_tokens" : finish,
          content: text === "" ? [] : [{ type: "text", text }],
          usage: { input_tokens: 100, output_tokens: 10, cache_read_input_tokens: cacheRead, cache_creation_input_tokens: cacheWrite },
        }
      : {
          ...{ id: "chatcmpl-1", object: "chat.completion", created: 1, model: received.body.model },
          choices: [{ index: 0, finish_reason: finish, message: { role: "assistant", content: text } }],
          usage: { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 },
        };
    response.end(JSON.stringify(reply));
  });
}

function ask(body: object, headers: Record<string, string> = {}, key = gateway.key, path = "/v1/chat/completions"): Promise<Response> {
  return fetch(`${gateway.url}${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
}
const user = (content: string) => ({ messages: [{ role: "user", content }] });
const modelsAsked = (from: number): unknown[] => upstream.received.slice(from).map(({ body }) => body.model);

describe("auto", () => {
  it("starts with the smallest model that will do, says why, and what that saved", async () => {
    answers(() => ({}));
    const before = upstream.received.length;
    const easy = await ask({ model: "auto:cheap", ...user("Hi! How are you?") });
    expect(easy.headers.get("x-sluice-route")).toMatch(/^task=conversation; complexity=0\.\d\d; tier=small$/);
    expect(Number(easy.headers.get("x-sluice-saved-usd"))).toBeGreaterThan(0);
    await easy.text();
    const hard = await ask(
      {
        model: "auto:best",
        ...user(
          "Prove that there are infinitely many primes of the form 4k+3, step by step, and find the flaw in Euclid's argument for 4k+1.",
        ),
      },
      { "x-sluice-task": "reasoning" },
    );
    expect(hard.headers.get("x-sluice-route")).toMatch(/^task=reasoning; complexity=0\.\d\d; tier=strong$/);
    await hard.text();
    expect(modelsAsked(before)).toEqual(["claude-haiku-4-5", "claude-opus-4-6"]);
    const row = await gateway.row(easy.headers.get("x-request-id") ?? "");
    expect(row).toMatchObject({ task: "conversation", route: "small", model_asked: "auto:cheap" });
    expect(Number(row.routing_nano_usd)).toBeGreaterThan(0);
  });

  it("refuses a task that it does not know, and explains without sending", async () => {
    const refused = await ask({ model: "auto", ...user("hi") }, { "x-sluice-task": "cooking" });
    expect([refused.status, await refused.text()]).toEqual([400, expect.stringContaining("generation, classification")]);
    const before = upstream.received.length;
    const response = await gateway.admin("/routing/explain", {
      method: "POST",
      body: JSON.stringify({ model: "auto", ...user("Write a Python function that reverses a list."), max_tokens: 50 }),
    });
    expect([response.status, await response.json()]).toEqual([
      200,
      {
        task: "coding",
        complexity: expect.any(Number),
        tier: expect.stringMatching(/small|strong/),
        chain: expect.arrayContaining([expect.stringContaining("claude")]),
        skipped: [],
        cache: { mode: "off", scope: "key", ttl_seconds: 3600, semantic: "off", reads: false, writes: false },
        estimate: { input_tokens: expect.any(Number), output_tokens: 50, cost_usd: expect.any(Number) },
      },
    ]);
    expect(upstream.received.length).toBe(before);
  });

  it("leaves out who lacks what the request needs", async () => {
    const image = { type: "image_url", image_url: { url: "data:image/png;base64,iVBORw0KGgo=" } };
    const response = await gateway.admin("/routing/explain", {
      method: "POST",
      body: JSON.stringify({ model: "blind-first", messages: [{ role: "user", content: [{ type: "text", text: "What is it?" }, image] }] }),
    });
    expect(await response.json()).toMatchObject({
      chain: ["openai/gpt-4o"],
      skipped: [{ deployment: "openai/gpt-4o-blind", reason: "no-vision" }],
    });
  });
});

describe("an alias's routes", () => {
  it("go by tag, user and length; experiments are stable by user", async () => {
    answers(() => ({}));
    const before = upstream.received.length;
    for (const [headers, body] of [
      [{ "x-sluice-tags": '{"plan":"free"}' }, user("hi")],
      [{ "x-sluice-user": "vip" }, user("hi")],
      [{}, user("word ".repeat(2000))],
      [{}, user("hi")],
    ] as const)
      await (await ask({ model: "routed", ...body }, headers)).text();
    expect(modelsAsked(before)).toEqual(["gpt-4o-mini", "claude-opus-4-6", "gpt-4o", "claude-sonnet-4-6"]);

    // Each route has its own stored replies.
    const cached = async (name?: string) => {
      const response = await ask(
        { model: "routed", ...user("cached?"), temperature: 0 },
        name === undefined ? {} : { "x-sluice-user": name },
      );
      await response.text();
      await gateway.row(response.headers.get("x-request-id") ?? "");
      return [response.headers.get("x-sluice-cache"), response.headers.get("x-sluice-model")];
    };
    expect([await cached(), await cached("vip"), await cached(), await cached("vip")]).toEqual([
      ["miss", "claude-sonnet-4-6"],
      ["miss", "claude-opus-4-6"],
      ["memory", "claude-sonnet-4-6"],
      ["memory", "claude-opus-4-6"],
    ]);

    const arms = new Map<string, Set<unknown>>();
    // Each falls into either arm by chance, as the key's id does: with 24 of them both arms have somebody.
    const names = Array.from({ length: 24 }, (_, at) => `user-${at}`);
    for (const name of [...names, ...names]) {
      const from = upstream.received.length;
      await (await ask({ model: "tested", ...user("hi") }, { "x-sluice-user": name })).text();
      arms.set(name, (arms.get(name) ?? new Set()).add(modelsAsked(from)[0]));
    }
    expect([...arms.values()].every((models) => models.size === 1)).toBe(true);
    expect(new Set([...arms.values()].flatMap((models) => [...models])).size).toBe(2);
  });

  it("asks a candidate beside, with a row of its own, and never lets it fail the reply", async () => {
    answers(({ body }) => (body.model === "gpt-4o-mini" ? { status: 500 } : {}));
    const from = upstream.received.length;
    const response = await ask({ model: "shadowed", ...user("hi") });
    expect(response.status).toBe(200);
    await response.text();
    for (let tries = 0; tries < 50 && modelsAsked(from).length < 2; tries++) await pause(50);
    expect(new Set(modelsAsked(from))).toEqual(new Set(["gpt-4o", "gpt-4o-mini"]));
    answers(() => ({}));
    const again = await ask({ model: "shadowed", ...user("hi") });
    await again.text();
    const id = again.headers.get("x-request-id") ?? "";
    const { DB } = await gateway.env();
    let row: Record<string, unknown> | null = null;
    for (let tries = 0; tries < 100 && !row; tries++) {
      row = await DB.prepare("SELECT * FROM usage WHERE tags LIKE ?1").bind(`%${id}%`).first();
      await pause(50);
    }
    expect(row).toMatchObject({ model_served: "gpt-4o-mini", status: "ok" });
  });
});

describe("a request that no deployment can be asked", () => {
  it("gives its place back, and has its row", async () => {
    const { id, key } = await gateway.createKey({ limits: { concurrency: 1 } });
    for (let call = 0; call < 3; call++) {
      const response = await ask({ model: "anthropic/claude-sonnet-4-6", ...user("hi"), n: 2 }, {}, key);
      expect(response.status).toBe(400);
      await gateway.row(response.headers.get("x-request-id") ?? "");
    }
    const { DB } = await gateway.env();
    const { results } = await DB.prepare("SELECT status, cost_nano_usd FROM usage WHERE key_id = ?1").bind(id).all();
    expect(results).toEqual(Array.from({ length: 3 }, () => ({ status: "error", cost_nano_usd: 0 })));
  });
});

describe("a cascade", () => {
  const schema = {
    response_format: {
      type: "json_schema",
      json_schema: { name: "n", schema: { type: "object", properties: { n: { type: "integer" } }, required: ["n"] } },
    },
  };

  it.each<[string, Said, object]>([
    ["empty", { text: "" }, {}],
    ["cut", { text: "half a", finish: "length" }, {}],
    ["no-json", { text: "sorry" }, schema],
    ["schema", { text: '{"n":"one"}' }, schema],
  ])("goes up one step where the small model's reply is %s, and bills both", async (reason, said, body) => {
    answers(({ body: { model } }) => (model === "gpt-4o-mini" ? said : { text: '{"n":1}' }));
    const from = upstream.received.length;
    const response = await ask({ model: "climbing", ...user(`count ${reason}`), ...body });
    expect(response.headers.get("x-sluice-route")).toBe(`escalated=${reason}`);
    expect(response.headers.get("x-sluice-model")).toBe("gpt-4o");
    expect(await response.text()).toContain('{\\"n\\":1}');
    expect(modelsAsked(from)).toEqual(["gpt-4o-mini", "gpt-4o"]);
    const row = await gateway.row(response.headers.get("x-request-id") ?? "");
    // 100 in and 10 out of both: $0.15 and $0.60, $2.50 and $10 per million.
    expect(row).toMatchObject({ attempts: 2, cost_nano_usd: 21_000 + 350_000 });
    expect(String(row.other_attempts)).toContain(`escalated-${reason}`);
  });

  it("stays with the small model where its reply will do, and gives what there is when the next step fails", async () => {
    answers(() => ({ text: '{"n":1}' }));
    const from = upstream.received.length;
    await (await ask({ model: "climbing", ...user("fine"), ...schema })).text();
    expect(modelsAsked(from)).toEqual(["gpt-4o-mini"]);
    answers(({ body: { model } }) => (model === "gpt-4o-mini" ? { text: "half", finish: "length" } : { status: 500 }));
    const degraded = await ask({ model: "climbing", ...user("degraded") });
    expect([degraded.status, await degraded.text()]).toEqual([200, expect.stringContaining("half")]);
  });

  it("does not store a reply that would not do, and bills it once when the next step fails", async () => {
    answers(({ body: { model } }) => (model === "gpt-4o-mini" ? { text: "sorry" } : { status: 500 }));
    const body = { model: "climbing", ...user("stored?"), ...schema, temperature: 0 };
    const degraded = await ask(body);
    expect(await degraded.text()).toContain("sorry");
    const row = await gateway.row(degraded.headers.get("x-request-id") ?? "");
    expect(row).toMatchObject({ cost_nano_usd: 21_000, cache_key: null });
    answers(() => ({ text: '{"n":1}' }));
    const well = await ask(body);
    expect([well.headers.get("x-sluice-cache"), await well.text()]).toEqual(["miss", expect.stringContaining('\\"n\\":1')]);
  });

  it("asks a judge where there is one", async () => {
    answers(({ body, text }) =>
      text.includes("Good enough?") ? { text: body.model === "gpt-4o" ? "no" : "yes" } : { text: `by ${body.model}` },
    );
    const response = await ask({ model: "judged", ...user("hm") });
    expect(response.headers.get("x-sluice-route")).toBe("escalated=judged");
    expect(await response.text()).toContain("by claude-sonnet-4-6");
    const row = await gateway.row(response.headers.get("x-request-id") ?? "");
    expect(row.attempts).toBe(4);
  });
});

describe("long conversations", () => {
  const turns = (count: number) =>
    Array.from({ length: count }, (_, at) => ({ role: at % 2 === 0 ? "user" : "assistant", content: `${at}: ${"word ".repeat(60)}` }));

  it("lose their oldest turns, and say so", async () => {
    answers(() => ({}));
    const from = upstream.received.length;
    const response = await ask({ model: "windowed", messages: [{ role: "system", content: "Be brief." }, ...turns(41)] });
    expect(response.headers.get("x-sluice-context")).toMatch(/^strategy=window; left_out_turns=\d+; left_out_tokens=\d+$/);
    await response.text();
    const sent = upstream.received[from]?.body.messages as { role: string; content: unknown }[];
    expect(sent[0]).toMatchObject({ role: "system" });
    expect(sent[1]?.role).toBe("user");
    expect(JSON.stringify(sent.at(-1))).toContain("40: ");
    expect(sent.length).toBeLessThan(30);
    const row = await gateway.row(response.headers.get("x-request-id") ?? "");
    expect(Number(row.left_out_nano_usd)).toBeGreaterThan(0);
  });

  it("have them summarised once by a small model, and the summary is billed to the request", async () => {
    answers(({ text }) => ({ text: text.includes("Write the summary") ? "They counted words." : "Fine." }));
    const from = upstream.received.length;
    const first = await ask({ model: "summarised", messages: turns(41) });
    expect(first.headers.get("x-sluice-context")).toMatch(/^strategy=summarize/);
    await first.text();
    expect(modelsAsked(from)).toEqual(["gpt-4o-mini", "gpt-4o"]);
    expect(upstream.received[from + 1]?.text).toContain("They counted words.");
    const row = await gateway.row(first.headers.get("x-request-id") ?? "");
    expect(Number(row.cost_nano_usd)).toBeGreaterThan(350_000);
    const again = upstream.received.length;
    await (await ask({ model: "summarised", messages: turns(41) })).text();
    expect(modelsAsked(again)).toEqual(["gpt-4o"]);
  });

  it("are refused by default where an alias sets a limit", async () => {
    const response = await ask({ model: "limited", messages: turns(41) });
    expect([response.status, await response.text()]).toEqual([400, expect.stringContaining("context_length_exceeded")]);
  });
});

describe("prompt caching", () => {
  const system = "You help with orders. ".repeat(600);

  it("marks a long system prompt for the provider that takes marks, stops when nobody reads what is written, and reports the net", async () => {
    answers(() => ({ cacheWrite: 5000 }));
    const body = { model: "anthropic/claude-sonnet-4-6", max_tokens: 50, system, messages: [{ role: "user", content: "hi" }] };
    const { key } = await gateway.createKey();
    const from = upstream.received.length;
    const first = await ask(body, {}, key, "/v1/messages");
    await first.text();
    expect(upstream.received[from]?.text).toContain('"cache_control":{"type":"ephemeral"}');
    const row = await gateway.row(first.headers.get("x-request-id") ?? "");
    expect(Number(row.prompt_cache_nano_usd)).toBeLessThan(0);
    // Another prompt of the same kind each time: what was written is never read.
    const again = upstream.received.length;
    await (await ask({ ...body, system: `${system} And tell the ${again}th joke.` }, {}, key, "/v1/messages")).text();
    expect(upstream.received[again]?.text).not.toContain("cache_control");
  });

  it("leaves the caller's own marks, and a property that happens to have that name, alone (PITFALLS 29, 21)", async () => {
    answers(() => ({}));
    const tools = [{ name: "f", description: "x", input_schema: { type: "object", properties: { cache_control: { type: "string" } } } }];
    const own = [{ type: "text", text: system, cache_control: { type: "ephemeral", ttl: "1h" } }];
    const body = { model: "anthropic/claude-sonnet-4-6", max_tokens: 50, system: own, tools, messages: [{ role: "user", content: "hi" }] };
    const from = upstream.received.length;
    await (await ask(body, {}, gateway.key, "/v1/messages")).text();
    const sent = upstream.received[from]?.body;
    expect([sent?.system, sent?.tools]).toEqual([own, tools]);
  });

  it("keeps the prefixes of the other provider together by a key", async () => {
    answers(() => ({}));
    const from = upstream.received.length;
    const body = {
      model: "openai/gpt-4o",
      messages: [
        { role: "system", content: system },
        { role: "user", content: "hi" },
      ],
    };
    await (await ask(body)).text();
    await (await ask({ ...body, messages: [...body.messages.slice(0, 1), { role: "user", content: "ho" }] })).text();
    const keys = upstream.received.slice(from).map(({ body: sent }) => sent.prompt_cache_key);
    expect(keys[0]).toMatch(/^sluice-[0-9a-f]{32}$/);
    expect(keys[1]).toBe(keys[0]);
    await (await ask({ ...body, prompt_cache_key: "mine" })).text();
    expect(upstream.received.at(-1)?.body.prompt_cache_key).toBe("mine");
  });
});

describe("output caps", () => {
  it("are lowered to the key's limit, never raised, and set by task for auto", async () => {
    answers(() => ({}));
    const { key } = await gateway.createKey({ max_output_tokens: 300 });
    const from = upstream.received.length;
    await (await ask({ model: "openai/gpt-4o", ...user("hi"), max_tokens: 1000 }, {}, key)).text();
    await (await ask({ model: "openai/gpt-4o", ...user("hi"), max_tokens: 100 }, {}, key)).text();
    await (await ask({ model: "auto", ...user("Is this spam? Answer yes or no: buy now") }, { "x-sluice-task": "classification" })).text();
    const caps = upstream.received.slice(from).map(({ body }) => body.max_tokens ?? body.max_completion_tokens);
    expect(caps).toEqual([300, 100, 1024]);
  });
});

describe("count_tokens (PITFALLS B 18)", () => {
  const count = (body: object) => ask(body, { "anthropic-version": "2023-06-01" }, gateway.key, "/v1/messages/count_tokens");

  it("asks the provider that counts, needs no max_tokens, and sends what counts alone", async () => {
    answers(() => ({}));
    const body = { model: "anthropic/claude-sonnet-4-6", system: "Be brief.", messages: [{ role: "user", content: "hi" }] };
    const response = await count(body);
    expect([response.status, await response.json()]).toEqual([200, { input_tokens: 123_456 }]);
    expect(upstream.received.at(-1)?.path).toBe("/v1/messages/count_tokens");
    expect(Object.keys(upstream.received.at(-1)?.body ?? {})).not.toContain("max_tokens");
  });

  it("estimates elsewhere, beyond any window too, counting tools and their results", async () => {
    const text = "one two three four five ".repeat(60_000);
    const tools = [{ name: "f", description: "does things", input_schema: { type: "object", properties: { a: { type: "string" } } } }];
    const messages = [
      { role: "user", content: "hi" },
      { role: "assistant", content: [{ type: "tool_use", id: "t1", name: "f", input: { a: "b" } }] },
      { role: "user", content: [{ type: "tool_result", tool_use_id: "t1", content: text }] },
    ];
    const response = await count({ model: "openai/gpt-4o", system: "s", tools, messages });
    const { input_tokens: tokens } = (await response.json()) as { input_tokens: number };
    expect(response.headers.get("x-sluice-warnings")).toContain("estimate");
    // One token a word: 300,000 and a little.
    expect(tokens).toBeGreaterThan(270_000);
    expect(tokens).toBeLessThan(330_000);
  });
});
