import type OpenAI from "openai";
import { type Answer, type Call, seconds } from "./call";
import { isObject, objectOf, textOf } from "./check";
import { ApiError } from "./errors";
import { findFile, openaiList, storeFile } from "./files";
import { invalidValue, missing } from "./openai-check";
import { ALPHANUMERIC, HEX } from "./random";
import { readScenario } from "./scenario";
import type { BatchItem, BatchResult, StoredBatch } from "./world";

const ENDPOINTS = ["/v1/responses", "/v1/chat/completions", "/v1/embeddings"] as const;
const WINDOW_MS = 86_400_000;

/** `POST` and `GET /v1/batches`. https://platform.openai.com/docs/api-reference/batch */
export function batches(call: Call): Answer {
  if (call.method === "GET") {
    const all = call.world.batches.values().map((batch) => batchObject(call, batch));
    return { kind: "json", body: openaiList(all, call.query) };
  }
  const request = objectOf(call.body);
  for (const name of ["input_file_id", "endpoint", "completion_window"]) if (typeof request[name] !== "string") throw missing(name);
  if (!ENDPOINTS.some((known) => known === request.endpoint)) throw invalidValue("endpoint", request.endpoint, ENDPOINTS);
  if (request.completion_window !== "24h") throw invalidValue("completion_window", request.completion_window, ["24h"]);
  const input = findFile(call, textOf(request.input_file_id));
  const { items, errors } = readLines(new TextDecoder().decode(input.bytes), textOf(request.endpoint));
  const batch: StoredBatch = {
    id: `batch_${call.chance.text(32, HEX)}`,
    createdAtMs: call.nowMs,
    durationMs: batchDuration(call, items),
    cancelledAtMs: undefined,
    items,
    request: { ...request, errors },
    results: undefined,
    outputFileId: `file-${call.chance.text(22, ALPHANUMERIC)}`,
    errorFileId: `file-${call.chance.text(22, ALPHANUMERIC)}`,
  };
  call.world.batches.set(batch.id, batch);
  return { kind: "json", body: batchObject(call, batch, "validating") };
}

/** `GET /v1/batches/{id}` and `POST /v1/batches/{id}/cancel` */
export function batch(call: Call, id: string, cancels: boolean): Answer {
  const found = call.world.batches.get(id);
  if (found === undefined) throw new ApiError(404, `No batch found with id '${id}'.`);
  const { status } = batchObject(call, found);
  if (cancels && status !== "completed" && status !== "failed") {
    found.cancelledAtMs ??= call.nowMs;
    return { kind: "json", body: batchObject(call, found, "cancelling") };
  }
  if (cancels && status !== "cancelled") throw new ApiError(409, `Cannot cancel a batch with status '${status}'.`);
  return { kind: "json", body: batchObject(call, found) };
}

/** How long the batch takes: `batch-ms` of the request, else of its first item's model. */
export function batchDuration(call: Call, items: BatchItem[]): number {
  if (call.headers.get("x-simulator-fault")?.includes("batch-ms") === true) return call.scenario.batchMs;
  const model = textOf(objectOf(items[0]?.body).model);
  return readScenario({ header: null, model, lastUserText: "" }).scenario.batchMs;
}

interface LineError {
  code: string;
  line: number;
  message: string;
  param: string | null;
}

function readLines(text: string, endpoint: string): { items: BatchItem[]; errors: LineError[] } {
  const items: BatchItem[] = [];
  const errors: LineError[] = [];
  const names = new Set<string>();
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  for (const [i, line] of lines.entries()) {
    const complain = (code: string, message: string, param: string | null) => errors.push({ code, line: i + 1, message, param });
    const item = parse(line);
    if (!isObject(item)) {
      complain("invalid_json_line", "This line is not parseable as valid JSON.", null);
      continue;
    }
    const customId = textOf(item.custom_id);
    if (customId === "") complain("missing_required_parameter", "Missing required parameter: 'custom_id'.", "custom_id");
    else if (names.has(customId))
      complain("duplicate_custom_id", `The custom_id for this request is a duplicate: '${customId}'.`, "custom_id");
    if (item.method !== "POST") complain("invalid_method", "Invalid value: method must be 'POST'.", "method");
    if (item.url !== endpoint)
      complain("mismatched_url", `The provided URL '${String(item.url)}' does not match the batch endpoint '${endpoint}'.`, "url");
    names.add(customId);
    items.push({ customId, body: item.body });
  }
  if (lines.length === 0) errors.push({ code: "empty_file", line: 0, message: "The input file is empty.", param: null });
  return { items, errors };
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

type Status = OpenAI.Batch["status"];

function statusOf({ createdAtMs, durationMs, cancelledAtMs, request }: StoredBatch, nowMs: number): Status {
  if (Array.isArray(request.errors) && request.errors.length > 0) return "failed";
  if (cancelledAtMs !== undefined) return "cancelled";
  const done = durationMs === 0 ? 1 : (nowMs - createdAtMs) / durationMs;
  return done >= 1 ? "completed" : done >= 0.8 ? "finalizing" : done >= 0.1 ? "in_progress" : "validating";
}

/** The batch as it stands; the moment it has ended its items are answered and the files written. */
function batchObject(call: Call, stored: StoredBatch, status: Status = statusOf(stored, call.nowMs)): OpenAI.Batch {
  const results = status === "completed" ? runBatch(call, stored) : [];
  const failed = results.filter((result) => result.status !== 200);
  const created = seconds(stored.createdAtMs);
  const ended = seconds(stored.createdAtMs + stored.durationMs);
  const { errors } = stored.request;
  return {
    id: stored.id,
    object: "batch",
    endpoint: textOf(stored.request.endpoint),
    ...(status === "failed" ? { errors: { object: "list", data: errors as LineError[] } } : {}), // made by readLines
    input_file_id: textOf(stored.request.input_file_id),
    completion_window: "24h",
    status,
    ...(results.length > failed.length ? { output_file_id: stored.outputFileId } : {}),
    ...(failed.length > 0 ? { error_file_id: stored.errorFileId } : {}),
    created_at: created,
    ...(status === "validating" || status === "failed" ? {} : { in_progress_at: created }),
    expires_at: seconds(stored.createdAtMs + WINDOW_MS),
    ...(status === "completed" ? { finalizing_at: ended, completed_at: ended } : {}),
    ...(status === "failed" ? { failed_at: created } : {}),
    ...(stored.cancelledAtMs === undefined ? {} : { cancelling_at: seconds(stored.cancelledAtMs) }),
    ...(status === "cancelled" && stored.cancelledAtMs !== undefined ? { cancelled_at: seconds(stored.cancelledAtMs) } : {}),
    request_counts: { total: stored.items.length, completed: results.length - failed.length, failed: failed.length },
    metadata: isObject(stored.request.metadata) ? (stored.request.metadata as OpenAI.Metadata) : null, // told back as given
  };
}

function runBatch(call: Call, stored: StoredBatch): BatchResult[] {
  if (stored.results !== undefined) return stored.results;
  const endpoint = textOf(stored.request.endpoint).replace(/^\/v1/, "");
  const results = stored.items.map(({ customId, body }) => {
    const requestId = call.chance.text(32, HEX);
    return { customId, requestId, ...call.run(endpoint, body, requestId) };
  });
  stored.results = results;
  const write = (id: string, name: string, kept: BatchResult[]): void => {
    if (kept.length > 0) storeFile(call, `${stored.id}_${name}.jsonl`, "batch_output", jsonl(kept.map((result) => line(call, result))), id);
  };
  write(
    stored.outputFileId,
    "output",
    results.filter(({ status }) => status === 200),
  );
  write(
    stored.errorFileId,
    "error",
    results.filter(({ status }) => status !== 200),
  );
  return results;
}

function line(call: Call, { customId, requestId, status, body }: BatchResult): unknown {
  const id = `batch_req_${call.chance.text(32, HEX)}`;
  return { id, custom_id: customId, response: { status_code: status, request_id: requestId, body }, error: null };
}

function jsonl(lines: unknown[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(new TextEncoder().encode(lines.map((value) => `${JSON.stringify(value)}\n`).join("")));
}
