import type { Embed } from "../../cache";
import { unitVector } from "../../core/vector";

/** Multilingual, 1,024 dimensions (developers.cloudflare.com/workers-ai/models/bge-m3). */
const MODEL = "@cf/baai/bge-m3";

/** Embeds through Workers AI. Rejects when it does not answer with a vector. */
export function workersAiEmbed(ai: Ai): Embed {
  return async (text) => {
    const reply: unknown = await ai.run(MODEL, { text: [text] });
    const data = typeof reply === "object" && reply !== null && "data" in reply ? reply.data : undefined;
    return unitVector(Array.isArray(data) ? data[0] : undefined);
  };
}
