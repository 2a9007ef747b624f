import Anthropic from "@anthropic-ai/sdk";
import OpenAI, { toFile } from "openai";
import { beforeEach, describe, expect, it } from "vitest";
import { anthropic, openai, reset } from "./test/clients";

const AT_ONCE = "gpt-4o;sim:batch-ms=0";
const LONG = "gpt-4o;sim:batch-ms=600000";

beforeEach(reset);

const line = (custom_id: string, model: string, extra: Record<string, unknown> = {}) => ({
  custom_id,
  method: "POST",
  url: "/v1/chat/completions",
  body: { model, messages: [{ role: "user", content: `hello from ${custom_id}` }] },
  ...extra,
});

async function upload(lines: unknown[]): Promise<string> {
  const text = lines.map((value) => (typeof value === "string" ? value : JSON.stringify(value))).join("\n");
  return (await openai.files.create({ file: await toFile(new TextEncoder().encode(text), "input.jsonl"), purpose: "batch" })).id;
}

const create = async (lines: unknown[]) =>
  openai.batches.create({ input_file_id: await upload(lines), endpoint: "/v1/chat/completions", completion_window: "24h" });

const readLines = async (id: string | undefined) =>
  (await (await openai.files.content(id ?? "")).text())
    .trim()
    .split("\n")
    .map((text) => JSON.parse(text));

describe("OpenAI batches", () => {
  it("fail as a whole when the file is unsound, and say where", async () => {
    const batch = await create([line("a", AT_ONCE), "{broken", line("a", AT_ONCE), line("b", AT_ONCE, { url: "/v1/embeddings" })]);
    const failed = await openai.batches.retrieve(batch.id);
    expect(failed.status).toBe("failed");
    expect(failed.errors?.data?.map(({ code, line: at }) => [code, at])).toEqual([
      ["invalid_json_line", 2],
      ["duplicate_custom_id", 3],
      ["mismatched_url", 4],
    ]);
  });

  it("refuse a file that is not there", async () => {
    const ask = openai.batches.create({ input_file_id: "file-none", endpoint: "/v1/chat/completions", completion_window: "24h" });
    await expect(ask).rejects.toBeInstanceOf(OpenAI.NotFoundError);
  });

  it("complete with an output file and an error file", async () => {
    const batch = await create([
      line("good", AT_ONCE),
      line("bad", "gpt-4o;sim:status=429"),
      line("wrong", "gpt-4o", { body: { model: "gpt-4o" } }),
    ]);
    expect(batch.status).toBe("validating");
    const done = await openai.batches.retrieve(batch.id);
    expect(done).toMatchObject({ status: "completed", request_counts: { total: 3, completed: 1, failed: 2 } });
    const [good] = await readLines(done.output_file_id);
    expect(good).toMatchObject({ custom_id: "good", error: null, response: { status_code: 200, body: { object: "chat.completion" } } });
    expect(good.response.body.choices[0].message.content).toContain("hello from good");
    const errors = await readLines(done.error_file_id);
    expect(errors.map(({ custom_id, response }) => [custom_id, response.status_code])).toEqual([
      ["bad", 429],
      ["wrong", 400],
    ]);
  });

  it("give the same results however often they are read", async () => {
    const { id } = await create([line("a", AT_ONCE)]);
    const first = await readLines((await openai.batches.retrieve(id)).output_file_id);
    expect(await readLines((await openai.batches.retrieve(id)).output_file_id)).toEqual(first);
  });

  it("take their time, and can be cancelled", async () => {
    const { id } = await create([line("a", LONG)]);
    expect((await openai.batches.retrieve(id)).output_file_id).toBeUndefined();
    expect((await openai.batches.cancel(id)).status).toBe("cancelling");
    expect((await openai.batches.retrieve(id)).status).toBe("cancelled");
    await expect(openai.batches.cancel((await create([line("b", AT_ONCE)])).id)).rejects.toMatchObject({ status: 409 });
  });

  it("are listed, newest first, and files are deleted", async () => {
    const first = await create([line("a", AT_ONCE)]);
    const second = await create([line("b", AT_ONCE)]);
    const ids: string[] = [];
    for await (const batch of openai.batches.list({ limit: 1 })) ids.push(batch.id);
    expect(ids).toEqual([second.id, first.id]);
    await openai.files.delete(first.input_file_id);
    await expect(openai.files.retrieve(first.input_file_id)).rejects.toBeInstanceOf(OpenAI.NotFoundError);
  });
});

describe("Anthropic batches", () => {
  const request = (custom_id: string, model: string) => ({
    custom_id,
    params: { model, max_tokens: 50, messages: [{ role: "user" as const, content: `hello from ${custom_id}` }] },
  });
  const QUICK = "claude-sonnet-4-6;sim:batch-ms=0";
  const SLOW = "claude-sonnet-4-6;sim:batch-ms=600000";

  it("refuse two requests of one name", async () => {
    const ask = anthropic.messages.batches.create({ requests: [request("a", QUICK), request("a", QUICK)] });
    await expect(ask).rejects.toBeInstanceOf(Anthropic.BadRequestError);
  });

  it("end with a result for each request", async () => {
    const { id, processing_status } = await anthropic.messages.batches.create({
      requests: [request("good", QUICK), request("bad", "claude-sonnet-4-6;sim:status=529")],
    });
    expect(processing_status).toBe("in_progress");
    const done = await anthropic.messages.batches.retrieve(id);
    expect(done).toMatchObject({ processing_status: "ended", request_counts: { succeeded: 1, errored: 1, processing: 0 } });
    const results: Anthropic.Messages.MessageBatchIndividualResponse[] = [];
    for await (const result of await anthropic.messages.batches.results(id)) results.push(result);
    expect(results).toMatchObject([
      {
        custom_id: "good",
        result: {
          type: "succeeded",
          message: { usage: { service_tier: "batch" }, content: [{ text: expect.stringContaining("hello from good") }] },
        },
      },
      { custom_id: "bad", result: { type: "errored", error: { type: "error", error: { type: "overloaded_error" } } } },
    ]);
  });

  it("have no results before they end, and none of a cancelled one succeed", async () => {
    const { id, results_url } = await anthropic.messages.batches.create({ requests: [request("a", SLOW)] });
    expect(results_url).toBeNull();
    await expect(anthropic.messages.batches.results(id)).rejects.toThrow("No batch `results_url`");
    await expect(anthropic.messages.batches.delete(id)).rejects.toBeInstanceOf(Anthropic.BadRequestError);
    expect((await anthropic.messages.batches.cancel(id)).processing_status).toBe("canceling");
    expect(await anthropic.messages.batches.retrieve(id)).toMatchObject({ processing_status: "ended", request_counts: { canceled: 1 } });
    expect(await anthropic.messages.batches.delete(id)).toEqual({ id, type: "message_batch_deleted" });
    await expect(anthropic.messages.batches.retrieve(id)).rejects.toBeInstanceOf(Anthropic.NotFoundError);
  });
});
