import { concatBytes } from "./bytes";
import { withDeadline } from "./deadline";
import { badRequest, GatewayError } from "./errors";

/**
 * Reads a request's body as text, at most `bytesMax` bytes of it. Refuses a body that is larger (413, before reading it where the
 * client said so), of another content type (415), compressed (415), empty or not UTF-8 (400).
 */
export async function readJsonText(request: Request, bytesMax: number): Promise<string> {
  const type = request.headers.get("content-type");
  if (type !== null && !/^\s*(application|text)\/([\w.+-]+\+)?json\s*(;|$)/i.test(type)) {
    throw new GatewayError("unsupported-media-type", "Send the body as `Content-Type: application/json`.", {
      code: "unsupported_media_type",
    });
  }
  const encoding = request.headers.get("content-encoding");
  if (encoding !== null && encoding.toLowerCase() !== "identity") {
    throw new GatewayError("unsupported-media-type", "Compressed request bodies are not supported; send it without Content-Encoding.", {
      code: "unsupported_content_encoding",
    });
  }
  const bytes = await readBytes(request, bytesMax).catch((cause: unknown) => {
    throw new GatewayError("client-gone", "The connection broke while the request body was being sent.", { cause });
  });
  if (!bytes) throw tooLarge(bytesMax);
  if (bytes.byteLength === 0) throw badRequest(undefined, "The request body is empty; send a JSON object.", "invalid_json");
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    throw badRequest(undefined, "The request body is not valid UTF-8.", "invalid_json");
  }
}

/**
 * Reads a body to its end; null when it holds more than `bytesMax` bytes, at once where its sender says so. Rejects when the connection
 * breaks, and when `stop` fires; `onPiece` is called for every piece that comes.
 */
export async function readBytes(
  message: Request | Response,
  bytesMax: number,
  stop?: AbortSignal,
  onPiece: () => void = () => {},
): Promise<Uint8Array | null> {
  stop?.throwIfAborted();
  const announced = message.headers.get("content-length");
  // Of a compressed body it tells the wrong length.
  if (announced !== null && !message.headers.has("content-encoding")) {
    if (Number(announced) > bytesMax) return null;
    if (!stop) return new Uint8Array(await message.arrayBuffer());
  }
  if (!message.body) return new Uint8Array();
  const reader = message.body.getReader();
  const stopped = new Promise<never>((_, reject) => {
    stop?.addEventListener("abort", () => reject(stop.reason), { once: true });
  });
  const pieces: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await Promise.race([reader.read(), stopped]);
    if (done) return concatBytes(pieces);
    onPiece();
    length += value.byteLength;
    if (length > bytesMax) {
      reader.releaseLock();
      return null;
    }
    pieces.push(value);
  }
}

/** A refused body is read on up to this many bytes, and for as long as pieces come no further apart than this. */
const DISCARDED_BYTES_MAX = 64 * 1024 * 1024;
const DISCARDING_SILENCE_MS_MAX = 2000;
/** A client that has announced its length may wait for the answer before it sends anything. */
const DISCARDING_FIRST_MS_MAX = 100;

/**
 * Reads what is left of a request's body and drops it. A server that answers and closes while its client still sends resets the connection,
 * and the client may never see why it was refused (RFC 9112 §9.6). A client that waits for the answer before it sends is not kept waiting.
 */
export async function discardBody(request: Request): Promise<void> {
  if (!request.body || request.body.locked) return;
  const reader = request.body.getReader();
  try {
    for (let length = 0; length < DISCARDED_BYTES_MAX; ) {
      const silenceMsMax = length === 0 && request.headers.has("content-length") ? DISCARDING_FIRST_MS_MAX : DISCARDING_SILENCE_MS_MAX;
      const { done, value } = await withDeadline(reader.read(), silenceMsMax, "the rest of a refused body");
      if (done) return;
      length += value.byteLength;
    }
  } catch {
    // Silence, or the client is gone: it is answered as it is.
  }
}

function tooLarge(bytesMax: number): GatewayError {
  return new GatewayError("too-large", `The request body is larger than ${bytesMax} bytes. Send less, or reference files by URL.`, {
    code: "request_too_large",
  });
}
