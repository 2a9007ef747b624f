import fs from "node:fs";
import path from "node:path";
import type { Json, JsonObject } from "./json.ts";

/** The wires that the gateway speaks on both sides. */
export type Wire = "openai-chat" | "anthropic-messages";

/** One recorded answer, with the request that led to it where that is known. */
export interface CorpusCase {
  id: string;
  wire: Wire;
  streaming: boolean;
  /** `stream-error`: a stream that the provider broke off with an error event. */
  kind: "message" | "error" | "stream-error";
  request?: JsonObject;
  /** The answer's body, as it came. */
  body: Buffer;
  /** The connection breaks after the body, where it should end in order. */
  isReset?: boolean;
  expect: Expectation;
}

/** What a correct client must have seen, as the corpus says (`expect.json`). Fields that an error has no use for are absent there. */
export interface Expectation {
  http: { status: number; headers: Record<string, string> };
  text?: string;
  thinking?: string;
  refusal?: string | null;
  tool_calls?: ExpectedCall[];
  stop?: { wire: string | null; normal: StopKind; sequence?: string } | null;
  usage?: ExpectedUsage | null;
  error?: { type: string | null; code: string | number | null; message: string; param: string | null } | null;
  /** Whether `message_stop` or `[DONE]` came. */
  terminated?: boolean;
  /** Types of Anthropic's content blocks, in order. */
  blocks?: string[];
  /** How many annotations a message of OpenAI's wire has. */
  annotations?: number;
  /** How many thinking blocks are signed. */
  thinking_signatures?: number;
  /** Present when there is more than one. */
  choices?: Json[];
  /** The words of a spoken reply. */
  transcript?: string;
}

export type StopKind = "stop" | "stop_sequence" | "length" | "tool_calls" | "refusal" | "pause" | "error" | "other";

export interface ExpectedCall {
  id: string | null;
  name: string;
  /** Null where the text is no JSON; `arguments_raw` then has it. */
  arguments: Json;
  arguments_raw?: string;
  custom?: boolean;
}

/** As the wire counts; null where it says nothing. `input_total` is the whole prompt, cached or not. */
export interface ExpectedUsage {
  input_total: number | null;
  output: number | null;
  cached_read: number | null;
  cache_write: number | null;
  reasoning: number | null;
  total: number | null;
}

interface IndexRow {
  case: string;
  dir: string;
  wire: string;
  streaming: boolean;
  kind: string;
  has_request: boolean;
}

const KINDS: readonly string[] = ["message", "error", "stream-error"] satisfies CorpusCase["kind"][];

/** Every case of the two wires in a corpus folder. Throws on a kind that is not known here. */
export function loadCases(folder: string): CorpusCase[] {
  // The corpus' own index; its README fixes the shape.
  const { index } = JSON.parse(fs.readFileSync(path.join(folder, "index.json"), "utf8")) as { index: IndexRow[] };
  return index.filter((row) => isWire(row.wire)).map((row) => loadCase(folder, row));
}

/** Whether a recorded stream came to its end: one that names the reason is whole, though several vendors leave the last event out. */
export function isComplete({ expect }: CorpusCase): boolean {
  return expect.terminated === true || Boolean(expect.stop);
}

function loadCase(folder: string, row: IndexRow): CorpusCase {
  if (!KINDS.includes(row.kind)) throw new Error(`case ${row.case} is of a kind not known here: ${row.kind}`);
  const read = (name: string) => fs.readFileSync(path.join(folder, row.dir, name));
  const found: CorpusCase = {
    id: row.case,
    wire: row.wire as Wire, // filtered by isWire
    streaming: row.streaming,
    kind: row.kind as CorpusCase["kind"], // checked above
    body: read(row.streaming ? "response.sse" : "response.json"),
    // The corpus' own expectation; its README fixes the shape.
    expect: JSON.parse(read("expect.json").toString()) as Expectation,
  };
  return row.has_request ? { ...found, request: JSON.parse(read("request.json").toString()) } : found;
}

function isWire(wire: string): wire is Wire {
  return wire === "openai-chat" || wire === "anthropic-messages";
}
