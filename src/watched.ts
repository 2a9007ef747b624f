import type { Settled } from "./dispatch";

/** The same stream, and how its reading ended. */
export function watched(
  source: ReadableStream<Uint8Array>,
  now: () => number,
): { body: ReadableStream<Uint8Array>; over: Promise<Settled["outcome"]> } {
  const reader = source.getReader();
  let firstByteAtMs: number | undefined;
  let end: (outcome: Settled["outcome"]) => void = () => {};
  const over = new Promise<Settled["outcome"]>((resolve) => {
    end = resolve;
  });
  const outcome = (status: "ok" | "aborted"): Settled["outcome"] => ({
    ...{ status, httpStatus: 200, outputBytes: 0 },
    ...(firstByteAtMs === undefined ? {} : { firstByteAtMs, firstOutputAtMs: firstByteAtMs }),
  });
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await reader.read();
        firstByteAtMs ??= now();
        if (!done) return controller.enqueue(value);
        end(outcome("ok"));
        controller.close();
      },
      async cancel(reason) {
        end(outcome("aborted"));
        await reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
  return { body, over };
}
