import type { SummaryStore } from "../../shaped";

/** A conversation that is not gone on with for so long is summarised anew. */
const TTL_SECONDS = 7 * 86_400;

/** Summaries of what was left out of conversations, under `summary:<key>`; the key is a hash over tenant and turns. */
export class KvSummaries implements SummaryStore {
  readonly #kv: KVNamespace;

  constructor(kv: KVNamespace) {
    this.#kv = kv;
  }

  get(key: string): Promise<string | null> {
    return this.#kv.get(`summary:${key}`);
  }

  put(key: string, text: string): Promise<void> {
    return this.#kv.put(`summary:${key}`, text, { expirationTtl: TTL_SECONDS });
  }
}
