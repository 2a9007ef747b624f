import type { Capabilities } from "../inference";
import type { Provider } from "./provider";

const base: Capabilities = {
  contextTokensMax: 1_000_000,
  outputTokensMax: 128_000,
  cacheMarkTokensMin: 1024,
  images: true,
  documents: true,
  audio: false,
  tools: true,
  forcedToolChoice: true,
  structuredOutput: "native",
  reasoning: "adaptive",
  reasoningEfforts: ["low", "medium", "high", "xhigh", "max"],
  reasoningCanBeOff: true,
  sampling: "fixed",
  temperatureMax: 1,
  multipleChoices: false,
  logprobs: false,
  systemWithinMessages: true,
  outputCapField: "max_tokens",
  developerRole: false,
  streamUsageOption: false,
  reasoningHistoryField: "none",
};

const budgetThinking = {
  reasoning: "budget",
  sampling: "one-of",
  contextTokensMax: 200_000,
  systemWithinMessages: false,
} as const satisfies Partial<Capabilities>;

const adaptive46: Partial<Capabilities> = {
  sampling: "one-of",
  reasoningEfforts: ["low", "medium", "high", "max"],
  systemWithinMessages: false,
};

/**
 * Claude over its own API. An unknown (newer) model is taken to be like the newest known ones.
 * Limits: https://platform.claude.com/docs/en/about-claude/models/overview · adaptive thinking and sampling:
 * https://platform.claude.com/docs/en/build-with-claude/adaptive-thinking · structured outputs:
 * https://platform.claude.com/docs/en/build-with-claude/structured-outputs · system messages within the conversation, from Opus 4.8 on:
 * https://platform.claude.com/docs/en/build-with-claude/mid-conversation-system-messages
 * · shortest cached prefixes: https://platform.claude.com/docs/en/build-with-claude/prompt-caching#cache-limitations
 */
export const anthropic: Provider = {
  id: "anthropic",
  name: "Anthropic",
  protocol: "anthropic-messages",
  baseUrl: "https://api.anthropic.com",
  chatPath: "/v1/messages",
  countPath: "/count_tokens",
  env: { apiKey: "ANTHROPIC_API_KEY", baseUrl: "ANTHROPIC_BASE_URL" },
  auth: "x-api-key",
  headers: { "anthropic-version": "2023-06-01" },
  clientHeaders: ["anthropic-version", "anthropic-beta"],
  bareModels: /^claude-/,
  pricesId: "anthropic",
  // https://platform.claude.com/docs/en/build-with-claude/batch-processing: half price. Priority tier is billed by commitment.
  tierFactors: { batch: 0.5 },
  capabilities: base,
  models: [
    // Thinking cannot be switched off and tools cannot be forced.
    {
      match: /claude-(sonnet-5-5|opus-5-5|fable-5-[12]|mythos-5-[12])/,
      set: { reasoningCanBeOff: false, forcedToolChoice: false, cacheMarkTokensMin: 512 },
    },
    { match: /claude-(fable-5|mythos)/, set: { reasoningCanBeOff: false, cacheMarkTokensMin: 512 } },
    { match: /claude-opus-5/, set: { cacheMarkTokensMin: 512 } },
    { match: /claude-opus-4-7/, set: { systemWithinMessages: false, cacheMarkTokensMin: 2048 } },
    { match: /claude-opus-4-6/, set: { ...adaptive46, cacheMarkTokensMin: 4096 } },
    { match: /claude-sonnet-4-6/, set: adaptive46 },
    { match: /claude-(opus|haiku)-4-5/, set: { ...budgetThinking, outputTokensMax: 64_000, cacheMarkTokensMin: 4096 } },
    { match: /claude-sonnet-4-5/, set: { ...budgetThinking, outputTokensMax: 64_000 } },
    { match: /claude-opus-4-1/, set: { ...budgetThinking, outputTokensMax: 32_000 } },
    {
      match: /claude-opus-4(-0|-\d{8}|@|$)/,
      set: { ...budgetThinking, outputTokensMax: 32_000, structuredOutput: "tool", sampling: "free" },
    },
    {
      match: /claude-(sonnet-4(-0|-\d{8}|@|$)|3-7)/,
      set: { ...budgetThinking, outputTokensMax: 64_000, structuredOutput: "tool", sampling: "free" },
    },
    {
      match: /claude-3-5/,
      set: {
        contextTokensMax: 200_000,
        outputTokensMax: 8192,
        reasoning: "none",
        cacheMarkTokensMin: 2048,
        structuredOutput: "tool",
        sampling: "free",
        systemWithinMessages: false,
      },
    },
    {
      match: /claude-(3|2|instant)/,
      set: {
        contextTokensMax: 200_000,
        outputTokensMax: 4096,
        documents: false,
        reasoning: "none",
        cacheMarkTokensMin: 2048,
        structuredOutput: "tool",
        sampling: "free",
        systemWithinMessages: false,
      },
    },
  ],
};
