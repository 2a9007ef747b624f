import { describe, expect, it } from "vitest";
import { defineConfig } from "../config";
import { parseObject } from "../core/json";
import type { InferenceResponse, JsonObject } from "../inference";
import { protocols } from "../protocols";
import { providers } from "../providers";
import { planFor } from "../routing";
import { answeredHeaders } from "./answered-headers";
import { type DispatchPorts, dispatch } from "./dispatch";
import type { HealthPort } from "./health-port";

const config = defineConfig({
  aliases: { default: ["anthropic/claude-sonnet-4-6", "openai/gpt-4o"] },
  models: [],
  cors: { origins: [], maxAgeSeconds: 0 },
  limits: { requestBytesMax: 1024, replyBytesMax: 1_000_000, nestingMax: 16 },
  failover: { retry: { roundsMax: 0 } },
});
const plan = planFor("default", { config, providers, settings: { ANTHROPIC_API_KEY: "a", OPENAI_API_KEY: "b" } });

const well: HealthPort = {
  enter: async () => ({ kind: "go", isProbe: false, leave: () => {} }),
  heard: () => {},
  measured: () => {},
  p95Ms: () => undefined,
  p95OfAllMs: () => undefined,
  countRequest: () => {},
  takeHedge: () => false,
};
const closed: HealthPort = { ...well, enter: async () => ({ kind: "refused", reason: "circuit-open", retryAtMs: 31_000 }) };
const stored: InferenceResponse = {
  id: "old",
  model: "claude-sonnet-4-6",
  choices: [{ index: 0, parts: [{ type: "text", text: "As before" }], finish: { kind: "stop", raw: "end_turn" } }],
};

function ask(ports: Partial<DispatchPorts>, stream = false) {
  const json = parseObject<JsonObject>(JSON.stringify({ model: "default", stream, messages: [{ role: "user", content: "hi" }] }), 16);
  const client = protocols["openai-chat"];
  return dispatch(
    {
      client,
      json,
      request: client.decodeRequest(json.value),
      plan,
      principal: "key_1",
      headers: new Headers(),
      clientGone: new AbortController().signal,
      requestId: "req_1",
      estimateInputTokens: () => 1,
    },
    {
      fetch: async () => new Response("down", { status: 503 }),
      now: () => 1000,
      random: () => 0.5,
      replyBytesMax: 1_000_000,
      health: well,
      background: () => {},
      ...ports,
    },
  );
}

describe("when everybody fails", () => {
  it("the newest stored reply is served, whole or streaming, and says that it is old", async () => {
    const storedReply = async () => ({ response: stored, provider: "anthropic", model: "claude-sonnet-4-6", storedAtMs: -59_000 });
    const whole = await ask({ storedReply });
    expect(whole.kind === "whole" && JSON.parse(whole.body)).toMatchObject({ choices: [{ message: { content: "As before" } }] });
    expect(answeredHeaders(whole.answered)).toMatchObject({
      "x-sluice-cache": "stale",
      age: "60",
      "x-sluice-model": "claude-sonnet-4-6",
      "x-sluice-fallback": "from=anthropic/claude-sonnet-4-6; to=stored reply; reason=overloaded; attempts=2",
    });
    expect(await whole.settled).toMatchObject({
      outcome: { status: "ok" },
      attempts: [{ outcome: { status: "error" } }, { outcome: { status: "error" } }],
    });
    const streamed = await ask({ storedReply, health: closed }, true);
    const text = streamed.kind === "stream" ? await new Response(streamed.body).text() : "";
    expect(text).toContain("As before");
    expect(text).toMatch(/data: \[DONE\]\n\n$/);
  });

  it.each([
    ["has none", async () => null],
    ["fails", async () => Promise.reject(new Error("down"))],
    ["hangs", () => new Promise<never>(() => {})],
  ])("the first one's error is told when the store %s", async (_, storedReply) => {
    const reply = await ask({ storedReply });
    expect(reply).toMatchObject({ kind: "refused", error: { status: 503 } });
  });

  it("a 503 names the soonest probe where every breaker is open, and nobody was called", async () => {
    const reply = await ask({ health: closed, fetch: () => Promise.reject(new Error("must not be called")) });
    expect(reply).toMatchObject({ kind: "refused", error: { status: 503, code: "circuit_open", retryAfterSeconds: 30 } });
    expect((await reply.settled).attempts).toEqual([]);
  });
});
