import { describe, expect, it } from "vitest";
import type { Capabilities } from "../inference";
import { capabilitiesOf, providers } from "./index";

const can = (id: string, model: string): Capabilities | undefined => {
  const provider = providers.get(id);
  return provider && capabilitiesOf(provider, model);
};

describe("what vendors declare", () => {
  it.each<[string, string, Partial<Capabilities>]>([
    ["openai", "gpt-5", { reasoningCanBeOff: false, reasoningEfforts: ["minimal", "low", "medium", "high"] }],
    ["openai", "gpt-5-mini-2025-08-07", { reasoningCanBeOff: false }],
    ["openai", "gpt-5.1", { reasoningCanBeOff: true }],
    ["deepseek", "deepseek-v4-pro", { images: false, outputTokensMax: 384_000, reasoningEfforts: ["low", "high", "max"] }],
    ["deepseek", "deepseek-flash", { images: true, outputTokensMax: 384_000 }],
    ["mistral", "mistral-large-latest", { seedField: "random_seed", endUserField: false, speakerNames: false }],
    ["groq", "openai/gpt-oss-120b", { speakerNames: false, multipleChoices: false, structuredOutput: "native" }],
    ["zai", "glm-4.7", { forcedToolChoice: false, reasoningCanBeOff: true }],
    ["zai", "glm-5.3", { forcedToolChoice: false, reasoningCanBeOff: false }],
  ])("%s/%s", (id, model, declared) => {
    expect(can(id, model)).toMatchObject(declared);
  });
});
