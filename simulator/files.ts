import type OpenAI from "openai";
import { type Answer, type Call, seconds } from "./call";
import { ApiError, invalid } from "./errors";
import { missing } from "./openai-check";
import { ALPHANUMERIC } from "./random";
import type { StoredFile } from "./world";

/** `POST` and `GET /v1/files`. https://platform.openai.com/docs/api-reference/files */
export async function files(call: Call): Promise<Answer> {
  if (call.method === "GET") {
    const purpose = call.query.get("purpose");
    const data = call.world.files.values().filter((file) => purpose === null || file.purpose === purpose);
    return { kind: "json", body: openaiList(data.map(fileObject), call.query) };
  }
  if (!(call.body instanceof FormData)) throw invalid("(simulated) Files are uploaded as multipart/form-data.", "file");
  const upload = call.body.get("file");
  const purpose = call.body.get("purpose");
  if (upload === null || typeof upload === "string") throw missing("file");
  if (typeof purpose !== "string") throw missing("purpose");
  const bytes = new Uint8Array(await upload.arrayBuffer());
  return { kind: "json", body: fileObject(storeFile(call, upload.name, purpose, bytes)) };
}

/** `GET` and `DELETE /v1/files/{id}` */
export function file(call: Call, id: string): Answer {
  const found = findFile(call, id);
  if (call.method !== "DELETE") return { kind: "json", body: fileObject(found) };
  call.world.files.delete(id);
  return { kind: "json", body: { object: "file", deleted: true, id } satisfies OpenAI.FileDeleted };
}

/** `GET /v1/files/{id}/content` */
export function fileContent(call: Call, id: string): Answer {
  return { kind: "file", contentType: "application/octet-stream", body: findFile(call, id).bytes };
}

export function findFile(call: Call, id: string): StoredFile {
  const found = call.world.files.get(id);
  if (found === undefined) throw new ApiError(404, `No such File object: ${id}`, { param: "id" });
  return found;
}

export function storeFile(
  call: Call,
  filename: string,
  purpose: string,
  bytes: Uint8Array<ArrayBuffer>,
  id = `file-${call.chance.text(22, ALPHANUMERIC)}`,
): StoredFile {
  const stored = { id, filename, purpose, createdAtMs: call.nowMs, bytes };
  call.world.files.set(id, stored);
  return stored;
}

function fileObject({ id, filename, purpose, createdAtMs, bytes }: StoredFile): OpenAI.FileObject {
  return {
    object: "file",
    id,
    purpose: purpose as OpenAI.FileObject["purpose"], // told back as it was given, like OpenAI does
    filename,
    bytes: bytes.length,
    created_at: seconds(createdAtMs),
    status: "processed",
  };
}

/** A page of a list in OpenAI's shape: `after` and `limit`. */
export function openaiList<Item extends { id: string }>(items: Item[], query: URLSearchParams): unknown {
  const start = items.findIndex(({ id }) => id === query.get("after")) + 1;
  const data = items.slice(start, start + Number(query.get("limit") ?? 20));
  return {
    object: "list",
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: start + data.length < items.length,
  };
}
