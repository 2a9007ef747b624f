import { DurableObject } from "cloudflare:workers";

/** Vectors of one namespace that are searched; beyond, the oldest go. */
const NAMESPACE_VECTORS_MAX = 2000;
/** Vectors of one tenant; beyond, the oldest go. */
const VECTORS_MAX = 50_000;
/** On average; by chance, as an object that sleeps between inserts would forget its count. */
const TRIM_EVERY = 100;

/** The vectors of one tenant's prompts, by namespace; exact cosine search. */
export class SemanticIndexObject extends DurableObject<Env> {
  readonly #sql: SqlStorage;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#sql = ctx.storage.sql;
    this.#sql.exec(`
      CREATE TABLE IF NOT EXISTS vectors (namespace TEXT NOT NULL, id TEXT NOT NULL, at_ms INTEGER NOT NULL, vector BLOB NOT NULL,
        PRIMARY KEY (namespace, id)) WITHOUT ROWID;
    `);
  }

  async query(namespace: string, vector: Float32Array, count: number): Promise<{ id: string; similarity: number }[]> {
    return this.#scored(namespace, vector)
      .sort((a, b) => b.similarity - a.similarity)
      .slice(0, count);
  }

  async upsert(namespace: string, id: string, vector: Float32Array): Promise<void> {
    const bytes = vector.buffer.slice(vector.byteOffset, vector.byteOffset + vector.byteLength) as ArrayBuffer; // of its own
    this.#sql.exec("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?, ?)", namespace, id, Date.now(), bytes);
    if (Math.random() * TRIM_EVERY >= 1) return;
    this.#trim("WHERE namespace = ?", NAMESPACE_VECTORS_MAX, namespace);
    this.#trim("", VECTORS_MAX);
  }

  async removeNear(namespace: string, id: string, similarityMin: number): Promise<string[]> {
    const [own] = this.#sql.exec<{ vector: ArrayBuffer }>("SELECT vector FROM vectors WHERE namespace = ? AND id = ?", namespace, id);
    if (!own) return [];
    const near = this.#scored(namespace, new Float32Array(own.vector)).filter(({ similarity }) => similarity >= similarityMin);
    for (const one of near) this.#sql.exec("DELETE FROM vectors WHERE namespace = ? AND id = ?", namespace, one.id);
    return near.map((one) => one.id);
  }

  #scored(namespace: string, vector: Float32Array): { id: string; similarity: number }[] {
    const rows = this.#sql.exec<{ id: string; vector: ArrayBuffer }>(
      "SELECT id, vector FROM vectors WHERE namespace = ? LIMIT ?",
      namespace,
      NAMESPACE_VECTORS_MAX + TRIM_EVERY,
    );
    const scored: { id: string; similarity: number }[] = [];
    for (const row of rows) scored.push({ id: row.id, similarity: dot(vector, new Float32Array(row.vector)) });
    return scored;
  }

  #trim(where: string, countMax: number, ...values: string[]): void {
    this.#sql.exec(
      `DELETE FROM vectors WHERE (namespace, id) IN (SELECT namespace, id FROM vectors ${where} ORDER BY at_ms DESC LIMIT -1 OFFSET ${countMax})`,
      ...values,
    );
  }
}

/** Of vectors of length 1 it is their cosine; of unequal dimensions (another embedder's) nothing is near. */
function dot(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return 0;
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += (a[at] ?? 0) * (b[at] ?? 0);
  return sum;
}
