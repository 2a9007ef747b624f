import type { Answer } from "./call";
import { isBase64, isObject, objectOf, textOf } from "./check";
import { ApiError } from "./errors";
import type { RecordedCase, World } from "./world";

const CASE_BYTES_MAX = 16 * 1024 * 1024;

/** Headers that belong to the connection on which the case was recorded. */
const CONNECTION_HEADERS = new Set(["connection", "content-encoding", "content-length", "keep-alive", "transfer-encoding", "set-cookie"]);

/** `PUT /_simulator/cases/{id}` with `{status, headers, bodyBase64}`. */
export function storeCase(world: World, id: string, upload: unknown): void {
  const { status = 200, headers = {}, bodyBase64 } = objectOf(upload);
  if (typeof status !== "number" || !Number.isInteger(status) || status < 200 || status > 599)
    throw new ApiError(400, "status must be from 200 to 599");
  if (!isObject(headers)) throw new ApiError(400, "headers must be an object of strings");
  const encoded = textOf(bodyBase64);
  if (encoded !== "" && !isBase64(encoded)) throw new ApiError(400, "bodyBase64 must be base64");
  const body = Uint8Array.from(atob(encoded), (unit) => unit.charCodeAt(0));
  if (body.length > CASE_BYTES_MAX) throw new ApiError(413, `a case holds at most ${CASE_BYTES_MAX} bytes`);
  const kept = Object.entries(headers).filter(([name]) => !CONNECTION_HEADERS.has(name.toLowerCase()));
  world.cases.set(id, { status, headers: Object.fromEntries(kept.map(([name, value]) => [name, String(value)])), body });
}

/** The recorded answer, byte for byte. The events of a stream are found again, so that counts of events mean the same as elsewhere. */
export function replay(world: World, id: string): Answer {
  const recorded = world.cases.get(id);
  if (recorded === undefined) {
    throw new ApiError(404, `(simulated) there is no case "${id}"; upload it with PUT /_simulator/cases/${id}`, {
      type: "simulator_unknown_case",
      code: "simulator_unknown_case",
    });
  }
  const isStream = contentType(recorded).startsWith("text/event-stream");
  const events = isStream ? splitEvents(recorded.body) : [recorded.body];
  const errorEvent = (): string => 'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n';
  return {
    kind: "recorded",
    status: recorded.status,
    headers: recorded.headers,
    source: { events, opening: 1, errorEvent },
    ping: ": keep-alive\n\n",
  };
}

function contentType({ headers }: RecordedCase): string {
  return Object.entries(headers).find(([name]) => name.toLowerCase() === "content-type")?.[1] ?? "";
}

/** Cuts behind every blank line, whatever the line ends are; no byte is lost. */
export function splitEvents(body: Uint8Array): Uint8Array[] {
  const events: Uint8Array[] = [];
  let start = 0;
  let lineStart = 0;
  for (let at = 0; at < body.length; at += 1) {
    const byte = body[at];
    if (byte !== 0x0a && byte !== 0x0d) continue;
    const end = byte === 0x0d && body[at + 1] === 0x0a ? at + 2 : at + 1;
    if (at === lineStart && end > start) {
      events.push(body.subarray(start, end));
      start = end;
    }
    at = end - 1;
    lineStart = end;
  }
  if (start < body.length) events.push(body.subarray(start));
  return events;
}
