import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SseDecoder } from "../../src/core/sse";
import { startGateway, type TestGateway } from "../support/gateway";
import { IN_REAL_TIME } from "../support/in-real-time";
import { seeded } from "../support/seeded";

// Every fault of the simulator, on both protocols, streaming or not, alone and with somebody to fall back to.

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway({}, "test/support/hasty-worker.ts");
});
afterAll(() => gateway.close());

type Wire = "chat" | "messages";
const PATH = { chat: "/v1/chat/completions", messages: "/v1/messages" } as const;
const PRIMARY = { chat: "openai/gpt-4o", messages: "anthropic/claude-sonnet-4-6" } as const;
const FALLBACK = {
  none: { chat: [], messages: [] },
  same: { chat: ["openai/gpt-4o-mini"], messages: ["anthropic/claude-haiku-4-5"] },
  cross: { chat: ["anthropic/claude-haiku-4-5"], messages: ["openai/gpt-4o-mini"] },
} as const;

interface Ask {
  wire: Wire;
  models: string[];
  stream: boolean;
  headers?: Record<string, string>;
  body?: object;
}

function ask({ wire, models, stream, headers = {}, body = {} }: Ask): Promise<Response> {
  return fetch(gateway.url + PATH[wire], {
    method: "POST",
    headers: { authorization: `Bearer ${gateway.key}`, "content-type": "application/json", ...headers },
    body: JSON.stringify({
      models,
      stream,
      messages: [{ role: "user", content: "Tell me of the sea." }],
      ...(wire === "messages" ? { max_tokens: 400 } : {}),
      ...body,
    }),
  });
}

interface Seen {
  status: number;
  text: string;
  starts: number;
  ends: number;
  isBroken: boolean;
  errors: { type?: string; message?: string }[];
}

/** What a client makes of a reply. */
async function see(response: Response): Promise<Seen> {
  const body = await response.text();
  const seen: Seen = { status: response.status, text: "", starts: 0, ends: 0, isBroken: false, errors: [] };
  if (!(response.headers.get("content-type") ?? "").startsWith("text/event-stream")) {
    const whole = JSON.parse(body);
    if (whole.error) seen.errors.push(whole.error);
    seen.text = whole.choices?.[0]?.message?.content ?? whole.content?.map((block: { text?: string }) => block.text ?? "").join("") ?? "";
    if (response.ok) [seen.starts, seen.ends] = [1, 1];
    return seen;
  }
  const sse = new SseDecoder();
  for (const { event: name, data } of [...sse.push(new TextEncoder().encode(body)), ...sse.end()]) {
    // As every client of this wire does.
    if (name === "ping") continue;
    if (data === "[DONE]") {
      seen.ends += 1;
      continue;
    }
    const event = parsed(data);
    // What is forwarded as bytes cannot be called back: every client stops at the malformed event, and an error event follows.
    if (event === undefined) {
      seen.isBroken = true;
      continue;
    }
    if (event.error) seen.errors.push(event.error);
    if (event.type === "message_start" || event.choices?.[0]?.delta?.role) seen.starts += 1;
    if (event.type === "message_stop") seen.ends += 1;
    seen.text += event.choices?.[0]?.delta?.content ?? event.delta?.text ?? "";
  }
  return seen;
}

function parsed(data: string) {
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}

const row = (response: Response) => gateway.row(response.headers.get("x-request-id") ?? "");
const othersOf = (found: Record<string, unknown>): Record<string, unknown>[] => JSON.parse(String(found.other_attempts ?? "[]"));

/** What a fault amounts to. `early`: before any output, so that somebody else can answer; `late`: after it. */
type Outcome =
  | { kind: "caller"; status: number }
  | { kind: "early"; status: number; calls: 1 | 2; reason: string }
  | { kind: "late"; errorClass: string }
  | { kind: "well" };

const caller = (status: number): Outcome => ({ kind: "caller", status });
/** Hopeless on this deployment: no retry. */
const hopeless = (status: number, reason: string): Outcome => ({ kind: "early", status, calls: 1, reason });
const early = (status: number, reason: string): Outcome => ({ kind: "early", status, calls: 2, reason });
const late = (errorClass: string): Outcome => ({ kind: "late", errorClass });
const well: Outcome = { kind: "well" };

/** Fault → what it is for a stream, and for a whole reply. */
const FAULTS: [fault: string, stream: Outcome, whole: Outcome][] = [
  ["status=400", caller(400), caller(400)],
  ["status=404", caller(404), caller(404)],
  ["status=413", caller(413), caller(413)],
  ["status=401", hopeless(502, "credential"), hopeless(502, "credential")],
  ["status=403", hopeless(502, "(credential|geo-blocked)"), hopeless(502, "(credential|geo-blocked)")],
  ["status=429", early(429, "rate-limited"), early(429, "rate-limited")],
  ["status=500", early(500, "server-error"), early(500, "server-error")],
  ["status=503", early(503, "overloaded"), early(503, "overloaded")],
  ["status=529", early(529, "overloaded"), early(529, "overloaded")],
  ["header-delay=4000", early(504, "timeout"), early(504, "timeout")],
  ["first-token=4000", early(504, "timeout"), early(504, "timeout")],
  ["stall=1", early(504, "timeout"), early(504, "timeout")],
  ["stall=12", late("stream-timeout"), early(504, "timeout")],
  ["cut=1", early(502, "network"), early(502, "network")],
  ["cut=12", late("stream-network"), early(502, "network")],
  ["cut-clean=12", late("stream-truncated"), early(502, "malformed")],
  ["cut-inside=12", late("stream-network"), early(502, "network")],
  ["cut-rune=12", late("stream-network"), early(502, "network")],
  ["malformed=1", early(502, "malformed"), early(502, "malformed")],
  ["malformed=12", late("stream-malformed"), early(502, "malformed")],
  ["error-first", early(503, "(overloaded|server-error)"), early(502, "malformed")],
  ["error-at=12", late("stream-upstream"), early(502, "malformed")],
  ["no-terminal,no-finish", late("stream-truncated"), well],
  ["empty", early(502, "malformed"), early(502, "malformed")],
  ["no-usage", well, well],
  ["bytes=1,tokens=20", well, well],
];

const wires: Wire[] = ["chat", "messages"];
const fallbacks = ["none", "same", "cross"] as const;
const matrix = wires.flatMap((wire) =>
  [true, false].flatMap((stream) =>
    fallbacks.flatMap((fallback) =>
      FAULTS.map(([fault, ifStream, ifWhole]) => ({ wire, stream, fallback, fault, outcome: stream ? ifStream : ifWhole })),
    ),
  ),
);

describe("PITFALLS A 1, A 2, A 3: the fault matrix", () => {
  // A busy machine may hold a first output back for longer than `switchAfterMs`: then the next in the chain is asked, as it should be.
  it.concurrent.for(matrix)(
    "$wire, stream $stream, fallback $fallback, $fault",
    IN_REAL_TIME,
    async ({ wire, stream, fallback, fault, outcome }) => {
      const primary = `${PRIMARY[wire]};sim:${fault}`;
      const response = await ask({ wire, models: [primary, ...FALLBACK[fallback][wire]], stream });
      const seen = await see(response);
      const found = await row(response);
      const answeredBy = FALLBACK[fallback][wire][0];
      const note = response.headers.get("x-sluice-fallback");
      switch (outcome.kind) {
        case "caller":
          expect([seen.status, seen.errors.length]).toEqual([outcome.status, 1]);
          expect(found).toMatchObject({ status: "error", attempts: 1, http_status: outcome.status });
          break;
        case "early":
          if (answeredBy === undefined) {
            expect([seen.status >= 400, seen.starts, seen.errors.length]).toEqual([true, 0, 1]);
            expect(found).toMatchObject({ status: "error", attempts: outcome.calls });
            expect(found.error_class).toMatch(new RegExp(`^${outcome.reason}$`));
            if (wire === "chat" || ![500, 503].includes(outcome.status)) expect(seen.status).toBeGreaterThanOrEqual(400);
          } else {
            expect(seen).toMatchObject({ status: 200, starts: 1, ends: 1, errors: [] });
            expect(seen.text).toContain("simulated");
            expect(note).toMatch(new RegExp(`^from=.*; to=${answeredBy}; reason=(${outcome.reason}|slow); attempts=2$`));
            expect(found).toMatchObject({ status: "ok", attempts: 2, model_served: answeredBy.split("/")[1] });
            expect(othersOf(found)).toHaveLength(1);
          }
          break;
        case "late":
          expect(seen).toMatchObject({ status: 200, starts: 1, ...(seen.isBroken ? {} : { ends: 0 }) });
          expect(seen.errors).toHaveLength(1);
          expect(seen.text).not.toBe("");
          expect(found).toMatchObject({ status: "interrupted", error_class: outcome.errorClass, attempts: 1 });
          expect(Number(found.output_tokens)).toBeGreaterThan(0);
          break;
        case "well":
          expect(seen).toMatchObject({ status: 200, starts: 1, ends: 1, errors: [] });
          expect(found).toMatchObject({ status: "ok", attempts: 1 });
          expect(note).toBeNull();
      }
    },
  );
});

describe("a client's own chain", () => {
  it("is walked in its order, past what is down, and `models` never goes upstream", async () => {
    const response = await ask({
      wire: "chat",
      models: ["openai/gpt-4o;sim:status=503", "anthropic/claude-haiku-4-5;sim:status=529", "openai/gpt-4o-mini"],
      stream: false,
    });
    expect([response.status, response.headers.get("x-sluice-model")]).toEqual([200, "gpt-4o-mini"]);
    expect(response.headers.get("x-sluice-fallback")).toBe(
      "from=openai/gpt-4o;sim:status=503; to=openai/gpt-4o-mini; reason=overloaded; attempts=3",
    );
  });

  it("tells what became of each when all fail, with the first one's own error", async () => {
    const models = ["anthropic/claude-haiku-4-5;sim:status=529", "openai/gpt-4o;sim:status=500"];
    const response = await ask({ wire: "messages", models, stream: true });
    expect(response.status).toBe(529);
    expect(await response.json()).toMatchObject({ type: "error", error: { type: "overloaded_error" } });
    expect(response.headers.get("x-sluice-fallback")).toMatch(
      /^from=anthropic\/claude-haiku-4-5;sim:status=529; to=none; reason=overloaded; attempts=4; tried=anthropic.*:overloaded,openai.*:server-error,/,
    );
    expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
  });

  it("is one call when the client switches fallback off", async () => {
    const models = ["openai/gpt-4o;sim:status=503", "openai/gpt-4o-mini"];
    const response = await ask({ wire: "chat", models, stream: false, headers: { "x-sluice-fallback": "off" } });
    expect(response.status).toBe(503);
    await response.text();
    expect(await row(response)).toMatchObject({ attempts: 1 });
  });

  it("must be a list of names, of models that the key may use", async () => {
    const malformed = await ask({ wire: "chat", models: [], stream: false });
    expect([malformed.status, await malformed.json()]).toMatchObject([400, { error: { param: "models" } }]);
    const { key } = await gateway.createKey({ models: ["openai/*"] });
    const headers = { authorization: `Bearer ${key}` };
    const forbidden = await ask({ wire: "chat", models: ["openai/gpt-4o", "anthropic/claude-haiku-4-5"], stream: false, headers });
    expect([forbidden.status, await forbidden.json()]).toMatchObject([403, { error: { code: "model_not_allowed" } }]);
  });
});

describe("an alias's policy", () => {
  const alias = (model: string, stream = true, body = {}) => ask({ wire: "chat", models: [model], stream, body });

  it("keeps to the first deployment until its retries are used up", async () => {
    const response = await alias("hold-on", false);
    // Two failures, of which the second is the only retry: the next deployment answers.
    expect([response.status, response.headers.get("x-sluice-model")]).toEqual([200, "gpt-4o-mini"]);
    expect(await row(response)).toMatchObject({ attempts: 3 });
  });

  it("hedges: the first output wins, the loser is ended and its cost itemised", async () => {
    // The budget is earned: two requests are one hedge.
    await (await alias("hedged")).text();
    const response = await alias("hedged");
    const seen = await see(response);
    expect(seen).toMatchObject({ starts: 1, ends: 1, errors: [] });
    expect(response.headers.get("x-sluice-model")).toBe("claude-haiku-4-5");
    const found = await row(response);
    const [loser] = othersOf(found);
    expect(loser).toMatchObject({
      model: "gpt-4o;sim:first-token=900",
      status: "aborted",
      errorClass: "overtaken",
      beside: false,
      estimated: true,
    });
    expect(Number(loser?.inputTokens)).toBeGreaterThan(0);
  });

  it("sends comments while nobody has answered, which promise nothing (PITFALLS A 6)", async () => {
    const silent = await alias("silent");
    const text = await silent.text();
    expect(text).toMatch(/^: keep-alive\n\n(: keep-alive\n\n)+data: /);
    expect(text.match(/"role"/g)).toHaveLength(1);
    const down = await alias("silent-then-down");
    expect(down.status).toBe(200);
    const after = await down.text();
    expect(after).toMatch(/^(: keep-alive\n\n)+data: \{"error":/);
    expect(after).not.toContain("[DONE]");
  });

  it("passes over a deployment whose context window is too small (PITFALLS A 10)", async () => {
    const long = "All work and no play makes Jack a dull boy. ".repeat(2500);
    const response = await alias("narrow", false, { messages: [{ role: "user", content: long }] });
    expect([response.status, response.headers.get("x-sluice-model")]).toEqual([200, "gpt-4o"]);
    expect(response.headers.get("x-sluice-fallback")).toBe(
      "from=openai/gpt-3.5-turbo; to=openai/gpt-4o; reason=context-window; attempts=1",
    );
  });
});

describe("a provider that asks for time (PITFALLS A 9)", () => {
  it.each(["retry-after=1", "retry-after-ms=300", "retry-after-date=2"])("is given it: %s", async (said) => {
    const model = `openai/gpt-4o;sim:status=429,${said},times=1,key=${said.replace("=", "")}`;
    const startedAtMs = Date.now();
    const response = await ask({ wire: "chat", models: [model], stream: false });
    expect(response.status).toBe(200);
    await response.text();
    expect(Date.now() - startedAtMs).toBeGreaterThanOrEqual(290);
    expect(await row(response)).toMatchObject({ attempts: 2 });
  });

  it("is not waited for beyond the request's own deadline", async () => {
    const model = "openai/gpt-4o;sim:status=429,retry-after=5";
    const startedAtMs = Date.now();
    const response = await ask({ wire: "chat", models: [model], stream: false, headers: { "x-sluice-timeout-ms": "2000" } });
    expect([response.status, Number(response.headers.get("retry-after"))]).toEqual([429, 5]);
    expect(Date.now() - startedAtMs).toBeLessThan(4500);
    await response.text();
    // Nobody asks it again before its time, and it is told truly when that is.
    const next = await ask({ wire: "chat", models: [model], stream: false, headers: { "x-sluice-timeout-ms": "2000" } });
    expect([next.status, Number(next.headers.get("retry-after"))]).toEqual([429, expect.closeTo(5, -1)]);
    await next.text();
    expect(await row(next)).toMatchObject({ attempts: 0 });
  });
});

describe("x-sluice-timeout-ms", () => {
  it("ends a request that has no reply with 408, and one that has with an error event", async () => {
    const headers = { "x-sluice-timeout-ms": "400" };
    const mute = await ask({ wire: "chat", models: ["openai/gpt-4o;sim:header-delay=3000"], stream: true, headers });
    expect([mute.status, await mute.json()]).toMatchObject([408, { error: { code: "client_deadline" } }]);
    const long = await ask({ wire: "messages", models: ["anthropic/claude-haiku-4-5;sim:delay=100,tokens=200"], stream: true, headers });
    const seen = await see(long);
    expect(seen).toMatchObject({ status: 200, starts: 1, ends: 0 });
    expect(seen.errors).toHaveLength(1);
    const wrong = await ask({ wire: "chat", models: ["openai/gpt-4o"], stream: false, headers: { "x-sluice-timeout-ms": "soon" } });
    expect([wrong.status, await wrong.json()]).toMatchObject([400, { error: { param: "x-sluice-timeout-ms" } }]);
  });
});

describe("a reply that breaks off where it may be gone on with", () => {
  it("is gone on with by the next deployment: one start, one end, both metered", async () => {
    const response = await ask({ wire: "chat", models: ["going"], stream: true });
    const seen = await see(response);
    expect(seen).toMatchObject({ status: 200, starts: 1, ends: 1, errors: [] });
    const found = await row(response);
    expect(found).toMatchObject({ status: "ok", attempts: 2, model_served: "claude-haiku-4-5" });
    expect(othersOf(found)).toMatchObject([{ status: "interrupted", errorClass: "stream-network", estimated: true }]);
    const [broken] = othersOf(found);
    expect(Number(broken?.inputTokens)).toBeGreaterThan(0);
    expect(Number(broken?.outputTokens)).toBeGreaterThan(0);
    // Nobody knows the price of a model of that name, so nobody knows the sum.
    expect([broken?.costNanoUsd, found.cost_nano_usd]).toEqual([null, null]);
  });
});

describe("a thousand seeded sequences of faults", () => {
  // Far beyond every deadline of the gateway, on a busy machine too.
  const DEADLINE_MS = 15_000;
  const KINDS = [
    ...[
      "status=500",
      "status=503",
      "status=429",
      "status=529",
      "status=401",
      "error-first",
      "empty",
      "cut=1",
      "malformed=1",
      "header-delay=400",
    ],
    ...[
      "stall=1",
      "cut=8",
      "cut=15",
      "cut-clean=10",
      "cut-inside=9",
      "cut-rune=7",
      "malformed=9",
      "error-at=11",
      "no-terminal,no-finish",
      "stall=14",
    ],
    ...["delay=0", "bytes=60,delay=0", "split=random(90),delay=0", "no-usage,delay=0", "pings=5,delay=0"],
  ];
  const MODELS = ["openai/gpt-4o", "openai/gpt-4o-mini", "anthropic/claude-haiku-4-5", "anthropic/claude-sonnet-4-6"];

  it("holds no silent truncation, no lifecycle event twice, and nothing that hangs", { timeout: 240_000 }, async () => {
    const whole = (await see(await ask({ wire: "chat", models: ["openai/gpt-4o;sim:delay=0"], stream: true }))).text;
    expect(whole).toContain("simulated");
    const pick = <Item>(items: readonly Item[], random: () => number): Item => items[Math.floor(random() * items.length)] as Item; // in range
    const one = async (seed: number): Promise<void> => {
      const random = seeded(seed);
      const wire = pick(wires, random);
      const models = Array.from(
        { length: 1 + Math.floor(random() * 3) },
        () => `${pick(MODELS, random)};sim:${pick(KINDS, random)},seed=${seed}`,
      );
      const label = `seed ${seed}: ${wire} ${models.join(" → ")}`;
      const startedAtMs = Date.now();
      const response = await ask({ wire, models: [...new Set(models)], stream: true });
      const seen = await see(response);
      expect(Date.now() - startedAtMs, label).toBeLessThan(DEADLINE_MS);
      expect(seen.starts, label).toBeLessThanOrEqual(1);
      expect(seen.ends, label).toBeLessThanOrEqual(1);
      if (seen.status !== 200) {
        expect([seen.starts, seen.ends, seen.errors.length], label).toEqual([0, 0, 1]);
      } else if (seen.errors.length === 0) {
        // A clean ending is that of the whole reply.
        expect([seen.starts, seen.ends, seen.text], label).toEqual([1, 1, whole]);
      } else {
        expect([seen.errors.length, seen.isBroken || seen.ends === 0], label).toEqual([1, true]);
        // A character that was cut is shown as one that cannot be read.
        expect(whole.startsWith(seen.text.replace(/\ufffd$/, "")) || seen.isBroken, label).toBe(true);
      }
    };
    const seeds = Array.from({ length: 1000 }, (_, seed) => seed + 1);
    const worker = async (): Promise<void> => {
      for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift()) await one(seed);
    };
    await Promise.all(Array.from({ length: 20 }, worker));
    const logs = gateway.harness.getLogs().filter(({ message }) => /unforeseen|unhandled|uncaught/i.test(String(message)));
    expect(logs).toEqual([]);
  });
});
