import type { StoredThread } from "./anthropic-threads";
import { RequestLog } from "./log";
import { PromptCache } from "./prompt-cache";

/** A recorded answer, uploaded to be replayed. */
export interface RecordedCase {
  status: number;
  headers: Record<string, string>;
  body: Uint8Array<ArrayBuffer>;
}

export interface StoredFile {
  id: string;
  filename: string;
  purpose: string;
  createdAtMs: number;
  bytes: Uint8Array<ArrayBuffer>;
}

/** A batch in either house's style: its items, and when it was made. Where it stands follows from the time. */
export interface StoredBatch {
  id: string;
  createdAtMs: number;
  durationMs: number;
  cancelledAtMs: number | undefined;
  items: BatchItem[];
  /** The request's own fields, told again in replies. */
  request: Record<string, unknown>;
  /** Filled once, when the batch has ended. */
  results: BatchResult[] | undefined;
  /** OpenAI: files made of the results. */
  outputFileId: string;
  errorFileId: string;
}

export interface BatchItem {
  customId: string;
  body: unknown;
}

export interface BatchResult {
  customId: string;
  requestId: string;
  status: number;
  body: unknown;
}

/** A stored response, for `previous_response_id` and for retrieval. */
export interface StoredResponse {
  items: unknown[];
  body: unknown;
}

/** A map that forgets its oldest entries. */
export class BoundedMap<Value> {
  readonly #max: number;
  readonly #entries = new Map<string, Value>();

  constructor(max: number) {
    this.#max = max;
  }

  get(key: string): Value | undefined {
    return this.#entries.get(key);
  }

  set(key: string, value: Value): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size <= this.#max) return;
    const oldest = this.#entries.keys().next();
    if (oldest.done !== true) this.#entries.delete(oldest.value);
  }

  delete(key: string): boolean {
    return this.#entries.delete(key);
  }

  /** Newest first. */
  values(): Value[] {
    return [...this.#entries.values()].reverse();
  }

  clear(): void {
    this.#entries.clear();
  }
}

/** Everything that the simulator remembers between requests: plain values in this isolate's memory. */
export class World {
  readonly log = new RequestLog();
  readonly cache = new PromptCache();
  readonly cases = new BoundedMap<RecordedCase>(1_000);
  readonly files = new BoundedMap<StoredFile>(200);
  readonly batches = new BoundedMap<StoredBatch>(200);
  readonly messageBatches = new BoundedMap<StoredBatch>(200);
  readonly responses = new BoundedMap<StoredResponse>(200);
  readonly threads = new BoundedMap<StoredThread>(200);
  /** How often each `key=` of a `times=` directive was seen. */
  readonly seen = new BoundedMap<number>(10_000);

  clear(): void {
    for (const part of [
      this.log,
      this.cache,
      this.cases,
      this.files,
      this.batches,
      this.messageBatches,
      this.responses,
      this.threads,
      this.seen,
    ])
      part.clear();
  }
}
