import { describe, expect, it } from "vitest";
import { errorOf, openai, post } from "./test/clients";

const embed = async (input: string) =>
  (await openai.embeddings.create({ model: "text-embedding-3-small", input })).data[0]?.embedding ?? [];
const cosine = (a: number[], b: number[]) => a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);

describe("embeddings", () => {
  it.each<[string, Record<string, unknown>]>([
    ["no input", { input: undefined }],
    ["an empty list", { input: [] }],
    ["an empty text", { input: "" }],
    ["a list of objects", { input: [{}] }],
    ["too many dimensions", { dimensions: 99_999 }],
    ["an unknown encoding", { encoding_format: "hex" }],
    ["a text longer than the model reads", { input: "word ".repeat(9_000) }],
    ["a field of another wire", { input_type: "query" }],
  ])("refuse %s", async (_what, extra) => {
    const response = await post("/v1/embeddings", { model: "text-embedding-3-small", input: "hi", ...extra });
    expect([response.status, (await errorOf(response)).error.type]).toEqual([400, "invalid_request_error"]);
  });

  it("are unit vectors of the model's length, in both encodings the same", async () => {
    const ask = { model: "text-embedding-3-small", input: ["one", "two"] };
    const coded = await openai.embeddings.create(ask); // the SDK asks for base64 and decodes it
    const plain = await openai.embeddings.create({ ...ask, encoding_format: "float" });
    expect(coded.data.map(({ embedding }) => embedding.length)).toEqual([1_536, 1_536]);
    expect(coded.data).toEqual(plain.data);
    expect(cosine(plain.data[0]?.embedding ?? [], plain.data[0]?.embedding ?? [])).toBeCloseTo(1, 4);
    expect(plain.usage).toEqual({ prompt_tokens: 2, total_tokens: 2 });
  });

  it("lie near each other when the texts are alike", async () => {
    const [question, paraphrase, other] = await Promise.all([
      embed("What is the capital of France?"),
      embed("what's the capital city of France"),
      embed("Bake bread with rye flour and salt"),
    ]);
    expect(cosine(question, paraphrase)).toBeGreaterThan(0.6);
    expect(cosine(question, other)).toBeLessThan(0.3);
  });

  it("take token lists, and as many dimensions as asked for", async () => {
    const { data, usage } = await openai.embeddings.create({ model: "text-embedding-3-large", input: [[1, 2, 3], [4]], dimensions: 256 });
    expect([data.length, data[0]?.embedding.length, usage.prompt_tokens]).toEqual([2, 256, 4]);
  });
});
