import type { UpstreamBehaviour } from "./upstream.ts";

/** How a client speaks, and in which of its ways. */
export type Wire = "openai" | "anthropic";

/** One kind of load. */
export interface Scenario {
  id: string;
  what: string;
  /** What the upstream speaks. The passthrough's client speaks the same. */
  wire: Wire;
  /** What the gateway's client speaks, where that is another wire. */
  clientWire?: Wire;
  upstream?: Partial<UpstreamBehaviour>;
  /** Streamed, with this many content events. */
  events?: number;
  /** OpenAI's `stream_options.include_usage`. */
  includeUsage?: boolean;
  promptBytes?: number;
  connections: number;
  /** Requests of one run: `full`, and with `--quick`. */
  requests: { full: number; quick: number };
  rampMs?: number;
  /** The same request each time, at temperature 0: the gateway has the reply in its memory. */
  isCached?: boolean;
  /** Multiples of the passthrough that the gateway is meant to stay under. */
  bars: { cpu?: number; ttfb?: number; delayP99?: number };
}

export const scenarios: Scenario[] = [
  {
    id: "A16",
    what: "small request and reply, 16 connections",
    wire: "openai",
    connections: 16,
    requests: { full: 2000, quick: 1000 },
    bars: { cpu: 2.9 },
  },
  {
    id: "B",
    what: "stream of 200 events at once, 16 connections: forwarded natively",
    wire: "openai",
    events: 200,
    includeUsage: true,
    connections: 16,
    requests: { full: 120, quick: 64 },
    bars: { cpu: 1.7 },
  },
  {
    id: "Bu",
    what: "the same from a client that asked for no usage: the gateway asks for it and holds it back",
    wire: "openai",
    events: 200,
    connections: 16,
    requests: { full: 96, quick: 48 },
    bars: {},
  },
  {
    id: "Bm",
    what: "the same on Anthropic's wire: forwarded natively",
    wire: "anthropic",
    events: 200,
    connections: 16,
    requests: { full: 120, quick: 64 },
    bars: { cpu: 1.7 },
  },
  {
    id: "C2",
    what: "stream of 100 events, one every 20 ms, 40 streams",
    wire: "openai",
    events: 100,
    includeUsage: true,
    upstream: { intervalMs: 20 },
    connections: 40,
    requests: { full: 80, quick: 40 },
    rampMs: 500,
    bars: { cpu: 1.8, delayP99: 3 },
  },
  {
    id: "D",
    what: "prompt of 200 KB, small reply, 8 connections",
    wire: "openai",
    promptBytes: 200_000,
    connections: 8,
    requests: { full: 250, quick: 120 },
    bars: { cpu: 2.6 },
  },
  {
    id: "E",
    what: "stream of 20 events, 1 connection",
    wire: "openai",
    events: 20,
    includeUsage: true,
    connections: 1,
    requests: { full: 100, quick: 60 },
    bars: { ttfb: 2 },
  },
  {
    id: "X",
    what: "OpenAI client, Anthropic upstream: a translated stream of 200 events, 16 connections",
    wire: "anthropic",
    clientWire: "openai",
    events: 200,
    includeUsage: true,
    connections: 16,
    requests: { full: 96, quick: 48 },
    bars: {},
  },
  {
    id: "H",
    what: "A16 with a reply that the gateway has in memory",
    wire: "openai",
    isCached: true,
    connections: 16,
    requests: { full: 2000, quick: 1000 },
    bars: {},
  },
];

const PROMPT_BYTES = 200;
const OUTPUT_TOKENS_MAX = 512;
const SYSTEM = "You are a helpful assistant.";

/** The body that a client of `wire` sends. */
export function requestBody({ events, includeUsage, isCached, promptBytes = PROMPT_BYTES }: Scenario, wire: Wire, model: string): string {
  const sentence = "The quick brown fox jumps over the lazy dog. ";
  const prompt = { role: "user", content: sentence.repeat(Math.ceil(promptBytes / sentence.length)).slice(0, promptBytes) };
  return JSON.stringify({
    model,
    max_tokens: OUTPUT_TOKENS_MAX,
    ...(wire === "anthropic" ? { system: SYSTEM, messages: [prompt] } : { messages: [{ role: "system", content: SYSTEM }, prompt] }),
    ...(isCached ? { temperature: 0 } : {}),
    ...(events === undefined ? {} : { stream: true }),
    ...(wire === "openai" && includeUsage ? { stream_options: { include_usage: true } } : {}),
  });
}
