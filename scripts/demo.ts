import { createServer } from "node:net";
import { startLocalGateway } from "./local-gateway.ts";

/** The main job in a terminal: one question, streamed through the gateway in both protocols. */
const QUESTION = "In three sentences: why do tokens arrive one by one?";

const gateway = await startLocalGateway({ port: await freePort(), verbose: false });
try {
  if (!gateway.key) throw new Error("the demo needs an ADMIN_TOKEN in .dev.vars to make itself a key");
  await stream("OpenAI protocol, a Claude model", "/v1/chat/completions", {
    model: "claude-sonnet-4-6",
    stream: true,
    messages: [{ role: "user", content: QUESTION }],
  });
  await stream("Anthropic protocol, an OpenAI model", "/v1/messages", {
    model: "gpt-4o",
    stream: true,
    max_tokens: 300,
    messages: [{ role: "user", content: QUESTION }],
  });
} finally {
  gateway.process.kill("SIGTERM");
}
process.exit(0);

async function stream(title: string, path: string, body: object): Promise<void> {
  console.log(`\n── ${title} · POST ${path}\n`);
  const startedMs = performance.now();
  const response = await fetch(gateway.url + path, {
    method: "POST",
    headers: { authorization: `Bearer ${gateway.key}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!response.ok || !response.body) throw new Error(`status ${response.status}: ${await response.text()}`);
  const ttfbMs = performance.now() - startedMs;
  let ttftMs = 0;
  let tokens = 0;
  for await (const text of textDeltas(response.body)) {
    if (ttftMs === 0) ttftMs = performance.now() - startedMs;
    tokens += 1;
    process.stdout.write(text);
  }
  const id = response.headers.get("x-request-id") ?? "";
  const cost = await costOf(id);
  const provider = response.headers.get("x-sluice-provider");
  const model = response.headers.get("x-sluice-model");
  console.log(
    `\n\n   ${model} by ${provider} · TTFB ${ttfbMs.toFixed(0)} ms · TTFT ${ttftMs.toFixed(0)} ms · ${tokens} pieces · ${cost} · ${id}`,
  );
}

/** The text pieces of either protocol's stream. */
async function* textDeltas(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = "";
  for await (const piece of body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + piece).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (!line.startsWith("data: {")) continue;
      // The shapes are those of the two protocols; anything else yields no text.
      const event = JSON.parse(line.slice(6)) as { choices?: { delta?: { content?: string } }[]; delta?: { text?: string } };
      const text = event.choices?.[0]?.delta?.content ?? event.delta?.text;
      if (text) yield text;
    }
  }
}

/** What the request cost, once its usage row has come through the queue. */
async function costOf(requestId: string): Promise<string> {
  for (let tries = 0; tries < 40; tries++) {
    const response = await fetch(`${gateway.url}/v1/generations/${requestId}`, { headers: { authorization: `Bearer ${gateway.key}` } });
    if (response.ok) {
      const { data } = (await response.json()) as { data: { total_cost: number | null; tokens_prompt: number; tokens_completion: number } };
      const cost = data.total_cost === null ? "price unknown" : `$${data.total_cost.toFixed(6)}`;
      return `${data.tokens_prompt} + ${data.tokens_completion} tokens, ${cost}`;
    }
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  return "cost not booked yet";
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
