import { withDeadline } from "../core/deadline";
import type { CacheEntry } from "./entry";
import type { Lookup } from "./reply-cache";
import { verifyPair } from "./semantic";
import type { Embed, VectorIndex } from "./tier";

/** Embedding and searching may take so long together, of the client's time. */
const SEARCH_DEADLINE_MS = 400;
/** Nearest neighbours that are looked at. */
const CANDIDATES_MAX = 5;
/** A longer prompt is no question that somebody else asks in other words. */
const PROMPT_CHARS_MAX = 4000;
/** With an entry that was found wrong go those that are so near to it. */
const NEIGHBOUR_SIMILARITY_MIN = 0.8;

export interface SemanticMatch {
  entry: CacheEntry;
  /** As the verifier sees it, 0 to 1. */
  similarity: number;
}

/** Finds replies to questions in other words: near by embedding, then verified. Everything but the last user turn's words must be equal. */
export class SemanticCache {
  readonly #embed: Embed;
  readonly #index: VectorIndex;
  readonly #similarityMin: number;

  constructor(ports: { embed: Embed; index: VectorIndex; similarityMin: number }) {
    this.#embed = ports.embed;
    this.#index = ports.index;
    this.#similarityMin = ports.similarityMin;
  }

  /** The best candidate that passes verification; null when there is none. Rejects when embedder or index fail or are slow. */
  async find({ keys, tenant, policy }: Lookup, load: (key: string) => Promise<CacheEntry | null>): Promise<SemanticMatch | null> {
    const { namespace, prompt } = keys;
    if (namespace === undefined || prompt === undefined || prompt.length > PROMPT_CHARS_MAX) return null;
    const search = async () => this.#index.query({ tenant, namespace }, await this.#embed(prompt), CANDIDATES_MAX);
    const candidates = await withDeadline(search(), SEARCH_DEADLINE_MS, "the semantic index");
    for (const { id, similarity } of candidates) {
      if (similarity < this.#similarityMin || id === keys.exact) continue;
      const entry = await load(id);
      if (entry?.semantic?.namespace !== namespace) continue;
      const verdict = verifyPair(prompt, entry.semantic.prompt, policy.verify);
      if (verdict.same) return { entry, similarity: verdict.similarity };
    }
    return null;
  }

  async add({ key, tenant, semantic }: CacheEntry): Promise<void> {
    if (!semantic || semantic.prompt.length > PROMPT_CHARS_MAX) return;
    await this.#index.upsert({ tenant, namespace: semantic.namespace }, key, await this.#embed(semantic.prompt));
  }

  /** Takes the entry and its neighbours out of the index; their keys. */
  async forget({ key, tenant, semantic }: CacheEntry): Promise<string[]> {
    return semantic ? this.#index.removeNear({ tenant, namespace: semantic.namespace }, key, NEIGHBOUR_SIMILARITY_MIN) : [];
  }
}
