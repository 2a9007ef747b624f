import type { Deployment } from "../routing";

/** A reply's bytes that all its readers have are let go of once there are more than this; nobody joins from then on. */
const BUFFER_BYTES_MAX = 4 * 1024 * 1024;
/** A reader that takes nothing for so long, while the others wait for it, is left behind. */
const STALLED_MS = 30_000;
/** Nobody has seen the leader for so long: its isolate's request has ended. */
const LEADER_LOST_MS = 10_000;
/** How often a reader looks for more; it may not wait for another request's promise. */
const LOOK_MS = 15;
/** Flights at the same time; beyond, requests go upstream on their own. */
const FLIGHTS_MAX = 64;

/** How the reply began, as its readers tell their clients. */
export interface FlightHead {
  kind: "stream" | "whole";
  /** Absent where the client had to be sent a sign of life before anybody answered. */
  deployment: Deployment | undefined;
  warnings: string[];
}

/** What the leader's call cost, once it is known. */
export interface FlightCost {
  costNanoUsd: number | null;
  inputTokens: number;
  outputTokens: number;
}

/** How the leader's call ended. */
export interface FlightEnding {
  status: "ok" | "error" | "interrupted" | "aborted";
  errorClass?: string;
}

interface Position {
  at: number;
  movedAtMs: number;
  isLost: boolean;
}

/**
 * One call upstream whose reply several identical requests share. Plain data: the leader's request adds to it, the others look at it by timers of their
 * own, for in this runtime no request may wait for another's promise. Nobody's leaving ends it as long as somebody reads.
 */
export class Flight {
  head: FlightHead | undefined;
  cost: FlightCost | undefined;
  ending: FlightEnding | undefined;
  /**
   * `over`: all bytes are there, and it is not known yet whether they are a good reply; `complete` or `broken` then. `failed`: there is none,
   * everybody goes on alone.
   */
  state: "open" | "over" | "complete" | "broken" | "failed" = "open";
  readonly #chunks: Uint8Array[] = [];
  /** Chunks let go of. */
  #gone = 0;
  #bytes = 0;
  #seenAtMs: number;
  readonly #readers = new Set<Position>();
  #audience = 0;
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
    this.#seenAtMs = now();
  }

  /** The leader is still there. */
  touch(): void {
    this.#seenAtMs = this.#now();
  }

  get isLost(): boolean {
    return this.state === "open" && this.#now() - this.#seenAtMs > LEADER_LOST_MS;
  }

  /** Somebody more who wants the reply; the returned function takes it back, once. */
  join(): () => void {
    let isIn = true;
    this.#audience += 1;
    return () => {
      if (isIn) this.#audience -= 1;
      isIn = false;
    };
  }

  get hasAudience(): boolean {
    return this.#audience > 0;
  }

  /** It is not known yet whether there is a reply to share: its first output, or its ending where all of it is there already. */
  get isAwaited(): boolean {
    return !this.#isForsaken && ((this.state === "open" && this.head === undefined) || this.state === "over");
  }

  /** Neither its end nor what it amounts to will ever be told. */
  get #isForsaken(): boolean {
    return (this.state === "open" || this.state === "over") && this.#now() - this.#seenAtMs > LEADER_LOST_MS;
  }

  /** False once its beginning has been let go of. */
  get isJoinable(): boolean {
    return this.#gone === 0 && this.state !== "failed" && this.state !== "broken" && !this.#isForsaken;
  }

  /** Takes a further piece of the reply; false while there is no room for it: some reader is slow. */
  add(chunk: Uint8Array): boolean {
    this.touch();
    if (this.#bytes + chunk.byteLength > BUFFER_BYTES_MAX && this.#bytes > 0 && !this.#makeRoom()) return false;
    this.#chunks.push(chunk);
    this.#bytes += chunk.byteLength;
    return true;
  }

  /**
   * The whole reply to one reader, as it comes. Ends with the flight; where the reader was left behind or the leader is lost, in what `parting` gives.
   * `onProgress` is handed a function that makes the reader look at once.
   */
  read(onDone: () => void, parting: () => Uint8Array, onProgress?: (look: () => void) => void): ReadableStream<Uint8Array> {
    const position: Position = { at: 0, movedAtMs: this.#now(), isLost: false };
    this.#readers.add(position);
    const leave = (): void => {
      if (this.#readers.delete(position)) onDone();
    };
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          for (;;) {
            const chunk = this.#chunks[position.at - this.#gone];
            if (chunk && !position.isLost) {
              position.at += 1;
              position.movedAtMs = this.#now();
              controller.enqueue(chunk);
              return;
            }
            if (position.isLost || this.isLost) {
              leave();
              const last = parting();
              if (last.byteLength > 0) controller.enqueue(last);
              return controller.close();
            }
            if (this.state !== "open") {
              leave();
              return controller.close();
            }
            // It waits for the reply, not the reply for it.
            position.movedAtMs = this.#now();
            await new Promise<void>((resolve) => {
              const timer = setTimeout(resolve, LOOK_MS);
              onProgress?.(() => {
                clearTimeout(timer);
                resolve();
              });
            });
          }
        },
        cancel: leave,
      },
      { highWaterMark: 0 },
    );
  }

  /** Lets go of what every reader has, and of readers that stand still. */
  #makeRoom(): boolean {
    const nowMs = this.#now();
    for (const reader of this.#readers) if (nowMs - reader.movedAtMs > STALLED_MS) reader.isLost = true;
    const followed = [...this.#readers].filter(({ isLost }) => !isLost).map(({ at }) => at);
    const slowest = Math.min(...followed, this.#gone + this.#chunks.length);
    const gone = this.#chunks.splice(0, slowest - this.#gone);
    this.#gone += gone.length;
    this.#bytes -= gone.reduce((sum, chunk) => sum + chunk.byteLength, 0);
    return gone.length > 0;
  }
}

/** An isolate's flights, by what makes requests identical. */
export class Flights {
  readonly #flights = new Map<string, Flight>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** A flight to follow. */
  follow(key: string): Flight | undefined {
    const flight = this.#flights.get(key);
    if (flight?.isJoinable) return flight;
    if (flight) this.#flights.delete(key);
    return undefined;
  }

  /** A new flight to lead; undefined when there are too many. */
  lead(key: string): Flight | undefined {
    // Flights whose leader is gone were never landed.
    if (this.#flights.size >= FLIGHTS_MAX) for (const [at, flight] of this.#flights) if (!flight.isJoinable) this.#flights.delete(at);
    if (this.#flights.size >= FLIGHTS_MAX) return undefined;
    const flight = new Flight(this.#now);
    this.#flights.set(key, flight);
    return flight;
  }

  land(key: string, flight: Flight): void {
    if (this.#flights.get(key) === flight) this.#flights.delete(key);
  }
}
