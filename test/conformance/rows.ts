import type { TestGateway } from "../support/gateway";

/** How long a row may take from the end of its request to the table. */
const ROW_MS_MAX = 10_000;

/** The usage rows of the requests for this model, once there is one: for requests whose reply, and so its id, nobody saw. */
export async function rowsOf(gateway: TestGateway, modelAsked: string): Promise<Record<string, unknown>[]> {
  const { DB } = await gateway.env();
  const startedAtMs = Date.now();
  for (;;) {
    const { results } = await DB.prepare("SELECT * FROM usage WHERE model_asked = ?1").bind(modelAsked).all();
    if (results.length > 0) return results;
    if (Date.now() - startedAtMs > ROW_MS_MAX) throw new Error(`no usage row for ${modelAsked}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
