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
  if (Number(request.headers.get("content-length") ?? 0) > bytesMax) throw tooLarge(bytesMax);
  const bytes = await readBytes(request.body, bytesMax);
  if (!bytes) throw tooLarge(bytesMax);
  if (bytes.byteLength === 0) throw badRequest(undefined, "The request body is empty; send a JSON object.", "invalid_json");
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    throw badRequest(undefined, "The request body is not valid UTF-8.", "invalid_json");
  }
}

/** Reads a stream to its end; null when it holds more than `bytesMax` bytes (the rest is then cancelled). */
export async function readBytes(stream: ReadableStream<Uint8Array> | null, bytesMax: number): Promise<Uint8Array | null> {
  if (!stream) return new Uint8Array();
  const reader = stream.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.byteLength;
    if (length > bytesMax) {
      await reader.cancel();
      return null;
    }
    chunks.push(value);
  }
  if (chunks.length === 1 && chunks[0]) return chunks[0];
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return whole;
}

function tooLarge(bytesMax: number): GatewayError {
  return new GatewayError("too-large", `The request body is larger than ${bytesMax} bytes. Send less, or reference files by URL.`, {
    code: "request_too_large",
  });
}
