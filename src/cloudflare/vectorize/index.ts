import type { Place, VectorIndex } from "../../cache";

/** Neighbours looked at when an entry is taken out. */
const NEIGHBOURS_MAX = 50;

/**
 * The index of Vectorize, and `recent` for what it does not show yet: a vector appears there only seconds after it was written. A namespace of theirs
 * is 64 bytes, which is what ours has as SHA-256. An entry that was deleted may still be found; who asks looks at its body first.
 */
export function vectorizeIndex(vectors: VectorizeIndex, recent: VectorIndex): VectorIndex {
  const search = async ({ namespace }: Place, vector: Float32Array, count: number) => {
    const { matches } = await vectors.query(vector, { namespace, topK: count });
    return matches.map(({ id, score }) => ({ id, similarity: score }));
  };
  return {
    async query(at, vector, count) {
      const [known, fresh] = await Promise.all([search(at, vector, count), recent.query(at, vector, count)]);
      const best = new Map([...known, ...fresh].map((one) => [one.id, one]));
      return [...best.values()].sort((a, b) => b.similarity - a.similarity).slice(0, count);
    },
    async upsert(at, id, vector) {
      await Promise.all([vectors.upsert([{ id, namespace: at.namespace, values: vector }]), recent.upsert(at, id, vector)]);
    },
    async removeNear(at, id, similarityMin) {
      const near = await recent.removeNear(at, id, similarityMin);
      const [own] = await vectors.getByIds([id]);
      const found = own ? await search(at, Float32Array.from(own.values), NEIGHBOURS_MAX) : [];
      const ids = [...new Set([...near, ...found.filter(({ similarity }) => similarity >= similarityMin).map((one) => one.id)])];
      if (ids.length > 0) await vectors.deleteByIds(ids);
      return ids;
    },
  };
}
