import fs from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { chat, eventsOf, message, post, reset } from "./test/clients";

// The shapes of this simulator against recordings of the real providers, where those are at hand.

const CORPUS = path.resolve(import.meta.dirname, "../../shared/corpus");
const hasCorpus = fs.existsSync(path.join(CORPUS, "index.json"));

interface RecordedCase {
  dir: string;
  provider: string;
  wire: string;
  streaming: boolean;
  kind: string;
  fidelity: string;
}

/** Key paths of a value, and the order of its own keys. */
interface Shape {
  paths: Set<string>;
  order: string;
}

/** What the caller's own words stand under. */
const FREE = /\.(?:tools|parameters|schema|input|metadata|format)(?:\.|\[|$)/;

function shapeOf(value: unknown): Shape {
  const paths = new Set<string>();
  walk(value, "", paths);
  return { paths, order: Object.keys(value as object).join(" ") };
}

function walk(value: unknown, at: string, paths: Set<string>): void {
  if (FREE.test(at)) return;
  if (Array.isArray(value)) for (const item of value) walk(item, `${at}[]`, paths);
  else if (typeof value === "object" && value !== null) {
    for (const [key, member] of Object.entries(value)) {
      paths.add(`${at}.${key}`);
      walk(member, `${at}.${key}`, paths);
    }
  }
}

/** Azure speaks OpenAI's Responses as well, and some of its events were recorded there only. */
const ALSO: Record<string, string> = { "openai-responses": "azure" };

/** Recorded before OpenAI sorted the fields of events. */
const OLDER = new Set(["response.refusal.delta", "response.refusal.done"]);

function recordings(provider: string, wire: string, streaming: boolean): RecordedCase[] {
  const { index } = JSON.parse(fs.readFileSync(path.join(CORPUS, "index.json"), "utf8")) as { index: RecordedCase[] };
  return index.filter(
    (entry) =>
      (entry.provider === provider || entry.provider === ALSO[wire]) &&
      entry.wire === wire &&
      entry.streaming === streaming &&
      entry.kind === "message",
  );
}

/** Everything that the recordings show, by the type of the event; whole bodies under "body". */
function recorded(provider: string, wire: string): Map<string, { shapes: Shape[]; paths: Set<string>; orders: Set<string> }> {
  const types = new Map<string, { shapes: Shape[]; paths: Set<string>; orders: Set<string> }>();
  const add = (type: string, value: unknown, keepsOrder: boolean): void => {
    const known = types.get(type) ?? { shapes: [], paths: new Set(), orders: new Set() };
    const shape = shapeOf(value);
    known.shapes.push(shape);
    for (const key of shape.paths) known.paths.add(key);
    if (keepsOrder) known.orders.add(shape.order);
    types.set(type, known);
  };
  for (const entry of [...recordings(provider, wire, true), ...recordings(provider, wire, false)]) {
    const keepsOrder = entry.fidelity === "raw" || entry.fidelity === "reframed";
    if (!entry.streaming) add("body", JSON.parse(fs.readFileSync(path.join(CORPUS, entry.dir, "response.json"), "utf8")), keepsOrder);
    else
      for (const { data } of eventsOf(fs.readFileSync(path.join(CORPUS, entry.dir, "response.sse"), "utf8")))
        if (data !== "[DONE]") add(typeOf(data), data, keepsOrder);
  }
  return types;
}

function typeOf(data: unknown): string {
  return (data as { type?: string }).type ?? "chunk";
}

const TOOL = { name: "get_weather", schema: { type: "object", properties: { city: { type: "string" } }, required: ["city"] } };
const PROMPTS = { text: "Tell me about Paris", tool: "Use get_weather for Paris", refusal: "[[refuse]]" };

const openaiTools = [{ type: "function", function: { name: TOOL.name, parameters: TOOL.schema } }];
const anthropicTools = [{ name: TOOL.name, input_schema: TOOL.schema }];
const responsesTools = [{ type: "function", name: TOOL.name, parameters: TOOL.schema, strict: false }];

type Ask = (prompt: string, stream: boolean) => Promise<Response>;

const WIRES: [string, string, Ask][] = [
  [
    "openai",
    "openai-chat",
    (content, stream) =>
      chat("gpt-4o;sim:delay=0", {
        messages: [{ role: "user", content }],
        tools: openaiTools,
        ...(stream ? { stream, stream_options: { include_usage: true } } : {}),
      }),
  ],
  [
    "anthropic",
    "anthropic-messages",
    (content, stream) =>
      message("claude-sonnet-4-6;sim:delay=0", {
        max_tokens: 2_000,
        thinking: { type: "enabled", budget_tokens: 1_024 },
        messages: [{ role: "user", content }],
        tools: anthropicTools,
        stream,
      }),
  ],
  [
    "openai",
    "openai-responses",
    (input, stream) =>
      post("/v1/responses", {
        model: "gpt-5;sim:delay=0",
        input,
        tools: responsesTools,
        reasoning: { effort: "low", summary: "auto" },
        include: ["reasoning.encrypted_content"],
        stream,
      }),
  ],
];

describe.skipIf(!hasCorpus).each(WIRES)("%s %s", (provider, wire, ask) => {
  const real = hasCorpus ? recorded(provider, wire) : new Map();
  const ours: [string, unknown][] = [];

  beforeAll(async () => {
    await reset();
    for (const prompt of Object.values(PROMPTS)) {
      ours.push(["body", await (await ask(prompt, false)).json()]);
      for (const { data } of eventsOf(await (await ask(prompt, true)).text())) if (data !== "[DONE]") ours.push([typeOf(data), data]);
    }
  });

  it("sends no field that a recording does not have", () => {
    // A whole response is also what the last event of a stream carries.
    const isKnown = (type: string, key: string) =>
      real.get(type)?.paths.has(key) || (type === "body" && real.get("response.completed")?.paths.has(`.response${key}`));
    const strays = ours.flatMap(([type, value]) =>
      [...shapeOf(value).paths].filter((key) => !isKnown(type, key)).map((key) => `${type}${key}`),
    );
    expect([...new Set(strays)]).toEqual([]);
  });

  it("leaves out no field that all recordings have", () => {
    const gaps = ours.flatMap(([type, value]) => {
      const shapes: Shape[] = real.get(type)?.shapes ?? [];
      const own = shapeOf(value).paths;
      const topLevel = [...(shapes[0]?.paths ?? [])].filter(
        (key) => !key.slice(1).includes(".") && shapes.every(({ paths }) => paths.has(key)),
      );
      return topLevel.filter((key) => !own.has(key)).map((key) => `${type}${key}`);
    });
    expect([...new Set(gaps)]).toEqual([]);
  });

  it("writes its fields in the order of a recording", () => {
    const odd = ours
      .filter(([type, value]) => !OLDER.has(type) && !real.get(type)?.orders.has(shapeOf(value).order))
      .map(([type, value]) => `${type}: ${shapeOf(value).order}`);
    expect([...new Set(odd)]).toEqual([]);
  });
});
