import type { Step } from "./faults";

export interface TransportOptions {
  /** Sent every `ms` while nothing else is. */
  ping?: { ms: number; bytes: Uint8Array };
  /** The caller's own signal: fires when it hangs up. */
  signal: AbortSignal;
  onBytes: (count: number) => void;
  onEnd: (how: "complete" | "fault" | "aborted") => void;
}

/** Carries the steps out as fast as the reader takes them (nothing is made ahead), and stops when the caller hangs up. */
export function transport(steps: Iterator<Step>, options: TransportOptions): ReadableStream<Uint8Array> {
  const gone = new AbortController();
  let hasEnded = false;
  let isCancelled = false;
  /** What is left of the current wait. */
  let waitMs = 0;
  const end = (how: "complete" | "fault" | "aborted"): void => {
    if (hasEnded) return;
    hasEnded = true;
    options.signal.removeEventListener("abort", hangUp);
    options.onEnd(how);
  };
  const hangUp = (): void => {
    end("aborted");
    gone.abort();
  };
  options.signal.addEventListener("abort", hangUp);
  if (options.signal.aborted) hangUp();

  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        for (;;) {
          while (waitMs > 0 && !gone.signal.aborted) {
            const napMs = Math.min(waitMs, options.ping?.ms ?? waitMs);
            await sleep(napMs, gone.signal);
            waitMs -= napMs;
            if (waitMs <= 0 || options.ping === undefined || gone.signal.aborted) continue;
            options.onBytes(options.ping.bytes.length);
            controller.enqueue(options.ping.bytes);
            return;
          }
          if (gone.signal.aborted) {
            if (!isCancelled) controller.error(new Error("the caller hung up"));
            return;
          }
          const step = steps.next();
          if (step.done === true) {
            end("complete");
            controller.close();
            return;
          }
          if (step.value.kind === "wait") {
            waitMs = step.value.ms;
            continue;
          }
          if (step.value.kind === "break") {
            end("fault");
            controller.error(new Error("(simulated) connection reset"));
            return;
          }
          options.onBytes(step.value.bytes.length);
          controller.enqueue(step.value.bytes);
          return;
        }
      },
      cancel() {
        isCancelled = true;
        hangUp();
      },
    },
    { highWaterMark: 0 },
  );
}

/** Resolves after `ms`, or as soon as the signal fires. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const wake = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", wake);
      resolve();
    };
    const timer = setTimeout(wake, ms);
    signal.addEventListener("abort", wake);
  });
}
