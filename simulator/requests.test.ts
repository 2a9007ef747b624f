import fs from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { post, reset } from "./test/clients";

// Requests that the real providers took or refused: the simulator must judge them alike.

const CORPUS = path.resolve(import.meta.dirname, "../../shared/corpus");
const hasCorpus = fs.existsSync(path.join(CORPUS, "index.json"));

interface RecordedCase {
  dir: string;
  provider: string;
  wire: string;
  kind: string;
  status: number;
  has_request: boolean;
}

const PATHS: Record<string, string> = {
  "openai-chat": "/v1/chat/completions",
  "openai-responses": "/v1/responses",
  "openai-embeddings": "/v1/embeddings",
  "openai-input-tokens": "/v1/responses/input_tokens",
  "anthropic-messages": "/v1/messages",
  "anthropic-count-tokens": "/v1/messages/count_tokens",
};

const OWN = new Set(["openai", "anthropic"]);

const cases = (
  hasCorpus ? (JSON.parse(fs.readFileSync(path.join(CORPUS, "index.json"), "utf8")) as { index: RecordedCase[] }).index : []
).filter(({ provider, wire, has_request }) => OWN.has(provider) && wire in PATHS && has_request);

const send = ({ dir, wire }: RecordedCase) =>
  post(PATHS[wire] ?? "", fs.readFileSync(path.join(CORPUS, dir, "request.json"), "utf8"), { "x-simulator-fault": "delay=0" });

describe.skipIf(!hasCorpus)("recorded requests", () => {
  beforeAll(reset);

  it.each(cases.filter(({ status }) => status === 200))("$dir is taken", async (entry) => {
    const response = await send(entry);
    const text = await response.text();
    expect([response.status, response.status === 200 ? "" : text]).toEqual([200, ""]);
  });

  it.each(cases.filter(({ status, kind }) => status === 400 && kind === "error"))("$dir is refused", async (entry) => {
    expect((await send(entry)).status).toBe(400);
  });
});
