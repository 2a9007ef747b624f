import { unitVector } from "../core/vector";

/** 1,536 dimensions (platform.openai.com/docs/guides/embeddings). */
const MODEL = "text-embedding-3-small";

/** Embeds a text through OpenAI's API. Rejects when it does not answer with a vector. `baseUrl` ends in the API's version. */
export async function embeddingOf(
  text: string,
  { fetch, baseUrl, apiKey }: { fetch: (request: Request) => Promise<Response>; baseUrl: string; apiKey: string },
): Promise<Float32Array> {
  const response = await fetch(
    new Request(`${baseUrl.replace(/\/$/, "")}/embeddings`, {
      method: "POST",
      headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
      body: JSON.stringify({ model: MODEL, input: text }),
    }),
  );
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`the embedder answered ${response.status}`);
  }
  const reply: unknown = await response.json();
  const data = typeof reply === "object" && reply !== null && "data" in reply && Array.isArray(reply.data) ? reply.data[0] : undefined;
  return unitVector(typeof data === "object" && data !== null && "embedding" in data ? data.embedding : undefined);
}
