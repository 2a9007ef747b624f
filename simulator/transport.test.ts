import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Step } from "./faults";
import { transport } from "./transport";

const bytes = (text: string) => new TextEncoder().encode(text);
const send = (text: string): Step => ({ kind: "send", bytes: bytes(text) });
const wait = (ms: number): Step => ({ kind: "wait", ms });

interface Seen {
  ended: string[];
  sent: number;
}

function open(steps: Iterable<Step>, options: { pingMs?: number; signal?: AbortSignal } = {}) {
  const seen: Seen = { ended: [], sent: 0 };
  const stream = transport(steps[Symbol.iterator](), {
    ...(options.pingMs === undefined ? {} : { ping: { ms: options.pingMs, bytes: bytes("p") } }),
    signal: options.signal ?? new AbortController().signal,
    onBytes: (count) => {
      seen.sent += count;
    },
    onEnd: (how) => seen.ended.push(how),
  });
  const reader = stream.getReader();
  const read = async () => {
    const { done, value } = await reader.read();
    return done ? undefined : new TextDecoder().decode(value);
  };
  return { seen, reader, read };
}

describe("transport", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("errors the body when the connection is to break, after all that was sent", async () => {
    const { read, seen } = open([send("a"), { kind: "break" }]);
    expect(await read()).toBe("a");
    await expect(read()).rejects.toThrow("connection reset");
    expect(seen.ended).toEqual(["fault"]);
  });

  it("makes nothing before it is asked for", async () => {
    let made = 0;
    const steps = (function* (): Generator<Step> {
      for (const letter of "abc") {
        made += 1;
        yield send(letter);
      }
    })();
    const { read } = open(steps);
    await Promise.resolve();
    expect(made).toBe(0);
    await read();
    expect(made).toBe(1);
  });

  it("waits as long as it is told", async () => {
    const { read } = open([wait(1_000), send("a")]);
    let got: string | undefined;
    const reading = read().then((text) => {
      got = text;
    });
    await vi.advanceTimersByTimeAsync(999);
    expect(got).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1);
    await reading;
    expect(got).toBe("a");
  });

  it("pings while it waits, and takes no longer for it", async () => {
    const { read } = open([wait(1_000), send("a")], { pingMs: 400 });
    const started = Date.now();
    const texts: (string | undefined)[] = [];
    const reading = (async () => {
      for (;;) {
        const text = await read();
        texts.push(text);
        if (text === undefined) return;
      }
    })();
    await vi.advanceTimersByTimeAsync(1_000);
    await reading;
    expect(texts).toEqual(["p", "p", "a", undefined]);
    expect(Date.now() - started).toBe(1_000);
  });

  it("stops at once when the reader cancels, in the middle of a wait", async () => {
    const { reader, read, seen } = open([send("a"), wait(60_000), send("b")]);
    await read();
    const reading = read();
    await reader.cancel();
    expect(await reading).toBeUndefined();
    expect(seen).toEqual({ ended: ["aborted"], sent: 1 });
    expect(vi.getTimerCount()).toBe(0);
  });

  it("stops when the caller's signal fires", async () => {
    const caller = new AbortController();
    const { read, seen } = open([send("a"), wait(60_000), send("b")], { signal: caller.signal });
    await read();
    const reading = expect(read()).rejects.toThrow("hung up");
    caller.abort();
    await reading;
    expect(seen).toEqual({ ended: ["aborted"], sent: 1 });
    expect(vi.getTimerCount()).toBe(0);
  });

  it("tells of one end only", async () => {
    const caller = new AbortController();
    const { read, seen } = open([send("a")], { signal: caller.signal });
    expect([await read(), await read()]).toEqual(["a", undefined]);
    caller.abort();
    expect(seen.ended).toEqual(["complete"]);
  });
});
