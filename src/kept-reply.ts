import type { KeptReply } from "./limits";

/** A longer reply is not kept: the same request is then answered anew. */
const KEPT_BYTES_MAX = 4 * 1024 * 1024;
/** Of the first reply, what a repetition may say too. */
const KEPT_HEADERS = ["content-type", "cache-control", "x-sluice-model", "x-sluice-provider", "x-sluice-cost-usd", "x-sluice-warnings"];

/** The same response, of which a copy is kept as it passes; `reply` resolves once all of it has, or nobody reads on. */
export function captured(response: Response): { response: Response; reply: Promise<KeptReply | undefined> } {
  if (!response.body || !response.ok) return { response, reply: Promise.resolve(undefined) };
  const pieces: Uint8Array[] = [];
  let length = 0;
  let isWhole = false;
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>({
    transform(piece, controller) {
      length += piece.byteLength;
      if (length <= KEPT_BYTES_MAX) pieces.push(piece.slice());
      else pieces.length = 0;
      controller.enqueue(piece);
    },
    flush() {
      isWhole = length <= KEPT_BYTES_MAX;
    },
  });
  const headers = Object.fromEntries([...response.headers].filter(([name]) => KEPT_HEADERS.includes(name)));
  const join = (): Uint8Array => {
    const body = new Uint8Array(length);
    let start = 0;
    for (const piece of pieces) {
      body.set(piece, start);
      start += piece.byteLength;
    }
    return body;
  };
  const { status } = response;
  const reply = response.body.pipeTo(writable).then(
    () => (isWhole ? { status, headers, body: join() } : undefined),
    // A pipe that breaks has broken on the client's side; then there is nothing to keep.
    () => undefined,
  );
  return { response: new Response(readable, response), reply };
}

/** The first reply once more, in what `body` there is left of it. */
export function replayed({ status, headers }: KeptReply, body: BodyInit, more: Record<string, string>): Response {
  return new Response(body, { status, headers: { ...headers, ...more, "idempotent-replayed": "true" } });
}
