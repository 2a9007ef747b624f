import type { VectorIndex } from "../cache";
import { sha256Hex } from "../core/hash";

/** The index in Durable Objects, one per tenant: exact, and sees a vector as soon as it is there. */
export function objectIndex(objects: Env["SEMANTIC"]): VectorIndex {
  const of = async (tenant: string) => objects.getByName(await sha256Hex(tenant));
  return {
    query: async ({ tenant, namespace }, vector, count) => (await of(tenant)).query(namespace, vector, count),
    upsert: async ({ tenant, namespace }, id, vector) => (await of(tenant)).upsert(namespace, id, vector),
    removeNear: async ({ tenant, namespace }, id, similarityMin) => (await of(tenant)).removeNear(namespace, id, similarityMin),
  };
}
