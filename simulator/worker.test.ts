import { beforeEach, describe, expect, it } from "vitest";
import { chat, errorOf, eventsOf, message, OPENAI_HEADERS, post, readLog, reset, simulatorFetch } from "./test/clients";

beforeEach(reset);

describe("credentials", () => {
  const ask = (path: string, headers: Record<string, string>) =>
    simulatorFetch(`http://sim${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", "anthropic-version": "2023-06-01", ...headers },
      body: "{}",
    });

  it.each<[string, Record<string, string>]>([
    ["/v1/chat/completions", {}],
    ["/v1/chat/completions", { authorization: "Bearer " }],
    ["/v1/chat/completions", { "x-api-key": "k" }],
    ["/v1/messages", {}],
    ["/v1/messages", { "api-key": "k" }],
    ["/v1/chat/completions", { authorization: "Bearer sk-sluice-abc" }],
    ["/v1/messages", { "x-api-key": "sk-sluice-abc" }],
  ])("%s with %o is refused", async (path, headers) => {
    expect((await ask(path, headers)).status).toBe(401);
  });

  it.each<[string, Record<string, string>]>([
    ["/v1/chat/completions", { authorization: "Bearer k" }],
    ["/v1/chat/completions", { "api-key": "k" }],
    ["/v1/messages", { "x-api-key": "k" }],
    ["/v1/messages", { authorization: "Bearer k" }],
    ["/v1/messages", { "x-simulator-open": "1" }],
    ["/v1/chat/completions", { "x-simulator-open": "1" }],
  ])("%s with %o is let in", async (path, headers) => {
    expect((await ask(path, headers)).status).toBe(400);
  });
});

describe("requests that lead nowhere", () => {
  it("are answered in the style of their house", async () => {
    const unknown = await post("/v1/nothing", {});
    expect([unknown.status, (await errorOf(unknown)).error.message]).toEqual([404, "Invalid URL (POST /v1/nothing)"]);
    expect((await simulatorFetch("http://sim/v1/chat/completions", { headers: OPENAI_HEADERS })).status).toBe(405);
    expect((await post("/v1/chat/completions", "{broken")).status).toBe(400);
    expect((await post("/v1/chat/completions", "{}", { "content-type": "text/plain" })).status).toBe(415);
  });

  it("take any path before the endpoint, so that one simulator plays many providers", async () => {
    const response = await post("/groq/openai/v1/chat/completions", { model: "llama", messages: [{ role: "user", content: "hi" }] });
    expect(await response.json()).toMatchObject({ model: "llama" });
  });
});

describe("status faults", () => {
  it("carry what the scenario says about when to come back", async () => {
    const response = await chat("gpt-4o;sim:status=429,retry-after=2,retry-after-ms=1500");
    expect(response.status).toBe(429);
    expect(response.headers.get("retry-after")).toBe("2");
    expect(response.headers.get("retry-after-ms")).toBe("1500");
    expect(response.headers.get("x-ratelimit-remaining-requests")).toBe("0");
    const dated = await message("claude-sonnet-4-6;sim:status=529,retry-after-date=60");
    expect(Date.parse(dated.headers.get("retry-after") ?? "") - Date.now()).toBeGreaterThan(50_000);
    expect(dated.headers.get("x-should-retry")).toBe("true");
  });

  it("can be a page of HTML, or an exhausted quota", async () => {
    const html = await chat("gpt-4o;sim:status=502");
    expect([html.status, html.headers.get("content-type")]).toEqual([502, "text/html"]);
    expect(await html.text()).toContain("<html>");
    expect((await errorOf(await chat("gpt-4o;sim:status=429,code=insufficient_quota"))).error).toMatchObject({
      type: "insufficient_quota",
      code: "insufficient_quota",
    });
  });

  it("happen as often as told, per key", async () => {
    const statuses = async (model: string, n: number) => {
      const seen: number[] = [];
      for (let i = 0; i < n; i += 1) seen.push((await chat(model)).status);
      return seen;
    };
    expect(await statuses("gpt-4o;sim:status=503,times=2,key=a", 4)).toEqual([503, 503, 200, 200]);
    expect(await statuses("gpt-4o;sim:status=503,times=1,key=b", 2)).toEqual([503, 200]);
  });

  it("name a directive that cannot be read", async () => {
    const response = await chat("gpt-4o;sim:statsu=500");
    expect([response.status, (await errorOf(response)).error.code]).toEqual([400, "simulator_bad_directive"]);
  });

  it("come by header as well", async () => {
    const response = await post(
      "/v1/chat/completions",
      { model: "gpt-4o", messages: [{ role: "user", content: "hi" }] },
      { "x-simulator-fault": "status=500" },
    );
    expect(response.status).toBe(500);
  });
});

describe("stream faults", () => {
  const stream = (directives: string) => chat(`gpt-4o;sim:delay=0,${directives}`, { stream: true });
  const read = async (response: Response) => {
    const reader = response.body?.getReader();
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });
    let text = "";
    let error = "";
    let chunks = 0;
    for (;;) {
      const part = await reader?.read().catch((reason: Error) => {
        error = reason.message;
      });
      if (part?.value === undefined) return { text, error, chunks };
      chunks += 1;
      try {
        text += decoder.decode(part.value, { stream: true });
      } catch {
        error = "broken character";
      }
    }
  };

  it("cut the connection, or end without a word", async () => {
    const cut = await read(await stream("cut=3"));
    expect([cut.chunks, cut.error]).toEqual([3, "(simulated) connection reset"]);
    expect(await read(await stream("cut-clean=3"))).toMatchObject({ chunks: 3, error: "" });
  });

  it("leave out usage, finish reason or terminator", async () => {
    const chunks = async (directive: string) =>
      eventsOf(await (await chat(`gpt-4o;sim:delay=0,${directive}`, { stream: true, stream_options: { include_usage: true } })).text());
    expect(JSON.stringify(await chunks("no-usage"))).not.toContain("total_tokens");
    expect(JSON.stringify(await chunks("no-finish"))).not.toContain('"finish_reason":"stop"');
    expect((await chunks("no-terminal")).at(-1)?.data).not.toBe("[DONE]");
    const anthropic = eventsOf(await (await message("claude-sonnet-4-6;sim:delay=0,no-terminal", { stream: true })).text());
    expect(anthropic.at(-1)?.event).toBe("message_delta");
  });

  it("arrive byte by byte and still say the same", async () => {
    const whole = await read(await stream("seed=1"));
    const bytes = await read(await stream("seed=1,bytes=1"));
    const strip = (text: string) => text.replaceAll(/"created":\d+/g, "");
    expect(strip(bytes.text)).toBe(strip(whole.text));
    expect(bytes.chunks).toBe(new TextEncoder().encode(bytes.text).length);
  });

  it("send one event of many kilobytes", async () => {
    const { text } = await read(await stream("huge=64"));
    expect(Math.max(...text.split("\n\n").map((event) => event.length))).toBeGreaterThan(64 * 1024);
  });

  it("begin with an error, or with nothing", async () => {
    expect((await read(await stream("error-first"))).text).toMatch(/^data: \{"error":/);
    expect((await read(await stream("empty"))).text).toBe("");
    expect(await (await message("claude-sonnet-4-6;sim:error-first", { stream: true })).text()).toMatch(/^event: error\ndata: /);
  });

  it("ping while the model is silent", async () => {
    const response = await chat("gpt-4o;sim:stall=1,pings=5", { stream: true });
    const reader = response.body?.getReader();
    const texts: string[] = [];
    for (let i = 0; i < 3; i += 1) texts.push(new TextDecoder().decode((await reader?.read())?.value));
    await reader?.cancel();
    expect(texts.slice(1)).toEqual([": keep-alive\n\n", ": keep-alive\n\n"]);
  });

  it("meet a whole body in its middle", async () => {
    const body = (directives: string) => chat(`gpt-4o;sim:delay=0,${directives}`);
    expect((await read(await body("cut=1"))).error).toBe("(simulated) connection reset");
    const half = await read(await body("cut-clean=1"));
    expect(() => JSON.parse(half.text)).toThrow(SyntaxError);
    expect((await read(await body("cut-rune=1"))).error).not.toBe("");
    expect(() => JSON.parse("")).toThrow(SyntaxError);
    await expect((await body("malformed=1")).json()).rejects.toThrow(SyntaxError);
    expect(await (await body("empty")).text()).toBe("");
    expect(await (await body("error-first")).json()).toMatchObject({ error: { type: "server_error" } });
    expect(await (await body("no-usage")).json()).not.toHaveProperty("usage");
    expect((await read(await body("bytes=7"))).chunks).toBeGreaterThan(50);
  });
});

describe("the log", () => {
  it("tells what arrived, without the values of credentials", async () => {
    await post(
      "/v1/chat/completions",
      { model: "gpt-4o", messages: [{ role: "user", content: "hi" }] },
      { "x-trace": "t", cookie: "secret=1", "x-goog-api-key": "secret" },
    );
    const log = await readLog();
    expect(log).toHaveLength(1);
    expect(log[0]).toMatchObject({
      path: "/v1/chat/completions",
      model: "gpt-4o",
      status: 200,
      auth: expect.arrayContaining(["authorization"]),
      headers: { "x-trace": "t" },
      body: { model: "gpt-4o" },
      ended: "complete",
      aborted: false,
    });
    expect(JSON.stringify(log)).not.toMatch(/test-key|secret/);
  });

  it("gives a request the id that its reply carries, and keeps the last 200", async () => {
    const response = await chat("gpt-4o;sim:delay=0");
    expect((await readLog())[0]?.id).toBe(response.headers.get("x-request-id"));
    for (let i = 0; i < 205; i += 1) await post("/v1/nothing", {});
    expect(await readLog()).toHaveLength(200);
  });

  it("bounds large bodies", async () => {
    await post("/v1/chat/completions", { model: "gpt-4o", messages: [{ role: "user", content: "x".repeat(100_000) }] });
    expect((await readLog())[0]?.body).toMatchObject({ truncated: true });
  });

  it("tells a caller that hung up in the middle of a stream", async () => {
    const response = await chat("gpt-4o;sim:delay=0,stall=3", { stream: true });
    const reader = response.body?.getReader();
    await reader?.read();
    expect((await readLog())[0]).toMatchObject({ ended: "open", aborted: false });
    await reader?.cancel();
    const [entry] = await readLog();
    expect(entry).toMatchObject({ ended: "aborted", aborted: true });
    expect(entry?.bytesSent).toBeGreaterThan(100);
  });

  it("tells a caller that hung up before the headers", async () => {
    const caller = new AbortController();
    const asking = post(
      "/v1/chat/completions",
      { model: "gpt-4o;sim:header-delay=60000", messages: [{ role: "user", content: "hi" }] },
      {},
      caller.signal,
    );
    setTimeout(() => caller.abort(), 10);
    await asking;
    expect((await readLog())[0]).toMatchObject({ aborted: true });
  });

  it("tells a fault from a hang-up", async () => {
    await (await chat("gpt-4o;sim:delay=0,cut=2", { stream: true })).text().catch(() => "");
    expect((await readLog())[0]).toMatchObject({ ended: "fault", aborted: false, directives: "sim:delay=0,cut=2" });
  });
});

describe("recorded cases", () => {
  const put = (id: string, upload: unknown) =>
    simulatorFetch(`http://sim/_simulator/cases/${id}`, { method: "PUT", body: JSON.stringify(upload) });
  const recording = "event: a\r\ndata: é\r\n\r\n: comment\n\ndata: [DONE]";
  const upload = {
    status: 200,
    headers: { "content-type": "text/event-stream", "content-length": "1", "x-own": "yes" },
    bodyBase64: btoa(String.fromCharCode(...new TextEncoder().encode(recording))),
  };

  it("are refused when they are unsound, and unknown ones are not invented", async () => {
    expect((await put("a", { bodyBase64: "%" })).status).toBe(400);
    expect((await put("a", { status: 99 })).status).toBe(400);
    const response = await chat("gpt-4o;case:none");
    expect([response.status, (await errorOf(response)).error.code]).toEqual([404, "simulator_unknown_case"]);
  });

  it("come back byte for byte, by model or by marker", async () => {
    await put("my-case", upload);
    const response = await chat("any/case:my-case;delay=0", { stream: true });
    expect(await response.text()).toBe(recording);
    expect([response.headers.get("x-own"), response.headers.get("content-length")]).toEqual(["yes", null]);
    const marked = await post("/v1/messages", {
      model: "claude-sonnet-4-6",
      max_tokens: 5,
      messages: [{ role: "user", content: "hi [[case:my-case]]" }],
    });
    expect(await marked.text()).toBe(recording);
  });

  it("are cut and split like any stream", async () => {
    await put("my-case", upload);
    expect(await (await chat("case:my-case;delay=0,cut-clean=1", { stream: true })).text()).toBe("event: a\r\ndata: é\r\n\r\n");
    expect(await (await chat("case:my-case;delay=0,split=random(3)", { stream: true })).text()).toBe(recording);
  });

  it("keep their status", async () => {
    await put("limit", { status: 429, headers: { "content-type": "application/json", "retry-after": "7" }, bodyBase64: btoa("{}") });
    const response = await chat("case:limit;delay=0");
    expect([response.status, response.headers.get("retry-after"), await response.text()]).toEqual([429, "7", "{}"]);
  });
});
