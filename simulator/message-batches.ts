import type Anthropic from "@anthropic-ai/sdk";
import { checkText, fault } from "./anthropic-check";
import { batchDuration } from "./batches";
import type { Answer, Call } from "./call";
import { isObject, objectOf } from "./check";
import { ApiError, invalid } from "./errors";
import { page } from "./models";
import { ALPHANUMERIC } from "./random";
import type { StoredBatch } from "./world";

const REQUESTS_MAX = 100_000;
const WINDOW_MS = 86_400_000;

/** `POST` and `GET /v1/messages/batches`. https://docs.anthropic.com/en/api/creating-message-batches */
export function messageBatches(call: Call): Answer {
  if (call.method === "GET") {
    const all = call.world.messageBatches.values().map((stored) => batchObject(call, stored));
    return { kind: "json", body: page(all, call.query) };
  }
  const { requests } = objectOf(call.body);
  if (requests === undefined) throw fault("requests", "Field required");
  if (!Array.isArray(requests)) throw fault("requests", "Input should be a valid list");
  if (requests.length === 0 || requests.length > REQUESTS_MAX) throw fault("requests", `List should have from 1 to ${REQUESTS_MAX} items`);
  const items = requests.map((raw, i) => {
    const request = objectOf(raw);
    const customId = checkText(request.custom_id, `requests.${i}.custom_id`);
    if (!/^[a-zA-Z0-9_-]{1,64}$/.test(customId))
      throw fault(`requests.${i}.custom_id`, "String should match pattern '^[a-zA-Z0-9_-]{1,64}$'");
    if (!isObject(request.params)) throw fault(`requests.${i}.params`, "Field required");
    return { customId, body: request.params };
  });
  const twice = items.find(({ customId }, i) => items.findIndex((other) => other.customId === customId) < i);
  if (twice !== undefined) throw fault("requests", `custom_id must be unique; found duplicate '${twice.customId}'`);
  const stored: StoredBatch = {
    id: `msgbatch_01${call.chance.text(22, ALPHANUMERIC)}`,
    createdAtMs: call.nowMs,
    durationMs: batchDuration(call, items),
    cancelledAtMs: undefined,
    items,
    request: {},
    results: undefined,
    outputFileId: "",
    errorFileId: "",
  };
  call.world.messageBatches.set(stored.id, stored);
  return { kind: "json", body: batchObject(call, stored, false) };
}

/** `GET` and `DELETE /v1/messages/batches/{id}`, `POST …/cancel`, `GET …/results` */
export function messageBatch(call: Call, id: string, action: "" | "cancel" | "results"): Answer {
  const stored = call.world.messageBatches.get(id);
  if (stored === undefined) throw new ApiError(404, `Batch \`${id}\` not found`);
  const hasEnded = isOver(stored, call.nowMs);
  if (action === "cancel") {
    if (hasEnded) throw invalid(`Batch ${id} cannot be canceled because it has finished processing.`);
    stored.cancelledAtMs ??= call.nowMs;
    return { kind: "json", body: { ...batchObject(call, stored, false), processing_status: "canceling" } };
  }
  if (action === "results") {
    if (!hasEnded) throw new ApiError(404, `Batch ${id} has no available results.`);
    const lines = resultsOf(call, stored).map((result) => `${JSON.stringify(result)}\n`);
    return { kind: "file", contentType: "application/x-jsonl", body: lines.join("") };
  }
  if (call.method !== "DELETE") return { kind: "json", body: batchObject(call, stored, hasEnded) };
  if (!hasEnded) throw invalid(`Batch ${id} cannot be deleted because it is still in progress.`);
  call.world.messageBatches.delete(id);
  return { kind: "json", body: { id, type: "message_batch_deleted" } satisfies Anthropic.Messages.DeletedMessageBatch };
}

function isOver({ createdAtMs, durationMs, cancelledAtMs }: StoredBatch, nowMs: number): boolean {
  return cancelledAtMs !== undefined || nowMs - createdAtMs >= durationMs;
}

function batchObject(call: Call, stored: StoredBatch, hasEnded = isOver(stored, call.nowMs)): Anthropic.Messages.MessageBatch {
  const counts = { processing: 0, succeeded: 0, errored: 0, canceled: 0, expired: 0 };
  if (hasEnded) for (const { result } of resultsOf(call, stored)) counts[result.type] += 1;
  else counts.processing = stored.items.length;
  const endedAtMs = stored.cancelledAtMs ?? stored.createdAtMs + stored.durationMs;
  return {
    id: stored.id,
    type: "message_batch",
    processing_status: hasEnded ? "ended" : "in_progress",
    request_counts: counts,
    ended_at: hasEnded ? new Date(endedAtMs).toISOString() : null,
    created_at: new Date(stored.createdAtMs).toISOString(),
    expires_at: new Date(stored.createdAtMs + WINDOW_MS).toISOString(),
    archived_at: null,
    cancel_initiated_at: stored.cancelledAtMs === undefined ? null : new Date(stored.cancelledAtMs).toISOString(),
    results_url: hasEnded ? `${call.origin}${call.base}/messages/batches/${stored.id}/results` : null,
  };
}

interface IndividualResult {
  custom_id: string;
  result: { type: "succeeded"; message: unknown } | { type: "errored"; error: unknown } | { type: "canceled" };
}

/** Answers the items once, when the batch is first seen to have ended. A cancelled batch answers none of them. */
function resultsOf(call: Call, stored: StoredBatch): IndividualResult[] {
  if (stored.cancelledAtMs !== undefined)
    return stored.items.map(({ customId }) => ({ custom_id: customId, result: { type: "canceled" } }));
  stored.results ??= stored.items.map(({ customId, body }) => {
    const requestId = `req_011C${call.chance.text(20, ALPHANUMERIC)}`;
    return { customId, requestId, ...call.run("/messages", body, requestId) };
  });
  return stored.results.map(({ customId, status, body }) => ({
    custom_id: customId,
    result: status === 200 ? { type: "succeeded", message: batchMessage(body) } : { type: "errored", error: body },
  }));
}

/** Batches are billed in their own tier, and the usage says so. */
function batchMessage(message: unknown): unknown {
  const body = objectOf(message);
  return isObject(body.usage) ? { ...body, usage: { ...body.usage, service_tier: "batch" } } : body;
}
