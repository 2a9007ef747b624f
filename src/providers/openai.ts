import type { Capabilities } from "../inference";
import type { Provider } from "./provider";

/** What a well-behaved server of OpenAI's chat wire offers; vendors below differ by what they declare. */
export const openaiShaped: Capabilities = {
  outputTokensMax: 16_384,
  images: true,
  documents: false,
  audio: false,
  tools: true,
  forcedToolChoice: true,
  structuredOutput: "native",
  reasoning: "none",
  reasoningCanBeOff: true,
  sampling: "free",
  temperatureMax: 2,
  multipleChoices: true,
  logprobs: true,
  systemWithinMessages: true,
  outputCapField: "max_tokens",
  developerRole: false,
  streamUsageOption: true,
  reasoningHistoryField: "none",
};

/** OpenAI's own API. Limits: https://platform.openai.com/docs/models */
export const openai: Provider = {
  id: "openai",
  name: "OpenAI",
  protocol: "openai-chat",
  baseUrl: "https://api.openai.com/v1",
  chatPath: "/chat/completions",
  promptCacheKey: true,
  embeddingsPath: "/embeddings",
  env: { apiKey: "OPENAI_API_KEY", baseUrl: "OPENAI_BASE_URL" },
  auth: "bearer",
  bareModels: /^(gpt-|chatgpt-|o[1-9](-|$)|codex-|text-embedding-)/,
  pricesId: "openai",
  // https://platform.openai.com/docs/guides/batch and /flex-processing: half price.
  tierFactors: { batch: 0.5, flex: 0.5 },
  capabilities: {
    ...openaiShaped,
    contextTokensMax: 128_000,
    documents: true,
    developerRole: true,
    outputCapField: "max_completion_tokens",
  },
  models: [
    { match: /^gpt-[5-9].*chat/, set: { contextTokensMax: 128_000 } },
    {
      // Models before 5.1 know no `none`: https://platform.openai.com/docs/api-reference/chat/create#chat_create-reasoning_effort
      match: /^gpt-5(-mini|-nano|-codex)?(-20\d\d|$)/,
      set: {
        contextTokensMax: 400_000,
        outputTokensMax: 128_000,
        reasoning: "effort",
        reasoningEfforts: ["minimal", "low", "medium", "high"],
        reasoningCanBeOff: false,
        sampling: "fixed",
        logprobs: false,
        multipleChoices: false,
      },
    },
    {
      match: /^(gpt-[5-9]|codex-)/,
      set: {
        contextTokensMax: 400_000,
        outputTokensMax: 128_000,
        reasoning: "effort",
        sampling: "fixed",
        logprobs: false,
        multipleChoices: false,
      },
    },
    {
      match: /^o[1-9]/,
      set: {
        contextTokensMax: 200_000,
        outputTokensMax: 100_000,
        reasoning: "effort",
        reasoningEfforts: ["low", "medium", "high"],
        reasoningCanBeOff: false,
        sampling: "fixed",
        logprobs: false,
      },
    },
    { match: /^gpt-4\.1/, set: { contextTokensMax: 1_047_576, outputTokensMax: 32_768 } },
    { match: /audio/, set: { audio: true, images: false } },
    { match: /^gpt-4o/, set: { contextTokensMax: 128_000, outputTokensMax: 16_384 } },
    { match: /^gpt-4-turbo/, set: { contextTokensMax: 128_000, outputTokensMax: 4096, structuredOutput: "none" } },
    { match: /^gpt-(4|3\.5)/, set: { contextTokensMax: 16_385, outputTokensMax: 4096, images: false, structuredOutput: "none" } },
  ],
};
