import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startGateway, type TestGateway } from "../support/gateway";
import { bothProviders, messageStream, type Received, startUpstream, streams, type Upstream } from "../support/upstream";

// A reply is given again, or to several at once, only where each of them would have been answered so.

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

const HAIKU = "anthropic/claude-haiku-4-5";
let counter = 0;
/** A prompt that no other test uses. */
const fresh = () => [{ role: "user", content: `Hi! How are you on day ${++counter}?` }];

/** Whole replies that name the model that gave them; `down` says whose provider fails. */
function wholeReplies(down: (received: Received) => boolean = () => false): void {
  upstream.answer((response, received) => {
    response.writeHead(down(received) ? 500 : 200, { "content-type": "application/json" });
    if (down(received)) return void response.end('{"error":{"message":"down"}}');
    const { model } = received.body;
    const reply = received.path.endsWith("/messages")
      ? {
          ...{ id: "msg_1", type: "message", role: "assistant", model, stop_reason: "end_turn", stop_sequence: null },
          ...{ content: [{ type: "text", text: `I am ${model}.` }], usage: { input_tokens: 10, output_tokens: 20 } },
        }
      : {
          ...{ id: "chatcmpl-1", object: "chat.completion", created: 1, model },
          choices: [{ index: 0, finish_reason: "stop", message: { role: "assistant", content: `I am ${model}.` } }],
          usage: { prompt_tokens: 10, completion_tokens: 20, total_tokens: 30 },
        };
    response.end(JSON.stringify(reply));
  });
}

function ask(body: object, headers: Record<string, string> = {}, key = gateway.key): Promise<Response> {
  return fetch(`${gateway.url}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json", ...headers },
    body: JSON.stringify({ temperature: 0, ...body }),
  });
}

/** Asks, and waits until the reply could be stored. */
async function settled(body: object, headers: Record<string, string> = {}, key = gateway.key): Promise<string> {
  const response = await ask(body, headers, key);
  const text = await response.text();
  await gateway.row(response.headers.get("x-request-id") ?? "");
  return text;
}

describe("a call that several wait for", () => {
  it("is shared by those alone whose output is capped alike", async () => {
    upstream.answer(streams(messageStream(Array.from({ length: 20 }, (_, at) => `word${at} `)), 20));
    const messages = fresh();
    const from = upstream.received.length;
    const stream = async (model: string, task?: string): Promise<void> => {
      const response = await ask({ model, messages, stream: true }, task === undefined ? {} : { "x-sluice-task": task });
      await response.text();
    };
    await Promise.all([stream("auto", "classification"), stream("auto", "classification"), stream("auto", "conversation"), stream(HAIKU)]);
    const sent = upstream.received.slice(from).map(({ body }) => [body.model, Number(body.max_tokens)] as const);
    expect(sent.sort(([, one], [, other]) => one - other)).toEqual([
      ["claude-haiku-4-5", 1024],
      ["claude-haiku-4-5", 8192],
      ["claude-haiku-4-5", 64_000],
    ]);
  });
});

describe("a stored reply", () => {
  it("of whoever stood in for a model is not that model's", async () => {
    wholeReplies(({ body }) => body.model === "claude-haiku-4-5");
    const messages = fresh();
    expect(await settled({ model: "auto", messages })).toContain("I am gpt-4o-mini.");
    wholeReplies();
    const direct = await ask({ model: HAIKU, messages });
    expect([direct.headers.get("x-sluice-cache"), await direct.text()]).toEqual([
      "miss",
      expect.stringContaining("I am claude-haiku-4-5."),
    ]);
    const again = await ask({ model: "auto", messages });
    expect([again.headers.get("x-sluice-cache"), await again.text()]).toEqual(["memory", expect.stringContaining("I am gpt-4o-mini.")]);
  });

  it("is not for a key whose cap it goes beyond", async () => {
    wholeReplies();
    const shared = { team: "readers", cache: { scope: "team" } };
    const [generous, strict] = await Promise.all([gateway.createKey(shared), gateway.createKey({ ...shared, max_output_tokens: 10 })]);
    const body = { model: HAIKU, messages: fresh() };
    await settled(body, {}, generous.key);
    const capped = await ask(body, {}, strict.key);
    expect(capped.headers.get("x-sluice-cache")).toBe("miss");
    await capped.text();
    const loose = await ask(body, {}, generous.key);
    expect(loose.headers.get("x-sluice-cache")).toBe("memory");
    await loose.text();
  });

  it("to a conversation of which turns were left out is not for one that fits", async () => {
    wholeReplies();
    const [first] = fresh();
    const turns = Array.from({ length: 20 }, (_, at) => ({ role: at % 2 === 0 ? "assistant" : "user", content: "word ".repeat(60) }));
    const body = { model: "narrowed", messages: [first, ...turns, { role: "user", content: "And?" }] };
    const from = upstream.received.length;
    await settled({ ...body, max_tokens: 2000 });
    await settled({ ...body, max_tokens: 100 });
    await settled({ ...body, max_tokens: 90 });
    const sent = upstream.received.slice(from).map(({ body: { messages } }) => (messages as unknown[]).length); // as they were sent
    expect(sent).toEqual([expect.any(Number), body.messages.length]);
    expect(sent[0]).toBeLessThan(body.messages.length);
  });
});
